//! What the gateway says of itself: the OpenAPI document, and a page to try each call.

mod page;

use bytes::Bytes;
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, REFERRER_POLICY};
use http::{HeaderValue, Method, Request, Response};
use http_body_util::Full;
use prost_reflect::DescriptorPool;
use tonic::body::Body;

use self::page::Page;
use crate::openapi;
use crate::routes::Routes;

/// The path of the document.
pub(crate) const OPENAPI: &str = "/openapi.json";
/// The path of the page.
pub(crate) const PAGE: &str = "/";

const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// Both documents, made once.
#[derive(Debug)]
pub(crate) struct Documents {
    openapi: Bytes,
    page: Page,
}

impl Documents {
    /// Those of `routes`. The page links to traces below `trace_url`, if there is one.
    pub(crate) fn of(
        pool: &DescriptorPool,
        routes: &Routes,
        version: &str,
        trace_url: Option<&str>,
    ) -> Self {
        let document = openapi::document(pool, routes, version);
        Self {
            page: Page::of(&document, routes, trace_url),
            openapi: Bytes::from(format!("{document:#}\n")),
        }
    }

    /// The path of the document that `request` is for, if it is for one.
    pub(crate) fn path<B>(request: &Request<B>) -> Option<&'static str> {
        let paths = [OPENAPI, PAGE].into_iter();
        let mut paths = paths.filter(|path| request.uri().path() == *path);
        (request.method() == Method::GET).then(|| paths.next())?
    }

    /// The response with the document at `path`.
    pub(crate) fn response(&self, path: &str) -> Response<Body> {
        let (media_type, bytes) = match path {
            OPENAPI => ("application/json", self.openapi.clone()),
            _ => ("text/html; charset=utf-8", self.page.html.clone()),
        };
        let mut response = Response::new(Body::new(Full::from(bytes)));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
        headers.insert(CONTENT_SECURITY_POLICY, self.page.policy.clone());
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        headers.insert(OPENER_POLICY, HeaderValue::from_static("same-origin"));
        response
    }
}
