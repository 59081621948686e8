//! What comes of one attempt to export a batch.

use std::error::Error;
use std::time::Duration;

use grpc_common::causes;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;

/// An endpoint took a batch, but for what it refused of it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ExportResponse {
    /// How many spans, log records or data points it refused, as it says.
    pub(super) refused: u64,
    /// Why, in its words; or what else it warns of.
    pub(super) reason: String,
}

/// An attempt that failed.
#[derive(Clone, Debug)]
pub(super) struct Failed {
    /// Why: nothing that an endpoint wrote, which may hold secrets.
    pub(super) why: String,
    /// The pause that the endpoint requests, which may be 0; none if it never takes this batch.
    pub(super) again: Option<Duration>,
}

impl From<Response> for ExportResponse {
    fn from(response: Response) -> Self {
        let partial = response.partial_success.unwrap_or_default();
        Self {
            refused: partial.rejected_spans.try_into().unwrap_or(0),
            reason: partial.error_message,
        }
    }
}

/// The response to an export of any signal: those to log records and metrics differ in names alone.
pub(super) type Response = ExportTraceServiceResponse;

/// An error with its causes.
pub(super) fn with_causes(error: &(dyn Error + 'static)) -> String {
    let texts: Vec<_> = causes(error).map(ToString::to_string).collect();
    texts.join(": ")
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTracePartialSuccess;

    use super::*;

    #[test]
    fn what_is_refused_is_never_negative() {
        for (says, refused) in [(3, 3), (0, 0), (-1, 0)] {
            let partial_success = Some(ExportTracePartialSuccess {
                rejected_spans: says,
                error_message: "why".to_owned(),
            });
            let taken = ExportResponse::from(Response { partial_success });
            assert_eq!(taken.refused, refused);
            assert_eq!(taken.reason, "why");
        }
        assert_eq!(
            ExportResponse::from(Response::default()),
            ExportResponse::default()
        );
    }
}
