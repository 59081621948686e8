//! How many spans an endpoint refused of a batch that it took. The OTLP exporter
//! says so in a log record of its own and nowhere else, so that is read here.

use std::sync::Arc;

use tracing::field::{Field, Visit};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer};

use super::account::SpanAccount;

/// The field of the record with the number, which only that record has.
const FIELD: &str = "rejected_spans";

/// Puts what was refused on the account.
#[derive(Debug)]
pub(crate) struct PartialSuccessLayer {
    account: Arc<SpanAccount>,
}

impl PartialSuccessLayer {
    pub(crate) fn new(account: Arc<SpanAccount>) -> Self {
        Self { account }
    }

    /// Whether a record is the one that says it.
    pub(crate) fn is_interested(metadata: &Metadata<'_>) -> bool {
        metadata.fields().field(FIELD).is_some()
    }
}

impl<S: Subscriber> Layer<S> for PartialSuccessLayer {
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        event.record(&mut Rejected(&self.account));
    }
}

struct Rejected<'a>(&'a SpanAccount);

impl Visit for Rejected<'_> {
    fn record_i64(&mut self, field: &Field, value: i64) {
        if field.name() == FIELD {
            self.0.reject(value.try_into().unwrap_or(0));
        }
    }

    fn record_debug(&mut self, _field: &Field, _value: &dyn std::fmt::Debug) {}
}
