//! Schemas of the gateway's bodies, from a short notation: `schemas.json` beside this file.
//!
//! A text names another schema; a list of one is a list of it; an object is one with exactly these members, `?` after a name says that it
//! may be missing; `"|"` says one of several; `"$"` holds JSON Schema as it is.

use serde_json::{Map, Value, json};

const NOTED: &str = include_str!("schemas.json");

/// The schemas of the gateway's bodies.
pub(super) struct Schemas;

impl Schemas {
    /// A reference to a schema by its name.
    pub(super) fn named(name: &str) -> Value {
        json!({"$ref": format!("#/components/schemas/{name}")})
    }

    /// All of them, by name.
    pub(super) fn all() -> Map<String, Value> {
        let noted: Map<String, Value> =
            serde_json::from_str(NOTED).expect("a test reads the notation");
        noted
            .into_iter()
            .map(|(name, noted)| (name, spelled(&noted)))
            .collect()
    }
}

fn spelled(noted: &Value) -> Value {
    match noted {
        Value::String(name) => Schemas::named(name),
        Value::Array(of) => json!({"type": "array", "items": of.first().map(spelled)}),
        Value::Object(members) => match (members.get("$"), members.get("|")) {
            (Some(schema), _) => schema.clone(),
            (None, Some(Value::Array(several))) => {
                let several: Vec<Value> = several.iter().map(spelled).collect();
                json!({"anyOf": several})
            }
            _ => object(members),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) => noted.clone(),
    }
}

fn object(members: &Map<String, Value>) -> Value {
    let named = |name: &String| name.trim_end_matches('?').to_owned();
    let required = members.keys().filter(|name| !name.ends_with('?'));
    let properties: Map<String, Value> = members
        .iter()
        .map(|(name, noted)| (named(name), spelled(noted)))
        .collect();
    json!({
        "type": "object", "required": required.collect::<Vec<_>>(), "properties": properties, "additionalProperties": false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_notation_says_what_may_be_missing_and_nothing_else_passes() {
        let noted = json!({"a": "Id", "b?": ["Text"], "c": {"|": ["Id", "Null"]}});
        assert_eq!(
            spelled(&noted),
            json!({
                "type": "object", "required": ["a", "c"], "additionalProperties": false,
                "properties": {
                    "a": {"$ref": "#/components/schemas/Id"},
                    "b": {"type": "array", "items": {"$ref": "#/components/schemas/Text"}},
                    "c": {"anyOf": [{"$ref": "#/components/schemas/Id"}, {"$ref": "#/components/schemas/Null"}]},
                },
            })
        );
    }

    #[test]
    fn every_name_that_is_used_is_known() {
        let all = Schemas::all();
        let mut open: Vec<&Value> = all.values().collect();
        while let Some(value) = open.pop() {
            if let Some(used) = value.get("$ref").and_then(Value::as_str) {
                let name = used.rsplit('/').next().expect("a name");
                assert!(all.contains_key(name), "{name}");
            }
            match value {
                Value::Object(members) => open.extend(members.values()),
                Value::Array(entries) => open.extend(entries),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
            }
        }
    }
}
