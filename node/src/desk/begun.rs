//! Transfers of ciphertexts that broke off: what has come is kept, and the next attempt goes on behind it.
//!
//! What has come is kept by the address of the whole and by the holder that gave it, so that no holder's bytes are mended with another's;
//! whoever asked judges the whole by its address. Kept in memory, and bounded: what was begun first goes first.

use musubi_node_vault::exchange::{MESSAGE_BYTES_MAX, Part};
use musubi_primitives::{CiphertextHash, MemberId};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The most bytes that are kept of all transfers together.
const KEPT_BYTES_MAX: usize = 4 * MESSAGE_BYTES_MAX;

/// What a transfer is of, and from whom.
pub(super) type Transfer = (CiphertextHash, MemberId);

/// Transfers that broke off, in the order in which they last did.
#[derive(Debug, Default)]
pub(super) struct Begun(Mutex<Vec<(Transfer, Vec<u8>)>>);

/// Why a transfer did not come to its end.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Broken<E> {
    /// The holder could not be asked, or gave nothing; what came before is kept.
    Off(E),
    /// What it gave is no part of a whole; nothing of it is kept.
    NoPart,
}

impl Begun {
    /// Fetches a whole part by part, from where the last attempt broke off.
    ///
    /// # Errors
    /// See [`Broken`].
    pub(super) async fn fetch<E, F>(
        &self,
        transfer: Transfer,
        ask: &impl Fn(u32) -> F,
    ) -> Result<Vec<u8>, Broken<E>>
    where
        F: Future<Output = Result<Part, E>>,
    {
        let mut bytes = self.take(&transfer);
        loop {
            let offset = u32::try_from(bytes.len()).map_err(|_| Broken::NoPart)?;
            let part = match ask(offset).await {
                Ok(part) => part,
                Err(error) => {
                    self.keep(transfer, bytes);
                    return Err(Broken::Off(error));
                }
            };
            let total = usize::try_from(part.total).map_err(|_| Broken::NoPart)?;
            let length = bytes.len().saturating_add(part.bytes.len());
            bytes.extend(part.bytes);
            if length == total && total <= MESSAGE_BYTES_MAX {
                return Ok(bytes);
            }
            let goes_on = usize::try_from(offset) != Ok(length);
            if !goes_on || total < length || MESSAGE_BYTES_MAX < total {
                return Err(Broken::NoPart);
            }
        }
    }

    fn take(&self, transfer: &Transfer) -> Vec<u8> {
        let mut kept = self.kept();
        let place = kept.iter().position(|(of, _)| of == transfer);
        place.map(|place| kept.remove(place).1).unwrap_or_default()
    }

    fn keep(&self, transfer: Transfer, bytes: Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        let mut kept = self.kept();
        kept.push((transfer, bytes));
        let mut all: usize = kept.iter().map(|(_, bytes)| bytes.len()).sum();
        while KEPT_BYTES_MAX < all {
            all -= kept.remove(0).1.len();
        }
    }

    fn kept(&self) -> MutexGuard<'_, Vec<(Transfer, Vec<u8>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &[u8] = b"a ciphertext in several parts";
    const PART: usize = 8;

    fn transfer(holder: u32) -> Transfer {
        (CiphertextHash([7; 32]), MemberId(holder))
    }

    /// A holder whose line breaks at each question that `breaks` names, by its number from 0; notes the offsets that it is asked for.
    struct Holder {
        breaks: Vec<usize>,
        asked: Mutex<Vec<u32>>,
    }

    impl Holder {
        fn breaking_at(breaks: &[usize]) -> Self {
            Self {
                breaks: breaks.to_vec(),
                asked: Mutex::default(),
            }
        }

        async fn fetch(&self, begun: &Begun, from: u32) -> Result<Vec<u8>, Broken<&'static str>> {
            let answer = |offset: u32| async move {
                let mut asked = self.asked.lock().expect("no thread panicked");
                asked.push(offset);
                if self.breaks.contains(&(asked.len() - 1)) {
                    return Err("the line broke");
                }
                let at = usize::try_from(offset).expect("small");
                let end = WHOLE.len().min(at + PART);
                Ok(Part {
                    total: u32::try_from(WHOLE.len()).expect("small"),
                    bytes: WHOLE[at..end].to_vec(),
                })
            };
            begun.fetch(transfer(from), &answer).await
        }

        fn asked(&self) -> Vec<u32> {
            self.asked.lock().expect("no thread panicked").clone()
        }
    }

    #[tokio::test]
    async fn a_transfer_that_broke_goes_on_where_it_was() {
        let (begun, holder) = (Begun::default(), Holder::breaking_at(&[2, 3]));
        for _ in 0..2 {
            let broken = holder.fetch(&begun, 1).await;
            assert_eq!(broken, Err(Broken::Off("the line broke")));
        }
        assert_eq!(holder.fetch(&begun, 1).await.as_deref(), Ok(WHOLE));
        assert_eq!(
            holder.asked(),
            [0, 8, 16, 16, 16, 24],
            "nothing twice but what broke"
        );
        assert!(begun.kept().is_empty(), "a whole leaves nothing behind");
    }

    #[tokio::test]
    async fn another_holder_begins_anew() {
        let begun = Begun::default();
        assert!(Holder::breaking_at(&[1]).fetch(&begun, 1).await.is_err());
        let other = Holder::breaking_at(&[]);
        assert_eq!(other.fetch(&begun, 2).await.as_deref(), Ok(WHOLE));
        assert_eq!(other.asked(), [0, 8, 16, 24]);
    }

    #[tokio::test]
    async fn what_is_no_part_of_a_whole_is_not_gone_on_with() {
        let begun = Begun::default();
        let of = |total: u32, bytes: &[u8]| Part {
            total,
            bytes: bytes.to_vec(),
        };
        for part in [of(4, b"12345"), of(9, b""), of(u32::MAX, b"1")] {
            let given = |_| std::future::ready(Ok::<Part, ()>(part.clone()));
            assert_eq!(begun.fetch(transfer(1), &given).await, Err(Broken::NoPart));
            assert!(begun.kept().is_empty());
        }
    }

    #[test]
    fn what_is_kept_is_bounded_and_the_first_begun_goes_first() {
        let begun = Begun::default();
        for holder in 0..6 {
            begun.keep(transfer(holder), vec![0; MESSAGE_BYTES_MAX]);
        }
        assert!(begun.take(&transfer(1)).is_empty() && !begun.take(&transfer(2)).is_empty());
    }
}
