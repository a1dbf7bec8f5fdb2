//! What can go wrong between blocks, database and question.

use musubi_node_core::ports::LocalFault;

/// Why the index could not do something.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// The database failed.
    #[error("{attempt}: {source}")]
    Database {
        /// What was attempted.
        attempt: &'static str,
        /// What SQLite says.
        source: sqlx::Error,
    },
    /// The chain's store failed.
    #[error(transparent)]
    Chain(#[from] LocalFault),
    /// A block does not read as this program writes blocks.
    #[error("block {height} does not read: {cause}")]
    Block {
        /// Its height.
        height: u64,
        /// Why.
        cause: String,
    },
    /// A question that cannot be answered as it stands.
    #[error("{field}: {cause}")]
    Question {
        /// Which part of it.
        field: &'static str,
        /// What is wrong, and what is expected.
        cause: String,
    },
}

impl IndexError {
    /// Makes a database's error one of ours.
    pub(crate) fn while_(attempt: &'static str) -> impl FnOnce(sqlx::Error) -> Self {
        move |source| Self::Database { attempt, source }
    }
}
