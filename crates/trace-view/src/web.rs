//! The traces that arrive as pages: a list with a search, and one trace as a waterfall whose bars open. One HTML
//! template, no framework, nothing loaded from elsewhere; without JavaScript the pages can be read.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use opentelemetry::TraceId;
use tokio_util::sync::CancellationToken;

use crate::live::Live;

mod api;
mod detail;
mod events;
mod guard;
mod html;
mod list;
mod page;
mod search;
mod waterfall;

use page::Page;
use search::Search;

/// What the handlers share.
#[derive(Clone)]
struct Shared {
    live: Arc<Live>,
    /// Cancelled when pages that wait for news are to end.
    stop: CancellationToken,
}

/// The pages of `live`, for a server of HTTP: `/` and `/trace/ID`, and `/api/v3/traces/ID` as in Jaeger's query
/// API. Requests with the name of another host are refused, as pages of other sites would send them by DNS rebinding.
/// Pages that wait for news end when `stop` is cancelled.
pub fn router(live: Arc<Live>, stop: CancellationToken) -> Router {
    Router::new()
        .route("/", get(list))
        .route("/trace/{id}", get(trace))
        .route("/events", get(events::of_list))
        .route("/events/{id}", get(events::of_trace))
        .route("/api/v3/traces/{id}", get(api::trace))
        .fallback(unknown)
        .layer(axum::middleware::from_fn(guard::guard))
        .with_state(Shared { live, stop })
}

async fn list(State(shared): State<Shared>, RawQuery(query): RawQuery) -> Page {
    let search = Search::of(query.as_deref().unwrap_or_default());
    let found = shared.live.list(&search.filter, list::MOST);
    let body = list::body(&search, &found, shared.live.totals());
    Page::new("Traces", "/events", &body)
}

async fn trace(State(shared): State<Shared>, Path(id): Path<String>) -> Response {
    let found = parse(&id).and_then(|id| Some((id, shared.live.trace(id)?)));
    let Some((id, spans)) = found else {
        return unknown().await;
    };
    let title = format!("Trace {id}");
    Page::new(&title, &format!("/events/{id}"), &waterfall::body(&spans)).into_response()
}

async fn unknown() -> Response {
    let body = "<p>There is no such page, or the trace is not kept any more. <a href=\"/\">All traces</a></p>";
    (StatusCode::NOT_FOUND, Page::new("Not found", "", body)).into_response()
}

/// A trace id of 32 hexadecimal digits, or one of 16 as older tracers make them.
fn parse(text: &str) -> Option<TraceId> {
    let is_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_hex || (text.len() != 32 && text.len() != 16) {
        return None;
    }
    TraceId::from_hex(&format!("{text:0>32}")).ok()
}

#[cfg(test)]
mod tests;
