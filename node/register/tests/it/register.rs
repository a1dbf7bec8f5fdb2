//! What a clerk, a thief of the disk and a restore drill see.

use musubi_node_register::{Guardian, Person, PersonId, Register, RegisterError, RegisterKey};
use musubi_primitives::{
    Pseudonym,
    resident::{Authority, ServiceDomain, SignerRole},
};
use std::path::Path;

fn key() -> RegisterKey {
    RegisterKey::from_bytes([1; 32])
}

fn person(name: &str, kana: &str, seed: u8) -> Person {
    Person {
        identifier: format!("urn:test|{name}"),
        name: name.into(),
        kana: kana.into(),
        born: "2025-04-01".into(),
        pseudonyms: vec![(ServiceDomain::Health, Pseudonym([seed; 32]))],
        former: vec![],
        guardians: vec![],
        card: None,
        check_in_card: None,
        protected: false,
        sex: None,
    }
}

fn names(register: &Register, query: &str) -> Vec<String> {
    register
        .search(query)
        .unwrap()
        .into_iter()
        .map(|(_, person)| person.name)
        .collect()
}

fn with_two(directory: &Path) -> (Register, PersonId, PersonId) {
    let register = Register::open(directory, key()).unwrap();
    let mother = register
        .add(&person("結城 花子", "ゆうき はなこ", 1))
        .unwrap();
    let mut child = person("結城 一", "ユウキ ハジメ", 2);
    child.guardians = vec![Guardian {
        person: mother,
        role: SignerRole::ParentalAuthority,
        authority: Authority::Single,
        from: 1,
        until: 5,
    }];
    let child = register.add(&child).unwrap();
    (register, mother, child)
}

#[test]
fn people_are_found_by_name_and_by_any_kana() {
    let directory = tempfile::tempdir().unwrap();
    let (register, _, _) = with_two(directory.path());
    assert_eq!(names(&register, "ﾕｳｷ"), ["結城 一", "結城 花子"]);
    assert_eq!(names(&register, "はじめ"), ["結城 一"]);
    assert_eq!(names(&register, "花子"), ["結城 花子"]);
    assert!(names(&register, "山田").is_empty());
    assert!(names(&register, " ").is_empty());
}

#[test]
fn a_pseudonym_leads_to_its_person_also_after_a_reissue() {
    let directory = tempfile::tempdir().unwrap();
    let (register, mother, _) = with_two(directory.path());
    let mut changed = register.person(mother).unwrap().unwrap();
    changed.reissue(ServiceDomain::Health, Pseudonym([9; 32]));
    register.update(mother, &changed).unwrap();
    let changed = register.person(mother).unwrap().unwrap();
    assert_eq!(
        changed.pseudonym(ServiceDomain::Health),
        Some(Pseudonym([9; 32]))
    );
    for seed in [1, 9] {
        assert_eq!(
            register.by_pseudonym(&Pseudonym([seed; 32])).unwrap(),
            Some(mother)
        );
    }
}

#[test]
fn two_people_never_share_a_pseudonym() {
    let directory = tempfile::tempdir().unwrap();
    let (register, mother, _) = with_two(directory.path());
    let twin = register.add(&person("別人", "ベツジン", 2));
    assert!(matches!(twin, Err(RegisterError::PseudonymTaken)));
    let stolen = register.update(mother, &person("結城 花子", "ゆうき はなこ", 2));
    assert!(matches!(stolen, Err(RegisterError::PseudonymTaken)));
    assert_eq!(register.people().unwrap(), 2);
}

