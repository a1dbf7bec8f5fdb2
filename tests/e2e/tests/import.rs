//! A village takes its old records in: killed on the way, the same command goes on, and no record is there twice.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly where it stands"
)]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "this test starts processes, kills one, and reads what it left"
)]

use musubi_tests_support::{
    Consortium, Rpc,
    gateway::{Gateway, secret},
    process::binary,
    told,
};
use reqwest::Method;
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    io::Write,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

const MAP: &str = r#"
format = "musubi/columns/1"
[person]
id = "宛名番号"
system = "urn:test:residents"
name = "氏名"
birth = "生年月日"
[dose]
vaccine = "ワクチン"
date = "接種日"
lot = "ロット"
[dose.products]
"５種混合" = "DPT-IPV-HIB"
"#;
const PRODUCTS: &str = "https://musubi.example/CodeSystem/schedule-product";
const CHILDREN: usize = 4;
const DOSES: usize = 3;
/// More blocks than the import takes.
const BLOCKS_MAX: usize = 400;

fn table() -> String {
    let mut table = "宛名番号,氏名,生年月日,ワクチン,接種日,ロット\n".to_owned();
    for child in 0..CHILDREN {
        for dose in 0..DOSES {
            let month = 3 + 2 * dose;
            table += &format!(
                "A-{child},見本　{child},令和8年1月1{child}日,５種混合,R8.{month}.1{child},HK{dose}\n"
            );
        }
    }
    table
}

/// The shape in which MynaPortal and PMH hand records out: one person, a list of doses, dates without hyphens.
const PORTAL_MAP: &str = r#"
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
"#;

struct Import {
    folder: PathBuf,
    file: PathBuf,
    arguments: Vec<String>,
}

