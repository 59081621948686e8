use std::sync::{Arc, Mutex};

use serde_json::json;

use super::*;

/// A stream that keeps what is written to it.
#[derive(Clone, Default)]
pub(crate) struct Kept(Arc<Mutex<Vec<u8>>>);

impl Kept {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A stream whose reader has gone away.
struct Closed;

impl Write for Closed {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::Error::from(io::ErrorKind::BrokenPipe))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub(crate) fn console(format: Format) -> (Console, Kept, Kept) {
    let (out, err) = (Kept::default(), Kept::default());
    let console = Console::new(format, Box::new(out.clone()), Box::new(err.clone()));
    (console, out, err)
}

#[test]
fn data_and_all_else_are_kept_apart() {
    let (mut console, out, err) = console(Format::Table);
    console.line("data").unwrap();
    console.note("trace 1");
    console.failure(&Failure::new("it broke"));
    assert_eq!(out.text(), "data\n");
    assert_eq!(err.text(), "trace 1\nerror: it broke\n");
}

#[test]
fn with_json_a_failure_is_an_object_and_a_picture_is_not_data() {
    let (mut console, out, err) = console(Format::Json);
    console.json(&json!({"id": 1})).unwrap();
    console.failure(&Failure::new("it broke"));
    console.picture("━━\n").unwrap();
    assert_eq!(out.text(), "{\"id\":1}\n");
    assert_eq!(
        err.text(),
        "{\"error\":{\"exit_code\":1,\"message\":\"it broke\"}}\n━━\n"
    );
}

#[test]
fn json_is_harmless_to_a_terminal_and_reads_as_the_same_value() {
    let (mut console, out, err) = console(Format::Json);
    let value = json!({"name": "\u{9b}2J\u{202e}\u{200b}\u{2028}\u{e0041}"});
    console.json(&value).unwrap();
    console.failure(&Failure::new("\u{9b}2J"));
    let (out, err) = (out.text(), err.text());
    let expected = r#"{"name":"\u009b2J\u202e\u200b\u2028\udb40\udc41"}"#;
    assert_eq!(out.trim_end(), expected);
    assert_eq!(serde_json::from_str::<Value>(&out).unwrap(), value);
    assert!(err.contains(r"\u009b2J"), "{err}");
}

#[test]
fn a_sentence_is_harmless_to_a_terminal() {
    let (mut console, _, err) = console(Format::Table);
    console.failure(&Failure::new("\u{9b}2J\u{2066}"));
    assert_eq!(err.text(), "error: \u{fffd}2J\u{fffd}\n");
}

#[test]
fn a_reader_that_goes_away_ends_the_run_quietly() {
    let err = Kept::default();
    let mut console = Console::new(Format::Table, Box::new(Closed), Box::new(err.clone()));
    let failure = console.line("data").unwrap_err();
    console.failure(&failure);
    assert_eq!(failure.outcome.exit_code(), 0);
    assert_eq!(err.text(), "");
}
