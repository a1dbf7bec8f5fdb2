//! The era of an extrinsic: for ever, or a window of blocks (`sp_runtime::generic::Era`).

use codec::{Encode, Output};

/// Longest window, in blocks. Up to here the window's first block is exactly the one given, and the runtime still knows its hash
/// (`BlockHashCount` is at least as much).
pub const PERIOD_MAX: u64 = 4096;
const PERIOD_MIN: u64 = 4;

/// When an extrinsic may be included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Era {
    /// At any time.
    Immortal,
    /// In the blocks of one window.
    Mortal {
        /// Length of the window, a power of two.
        period: u64,
        /// Height of its first block modulo the period.
        phase: u64,
    },
}

impl Era {
    /// The window of about `period` blocks that begins at `height`.
    pub fn mortal(period: u64, height: u64) -> Self {
        let period = period.clamp(PERIOD_MIN, PERIOD_MAX).next_power_of_two();
        Self::Mortal {
            period,
            phase: height % period,
        }
    }
}

impl Encode for Era {
    fn size_hint(&self) -> usize {
        2
    }

    fn encode_to<O: Output + ?Sized>(&self, output: &mut O) {
        match self {
            Self::Immortal => output.push_byte(0),
            Self::Mortal { period, phase } => {
                let length = u64::from(period.trailing_zeros().saturating_sub(1).clamp(1, 15));
                let [low, high, ..] = (length | phase << 4).to_le_bytes();
                output.write(&[low, high]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use codec::DecodeAll;
    use proptest::prelude::*;
    use sp_runtime::generic;

    proptest! {
        #[test]
        fn substrate_reads_the_same_window(period in 0u64..10_000, height in 0u64..1_000_000) {
            let era = Era::mortal(period, height);
            let theirs = generic::Era::decode_all(&mut era.encode().as_slice()).unwrap();
            let Era::Mortal { period, phase } = era else { unreachable!("mortal makes mortal eras") };
            prop_assert_eq!(theirs, generic::Era::Mortal(period, phase));
            prop_assert_eq!(theirs.birth(height), height);
        }
    }

    #[test]
    fn immortal_is_one_zero_byte() {
        assert_eq!(Era::Immortal.encode(), generic::Era::Immortal.encode());
    }
}
