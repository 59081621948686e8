//! Users from lines of JSON.

use std::io::BufRead;

use grpc_common::printable;
use serde_json::{Map, Value};
use user_proto::v1::CreateUsersRequest;

use super::csv::REMARKS;
use super::{LONGEST_RECORD, Record, Source, user};
use crate::import::lines::{self, Line};

/// A file's records, one after the other.
pub struct Records<R> {
    input: R,
    line: u64,
}

impl<R: BufRead> Records<R> {
    /// The records of `input`.
    pub fn open(input: R) -> Self {
        Self { input, line: 0 }
    }

    /// The next record, or nothing at the end. Blank lines are none.
    ///
    /// # Errors
    /// When the file can't be read on.
    pub fn read(&mut self) -> Result<Option<Record>, String> {
        loop {
            let line = lines::next(&mut self.input, LONGEST_RECORD);
            let Some(line) = line.map_err(|error| error.to_string())? else {
                return Ok(None);
            };
            self.line += 1;
            let (source, user) = match line {
                Line::Whole(line) if line.trim_ascii().is_empty() => continue,
                Line::Whole(line) => {
                    let user = parse(&line);
                    (line, user)
                }
                Line::TooLong(line) => (line, Err(too_long())),
            };
            return Ok(Some(Record {
                line: self.line,
                source: Source::Line(source),
                user,
            }));
        }
    }
}

fn too_long() -> String {
    format!("is longer than {LONGEST_RECORD} bytes; put each user on a line of its own")
}

fn parse(line: &[u8]) -> Result<CreateUsersRequest, String> {
    let text = std::str::from_utf8(line).map_err(|_| "is not valid UTF-8".to_owned())?;
    let Ok(value) = serde_json::from_str::<Value>(text) else {
        return Err("is not JSON; write one object on each line".to_owned());
    };
    let Value::Object(mut fields) = value else {
        return Err("is not a JSON object".to_owned());
    };
    for remark in REMARKS {
        fields.remove(remark);
    }
    let name = required(&mut fields, "name")?;
    let email = required(&mut fields, "email")?;
    let phone = optional(&mut fields, "phone")?;
    if let Some(unknown) = fields.keys().next() {
        let unknown = printable(unknown);
        return Err(format!(
            "has an unknown field \"{unknown}\"; a user has name, email and perhaps phone"
        ));
    }
    Ok(user(name, email, phone))
}

fn required(fields: &mut Map<String, Value>, name: &str) -> Result<String, String> {
    optional(fields, name)?.ok_or_else(|| format!("{name}: is missing"))
}

fn optional(fields: &mut Map<String, Value>, name: &str) -> Result<Option<String>, String> {
    match fields.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(format!("{name}: is not a string")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(input: &[u8]) -> Vec<Record> {
        let mut records = Records::open(input);
        std::iter::from_fn(|| records.read().unwrap()).collect()
    }

    #[test]
    fn an_object_is_a_user_and_blank_lines_are_none() {
        let records = all(b"\n{\"email\":\"a@b.c\",\"name\":\"A\",\"phone\":null}\r\n");
        assert_eq!(records.len(), 1);
        assert_eq!(records[0].line, 2);
        let user = records[0].user.as_ref().unwrap();
        assert_eq!((user.name.as_str(), user.email.as_str()), ("A", "a@b.c"));
        assert_eq!(user.phone, None);
    }

    #[test]
    fn the_remarks_of_a_rejected_line_are_no_part_of_the_user() {
        let plain = all(br#"{"name":"A","email":"a@b.c"}"#);
        let again = all(br#"{"name":"A","email":"a@b.c","line":7,"reason":"was wrong"}"#);
        let user = |records: &[Record]| records[0].user.clone().unwrap();
        assert_eq!(user(&again), user(&plain));
    }

    #[test]
    fn what_is_no_user_is_refused_with_what_is_wrong() {
        let table: [(&[u8], &str); 7] = [
            (b"{\"name\":", "is not JSON"),
            (b"[1]", "is not a JSON object"),
            (b"\xff", "is not valid UTF-8"),
            (b"{\"name\":\"A\"}", "email: is missing"),
            (b"{\"name\":1,\"email\":\"a\"}", "name: is not a string"),
            (
                b"{\"name\":\"A\",\"email\":\"a\",\"fax\":1}",
                "has an unknown field \"fax\"",
            ),
            (&[b'x'; LONGEST_RECORD + 1], "is longer than"),
        ];
        for (line, expected) in table {
            let reason = all(line)[0].user.clone().unwrap_err();
            assert!(reason.starts_with(expected), "{reason}");
        }
    }
}
