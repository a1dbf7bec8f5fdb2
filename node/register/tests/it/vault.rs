//! Evidence and nonces: what a crash, an auditor, a thief of the disk and an erasure find.

use std::path::Path;

use ed25519_dalek::SigningKey;
use musubi_consent::validator::Revocation;
use musubi_consent::{Evidence, NonceBatch, NonceError, NonceUse, nonce::SIGNED_AGE_MAX};
use musubi_node_register::{
    Disagreed, Eraser, EvidenceKind, Finding, IntakeError, Register, RegisterKey, Rejection,
    Spending,
};
use musubi_primitives::{
    AccountId, BlockHash, Commitment, ConsentId, MemberId, Moment, Salt, VerifyingKey,
};

const NOW: Moment = 1_795_305_600_000;
const HOUR: Moment = 3_600_000;
const GENESIS: BlockHash = BlockHash([0xC1; 32]);
const TERMINAL: AccountId = AccountId([6; 32]);

fn open(directory: &Path) -> Register {
    Register::open(directory, RegisterKey::from_bytes([1; 32])).unwrap()
}

fn batch() -> NonceBatch {
    NonceBatch {
        genesis: GENESIS,
        verifier: MemberId(1),
        terminal: TERMINAL,
        not_before: NOW,
        not_after: NOW + HOUR,
        nonces: vec![[1; 32], [2; 32]],
    }
}

fn spending(nonce: u8) -> Spending {
    Spending {
        nonce: [nonce; 32],
        terminal: TERMINAL,
    }
}

fn evidence() -> Evidence {
    Evidence {
        document: b"a statement about Hanako".to_vec(),
        salt: Salt([9; 32]),
        cms: b"a signature of Hanako".to_vec(),
        signed_at: NOW,
    }
}

fn finding(revocation: Revocation) -> Finding {
    Finding {
        kind: EvidenceKind::Consent([3; 32]),
        judged_at: NOW,
        revocation,
        rejected: None,
    }
}

fn nonce_error(result: Result<(), IntakeError>) -> Option<NonceError> {
    match result {
        Ok(()) => None,
        Err(IntakeError::Nonce(error)) => Some(error),
        Err(fault) => panic!("{fault}"),
    }
}

#[test]
fn a_nonce_that_was_spent_before_a_restart_is_spent_after_it() {
    let directory = tempfile::tempdir().unwrap();
    {
        let register = open(directory.path());
        register.issue_nonces(&batch(), NonceUse::Document).unwrap();
        register.spend_nonce(&spending(1), NOW).unwrap();
    }
    let register = open(directory.path());
    let spend = |nonce, at| nonce_error(register.spend_nonce(&spending(nonce), at));
    assert_eq!(spend(1, NOW), Some(NonceError::Spent));
    assert_eq!(spend(9, NOW), Some(NonceError::Unknown));
    assert_eq!(spend(2, NOW + HOUR), Some(NonceError::OutsidePeriod));
    let elsewhere = Spending {
        terminal: AccountId([7; 32]),
        ..spending(2)
    };
    assert_eq!(
        nonce_error(register.spend_nonce(&elsewhere, NOW)),
        Some(NonceError::OtherTerminal)
    );
    register.issue_nonces(&batch(), NonceUse::Document).unwrap();
    assert_eq!(
        spend(1, NOW),
        Some(NonceError::Spent),
        "issuing again revives nothing"
    );
    assert_eq!(spend(2, NOW), None);
    register
        .forget_nonces_before(NOW + HOUR + SIGNED_AGE_MAX + 1)
        .unwrap();
    assert_eq!(spend(2, NOW), Some(NonceError::Unknown));
}

