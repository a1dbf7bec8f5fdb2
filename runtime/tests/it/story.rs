//! One family's story, call by call, through every pallet: the wiring test plays it, and the weighing program times it.

use crate::chain::account;
use musubi_primitives::{
    AccountId, AssuranceLevel, BindingId, Category, CategorySet, CiphertextHash, Commitment,
    ConsentId, HpkeKey, MemberId, Moment, Pseudonym, Purpose, RecordId, RequestId, Role, SessionId,
    Terms, VerdictCode, VerifyingKey,
    access::{BreakGlassReason, Claim},
    resident::{Authority, ServiceDomain, common_date_after},
};
use musubi_runtime::RuntimeCall;
use pallet_residents::person::DeviceKeys;

pub(crate) const HOME: MemberId = MemberId(0);
pub(crate) const OTHER_VILLAGE: MemberId = MemberId(1);
pub(crate) const CLINIC: MemberId = MemberId(4);

/// Seeds of the staff keys in the test genesis.
pub(crate) mod staff {
    pub(crate) const OPERATOR: u8 = 1;
    pub(crate) const DOCTOR: u8 = 50;
    pub(crate) const OFFICER: u8 = 51;
    pub(crate) const HOME_VAULT: u8 = 53;
    pub(crate) const CLINIC_VAULT: u8 = 54;
    pub(crate) const OTHER_OFFICER: u8 = 55;
    pub(crate) const REVIEWER: u8 = 56;
    pub(crate) const CLERK: u8 = 57;
    pub(crate) const NURSE: u8 = 58;
}

/// One call of the story: what it is called in `weights.rs`, who signs it, and the call.
#[derive(Clone)]
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) by: AccountId,
    pub(crate) call: RuntimeCall,
}

/// A family whose identifiers all follow from a number.
pub(crate) struct Family {
    number: u32,
    phone: AccountId,
    now: Moment,
}

impl Family {
    pub(crate) fn new(number: u32, phone: AccountId, now: Moment) -> Self {
        Self { number, phone, now }
    }

    fn bytes(&self, kind: u8) -> [u8; 32] {
        sp_io::hashing::blake2_256(&[&self.number.to_be_bytes()[..], &[kind]].concat())
    }

    pub(crate) fn child(&self) -> Pseudonym {
        Pseudonym(self.bytes(0))
    }

    pub(crate) fn guardian(&self) -> Pseudonym {
        Pseudonym(self.bytes(1))
    }

    pub(crate) fn request(&self, which: u8) -> RequestId {
        RequestId(self.bytes(which.saturating_add(100)))
    }

    /// The family's consents: number 0 is the one of the story.
    pub(crate) fn consent(&self, which: u8) -> ConsentId {
        ConsentId(self.bytes_of(2, which))
    }

    fn bytes_of(&self, kind: u8, which: u8) -> [u8; 32] {
        sp_io::hashing::blake2_256(&[&self.number.to_be_bytes()[..], &[kind, which]].concat())
    }

