//! Substrate's hashes: BLAKE2b for headers, trie nodes and map keys, XXH64 for the names in storage keys.

/// BLAKE2b with 32 bytes of output.
pub fn blake2_256(bytes: &[u8]) -> [u8; 32] {
    blake2(bytes)
}

/// BLAKE2b with 16 bytes of output.
pub fn blake2_128(bytes: &[u8]) -> [u8; 16] {
    blake2(bytes)
}

fn blake2<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let hash = blake2b_simd::Params::new().hash_length(N).hash(bytes);
    let mut out = [0; N];
    out.copy_from_slice(hash.as_bytes());
    out
}

/// XXH64 with seeds 0 and 1, both little-endian: Substrate's hash of pallet and item names.
pub fn twox_128(bytes: &[u8]) -> [u8; 16] {
    let mut out = [0; 16];
    out[..8].copy_from_slice(&xxh64(bytes, 0).to_le_bytes());
    out[8..].copy_from_slice(&xxh64(bytes, 1).to_le_bytes());
    out
}

const P1: u64 = 0x9E37_79B1_85EB_CA87;
const P2: u64 = 0xC2B2_AE3D_27D4_EB4F;
const P3: u64 = 0x1656_67B1_9E37_79F9;
const P4: u64 = 0x85EB_CA77_C2B2_AE63;
const P5: u64 = 0x27D4_EB2F_1656_67C5;

fn round(lane: u64, input: u64) -> u64 {
    lane.wrapping_add(input.wrapping_mul(P2))
        .rotate_left(31)
        .wrapping_mul(P1)
}

fn little_endian(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .rev()
        .fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// XXH64 as specified in <https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md>.
fn xxh64(bytes: &[u8], seed: u64) -> u64 {
    let mut stripes = bytes.chunks_exact(32);
    let mut hash = if bytes.len() < 32 {
        seed.wrapping_add(P5)
    } else {
        converge(lanes(&mut stripes, seed))
    };
    hash = hash.wrapping_add(bytes.len() as u64);
    avalanche(tail(hash, stripes.remainder()))
}

fn lanes(stripes: &mut std::slice::ChunksExact<'_, u8>, seed: u64) -> [u64; 4] {
    let mut lanes = [
        seed.wrapping_add(P1).wrapping_add(P2),
        seed.wrapping_add(P2),
        seed,
        seed.wrapping_sub(P1),
    ];
    for stripe in stripes {
        for (lane, word) in lanes.iter_mut().zip(stripe.chunks_exact(8)) {
            *lane = round(*lane, little_endian(word));
        }
    }
    lanes
}

fn converge(lanes: [u64; 4]) -> u64 {
    let hash = lanes
        .iter()
        .zip([1, 7, 12, 18])
        .fold(0u64, |sum, (lane, bits)| {
            sum.wrapping_add(lane.rotate_left(bits))
        });
    lanes.iter().fold(hash, |hash, lane| {
        (hash ^ round(0, *lane)).wrapping_mul(P1).wrapping_add(P4)
    })
}

fn tail(mut hash: u64, mut rest: &[u8]) -> u64 {
    while let Some((word, after)) = rest.split_at_checked(8) {
        hash = (hash ^ round(0, little_endian(word)))
            .rotate_left(27)
            .wrapping_mul(P1)
            .wrapping_add(P4);
        rest = after;
    }
    if let Some((word, after)) = rest.split_at_checked(4) {
        hash = (hash ^ little_endian(word).wrapping_mul(P1))
            .rotate_left(23)
            .wrapping_mul(P2)
            .wrapping_add(P3);
        rest = after;
    }
    for byte in rest {
        hash = (hash ^ u64::from(*byte).wrapping_mul(P5))
            .rotate_left(11)
            .wrapping_mul(P1);
    }
    hash
}

fn avalanche(mut hash: u64) -> u64 {
    hash = (hash ^ hash >> 33).wrapping_mul(P2);
    hash = (hash ^ hash >> 29).wrapping_mul(P3);
    hash ^ hash >> 32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn hashes_equal_substrates(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(blake2_256(&bytes), sp_io::hashing::blake2_256(&bytes));
            prop_assert_eq!(blake2_128(&bytes), sp_io::hashing::blake2_128(&bytes));
            prop_assert_eq!(twox_128(&bytes), sp_io::hashing::twox_128(&bytes));
        }
    }
}
