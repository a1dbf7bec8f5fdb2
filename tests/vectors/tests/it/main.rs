//! The SDK's bytes judged by the runtime itself.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly where it stands"
)]

mod calls;
mod extrinsics;
mod shapes;
mod shared;
mod state;
mod statements;