    /// A person who may decide for the child jointly with others.
    #[allow(
        dead_code,
        reason = "the weighing program plays it, the wiring test does not"
    )]
    fn relative(&self, which: u8) -> Pseudonym {
        Pseudonym(self.bytes_of(30, which))
    }

    fn record(&self, which: u8) -> RecordId {
        RecordId(self.bytes(which.saturating_add(50)))
    }

    fn ciphertext(&self, which: u8) -> CiphertextHash {
        CiphertextHash(self.bytes(which.saturating_add(60)))
    }

    pub(crate) fn terms(&self, which: u8, category: Category) -> Terms {
        Terms {
            subject: self.child(),
            guardian: self.guardian(),
            recipient: CLINIC,
            purpose: Purpose::ChildCare,
            categories: CategorySet::of(&[category]),
            not_before: self.now,
            not_after: self.now.saturating_add(30 * 24 * 60 * 60 * 1_000),
            statement: Commitment(self.bytes_of(3, which)),
            nonce: self.bytes_of(4, which),
            assurance: AssuranceLevel::CardSigned,
            second_attester: None,
            account: Some(self.phone),
        }
    }

    /// Until the clinic may read: enrolment, card, guardianship, consent.
    pub(crate) fn until_consent(&self) -> Vec<Step> {
        let mut steps = self.enrolment();
        steps.extend([self.propose(0, Category::Immunization), self.attest(0)]);
        steps
    }

    /// The clinic's doctor asks for a consent.
    pub(crate) fn propose(&self, which: u8, category: Category) -> Step {
        consent(
            "propose",
            account(staff::DOCTOR),
            pallet_consent::Call::propose {
                consent: self.consent(which),
                terms: self.terms(which, category),
                supersedes: None,
            },
        )
    }

    /// The village's officer vouches for a consent.
    pub(crate) fn attest(&self, which: u8) -> Step {
        consent(
            "attest",
            account(staff::OFFICER),
            pallet_consent::Call::attest {
                consent: self.consent(which),
            },
        )
    }

    /// Relatives who may decide jointly, over the child and over the guardian.
    #[allow(
        dead_code,
        reason = "the weighing program plays it, the wiring test does not"
    )]
    pub(crate) fn relatives(&self, count: u8) -> Vec<Step> {
        let until = common_date_after(self.now, 0);
        let enrol = |relative| {
            residents(
                "enrol",
                staff::OFFICER,
                pallet_residents::Call::enrol {
                    subject: relative,
                    domain: ServiceDomain::Health,
                    protected: false,
                    device: None,
                },
            )
        };
        let entitle = |subject, guardian| {
            residents(
                "change_guardianship",
                staff::OFFICER,
                pallet_residents::Call::attest_guardianship {
                    subject,
                    guardian,
                    authority: Authority::Joint,
                    until,
                },
            )
        };
        let relatives = (0..count).map(|which| self.relative(which));
        let steps = relatives.flat_map(|relative| {
            [
                enrol(relative),
                entitle(self.child(), relative),
                entitle(self.guardian(), relative),
            ]
        });
        steps.collect()
    }

    /// More devices of the guardian.
    #[allow(
        dead_code,
        reason = "the weighing program plays it, the wiring test does not"
    )]
    pub(crate) fn devices(&self, count: u8) -> Vec<Step> {
        let device = |which: u8| AccountId(self.bytes_of(31, which));
        let add = |account: AccountId| Step {
            name: "change_device",
            by: self.phone,
            call: RuntimeCall::Residents(pallet_residents::Call::add_device {
                person: self.guardian(),
                device: DeviceKeys {
                    account,
                    hpke: HpkeKey(account.0),
                },
            }),
        };
        (0..count).map(device).map(add).collect()
    }

    /// A relative objects to the story's consent and takes it back; an officer finds that another proposal is not what was signed.
    #[allow(
        dead_code,
        reason = "the weighing program plays it, the wiring test does not"
    )]
    pub(crate) fn dispute(&self, proposed: u8) -> Vec<Step> {
        let evidence = Some(Commitment(self.bytes(18)));
        let id = self.consent(0);
        let by_officer = |name, call| consent(name, account(staff::OFFICER), call);
        vec![
            by_officer(
                "object",
                pallet_consent::Call::object {
                    consent: id,
                    objector: self.relative(0),
                    evidence,
                },
            ),
            by_officer(
                "resume",
                pallet_consent::Call::resume {
                    consent: id,
                    evidence,
                },
            ),
            by_officer(
                "disagree",
                pallet_consent::Call::disagree {
                    consent: self.consent(proposed),
                },
            ),
        ]
    }

    /// Enrolment, card and guardianship.
    pub(crate) fn enrolment(&self) -> Vec<Step> {
        let health = ServiceDomain::Health;
        let (subject, guardian) = (self.child(), self.guardian());
        let device = Some(DeviceKeys {
            account: self.phone,
            hpke: HpkeKey(self.phone.0),
        });
        let commitment = Commitment(self.bytes(5));
        let (binding, assurance) = (self.card(0), AssuranceLevel::CardSigned);
        let (authority, until) = (Authority::Single, common_date_after(self.now, 0));
        vec![
            residents(
                "enrol",
                staff::OFFICER,
                pallet_residents::Call::enrol {
                    subject,
                    domain: health,
                    protected: false,
                    device: None,
                },
            ),
            residents(
                "enrol",
                staff::OFFICER,
                pallet_residents::Call::enrol {
                    subject: guardian,
                    domain: health,
                    protected: false,
                    device,
                },
            ),
            residents(
                "bind_card",
                staff::OFFICER,
                pallet_residents::Call::bind_card {
                    person: guardian,
                    binding: self.card(9),
                    commitment,
                    assurance,
                },
            ),
            residents(
                "bind_card",
                staff::OFFICER,
                pallet_residents::Call::bind_card {
                    person: guardian,
                    binding,
                    commitment,
                    assurance,
                },
            ),
            residents(
                "change_guardianship",
                staff::OFFICER,
                pallet_residents::Call::attest_guardianship {
                    subject,
                    guardian,
                    authority,
                    until,
                },
            ),
        ]
    }

    /// A visit under the consent: check-in, record, two holders, a read, its delivery.
    pub(crate) fn visit(&self) -> Vec<Step> {
        let session = SessionId(self.bytes(6));
        let evidence = Commitment(self.bytes(7));
        let until = self.now.saturating_add(60_000);
        let open = pallet_access::Call::open_session {
            session,
            consent: self.consent(0),
            evidence,
            until,
        };
        let deliver = pallet_access::Call::deliver {
            request: self.request(0),
            record: self.record(0),
            receipt: Commitment(self.bytes(8)),
        };
        let mut steps = vec![access("open_session", staff::OFFICER, open)];
        steps.extend(self.stored_record(0));
        steps.push(self.ask(0));
        steps.push(access("deliver", staff::CLINIC_VAULT, deliver));
        steps.push(access(
            "close_session",
            staff::CLERK,
            pallet_access::Call::close_session { session },
        ));
        steps
    }

    fn stored_record(&self, which: u8) -> [Step; 3] {
        let (record, ciphertext) = (self.record(which), self.ciphertext(which));
        let commit = pallet_records::Call::commit_record {
            record,
            subject: self.child(),
            category: Category::Immunization,
            commitment: Commitment(self.bytes(which.saturating_add(70))),
            ciphertext,
            home: HOME,
        };
        let acknowledge = |vault| {
            records(
                "acknowledge",
                vault,
                pallet_records::Call::acknowledge { record, ciphertext },
            )
        };
        [
            records("commit_record", staff::DOCTOR, commit),
            acknowledge(staff::CLINIC_VAULT),
            acknowledge(staff::HOME_VAULT),
        ]
    }

    /// The clinic's doctor asks for the child's immunisations under the consent.
    pub(crate) fn ask(&self, which: u8) -> Step {
        let ask = pallet_access::Call::request_access {
            request: self.request(which),
            subject: self.child(),
            purpose: Purpose::ChildCare,
            categories: CategorySet::of(&[Category::Immunization]),
            claim: Claim::Consent,
            session: None,
        };
        access("request_access", staff::DOCTOR, ask)
    }

    /// The guardian takes the consent back.
    pub(crate) fn withdraw(&self) -> Step {
        consent(
            "withdraw",
            self.phone,
            pallet_consent::Call::withdraw {
                consent: self.consent(0),
                evidence: None,
            },
        )
    }

    /// Everything else that happens to records: verdict, correction, erasure, an emergency and its review.
    pub(crate) fn aftermath(&self) -> Vec<Step> {
        let (record, newer, request) = (self.record(0), self.record(1), self.request(10));
        let verdict = pallet_records::Call::record_verdict {
            subject: self.child(),
            rule_set: self.rule_set(),
            inputs: Commitment(self.bytes(11)),
            verdict: VerdictCode::ConditionsMet,
            override_reason: None,
        };
        let publish = pallet_records::Call::publish_rule_set {
            version: self.rule_set(),
            hash: self.bytes(12),
            effective_from: self.now,
        };
        let receipt = |vault| {
            records(
                "erasure_receipt",
                vault,
                pallet_records::Call::erasure_receipt {
                    record,
                    receipt: Commitment(self.bytes(vault)),
                },
            )
        };
        let open = pallet_access::Call::open_break_glass {
            request,
            subject: self.child(),
            incident: Commitment(self.bytes(13)),
            reason: BreakGlassReason::LifeAtRisk,
        };
        let mut steps = vec![
            records("publish_rule_set", staff::OFFICER, publish),
            records("record_verdict", staff::DOCTOR, verdict),
        ];
        steps.extend(self.stored_record(1));
        steps.extend([
            records(
                "supersede",
                staff::DOCTOR,
                pallet_records::Call::supersede { record, newer },
            ),
            records(
                "enter_in_error",
                staff::DOCTOR,
                pallet_records::Call::enter_in_error { record: newer },
            ),
            records(
                "order_erasure",
                staff::OFFICER,
                pallet_records::Call::order_erasure { record },
            ),
            receipt(staff::CLINIC_VAULT),
            receipt(staff::HOME_VAULT),
            access("open_break_glass", staff::DOCTOR, open),
            access(
                "close_break_glass",
                staff::DOCTOR,
                pallet_access::Call::close_break_glass { request },
            ),
            access(
                "review_break_glass",
                staff::REVIEWER,
                pallet_access::Call::review_break_glass {
                    request,
                    justified: true,
                },
            ),
        ]);
        steps
    }

    /// The family's other changes, down to the end of its pseudonyms here.
    pub(crate) fn life(&self) -> Vec<Step> {
        let (subject, guardian) = (self.child(), self.guardian());
        let tablet = AccountId(self.bytes(14));
        let device = DeviceKeys {
            account: tablet,
            hpke: HpkeKey(tablet.0),
        };
        let until = self.now.saturating_add(1_000_000);
        let card = self.card(0);
        let by_phone = |name, call| Step {
            name,
            by: self.phone,
            call: RuntimeCall::Residents(call),
        };
        vec![
            by_phone(
                "change_device",
                pallet_residents::Call::add_device {
                    person: guardian,
                    device,
                },
            ),
            by_phone(
                "change_device",
                pallet_residents::Call::drop_device { account: tablet },
            ),
            by_phone("switch_freeze", pallet_residents::Call::freeze { subject }),
            by_phone(
                "switch_freeze",
                pallet_residents::Call::unfreeze { subject },
            ),
            by_phone(
                "change_card",
                pallet_residents::Call::suspend_card { binding: card },
            ),
            residents(
                "change_card",
                staff::OFFICER,
                pallet_residents::Call::reinstate_card { binding: card },
            ),
            residents(
                "change_card",
                staff::OFFICER,
                pallet_residents::Call::revoke_card { binding: card },
            ),
            residents(
                "change_custody",
                staff::OFFICER,
                pallet_residents::Call::entrust {
                    subject,
                    custodian: OTHER_VILLAGE,
                    until,
                },
            ),
            residents(
                "change_custody",
                staff::OTHER_OFFICER,
                pallet_residents::Call::end_custody { subject },
            ),
            residents(
                "hand_over",
                staff::OFFICER,
                pallet_residents::Call::offer_hand_over {
                    subject,
                    to: OTHER_VILLAGE,
                },
            ),
            residents(
                "hand_over",
                staff::OTHER_OFFICER,
                pallet_residents::Call::decline_hand_over { subject },
            ),
            residents(
                "hand_over",
                staff::OFFICER,
                pallet_residents::Call::offer_hand_over {
                    subject,
                    to: OTHER_VILLAGE,
                },
            ),
            residents(
                "change_guardianship",
                staff::OFFICER,
                pallet_residents::Call::end_guardianship { subject, guardian },
            ),
            residents(
                "hand_over",
                staff::OTHER_OFFICER,
                pallet_residents::Call::accept_hand_over { subject },
            ),
            residents(
                "retire",
                staff::OFFICER,
                pallet_residents::Call::retire { subject: guardian },
            ),
        ]
    }

    /// A key and a node of the village come and go.
    pub(crate) fn keys(&self) -> Vec<Step> {
        let member_account = AccountId(self.bytes(15));
        let node = VerifyingKey(self.bytes(16));
        let (role, hpke) = (Role::Nurse, HpkeKey(self.bytes(17)));
        let soon = self.now.saturating_add(1_000_000);
        let operator = |name, call| Step {
            name,
            by: account(staff::OPERATOR),
            call: RuntimeCall::Consortium(call),
        };
        vec![
            operator(
                "register_key",
                pallet_consortium::Call::register_key {
                    account: member_account,
                    role,
                    hpke,
                    until: soon,
                },
            ),
            operator(
                "extend_key",
                pallet_consortium::Call::extend_key {
                    account: member_account,
                    until: soon.saturating_add(1),
                },
            ),
            operator(
                "withdraw_key",
                pallet_consortium::Call::withdraw_key {
                    account: member_account,
                },
            ),
            operator(
                "register_node",
                pallet_consortium::Call::register_node { node },
            ),
            operator(
                "withdraw_node",
                pallet_consortium::Call::withdraw_node { node },
            ),
        ]
    }

    pub(crate) fn card(&self, which: u8) -> BindingId {
        BindingId(self.bytes(which.saturating_add(20)))
    }

    fn rule_set(&self) -> u32 {
        self.number.saturating_add(1)
    }
}

pub(crate) fn residents(
    name: &'static str,
    by: u8,
    call: pallet_residents::Call<musubi_runtime::Runtime>,
) -> Step {
    Step {
        name,
        by: account(by),
        call: RuntimeCall::Residents(call),
    }
}

pub(crate) fn consent(
    name: &'static str,
    by: AccountId,
    call: pallet_consent::Call<musubi_runtime::Runtime>,
) -> Step {
    Step {
        name,
        by,
        call: RuntimeCall::Consent(call),
    }
}

fn records(
    name: &'static str,
    by: u8,
    call: pallet_records::Call<musubi_runtime::Runtime>,
) -> Step {
    Step {
        name,
        by: account(by),
        call: RuntimeCall::Records(call),
    }
}

fn access(name: &'static str, by: u8, call: pallet_access::Call<musubi_runtime::Runtime>) -> Step {
    Step {
        name,
        by: account(by),
        call: RuntimeCall::Access(call),
    }
}
