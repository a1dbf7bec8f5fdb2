//! The light client for JavaScript: structured values cross as JSON text, bytes as `Uint8Array`, failures as `Error` with a sentence.
//!
//! This crate converts and holds no rule: what is checked, and how, stands in `client-sdk`. Signing and sealing are a module of their own
//! (`keys`), so that whoever only reads does not fetch them. The typed side, for people who write TypeScript, is `client-sdk/ts`.

mod gateway;
mod json;
mod light_client;
mod reading;
