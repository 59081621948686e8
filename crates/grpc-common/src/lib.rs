//! What the `grpc-*` crates share and no library gives.
//!
//! - [`Backoff`]: growing delays between retries, with jitter.
//! - [`FileFollower`]: files whose content is reloaded on change, such as certificates,
//!   keys and tokens.

#![cfg_attr(
    test,
    expect(
        clippy::unwrap_used,
        reason = "a test reports its failures by panicking"
    )
)]

mod backoff;
mod file_follower;

pub use crate::backoff::Backoff;
pub use crate::file_follower::{Contents, FileFollower, Unreadable};
