//! The metrics of gRPC calls, by the RPC conventions, with what they lack: calls
//! started and in flight, messages and bytes.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime};

use opentelemetry::KeyValue;
use opentelemetry::metrics::{BoundCounter, BoundHistogram, BoundUpDownCounter, Histogram, Meter};
use opentelemetry::trace::SpanContext;
use tonic::Code;

use super::exemplars::{Exemplar, Exemplars};
use super::{meter, rate};
use crate::names;
use crate::rpc::{Counts, Settings, Side, System, code_name, is_error};

/// Seconds. The conventions begin at 5 ms; most calls here are done in less than one.
pub(super) const BOUNDS: [f64; 18] = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75,
    1.0, 2.5, 5.0, 10.0,
];

/// One above each bound as well.
pub(super) const BUCKETS: usize = BOUNDS.len() + 1;

/// The codes of gRPC, from 0 on.
pub(super) const CODES: usize = 17;

/// The instruments of the calls on one side.
#[derive(Debug)]
pub(crate) struct CallInstruments {
    side: Side,
    system: System,
    /// What a client calls: `server.address` and `server.port`.
    target: Vec<KeyValue>,
    /// Whether exemplars have traces to point to.
    exemplars: bool,
    meter: Meter,
    duration: Histogram<f64>,
    /// By its old name, in milliseconds; only where that is asked for.
    old_duration: Option<Histogram<f64>>,
}

impl CallInstruments {
    pub(crate) fn new(side: Side, system: System, settings: Settings, target: &[KeyValue]) -> Self {
        let meter = meter();
        let duration = meter
            .f64_histogram(names::call_duration(side))
            .with_unit("s")
            .with_description("Duration of calls, from the first byte to the last.")
            .with_boundaries(BOUNDS.to_vec())
            .build();
        let old_duration = settings.old_names.then(|| {
            let old = meter.f64_histogram(names::old::call_duration(side));
            old.with_unit("ms")
                .with_description("Duration of calls, under the name of conventions before 1.38.")
                .build()
        });
        Self {
            side,
            system,
            target: target.to_vec(),
            exemplars: settings.exports_spans,
            meter,
            duration,
            old_duration,
        }
    }

    pub(super) fn meter(&self) -> &Meter {
        &self.meter
    }

    /// The labels of the method `name`.
    pub(super) fn labels(&self, name: &'static str) -> [KeyValue; 2] {
        [
            KeyValue::new(names::RPC_SYSTEM_NAME, self.system.name()),
            KeyValue::new(names::RPC_METHOD, name),
        ]
    }

    /// The labels of what ended with `code`, a call or an attempt of it.
    pub(super) fn labels_of_outcome(&self, name: &'static str, code: Code) -> Vec<KeyValue> {
        let code_name = code_name(code);
        let mut labels = self.labels(name).to_vec();
        labels.push(KeyValue::new(names::RPC_RESPONSE_STATUS_CODE, code_name));
        if is_error(code, self.side) {
            labels.push(KeyValue::new(names::ERROR_TYPE, code_name));
        }
        labels.extend_from_slice(&self.target);
        labels
    }

    fn counter(&self, of: names::CallCounter, labels: &[KeyValue]) -> BoundCounter<u64> {
        let counter = self.meter.u64_counter(of.name(self.side));
        let counter = counter.with_unit(of.unit()).with_description(of.meaning());
        counter.build().bind(labels)
    }
}

/// The metrics of one method on one side.
#[derive(Debug)]
pub(crate) struct CallMetrics {
    instruments: Arc<CallInstruments>,
    name: &'static str,
    started: BoundCounter<u64>,
    active: BoundUpDownCounter<i64>,
    messages_sent: BoundCounter<u64>,
    messages_received: BoundCounter<u64>,
    bytes_sent: BoundCounter<u64>,
    bytes_received: BoundCounter<u64>,
    durations: [OnceLock<Durations>; CODES],
    /// Whether it is part of the load by which the service is scaled.
    counts_as_load: bool,
}

/// How long the calls took that ended with one code.
#[derive(Debug)]
struct Durations {
    seconds: BoundHistogram<f64>,
    /// By the old name.
    millis: Option<BoundHistogram<f64>>,
    exemplars: Exemplars,
}

impl Durations {
    fn record(&self, seconds: f64) {
        self.seconds.record(seconds);
        if let Some(millis) = &self.millis {
            millis.record(seconds * 1e3);
        }
    }
}

impl CallMetrics {
    /// Those of the method `name`. `counts_as_load` says whether the service is scaled by its calls.
    pub(crate) fn new(
        instruments: &Arc<CallInstruments>,
        name: &'static str,
        counts_as_load: bool,
    ) -> Self {
        let labels = instruments.labels(name);
        let counter = |of| instruments.counter(of, &labels);
        let active = instruments
            .meter
            .i64_up_down_counter(names::calls_active(instruments.side))
            .with_unit("{call}")
            .with_description("Calls in flight, including open streams.");
        Self {
            started: counter(names::CallCounter::Started),
            active: active.build().bind(&labels),
            messages_sent: counter(names::CallCounter::MessagesSent),
            messages_received: counter(names::CallCounter::MessagesReceived),
            bytes_sent: counter(names::CallCounter::BytesSent),
            bytes_received: counter(names::CallCounter::BytesReceived),
            durations: Default::default(),
            counts_as_load,
            instruments: Arc::clone(instruments),
            name,
        }
    }

    /// A call begins.
    pub(crate) fn start(&self, now: Instant) {
        self.started.add(1);
        self.active.add(1);
        if self.counts_as_load {
            rate::count(now);
        }
    }

    /// A call has ended that `sent` and `received` so much.
    pub(crate) fn end(
        &self,
        code: Code,
        took: Duration,
        ended: SystemTime,
        (sent, received): (&Counts, &Counts),
        span: &SpanContext,
    ) {
        self.active.add(-1);
        self.messages_sent.add(sent.messages.load(Relaxed));
        self.messages_received.add(received.messages.load(Relaxed));
        self.bytes_sent.add(sent.bytes.load(Relaxed));
        self.bytes_received.add(received.bytes.load(Relaxed));
        let seconds = took.as_secs_f64();
        let durations = self.durations(code);
        durations.record(seconds);
        if span.is_sampled() && self.instruments.exemplars {
            let bucket = BOUNDS.partition_point(|bound| *bound < seconds);
            let exemplar = Exemplar {
                trace_id: span.trace_id(),
                span_id: span.span_id(),
                value: seconds,
                time: ended,
            };
            durations.exemplars.put(bucket, exemplar);
        }
    }

    fn durations(&self, code: Code) -> &Durations {
        self.durations[code as usize % CODES].get_or_init(|| {
            let labels = self.instruments.labels_of_outcome(self.name, code);
            let old = self.instruments.old_duration.as_ref();
            let metric = names::call_duration(self.instruments.side);
            Durations {
                seconds: self.instruments.duration.bind(&labels),
                millis: old.map(|old| {
                    let system = self.instruments.system.name();
                    old.bind(&names::old::of_metric(system, self.name, code))
                }),
                exemplars: Exemplars::of(metric, labels),
            }
        })
    }
}
