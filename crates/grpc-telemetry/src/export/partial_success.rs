//! How much an endpoint refused of a batch that it took. The OTLP exporters say
//! so in a log record of their own and nowhere else, so that is read here.

use tracing::field::{Field, Visit};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer};

use super::account::{Account, Accounts};

/// The fields with the number, which only those records have.
const SPANS: &str = "rejected_spans";
const LOGS: &str = "rejected_log_records";
/// The field that says why.
const REASON: &str = "error_message";

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
        let fields = event.metadata().fields();
        let account = match fields.field(SPANS) {
            Some(_) => &self.0.spans,
            None if fields.field(LOGS).is_some() => &self.0.logs,
            None => return,
        };
        event.record(&mut Refused(account));
    }
}

struct Refused<'a>(&'a Account);

impl Visit for Refused<'_> {
    fn record_i64(&mut self, field: &Field, value: i64) {
        if [SPANS, LOGS].contains(&field.name()) {
            self.0.refuse(value);
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == REASON {
            self.0.explain(value);
        }
    }

    fn record_debug(&mut self, _field: &Field, _value: &dyn std::fmt::Debug) {}
}
