//! Streams that end at their deadline though nobody reads them.
//!
//! A body is polled only while its reader has room. The one of a reader that has
//! stopped would keep its call, with all that it holds, far beyond its deadline;
//! so a task polls it at the deadline in the reader's place.

mod body;

use http::Response;
use http_body::Body;
use tokio::time::Instant;

use self::body::InTimeBody;

/// In the extensions of the response of a stream: when its body has its last frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct EndsAt(pub(super) Instant);

/// Keeps the body to what the response says of its end.
pub(super) fn in_time<B>(mut response: Response<B>) -> Response<InTimeBody<B>>
where
    B: Body<Data: Send, Error: Send> + Send + 'static,
{
    let end = response.extensions_mut().remove::<EndsAt>();
    response.map(|body| match end {
        Some(EndsAt(end)) => InTimeBody::watched(body, end),
        None => InTimeBody::direct(body),
    })
}
