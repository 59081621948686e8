//! The parameters of a URL of a store: those that are not supported end the start.

/// The names and values of the parameters in `url`, as they are written.
pub(crate) fn parameters(url: &str) -> impl Iterator<Item = (&str, &str)> {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let parameters = query.split('#').next().unwrap_or_default().split('&');
    let parameters = parameters.filter(|parameter| !parameter.is_empty());
    parameters.map(|parameter| parameter.split_once('=').unwrap_or((parameter, "")))
}

/// What is said of a parameter that is not supported. A name that is none may be a part of a password.
pub(crate) fn unsupported(name: &str) -> String {
    let is_name = |it: char| it.is_ascii_alphanumeric() || "_-".contains(it);
    match name.len() < 40 && name.chars().all(is_name) {
        true => format!("its parameter {name} is not supported; remove it"),
        false => "it has a parameter that is not supported; remove it".to_owned(),
    }
}
