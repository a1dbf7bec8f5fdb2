//! `musubi care forms`, `check-form` and `survey`: what is asked, whether it was answered, and what many people answered.

use super::{chain, text_of};
use clap::Args;
use musubi_care::{
    figures::Threshold,
    forms::{
        FLAGS_2026, Library,
        flags::{FlagSet, REMINDER},
        survey as counted,
    },
};
use musubi_fhir::form::{Checked, Form, Item, Standing, check as held_against};
use serde_json::Value;
use std::path::{Path, PathBuf};

const LANGUAGES: [&str; 3] = ["ja", "ja-x-easy", "en"];

/// Which form to show.
#[derive(Debug, Args)]
pub struct FormsArguments {
    /// Last part of the form's address; all forms are listed without one.
    name: Option<String>,
    /// Language: ja, ja-x-easy (やさしい日本語) or en.
    #[arg(long, default_value = "ja", value_parser = LANGUAGES)]
    language: String,
}

/// What to hold against which form.
#[derive(Debug, Args)]
pub struct CheckFormArguments {
    /// A QuestionnaireResponse.
    response: PathBuf,
    /// A Questionnaire; one that ships with the program, in the version that the response names, without it.
    #[arg(long)]
    form: Option<PathBuf>,
    /// Language of the flags: ja, ja-x-easy or en.
    #[arg(long, default_value = "ja", value_parser = LANGUAGES)]
    language: String,
}

/// What to count.
#[derive(Debug, Args)]
pub struct SurveyArguments {
    /// Responses to one survey, one a line.
    responses: PathBuf,
    /// Counts below this are hidden.
    #[arg(long, default_value_t = 10)]
    threshold: u32,
}

/// Shows the forms, or one of them.
///
/// # Errors
/// When there is no such form.
pub fn show(arguments: &FormsArguments) -> Result<String, String> {
    let library = library()?;
    let Some(name) = &arguments.name else {
        let lines = library.forms().map(|form| {
            let title = form.title.in_language(&arguments.language);
            format!("{}\t{title}", form.canonical())
        });
        return Ok(lines.collect::<Vec<String>>().join("\n"));
    };
    let form = library
        .newest(name)
        .ok_or_else(|| format!("there is no form {name:?}: musubi care forms lists them"))?;
    let items = form
        .items()
        .map(|(_, item)| line(form, item, &arguments.language));
    let title = form.title.in_language(&arguments.language).to_owned();
    Ok([title]
        .into_iter()
        .chain(items)
        .collect::<Vec<String>>()
        .join("\n"))
}

fn line(form: &Form, item: &Item, language: &str) -> String {
    let depth = std::iter::successors(item.parent, |parent| form.item(*parent).parent).count();
    let marks = match (item.required, item.conditions.is_empty()) {
        (true, true) => " *",
        (true, false) => " *?",
        (false, false) => " ?",
        (false, true) => "",
    };
    let indent = "  ".repeat(depth);
    let text = item.words.in_language(language);
    format!(
        "{indent}{text} [{} {}{marks}]",
        item.link_id,
        item.kind.as_str()
    )
}

/// Checks a response and raises flags.
///
/// # Errors
/// Every issue with its place, a line each.
pub fn check(arguments: &CheckFormArguments) -> Result<String, String> {
    let response = json_of(&arguments.response)?;
    let form = form_for(&response, arguments.form.as_deref())?;
    let checked = held_against(&form, &response).map_err(|refusal| {
        let issues: Vec<String> = refusal.0.iter().map(ToString::to_string).collect();
        issues.join("\n")
    })?;
    let flags = FlagSet::parse(FLAGS_2026).map_err(|error| chain(&error))?;
    let standing = match checked.standing {
        Standing::Draft => "a draft that fits",
        Standing::Completed => "complete",
        Standing::Ended => "ended, and kept as it is",
    };
    let mut lines = vec![format!("{}: {standing}", form.canonical())];
    for flag in flags.raised(&form, &checked) {
        let text = flag
            .text
            .get(&arguments.language)
            .map_or("", String::as_str);
        lines.push(format!(
            "{}\t{text}\t({})",
            flag.rule,
            flag.sources.join(", ")
        ));
    }
    lines.push(REMINDER.to_owned());
    Ok(lines.join("\n"))
}

fn form_for(response: &Value, file: Option<&Path>) -> Result<Form, String> {
    if let Some(file) = file {
        return Form::parse(&text_of(file)?)
            .map_err(|refusal| format!("{}: {refusal}", file.display()));
    }
    let named = response["questionnaire"].as_str().unwrap_or_default();
    let library = library()?;
    library.named(named).cloned().ok_or_else(|| {
        format!("QuestionnaireResponse.questionnaire: there is no form {named:?} here: give it by --form, or see musubi care forms")
    })
}

/// Counts a survey.
///
/// # Errors
/// The first line that is no response to the survey of the first one.
pub fn survey(arguments: &SurveyArguments) -> Result<String, String> {
    let threshold = Threshold::new(arguments.threshold)
        .ok_or_else(|| "--threshold: expected 2 to 1000".to_owned())?;
    let text = text_of(&arguments.responses)?;
    let place = arguments.responses.display();
    let wrong = |number: usize, what: &str| format!("{place} line {number}: {what}");
    let mut lines = Vec::new();
    for (line, number) in text.lines().zip(1_usize..) {
        if !line.trim().is_empty() {
            let response: Value =
                serde_json::from_str(line).map_err(|error| wrong(number, &error.to_string()))?;
            lines.push((response, number));
        }
    }
    let (first, number) = lines.first().ok_or_else(|| wrong(1, "no response"))?;
    let form = form_for(first, None).map_err(|why| wrong(*number, &why))?;
    let mut answers: Vec<Checked> = Vec::new();
    for (response, number) in &lines {
        let checked = held_against(&form, response);
        answers.push(checked.map_err(|refusal| wrong(*number, &refusal.to_string()))?);
    }
    let published = counted::publish(&form, &answers, threshold);
    Ok(words_of(&published))
}

fn words_of(published: &counted::PublishedSurvey) -> String {
    let people = published
        .people
        .map_or_else(|| "*".to_owned(), |people| people.to_string());
    let mut lines = vec![format!("{}\t{people} 人", published.form)];
    for question in &published.questions {
        lines.push(format!("{}\n{}", question.text, question.table.text()));
    }
    lines.join("\n")
}

fn library() -> Result<Library, String> {
    Library::shipped().map_err(|refusal| refusal.to_string())
}

fn json_of(path: &Path) -> Result<Value, String> {
    serde_json::from_str(&text_of(path)?).map_err(|error| format!("{}: {error}", path.display()))
}
