//! Values as people type and read them: codes, days in Japan time, and the parts that several answers share.

use crate::client::BlockRef;
use musubi_care::civil::Date;
use musubi_primitives::{Moment, parameter::Parameters};
use pallet_consortium::member::Standing;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

const MILLISECONDS_PER_DAY: i64 = 24 * 60 * 60 * 1_000;
/// Japan is nine hours ahead of UTC, all year.
const JAPAN_AHEAD: i64 = 9 * 60 * 60 * 1_000;

/// Reads a code such as `clinic` or `fire-service`; the error lists all.
pub(super) fn code<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_value(Value::String(text.to_owned())).map_err(|error| error.to_string())
}

/// A code as it is typed.
pub(super) fn word(code: &impl Serialize) -> String {
    serde_json::to_value(code)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// The first moment of a day in Japan.
pub(super) fn moment(text: &str) -> Result<Moment, String> {
    let day = Date::parse(text).map_err(|error| error.to_string())?;
    let midnight = i64::from(day.days_since(epoch()?)) * MILLISECONDS_PER_DAY - JAPAN_AHEAD;
    u64::try_from(midnight).map_err(|_| format!("{text} lies before 1970"))
}

/// A moment as day and time in Japan.
pub(super) fn moment_text(moment: Moment) -> String {
    let local = i64::try_from(moment)
        .unwrap_or(i64::MAX)
        .saturating_add(JAPAN_AHEAD);
    let day = i32::try_from(local / MILLISECONDS_PER_DAY)
        .ok()
        .zip(epoch().ok())
        .map(|(days, epoch)| epoch.plus_days(days).to_string());
    let minutes = local % MILLISECONDS_PER_DAY / 60_000;
    match day {
        Some(day) => format!("{day} {:02}:{:02} JST", minutes / 60, minutes % 60),
        None => format!("{moment} ms"),
    }
}

fn epoch() -> Result<Date, String> {
    Date::new(1970, 1, 1).ok_or_else(|| "the calendar has no 1970-01-01".to_owned())
}

pub(super) fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Active => "active",
        Standing::Suspended => "suspended",
        Standing::Removed => "removed",
    }
}

/// Parameters as one types them.
pub(super) fn parameters(parameters: &Parameters) -> String {
    let Parameters {
        block_time,
        propose_timeout,
        vote_timeout,
        timeout_delta,
        idle_beat,
        ticket_life,
    } = parameters;
    format!(
        "--block-time {block_time} --propose-timeout {propose_timeout} --vote-timeout {vote_timeout} --timeout-delta {timeout_delta} \
         --idle-beat {idle_beat} --ticket-life {ticket_life}"
    )
}

pub(super) fn block(block: BlockRef) -> Value {
    json!({"height": block.height, "hash": block.hash})
}

/// A JSON object without its empty members.
pub(super) fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    let present = members.into_iter().filter(|(_, value)| !value.is_null());
    Value::Object(
        present
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use musubi_primitives::{MemberKind, Role};

    #[test]
    fn codes_read_as_they_are_written() {
        assert_eq!(code("fire-service"), Ok(MemberKind::FireService));
        assert_eq!(word(&Role::Doctor), "doctor");
        let refusal = code::<MemberKind>("hospital").unwrap_err();
        assert!(refusal.contains("clinic"), "{refusal}");
    }

    #[test]
    fn a_day_begins_at_midnight_in_japan() {
        assert_eq!(moment("1970-01-02"), Ok(15 * 60 * 60 * 1_000));
        let day = moment("2027-04-01").unwrap();
        assert_eq!(moment_text(day), "2027-04-01 00:00 JST");
        assert!(moment("2027-02-29").is_err());
        assert_eq!(moment_text(u64::MAX), format!("{} ms", u64::MAX));
    }
}
