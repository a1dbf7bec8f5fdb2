//! Patient, by JP Core 1.2: at least one identifier with a value, a name, and a birth date that exists.

use crate::{
    element::{Element, Issues},
    issue::IssueCode,
    resource::Findings,
};

pub(crate) fn check(root: &Element<'_>, issues: &mut Issues) -> Findings {
    let identifiers = root.child("identifier");
    if identifiers.require(issues).is_some() {
        for identifier in identifiers.list(issues) {
            identifier.child("value").required_text(issues);
        }
    }
    check_names(&root.child("name"), issues);
    let gender = root.child("gender");
    if gender.is_present() {
        gender.required_code(&["male", "female", "other", "unknown"], issues);
    }
    Findings {
        subject: None,
        date: root.child("birthDate").date(issues),
    }
}

fn check_names(names: &Element<'_>, issues: &mut Issues) {
    if names.require(issues).is_none() {
        return;
    }
    for name in names.list(issues) {
        if !name.child("text").is_present() && !name.child("family").is_present() {
            issues.push(name.issue(IssueCode::Required, "a name has a text or a family name"));
        }
    }
}
