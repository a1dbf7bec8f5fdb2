//! The real runtime, in memory, driven block by block with the model's commands; and what random stories must have reached.

use frame_support::{
    dispatch::DispatchResult,
    traits::{OnFinalize, OnIdle, OnInitialize},
    weights::Weight,
};
use musubi_primitives::{
    AccountId, AssuranceLevel, Basis, BindingId, BreakGlassReason, CiphertextHash, Commitment,
    ConsentId, ConsentState, Decision, DenialReason, Ending, HpkeKey, MemberId, Moment, Pseudonym,
    RecordId, RecordState, RequestId, SessionId, Terms, VerifyingKey,
    parameter::Parameters,
    resident::{Authority, ServiceDomain},
    seams::{Consents as _, Records as _},
    trail,
};
use musubi_runtime::{
    Access, AllPalletsWithSystem, Consent, Records, Runtime, RuntimeCall, RuntimeGenesisConfig,
    RuntimeOrigin, System, Trail,
};
use musubi_tests_model::{
    Model, access,
    cast::{self, MEMBERS, NOBODY, STAFF},
    command::{self, Claim, Command, People},
};
use pallet_consortium::{
    GenesisKey, GenesisMember, GenesisSeat, member::MemberKeys, proposal::Action,
};
use pallet_residents::person::DeviceKeys;
use sp_runtime::{AccountId32, BuildStorage, traits::Dispatchable};
use std::collections::BTreeSet;

const BYTES: CiphertextHash = CiphertextHash([1; 32]);
const OTHER_BYTES: CiphertextHash = CiphertextHash([2; 32]);
const SIGNED: Commitment = Commitment([3; 32]);

fn account(number: u8) -> AccountId {
    AccountId([0x80 + number; 32])
}

fn operator(member: u32) -> AccountId {
    AccountId([0x60 + u8::try_from(member).unwrap(); 32])
}

fn pseudonym(number: u8) -> Pseudonym {
    if number == NOBODY {
        trail::NOBODY
    } else {
        Pseudonym([0x10 + number; 32])
    }
}

fn consent_id(number: u8) -> ConsentId {
    ConsentId([number; 32])
}

fn origin(account: AccountId) -> RuntimeOrigin {
    RuntimeOrigin::signed(AccountId32::new(account.0))
}

fn evidence(given: bool) -> Option<Commitment> {
    given.then_some(SIGNED)
}

/// How much later than its predecessor a command's block is.
pub(crate) fn pause(command: &Command) -> Moment {
    match command {
        Command::Wait(time) => *time,
        Command::WithdrawKey { .. }
        | Command::Suspend { .. }
        | Command::Reinstate { .. }
        | Command::People(_)
        | Command::Consents(_)
        | Command::Records(_)
        | Command::Access(_) => 1_000,
    }
}

/// The runtime in memory.
pub(crate) struct Stage {
    state: std::cell::RefCell<sp_io::TestExternalities>,
    now: Moment,
    height: u32,
    proposals: u32,
}

impl Stage {
    /// The cast at genesis.
    pub(crate) fn new() -> Self {
        let storage = genesis().build_storage().expect("the cast breaks no rule");
        let state = std::cell::RefCell::new(sp_io::TestExternalities::new(storage));
        Self {
            state,
            now: cast::START,
            height: 0,
            proposals: 0,
        }
    }

    fn ask<R>(&self, question: impl FnOnce() -> R) -> R {
        self.state.borrow_mut().execute_with(question)
    }

    /// The time of the next block.
    pub(crate) fn tick(&mut self, command: &Command) -> Moment {
        self.now += pause(command);
        self.now
    }

    /// One block with one command and all hooks.
    pub(crate) fn block(&mut self, now: Moment, command: &Command) -> DispatchResult {
        self.height += 1;
        let (height, first_proposal) = (self.height, self.proposals);
        let calls = calls(command, first_proposal);
        let result = self.ask(|| {
            System::initialize(&height, &[0; 32].into(), &Default::default());
            AllPalletsWithSystem::on_initialize(height);
            let time = RuntimeCall::Timestamp(pallet_timestamp::Call::set { now });
            time.dispatch(RuntimeOrigin::none())
                .expect("time goes forward");
            let result = calls.into_iter().try_for_each(|(by, call)| {
                call.dispatch(origin(by))
                    .map(|_| ())
                    .map_err(|refused| refused.error)
            });
            AllPalletsWithSystem::on_idle(height, Weight::MAX);
            AllPalletsWithSystem::on_finalize(height);
            result
        });
        let proposes = matches!(command, Command::Suspend { .. } | Command::Reinstate { .. });
        self.proposals += u32::from(proposes && result.is_ok());
        result
    }

