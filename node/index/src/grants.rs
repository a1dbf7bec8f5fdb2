//! Whether each read had its grant, judged row by row while blocks come in; and the lists of consents and break-glass that come of it.
//!
//! The rule is that of [`musubi_client_sdk::proofs::trail::audit`], which reads a whole trail at once; a test holds the two together.

use crate::writing::moment;
use codec::{DecodeAll, Encode};
use musubi_primitives::{
    Basis, CategorySet, ConsentId, MemberId, Pseudonym, Purpose, RequestId,
    trail::{TrailFact, TrailRow},
};
use sqlx::{Row, SqliteConnection};

/// What can be said of a row's grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GrantState {
    /// It had one, or needs none.
    AsItShouldBe,
    /// A read without one.
    Missing,
    /// Its grant would be from before the index begins.
    BeforeTheFirst,
}

impl GrantState {
    pub(crate) fn code(self) -> i64 {
        match self {
            Self::AsItShouldBe => 0,
            Self::Missing => 1,
            Self::BeforeTheFirst => 2,
        }
    }

    fn of(found: bool, is_cut: bool) -> Self {
        match (found, is_cut) {
            (true, _) => Self::AsItShouldBe,
            (false, false) => Self::Missing,
            (false, true) => Self::BeforeTheFirst,
        }
    }
}

/// Judges a row by those before it, then takes note of what it grants or ends. `is_cut`: earlier rows may be missing here.
pub(crate) async fn note(
    change: &mut SqliteConnection,
    row: &TrailRow,
    is_cut: bool,
) -> Result<GrantState, sqlx::Error> {
    let borne_out = is_borne_out(change, row).await?;
    note_consent(change, row).await?;
    note_break_glass(change, row).await?;
    if let TrailFact::AccessPermitted { request, .. } = &row.fact {
        sqlx::query("INSERT OR IGNORE INTO permits VALUES (?)")
            .bind(request.0.to_vec())
            .execute(change)
            .await?;
    }
    Ok(GrantState::of(borne_out, is_cut))
}

async fn is_borne_out(change: &mut SqliteConnection, row: &TrailRow) -> Result<bool, sqlx::Error> {
    if let TrailFact::Delivered { request, .. } = &row.fact {
        return was_permitted(change, request).await;
    }
    let TrailFact::AccessPermitted {
        member,
        purpose,
        categories,
        basis,
        ..
    } = &row.fact
    else {
        return Ok(true);
    };
    match basis {
        Basis::Statute(_) => Ok(true),
        Basis::BreakGlass(opening) => is_open(change, &row.subject, opening, *member).await,
        Basis::Consent(consent) => {
            let covered = covered(change, &row.subject, consent, *member, *purpose).await?;
            Ok(covered.is_some_and(|covered| covered.contains_all(*categories)))
        }
    }
}

async fn was_permitted(
    change: &mut SqliteConnection,
    request: &RequestId,
) -> Result<bool, sqlx::Error> {
    let found = sqlx::query("SELECT 1 FROM permits WHERE request = ?")
        .bind(request.0.to_vec())
        .fetch_optional(change)
        .await?;
    Ok(found.is_some())
}

async fn is_open(
    change: &mut SqliteConnection,
    subject: &Pseudonym,
    opening: &RequestId,
    member: MemberId,
) -> Result<bool, sqlx::Error> {
    let found = sqlx::query(
        "SELECT 1 FROM break_glass WHERE request = ? AND subject = ? AND member = ? AND closed_at IS NULL",
    )
    .bind(opening.0.to_vec())
    .bind(subject.0.to_vec())
    .bind(member.0)
    .fetch_optional(change)
    .await?;
    Ok(found.is_some())
}

