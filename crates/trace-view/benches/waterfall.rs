//! What drawing a trace of a hundred calls costs.
//!
//! `cargo bench -p trace-view --bench waterfall`

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use trace_view::waterfall::{DrawOptions, draw};
use trace_view::{Kind, Span, SpanId, TraceId};

const CALLS: u64 = 100;
const CALL: u64 = 1_000_000;

fn span(id: u64, parent: Option<u64>, kind: Kind, times: (u64, u64)) -> Span {
    Span {
        trace_id: TraceId::from_bytes([0xab; 16]),
        id: SpanId::from(id),
        parent: parent.map(SpanId::from),
        service: "user-service".to_owned(),
        kind,
        name: "user.v1.UserService/GetUser".to_owned(),
        start: times.0,
        end: times.1,
        error: false,
        code: None,
        rpc: true,
    }
}

/// Calls one after the other, each with the span of its server.
fn trace() -> Vec<Span> {
    let mut spans = vec![span(1, None, Kind::Internal, (0, CALLS * CALL))];
    for call in 0..CALLS {
        let (id, begin) = (2 + 2 * call, call * CALL);
        spans.push(span(id, Some(1), Kind::Client, (begin, begin + CALL)));
        let served = (begin + CALL / 4, begin + CALL / 2);
        spans.push(span(id + 1, Some(id), Kind::Server, served));
    }
    spans
}

fn waterfall(criterion: &mut Criterion) {
    let options = DrawOptions {
        width: 120,
        color: false,
    };
    criterion.bench_function("draw a trace of 201 spans", |bencher| {
        bencher.iter_batched(trace, |spans| draw(spans, options), BatchSize::SmallInput);
    });
}

criterion_group!(benches, waterfall);
criterion_main!(benches);
