//! The tonic interceptors of both sides: they carry the context over the wire,
//! and the layers in [`rpc`](crate::rpc) use what they put into the extensions.

use opentelemetry::Context;
use tonic::{Request, Status};

use crate::propagation;

/// The context that came with a request, in its extensions.
#[derive(Clone, Debug)]
pub(crate) struct RemoteContext(pub(crate) Context);

/// Server side: reads the caller's context. A malformed one is as good as none.
///
/// # Errors
/// Never; the type is the one that tonic asks for.
pub fn extract(mut request: Request<()>) -> Result<Request<()>, Status> {
    let context = propagation::extract(request.metadata());
    request.extensions_mut().insert(RemoteContext(context));
    Ok(request)
}

/// Client side: writes the context of the CLIENT span, which is the current one
/// when this runs inside [`ClientTraceLayer`](crate::rpc::ClientTraceLayer).
///
/// # Errors
/// Never; the type is the one that tonic asks for.
pub fn inject(mut request: Request<()>) -> Result<Request<()>, Status> {
    propagation::inject(&Context::current(), request.metadata_mut());
    Ok(request)
}
