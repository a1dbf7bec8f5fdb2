//! QuestionnaireResponse: answers to a form whose version is pinned (`url|version`), with a subject and a time.

use crate::{
    element::{Element, Issues},
    issue::IssueCode,
    resource::Findings,
};

/// How deep items may nest.
const DEPTH_MAX: u8 = 8;

pub(crate) fn check(root: &Element<'_>, issues: &mut Issues) -> Findings {
    let status = root.child("status").required_code(
        &[
            "in-progress",
            "completed",
            "amended",
            "entered-in-error",
            "stopped",
        ],
        issues,
    );
    let form = root.child("questionnaire").required_text(issues);
    if form.is_some_and(|form| !form.contains('|')) {
        issues.push(root.child("questionnaire").issue(
            IssueCode::Value,
            "expected the form's canonical address with its version, url|version",
        ));
    }
    let subject = root.child("subject").required_reference(issues);
    let date = root.child("authored").required_date_time(issues);
    let items = root.child("item").list(issues);
    if items.is_empty() && status == Some("completed") {
        issues.push(
            root.child("item")
                .issue(IssueCode::Required, "a completed form has answers"),
        );
    }
    check_items(&items, DEPTH_MAX, issues);
    Findings {
        subject: subject.map(str::to_owned),
        date,
    }
}

fn check_items(items: &[Element<'_>], depth: u8, issues: &mut Issues) {
    for item in items {
        item.child("linkId").required_text(issues);
        let nested = item.child("item");
        if !nested.is_present() {
            continue;
        }
        match depth.checked_sub(1) {
            Some(depth) => check_items(&nested.list(issues), depth, issues),
            None => {
                issues.push(nested.issue(IssueCode::Structure, "items nest at most eight deep"));
            }
        }
    }
}
