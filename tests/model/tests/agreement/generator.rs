//! Random commands within the cast: mostly by those who may, sometimes by anybody.

use musubi_primitives::{AssuranceLevel, Category, CategorySet, Moment, Purpose, StatuteArticle};
use musubi_tests_model::{
    cast::{
        CHILD, COMMON_DATES, DAY, FATHER, FATHERS_DEVICE, MOTHER, MOTHERS_DEVICE, NEWCOMER,
        PROTECTED, START, STRANGER, UNKNOWN,
    },
    command::{Access, Ask, Claim, Command, Consents, People, Records, Terms},
};
use proptest::{prelude::*, sample::select};

/// Numbers of consents that stories use.
pub(crate) const CONSENTS: u8 = 5;
/// Numbers of records that stories use.
pub(crate) const RECORDS: u8 = 4;
/// Numbers of requests and openings that stories use.
pub(crate) const REQUESTS: u8 = 6;
const SESSIONS: u8 = 2;
const CARDS: u8 = 4;

/// Records and vaults whose release is tried after every block.
pub(crate) fn release_attempts() -> impl Iterator<Item = (u8, u8)> {
    (0..RECORDS).flat_map(|record| [4u8, 13].map(|vault| (record, vault)))
}

/// A story: scenes in which commands build on one another, and single commands that cut across them.
pub(crate) fn story(scenes: usize) -> impl Strategy<Value = Vec<Command>> {
    prop::collection::vec(scene(), 1..=scenes).prop_map(|scenes| scenes.concat())
}

fn scene() -> impl Strategy<Value = Vec<Command>> {
    prop_oneof![
        10 => command().prop_map(|command| vec![command]),
        3 => (0..CONSENTS, plain_terms(), 0..REQUESTS).prop_map(|(id, terms, request)| agreed(id, terms, request)),
        2 => (0..RECORDS, category()).prop_map(|(record, category)| written(record, category)),
        2 => (0..REQUESTS, 0..RECORDS, select(vec![None, Some(0)])).prop_map(|(request, record, session)| read(request, record, session)),
        2 => (0..REQUESTS, 0..REQUESTS, 0..5u8)
            .prop_map(|(glass, request, sequel)| rescued(glass, request, sequel)),
        1 => (0..CONSENTS, any::<bool>()).prop_map(|(consent, goes_on)| objected(consent, goes_on)),
        1 => (0..CONSENTS, 0..CONSENTS, plain_terms()).prop_map(|(older, id, terms)| replaced(older, id, terms)),
        1 => (0..SESSIONS, 0..CONSENTS, 0..REQUESTS).prop_map(|(session, consent, request)| visited(session, consent, request)),
        1 => (0..RECORDS, 0..RECORDS).prop_map(|(record, newer)| corrected(record, newer)),
        1 => (0..CARDS).prop_map(lost_and_found),
        1 => (3u32..6, 0..REQUESTS).prop_map(|(member, request)| suspended(member, request)),
        2 => (0..CONSENTS, any::<bool>(), 0..REQUESTS).prop_map(|(consent, by_card, request)| withdrawn(consent, by_card, request)),
        1 => (0..RECORDS).prop_map(erased),
        1 => (0..REQUESTS, select(StatuteArticle::ALL), select(vec![0u8, 2, 7])).prop_map(|(request, article, by)| on_duty(request, article, by)),
        1 => (subject(), any::<bool>()).prop_map(|(subject, by_family)| frozen(subject, by_family)),
        1 => subject().prop_map(moved),
        1 => subject().prop_map(stayed),
        1 => (0..CONSENTS, plain_terms(), 0..REQUESTS).prop_map(|(id, terms, request)| doubted(id, terms, request)),
    ]
}

fn plain_terms() -> impl Strategy<Value = Terms> {
    let whole = CategorySet::of(&[Category::Immunization, Category::Growth]);
    terms().prop_map(move |terms| Terms {
        subject: CHILD,
        guardian: MOTHER,
        recipient: 3,
        purpose: Purpose::ChildCare,
        categories: whole,
        ..terms
    })
}

/// The clinic asks, two officers attest (the second in vain if one suffices), the doctor reads.
fn agreed(consent: u8, terms: Terms, request: u8) -> Vec<Command> {
    vec![
        Command::Consents(Consents::Propose {
            by: 12,
            consent,
            terms,
            supersedes: None,
        }),
        Command::Consents(Consents::Attest { by: 0, consent }),
        Command::Consents(Consents::Attest { by: 1, consent }),
        plain_request(request, None),
    ]
}

