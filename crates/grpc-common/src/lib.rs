//! What the `grpc-*` crates share and no library gives.
//!
//! - [`accepts_gzip`]: which callers accept compressed responses.
//! - [`Backoff`]: growing delays between retries, with jitter.
//! - [`causes`], [`root_cause`]: what is behind an error.
//! - [`descriptors`]: what descriptors of protobuf say of services.
//! - [`escape_html`]: text as a part of HTML.
//! - [`FileFollower`]: files whose content is reloaded on change, such as certificates,
//!   keys and tokens.
//! - [`has_encrypted_key`]: whether a PEM text is of no use without a passphrase.
//! - [`NameMap`]: values by names that are known at the start.
//! - [`NotGrpc`], [`OnlyGrpc`]: responses of servers that do not speak gRPC.
//! - [`printable`], [`printable_json`]: text from others, harmless to a terminal.
//! - [`redacted`]: URLs without secrets.
//! - [`Secret`]: text that is not shown by accident.
//! - [`SmallBuffers`]: a codec of protobuf that takes little memory for each call.

#![cfg_attr(
    test,
    expect(
        clippy::unwrap_used,
        reason = "a test reports its failures by panicking"
    )
)]

mod accepts_gzip;
mod backoff;
mod causes;
pub mod descriptors;
mod file_follower;
mod html;
mod name_map;
mod not_grpc;
mod only_grpc;
mod pem;
mod redacted;
mod secret;
mod small_buffers;
mod text;

pub use crate::accepts_gzip::accepts_gzip;
pub use crate::backoff::Backoff;
pub use crate::causes::{causes, root_cause};
pub use crate::file_follower::{Contents, FileFollower, Unreadable};
pub use crate::html::escape_html;
pub use crate::name_map::NameMap;
pub use crate::not_grpc::{NotGrpc, code_of_http};
pub use crate::only_grpc::OnlyGrpc;
pub use crate::pem::has_encrypted_key;
pub use crate::redacted::redacted;
pub use crate::secret::Secret;
pub use crate::small_buffers::SmallBuffers;
pub use crate::text::{is_harmful, printable, printable_json};
