//! The layer diagram of README as a table, held against `cargo metadata`: an edge that is not listed is forbidden.
//!
//! Adding an edge means editing this table, which makes it a decision. Development dependencies are free: tests may look anywhere.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly where it stands"
)]
#![allow(
    clippy::disallowed_methods,
    reason = "this test asks cargo for the dependency graph"
)]

use serde_json::Value;
use std::{collections::BTreeMap, process::Command};

/// Crate, its layer, and the crates of ours that it may use.
const ALLOWED: &[(&str, u8, &[&str])] = &[
    ("musubi-primitives", 0, &[]),
    ("musubi-consent-card", 1, &["musubi-primitives"]),
    ("musubi-consent-card-emulator", 1, &["musubi-consent-card"]),
    ("musubi-consent", 1, &["musubi-primitives"]),
    (
        "musubi-consent-paper",
        1,
        &["musubi-primitives", "musubi-consent"],
    ),
    ("musubi-care", 1, &["musubi-fhir"]),
    ("musubi-fhir", 1, &[]),
    ("musubi-portability", 1, &["musubi-care", "musubi-fhir"]),
    ("pallet-trail", 2, &["musubi-primitives"]),
    ("pallet-consortium", 2, &["musubi-primitives"]),
    ("pallet-residents", 2, &["musubi-primitives"]),
    ("pallet-consent", 2, &["musubi-primitives"]),
    ("pallet-records", 2, &["musubi-primitives"]),
    ("pallet-access", 2, &["musubi-primitives"]),
    (
        "musubi-runtime",
        3,
        &[
            "musubi-primitives",
            "pallet-access",
            "pallet-consent",
            "pallet-consortium",
            "pallet-records",
            "pallet-residents",
            "pallet-trail",
        ],
    ),
    (
        "musubi-client-sdk",
        3,
        &["musubi-primitives", "musubi-consent", "musubi-care"],
    ),
    ("musubi-chain-spec", 4, &[]),
    (
        "musubi-node-core",
        4,
        &[
            "musubi-chain-spec",
            "musubi-primitives",
            "musubi-runtime",
            "pallet-records",
            "pallet-trail",
        ],
    ),
    ("musubi-node-listener", 4, &[]),
    (
        "musubi-node-store",
        5,
        &["musubi-primitives", "musubi-node-core"],
    ),
    (
        "musubi-node-consensus",
        5,
        &["musubi-primitives", "musubi-node-core"],
    ),
    (
        "musubi-node-network",
        5,
        &["musubi-client-sdk", "musubi-primitives", "musubi-node-core"],
    ),
    (
        "musubi-node-vault",
        5,
        &[
            "musubi-primitives",
            "musubi-node-core",
            "musubi-client-sdk",
            "musubi-consent",
        ],
    ),
    (
        "musubi-node-register",
        5,
        &["musubi-primitives", "musubi-consent"],
    ),
    (
        "musubi-node-workers",
        5,
        &["musubi-primitives", "musubi-consent"],
    ),
    (
        "musubi-node-api",
        5,
        &[
            "musubi-primitives",
            "musubi-node-core",
            "musubi-node-listener",
        ],
    ),
    (
        "musubi-node-facade",
        5,
        &["musubi-primitives", "musubi-care", "musubi-fhir"],
    ),
    (
        "musubi-node-gateway",
        5,
        &[
            "musubi-care",
            "musubi-client-sdk",
            "musubi-primitives",
            "musubi-fhir",
        ],
    ),
    (
        "musubi-node-index",
        5,
        &[
            "musubi-client-sdk",
            "musubi-node-core",
            "musubi-primitives",
            "musubi-runtime",
            "pallet-consortium",
            "pallet-records",
        ],
    ),
    ("musubi-node-web", 5, &[]),
    (
        "musubi",
        6,
        &[
            "musubi-care",
            "musubi-chain-spec",
            "musubi-client-sdk",
            "musubi-consent",
            "musubi-consent-card",
            "musubi-consent-card-emulator",
            "musubi-consent-paper",
            "musubi-fhir",
            "musubi-node-api",
            "musubi-node-consensus",
            "musubi-node-core",
            "musubi-node-facade",
            "musubi-node-gateway",
            "musubi-node-index",
            "musubi-node-listener",
            "musubi-node-network",
            "musubi-node-register",
            "musubi-node-store",
            "musubi-node-vault",
            "musubi-node-web",
            "musubi-node-workers",
            "musubi-portability",
            "musubi-primitives",
            "musubi-runtime",
            "pallet-consent",
            "pallet-consortium",
            "pallet-residents",
        ],
    ),
];

/// Our crates and, for each, those of ours that it depends on outside its tests.
fn internal_edges() -> BTreeMap<String, Vec<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .output()
        .expect("cargo runs");
    let metadata: Value =
        serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON");
    let packages = metadata["packages"]
        .as_array()
        .expect("metadata lists packages");
    let names: Vec<&str> = packages
        .iter()
        .filter_map(|package| package["name"].as_str())
        .collect();
    packages
        .iter()
        .map(|package| (text(&package["name"]), edges_of(package, &names)))
        .collect()
}

fn edges_of(package: &Value, ours: &[&str]) -> Vec<String> {
    let dependencies = package["dependencies"]
        .as_array()
        .expect("a package lists dependencies");
    let normal = dependencies
        .iter()
        .filter(|dependency| dependency["kind"].is_null());
    normal
        .map(|dependency| text(&dependency["name"]))
        .filter(|name| ours.contains(&name.as_str()))
        .collect()
}

fn text(value: &Value) -> String {
    value.as_str().expect("a name is a string").to_owned()
}

fn is_test_crate(name: &str) -> bool {
    name.starts_with("musubi-tests-")
}

#[test]
fn every_edge_between_our_crates_is_in_the_table() {
    for (name, dependencies) in internal_edges() {
        if is_test_crate(&name) {
            continue;
        }
        let (_, _, allowed) = ALLOWED
            .iter()
            .find(|(listed, ..)| *listed == name)
            .unwrap_or_else(|| panic!("{name} is not in the layer table"));
        for dependency in dependencies {
            assert!(
                allowed.contains(&dependency.as_str()),
                "{name} must not depend on {dependency}: see the layers in README.md"
            );
        }
    }
}

#[test]
fn the_table_points_downwards_and_names_only_crates_that_exist() {
    let edges = internal_edges();
    let layer = |name: &str| {
        ALLOWED
            .iter()
            .find(|(listed, ..)| *listed == name)
            .map(|(_, layer, _)| *layer)
    };
    for (name, own, allowed) in ALLOWED {
        assert!(
            edges.contains_key(*name),
            "the layer table names {name}, which is gone"
        );
        for dependency in *allowed {
            let below = layer(dependency).unwrap_or_else(|| {
                panic!("{name} may use {dependency}, which is not in the table")
            });
            assert!(
                below <= *own,
                "{name} (L{own}) may not use {dependency} (L{below})"
            );
        }
    }
}

#[test]
fn pallets_stand_alone() {
    for (name, dependencies) in internal_edges() {
        assert!(
            !name.starts_with("pallet-")
                || !dependencies
                    .iter()
                    .any(|other| other.starts_with("pallet-")),
            "{name} uses another pallet"
        );
    }
}

#[test]
fn no_product_crate_depends_on_a_test_crate() {
    for (name, dependencies) in internal_edges() {
        assert!(
            is_test_crate(&name) || !dependencies.iter().any(|other| is_test_crate(other)),
            "{name} uses a test crate"
        );
    }
}