fn plain_request(request: u8, session: Option<u8>) -> Command {
    let categories = CategorySet::of(&[Category::Immunization]);
    let (purpose, claim) = (Purpose::ChildCare, Claim::Consent);
    let ask = Ask {
        by: 11,
        subject: CHILD,
        purpose,
        categories,
        claim,
        session,
    };
    Command::Access(Access::Request { request, ask })
}

fn written(record: u8, category: Category) -> Vec<Command> {
    vec![
        Command::Records(Records::Commit {
            by: 11,
            record,
            subject: CHILD,
            category,
            home: 0,
        }),
        Command::Records(Records::Acknowledge {
            by: 13,
            record,
            same_bytes: true,
        }),
        Command::Records(Records::Acknowledge {
            by: 4,
            record,
            same_bytes: true,
        }),
    ]
}

fn read(request: u8, record: u8, session: Option<u8>) -> Vec<Command> {
    let delivered = Access::Deliver {
        by: 4,
        request,
        record,
    };
    vec![plain_request(request, session), Command::Access(delivered)]
}

/// The crew breaks the glass and reads; then nothing, a closing, a review, both, or a week without either.
fn rescued(glass: u8, request: u8, sequel: u8) -> Vec<Command> {
    let categories = CategorySet::of(&[Category::Immunization]);
    let (purpose, claim) = (Purpose::Emergency, Claim::BreakGlass(glass));
    let ask = Ask {
        by: 17,
        subject: CHILD,
        purpose,
        categories,
        claim,
        session: None,
    };
    let close = Access::CloseGlass {
        by: 17,
        request: glass,
    };
    let review = Access::ReviewGlass {
        by: 18,
        request: glass,
        justified: true,
    };
    let mut scene = vec![
        Access::OpenGlass {
            by: 17,
            request: glass,
            subject: CHILD,
        },
        Access::Request { request, ask },
    ];
    match sequel {
        0 => {}
        1 => scene.push(close),
        2 => scene.push(review),
        3 => scene.extend([close, review]),
        _ => {
            return scene
                .into_iter()
                .map(Command::Access)
                .chain([Command::Wait(7 * DAY)])
                .collect();
        }
    }
    scene.into_iter().map(Command::Access).collect()
}

fn objected(consent: u8, goes_on: bool) -> Vec<Command> {
    let (objector, evidence) = (FATHER, false);
    let mut scene = vec![Command::Consents(Consents::Object {
        by: FATHERS_DEVICE,
        consent,
        objector,
        evidence,
    })];
    if goes_on {
        scene.push(Command::Consents(Consents::Resume {
            by: FATHERS_DEVICE,
            consent,
            evidence,
        }));
    }
    scene
}

fn replaced(older: u8, consent: u8, terms: Terms) -> Vec<Command> {
    vec![
        Command::Consents(Consents::Propose {
            by: 12,
            consent,
            terms,
            supersedes: Some(older),
        }),
        Command::Consents(Consents::Attest { by: 1, consent }),
        Command::Consents(Consents::Attest { by: 0, consent }),
    ]
}

fn visited(session: u8, consent: u8, request: u8) -> Vec<Command> {
    vec![
        Command::Access(Access::OpenSession {
            by: 0,
            session,
            consent,
            until: START + DAY / 12,
        }),
        plain_request(request, Some(session)),
        Command::Access(Access::CloseSession { by: 12, session }),
    ]
}

fn corrected(record: u8, newer: u8) -> Vec<Command> {
    let category = Category::Immunization;
    let commit = |record| {
        Command::Records(Records::Commit {
            by: 11,
            record,
            subject: CHILD,
            category,
            home: 0,
        })
    };
    vec![
        commit(record),
        commit(newer),
        Command::Records(Records::Supersede {
            by: 11,
            record,
            newer,
        }),
    ]
}

fn erased(record: u8) -> Vec<Command> {
    vec![
        Command::Records(Records::OrderErasure { by: 0, record }),
        Command::Records(Records::ErasureReceipt { by: 4, record }),
    ]
}

fn on_duty(request: u8, article: StatuteArticle, by: u8) -> Vec<Command> {
    let categories = CategorySet::of(&[Category::Immunization]);
    let (purpose, claim) = (Purpose::Checkup, Claim::Statute(article));
    let ask = Ask {
        by,
        subject: CHILD,
        purpose,
        categories,
        claim,
        session: None,
    };
    vec![Command::Access(Access::Request { request, ask })]
}

