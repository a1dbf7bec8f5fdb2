//! Where an event is: the height of its block and its place among the block's events, which together are its key and its order.

use crate::error::IndexError;
use serde::{Serialize, Serializer};
use std::fmt;

/// Bits of a key that count the events of one block; a block holds far fewer extrinsics than that.
const PLACE_BITS: u32 = 20;

/// Key of an event; later events have greater keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventId(pub(crate) i64);

impl EventId {
    /// The event at a place; none where no block can have it.
    pub fn at(height: u64, place: u32) -> Option<Self> {
        let height = i64::try_from(height).ok()?;
        let base = height.checked_mul(1 << PLACE_BITS)?;
        (place < 1 << PLACE_BITS).then(|| Self(base | i64::from(place)))
    }

    /// Height of its block.
    pub fn height(self) -> u64 {
        u64::try_from(self.0 >> PLACE_BITS).unwrap_or_default()
    }

    /// Its place in the block, from 0.
    pub fn place(self) -> u32 {
        u32::try_from(self.0 & ((1 << PLACE_BITS) - 1)).unwrap_or_default()
    }

    /// Reads `height-place`.
    ///
    /// # Errors
    /// [`IndexError::Question`].
    pub fn parse(text: &str) -> Result<Self, IndexError> {
        text.split_once('-')
            .and_then(|(height, place)| Self::at(height.parse().ok()?, place.parse().ok()?))
            .ok_or_else(|| IndexError::Question {
                field: "event",
                cause: format!("{text:?}: expected a height and a place, such as 12-3"),
            })
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.height(), self.place())
    }
}

impl Serialize for EventId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_ordered_by_height_and_then_by_place() {
        let id = |height, place| EventId::at(height, place).unwrap();
        assert!(id(1, 9) < id(2, 0) && id(2, 0) < id(2, 1));
        assert_eq!(EventId::parse("7-3").unwrap(), id(7, 3));
        assert_eq!((id(7, 3).height(), id(7, 3).place()), (7, 3));
        assert_eq!(id(7, 3).to_string(), "7-3");
    }

    #[test]
    fn what_is_no_place_is_refused_with_an_example() {
        for text in ["", "7", "7-", "-1-2", "7-1048576", "99999999999999-1"] {
            let error = EventId::parse(text).unwrap_err().to_string();
            assert!(error.contains("such as 12-3"), "{error}");
        }
    }
}
