//! What a trace has to look like, and how one differs from that.
//!
//! `file` is the expectation that a user writes, `found` the actual trace,
//! `siblings` matches its spans with the expected ones, and `compare`
//! finds the differences.

mod assign;
mod compare;
mod count;
mod facts;
mod file;
mod found;
mod siblings;

pub use compare::{Line, Mark};
pub use file::{Expectation, ExpectationError};
pub use found::FoundTrace;
pub(crate) use found::value;
