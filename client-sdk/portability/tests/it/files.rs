//! Whole files: CSV with a map, MynaPortal-shaped JSON with a map, FHIR in a Bundle and by the line.

use musubi_care::{presets::SCHEDULE_2026, rules::RuleSet};
use musubi_fhir::Resource;
use musubi_portability::batch::{BatchError, convert_file};
use musubi_portability::columns::ColumnMap;
use musubi_portability::{Line, Outcome};
use proptest::prelude::*;
use serde_json::{Value, json};

const MAP: &str = r#"
format = "musubi/columns/1"
[person]
id = "宛名番号"
system = "urn:test:residents"
name = "氏名"
kana = "フリガナ"
birth = "生年月日"
sex = "性別"
sexes = { "1" = "male", "2" = "female" }
[dose]
vaccine = "ワクチン"
date = "接種日"
lot = "ロット"
number = "回数"
[dose.products]
"５種混合" = "DPT-IPV-HIB"
[[measure]]
column = "体重"
date = "接種日"
loinc = "29463-7"
unit = "g"
"#;

const HEADER: &str = "宛名番号,氏名,フリガナ,生年月日,性別,ワクチン,接種日,ロット,回数,体重\n";

fn map(text: &str) -> ColumnMap {
    ColumnMap::parse(text, &RuleSet::parse(SCHEDULE_2026).unwrap()).unwrap()
}

fn lines(rows: &str) -> Vec<Line> {
    convert_file(format!("{HEADER}{rows}").as_bytes(), Some(&map(MAP))).unwrap()
}

fn said(rows: &str) -> Vec<String> {
    lines(rows).iter().map(ToString::to_string).collect()
}

#[test]
fn a_row_becomes_a_person_a_dose_and_a_measure() {
    let lines =
        lines("A-1,見本　結,ミホン　ユイ,令和8年1月10日,2,５種混合,R8.3.20,HK417A,１回,6240\n");
    let Outcome::Converted {
        person,
        patient,
        resources,
        notes,
    } = &lines[0].outcome
    else {
        panic!("{}", lines[0])
    };
    assert_eq!(person, "A-1");
    let patient = patient.as_ref().unwrap();
    assert_eq!(
        (&patient["birthDate"], &patient["gender"]),
        (&json!("2026-01-10"), &json!("female"))
    );
    assert_eq!(resources[0]["occurrenceDateTime"], "2026-03-20");
    assert_eq!(
        resources[0]["vaccineCode"]["coding"][0]["code"],
        "DPT-IPV-HIB"
    );
    assert_eq!(
        resources[0]["protocolApplied"][0]["doseNumberPositiveInt"],
        1
    );
    assert_eq!(resources[1]["valueQuantity"]["value"], 6240);
    assert_eq!(
        notes.len(),
        3,
        "each date that was put into another form is said"
    );
    for resource in resources.iter().chain([patient]) {
        Resource::from_value(resource.clone()).unwrap();
    }
}

#[test]
fn each_bad_line_says_where_and_what_to_do_and_the_others_go_on() {
    let rows = "A-1,見本　結,,2026-01-10,2,５種混合,08/03/20,HK417A,1,6240\n\
        ,見本　結,,2026-01-10,2,５種混合,2026-03-20,HK417A,1,6240\n\
        A-3,見本　結,,2026-01-10,3,６種混合,2026-03-20,HK417A,90,6.2kg\n\
        A-4,見本　結,,2026-01-10,2,５種混合,2026-03-20,HK417A\n\
        1234 5678 9012,見本　結,,2026-01-10,2,５種混合,2026-03-20,HK417A,1,6240\n\
        A-6,見本　結,,2026-01-10,2,,2026-03-20,,,\n\
        A-7,見本　結,,2026-01-10,2,５種混合,2026-03-20,,,\n";
    let said = said(rows);
    assert!(
        said[0].starts_with("line 2\trefused\tcolumn 接種日: this could be several days"),
        "{}",
        said[0]
    );
    assert!(
        said[1].starts_with("line 3\trefused\tcolumn 宛名番号: nothing stands here"),
        "{}",
        said[1]
    );
    assert!(
        said[2].contains("column 性別")
            && said[2].contains("column ワクチン")
            && said[2].contains("column 体重"),
        "{}",
        said[2]
    );
    assert!(
        said[3].contains("8 fields, the header has 10"),
        "{}",
        said[3]
    );
    assert!(
        said[4].contains("個人番号") && !said[4].contains("5678"),
        "{}",
        said[4]
    );
    assert!(said[5].starts_with("line 7\tnothing"), "{}", said[5]);
    assert!(
        said[6].starts_with("line 8\tok\t1 records"),
        "a past dose may lack its lot: {}",
        said[6]
    );
}