/// The categories that a consent in force covers for this reader.
async fn covered(
    change: &mut SqliteConnection,
    subject: &Pseudonym,
    consent: &ConsentId,
    recipient: MemberId,
    purpose: Purpose,
) -> Result<Option<CategorySet>, sqlx::Error> {
    let found = sqlx::query(
        "SELECT categories FROM consents
         WHERE consent = ? AND subject = ? AND recipient = ? AND purpose = ? AND state = 'effective'",
    )
    .bind(consent.0.to_vec())
    .bind(subject.0.to_vec())
    .bind(recipient.0)
    .bind(name_of(purpose))
    .fetch_optional(change)
    .await?;
    Ok(found.and_then(|row| {
        let bytes: Vec<u8> = row.get(0);
        CategorySet::decode_all(&mut bytes.as_slice()).ok()
    }))
}

async fn note_consent(change: &mut SqliteConnection, row: &TrailRow) -> Result<(), sqlx::Error> {
    if let TrailFact::ConsentProposed {
        consent,
        recipient,
        purpose,
        categories,
    } = &row.fact
    {
        let query = sqlx::query(
            "INSERT OR REPLACE INTO consents VALUES (?1, ?2, ?3, ?4, ?5, 'proposed', ?6, ?6)",
        );
        let query = query
            .bind(consent.0.to_vec())
            .bind(row.subject.0.to_vec())
            .bind(recipient.0)
            .bind(name_of(*purpose))
            .bind(categories.encode())
            .bind(moment(row.at));
        return query.execute(change).await.map(|_| ());
    }
    let Some((consent, state)) = new_state(&row.fact) else {
        return Ok(());
    };
    sqlx::query("UPDATE consents SET state = ?, changed_at = ? WHERE consent = ? AND state IN ('proposed', 'effective', 'paused')")
        .bind(state)
        .bind(moment(row.at))
        .bind(consent.0.to_vec())
        .execute(change)
        .await
        .map(|_| ())
}

/// Which consent a fact moves, and to which state.
fn new_state(fact: &TrailFact) -> Option<(&ConsentId, String)> {
    if let TrailFact::ConsentEffective { consent } = fact {
        Some((consent, "effective".to_owned()))
    } else if let TrailFact::ConsentPaused { consent, paused } = fact {
        let state = if *paused { "paused" } else { "effective" };
        Some((consent, state.to_owned()))
    } else if let TrailFact::ConsentEnded { consent, ending } = fact {
        Some((consent, name_of(*ending)))
    } else {
        None
    }
}

async fn note_break_glass(
    change: &mut SqliteConnection,
    row: &TrailRow,
) -> Result<(), sqlx::Error> {
    let query = if let TrailFact::BreakGlassOpened {
        request,
        member,
        reason,
    } = &row.fact
    {
        sqlx::query(
            "INSERT OR REPLACE INTO break_glass (request, subject, member, reason, opened_at) VALUES (?, ?, ?, ?, ?)",
        )
        .bind(request.0.to_vec())
        .bind(row.subject.0.to_vec())
        .bind(member.0)
        .bind(name_of(*reason))
        .bind(moment(row.at))
    } else if let TrailFact::BreakGlassClosed { request } = &row.fact {
        sqlx::query("UPDATE break_glass SET closed_at = ? WHERE request = ?")
            .bind(moment(row.at))
            .bind(request.0.to_vec())
    } else if let TrailFact::BreakGlassReviewed { request, justified } = &row.fact {
        sqlx::query("UPDATE break_glass SET reviewed_at = ?, justified = ? WHERE request = ?")
            .bind(moment(row.at))
            .bind(*justified)
            .bind(request.0.to_vec())
    } else if let TrailFact::BreakGlassReviewOverdue { request } = &row.fact {
        sqlx::query("UPDATE break_glass SET overdue = 1 WHERE request = ?").bind(request.0.to_vec())
    } else {
        return Ok(());
    };
    query.execute(change).await.map(|_| ())
}

/// A code as it is spelled everywhere.
fn name_of(code: impl serde::Serialize) -> String {
    serde_json::to_value(code)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}