    /// A consent's state.
    pub(crate) fn consent_state(&self, id: u8) -> Option<ConsentState> {
        self.ask(|| Consent::consent(&consent_id(id)).map(|consent| consent.state))
    }

    /// A record's state.
    pub(crate) fn record_state(&self, id: u8) -> Option<RecordState> {
        self.ask(|| Records::record(&RecordId([id; 32])).map(|record| record.state))
    }

    /// A decision, in the model's words.
    pub(crate) fn decision(&self, id: u8) -> Option<Result<(access::Basis, Moment), DenialReason>> {
        let decision = self.ask(|| Access::decision(&RequestId([id; 32])))?;
        Some(match decision {
            Decision::Deny(reason) => Err(reason),
            Decision::Permit { basis, expires } => Ok((spoken(basis), expires)),
        })
    }

    /// Whether a ticket still opens something.
    pub(crate) fn is_ticket_live(&self, id: u8) -> bool {
        self.ask(|| Access::ticket(&RequestId([id; 32])).is_some())
    }

    /// Whether a vault may release a record now.
    pub(crate) fn is_releasable(&self, id: u8, record: u8, vault: u8) -> bool {
        let (request, record) = (RequestId([id; 32]), RecordId([record; 32]));
        self.ask(|| Access::releasable(&request, &record, &account(vault)).is_some())
    }

    /// Rows on a trail.
    pub(crate) fn trail_count(&self, subject: u8) -> u64 {
        self.ask(|| Trail::head(&pseudonym(subject)).count)
    }
}

fn spoken(basis: Basis) -> access::Basis {
    match basis {
        Basis::Consent(id) => access::Basis::Consent(id.0[0]),
        Basis::Statute(article) => access::Basis::Statute(article),
        Basis::BreakGlass(id) => access::Basis::BreakGlass(id.0[0]),
    }
}

fn genesis() -> RuntimeGenesisConfig {
    let members = (0u32..).zip(MEMBERS).map(|(number, kind)| {
        let byte = u8::try_from(number).unwrap();
        let (verifier, hpke) = (VerifyingKey([byte; 32]), HpkeKey([byte; 32]));
        let keys = MemberKeys {
            operator: operator(number),
            verifier,
            hpke,
        };
        GenesisMember {
            kind: *kind,
            keys,
            nodes: Vec::new(),
        }
    });
    let keys = STAFF.iter().map(|staff| GenesisKey {
        account: account(staff.account),
        member: MemberId(staff.member),
        role: staff.role,
        hpke: HpkeKey([staff.account; 32]),
        until: staff.until,
    });
    let seat = GenesisSeat {
        member: MemberId(0),
        key: VerifyingKey([200; 32]),
    };
    RuntimeGenesisConfig {
        consortium: pallet_consortium::GenesisConfig {
            members: members.collect(),
            keys: keys.collect(),
            validators: vec![seat],
            parameters: Parameters::default(),
            ..Default::default()
        },
        ..Default::default()
    }
}

type Calls = Vec<(AccountId, RuntimeCall)>;

fn calls(command: &Command, proposal: u32) -> Calls {
    match command {
        Command::Wait(_) => Vec::new(),
        Command::WithdrawKey { account: number } => {
            let member = cast::staff(*number).map_or(99, |staff| staff.member);
            let call = pallet_consortium::Call::withdraw_key {
                account: account(*number),
            };
            vec![(operator(member), RuntimeCall::Consortium(call))]
        }
        Command::Suspend { member } => voted(Action::Suspend(MemberId(*member)), proposal),
        Command::Reinstate { member } => voted(Action::Reinstate(MemberId(*member)), proposal),
        Command::People(command) => {
            let (by, call) = people(command);
            vec![(account(by), RuntimeCall::Residents(call))]
        }
        Command::Consents(command) => {
            let (by, call) = consents(command);
            vec![(account(by), RuntimeCall::Consent(call))]
        }
        Command::Records(command) => {
            let (by, call) = records(command);
            vec![(account(by), RuntimeCall::Records(call))]
        }
        Command::Access(command) => {
            let (by, call) = access_call(command);
            vec![(account(by), RuntimeCall::Access(call))]
        }
    }
}

