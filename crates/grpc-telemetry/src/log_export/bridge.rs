//! Exports log records to OpenTelemetry: each event of `tracing` becomes one,
//! with the ids of the trace and span that it belongs to.

use std::fmt;
use std::time::SystemTime;

use opentelemetry::InstrumentationScope;
use opentelemetry::logs::{AnyValue, LogRecord, Logger, LoggerProvider, Severity};
use opentelemetry_sdk::logs::{SdkLogRecord, SdkLogger, SdkLoggerProvider};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer};

use crate::environment::{LogLimits, cut};
use crate::names;

/// Makes a log record of each event. Those of the exporters themselves are left out: an
/// export that makes records to export would never end. Whatever happens on the exporters'
/// threads is left out too, for the same reason: telemetry is suppressed there.
#[derive(Debug)]
pub(crate) struct Bridge {
    logger: SdkLogger,
    limits: LogLimits,
}

impl Bridge {
    pub(crate) fn new(provider: &SdkLoggerProvider, limits: LogLimits) -> Self {
        // Each record has its own target in place of this name.
        let scope = InstrumentationScope::builder(names::LOG_SCOPE)
            .with_version(env!("CARGO_PKG_VERSION"))
            .with_schema_url(names::SCHEMA_URL);
        Self {
            logger: provider.logger_with_scope(scope.build()),
            limits,
        }
    }
}

impl<S: Subscriber> Layer<S> for Bridge {
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        let metadata = event.metadata();
        let (target, level) = (metadata.target(), *metadata.level());
        let severity = severity(level);
        if is_of_exporters(target) || !self.logger.event_enabled(severity, target, None) {
            return;
        }
        let mut record = self.logger.create_log_record();
        record.set_timestamp(SystemTime::now());
        record.set_target(target);
        record.set_severity_number(severity);
        record.set_severity_text(level.as_str());
        event.record(&mut Fields {
            record: &mut record,
            limits: self.limits,
            attributes: 0,
        });
        self.logger.emit(record);
    }
}

fn is_of_exporters(target: &str) -> bool {
    target.starts_with("opentelemetry") || target.starts_with("grpc_telemetry::export")
}

fn severity(level: Level) -> Severity {
    match level {
        Level::TRACE => Severity::Trace,
        Level::DEBUG => Severity::Debug,
        Level::INFO => Severity::Info,
        Level::WARN => Severity::Warn,
        Level::ERROR => Severity::Error,
    }
}

/// Writes the fields of an event into a record.
struct Fields<'a> {
    record: &'a mut SdkLogRecord,
    limits: LogLimits,
    attributes: usize,
}

impl Fields<'_> {
    fn add(&mut self, field: &Field, value: impl Into<AnyValue>) {
        if self.attributes < self.limits.attributes {
            let name = names::log_attribute(field.name());
            self.record.add_attribute(name, value);
            self.attributes += 1;
        }
    }

    fn add_text(&mut self, field: &Field, text: String) {
        if field.name() == "message" {
            return self.record.set_body(text.into());
        }
        match self.limits.value_length {
            Some(limit) => self.add(field, cut(&text, limit).to_owned()),
            None => self.add(field, text),
        }
    }
}

impl Visit for Fields<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        match i64::try_from(value) {
            Ok(value) => self.add(field, value),
            // There is no number for it.
            Err(_) => self.add(field, value.to_string()),
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add_text(field, value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add_text(field, format!("{value:?}"));
    }
}
