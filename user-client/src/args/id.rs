//! The ids of users as arguments.

use std::ffi::OsStr;

use clap::builder::{StringValueParser, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Arg, Command, Error};
use grpc_common::printable;

/// A parser of ids.
pub(super) fn parser() -> impl TypedValueParser<Value = i64> {
    IdParser
}

/// The sentence for a `text` that is not an id.
pub fn not_an_id(text: &str) -> String {
    let text = printable(text);
    format!("'{text}' is not an id: write a whole number such as 42")
}

/// Its error is the sentence alone: clap would put the usage of numbers around it.
#[derive(Clone)]
struct IdParser;

impl TypedValueParser for IdParser {
    type Value = i64;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<i64, Error> {
        let text = StringValueParser::new().parse_ref(command, arg, value)?;
        text.parse().map_err(|_| {
            let sentence = format!("{}\n", not_an_id(&text));
            Error::raw(ErrorKind::ValueValidation, sentence).with_cmd(command)
        })
    }
}
