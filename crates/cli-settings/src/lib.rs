//! What the command lines of both programs share, on top of clap.
//!
//! - [`read`]: arguments and variables, where an empty variable counts as unset.
//! - [`without_secrets`]: errors that don't repeat the secrets that were typed.

mod echo;
mod empty;

pub use crate::echo::without_secrets;
pub use crate::empty::{EmptyVariables, read};
