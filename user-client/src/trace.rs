//! The trace of a run: [`source`] waits for its spans, and [`picture`] shows them and what is missing, as an image too.

mod image;
pub mod picture;
pub mod source;
