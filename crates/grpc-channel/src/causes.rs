//! The causes of an error.

use std::error::Error;

/// `error`, its cause, the cause of that, and so on.
pub(crate) fn causes<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| {
        // Without this the trait's method would be that of the reference to the reference.
        let error: &'a (dyn Error + 'static) = *error;
        error.source()
    })
}
