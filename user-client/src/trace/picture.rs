//! A waterfall on the terminal, with its missing spans listed below.

use grpc_common::printable;
use trace_view::completeness::{MissingSpan, TracedCall};
use trace_view::waterfall::{DrawOptions, draw};
use trace_view::{Span, SpanId};

use crate::failure::Failure;
use crate::output::console::Console;
use crate::output::terminal;
use crate::trace::image;

/// What to do about missing spans; it depends on the source.
#[derive(Clone, Debug)]
pub struct Advice {
    /// If this program's own spans did not arrive.
    pub unsent: String,
    /// If those of user-service did not.
    pub unserved: String,
}

/// Draws `spans`, and lists the missing ones.
///
/// # Errors
/// When standard output can't be written to.
pub fn show(
    spans: &[Span],
    missing: &[MissingSpan],
    advice: &Advice,
    console: &mut Console,
) -> Result<(), Failure> {
    let options = DrawOptions {
        width: terminal::width(),
        color: console.picture_color(),
    };
    console.picture(&draw(spans.to_vec(), options))?;
    incomplete(missing, advice, console);
    Ok(())
}

/// Writes the image of `spans` if its file is set.
///
/// # Errors
/// When the file can't be written.
pub fn save(spans: &[Span], console: &Console) -> Result<(), Failure> {
    match console.image() {
        Some(file) => image::write(file, spans),
        None => Ok(()),
    }
}

/// Lists what is missing from a trace.
pub fn incomplete(missing: &[MissingSpan], advice: &Advice, console: &mut Console) {
    for line in explain(missing, advice) {
        console.note(&line);
    }
}

/// Whether any call of this run has spans; reports what to do if none has.
pub fn is_traced(calls: &[TracedCall], console: &mut Console) -> bool {
    let traced = calls.iter().any(|call| call.sampled);
    if !traced {
        console.note(
            "nothing to draw: no call was traced; check whether OTEL_SDK_DISABLED, \
             OTEL_TRACES_EXPORTER or OTEL_TRACES_SAMPLER turns tracing off",
        );
    }
    traced
}

/// What is missing from the picture, and what to do about it.
fn explain(missing: &[MissingSpan], advice: &Advice) -> Vec<String> {
    let mut unsent = Vec::new();
    let mut unserved = Vec::new();
    let mut lines = Vec::new();
    for each in missing {
        match each {
            MissingSpan::Client(id) => unsent.push(id.to_string()),
            MissingSpan::Server { name, .. } => unserved.push(printable(name)),
            MissingSpan::Parent { id, service, name } => lines.push(parent(*id, service, name)),
        }
    }
    if let Some(spans) = first_of(&unsent) {
        lines.push(format!(
            "incomplete: this program's own span {spans} did not arrive; {}",
            advice.unsent
        ));
    }
    if let Some(calls) = first_of(&unserved) {
        lines.push(format!(
            "incomplete: no SERVER span for {calls}; {}",
            advice.unserved
        ));
    }
    lines
}

fn parent(id: SpanId, service: &str, name: &str) -> String {
    let (service, name) = (printable(service), printable(name));
    format!("incomplete: the span {id} is missing, parent of \"{name}\" of {service}")
}

/// The first of many, and how many more there are.
fn first_of(all: &[String]) -> Option<String> {
    let (first, others) = all.split_first()?;
    match others.len() {
        0 => Some(first.clone()),
        more => Some(format!("{first} and {more} more")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unserved(call: u64) -> MissingSpan {
        MissingSpan::Server {
            call: SpanId::from(call),
            name: "user.v1.UserService/GetUser".to_owned(),
        }
    }

    fn advice() -> Advice {
        Advice {
            unsent: "switch it on".to_owned(),
            unserved: "start it so".to_owned(),
        }
    }

    #[test]
    fn missing_server_spans_are_explained_once_with_what_to_do() {
        let lines = explain(&[unserved(1), unserved(2), unserved(3)], &advice());
        let expected = "incomplete: no SERVER span for user.v1.UserService/GetUser and 2 more; \
            start it so";
        assert_eq!(lines, [expected]);
    }

    #[test]
    fn an_exporter_that_is_off_is_explained() {
        let lines = explain(&[MissingSpan::Client(SpanId::from(7))], &advice());
        let expected = "incomplete: this program's own span 0000000000000007 did not arrive; \
            switch it on";
        assert_eq!(lines, [expected]);
    }

    #[test]
    fn a_whole_trace_needs_no_explanation() {
        assert!(explain(&[], &advice()).is_empty());
    }
}
