//! Which traces are shown.

use std::time::Duration;

use grpc_telemetry::receiver::ReceivedSpan;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;

/// What a trace has to have; the default matches any.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Filter {
    /// A span of this service.
    pub service: Option<String>,
    /// A span with a name that contains this text, in upper or lower case.
    pub name: Option<String>,
    /// A span with the status ERROR.
    pub errors: bool,
    /// More than this between the start of its first and the end of its last span.
    pub slower_than: Option<Duration>,
}

impl Filter {
    /// Whether `spans`, which are all of one trace, have all of it.
    pub fn matches(&self, spans: &[ReceivedSpan]) -> bool {
        let has = |test: &dyn Fn(&ReceivedSpan) -> bool| spans.iter().any(test);
        if let Some(service) = &self.service
            && !has(&|it| it.service_name() == service)
        {
            return false;
        }
        if let Some(name) = self.name.as_ref().map(|it| it.to_lowercase())
            && !has(&|it| it.span.name.to_lowercase().contains(&name))
        {
            return false;
        }
        if self.errors && !has(&is_error) {
            return false;
        }
        self.slower_than
            .is_none_or(|limit| Duration::from_nanos(duration(spans)) > limit)
    }
}

/// Whether the status of `received` is ERROR.
pub(crate) fn is_error(received: &ReceivedSpan) -> bool {
    let status = received.span.status.as_ref();
    status.is_some_and(|it| it.code() == StatusCode::Error)
}

/// From the first start to the last end, in nanoseconds.
pub(crate) fn duration(spans: &[ReceivedSpan]) -> u64 {
    let starts = spans.iter().map(|it| it.span.start_time_unix_nano);
    let ends = spans.iter().map(|it| it.span.end_time_unix_nano);
    let (start, end) = (starts.min().unwrap_or(0), ends.max().unwrap_or(0));
    end.saturating_sub(start)
}

#[cfg(test)]
mod tests {
    use super::super::traces::tests::received;
    use super::*;

    #[test]
    fn a_trace_has_to_have_all_that_is_asked_for() {
        let mut spans = [received(1, 1, 0, "GET /users"), received(1, 2, 1, "SELECT")];
        spans[1].span.end_time_unix_nano = 5_000_000;
        let any = Filter::default();
        let with = |filter: Filter| filter.matches(&spans);
        assert!(with(any.clone()));
        for (service, expected) in [("shop", true), ("sho", false)] {
            let service = Some(service.to_owned());
            let filter = Filter {
                service,
                ..any.clone()
            };
            assert_eq!(filter.matches(&spans), expected);
        }
        for (name, expected) in [("select", true), ("/USERS", true), ("INSERT", false)] {
            let name = Some(name.to_owned());
            let filter = Filter {
                name,
                ..any.clone()
            };
            assert_eq!(filter.matches(&spans), expected);
        }
        for (millis, expected) in [(4, true), (5, false)] {
            let slower_than = Some(Duration::from_millis(millis));
            let filter = Filter {
                slower_than,
                ..any.clone()
            };
            assert_eq!(filter.matches(&spans), expected);
        }
        let errors = Filter {
            errors: true,
            ..any
        };
        assert!(!errors.matches(&spans));
        spans[0].span.status.get_or_insert_default().code = StatusCode::Error.into();
        assert!(errors.matches(&spans));
    }
}
