//! What a trace has to look like, and how one differs from that.
//!
//! `file` is what a user writes, `found` the trace that is there,
//! `siblings` says which of its spans are the expected ones, and `compare`
//! what is different.

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
