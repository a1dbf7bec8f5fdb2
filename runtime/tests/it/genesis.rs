//! Genesis comes from JSON, whole or not at all.

use crate::chain::{Chain, genesis_json};
use codec::Decode;
use musubi_primitives::parameter::HeightParameters;
use serde_json::json;

#[test]
fn the_first_height_is_decided_by_the_genesis_validators() {
    let chain = Chain::new();
    let parameters =
        HeightParameters::decode(&mut &chain.call("MusubiApi_height_parameters", &())[..])
            .expect("parameters");
    assert_eq!(
        (parameters.height, parameters.validators.validators().len()),
        (1, 4)
    );
}

#[test]
fn the_same_json_gives_the_same_genesis_hash() {
    assert_eq!(Chain::new().genesis, Chain::new().genesis);
}

#[test]
fn an_unknown_key_is_refused_by_name() {
    let mut config = genesis_json();
    config["consortium"]["membres"] = json!([]);
    let error = Chain::from_genesis(&config).err().expect("refused");
    assert!(error.contains("membres"), "{error}");
}

#[test]
fn metadata_is_there_in_every_version_that_clients_ask_for() {
    let chain = Chain::new();
    for version in [14u32, 15, 16] {
        let metadata = Option::<Vec<u8>>::decode(
            &mut &chain.call("Metadata_metadata_at_version", &version)[..],
        )
        .expect("an answer");
        assert!(
            metadata.is_some_and(|bytes| bytes.starts_with(b"meta")),
            "V{version}"
        );
    }
}

#[test]
fn what_breaks_a_rule_is_refused_by_entry() {
    let refusal = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut config = genesis_json();
        change(&mut config["consortium"]);
        Chain::from_genesis(&config).err().expect("refused")
    };
    for (change, expected) in [
        (
            &(|config: &mut serde_json::Value| config["validators"] = json!([]))
                as &dyn Fn(&mut serde_json::Value),
            "consortium.validators",
        ),
        (
            &|config| config["validators"][1]["member"] = json!(4),
            "consortium.validators[1]: member 4 is no municipality",
        ),
        (
            &|config| config["validators"][1] = config["validators"][0].clone(),
            "consortium.validators[1]: one seat",
        ),
        (
            &|config| config["members"][2]["keys"] = config["members"][1]["keys"].clone(),
            "consortium.members[2].keys.operator",
        ),
        (
            &|config| config["keys"][0]["role"] = json!("officer"),
            "consortium.keys[0]: Officer is no role of Clinic",
        ),
        (
            &|config| config["keys"][0]["member"] = json!(9),
            "consortium.keys[0]: there is no member 9",
        ),
        (
            &|config| config["keys"][1]["account"] = config["keys"][0]["account"].clone(),
            "consortium.keys[1].account",
        ),
        (
            &|config| config["parameters"]["blockTime"] = json!(100),
            "consortium.parameters: block_time is 100 ms",
        ),
    ] {
        let error = refusal(change);
        assert!(error.contains(expected), "{error} does not say {expected}");
    }
}