/// Proposed by the first municipality, approved by the others.
fn voted(action: Action, proposal: u32) -> Calls {
    use pallet_consortium::Call;
    let vote = |member| {
        let call = Call::vote {
            proposal,
            approve: true,
        };
        (operator(member), RuntimeCall::Consortium(call))
    };
    let propose = (
        operator(0),
        RuntimeCall::Consortium(Call::propose { action }),
    );
    vec![propose, vote(1), vote(2)]
}

fn people(command: &People) -> (u8, pallet_residents::Call<Runtime>) {
    use pallet_residents::Call;
    let card_id = |card: u8| BindingId([card; 32]);
    match *command {
        People::Enrol {
            by,
            person,
            protected,
        } => {
            let device = cast::device(person).map(|number| DeviceKeys {
                account: account(number),
                hpke: HpkeKey([number; 32]),
            });
            let (subject, domain) = (pseudonym(person), ServiceDomain::Health);
            (
                by,
                Call::enrol {
                    subject,
                    domain,
                    protected,
                    device,
                },
            )
        }
        People::Retire { by, person } => (
            by,
            Call::retire {
                subject: pseudonym(person),
            },
        ),
        People::AttestGuardianship {
            by,
            subject,
            guardian,
            joint,
            until,
        } => {
            let authority = if joint {
                Authority::Joint
            } else {
                Authority::Single
            };
            let (subject, guardian) = (pseudonym(subject), pseudonym(guardian));
            (
                by,
                Call::attest_guardianship {
                    subject,
                    guardian,
                    authority,
                    until,
                },
            )
        }
        People::EndGuardianship {
            by,
            subject,
            guardian,
        } => {
            let (subject, guardian) = (pseudonym(subject), pseudonym(guardian));
            (by, Call::end_guardianship { subject, guardian })
        }
        People::BindCard { by, person, card } => {
            let (person, binding) = (pseudonym(person), card_id(card));
            let (commitment, assurance) = (SIGNED, AssuranceLevel::CardSigned);
            (
                by,
                Call::bind_card {
                    person,
                    binding,
                    commitment,
                    assurance,
                },
            )
        }
        People::SuspendCard { by, card } => (
            by,
            Call::suspend_card {
                binding: card_id(card),
            },
        ),
        People::ReinstateCard { by, card } => (
            by,
            Call::reinstate_card {
                binding: card_id(card),
            },
        ),
        People::RevokeCard { by, card } => (
            by,
            Call::revoke_card {
                binding: card_id(card),
            },
        ),
        People::Freeze { by, subject } => (
            by,
            Call::freeze {
                subject: pseudonym(subject),
            },
        ),
        People::Unfreeze { by, subject } => (
            by,
            Call::unfreeze {
                subject: pseudonym(subject),
            },
        ),
        People::OfferHandOver { by, subject, to } => (
            by,
            Call::offer_hand_over {
                subject: pseudonym(subject),
                to: MemberId(to),
            },
        ),
        People::AcceptHandOver { by, subject } => (
            by,
            Call::accept_hand_over {
                subject: pseudonym(subject),
            },
        ),
        People::Entrust {
            by,
            subject,
            to,
            until,
        } => {
            let (subject, custodian) = (pseudonym(subject), MemberId(to));
            (
                by,
                Call::entrust {
                    subject,
                    custodian,
                    until,
                },
            )
        }
        People::EndCustody { by, subject } => (
            by,
            Call::end_custody {
                subject: pseudonym(subject),
            },
        ),
    }
}

fn terms(terms: &command::Terms) -> Terms {
    Terms {
        subject: pseudonym(terms.subject),
        guardian: pseudonym(terms.guardian),
        recipient: MemberId(terms.recipient),
        purpose: terms.purpose,
        categories: terms.categories,
        not_before: terms.not_before,
        not_after: terms.not_after,
        statement: SIGNED,
        nonce: [terms.nonce; 32],
        assurance: terms.assurance,
        second_attester: terms.second_attester.map(MemberId),
        account: None,
    }
}

