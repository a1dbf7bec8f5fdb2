//! Matching, ordering and paging: resources go in, a searchset Bundle comes out. Newest first; a page begins after a time and an id, so
//! that nothing is kept between pages and whatever is asked for again is decided again.

use crate::{
    instant::Span,
    outcome::Outcome,
    query::{CURSOR, Condition, Cursor, Query, Wanted, encoded},
    served::{Comparison, Served},
};
use serde_json::{Value, json};

/// Where the clinical date of a resource stands, whatever its type.
const DATES: [&str; 6] = [
    "occurrenceDateTime",
    "effectiveDateTime",
    "authored",
    "dateTime",
    "date",
    "recorded",
];

/// What a search found before it was cut into pages.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) resources: Vec<Value>,
    /// Why some were not looked at: what others wrote, and the chain denied.
    pub(crate) denied: Option<Outcome>,
}

/// The resources that meet every condition, newest first.
pub(crate) fn matching(query: &Query, resources: Vec<Value>) -> Vec<Value> {
    let mut matching: Vec<Value> = resources
        .into_iter()
        .filter(|resource| query.conditions.iter().all(|one| holds(one, resource)))
        .collect();
    matching.sort_by_cached_key(|resource| {
        let (start, id) = place(resource);
        (std::cmp::Reverse(start), id)
    });
    matching
}

/// The page of a search.
pub(crate) fn page(served: &Served, query: &Query, found: Found, base: &str) -> Value {
    let matching = matching(query, found.resources);
    let total = matching.len();
    let mut rest = matching.into_iter().skip_while(|resource| {
        query
            .after
            .as_ref()
            .is_some_and(|after| !is_after(after, resource))
    });
    let shown: Vec<Value> = rest.by_ref().take(query.count).collect();
    let next = shown.last().filter(|_| rest.next().is_some());
    let mut links = vec![link("self", served, query, query.after.as_ref(), base)];
    if let Some(last) = next {
        let (start, id) = place(last);
        links.push(link(
            "next",
            served,
            query,
            Some(&Cursor { start, id }),
            base,
        ));
    }
    let mut entries: Vec<Value> = shown
        .into_iter()
        .map(|resource| {
            json!({"fullUrl": full_url(&resource, base), "resource": resource, "search": {"mode": "match"}})
        })
        .collect();
    if let Some(denied) = found.denied {
        entries.push(json!({"resource": denied.resource(), "search": {"mode": "outcome"}}));
    }
    let mut bundle =
        json!({"resourceType": "Bundle", "type": "searchset", "total": total, "link": links});
    // FHIR knows no empty list.
    if !entries.is_empty() {
        bundle["entry"] = entries.into();
    }
    bundle
}

/// The absolute address of a resource of this facade.
pub(crate) fn full_url(resource: &Value, base: &str) -> String {
    let text = |name: &str| resource[name].as_str().unwrap_or_default();
    format!("{base}/{}/{}", text("resourceType"), text("id"))
}

fn link(
    relation: &str,
    served: &Served,
    query: &Query,
    after: Option<&Cursor>,
    base: &str,
) -> Value {
    let mut parts: Vec<String> = query
        .used
        .iter()
        .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
        .collect();
    if let Some(after) = after {
        parts.push(format!("{CURSOR}={}", after.to_text()));
    }
    let url = format!("{base}/{}?{}", served.of.as_str(), parts.join("&"));
    json!({"relation": relation, "url": url.trim_end_matches('?')})
}

/// What the order of a search goes by: clinical date, else time of writing; then the id.
fn place(resource: &Value) -> (i64, String) {
    let date = DATES.iter().find_map(|name| resource[*name].as_str());
    let date = date.or(resource["meta"]["lastUpdated"].as_str());
    let start = date
        .and_then(Span::parse)
        .map_or(i64::MIN, |span| span.start);
    (
        start,
        resource["id"].as_str().unwrap_or_default().to_owned(),
    )
}

fn is_after(after: &Cursor, resource: &Value) -> bool {
    let (start, id) = place(resource);
    start < after.start || (start == after.start && after.id < id)
}

/// Whether any value at the condition's places is one of those wanted.
pub(crate) fn holds(condition: &Condition, resource: &Value) -> bool {
    let paths = condition.parameter.paths.iter();
    let values: Vec<&Value> = paths.flat_map(|path| at(resource, path)).collect();
    // A form's own address and version stand apart; a search names them together.
    let version = resource["version"].as_str();
    condition.values.iter().any(|wanted| {
        values
            .iter()
            .any(|value| is_wanted(condition.parameter.by, wanted, value, version))
    })
}

/// The values at a path of member names; lists are walked through.
fn at<'v>(value: &'v Value, path: &str) -> Vec<&'v Value> {
    let step = |values: Vec<&'v Value>, name: &str| -> Vec<&'v Value> {
        let children = values.into_iter().filter_map(|value| value.get(name));
        children.flat_map(flat).collect()
    };
    path.split('.').fold(vec![value], step)
}

fn flat(value: &Value) -> Vec<&Value> {
    match value.as_array() {
        Some(entries) => entries.iter().collect(),
        None => vec![value],
    }
}

