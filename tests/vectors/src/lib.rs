//! What the SDK and the runtime must agree on to the byte, held against each other: calls, extrinsics, storage keys, stored entries.