impl Import {
    fn command(&self) -> Command {
        let mut command = Command::new(binary());
        command.arg("import").arg(&self.file).args(&self.arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn run(&self) -> Output {
        self.command().output().unwrap()
    }

    /// Another file of the same village.
    fn of(&self, name: &str, text: &str, map: Option<&str>) -> Self {
        let file = self.folder.join(name);
        std::fs::write(&file, text).unwrap();
        let mut arguments = self.arguments.clone();
        let at = arguments.iter().position(|word| word == "--map").unwrap();
        match map {
            Some(map) => {
                let path = self.folder.join(format!("{name}.toml"));
                std::fs::write(&path, map).unwrap();
                arguments[at + 1] = path.display().to_string();
            }
            None => drop(arguments.drain(at..at + 2)),
        }
        Self {
            folder: self.folder.clone(),
            file,
            arguments,
        }
    }

    /// What it says on both streams, and whether nothing was refused.
    fn said(&self, further: &[&str]) -> (bool, String) {
        let output = self.command().args(further).output().unwrap();
        let said =
            String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        (output.status.success(), said)
    }

    fn journal(&self) -> PathBuf {
        let mut name = self.file.clone().into_os_string();
        name.push(".import-journal");
        name.into()
    }

    fn noted(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.journal()).unwrap_or_default();
        let whole = text
            .split_inclusive('\n')
            .filter(|line| line.ends_with('\n'));
        whole
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

fn prepare(consortium: &Consortium, gateway: &str, genesis: &str) -> Import {
    let folder = consortium.folder().join("import");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("doses.csv"), format!("\u{feff}{}", table())).unwrap();
    std::fs::write(folder.join("map.toml"), MAP).unwrap();
    let at = |path: &Path| path.display().to_string();
    let nurse = consortium.folder().join("members/rusutsu/nurse.pem");
    let arguments = [
        "--map".into(),
        at(&folder.join("map.toml")),
        "--gateway".into(),
        gateway.into(),
        "--genesis".into(),
        genesis.into(),
        "--key".into(),
        at(&nurse),
        "--enrol".into(),
        "--together".into(),
        "2".into(),
    ];
    Import {
        file: folder.join("doses.csv"),
        folder,
        arguments: arguments.to_vec(),
    }
}

fn gateway_of(consortium: &Consortium) -> String {
    let config = std::fs::read_to_string(consortium.config(0)).unwrap();
    let (_, after) = config.split_once("[gateway]").unwrap();
    let (_, after) = after.split_once("listen = \"").unwrap();
    after.split('"').next().unwrap().to_owned()
}

/// Kills the import once it has noted a record, and tears the journal's last line as a crash would.
async fn kill_on_the_way(import: &Import, mut process: Child, rpc: &Rpc) {
    for _ in 0..BLOCKS_MAX {
        if !import.noted().is_empty() {
            process.kill().unwrap();
            process.wait().unwrap();
            let mut journal = std::fs::OpenOptions::new()
                .append(true)
                .open(import.journal())
                .unwrap();
            journal.write_all(b"{\"format\":\"musubi/imp").unwrap();
            return;
        }
        rpc.wait_for_height(rpc.height().await + 1).await;
    }
    panic!("nothing was taken in");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_is_killed_goes_on_and_takes_nothing_in_twice() {
    let mut consortium = Consortium::lay_out_traced().await;
    consortium.start_all();
    let rpc = consortium.rpc(0).await;
    rpc.wait_for_height(1).await;
    let genesis = rpc.hash_at(0).await.as_str().unwrap().to_owned();
    let gateway = gateway_of(&consortium);
    let import = prepare(&consortium, &gateway, &genesis);

    let (whole, said) = import.said(&["--dry-run"]);
    assert!(
        whole && said.contains("12 records ready, 0 lines refused; nothing was sent"),
        "{said}"
    );
    assert!(!import.journal().exists());

    let process = import.command().spawn().unwrap();
    kill_on_the_way(&import, process, &rpc).await;
    let before = import.noted().len();
    assert!(
        (1..CHILDREN * DOSES).contains(&before),
        "killed on the way: {before}"
    );

    let second = import.run();
    let said =
        String::from_utf8(second.stdout).unwrap() + &String::from_utf8(second.stderr).unwrap();
    assert!(second.status.success(), "{said}");
    assert!(
        said.contains("column 生年月日: read as 2026-01-10"),
        "{said}"
    );
    let records: BTreeSet<String> = import
        .noted()
        .iter()
        .map(|line| line["record"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        (import.noted().len(), records.len()),
        (CHILDREN * DOSES, CHILDREN * DOSES)
    );

    let nurse = secret(&consortium.folder().join("members/rusutsu/nurse.pem"));
    let village = Gateway::new(&gateway, nurse, genesis.parse().unwrap());
    for record in records {
        let path = format!("/v1/records/{record}");
        let view = village
            .request(Method::GET, &path, "", Vec::new())
            .send()
            .await
            .unwrap();
        assert!(view.status().is_success(), "{record}");
    }

    let third = import.run();
    let said = String::from_utf8(third.stdout).unwrap();
    assert!(
        said.ends_with("done: 0 records taken in, 12 were there before, 0 refused\n"),
        "{said}"
    );
    a_bundle_and_a_portals_file_are_taken_in_and_bad_entries_are_named(&import);
    a_copy_goes_out_as_a_bundle_and_on_paper(&import);
    note_what_was_told();
    musubi_tests_privacy::tells_nothing(&mut consortium).await;
}

/// What the files told the village of; another process sent it.
fn note_what_was_told() {
    for child in 0..CHILDREN {
        let name = format!("見本　{child}");
        told::document(&json!({"text": name, "birthDate": format!("2026-01-1{child}")}));
    }
    told::document(&json!({"code": "DPT-IPV-HIB"}));
    told::document(&bundle());
    told::document(&portal());
}

fn bundle() -> Value {
    let patient = json!({
        "resourceType": "Patient", "id": "B-1", "identifier": [{"system": "urn:test:residents", "value": "B-1"}],
        "name": [{"text": "見本　東"}], "birthDate": "2026-01-20", "gender": "female",
    });
    let dose = |day: &str| {
        json!({
            "resourceType": "Immunization", "status": "completed", "lotNumber": "L1", "occurrenceDateTime": day,
            "vaccineCode": {"coding": [{"system": PRODUCTS, "code": "PCV20"}]}, "patient": {"reference": "Patient/B-1"},
        })
    };
    let entries = [dose("2026-03-21"), dose("2026-02-30"), patient];
    let entries = entries.map(|resource| json!({"resource": resource}));
    json!({"resourceType": "Bundle", "type": "collection", "entry": entries})
}

fn portal() -> Value {
    json!({"result": {
        "basicFiveInfo": {"residentId": "P-1", "name": "見本　西", "birthday": "20260110"},
        "immunizations": [
            {"kind": {"code": 101}, "date": "20260320", "lot": "HK417A"},
            {"kind": {"code": 999}, "date": "20260420"},
            {"kind": {"code": 101}, "date": "20260518", "lot": "HK418A"},
        ],
    }})
}

fn a_bundle_and_a_portals_file_are_taken_in_and_bad_entries_are_named(import: &Import) {
    let bundle = import.of("bundle.json", &bundle().to_string(), None);
    let (whole, said) = bundle.said(&[]);
    assert!(
        !whole && said.contains("entry 2\trefused\tImmunization.occurrenceDateTime"),
        "{said}"
    );
    assert!(
        said.contains("done: 1 records taken in, 0 were there before, 1 refused"),
        "{said}"
    );

    let portal = import.of("portal.json", &portal().to_string(), Some(PORTAL_MAP));
    let (whole, said) = portal.said(&[]);
    assert!(
        !whole && said.contains("entry 2\trefused") && said.contains("[dose.products]"),
        "{said}"
    );
    assert!(
        said.contains("done: 2 records taken in, 0 were there before, 1 refused"),
        "{said}"
    );
    assert_eq!(portal.noted().len(), 2);
}

fn a_copy_goes_out_as_a_bundle_and_on_paper(import: &Import) {
    let mut whole = bundle();
    drop(whole["entry"].as_array_mut().unwrap().remove(1));
    let file = import.folder.join("whole.json");
    std::fs::write(&file, whole.to_string()).unwrap();
    let (out, pdf) = (
        import.folder.join("copy.json"),
        import.folder.join("copy.pdf"),
    );
    let output = Command::new(binary())
        .args(["care", "export", "--child", "B-1"])
        .arg(&file)
        .arg("--bundle")
        .arg(&out)
        .arg("--pdf")
        .arg(&pdf)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let copy: Value = serde_json::from_slice(&std::fs::read(out).unwrap()).unwrap();
    assert_eq!(copy["entry"][0]["resource"], whole["entry"][1]["resource"]);
    assert_eq!(copy["entry"][1]["resource"], whole["entry"][0]["resource"]);
    assert!(std::fs::read(pdf).unwrap().starts_with(b"%PDF-"));
}