#[test]
fn a_new_reading_replaces_the_old_one_and_a_removed_person_is_gone() {
    let directory = tempfile::tempdir().unwrap();
    let (register, mother, _) = with_two(directory.path());
    register
        .update(mother, &person("山田 花子", "ヤマダ ハナコ", 1))
        .unwrap();
    assert_eq!(names(&register, "ヤマダ"), ["山田 花子"]);
    assert_eq!(names(&register, "ユウキ"), ["結城 一"]);
    register.remove(mother).unwrap();
    assert!(names(&register, "ヤマダ").is_empty());
    assert_eq!(register.by_pseudonym(&Pseudonym([1; 32])).unwrap(), None);
    assert!(matches!(
        register.remove(mother),
        Err(RegisterError::UnknownPerson)
    ));
}

#[test]
fn reopened_it_knows_the_same_people_and_another_key_opens_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let (register, _, child) = with_two(directory.path());
    let before = register.person(child).unwrap();
    drop(register);
    let wrong = Register::open(directory.path(), RegisterKey::from_bytes([2; 32]));
    assert!(matches!(wrong, Err(RegisterError::WrongKey)));
    let register = Register::open(directory.path(), key()).unwrap();
    assert_eq!(register.person(child).unwrap(), before);
    assert_eq!(names(&register, "ゆうき").len(), 2);
}

#[test]
fn no_name_reading_or_birthday_lies_in_its_files_or_its_backup() {
    let directory = tempfile::tempdir().unwrap();
    let (register, mother, _) = with_two(&directory.path().join("register"));
    register
        .keep_evidence(&[7; 32], b"a statement about Hanako")
        .unwrap();
    register.back_up(&directory.path().join("backup")).unwrap();
    register.remove(mother).unwrap();
    drop(register);
    for folder in ["register", "backup"] {
        for entry in std::fs::read_dir(directory.path().join(folder)).unwrap() {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap();
            for word in ["結城", "ゆうき", "ユウキ", "2025-04-01", "Hanako"] {
                assert!(
                    !bytes
                        .windows(word.len())
                        .any(|window| window == word.as_bytes()),
                    "{word} lies in {folder}"
                );
            }
        }
    }
}

#[test]
fn the_backup_opens_as_the_register_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let (register, mother, _) = with_two(&directory.path().join("register"));
    register.keep_evidence(&[7; 32], b"sealed").unwrap();
    register.back_up(&directory.path().join("backup")).unwrap();
    register.remove(mother).unwrap();
    register.erase_evidence(&[7; 32]).unwrap();
    assert!(register.evidence(&[7; 32]).unwrap().is_none());
    let restored = Register::open(&directory.path().join("backup"), key()).unwrap();
    assert_eq!(names(&restored, "ゆうき").len(), 2);
    assert_eq!(
        restored.evidence(&[7; 32]).unwrap().unwrap().as_slice(),
        b"sealed"
    );
}

#[test]
fn nobody_is_named_in_debug_output() {
    let directory = tempfile::tempdir().unwrap();
    let (register, mother, _) = with_two(directory.path());
    assert_eq!(
        format!("{:?}", register.person(mother).unwrap()),
        "Some(Person(hidden))"
    );
    assert_eq!(format!("{:?}", key()), "RegisterKey(hidden)");
}

#[test]
fn a_guardians_wards_are_found_after_every_change_and_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let register = Register::open(folder.path(), key()).unwrap();
    let guardian = register.add(&person("親", "オヤ", 1)).unwrap();
    let mut child = person("子", "コ", 2);
    let id = register.add(&child).unwrap();
    assert!(register.wards_of(guardian).unwrap().is_empty());
    child.guardians.push(Guardian {
        person: guardian,
        role: SignerRole::ParentalAuthority,
        authority: Authority::Single,
        from: 0,
        until: 1,
    });
    register.update(id, &child).unwrap();
    assert!(register.wards_of(guardian).unwrap() == [child.clone()]);
    drop(register);
    let register = Register::open(folder.path(), key()).unwrap();
    assert!(register.wards_of(guardian).unwrap() == [child.clone()]);
    child.guardians.clear();
    register.update(id, &child).unwrap();
    assert!(register.wards_of(guardian).unwrap().is_empty());
}
