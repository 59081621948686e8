//! The body of a response over HTTP/1.1.

use std::pin::Pin;
use std::task::{Context, Poll};

use http_body::{Body, Frame, SizeHint};

use crate::server::open_calls::OpenCall;

pin_project_lite::pin_project! {
    /// A body whose request is open until hyper has taken all of it. Its length stays known, so
    /// that it is sent with `content-length`.
    pub(super) struct Http1Response<B> {
        #[pin]
        body: B,
        open: OpenCall,
    }
}

impl<B> Http1Response<B> {
    pub(super) fn new(body: B, open: OpenCall) -> Self {
        Self { body, open }
    }
}

impl<B: Body> Body for Http1Response<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        self.project().body.poll_frame(task)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
