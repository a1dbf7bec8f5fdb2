//! musubi-client-sdk.
