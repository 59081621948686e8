//! The runtimes of the process, taken together.

use std::sync::{Mutex, MutexGuard, PoisonError};

use opentelemetry::metrics::Meter;
use tokio::runtime::{Handle, RuntimeMetrics};

use crate::names;

static RUNTIMES: Mutex<Vec<Handle>> = Mutex::new(Vec::new());

/// Counts `runtime` in the metrics of tokio, for as long as the process lives.
pub fn observe_runtime(runtime: Handle) {
    lock().push(runtime);
}

/// Shows the runtime that this is called in, if any, and those that come later.
pub(super) fn observe(meter: &Meter) {
    if let Ok(runtime) = Handle::try_current() {
        observe_runtime(runtime);
    }
    let gauge = |name, unit, meaning, read: fn(RuntimeMetrics) -> usize| {
        meter
            .u64_observable_gauge(name)
            .with_unit(unit)
            .with_description(meaning)
            .with_callback(move |observer| {
                let sum: usize = lock().iter().map(|it| read(it.metrics())).sum();
                observer.observe(sum as u64, &[]);
            })
            .build()
    };
    gauge(
        names::TOKIO_WORKERS,
        "{thread}",
        "Worker threads of the tokio runtimes.",
        |metrics| metrics.num_workers(),
    );
    gauge(
        names::TOKIO_TASKS,
        "{task}",
        "Alive tasks of the tokio runtimes.",
        |metrics| metrics.num_alive_tasks(),
    );
    gauge(
        names::TOKIO_QUEUE,
        "{task}",
        "Tasks in the global queues of the tokio runtimes.",
        |metrics| metrics.global_queue_depth(),
    );
}

fn lock() -> MutexGuard<'static, Vec<Handle>> {
    RUNTIMES.lock().unwrap_or_else(PoisonError::into_inner)
}
