//! What a client of Musubi needs and trusts: sealing records, checking proofs, building extrinsics.
//!
//! Pure Rust without IO and without a clock, so that the same code serves phones, browsers (wasm32), clinics' systems and custodians.
//! Randomness is the one thing it asks of its platform, and only to seal.
//!
//! * [`sealing`]: a record becomes ciphertext, commitment and one envelope per holder, and back.
//! * [`proofs`]: a light client; from a trusted genesis or checkpoint to a proved statement, offline.
//! * [`calls`] and [`extrinsics`]: what the runtime can be asked, signed by keys that may stay where they are.
//! * [`rest`]: calls to a gateway, signed.
//!
//! It never depends on the runtime or on FRAME: what both must agree on is checked by test vectors (`tests/vectors`).

pub mod calls;
pub mod extrinsics;
pub mod proofs;
pub mod rest;
pub mod sealing;
