//! Judges what clients saw while a consortium was tortured: is there one order of all finalised transactions that explains every answer?
//!
//! Transactions are unique and the chain tells each one's place, so the order need not be searched for, only checked. It explains the
//! histories exactly if
//! 1. a transaction has one place and a place one transaction, whoever is asked;
//! 2. what was finalised before another was even submitted stands before it;
//! 3. nothing is finalised before it was submitted;
//! 4. a client that has once seen a transaction finalised on a node finds it there ever after, and a node's tip never goes back.
//!
//! A submission without an answer may have been finalised or not, at any time after it was asked.

use std::collections::BTreeMap;

/// Where a transaction was finalised: height and index in the block.
pub type Place = (u64, u32);

/// What a client did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call {
    /// Submitted a transaction and waited until it was final; none when that was never heard.
    Submit(String, Option<Place>),
    /// Asked where a transaction is; none when it is not final there.
    Find(String, Option<Place>),
    /// Asked for the newest final height.
    Tip(u64),
}

/// One call of a client to a node, with times in microseconds of one clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Who called.
    pub client: usize,
    /// Which node answered.
    pub node: usize,
    /// When the call was made.
    pub asked: u64,
    /// When its answer came, or when the client gave up.
    pub answered: u64,
    /// The call and its answer.
    pub call: Call,
}

/// What no order of transactions explains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contradiction {
    /// A transaction in two places.
    TwoPlaces(String, Place, Place),
    /// A place with two transactions.
    TwoTransactions(Place, String, String),
    /// The first was final before the second was submitted, and yet stands behind it.
    OutOfOrder(String, String),
    /// Found before anybody had submitted it, or never submitted at all.
    FromNowhere(String),
    /// Seen final on a node by a client, who then did not find it there.
    Vanished(String),
    /// A node's tip went back before a client's eyes: from, to.
    WentBack(u64, u64),
}

/// Checks the histories of all clients together.
///
/// # Errors
/// With the first contradiction found.
pub fn check(history: &[Operation]) -> Result<(), Contradiction> {
    let places = places(history)?;
    one_transaction_each(&places)?;
    submitted_before_found(history)?;
    in_order_of_time(history, &places)?;
    sessions(history)
}

fn places(history: &[Operation]) -> Result<BTreeMap<String, Place>, Contradiction> {
    let mut places = BTreeMap::new();
    for (tx, place) in history.iter().filter_map(seen) {
        let known = *places.entry(tx.clone()).or_insert(place);
        if known != place {
            return Err(Contradiction::TwoPlaces(tx.clone(), known, place));
        }
    }
    Ok(places)
}

/// The transaction that an operation saw final, and where.
fn seen(operation: &Operation) -> Option<(&String, Place)> {
    match &operation.call {
        Call::Submit(tx, place) | Call::Find(tx, place) => place.map(|place| (tx, place)),
        Call::Tip(_) => None,
    }
}

fn one_transaction_each(places: &BTreeMap<String, Place>) -> Result<(), Contradiction> {
    let mut taken = BTreeMap::new();
    for (tx, place) in places {
        if let Some(other) = taken.insert(*place, tx.clone()) {
            return Err(Contradiction::TwoTransactions(*place, other, tx.clone()));
        }
    }
    Ok(())
}

/// When each transaction was first submitted; a client that heard nothing may submit it again.
fn first_asked(history: &[Operation]) -> BTreeMap<&String, u64> {
    let mut first = BTreeMap::new();
    for operation in history {
        if let Call::Submit(tx, _) = &operation.call {
            let asked = first.entry(tx).or_insert(operation.asked);
            *asked = operation.asked.min(*asked);
        }
    }
    first
}

fn submitted_before_found(history: &[Operation]) -> Result<(), Contradiction> {
    let submitted = first_asked(history);
    for operation in history {
        if let Some((tx, _)) = seen(operation)
            && submitted
                .get(tx)
                .is_none_or(|asked| *asked > operation.answered)
        {
            return Err(Contradiction::FromNowhere(tx.clone()));
        }
    }
    Ok(())
}

/// Walks submissions by when they were asked, with the last place that was known final before each.
fn in_order_of_time(
    history: &[Operation],
    places: &BTreeMap<String, Place>,
) -> Result<(), Contradiction> {
    let known = history
        .iter()
        .filter_map(|operation| seen(operation).map(|(tx, place)| (operation.answered, place, tx)));
    let mut known: Vec<_> = known.collect();
    known.sort();
    let mut known = known.into_iter().peekable();
    let mut submissions: Vec<_> = first_asked(history).into_iter().collect();
    submissions.sort_by_key(|(_, asked)| *asked);
    let mut last: Option<(Place, &String)> = None;
    for (tx, asked) in submissions {
        while let Some((_, place, earlier)) = known.next_if(|(answered, ..)| *answered < asked) {
            last = last.max(Some((place, earlier)));
        }
        if let (Some((before, earlier)), Some(place)) = (last, places.get(tx))
            && *place < before
        {
            return Err(Contradiction::OutOfOrder(earlier.clone(), tx.clone()));
        }
    }
    Ok(())
}

/// What one client saw of one node, in the order of its calls; a client makes one call after the other.
fn sessions(history: &[Operation]) -> Result<(), Contradiction> {
    let mut sessions: BTreeMap<(usize, usize), Vec<&Operation>> = BTreeMap::new();
    for operation in history {
        sessions
            .entry((operation.client, operation.node))
            .or_default()
            .push(operation);
    }
    sessions.into_values().try_for_each(session)
}

fn session(mut operations: Vec<&Operation>) -> Result<(), Contradiction> {
    operations.sort_by_key(|operation| operation.asked);
    let (mut tip, mut final_here) = (0, Vec::new());
    for operation in operations {
        match &operation.call {
            Call::Submit(tx, Some(place)) | Call::Find(tx, Some(place)) => {
                final_here.push(tx);
                tip = tip.max(place.0);
            }
            Call::Find(tx, None) if final_here.contains(&tx) => {
                return Err(Contradiction::Vanished(tx.clone()));
            }
            Call::Tip(height) if *height < tip => {
                return Err(Contradiction::WentBack(tip, *height));
            }
            Call::Tip(height) => tip = *height,
            Call::Submit(_, None) | Call::Find(_, None) => {}
        }
    }
    Ok(())
}
