//! What monitoring is told: `promtool` takes the alert rules, and every metric that rules and dashboard name is exported by a running node.

use crate::{
    practice::{Practice, enrolled},
    unit::operation,
};
use serde_json::Value;
use std::{collections::BTreeSet, process::Command};

/// `promtool` of the path, or the one that `./dev setup` unpacked.
fn promtool() -> Command {
    let home = std::env::var("HOME").unwrap_or_default();
    let cache = std::env::var("XDG_CACHE_HOME").unwrap_or_else(|_| format!("{home}/.cache"));
    let unpacked = format!("{cache}/musubi/tools/prometheus/usr/bin/promtool");
    if std::path::Path::new(&unpacked).is_file() {
        return Command::new(unpacked);
    }
    Command::new("promtool")
}

#[test]
fn promtool_takes_the_alert_rules_and_their_tests_hold() {
    for arguments in [
        ["check", "rules", "alerts.yml"],
        ["test", "rules", "alerts-test.yml"],
    ] {
        let output = promtool()
            .args(arguments)
            .current_dir(operation(""))
            .output()
            .expect("promtool runs: ./dev setup gets it");
        let said = String::from_utf8_lossy(&output.stdout);
        let complaints = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {said}{complaints}");
    }
}

/// Every metric of a text, without the endings that histograms add to it.
fn named(text: &str) -> BTreeSet<String> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    words
        .filter(|word| word.starts_with("musubi_"))
        .map(|word| {
            ["_bucket", "_sum", "_count"]
                .iter()
                .find_map(|ending| word.strip_suffix(ending))
                .unwrap_or(word)
                .to_owned()
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_metric_that_rules_and_dashboard_name_is_exported_by_a_running_node() {
    let mut practice = Practice::begin().await;
    let village = practice.gateway(0, "rusutsu", "clerk").await;
    enrolled(&village, "見本　結", "2026-07-03").await;
    let address = practice.consortium.node(0).rpc.clone();
    let scraped = reqwest::get(format!("http://{address}/metrics"))
        .await
        .unwrap();
    let scraped = scraped.text().await.unwrap();
    let exported = named(&scraped);
    assert!(!scraped.contains("見本"), "metrics name nobody");
    let rules = std::fs::read_to_string(operation("alerts.yml")).unwrap();
    let dashboard = std::fs::read_to_string(operation("dashboard.json")).unwrap();
    for (file, text) in [("alerts.yml", &rules), ("dashboard.json", &dashboard)] {
        let wanted = named(text);
        assert!(wanted.len() > 8, "{file} names {wanted:?}");
        let missing: Vec<_> = wanted.difference(&exported).collect();
        assert!(
            missing.is_empty(),
            "{file} names {missing:?}; exported are {exported:?}"
        );
    }
}

#[test]
fn every_panel_of_the_dashboard_has_a_place_a_title_and_a_query() {
    let text = std::fs::read_to_string(operation("dashboard.json")).unwrap();
    let dashboard: Value = serde_json::from_str(&text).expect("the dashboard is JSON");
    let panels = dashboard["panels"].as_array().expect("it has panels");
    let mut ids = BTreeSet::new();
    for panel in panels {
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{panel}");
        assert!(
            panel["title"].is_string() && panel["gridPos"]["w"].is_u64(),
            "{panel}"
        );
        let queries = panel["targets"].as_array().unwrap();
        assert!(
            queries.iter().all(|query| query["expr"].is_string()),
            "{panel}"
        );
    }
    assert!(ids.len() >= 10);
}
