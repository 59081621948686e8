//! URLs without what may be a secret.

/// `text` without what may be a secret in it, to be shown: user information, query and
/// fragment. Where a password has a raw `/`, `?` or `@`, all of it is left out too, though
/// no parser takes it for one; of several URLs in a list, those before may go with it.
pub fn redacted(text: &str) -> String {
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) if is_scheme(scheme) => (format!("{scheme}://"), rest),
        _ => (String::new(), text),
    };
    let (user, rest) = match rest.rsplit_once('@') {
        Some((_, rest)) => ("***@", rest),
        None => ("", rest),
    };
    match rest.find(['?', '#']) {
        Some(end) => format!("{scheme}{user}{}***", &rest[..=end]),
        None => format!("{scheme}{user}{rest}"),
    }
}

fn is_scheme(text: &str) -> bool {
    let fit = |char: char| char.is_ascii_alphanumeric() || "+-.".contains(char);
    text.chars().all(fit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_without_secrets_stays_as_it_is() {
        for text in ["", "abc", "http://a:1", "a:1,b:2", "etcd://a:1,b:2/users"] {
            assert_eq!(redacted(text), text);
        }
    }

    #[test]
    fn secrets_are_left_out_however_they_are_written() {
        let table = [
            ("http://ada:pw@a:1/x", "http://***@a:1/x"),
            ("http://pw@a", "http://***@a"),
            ("ada:pw@a:1", "***@a:1"),
            ("postgres://ada:p/w@a/users", "postgres://***@a/users"),
            ("postgres://ada:p@w@a/users", "postgres://***@a/users"),
            ("postgres://ada:p?w#@a/users", "postgres://***@a/users"),
            ("u:p://w@host", "***@host"),
            ("http://u:pw@", "http://***@"),
            ("http://a/x?token=pw", "http://a/x?***"),
            ("http://a/x#pw", "http://a/x#***"),
            ("http://a:1,http://ada:pw@b:2", "http://***@b:2"),
            ("http://ada:pw@a:1,http://eve:pw@b:2", "http://***@b:2"),
        ];
        for (text, expected) in table {
            assert_eq!(redacted(text), expected);
        }
    }
}