fn consents(command: &command::Consents) -> (u8, pallet_consent::Call<Runtime>) {
    use command::Consents;
    use pallet_consent::Call;
    match command {
        Consents::Propose {
            by,
            consent,
            terms: agreed,
            supersedes,
        } => {
            let supersedes = supersedes.map(consent_id);
            let (consent, terms) = (consent_id(*consent), terms(agreed));
            (
                *by,
                Call::propose {
                    consent,
                    terms,
                    supersedes,
                },
            )
        }
        Consents::Attest { by, consent } => (
            *by,
            Call::attest {
                consent: consent_id(*consent),
            },
        ),
        Consents::Disagree { by, consent } => (
            *by,
            Call::disagree {
                consent: consent_id(*consent),
            },
        ),
        Consents::Withdraw {
            by,
            consent,
            evidence: given,
        } => {
            let (consent, evidence) = (consent_id(*consent), evidence(*given));
            (*by, Call::withdraw { consent, evidence })
        }
        Consents::Object {
            by,
            consent,
            objector,
            evidence: given,
        } => {
            let (consent, evidence) = (consent_id(*consent), evidence(*given));
            (
                *by,
                Call::object {
                    consent,
                    objector: pseudonym(*objector),
                    evidence,
                },
            )
        }
        Consents::Resume {
            by,
            consent,
            evidence: given,
        } => {
            let (consent, evidence) = (consent_id(*consent), evidence(*given));
            (*by, Call::resume { consent, evidence })
        }
    }
}

fn records(command: &command::Records) -> (u8, pallet_records::Call<Runtime>) {
    use command::Records;
    use pallet_records::Call;
    let record_id = |record: u8| RecordId([record; 32]);
    match *command {
        Records::Commit {
            by,
            record,
            subject,
            category,
            home,
        } => {
            let call = Call::commit_record {
                record: record_id(record),
                subject: pseudonym(subject),
                category,
                commitment: SIGNED,
                ciphertext: BYTES,
                home: MemberId(home),
            };
            (by, call)
        }
        Records::Acknowledge {
            by,
            record,
            same_bytes,
        } => {
            let ciphertext = if same_bytes { BYTES } else { OTHER_BYTES };
            (
                by,
                Call::acknowledge {
                    record: record_id(record),
                    ciphertext,
                },
            )
        }
        Records::Supersede { by, record, newer } => (
            by,
            Call::supersede {
                record: record_id(record),
                newer: record_id(newer),
            },
        ),
        Records::EnterInError { by, record } => (
            by,
            Call::enter_in_error {
                record: record_id(record),
            },
        ),
        Records::OrderErasure { by, record } => (
            by,
            Call::order_erasure {
                record: record_id(record),
            },
        ),
        Records::ErasureReceipt { by, record } => (
            by,
            Call::erasure_receipt {
                record: record_id(record),
                receipt: SIGNED,
            },
        ),
    }
}

fn access_call(command: &command::Access) -> (u8, pallet_access::Call<Runtime>) {
    use command::Access;
    use pallet_access::Call;
    let request_id = |request: u8| RequestId([request; 32]);
    let session_id = |session: u8| SessionId([session; 32]);
    match command {
        Access::Request { request, ask } => {
            let claim = match ask.claim {
                Claim::Consent => musubi_primitives::Claim::Consent,
                Claim::Statute(article) => musubi_primitives::Claim::Statute(article),
                Claim::BreakGlass(id) => musubi_primitives::Claim::BreakGlass(request_id(id)),
            };
            let call = Call::request_access {
                request: request_id(*request),
                subject: pseudonym(ask.subject),
                purpose: ask.purpose,
                categories: ask.categories,
                claim,
                session: ask.session.map(session_id),
            };
            (ask.by, call)
        }
        Access::Deliver {
            by,
            request,
            record,
        } => {
            let (request, record) = (request_id(*request), RecordId([*record; 32]));
            (
                *by,
                Call::deliver {
                    request,
                    record,
                    receipt: SIGNED,
                },
            )
        }
        Access::OpenSession {
            by,
            session,
            consent,
            until,
        } => {
            let (session, consent) = (session_id(*session), consent_id(*consent));
            (
                *by,
                Call::open_session {
                    session,
                    consent,
                    evidence: SIGNED,
                    until: *until,
                },
            )
        }
        Access::CloseSession { by, session } => (
            *by,
            Call::close_session {
                session: session_id(*session),
            },
        ),
        Access::OpenGlass {
            by,
            request,
            subject,
        } => {
            let (request, subject) = (request_id(*request), pseudonym(*subject));
            let (incident, reason) = (SIGNED, BreakGlassReason::LifeAtRisk);
            (
                *by,
                Call::open_break_glass {
                    request,
                    subject,
                    incident,
                    reason,
                },
            )
        }
        Access::CloseGlass { by, request } => (
            *by,
            Call::close_break_glass {
                request: request_id(*request),
            },
        ),
        Access::ReviewGlass {
            by,
            request,
            justified,
        } => {
            let request = request_id(*request);
            (
                *by,
                Call::review_break_glass {
                    request,
                    justified: *justified,
                },
            )
        }
    }
}