fn suspended(member: u32, request: u8) -> Vec<Command> {
    vec![
        Command::Suspend { member },
        plain_request(request, None),
        Command::Reinstate { member },
    ]
}

fn withdrawn(consent: u8, by_card: bool, request: u8) -> Vec<Command> {
    let (by, evidence) = if by_card {
        (3, true)
    } else {
        (MOTHERS_DEVICE, false)
    };
    let withdraw = Consents::Withdraw {
        by,
        consent,
        evidence,
    };
    vec![Command::Consents(withdraw), plain_request(request, None)]
}

fn lost_and_found(card: u8) -> Vec<Command> {
    let commands = [
        People::BindCard {
            by: 0,
            person: MOTHER,
            card,
        },
        People::SuspendCard {
            by: MOTHERS_DEVICE,
            card,
        },
        People::ReinstateCard { by: 0, card },
    ];
    commands.map(Command::People).into()
}

fn frozen(subject: u8, by_family: bool) -> Vec<Command> {
    let by = if by_family { MOTHERS_DEVICE } else { 0 };
    let commands = [
        People::Freeze { by, subject },
        People::Unfreeze {
            by: MOTHERS_DEVICE,
            subject,
        },
    ];
    commands.map(Command::People).into()
}

fn moved(subject: u8) -> Vec<Command> {
    let commands = [
        People::OfferHandOver {
            by: 0,
            subject,
            to: 1,
        },
        People::AcceptHandOver { by: 6, subject },
    ];
    commands.map(Command::People).into()
}

fn stayed(subject: u8) -> Vec<Command> {
    let commands = [
        People::Entrust {
            by: 0,
            subject,
            to: 1,
            until: START + 90 * DAY,
        },
        People::EndCustody { by: 6, subject },
    ];
    commands.map(Command::People).into()
}

fn doubted(consent: u8, terms: Terms, request: u8) -> Vec<Command> {
    vec![
        Command::Consents(Consents::Propose {
            by: 12,
            consent,
            terms,
            supersedes: None,
        }),
        Command::Consents(Consents::Disagree { by: 1, consent }),
        plain_request(request, None),
    ]
}

fn command() -> impl Strategy<Value = Command> {
    prop_oneof![
        4 => wait(),
        1 => select(vec![9u8, 12, 13, 15, 17]).prop_map(|account| Command::WithdrawKey { account }),
        1 => (3u32..6).prop_map(|member| Command::Suspend { member }),
        1 => (3u32..6).prop_map(|member| Command::Reinstate { member }),
        7 => people().prop_map(Command::People),
        14 => consents().prop_map(Command::Consents),
        10 => records().prop_map(Command::Records),
        16 => access().prop_map(Command::Access),
    ]
}

fn wait() -> impl Strategy<Value = Command> {
    let minute = 60_000;
    let spans = vec![
        1_000,
        30_000,
        minute,
        10 * minute,
        60 * minute,
        DAY,
        7 * DAY,
        31 * DAY,
        400 * DAY,
    ];
    prop_oneof![
        3 => select(spans[..5].to_vec()),
        1 => select(spans),
    ]
    .prop_map(Command::Wait)
}

/// Mostly one of `likely`, sometimes anybody.
fn by(likely: &[u8]) -> impl Strategy<Value = u8> + use<> {
    prop_oneof![9 => select(likely.to_vec()), 1 => 0..=STRANGER]
}

fn subject() -> impl Strategy<Value = u8> {
    prop_oneof![
        6 => Just(CHILD),
        1 => Just(PROTECTED),
        1 => select(vec![MOTHER, FATHER, NEWCOMER, UNKNOWN]),
    ]
}

fn officer() -> impl Strategy<Value = u8> {
    by(&[0, 0, 0, 1, 6])
}

fn village() -> impl Strategy<Value = u32> {
    prop_oneof![4 => Just(0u32), 2 => Just(1), 1 => 0..6u32]
}

