//! Services that are served without descriptors.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use tonic::Code;

/// Services that are warned about: more are not forgotten descriptors, but made-up names.
const MAX_WARNINGS: usize = 16;

static WARNED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Warns, once for each, of a service without descriptors whose call ended with `code`.
/// A code returned by the layers around it says nothing of whether there is one.
pub(super) fn warn(service: &str, code: Code) {
    if !comes_from_a_service(code) || !is_new(service) {
        return;
    }
    tracing::warn!(
        service,
        "this service is served without descriptors: its calls are traced as an unknown method; \
         give its FILE_DESCRIPTOR_SET where the layer is made"
    );
}

/// Whether a call that ended so reached a service: callers ask for many that are not there.
fn comes_from_a_service(code: Code) -> bool {
    !matches!(
        code,
        Code::Unimplemented
            | Code::InvalidArgument
            | Code::Internal
            | Code::Unauthenticated
            | Code::PermissionDenied
            | Code::ResourceExhausted
            | Code::Unavailable
            | Code::DeadlineExceeded
            | Code::Cancelled
    )
}

fn is_new(service: &str) -> bool {
    let mut warned = WARNED.lock().unwrap_or_else(PoisonError::into_inner);
    let room = warned.len() < MAX_WARNINGS;
    room && !warned.contains(service) && warned.insert(service.to_owned())
}
