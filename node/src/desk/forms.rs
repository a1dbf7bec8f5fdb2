//! The forms that are published here: those that ship, and those that the configuration names; what holds a response against its form.
//!
//! A response to a form of ours must fit the very version that it names. A response to somebody else's form is taken as it is: what it
//! asks is not known here.

use super::{keys::bounded, scales};
use crate::{commands::care::chain as words, config::ScaleConfig};
use musubi_care::forms::{
    FLAGS_2026, FORMS, Library, OFFERS_2026,
    flags::{Flag, FlagSet},
    offers::{Offer, Offers},
    scale::{Scale, Score},
};
use musubi_fhir::{
    IssueCode, Refusal,
    form::{Checked, Form, check},
};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// Published forms, and what is known about them.
pub struct Forms {
    library: Library,
    /// Each as it was published, by `url|version`.
    published: BTreeMap<String, Value>,
    offers: Offers,
    flags: FlagSet,
    /// Scales by the address of their form.
    scales: BTreeMap<String, Scale>,
}

impl Forms {
    /// The forms that ship, further ones from files, and the scales that this member may use.
    ///
    /// # Errors
    /// A sentence that names the file or scale, and what is wrong with it.
    pub fn open(files: &[PathBuf], licensed: &[ScaleConfig]) -> Result<Self, String> {
        let mut forms = Self {
            library: Library::default(),
            published: BTreeMap::new(),
            offers: Offers::parse(OFFERS_2026).map_err(|error| words(&error))?,
            flags: FlagSet::parse(FLAGS_2026).map_err(|error| words(&error))?,
            scales: BTreeMap::new(),
        };
        for text in FORMS {
            forms.publish(text)?;
        }
        for path in files {
            let wrong =
                |cause: String| format!("facade.questionnaires {}: {cause}", path.display());
            let bytes = read(path)?;
            let text = std::str::from_utf8(&bytes).map_err(|error| wrong(error.to_string()))?;
            forms.publish(text).map_err(wrong)?;
        }
        for scale in scales::usable(licensed)? {
            let questionnaire = scale.questionnaire();
            let id = scale.id.clone();
            let published = forms.publish_value(questionnaire);
            let url = published.map_err(|cause| format!("scale {id:?}: {cause}"))?;
            forms.scales.insert(url, scale);
        }
        Ok(forms)
    }

    fn publish(&mut self, text: &str) -> Result<(), String> {
        let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        self.publish_value(value).map(drop)
    }

    /// Publishes a Questionnaire; its address.
    fn publish_value(&mut self, value: Value) -> Result<String, String> {
        let form = Form::from_value(&value).map_err(|refusal| refusal.to_string())?;
        let url = form.url.clone();
        if !value["status"].is_string() {
            return Err("Questionnaire.status: required".to_owned());
        }
        let canonical = form.canonical();
        if self.published.insert(canonical.clone(), value).is_some() {
            return Err(format!("{canonical} is published already"));
        }
        self.library.add(form);
        Ok(url)
    }

    /// Every form as a FHIR Questionnaire. The newest edition keeps the id that it was written with; an older one has none of its own.
    pub fn questionnaires(&self) -> Vec<Value> {
        let shown = |form: &Form| {
            let mut value = self.published.get(&form.canonical())?.clone();
            let is_newest = self.library.newest(&form.url) == Some(form);
            if let Some(members) = value.as_object_mut().filter(|_| !is_newest) {
                members.remove("id");
            }
            Some(value)
        };
        self.library.forms().filter_map(shown).collect()
    }

    /// All forms, by address and version.
    pub fn all(&self) -> impl Iterator<Item = &Form> {
        self.library.forms()
    }

    /// A form by the last part of its address, in this version or the newest.
    pub fn named(&self, name: &str, version: Option<&str>) -> Option<(&Form, &Value)> {
        let newest = self.library.newest(name)?;
        let form = match version {
            Some(version) => self.library.named(&format!("{}|{version}", newest.url))?,
            None => newest,
        };
        Some((form, self.published.get(&form.canonical())?))
    }

    /// Which form is for whom, and when.
    pub fn offers(&self) -> &Offers {
        &self.offers
    }

    /// Who is asked to answer a form.
    pub fn offer(&self, form: &Form) -> Option<&Offer> {
        self.offers.of(&form.url)
    }

