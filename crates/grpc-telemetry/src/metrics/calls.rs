//! The metrics of gRPC calls, by the RPC conventions, with what they lack: calls
//! started and in flight, messages and bytes.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime};

use opentelemetry::metrics::{BoundCounter, BoundHistogram, BoundUpDownCounter, Histogram, Meter};
use opentelemetry::trace::SpanContext;
use opentelemetry::{KeyValue, global};
use tonic::Code;

use super::SCOPE;
use super::exemplars::{Exemplar, Exemplars};
use super::rate;
use crate::names;
use crate::rpc::{Settings, Side, code_name, is_error};

/// Seconds. The conventions begin at 5 ms; most calls here are done in less than one.
const BOUNDS: [f64; 18] = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75,
    1.0, 2.5, 5.0, 10.0,
];

/// One above each bound as well.
pub(super) const BUCKETS: usize = BOUNDS.len() + 1;

/// The codes of gRPC, from 0 on.
const CODES: usize = 17;

/// Methods that a client has metrics of; it calls no more of them than it has code for.
const MAX_LEARNT: usize = 64;

/// The metrics of the calls on one side, by method.
#[derive(Debug)]
pub(crate) struct Methods {
    instruments: Arc<Instruments>,
    /// Those of the start, which need no lock.
    known: HashMap<&'static str, Arc<Method>>,
    learnt: RwLock<HashMap<&'static str, Arc<Method>>>,
    unknown: Arc<Method>,
}

impl Methods {
    /// For a side that has these methods.
    pub(crate) fn new(
        side: Side,
        settings: Settings,
        methods: impl IntoIterator<Item = String>,
    ) -> Self {
        let instruments = Arc::new(Instruments::new(&global::meter(SCOPE), side, settings));
        let of = |name: &'static str| (name, Arc::new(Method::new(&instruments, name)));
        let methods = methods.into_iter().map(|name| of(lasting(&name)));
        Self {
            known: methods.collect(),
            learnt: RwLock::default(),
            unknown: Arc::new(Method::new(&instruments, names::UNKNOWN_METHOD)),
            instruments,
        }
    }

    /// The method of this name, if it is one that this side has.
    pub(crate) fn get(&self, name: &str) -> Option<Arc<Method>> {
        self.known.get(name).cloned()
    }

    /// All methods that this side doesn't have.
    pub(crate) fn unknown(&self) -> Arc<Method> {
        Arc::clone(&self.unknown)
    }

    /// The method of this name, which is one of ours from now on.
    pub(crate) fn learn(&self, name: &str) -> Arc<Method> {
        let learnt = self.learnt.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(method) = learnt.get(name) {
            return Arc::clone(method);
        }
        drop(learnt);
        let mut learnt = self.learnt.write().unwrap_or_else(PoisonError::into_inner);
        // Another call may have learnt it meanwhile.
        if let Some(method) = learnt.get(name) {
            return Arc::clone(method);
        }
        if learnt.len() >= MAX_LEARNT {
            return self.unknown();
        }
        let name = lasting(name);
        let method = Arc::new(Method::new(&self.instruments, name));
        Arc::clone(learnt.entry(name).or_insert(method))
    }
}

/// A copy for as long as the process lives, which spans and metrics need not copy again:
/// of the methods of a server, and of [`MAX_LEARNT`] of a client.
fn lasting(name: &str) -> &'static str {
    Box::leak(name.into())
}

#[derive(Debug)]
struct Instruments {
    side: Side,
    trace_health: bool,
    meter: Meter,
    duration: Histogram<f64>,
    /// By its old name, in milliseconds; only where that is asked for.
    old_duration: Option<Histogram<f64>>,
}

impl Instruments {
    fn new(meter: &Meter, side: Side, settings: Settings) -> Self {
        let duration = meter
            .f64_histogram(names::call_duration(side))
            .with_unit("s")
            .with_description("How long calls took, from the first byte to the last.")
            .with_boundaries(BOUNDS.to_vec())
            .build();
        let old_duration = settings.old_names.then(|| {
            let old = meter.f64_histogram(names::old::call_duration(side));
            old.with_unit("ms")
                .with_description("How long calls took, by the name of conventions before 1.38.")
                .build()
        });
        Self {
            side,
            trace_health: settings.trace_health,
            meter: meter.clone(),
            duration,
            old_duration,
        }
    }

