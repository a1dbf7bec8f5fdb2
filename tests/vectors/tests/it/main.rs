//! The SDK's bytes judged by the runtime itself.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly where it stands"
)]
#![allow(
    clippy::disallowed_methods,
    reason = "vectors are files: a test reads them, and writes them anew where it is told to"
)]

mod calls;
mod extrinsics;
mod kept;
mod shapes;
mod shared;
mod state;
mod statements;
