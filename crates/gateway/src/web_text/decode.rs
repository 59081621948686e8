//! A body in base64 as the bytes that it has.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use http_body::{Body as HttpBody, Frame};
use tonic::Status;
use tonic::body::Body;

/// The characters that are decoded together.
const GROUP: usize = 4;

/// A body in base64, which may be padded wherever its sender paused. An error says that it is not
/// base64, or that it broke off.
#[derive(Debug)]
pub(crate) struct Base64Body {
    inner: Body,
    /// The beginning of a group.
    rest: BytesMut,
}

impl Base64Body {
    pub(crate) fn new(inner: Body) -> Self {
        Self {
            inner,
            rest: BytesMut::new(),
        }
    }

    /// What `text` and the rest before it have, as far as groups are whole.
    fn decode(&mut self, text: &[u8]) -> Result<Bytes, Status> {
        self.rest.extend_from_slice(text);
        let whole = self.rest.len() - self.rest.len() % GROUP;
        let groups = self.rest.split_to(whole);
        let mut decoded = Vec::new();
        let mut groups = &groups[..];
        while !groups.is_empty() {
            let padding = groups.iter().position(|byte| *byte == b'=');
            let end = padding.map_or(groups.len(), |at| (at / GROUP + 1) * GROUP);
            let (padded, next) = groups.split_at(end);
            let added = STANDARD.decode_vec(padded, &mut decoded);
            added.map_err(|_| broken())?;
            groups = next;
        }
        Ok(Bytes::from(decoded))
    }
}

fn broken() -> Status {
    Status::invalid_argument("the body is not base64")
}

impl HttpBody for Base64Body {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(task));
        let Some(frame) = frame.transpose()? else {
            let is_whole = self.rest.is_empty();
            self.rest.clear();
            return Poll::Ready((!is_whole).then(|| Err(broken())));
        };
        Poll::Ready(Some(match frame.into_data() {
            Ok(text) => self.decode(&text).map(Frame::data),
            Err(trailers) => Ok(trailers),
        }))
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;
    use http_body_util::{BodyExt, StreamBody};

    use super::*;

    async fn decoded(pieces: &[&'static str]) -> Result<Bytes, Status> {
        let frames: Vec<_> = pieces
            .iter()
            .map(|piece| Ok::<_, Status>(Frame::data(Bytes::from_static(piece.as_bytes()))))
            .collect();
        let body = Body::new(StreamBody::new(stream::iter(frames)));
        Ok(Base64Body::new(body).collect().await?.to_bytes())
    }

    #[tokio::test]
    async fn base64_is_decoded_however_it_is_padded_and_cut() {
        for pieces in [
            &["aGVsbG8gd29ybGQ="][..],
            &["aGVsbG8=", "IHdvcmxk"],
            &["aGVsbG8=IHdv", "cmxk"],
            &["a", "GVsbG", "8gd29ybG", "Q", "="],
            &["aA==ZQ==bA==bA==bw==IHdvcmxk"],
        ] {
            assert_eq!(decoded(pieces).await.unwrap(), "hello world", "{pieces:?}");
        }
        assert_eq!(decoded(&[]).await.unwrap(), "");
    }

    #[tokio::test]
    async fn text_that_is_not_base64_is_an_error() {
        for pieces in [
            &["aGVsbG8"][..],
            &["aGVs", "b"],
            &["a?Vs"],
            &["aG=s"],
            &["===="],
        ] {
            assert!(decoded(pieces).await.is_err(), "{pieces:?}");
        }
    }
}
