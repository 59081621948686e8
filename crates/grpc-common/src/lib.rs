//! What the `grpc-*` crates share and no library gives.
//!
//! - [`Backoff`]: growing delays between retries, with jitter.
//! - [`FileFollower`]: files whose content is reloaded on change, such as certificates,
//!   keys and tokens.
//! - [`printable`], [`printable_json`]: text from others, harmless to a terminal.
//! - [`without_user_info`]: a URL as it may be shown.

#![cfg_attr(
    test,
    expect(
        clippy::unwrap_used,
        reason = "a test reports its failures by panicking"
    )
)]

mod backoff;
mod file_follower;
mod text;
mod user_info;

pub use crate::backoff::Backoff;
pub use crate::file_follower::{Contents, FileFollower, Unreadable};
pub use crate::text::{is_harmful, printable, printable_json};
pub use crate::user_info::without_user_info;
