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
};
use reqwest::Method;
use serde_json::Value;
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

struct Import {
    folder: PathBuf,
    arguments: Vec<String>,
}

impl Import {
    fn command(&self) -> Command {
        let mut command = Command::new(binary());
        command.arg("import").args(&self.arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn run(&self) -> Output {
        self.command().output().unwrap()
    }

    fn journal(&self) -> PathBuf {
        self.folder.join("doses.csv.import-journal")
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
        at(&folder.join("doses.csv")),
        "--map".into(),
        at(&folder.join("map.toml")),
        "--gateway".into(),
        gateway.into(),
        "--genesis".into(),
        genesis.into(),
        "--key".into(),
        at(&nurse),
        "--enrol".into(),
    ];
    Import {
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
    let consortium = Consortium::start();
    let rpc = consortium.rpc(0).await;
    rpc.wait_for_height(1).await;
    let genesis = rpc.hash_at(0).await.as_str().unwrap().to_owned();
    let gateway = gateway_of(&consortium);
    let import = prepare(&consortium, &gateway, &genesis);

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
}
