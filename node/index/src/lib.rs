//! The explorer's index: finalised blocks in SQLite, so that an auditor can filter, sort, page, search and export.
//!
//! The [`Keeper`] fills it, one block in one transaction with the height inside, and fills it anew from the blocks whenever asked;
//! [`api`] serves it under `/explorer/api`. The chain knows nothing of it: it may be deleted at any time.
//!
//! **Invariants.** What is here says nothing that the blocks do not say, and holds their very words (`body`), so that a reader can have
//! them proved. It states its first height: a node that joined by snapshot has no rows from before. Reads are bounded: pages, exports and
//! lists each have a limit. A read without a grant is found by the same rule as in `musubi_client_sdk::proofs::trail`.

mod actions;
pub mod api;
mod error;
mod filter;
mod grants;
mod keeper;
mod line;
mod lists;
mod pages;
mod places;
mod runtime_events;
mod schema;
mod search;
mod source;
mod tables;
mod writing;

pub use error::IndexError;
pub use filter::{Asked, Order, PAGE_MAX};
pub use keeper::{Keeper, Progress};
pub use line::{Line, Outcome};
pub use lists::{
    BlockLine, BreakGlassLine, ConsentLine, ErasureLine, Figures, ProposalLine, VoteLine,
};
pub use pages::{EXPORT_MAX, EventLine, Page};
pub use places::EventId;
pub use schema::Index;
pub use search::Found;
pub use source::{BlockFacts, ChainSource, Source};
