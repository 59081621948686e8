//! Without the feature `http`: an error in place of OTLP over HTTP.

use prost::bytes::Bytes;

use super::BuildError;
use super::attempt::{ExportResponse, Failed};
use super::destination::Destination;
use super::tls::Tls;

/// There is none.
#[derive(Clone, Debug)]
pub(super) enum HttpTransport {}

impl HttpTransport {
    pub(super) fn build(_: &Destination, _: &Tls) -> Result<Self, BuildError> {
        let why = "this program was built without the feature `http` of grpc-telemetry";
        Err(BuildError(why.to_owned()))
    }

    pub(super) async fn send(&self, _: Bytes) -> Result<ExportResponse, Failed> {
        match *self {}
    }
}
