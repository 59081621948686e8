//! The fate of log records, and what is in them.

use std::sync::Arc;

use opentelemetry::Context;
use opentelemetry::trace::{TraceContextExt, Tracer};
use opentelemetry_proto::tonic::collector::logs::v1::logs_service_server::{
    LogsService, LogsServiceServer,
};
use opentelemetry_proto::tonic::collector::logs::v1::{
    ExportLogsPartialSuccess, ExportLogsServiceRequest, ExportLogsServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, SeverityNumber};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::SdkLoggerProvider;
use tokio::runtime::Handle;
use tonic::service::Routes;
use tonic::{Request, Response, Status};
use tracing::Level;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;

use super::*;
use crate::environment::{Environment, LogLimits};
use crate::log_export::{Bridge, LogQueue};

/// The log records that a test exports to an endpoint.
struct Logs {
    provider: SdkLoggerProvider,
    account: Arc<Account>,
    _subscriber: DefaultGuard,
}

impl Logs {
    fn to(endpoint: String, batches: BatchLimits, limits: LogLimits) -> Self {
        let account = Arc::<Account>::default();
        let destination =
            Destination::of(&Environment::default(), Signal::Logs, false).at(endpoint);
        let queue = LogQueue::of_otlp(
            &destination,
            &Resource::builder_empty().build(),
            batches,
            Arc::clone(&account),
            &Handle::current(),
        );
        let provider = SdkLoggerProvider::builder()
            .with_log_processor(queue.unwrap())
            .build();
        // The exporter works on this thread too, and isn't the subject.
        let of_test = filter_fn(|metadata| metadata.target() == "test");
        let subscriber = tracing_subscriber::registry()
            .with(Bridge::new(&provider, limits).with_filter(of_test));
        Self {
            provider,
            account,
            _subscriber: subscribe(subscriber),
        }
    }

    async fn finish(&self) -> Counts {
        // The worker needs this thread.
        let provider = self.provider.clone();
        let finish = tokio::task::spawn_blocking(move || provider.shutdown());
        let _ = finish.await.unwrap();
        let counts = self.account.counts();
        assert_eq!(counts.pending(), 0, "{counts:?}");
        counts
    }
}

fn no_limits() -> LogLimits {
    Environment::default().log_limits()
}

/// Writes many records, flushes, and returns what became of them.
pub(super) async fn export_to(endpoint: String, batches: BatchLimits) -> Counts {
    let logs = Logs::to(endpoint, batches, no_limits());
    for number in 0..MADE {
        tracing::info!(target: "test", number, "something happened");
        tokio::task::yield_now().await;
    }
    let counts = logs.finish().await;
    assert_eq!(counts.begun, MADE);
    counts
}

fn attribute(record: &LogRecord, key: &str) -> Option<Value> {
    let found = record.attributes.iter().find(|it| it.key == key)?;
    found.value.as_ref()?.value.clone()
}

#[tokio::test]
async fn an_endpoint_that_takes_everything_has_every_record_in_order() {
    let receiver = receiver().await;
    let one_by_one = BatchLimits {
        exports: 1,
        ..limits()
    };

    let counts = export_to(receiver.endpoint(), one_by_one).await;

    assert_eq!(counts.exported, MADE);
    let logs = receiver.logs();
    let numbers = logs.iter().map(|it| attribute(&it.record, "number"));
    assert!(numbers.eq((0..MADE as i64).map(|number| Some(Value::IntValue(number)))));
}

#[tokio::test]
async fn records_that_an_endpoint_refuses_were_not_exported() {
    for (says, rejected) in [(30, MADE * 3 / 10), (1_000_000, MADE), (-1, 0)] {
        let picky = LogsServiceServer::new(Picky { says });
        let (endpoint, _server) = served(Routes::new(picky)).await;

        let counts = export_to(endpoint, limits()).await;

        assert_eq!(counts.rejected, rejected, "{says}");
        assert_eq!(counts.exported, MADE - rejected, "{says}");
    }
}

