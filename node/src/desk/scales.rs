//! Scales that this member may use: those that everybody may, and those for which the configuration names a permission.
//!
//! No protected wording ships. A scale without an edition that has it becomes a form of numbered boxes, for staff who hold the licensed
//! paper sheet; without a permission it is not published at all.

use super::keys::bounded;
use crate::{commands::care::chain as words, config::ScaleConfig};
use musubi_care::forms::{SCALES, scale::Scale};

/// The scales to be published.
///
/// # Errors
/// A sentence that names the scale and what is wrong.
pub(super) fn usable(licensed: &[ScaleConfig]) -> Result<Vec<Scale>, String> {
    let mut usable: Vec<Scale> = shipped()?
        .into_iter()
        .filter(|scale| scale.licence.permission.is_some())
        .collect();
    for config in licensed {
        let scale =
            of_config(config).map_err(|cause| format!("facade.scales {:?}: {cause}", config.id))?;
        usable.retain(|other| other.id != scale.id);
        usable.push(scale);
    }
    Ok(usable)
}

fn of_config(config: &ScaleConfig) -> Result<Scale, String> {
    if config.permission.trim().is_empty() {
        return Err("permission: name the letter or agreement, with its date".to_owned());
    }
    let scale = match &config.file {
        Some(path) => {
            let bytes = bounded("file", path)?;
            let text = std::str::from_utf8(&bytes).map_err(|error| error.to_string())?;
            Scale::parse(text).map_err(|error| format!("{}: {}", path.display(), words(&error)))?
        }
        None => {
            let mut shipped = shipped()?.into_iter();
            let named = shipped.find(|scale| scale.id == config.id);
            named.ok_or("no scale with this id ships: name its file")?
        }
    };
    if scale.id != config.id {
        return Err(format!("its file is of the scale {:?}", scale.id));
    }
    Ok(scale.permitted(&config.permission))
}

fn shipped() -> Result<Vec<Scale>, String> {
    let read = |text: &&str| Scale::parse(text).map_err(|error| words(&error));
    SCALES.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::forms::Forms;
    use serde_json::{Value, json};

    const EPDS: &str = "https://musubi.example/scales/epds";

    fn config(id: &str, permission: &str) -> ScaleConfig {
        ScaleConfig {
            id: id.to_owned(),
            permission: permission.to_owned(),
            file: None,
        }
    }

    fn epds() -> Forms {
        let licensed = [config("epds", "letter of 2026-05-01")];
        Forms::open(&[], &licensed).expect("a permission is named")
    }

    /// Every box 0, but for these.
    fn response(other: &[(usize, u8)]) -> Value {
        let value = |number: usize| {
            let other = other.iter().find(|(of, _)| *of == number);
            other.map_or(0, |(_, value)| *value).to_string()
        };
        let item = |number: usize| {
            let coding = json!({"system": EPDS, "code": value(number)});
            json!({"linkId": format!("item-{number}"), "answer": [{"valueCoding": coding}]})
        };
        json!({
            "resourceType": "QuestionnaireResponse", "status": "completed", "questionnaire": format!("{EPDS}|1"),
            "item": (1..=10).map(item).collect::<Vec<_>>(),
        })
    }

    #[test]
    fn a_scale_is_published_where_a_permission_is_named_and_only_as_numbered_boxes() {
        let without = Forms::open(&[], &[]).expect("the forms that ship");
        assert!(without.named("epds", None).is_none());
        assert!(
            without.named("everyday-load", None).is_some(),
            "everybody may"
        );
        let (_, form) = epds()
            .named("epds", None)
            .map(|(form, value)| (form.clone(), value.clone()))
            .expect("published");
        assert_eq!(form["item"][0]["text"], "項目 1");
        for (id, permission, expected) in
            [("epds", " ", "permission"), ("sdq", "letter", "no scale")]
        {
            let refused = Forms::open(&[], &[config(id, permission)]).err().expect(id);
            assert!(
                refused.contains(expected) && refused.contains(id),
                "{refused}"
            );
        }
    }

    #[test]
    fn the_tenth_item_raises_its_flag_whatever_the_total() {
        let forms = epds();
        // Items 3 and 5 to 10 count from the other end: a 3 in the box is 0 points.
        let calm: Vec<(usize, u8)> = [3, 5, 6, 7, 8, 9, 10].map(|item| (item, 3)).to_vec();
        let score = forms.score(&response(&calm)).expect("a whole response");
        assert_eq!((score.total, score.class.as_str()), (0, "below-cut-off"));
        assert!(forms.flags(&response(&calm)).expect("flags").is_empty());
        let mut alarming = calm;
        alarming[6] = (10, 2);
        let score = forms.score(&response(&alarming)).expect("a whole response");
        assert_eq!((score.total, score.class.as_str()), (1, "below-cut-off"));
        let flags = forms.flags(&response(&alarming)).expect("flags");
        assert_eq!(flags[0].rule, "epds/item-10");
        assert!(flags[0].text["ja"].contains("当日"), "{flags:?}");
    }

    #[test]
    fn what_is_no_scale_or_not_whole_is_not_scored() {
        let mut partial = response(&[]);
        partial["status"] = json!("in-progress");
        partial["item"].as_array_mut().expect("items").pop();
        let refused = epds().score(&partial).expect_err("an item is missing");
        assert!(refused.to_string().contains("item 10"), "{refused}");
        let mut other = response(&[]);
        other["questionnaire"] = json!("urn:test:form|1");
        assert!(epds().score(&other).is_err());
    }
}
