//! Whatever bytes come in, nothing panics, and what goes out is valid and bounded.

use super::*;

/// Inputs that are tried: few in every run of the tests, `TEST_INPUTS` of them on demand.
fn inputs() -> u64 {
    std::env::var("TEST_INPUTS").map_or(100_000, |count| count.parse().unwrap())
}

/// Xorshift: the same inputs in each run, made faster than they are read.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).unwrap()
    }

    /// A header value: pieces that mean something, and bytes that don't.
    fn value(&mut self) -> Vec<u8> {
        const PIECES: [&[u8]; 20] = [
            b"00-12345678901234567890123456789012-1234567890123456-01",
            b"cc-12345678901234567890123456789012-1234567890123456-03",
            b"00",
            b"-",
            b"=",
            b",",
            b";",
            b" ",
            b"\t",
            b"%",
            b"%F",
            b"%ff",
            b"a",
            b"foo=1",
            b"a@b@c=1",
            b"key=value;p=1",
            b"\xff",
            b"\xc3\xa9",
            b"@",
            b"0123456789abcdef",
        ];
        let mut value = Vec::new();
        for _ in 0..self.below(8) {
            match self.below(8) {
                0 => value.push(u8::try_from(self.next() & 0xff).unwrap()),
                1 => value.extend(std::iter::repeat_n(b'x', self.below(300))),
                _ => value.extend(PIECES[self.below(PIECES.len())]),
            }
        }
        value
    }

    fn metadata(&mut self) -> HeaderMap {
        const NAMES: [&str; 8] = [
            "traceparent",
            "tracestate",
            "baggage",
            "b3",
            "rpc-transit-traceparent",
            "rpc-transit-tracestate",
            "rpc-transit-baggage",
            "rpc-transit-b3",
        ];
        let mut metadata = HeaderMap::new();
        if self.below(2) == 0 {
            metadata.append("traceparent", PARENT.parse().unwrap());
        }
        for _ in 0..=self.below(3) {
            // What isn't a header value never reaches us.
            if let Ok(value) = HeaderValue::try_from(self.value()) {
                metadata.append(NAMES[self.below(NAMES.len())], value);
            }
        }
        metadata
    }
}

/// The span of `context`, without the flag that is cleared for Kitex.
fn without_random_flag(context: &Context) -> SpanContext {
    let span = context.span();
    let span = span.span_context();
    SpanContext::new(
        span.trace_id(),
        span.span_id(),
        TraceFlags::default().with_sampled(span.is_sampled()),
        span.is_remote(),
        span.trace_state().clone(),
    )
}

#[test]
fn random_headers_are_read_without_harm_and_what_is_sent_on_is_read_the_same() {
    let all = Propagator {
        b3: true,
        kitex: true,
        ..Propagator::DEFAULT
    };
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut valid = 0_u64;
    for _ in 0..inputs() {
        let received = random.metadata();
        let context = all.extract(&received);
        valid += u64::from(context.span().span_context().is_valid());
        let mut sent = HeaderMap::new();
        all.inject(&context, &mut sent);
        let again = all.extract(&sent);
        assert_eq!(
            without_random_flag(&again),
            without_random_flag(&context),
            "{received:?}"
        );
        assert_eq!(Baggage::of(&again), Baggage::of(&context), "{received:?}");
        let longest = sent.values().map(HeaderValue::len);
        assert!(longest.max().unwrap_or_default() <= 8192, "{received:?}");
    }
    assert!(valid > inputs() / 4, "only {valid} inputs were valid");
}

#[test]
fn a_megabyte_of_headers_is_read_and_cut() {
    let megabyte = "x=1,".repeat(256 * 1024);
    let context = Propagator::DEFAULT.extract(&metadata(&[
        ("traceparent", PARENT),
        ("tracestate", &megabyte),
        ("baggage", &megabyte),
    ]));
    assert_eq!(context.span().span_context().trace_state().header(), "");
    assert_eq!(Baggage::of(&context).as_str().len(), 180 * 4 - 1);
    let context = Propagator::DEFAULT.extract(&metadata(&[("traceparent", &megabyte)]));
    assert!(!context.span().span_context().is_valid());
}