    /// Holds a QuestionnaireResponse against the form that it names; nothing for a form that is not published here.
    ///
    /// # Errors
    /// Every issue with its place; a version that is not published here is one.
    pub fn check(&self, response: &Value) -> Result<Option<(&Form, Checked)>, Refusal> {
        let canonical = response["questionnaire"].as_str().unwrap_or_default();
        if let Some(form) = self.library.named(canonical) {
            return check(form, response).map(|checked| Some((form, checked)));
        }
        let url = canonical.split('|').next().unwrap_or_default();
        match self.library.newest(url).filter(|form| form.url == url) {
            None => Ok(None),
            Some(newest) => Err(Refusal::one(
                IssueCode::Value,
                "QuestionnaireResponse.questionnaire",
                format!(
                    "a version that is published here; the newest is {}",
                    newest.canonical()
                ),
            )),
        }
    }

    /// What in a response the physician should look at.
    ///
    /// # Errors
    /// As [`Self::check`]; and for a form that is not published here, of which nothing can be said.
    pub fn flags(&self, response: &Value) -> Result<Vec<Flag>, Refusal> {
        match self.check(response)? {
            Some((form, checked)) => {
                let mut raised = self.flags.raised(form, &checked);
                let scale = self.scales.get(&form.url);
                raised.extend(
                    scale
                        .into_iter()
                        .flat_map(|scale| scale.flags(form, &checked)),
                );
                Ok(raised)
            }
            None => Err(Refusal::one(
                IssueCode::NotSupported,
                "QuestionnaireResponse.questionnaire",
                "a form that is published here: of others it is not known what an answer means",
            )),
        }
    }
}

impl Forms {
    /// The score of a response to a scale that is published here.
    ///
    /// # Errors
    /// As [`Self::check`]; for answers that are not whole; and for a form that is no scale.
    pub fn score(&self, response: &Value) -> Result<Score, Refusal> {
        let at = "QuestionnaireResponse.questionnaire";
        let no_scale = || {
            let expected = "a scale that this member may use";
            Refusal::one(IssueCode::NotSupported, at, expected)
        };
        let (form, checked) = self.check(response)?.ok_or_else(no_scale)?;
        let scale = self.scales.get(&form.url).ok_or_else(no_scale)?;
        scale.score(form, &checked).map_err(|error| {
            Refusal::one(
                IssueCode::Value,
                "QuestionnaireResponse.item",
                error.to_string(),
            )
        })
    }
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    bounded("facade.questionnaires", path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const INTERVIEW: &str = "https://musubi.example/forms/yoshinhyo-infant";

    fn forms() -> Forms {
        Forms::open(&[], &[]).expect("the forms that ship")
    }

    fn response(questionnaire: &str) -> Value {
        json!({
            "resourceType": "QuestionnaireResponse", "status": "completed", "questionnaire": questionnaire,
            "item": [{"linkId": "unwell", "answer": [{"valueString": "secret"}]}],
        })
    }

    #[test]
    fn a_response_is_held_against_the_very_version_that_it_names() {
        let forms = forms();
        let newest = forms.named("yoshinhyo-infant", None).expect("it ships").0;
        let refusal = forms
            .check(&response(&newest.canonical()))
            .expect_err("bad");
        let said = refusal.to_string();
        assert!(said.contains("item[0].answer[0]"), "{said}");
        assert!(said.contains("required, and not answered"), "{said}");
        assert!(!said.contains("secret"), "{said}");
    }

    #[test]
    fn another_version_is_refused_and_somebody_elses_form_is_not_judged() {
        let forms = forms();
        let refusal = forms
            .check(&response(&format!("{INTERVIEW}|1999.1")))
            .expect_err("no such version");
        assert!(refusal.to_string().contains("the newest is"), "{refusal}");
        let foreign = response("urn:test:form|1");
        assert!(forms.check(&foreign).expect("not ours").is_none());
        assert!(forms.flags(&foreign).is_err());
    }

    #[test]
    fn every_form_is_published_once_and_a_file_that_is_none_is_refused_with_its_place() {
        let forms = forms();
        // Beside them one scale that everybody may use.
        assert_eq!(forms.questionnaires().len(), FORMS.len() + 1);
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("form.json");
        for (text, expected) in [
            (FORMS[0].to_owned(), "published already"),
            (
                json!({"resourceType": "Questionnaire"}).to_string(),
                "Questionnaire.url",
            ),
            ("{".to_owned(), "line 1"),
        ] {
            std::fs::write(&path, text).expect("written");
            let refused = Forms::open(std::slice::from_ref(&path), &[]);
            let refused = refused.err().expect("no form");
            assert!(
                refused.contains("form.json") && refused.contains(expected),
                "{refused}"
            );
        }
    }
}
