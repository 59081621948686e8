//! What the command lines of both programs share, on top of clap.
//!
//! - [`read`]: arguments and variables, where an empty variable counts as unset.
//! - [`Settings`]: what is in force, and where each value comes from.
//! - [`EtcdAccess`], [`NacosAccess`]: how registries are called.
//! - [`refuse_passwords`]: no passwords in arguments.
//! - [`without_secrets`]: errors that don't repeat the secrets that were typed.

#![cfg_attr(
    test,
    expect(
        clippy::unwrap_used,
        reason = "a test reports its failures by panicking"
    )
)]

mod echo;
mod empty;
mod in_force;
mod passwords;
mod registry;

pub use crate::echo::without_secrets;
pub use crate::empty::{EmptyVariables, read};
pub use crate::in_force::{Setting, Settings, Source};
pub use crate::passwords::refuse_passwords;
pub use crate::registry::{AccessError, EtcdAccess, NacosAccess, REGISTRY_PASSWORDS};
