//! What the command lines of both programs share, on top of clap.
//!
//! - [`read`]: arguments and variables, where an empty variable counts as unset.
//! - [`Settings`]: what is in force, and where each value comes from.
//! - [`EtcdAccess`], [`NacosAccess`]: how registries are called.
//! - [`refuse_passwords`]: no passwords in arguments.
//! - [`without_secrets`]: errors that don't repeat the secrets that were typed.
//! - [`SubcommandHelp`]: the help of a subcommand shows only options with an effect on it.
//! - [`completion_script`], [`write_man_pages`]: generated from the command line.
//! - [`address`], [`whole_number`]: values whose errors say what to write instead.
//! - [`distinct_addresses`]: no two settings listen on one address.
//! - [`TrustIncomingTrace`]: which traces of callers are continued.
//! - [`reachable`]: where to call what listens at an address.

#![cfg_attr(
    test,
    expect(
        clippy::unwrap_used,
        reason = "a test reports its failures by panicking"
    )
)]

pub use clap_complete::Shell;

mod conflict;
mod echo;
mod empty;
mod generated;
mod help;
mod in_force;
mod passwords;
mod registry;
mod trust;
mod values;

pub use crate::echo::without_secrets;
pub use crate::empty::{EmptyVariables, read};
pub use crate::generated::{completion_script, write_man_pages};
pub use crate::help::SubcommandHelp;
pub use crate::in_force::{Setting, SettingSource, Settings};
pub use crate::passwords::refuse_passwords;
pub use crate::registry::{AccessError, EtcdAccess, NacosAccess, REGISTRY_PASSWORDS};
pub use crate::trust::TrustIncomingTrace;
pub use crate::values::{address, distinct_addresses, reachable, whole_number, whole_number_from};
