//! Thirty-two bytes that nobody can guess: identifiers, nonces and salts of everything that this program makes. Secrets that are wiped
//! afterwards are drawn in [`crate::key_file`].

/// Draws from the system's random source.
///
/// # Errors
/// A sentence, when the system has no randomness to give.
pub fn random() -> Result<[u8; 32], String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)
        .map_err(|error| format!("the system gives no randomness: {error}"))?;
    Ok(bytes)
}