    fn counter(&self, of: names::CallCounter, labels: &[KeyValue]) -> BoundCounter<u64> {
        let counter = self.meter.u64_counter(of.name(self.side));
        let counter = counter.with_unit(of.unit()).with_description(of.meaning());
        counter.build().bind(labels)
    }
}

/// The metrics of one method on one side.
#[derive(Debug)]
pub(crate) struct Method {
    instruments: Arc<Instruments>,
    name: &'static str,
    started: BoundCounter<u64>,
    active: BoundUpDownCounter<i64>,
    messages_sent: BoundCounter<u64>,
    messages_received: BoundCounter<u64>,
    bytes_sent: BoundCounter<u64>,
    bytes_received: BoundCounter<u64>,
    durations: [OnceLock<Durations>; CODES],
    /// Whether its calls have spans: probes are asked too often to be worth it.
    is_traced: bool,
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

/// What one call sent and received.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Volume {
    pub(crate) messages_sent: u64,
    pub(crate) messages_received: u64,
    pub(crate) bytes_sent: u64,
    pub(crate) bytes_received: u64,
}

impl Method {
    fn new(instruments: &Arc<Instruments>, name: &'static str) -> Self {
        let labels = [
            KeyValue::new(names::RPC_SYSTEM_NAME, "grpc"),
            KeyValue::new(names::RPC_METHOD, name),
        ];
        let counter = |of| instruments.counter(of, &labels);
        let active = instruments
            .meter
            .i64_up_down_counter(names::calls_active(instruments.side))
            .with_unit("{call}")
            .with_description("Calls in flight, open streams among them.");
        let ours = !name.starts_with("grpc.");
        let is_probe = name.starts_with("grpc.health.v1.") || name.starts_with("grpc.reflection.");
        Self {
            started: counter(names::CallCounter::Started),
            active: active.build().bind(&labels),
            messages_sent: counter(names::CallCounter::MessagesSent),
            messages_received: counter(names::CallCounter::MessagesReceived),
            bytes_sent: counter(names::CallCounter::BytesSent),
            bytes_received: counter(names::CallCounter::BytesReceived),
            durations: Default::default(),
            is_traced: instruments.trace_health || !is_probe,
            counts_as_load: ours && instruments.side == Side::Server,
            instruments: Arc::clone(instruments),
            name,
        }
    }

    /// `package.Service/Method`, or [`names::UNKNOWN_METHOD`].
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// The name of a span of it.
    pub(crate) fn span_name(&self) -> &'static str {
        match self.name {
            names::UNKNOWN_METHOD => "grpc",
            name => name,
        }
    }

    /// Whether its calls have spans.
    pub(crate) fn is_traced(&self) -> bool {
        self.is_traced
    }

    /// A call begins.
    pub(crate) fn start(&self, now: Instant) {
        self.started.add(1);
        self.active.add(1);
        if self.counts_as_load {
            rate::count(now);
        }
    }

    /// A call has ended.
    pub(crate) fn end(
        &self,
        code: Code,
        took: Duration,
        ended: SystemTime,
        volume: Volume,
        span: &SpanContext,
    ) {
        self.active.add(-1);
        self.messages_sent.add(volume.messages_sent);
        self.messages_received.add(volume.messages_received);
        self.bytes_sent.add(volume.bytes_sent);
        self.bytes_received.add(volume.bytes_received);
        let seconds = took.as_secs_f64();
        let durations = self.durations(code);
        durations.record(seconds);
        if span.is_sampled() {
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
            let code_name = code_name(code);
            let mut labels = vec![
                KeyValue::new(names::RPC_SYSTEM_NAME, "grpc"),
                KeyValue::new(names::RPC_METHOD, self.name),
                KeyValue::new(names::RPC_RESPONSE_STATUS_CODE, code_name),
            ];
            if is_error(code, self.instruments.side) {
                labels.push(KeyValue::new(names::ERROR_TYPE, code_name));
            }
            let old = self.instruments.old_duration.as_ref();
            let metric = names::call_duration(self.instruments.side);
            Durations {
                seconds: self.instruments.duration.bind(&labels),
                millis: old.map(|old| old.bind(&names::old::of_metric(self.name, code))),
                exemplars: Exemplars::of(metric, self.name, code_name),
            }
        })
    }
}
