//! What the connections and the layers share of a call.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use http_body::Body;
use prost::bytes::Bytes;
use tokio_util::sync::CancellationToken;
use tower::Service;

/// How long a connection lingers when it closes, so that its peer can read the last responses.
pub(crate) const CLOSE_LINGER: Duration = Duration::from_millis(500);

/// Any error of a layer.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What a connection can serve: any tower service of this shape, for requests with bodies `A`.
pub trait HttpService<A>:
    Service<
        Request<A>,
        Response = Response<Self::ResponseBody>,
        Error: Into<BoxError>,
        Future: Send,
    > + Clone
    + Send
    + 'static
{
    /// The bodies of its responses.
    type ResponseBody: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static;
}

impl<S, A, B> HttpService<A> for S
where
    S: Service<Request<A>, Response = Response<B>, Error: Into<BoxError>, Future: Send>
        + Clone
        + Send
        + 'static,
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    type ResponseBody = B;
}

/// In the extensions of a request: cancelled at the end of the grace period of its
/// connection, or of the server, when calls that are still in flight are terminated.
#[derive(Clone, Debug)]
pub struct ForcedShutdown(Arc<CancellationToken>);

impl ForcedShutdown {
    /// When `token` is cancelled. Clones share it: to clone a token locks it, and each call
    /// has one.
    pub fn new(token: CancellationToken) -> Self {
        Self(Arc::new(token))
    }

    /// Returns when the call has to end.
    pub async fn cancelled(&self) {
        self.0.cancelled().await;
    }
}

/// In the extensions of a request that is one too many: which limit it is beyond. [`stack`](crate::stack)
/// refuses it; another service must do so itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TooManyStreams {
    /// That of the calls that are open from one address.
    OfAddress,
    /// That of all that are open.
    InTotal,
}

/// Why no more of a request is read: the service holds too many bytes of requests that it has
/// not worked on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TooManyBytes {
    /// From the address of the caller.
    #[error("too many bytes of requests are held for the address of the caller")]
    OfAddress,
    /// From all addresses.
    #[error("too many bytes of requests are held in all")]
    InTotal,
}

/// In the extensions of a request that came over mutual TLS: the client, proven
/// by its certificate. Used as a key for quotas and authorization; absent without mutual TLS.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PeerIdentity {
    name: Arc<str>,
    listed: bool,
}

impl PeerIdentity {
    /// A client by this name, that is on the list of those who may call or is not.
    pub fn new(name: impl Into<Arc<str>>, listed: bool) -> Self {
        Self {
            name: name.into(),
            listed,
        }
    }

    /// Its name: of the names in its certificate the one that is on the list, or
    /// without a list the first, URIs before DNS names. Empty if there is none.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is on the list of those who may call, or there is no list.
    pub fn is_listed(&self) -> bool {
        self.listed
    }
}

/// The block of addresses that one holder has: one address of IPv4, but 2^64 of IPv6.
pub(crate) fn address_block(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
    }
}
