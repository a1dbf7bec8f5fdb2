//! Keys for JavaScript: extrinsics whose signature comes from elsewhere, and records sealed and opened. Conventions as in `chain`.

mod calls;
mod desk;
mod extrinsics;
mod json;
mod sealing;
mod words;
