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