#[test]
fn a_terminal_s_unused_offline_nonces_are_counted_over_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    {
        let register = open(directory.path());
        register.issue_nonces(&batch(), NonceUse::Offline).unwrap();
        register.spend_nonce(&spending(1), NOW).unwrap();
    }
    let register = open(directory.path());
    assert_eq!(register.carried_by(&TERMINAL, NOW).unwrap(), 1);
    assert_eq!(register.carried_by(&AccountId([7; 32]), NOW).unwrap(), 0);
    assert_eq!(register.carried_by(&TERMINAL, NOW + HOUR).unwrap(), 0);
    let issued = register.issued_nonce(&[2; 32]).unwrap().unwrap();
    assert_eq!(issued.nonce_use(), NonceUse::Offline);
    assert!(register.issued_nonce(&[9; 32]).unwrap().is_none());
}

#[test]
fn of_two_uses_at_once_one_wins() {
    let directory = tempfile::tempdir().unwrap();
    let register = open(directory.path());
    register.issue_nonces(&batch(), NonceUse::Document).unwrap();
    let wins = std::thread::scope(|scope| {
        let race = || register.spend_nonce(&spending(1), NOW).is_ok();
        let racers: Vec<_> = (0..8).map(|_| scope.spawn(race)).collect();
        let won = racers.into_iter().map(|racer| racer.join().unwrap());
        won.filter(|won| *won).count()
    });
    assert_eq!(wins, 1);
}

#[test]
fn evidence_and_its_nonce_are_written_together_or_not_at_all() {
    let directory = tempfile::tempdir().unwrap();
    let register = open(directory.path());
    register.issue_nonces(&batch(), NonceUse::Document).unwrap();
    let take_in = |nonce| {
        nonce_error(register.take_in(&spending(nonce), &evidence(), &finding(Revocation::Good)))
    };
    assert_eq!(take_in(9), Some(NonceError::Unknown));
    let commitment = evidence().commitment();
    assert!(register.judged(&commitment).unwrap().is_none());
    assert_eq!(take_in(1), None);
    assert_eq!(take_in(1), Some(NonceError::Spent));
    let kept = register.judged(&commitment).unwrap().unwrap();
    assert_eq!(kept, (evidence(), finding(Revocation::Good)));
}

#[test]
fn what_was_given_up_is_no_longer_pending() {
    let directory = tempfile::tempdir().unwrap();
    let register = open(directory.path());
    register.issue_nonces(&batch(), NonceUse::Document).unwrap();
    let pending = finding(Revocation::NotChecked);
    register
        .take_in(&spending(1), &evidence(), &pending)
        .unwrap();
    assert_eq!(register.pending().unwrap().len(), 1);
    let given_up = Finding {
        rejected: Some(Rejection::Overdue),
        ..pending
    };
    let commitment = evidence().commitment();
    assert!(register.judge_again(&commitment, &given_up).unwrap());
    assert!(register.pending().unwrap().is_empty());
    let kept = register.judged(&commitment).unwrap().unwrap();
    assert_eq!(kept.1, given_up);
}

#[test]
fn what_is_pending_is_found_again_after_a_restart_and_settled_once() {
    let directory = tempfile::tempdir().unwrap();
    let commitment = evidence().commitment();
    {
        let register = open(directory.path());
        register.issue_nonces(&batch(), NonceUse::Document).unwrap();
        let pending = finding(Revocation::NotChecked);
        register
            .take_in(&spending(1), &evidence(), &pending)
            .unwrap();
    }
    let register = open(directory.path());
    let pending = register.pending().unwrap();
    assert_eq!(pending, [(commitment, finding(Revocation::NotChecked))]);
    let settled = finding(Revocation::Good);
    assert!(register.judge_again(&commitment, &settled).unwrap());
    assert!(register.pending().unwrap().is_empty());
    let unknown = Commitment([0; 32]);
    assert!(!register.judge_again(&unknown, &settled).unwrap());
    assert!(register.judged(&unknown).unwrap().is_none());
}