fn people() -> impl Strategy<Value = People> {
    let person = || {
        select(vec![
            CHILD, PROTECTED, MOTHER, FATHER, NEWCOMER, NEWCOMER, NEWCOMER,
        ])
    };
    let until = select(vec![
        COMMON_DATES[0],
        COMMON_DATES[1],
        COMMON_DATES[2],
        COMMON_DATES[0] + 1,
    ]);
    let family = || by(&[0, 0, 1, MOTHERS_DEVICE, FATHERS_DEVICE]);
    let guardian = || select(vec![MOTHER, MOTHER, FATHER, FATHER, CHILD]);
    let custody_until = select(vec![
        START + 2 * DAY,
        START + 90 * DAY,
        START + 366 * DAY,
        START,
    ]);
    prop_oneof![
        2 => (officer(), person(), any::<bool>())
            .prop_map(|(by, person, protected)| People::Enrol { by, person, protected }),
        1 => (officer(), person()).prop_map(|(by, person)| People::Retire { by, person }),
        2 => (officer(), subject(), guardian(), any::<bool>(), until).prop_map(
            |(by, subject, guardian, joint, until)| {
                People::AttestGuardianship { by, subject, guardian, joint, until }
            }
        ),
        1 => (officer(), subject(), guardian())
            .prop_map(|(by, subject, guardian)| People::EndGuardianship { by, subject, guardian }),
        2 => (officer(), guardian(), 0..CARDS)
            .prop_map(|(by, person, card)| People::BindCard { by, person, card }),
        1 => (family(), 0..CARDS).prop_map(|(by, card)| People::SuspendCard { by, card }),
        1 => (officer(), 0..CARDS).prop_map(|(by, card)| People::ReinstateCard { by, card }),
        1 => (officer(), 0..CARDS).prop_map(|(by, card)| People::RevokeCard { by, card }),
        1 => (family(), subject()).prop_map(|(by, subject)| People::Freeze { by, subject }),
        2 => (family(), subject()).prop_map(|(by, subject)| People::Unfreeze { by, subject }),
        2 => (officer(), subject(), village())
            .prop_map(|(by, subject, to)| People::OfferHandOver { by, subject, to }),
        2 => (by(&[0, 6, 6]), subject())
            .prop_map(|(by, subject)| People::AcceptHandOver { by, subject }),
        2 => (officer(), subject(), village(), custody_until)
            .prop_map(|(by, subject, to, until)| People::Entrust { by, subject, to, until }),
        1 => (by(&[0, 6]), subject()).prop_map(|(by, subject)| People::EndCustody { by, subject }),
    ]
}

fn category() -> impl Strategy<Value = Category> {
    use Category::{Document, Growth, Immunization, Questionnaire, Scale, Sensitive};
    prop_oneof![
        6 => select(vec![Immunization, Growth]),
        2 => select(vec![Questionnaire, Document, Scale, Sensitive]),
    ]
}

fn categories() -> impl Strategy<Value = CategorySet> {
    let set = |names: Vec<Category>| CategorySet::of(&names);
    prop_oneof![
        5 => Just(CategorySet::of(&[Category::Immunization])),
        4 => Just(CategorySet::of(&[Category::Immunization, Category::Growth])),
        3 => prop::collection::vec(category(), 0..3).prop_map(set),
    ]
}

fn purpose() -> impl Strategy<Value = Purpose> {
    prop_oneof![
        7 => Just(Purpose::ChildCare),
        2 => Just(Purpose::Emergency),
        1 => select(Purpose::ALL),
    ]
}

fn recipient() -> impl Strategy<Value = u32> {
    prop_oneof![6 => Just(3u32), 1 => Just(5), 1 => 0..7u32]
}

fn terms() -> impl Strategy<Value = Terms> {
    let assurance = prop_oneof![
        5 => Just(AssuranceLevel::CardSigned),
        1 => Just(AssuranceLevel::CardAuthenticated),
        1 => Just(AssuranceLevel::Witnessed),
    ];
    let guardian = prop_oneof![6 => Just(MOTHER), 2 => Just(FATHER), 1 => subject()];
    let not_before = select(vec![START, START, START, START, START + 2 * DAY]);
    let not_after = select(vec![
        START + DAY / 24,
        START + 40 * DAY,
        START + 300 * DAY,
        START + 3_000 * DAY,
        START + 800 * DAY,
    ]);
    let second = prop_oneof![3 => Just(None), 2 => Just(Some(1u32)), 1 => (0..4u32).prop_map(Some)];
    let who = (subject(), guardian, recipient(), purpose(), categories());
    let when = (not_before, not_after, 0..8u8, assurance, second);
    (who, when).prop_map(|(who, when)| {
        let (subject, guardian, recipient, purpose, categories) = who;
        let (not_before, not_after, nonce, assurance, second_attester) = when;
        Terms {
            subject,
            guardian,
            recipient,
            purpose,
            categories,
            not_before,
            not_after,
            nonce,
            assurance,
            second_attester,
        }
    })
}

