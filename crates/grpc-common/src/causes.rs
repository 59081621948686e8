//! The causes of an error.

use std::error::Error;

use crate::text::printable;

/// `error`, its cause, the cause of that, and so on.
pub fn causes<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| {
        // Without this the trait's method would be that of the reference to the reference.
        let error: &'a (dyn Error + 'static) = *error;
        error.source()
    })
}

/// What the last of the causes of `error` says, harmless to a terminal: the errors before it only
/// add context.
pub fn root_cause(error: &(dyn Error + 'static)) -> String {
    let last = causes(error).last().unwrap_or(error);
    printable(&last.to_string())
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("no connection")]
    struct NoConnection(#[source] io::Error);

    #[test]
    fn the_root_cause_is_the_last_one() {
        let error = NoConnection(io::Error::other("refused\u{1b}[2J"));
        assert!(causes(&error).any(|it| it.is::<io::Error>()));
        assert_eq!(causes(&error).count(), 2);
        assert_eq!(root_cause(&error), printable("refused\u{1b}[2J"));
    }
}