/// Refuses some records of each export, as it says.
struct Picky {
    says: i64,
}

#[tonic::async_trait]
impl LogsService for Picky {
    async fn export(
        &self,
        _: Request<ExportLogsServiceRequest>,
    ) -> Result<Response<ExportLogsServiceResponse>, Status> {
        Ok(Response::new(ExportLogsServiceResponse {
            partial_success: Some(ExportLogsPartialSuccess {
                rejected_log_records: self.says,
                error_message: "too many".to_owned(),
            }),
        }))
    }
}

#[tokio::test]
async fn a_record_says_when_how_bad_what_where_and_in_which_span() {
    let receiver = receiver().await;
    let logs = Logs::to(receiver.endpoint(), limits(), no_limits());
    let tracer = crate::spans::tests::tracer(&Default::default());
    let context = Context::new().with_span(tracer.start("GetUser"));
    let of_span = context.span().span_context().clone();
    {
        let _current = context.attach();
        let error = "it \"broke\"";
        tracing::warn!(target: "test", %error, address = "db", late = true, n = u64::MAX, "careful");
    }
    tracing::error!(target: "test", "outside of any trace");
    logs.finish().await;

    let [inside, outside] = &receiver.logs()[..] else {
        panic!("{:?}", receiver.logs());
    };
    let record = &inside.record;
    assert_eq!(record.trace_id, of_span.trace_id().to_bytes());
    assert_eq!(record.span_id, of_span.span_id().to_bytes());
    assert_eq!(record.flags, u32::from(of_span.trace_flags().to_u8()));
    assert_eq!(record.severity_number(), SeverityNumber::Warn);
    assert_eq!(record.severity_text, "WARN");
    assert!(record.time_unix_nano > 0 && record.observed_time_unix_nano > 0);
    let body = record.body.clone().and_then(|body| body.value);
    let text = |text: &str| Some(Value::StringValue(text.to_owned()));
    assert_eq!(body, text("careful"));
    assert_eq!(attribute(record, "exception.message"), text("it \"broke\""));
    assert_eq!(attribute(record, "server.address"), text("db"));
    assert_eq!(attribute(record, "late"), Some(Value::BoolValue(true)));
    assert_eq!(attribute(record, "n"), text("18446744073709551615"));
    assert_eq!(inside.scope.name, "test");
    assert_eq!(outside.record.severity_number(), SeverityNumber::Error);
    assert!(outside.record.trace_id.is_empty() && outside.record.span_id.is_empty());
}

#[tokio::test]
async fn a_record_holds_no_more_than_its_limits() {
    let receiver = receiver().await;
    let narrow = LogLimits {
        attributes: 2,
        value_length: Some(3),
    };
    let logs = Logs::to(receiver.endpoint(), limits(), narrow);
    tracing::info!(target: "test", one = "äöüß", two = 2, three = 3, "the whole message");
    logs.finish().await;

    let record = &receiver.logs()[0].record;
    let keys: Vec<&str> = record.attributes.iter().map(|it| &*it.key).collect();
    assert_eq!(keys, ["one", "two"]);
    assert_eq!(
        attribute(record, "one"),
        Some(Value::StringValue("äöü".to_owned()))
    );
    let body = record.body.clone().and_then(|body| body.value);
    assert_eq!(
        body,
        Some(Value::StringValue("the whole message".to_owned()))
    );
}

#[tokio::test]
async fn what_exporters_say_is_not_exported() {
    let receiver = receiver().await;
    let logs = Logs::to(receiver.endpoint(), limits(), no_limits());
    {
        let _suppressed = Context::enter_telemetry_suppressed_scope();
        tracing::event!(target: "test", Level::ERROR, "on a thread of theirs");
    }
    tracing::info!(target: "test", "by the program");

    assert_eq!(logs.finish().await.begun, 1);
    assert_eq!(receiver.logs().len(), 1);
}
