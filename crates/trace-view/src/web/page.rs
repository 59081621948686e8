//! The frame of all pages, and what they may do.

use std::sync::LazyLock;

use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};

use super::html;

const TEMPLATE: &str = include_str!("page.html");

/// Only their own style and script, requests to where they come from, and no frame around them.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let (style, script) = (hash("style"), hash("script"));
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}'; \
         connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
});

fn hash(tag: &str) -> String {
    let (_, after) = TEMPLATE.split_once(&format!("<{tag}>")).unwrap_or_default();
    let (content, _) = after.split_once(&format!("</{tag}>")).unwrap_or_default();
    STANDARD.encode(digest(&SHA256, content.as_bytes()))
}

/// A page.
pub(super) struct Page(String);

impl Page {
    /// A page whose `body` is HTML. The script loads it again with each event at the path `events`, if that is not
    /// empty.
    pub(super) fn new(title: &str, events: &str, body: &str) -> Self {
        // The body comes last: it may have any text.
        let page = TEMPLATE
            .replace("{{title}}", &html::text(title))
            .replace("{{events}}", &html::text(events));
        Self(page.replacen("{{body}}", body, 1))
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let headers = [
            (CONTENT_TYPE, "text/html; charset=utf-8"),
            (CONTENT_SECURITY_POLICY, POLICY.as_str()),
        ];
        (headers, self.0).into_response()
    }
}
