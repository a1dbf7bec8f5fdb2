//! The gateway's door judged from outside: who is let in, what is parsed, and how a desk's answers come out. No socket is opened.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly where it stands"
)]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "HTTP types hash their headers"
)]

mod bodies;
mod calling;
mod console;
mod desks;
mod family;
mod home;
mod hooks;
mod limits;
mod sessions;
mod world;
