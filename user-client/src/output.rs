//! What a user sees: data on standard output as tables or JSON, everything else
//! on standard error.
//!
//! [`console`] has the two streams, [`table`] and [`rows`] show users,
//! [`progress`] an import; [`paint`], [`terminal`] and [`text`] are colour,
//! width and safe text.

pub mod console;
pub mod paint;
pub mod progress;
pub mod rows;
pub mod table;
pub mod terminal;
pub mod text;
