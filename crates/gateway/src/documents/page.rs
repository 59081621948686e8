//! The page: one HTML file, without a framework and without any other address.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use grpc_common::escape_html;
use http::HeaderValue;
use ring::digest::{SHA256, digest};
use serde_json::Value;

use crate::routes::{Body, Route, Routes};

const TEMPLATE: &str = include_str!("page.html");

/// The page, and what it may do.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) html: Bytes,
    /// Only its own style and script, and only requests to where it comes from.
    pub(super) policy: HeaderValue,
}

impl Page {
    /// The page of `routes`, whose OpenAPI document is `document`.
    pub(super) fn of(document: &Value, routes: &Routes, trace_url: Option<&str>) -> Self {
        let mut routes: Vec<_> = routes.iter().collect();
        routes.sort_by_key(|route| (route.template(), route.verb().as_str()));
        let calls: String = routes.into_iter().map(call).collect();
        let title = document["info"]["title"].as_str().unwrap_or_default();
        let about = document["info"]["description"].as_str().unwrap_or_default();
        let html = TEMPLATE
            .replace("{{title}}", &escape_html(title))
            .replace("{{about}}", &escape_html(about))
            .replace("{{traces}}", &escape_html(trace_url.unwrap_or_default()))
            .replace("{{calls}}", &calls);
        Self {
            html: Bytes::from(html),
            policy: policy(),
        }
    }
}

/// The policy that allows the style and the script of the page by their content.
fn policy() -> HeaderValue {
    let hash = |tag: &str| {
        let (_, after) = TEMPLATE.split_once(&format!("<{tag}>")).unwrap_or_default();
        let (content, _) = after.split_once(&format!("</{tag}>")).unwrap_or_default();
        STANDARD.encode(digest(&SHA256, content.as_bytes()))
    };
    let (style, script) = (hash("style"), hash("script"));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}'; \
         connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    );
    let none = HeaderValue::from_static("default-src 'none'");
    HeaderValue::try_from(policy).unwrap_or(none)
}

/// One call: what it does, and a form to try it.
fn call(route: &Route) -> String {
    let (verb, template) = (
        escape_html(route.verb().as_str()),
        escape_html(route.template()),
    );
    let method = route.method();
    let service = method.parent_service();
    let comment = crate::openapi::comment(&service.parent_file(), method.path());
    let comment = escape_html(&comment.unwrap_or_default());
    let rows = method.is_client_streaming();
    let mut inputs: String = route
        .variables()
        .iter()
        .map(|field| input("path", field.text()))
        .collect();
    match route.body() {
        Body::None => {
            let names = crate::openapi::query_names(route).into_iter();
            inputs.extend(names.map(|name| input("query", &name)));
        }
        _ => {
            let hint = match rows {
                true => "one JSON object on each line",
                false => "a JSON object",
            };
            let sample = escape_html(&crate::openapi::sample(route));
            inputs.push_str(&format!(
                "<label>body, {hint}<textarea name=\"body\" rows=\"4\">{sample}</textarea></label>"
            ));
        }
    }
    format!(
        "<section><h2><code>{verb} {template}</code></h2><p>{comment}</p>\
         <form data-verb=\"{verb}\" data-path=\"{template}\" data-rows=\"{rows}\">{inputs}\
         <button>Send</button></form><output></output></section>\n"
    )
}

fn input(kind: &str, name: &str) -> String {
    let name = escape_html(name);
    format!("<label>{name}<input name=\"{name}\" data-in=\"{kind}\" autocomplete=\"off\"></label>")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::shop;

    fn page() -> Page {
        let pool = shop();
        let routes = Routes::of(&pool).unwrap();
        let document = crate::openapi::document(&pool, &routes, "1");
        Page::of(&document, &routes, Some("http://jaeger/trace/\"<"))
    }

    #[test]
    fn each_call_can_be_read_without_a_script() {
        let page = page();
        let html = std::str::from_utf8(&page.html).unwrap();
        for text in [
            "<h1>shop.v1.Shop</h1>",
            "<code>GET /v1/items/{item.id}</code>",
            "<p>Changes one.</p>",
            "http://jaeger/trace/&quot;&lt;",
        ] {
            assert!(html.contains(text), "{text}");
        }
        assert!(!html.contains("{{"), "{html}");
    }

    #[test]
    fn nothing_is_loaded_from_elsewhere() {
        let page = page();
        let policy = page.policy.to_str().unwrap();
        assert!(
            policy.starts_with("default-src 'none'; style-src 'sha256-"),
            "{policy}"
        );
        assert_eq!(policy.matches("sha256-").count(), 2);
        let html = std::str::from_utf8(&page.html).unwrap();
        for loading in ["src=", "@import", "url(", "<link", "onclick", "style="] {
            assert!(!html.contains(loading), "{loading}");
        }
    }
}
