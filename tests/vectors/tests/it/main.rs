//! The SDK's bytes judged by the runtime itself.

mod calls;
mod extrinsics;
mod state;
