//! What the `grpc-*` crates share and no library gives.
//!
//! - [`Backoff`]: growing delays between retries, with jitter.
//! - [`FileFollower`]: files whose content is reloaded on change, such as certificates,
//!   keys and tokens.
//! - [`has_encrypted_key`]: whether a PEM text is of no use without a passphrase.
//! - [`printable`], [`printable_json`]: text from others, harmless to a terminal.
//! - [`redacted`]: URLs without secrets.
//! - [`Secret`]: text that is not shown by accident.

#![cfg_attr(
    test,
    expect(
        clippy::unwrap_used,
        reason = "a test reports its failures by panicking"
    )
)]

mod backoff;
mod file_follower;
mod pem;
mod redacted;
mod secret;
mod text;

pub use crate::backoff::Backoff;
pub use crate::file_follower::{Contents, FileFollower, Unreadable};
pub use crate::pem::has_encrypted_key;
pub use crate::redacted::redacted;
pub use crate::secret::Secret;
pub use crate::text::{is_harmful, printable, printable_json};