#[test]
fn erased_evidence_is_gone_from_the_files_and_a_receipt_stays() {
    let directory = tempfile::tempdir().unwrap();
    let key = SigningKey::from_bytes(&[8; 32]);
    let commitment = evidence().commitment();
    let register = open(directory.path());
    register.issue_nonces(&batch(), NonceUse::Document).unwrap();
    let pending = finding(Revocation::NotChecked);
    register
        .take_in(&spending(1), &evidence(), &pending)
        .unwrap();
    let backup = directory.path().join("backup");
    register.back_up(&backup).unwrap();
    let eraser = Eraser {
        genesis: GENESIS,
        member: MemberId(1),
        key: &key,
    };
    let receipt = register.erase(&commitment, &eraser, NOW + 1).unwrap();
    assert!(register.judged(&commitment).unwrap().is_none());
    assert!(register.pending().unwrap().is_empty());
    let verifier = VerifyingKey(key.verifying_key().to_bytes());
    assert!(receipt.verifies(&GENESIS, &verifier));
    assert!(!receipt.verifies(&BlockHash([0; 32]), &verifier));
    let mut other = receipt.clone();
    other.commitment = Commitment([0; 32]);
    assert!(!other.verifies(&GENESIS, &verifier));
    let restored = open(&backup);
    assert_eq!(
        restored.judged(&commitment).unwrap(),
        Some((evidence(), pending)),
        "a backup made before keeps it until it is thrown away"
    );
}

#[test]
fn a_paper_and_what_officers_witnessed_wait_for_no_answer_and_come_back_from_a_backup() {
    let directory = tempfile::tempdir().unwrap();
    let backup = directory.path().join("backup");
    let witnessed = Finding {
        kind: EvidenceKind::Witnessed([3; 32]),
        ..finding(Revocation::NotChecked)
    };
    let paper = {
        let register = open(&directory.path().join("register"));
        register.issue_nonces(&batch(), NonceUse::Document).unwrap();
        register
            .take_in(&spending(1), &evidence(), &witnessed)
            .unwrap();
        let paper = register.keep_paper([4; 32], b"a letter of proxy", NOW);
        let other = register.keep_paper([4; 32], b"a letter of proxy", NOW);
        let (paper, other) = (paper.unwrap(), other.unwrap());
        assert_ne!(paper, other, "the chain cannot compare papers");
        assert!(register.pending().unwrap().is_empty());
        register.back_up(&backup).unwrap();
        paper
    };
    let restored = open(&backup);
    let (kept, found) = restored.judged(&paper).unwrap().unwrap();
    assert_eq!(kept.document, b"a letter of proxy");
    assert_eq!(found.kind, EvidenceKind::Paper([4; 32]));
    let about = |finding: &Finding| finding.kind == EvidenceKind::Witnessed([3; 32]);
    let found = restored.findings(about).unwrap();
    assert_eq!(found, [(evidence().commitment(), witnessed)]);
}

#[test]
fn why_a_proposal_was_disagreed_with_is_kept_beside_the_chain() {
    let directory = tempfile::tempdir().unwrap();
    let disagreed = Disagreed {
        reason: "Purpose on chain differs from the signed statement".to_owned(),
        block: 7,
        at: NOW,
    };
    let consent = ConsentId([3; 32]);
    {
        let register = open(directory.path());
        assert_eq!(register.disagreement(&consent).unwrap(), None);
        register.note_disagreement(&consent, &disagreed).unwrap();
    }
    let register = open(directory.path());
    assert_eq!(register.disagreement(&consent).unwrap(), Some(disagreed));
}

#[test]
fn nothing_of_evidence_finding_or_nonce_is_readable_on_disk() {
    let directory = tempfile::tempdir().unwrap();
    {
        let register = open(directory.path());
        register.issue_nonces(&batch(), NonceUse::Document).unwrap();
        let good = finding(Revocation::Good);
        register.take_in(&spending(1), &evidence(), &good).unwrap();
    }
    for entry in std::fs::read_dir(directory.path()).unwrap() {
        let path = entry.unwrap().path();
        let Ok(bytes) = std::fs::read(&path) else {
            continue;
        };
        let shows = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
        assert!(!shows(b"Hanako"), "{}", path.display());
        assert!(!shows(&TERMINAL.0), "{}", path.display());
        assert!(!shows(&[3; 32]), "{}", path.display());
    }
}