fn is_wanted(by: Comparison, wanted: &Wanted, value: &Value, version: Option<&str>) -> bool {
    match wanted {
        Wanted::Token { system, code } => {
            tokens_of(value).into_iter().any(|(has_system, has_code)| {
                system.as_deref().is_none_or(|system| system == has_system)
                    && code.as_deref().is_none_or(|code| code == has_code)
            })
        }
        Wanted::Date(prefix, span) => value
            .as_str()
            .and_then(Span::parse)
            .is_some_and(|actual| prefix.holds(*span, actual)),
        Wanted::Text(text) => is_text(by, text, value, version),
    }
}

fn is_text(by: Comparison, wanted: &str, value: &Value, version: Option<&str>) -> bool {
    let Some(actual) = value.as_str() else {
        return false;
    };
    match by {
        Comparison::Canonical => {
            let is_whole = version.is_some_and(|version| format!("{actual}|{version}") == wanted);
            is_whole || actual == wanted || actual.split('|').next() == Some(wanted)
        }
        // The register has found these by every spelling of the reading.
        Comparison::Text => true,
        Comparison::Token | Comparison::Date | Comparison::Reference => actual == wanted,
    }
}

/// System and code of everything that FHIR compares as a token: code, Coding, CodeableConcept, Identifier.
fn tokens_of(value: &Value) -> Vec<(&str, &str)> {
    if let Some(code) = value.as_str() {
        return vec![("", code)];
    }
    let codings = value["coding"].as_array().map_or(&[][..], Vec::as_slice);
    codings.iter().chain([value]).filter_map(pair).collect()
}

fn pair(value: &Value) -> Option<(&str, &str)> {
    let code = value.get("code").or(value.get("value"))?.as_str()?;
    Some((value["system"].as_str().unwrap_or_default(), code))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::served::Type;

    const BASE: &str = "http://x/fhir";

    fn dose(id: &str, date: &str, code: &str) -> Value {
        json!({
            "resourceType": "Immunization", "id": id, "status": "completed", "occurrenceDateTime": date,
            "vaccineCode": {"coding": [{"system": "urn:s", "code": code}]},
        })
    }

    fn three() -> Vec<Value> {
        vec![
            dose("a", "2026-01-05", "1"),
            dose("b", "2026-03-05", "2"),
            dose("c", "2026-01-05", "2"),
        ]
    }

    fn query(pairs: &[(&str, &str)]) -> Query {
        let pairs: Vec<(String, String)> = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Query::parse(Type::Immunization.served(), &pairs, false, BASE).expect("a search")
    }

    fn ids(pairs: &[(&str, &str)]) -> Vec<String> {
        matching(&query(pairs), three())
            .iter()
            .map(|dose| dose["id"].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    #[test]
    fn conditions_narrow_and_the_newest_comes_first() {
        assert_eq!(ids(&[]), ["b", "a", "c"]);
        assert_eq!(ids(&[("vaccine-code", "urn:s|2")]), ["b", "c"]);
        assert_eq!(
            ids(&[("vaccine-code", "1,2"), ("date", "lt2026-02")]),
            ["a", "c"]
        );
        assert_eq!(
            ids(&[("date", "ge2026-01-01"), ("date", "le2026-01-31")]),
            ["a", "c"]
        );
        assert_eq!(ids(&[("_id", "b,c")]), ["b", "c"]);
        assert_eq!(ids(&[("vaccine-code", "|2")]), [""; 0]);
        assert_eq!(ids(&[("status", "not-done")]), [""; 0]);
    }

    #[test]
    fn pages_follow_one_another_without_gap_or_repetition() {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let query = Query {
                count: 1,
                after,
                ..query(&[("status", "completed")])
            };
            let found = Found {
                resources: three(),
                denied: None,
            };
            let bundle = page(Type::Immunization.served(), &query, found, BASE);
            assert_eq!(bundle["total"], 3);
            seen.push(
                bundle["entry"][0]["resource"]["id"]
                    .as_str()
                    .expect("one")
                    .to_owned(),
            );
            let Some(next) = bundle["link"][1]["url"].as_str() else {
                break;
            };
            let cursor = next.split("_cursor=").nth(1).expect("a cursor");
            after = super::tests::query(&[("_cursor", cursor)]).after;
        }
        assert_eq!(seen, ["b", "a", "c"]);
    }

    #[test]
    fn a_form_is_found_by_its_address_with_its_version_or_without() {
        let form =
            json!({"resourceType": "Questionnaire", "id": "a", "url": "urn:f", "version": "2"});
        let found = |wanted: &str| {
            let pairs = [("url".to_owned(), wanted.to_owned())];
            let served = Type::Questionnaire.served();
            let query = Query::parse(served, &pairs, false, BASE).expect("a search");
            matching(&query, vec![form.clone()]).len()
        };
        assert_eq!((found("urn:f"), found("urn:f|2")), (1, 1));
        assert_eq!((found("urn:f|1"), found("urn")), (0, 0));
    }

    #[test]
    fn an_empty_page_has_no_empty_list() {
        let bundle = page(
            Type::Immunization.served(),
            &query(&[]),
            Found::default(),
            BASE,
        );
        assert_eq!((bundle.get("entry"), &bundle["total"]), (None, &json!(0)));
    }
}
