//! Lines that the log writes of itself, without a record of `tracing`: the thread that
//! writes them must not log.

use serde_json::{Map, Value};
use tracing::Level;

use super::LogFormat;
use super::json::timestamp;
use super::repeats::LeftOut;

/// A line that says how many lines were dropped in its place.
pub(super) fn dropped(format: LogFormat, lines: u64) -> String {
    let note = Note {
        level: Level::WARN,
        target: "grpc_telemetry::logs",
        message: "log lines were dropped: they came faster than they were read",
        fields: &[("lines", lines.into())],
    };
    note.line(format)
}

/// A line that says how many lines of one place in the code were left out.
pub(super) fn left_out(format: LogFormat, left_out: &LeftOut) -> String {
    let place = left_out.place;
    let source = place.line().map_or_else(
        || place.target().to_owned(),
        |line| format!("{}:{line}", place.target()),
    );
    let note = Note {
        level: *place.level(),
        target: place.target(),
        message: "more lines like this were left out",
        fields: &[("lines", left_out.lines.into()), ("source", source.into())],
    };
    note.line(format)
}

/// A line of the log.
struct Note<'a> {
    level: Level,
    target: &'a str,
    message: &'static str,
    fields: &'a [(&'static str, Value)],
}

impl Note<'_> {
    fn line(&self, format: LogFormat) -> String {
        match format {
            LogFormat::Json => self.json(),
            LogFormat::Pretty => self.pretty(),
        }
    }

    fn json(&self) -> String {
        let mut record = Map::new();
        record.insert("timestamp".into(), timestamp().into());
        record.insert("level".into(), self.level.as_str().into());
        record.insert("target".into(), self.target.into());
        record.insert("message".into(), self.message.into());
        for (name, value) in self.fields {
            record.insert((*name).to_owned(), value.clone());
        }
        format!("{}\n", Value::Object(record))
    }

    fn pretty(&self) -> String {
        let mut line = format!("{} {:>5} {}", timestamp(), self.level, self.message);
        for (name, value) in self.fields {
            line.push_str(&format!(" {name}={value}"));
        }
        line.push('\n');
        line
    }
}
