//! How much an endpoint refused of a batch that it took. The OTLP exporters say
//! so in a log record of their own and nowhere else, so that is read here.

use tracing::field::{Field, Visit};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer};

use super::account::Accounts;

/// The fields with the number, which only those records have.
const SPANS: &str = "rejected_spans";
const LOGS: &str = "rejected_log_records";

/// Puts what was refused on the account.
#[derive(Debug)]
pub(crate) struct PartialSuccessLayer(Accounts);

impl PartialSuccessLayer {
    pub(crate) fn new(accounts: Accounts) -> Self {
        Self(accounts)
    }

    /// Whether a record is one that says it.
    pub(crate) fn is_interested(metadata: &Metadata<'_>) -> bool {
        [SPANS, LOGS]
            .iter()
            .any(|name| metadata.fields().field(name).is_some())
    }
}

impl<S: Subscriber> Layer<S> for PartialSuccessLayer {
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        event.record(&mut Rejected(&self.0));
    }
}

struct Rejected<'a>(&'a Accounts);

impl Visit for Rejected<'_> {
    fn record_i64(&mut self, field: &Field, value: i64) {
        let account = match field.name() {
            SPANS => &self.0.spans,
            LOGS => &self.0.logs,
            _ => return,
        };
        account.reject(value.try_into().unwrap_or(0));
    }

    fn record_debug(&mut self, _field: &Field, _value: &dyn std::fmt::Debug) {}
}
