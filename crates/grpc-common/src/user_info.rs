//! URLs as they may be shown.

/// `text`, which is a URL or `HOST:PORT`, or meant to be one, with `***` for the user information in
/// front of its host. As a password may have any character, all up to the last `@` counts as that.
pub fn without_user_info(text: &str) -> String {
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) if is_scheme(scheme) => (format!("{scheme}://"), rest),
        _ => (String::new(), text),
    };
    match rest.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}***@{host}"),
        None => text.to_owned(),
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
    fn all_in_front_of_the_host_is_hidden_whatever_it_has() {
        for (text, expected) in [
            ("http://u:pw@host:1/path", "http://***@host:1/path"),
            (
                "etcd+https://u:p/w@1@host:1/users",
                "etcd+https://***@host:1/users",
            ),
            ("u:pw@host:1", "***@host:1"),
            ("u:p://w@host", "***@host"),
            ("http://a:1,u:pw@b:2", "http://***@b:2"),
            ("http://u:pw@", "http://***@"),
            ("http://host:1", "http://host:1"),
            ("", ""),
        ] {
            assert_eq!(without_user_info(text), expected);
        }
    }
}
