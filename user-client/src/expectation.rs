//! What a trace has to look like, and how one differs from that.
//!
//! [`mod@file`] is what a user writes, [`found`] the trace that is there,
//! [`siblings`] says which of its spans are the expected ones, and [`compare`]
//! what is different.

pub mod assign;
pub mod compare;
pub mod count;
pub mod facts;
pub mod file;
pub mod found;
pub mod siblings;

pub use compare::{Line, Mark};
pub use file::Expectation;
pub use found::Found;