/// What random stories have reached so far.
#[derive(Default)]
pub(crate) struct Seen(BTreeSet<String>);

impl Seen {
    /// Notes what a block did.
    pub(crate) fn note(&mut self, model: &Model, command: &Command, accepted: bool) {
        let name = format!("{command:?}");
        let name = name.split(" {").next().unwrap_or_default().to_owned();
        self.0.insert(format!(
            "{name} {}",
            if accepted { "accepted" } else { "refused" }
        ));
        for request in model.requests.values() {
            let decision = match request.decision {
                Ok((access::Basis::Consent(_), _)) => "permit on consent".to_owned(),
                Ok((access::Basis::Statute(_), _)) => "permit on statute".to_owned(),
                Ok((access::Basis::BreakGlass(_), _)) => "permit on break-glass".to_owned(),
                Err(reason) => format!("denial {reason:?}"),
            };
            self.0.insert(decision);
        }
        let states = model
            .consents
            .values()
            .map(|consent| format!("{:?}", model.state(consent)));
        self.0.extend(states);
        self.0.extend(
            model
                .records
                .values()
                .map(|record| format!("{:?}", record.state)),
        );
        if !model.deliveries.is_empty() {
            self.0.insert("delivery".to_owned());
        }
        if model.glasses.values().any(|glass| glass.overdue) {
            self.0.insert("overdue".to_owned());
        }
    }

    /// Every decision, state and accepted command that the cast allows has been reached.
    pub(crate) fn check(&self) {
        let endings = Ending::ALL
            .iter()
            .map(|ending| format!("{:?}", ConsentState::Ended(*ending)));
        let states = [
            ConsentState::Proposed,
            ConsentState::Effective,
            ConsentState::Paused,
        ];
        let states = states.iter().map(|state| format!("{state:?}"));
        let record_states = RecordState::ALL.iter().map(|state| format!("{state:?}"));
        // Erasure is decided at release, not at request.
        let reasons = DenialReason::ALL
            .iter()
            .filter(|reason| **reason != DenialReason::Erased);
        let reasons = reasons.map(|reason| format!("denial {reason:?}"));
        let permits =
            ["consent", "statute", "break-glass"].map(|basis| format!("permit on {basis}"));
        let commands = [
            "Wait(",
            "WithdrawKey",
            "Suspend",
            "Reinstate",
            "People(Enrol",
            "People(Retire",
            "People(AttestGuardianship",
            "People(EndGuardianship",
            "People(BindCard",
            "People(SuspendCard",
            "People(ReinstateCard",
            "People(RevokeCard",
            "People(Freeze",
            "People(Unfreeze",
            "People(OfferHandOver",
            "People(AcceptHandOver",
            "People(Entrust",
            "People(EndCustody",
            "Consents(Propose",
            "Consents(Attest",
            "Consents(Disagree",
            "Consents(Withdraw",
            "Consents(Object",
            "Consents(Resume",
            "Records(Commit",
            "Records(Acknowledge",
            "Records(Supersede",
            "Records(EnterInError",
            "Records(OrderErasure",
            "Records(ErasureReceipt",
            "Access(Request",
            "Access(Deliver",
            "Access(OpenSession",
            "Access(CloseSession",
            "Access(OpenGlass",
            "Access(CloseGlass",
            "Access(ReviewGlass",
        ];
        let missing_commands = commands.iter().filter(|name| {
            !self
                .0
                .iter()
                .any(|seen| seen.starts_with(**name) && seen.ends_with("accepted"))
        });
        let others = ["delivery".to_owned(), "overdue".to_owned()];
        let wanted = endings
            .chain(states)
            .chain(record_states)
            .chain(reasons)
            .chain(permits)
            .chain(others);
        let missing: Vec<String> = wanted
            .filter(|name| !self.0.contains(name))
            .chain(missing_commands.map(|name| (*name).to_owned()))
            .collect();
        assert!(missing.is_empty(), "random stories never reach {missing:?}");
    }
}
