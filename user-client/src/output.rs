//! What a user sees: data on standard output as tables or JSON, everything else
//! on standard error.
//!
//! [`mod@console`] has the two streams, [`table`] and [`rows`] show users,
//! [`progress`] an import; [`waiting`] announces long waits, and [`terminal`] detects width and colour.

pub mod console;
pub mod progress;
pub mod rows;
pub mod table;
pub mod terminal;
pub mod waiting;
