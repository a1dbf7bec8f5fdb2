//! DocumentReference: a document or letter with its bytes inside, since what is sealed must be whole; an address elsewhere is refused.

use crate::{
    element::{Element, Issues},
    issue::IssueCode,
    resource::Findings,
};

pub(crate) fn check(root: &Element<'_>, issues: &mut Issues) -> Findings {
    root.child("status")
        .required_code(&["current", "superseded", "entered-in-error"], issues);
    root.child("type").required_concept(issues);
    let subject = root.child("subject").required_reference(issues);
    let date = root.child("date").required_date_time(issues);
    let content = root.child("content");
    let contents = content.list(issues);
    if contents.is_empty() {
        issues.push(content.issue(IssueCode::Required, "at least one attachment"));
    }
    for content in &contents {
        check_attachment(&content.child("attachment"), issues);
    }
    Findings {
        subject: subject.map(str::to_owned),
        date,
    }
}

fn check_attachment(attachment: &Element<'_>, issues: &mut Issues) {
    attachment.child("contentType").required_text(issues);
    let data = attachment.child("data");
    if data
        .required_text(issues)
        .is_some_and(|text| !is_base64(text))
    {
        issues.push(data.issue(IssueCode::Value, "expected base64 (RFC 4648, with padding)"));
    }
    let url = attachment.child("url");
    if url.is_present() {
        issues.push(url.issue(
            IssueCode::BusinessRule,
            "the bytes belong into data: what lies elsewhere is neither sealed nor kept",
        ));
    }
}

fn is_base64(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    let padding = text.len() - body.len();
    text.len().is_multiple_of(4)
        && padding <= 2
        && body
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
}

#[cfg(test)]
mod tests {
    use crate::Resource;
    use serde_json::{Value, json};

    fn letter(attachment: &Value) -> Result<Resource, crate::Refusal> {
        Resource::from_value(json!({
            "resourceType": "DocumentReference", "status": "current", "type": {"text": "紹介状"},
            "subject": {"reference": "Patient/x"}, "date": "2026-11-05T10:00:00+09:00", "content": [{"attachment": attachment}],
        }))
    }

    #[test]
    fn a_document_carries_its_bytes() {
        assert!(letter(&json!({"contentType": "text/plain", "data": "44GT44KT"})).is_ok());
        for wrong in [
            json!({"contentType": "text/plain"}),
            json!({"data": "44GT44KT"}),
            json!({"contentType": "text/plain", "data": "abc"}),
            json!({"contentType": "text/plain", "data": "ab c"}),
            json!({"contentType": "text/plain", "data": "44GT44KT", "url": "http://elsewhere.example"}),
        ] {
            assert!(letter(&wrong).is_err(), "{wrong}");
        }
    }
}
