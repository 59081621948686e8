//! Finds the route of a request.

use http::Method;
use percent_encoding::percent_decode_str;

use super::{Route, Routes};

/// What is known of the route of a request.
#[derive(Debug)]
pub enum Lookup<'a> {
    /// The route, and the values of the variables in its path.
    Found(&'a Route, Vec<String>),
    /// The path has routes, but with these verbs only.
    OtherVerb(Vec<&'a Method>),
    /// No route has this path.
    Unknown,
    /// The path has escaped bytes that are not UTF-8.
    NotUtf8,
}

impl Routes {
    /// The route of a request with `verb` for `path`, escaped as it was received.
    pub fn find(&self, verb: &Method, path: &str) -> Lookup<'_> {
        if percent_decode_str(path).decode_utf8().is_err() {
            return Lookup::NotUtf8;
        }
        let mut others = Vec::new();
        for route in self.iter() {
            let Some(values) = route.matches(path) else {
                continue;
            };
            if route.verb() == verb {
                return Lookup::Found(route, values);
            }
            if !others.contains(&route.verb()) {
                others.push(route.verb());
            }
        }
        match others.is_empty() {
            true => Lookup::Unknown,
            false => Lookup::OtherVerb(others),
        }
    }
}
