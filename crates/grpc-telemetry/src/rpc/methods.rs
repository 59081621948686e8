//! The methods of one side: what a span of each is called, and its metrics.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use grpc_common::NameMap;
use opentelemetry::KeyValue;

use super::code::Side;
use super::settings::Settings;
use super::system::System;
use crate::metrics::{AttemptMetrics, CallInstruments, CallMetrics};
use crate::names;
use crate::spans::Recording;

/// Methods that a client has metrics of; it calls no more of them than it has code for.
const MAX_LEARNT: usize = 64;

/// The methods of one side.
#[derive(Debug)]
pub(super) struct Methods {
    side: Side,
    system: System,
    trace_health: bool,
    instruments: Arc<CallInstruments>,
    /// Those of the start, which need no lock.
    known: NameMap<Arc<Method>>,
    learnt: RwLock<HashMap<&'static str, Arc<Method>>>,
    unknown: Arc<Method>,
}

impl Methods {
    /// For a side that has these methods. `target` is what a client calls.
    pub(super) fn new(
        side: Side,
        system: System,
        settings: Settings,
        target: &[KeyValue],
        methods: impl IntoIterator<Item = String>,
    ) -> Self {
        let instruments = Arc::new(CallInstruments::new(side, system, settings, target));
        let trace_health = settings.trace_health;
        let of = |name| Arc::new(Method::new(&instruments, side, system, trace_health, name));
        let known = methods.into_iter().map(|name| {
            let method = of(lasting(&name));
            (name, method)
        });
        Self {
            side,
            system,
            trace_health,
            known: known.collect(),
            learnt: RwLock::default(),
            unknown: of(names::UNKNOWN_METHOD),
            instruments,
        }
    }

    /// The method of this name, if it is one that this side has.
    pub(super) fn get(&self, name: &str) -> Option<Arc<Method>> {
        self.known.get(name).map(Arc::clone)
    }

    /// All methods that this side doesn't have.
    pub(super) fn unknown(&self) -> Arc<Method> {
        Arc::clone(&self.unknown)
    }

    /// The method of this name, which is one of ours from now on.
    pub(super) fn learn(&self, name: &str) -> Arc<Method> {
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
        let method = Method::new(
            &self.instruments,
            self.side,
            self.system,
            self.trace_health,
            name,
        );
        Arc::clone(learnt.entry(name).or_insert(Arc::new(method)))
    }
}

/// A copy for as long as the process lives, which spans and metrics need not copy again:
/// of the methods of a server, and of [`MAX_LEARNT`] of a client.
fn lasting(name: &str) -> &'static str {
    Box::leak(name.into())
}

/// One method on one side.
#[derive(Debug)]
pub(super) struct Method {
    name: &'static str,
    system: System,
    /// Whether its calls have spans: probes are asked too often to be worth it.
    is_traced: bool,
    pub(super) metrics: CallMetrics,
    /// Only of a client.
    pub(super) attempts: Option<AttemptMetrics>,
}

impl Method {
    fn new(
        instruments: &Arc<CallInstruments>,
        side: Side,
        system: System,
        trace_health: bool,
        name: &'static str,
    ) -> Self {
        let ours = !name.starts_with("grpc.");
        let is_probe = name.starts_with("grpc.health.v1.") || name.starts_with("grpc.reflection.");
        Self {
            name,
            system,
            is_traced: trace_health || !is_probe,
            metrics: CallMetrics::new(instruments, name, ours && side == Side::Server),
            attempts: (side == Side::Client).then(|| AttemptMetrics::new(instruments, name)),
        }
    }

    /// The name of a span of it.
    pub(super) fn span_name(&self) -> &'static str {
        match self.name {
            names::UNKNOWN_METHOD => self.system.name(),
            name => name,
        }
    }

    /// Says in the span of a call of it what it is, if `old_names`, by the names of before as well.
    pub(super) fn describe(&self, span: &mut Recording, old_names: bool) {
        span.text(names::RPC_SYSTEM_NAME, self.system.name());
        span.text(names::RPC_METHOD, self.name);
        if old_names {
            span.text(names::old::RPC_SYSTEM, self.system.name());
            if let Some((service, _)) = self.name.split_once('/') {
                span.text(names::old::RPC_SERVICE, service);
            }
        }
    }

    /// Whether its calls have spans.
    pub(super) fn is_traced(&self) -> bool {
        self.is_traced
    }
}