#[test]
fn a_header_or_map_that_does_not_fit_is_refused_as_a_whole() {
    let refused = |text: &str| {
        convert_file(text.as_bytes(), Some(&map(MAP)))
            .expect_err("refused")
            .to_string()
    };
    assert!(refused("宛名番号,氏名\n").contains("lacks column \"生年月日\""));
    assert!(refused(&format!("接種日,{HEADER}")).contains("names twice"));
    assert!(matches!(
        convert_file(HEADER.as_bytes(), None),
        Err(BatchError::NoMap)
    ));
    let rules = RuleSet::parse(SCHEDULE_2026).unwrap();
    for (from, to, words) in [
        ("\"DPT-IPV-HIB\"", "\"5IN1\"", "5IN1"),
        ("\"female\"", "\"woman\"", "woman"),
        ("columns/1", "columns/9", "columns/9"),
        ("lot =", "lott =", "lott"),
    ] {
        let error = ColumnMap::parse(&MAP.replace(from, to), &rules)
            .expect_err("refused")
            .to_string();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn a_json_list_is_read_by_pointers_whatever_its_names() {
    let map = map(r#"
format = "musubi/columns/1"
list = "/result/immunizations"
[person]
id = "^/result/basicFiveInfo/residentId"
system = "urn:test:residents"
name = "^/result/basicFiveInfo/name"
birth = "^/result/basicFiveInfo/birthday"
[dose]
vaccine = "/kind/code"
date = "/date"
lot = "/lot"
[dose.products]
"101" = "DPT-IPV-HIB"
"#);
    let document = json!({"result": {
        "myNumber": "123456789018", "basicFiveInfo": {"residentId": "A-1", "name": "見本　結", "birthday": "20260110"},
        "immunizations": [{"kind": {"code": 101}, "date": "20260320", "lot": "HK417A"}, {"kind": {"code": 999}, "date": "20260420"}]
    }});
    let lines = convert_file(document.to_string().as_bytes(), Some(&map)).unwrap();
    let Outcome::Converted {
        resources, patient, ..
    } = &lines[0].outcome
    else {
        panic!("{}", lines[0])
    };
    assert_eq!(resources[0]["lotNumber"], "HK417A");
    assert!(
        !patient
            .as_ref()
            .unwrap()
            .to_string()
            .contains("123456789018"),
        "only what the map names is read"
    );
    assert!(
        lines[1]
            .to_string()
            .starts_with("entry 2\trefused\tcolumn /kind/code"),
        "{}",
        lines[1]
    );
    let error = convert_file(b"{\"a\": 1}", Some(&map))
        .expect_err("no list")
        .to_string();
    assert!(error.contains("/result/immunizations"), "{error}");
}

fn dose(id: &str) -> Value {
    json!({"resourceType": "Immunization", "status": "completed", "lotNumber": "L", "vaccineCode": {"text": "x"}, "patient": {"reference": format!("Patient/{id}")}, "occurrenceDateTime": "2026-03-20"})
}

#[test]
fn fhir_is_taken_as_it_is_from_a_bundle_or_by_the_line() {
    let bad = json!({"resourceType": "Immunization"});
    let bundle = json!({"resourceType": "Bundle", "type": "collection", "entry": [{"resource": dose("a")}, {"resource": bad.clone()}]});
    for pretty in [
        bundle.to_string(),
        serde_json::to_string_pretty(&bundle).unwrap(),
    ] {
        let lines = convert_file(pretty.as_bytes(), None).unwrap();
        assert!(
            matches!(&lines[0].outcome, Outcome::Converted { person, resources, .. } if person == "a" && resources[0] == dose("a"))
        );
        assert!(
            lines[1]
                .to_string()
                .starts_with("entry 2\trefused\tImmunization.status"),
            "{}",
            lines[1]
        );
    }
    let text = format!("{}\n\n{}\nnot json\n", dose("a"), bad);
    let said: Vec<String> = convert_file(text.as_bytes(), None)
        .unwrap()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        said.iter()
            .map(|line| line.split('\t').next().unwrap())
            .collect::<Vec<_>>(),
        ["line 1", "line 3", "line 4"]
    );
    assert!(said[2].contains("JSON, but line 1 column"), "{}", said[2]);
    let whole = serde_json::to_string_pretty(&dose("a")).unwrap();
    assert_eq!(convert_file(whole.as_bytes(), None).unwrap().len(), 1);
}

proptest! {
    #[test]
    fn no_file_makes_the_converter_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), rows in "[\\PC\n\",]{0,200}") {
        let map = map(MAP);
        let _ = convert_file(&bytes, Some(&map));
        let _ = convert_file(format!("{HEADER}{rows}").as_bytes(), Some(&map));
    }
}