fn consents() -> impl Strategy<Value = Consents> {
    let id = || 0..CONSENTS;
    let attester = || by(&[0, 0, 1, 1, 6]);
    let parent = || by(&[MOTHERS_DEVICE, FATHERS_DEVICE, 0, 3]);
    let supersedes = prop_oneof![3 => Just(None), 2 => id().prop_map(Some)];
    prop_oneof![
        6 => (by(&[3, 12, 12, MOTHERS_DEVICE]), id(), terms(), supersedes).prop_map(
            |(by, consent, terms, supersedes)| Consents::Propose { by, consent, terms, supersedes }
        ),
        8 => (attester(), id()).prop_map(|(by, consent)| Consents::Attest { by, consent }),
        1 => (attester(), id()).prop_map(|(by, consent)| Consents::Disagree { by, consent }),
        2 => (parent(), id(), any::<bool>())
            .prop_map(|(by, consent, evidence)| Consents::Withdraw { by, consent, evidence }),
        2 => (parent(), id(), select(vec![FATHER, FATHER, MOTHER]), any::<bool>()).prop_map(
            |(by, consent, objector, evidence)| {
                Consents::Object { by, consent, objector, evidence }
            }
        ),
        2 => (parent(), id(), any::<bool>())
            .prop_map(|(by, consent, evidence)| Consents::Resume { by, consent, evidence }),
    ]
}

fn records() -> impl Strategy<Value = Records> {
    let id = || 0..RECORDS;
    let author = || by(&[11, 11, 14, 2, 0, 12]);
    let vault = || by(&[4, 4, 13, 13, 8, 10, 16]);
    prop_oneof![
        5 => (author(), id(), subject(), category(), village()).prop_map(
            |(by, record, subject, category, home)| {
                Records::Commit { by, record, subject, category, home }
            }
        ),
        9 => (vault(), id(), prop::bool::weighted(0.9)).prop_map(|(by, record, same_bytes)| {
            Records::Acknowledge { by, record, same_bytes }
        }),
        2 => (author(), id(), id())
            .prop_map(|(by, record, newer)| Records::Supersede { by, record, newer }),
        1 => (author(), id()).prop_map(|(by, record)| Records::EnterInError { by, record }),
        1 => (officer(), id()).prop_map(|(by, record)| Records::OrderErasure { by, record }),
        2 => (vault(), id()).prop_map(|(by, record)| Records::ErasureReceipt { by, record }),
    ]
}

fn ask() -> impl Strategy<Value = Ask> {
    let claim = prop_oneof![
        6 => Just(Claim::Consent),
        2 => select(StatuteArticle::ALL).prop_map(Claim::Statute),
        2 => (0..REQUESTS).prop_map(Claim::BreakGlass),
    ];
    let session = prop_oneof![4 => Just(None), 1 => (0..SESSIONS).prop_map(Some)];
    let who = by(&[11, 11, 11, 14, 2, 0, 7, 17]);
    let asked = (who, subject(), purpose(), categories(), claim, session);
    asked.prop_map(|(by, subject, purpose, categories, claim, session)| Ask {
        by,
        subject,
        purpose,
        categories,
        claim,
        session,
    })
}

fn session_end() -> impl Strategy<Value = Moment> {
    select(vec![
        START + 300_000,
        START + DAY / 12,
        START + DAY / 2,
        START + DAY,
    ])
}

fn access() -> impl Strategy<Value = Access> {
    let id = || 0..REQUESTS;
    let crew = || by(&[17, 17, 11]);
    prop_oneof![
        10 => (id(), ask()).prop_map(|(request, ask)| Access::Request { request, ask }),
        4 => (by(&[4, 13]), id(), 0..RECORDS)
            .prop_map(|(by, request, record)| Access::Deliver { by, request, record }),
        3 => (by(&[0, 1, 6, 12]), 0..SESSIONS, 0..CONSENTS, session_end()).prop_map(
            |(by, session, consent, until)| Access::OpenSession { by, session, consent, until }
        ),
        1 => (by(&[12, 11, 0]), 0..SESSIONS)
            .prop_map(|(by, session)| Access::CloseSession { by, session }),
        3 => (crew(), id(), subject())
            .prop_map(|(by, request, subject)| Access::OpenGlass { by, request, subject }),
        1 => (by(&[17, 18, 11]), id())
            .prop_map(|(by, request)| Access::CloseGlass { by, request }),
        2 => (by(&[18, 5]), id(), any::<bool>())
            .prop_map(|(by, request, justified)| Access::ReviewGlass { by, request, justified }),
    ]
}
