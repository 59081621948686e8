//! The trace of a run: [`source`] finds its spans, [`recording`] receives them
//! from both programs, and [`picture`] shows them and what is missing.

pub mod picture;
pub mod recording;
pub mod source;
