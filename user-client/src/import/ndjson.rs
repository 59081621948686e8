//! Users from JSON: an object on each line or over several, or a list of objects.

mod scanner;

use std::io::{self, BufRead};

use grpc_common::printable;
use serde_json::{Map, Value};
use user_proto::v1::CreateUsersRequest;

use self::scanner::{Scan, Scanner};
use super::csv::IGNORED;
use super::window::Window;
use super::{LONGEST_RECORD, Record, RecordText, user};

/// The most unknown fields that a reason names.
const MOST_UNKNOWN: usize = 3;

/// The records of a file, in sequence.
pub struct Records<R> {
    window: Window<R>,
    /// Whether the file is one list.
    is_list: bool,
    /// Whether an item of the list was read, so that a comma has to follow.
    after_item: bool,
}

impl<R: BufRead> Records<R> {
    /// The records of `input`.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn open(input: R) -> Result<Self, String> {
        let mut window = Window::new(input);
        window.pass_spaces().map_err(|error| error.to_string())?;
        let is_list = window.bytes().starts_with(b"[");
        window.pass(usize::from(is_list));
        Ok(Self {
            window,
            is_list,
            after_item: false,
        })
    }

    /// The next record, or nothing at the end. Blank lines are none.
    ///
    /// # Errors
    /// When the file can't be read on: a list ends with what is not JSON.
    pub fn read(&mut self) -> Result<Option<Record>, String> {
        let more = self.window.pass_spaces();
        let more = more.map_err(|error| error.to_string())?;
        match self.is_list {
            true => self.item(),
            false if more => self.object().map(Some).map_err(|error| error.to_string()),
            false => Ok(None),
        }
    }

    /// The next item of the list.
    fn item(&mut self) -> Result<Option<Record>, String> {
        if self.after_item && self.window.bytes().starts_with(b",") {
            self.window.pass(1);
            self.window
                .pass_spaces()
                .map_err(|error| error.to_string())?;
            self.after_item = false;
        }
        let line = self.window.line();
        match self.window.bytes().first() {
            None => return Err(format!("line {line}: the list is not closed by ]")),
            Some(b']') => return self.end_of_list(),
            Some(b',' | b'}') => return Err(format!("line {line}: the list is not JSON")),
            Some(_) if self.after_item => {
                return Err(format!("line {line}: a comma is missing between two users"));
            }
            Some(_) => self.after_item = true,
        }
        match self.value_end().map_err(|error| error.to_string())? {
            Some(end) => Ok(Some(self.take(end))),
            None => Err(format!("line {line}: {}", never_over())),
        }
    }

    fn end_of_list(&mut self) -> Result<Option<Record>, String> {
        self.window.pass(1);
        let more = self.window.pass_spaces();
        match more.map_err(|error| error.to_string())? {
            false => {
                self.is_list = false;
                Ok(None)
            }
            true => Err(format!(
                "line {}: there is text after the end of the list",
                self.window.line()
            )),
        }
    }

    /// The next line, or the lines of an object that has several.
    fn object(&mut self) -> io::Result<Record> {
        let line = self.window.line();
        let Some(length) = self.window.line_length()? else {
            return Ok(Record {
                line,
                source: RecordText::Line(self.window.pass_line()?),
                user: Err(too_long()),
            });
        };
        let mut scanner = Scanner::default();
        let is_open = matches!(scanner.scan(&self.window.bytes()[..length]), Scan::Open);
        if is_open
            && self.window.bytes().starts_with(b"{")
            && let Some(end) = self.value_end()?
            && serde_json::from_slice::<Value>(&self.window.bytes()[..end]).is_ok()
        {
            return Ok(self.take(end));
        }
        // An incomplete line does not affect the next one.
        Ok(self.take(length))
    }

    /// Where the value ends that begins here, unless it is too long or the input ends first.
    fn value_end(&mut self) -> io::Result<Option<usize>> {
        let mut scanner = Scanner::default();
        loop {
            match scanner.scan(self.window.bytes()) {
                Scan::End(end) => return Ok(Some(end)),
                Scan::Broken => return Ok(None),
                Scan::Open if self.window.is_full() || !self.window.grow()? => return Ok(None),
                Scan::Open => {}
            }
        }
    }

    /// The record in the next `length` bytes.
    fn take(&mut self, length: usize) -> Record {
        let line = self.window.line();
        let text = self.window.bytes()[..length].trim_ascii_end().to_vec();
        self.window.pass(length);
        Record {
            line,
            user: parse(&text),
            source: RecordText::Line(text),
        }
    }
}

fn too_long() -> String {
    format!("is longer than {LONGEST_RECORD} bytes; put each user on a line of its own")
}

fn never_over() -> String {
    format!("a user is not JSON, or longer than {LONGEST_RECORD} bytes")
}

fn parse(line: &[u8]) -> Result<CreateUsersRequest, String> {
    let text = std::str::from_utf8(line).map_err(|_| "is not valid UTF-8".to_owned())?;
    let Ok(value) = serde_json::from_str::<Value>(text) else {
        return Err("is not JSON; write one object per line, or a list of objects".to_owned());
    };
    let Value::Object(mut fields) = value else {
        return Err("is not a JSON object".to_owned());
    };
    for ignored in IGNORED {
        fields.remove(ignored);
    }
    let name = field_text(&mut fields, "name")?;
    let email = field_text(&mut fields, "email")?;
    let phone = field_text(&mut fields, "phone")?;
    let unknown = fields.keys();
    let unknown = unknown.map(|it| format!("unknown field \"{}\"", printable(it)));
    let mut wrong: Vec<String> = unknown.take(MOST_UNKNOWN).collect();
    let missing = [("name", name.is_none()), ("email", email.is_none())];
    let missing = missing.iter().filter(|(_, is_missing)| *is_missing);
    wrong.extend(missing.map(|(field, _)| format!("{field} is missing")));
    match (name, email) {
        (Some(name), Some(email)) if wrong.is_empty() => Ok(user(name, email, phone)),
        _ => Err(wrong.join("; ")),
    }
}

/// The text of a field, if it has any.
fn field_text(fields: &mut Map<String, Value>, name: &str) -> Result<Option<String>, String> {
    match fields.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(format!("{name} is not a string")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(input: &[u8]) -> Vec<Record> {
        let mut records = Records::open(input).unwrap();
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

    /// The line of each record, and the name in it or what is wrong.
    fn told(input: &[u8]) -> Vec<(u64, String)> {
        let told = |it: Record| (it.line, it.user.map_or_else(|why| why, |user| user.name));
        all(input).into_iter().map(told).collect()
    }

    fn of(rows: &[(u64, &str)]) -> Vec<(u64, String)> {
        let rows = rows.iter();
        rows.map(|(line, text)| (*line, (*text).to_owned()))
            .collect()
    }

    /// The users before the list ends too soon, and what is said then.
    fn stopped(input: &[u8]) -> (usize, String) {
        let mut records = Records::open(input).unwrap();
        let mut count = 0;
        loop {
            match records.read() {
                Ok(Some(_)) => count += 1,
                Ok(None) => return (count, "it is whole".to_owned()),
                Err(why) => return (count, why),
            }
        }
    }

    const ADA: &str = r#"{"name":"A","email":"a@b.c"}"#;
    const EVE: &str = "{\n  \"name\": \"E}\",\n  \"email\": \"e@b.c\"\n}";

    #[test]
    fn a_list_is_read_however_it_is_written() {
        for (input, expected) in [
            (format!("[\n{ADA},\n{EVE}\n]\n"), of(&[(2, "A"), (3, "E}")])),
            (format!(" [{EVE} ,{ADA}]"), of(&[(1, "E}"), (4, "A")])),
            (format!("[{ADA}, ]"), of(&[(1, "A")])),
            ("[]".to_owned(), of(&[])),
            (
                format!("[7,\n{ADA}]"),
                of(&[(1, "is not a JSON object"), (2, "A")]),
            ),
        ] {
            assert_eq!(told(input.as_bytes()), expected, "{input}");
            let mut pieces = Records::open(io::BufReader::with_capacity(1, input.as_bytes()));
            let pieces = pieces.as_mut().unwrap();
            let count = std::iter::from_fn(|| pieces.read().unwrap()).count();
            assert_eq!(count, expected.len(), "{input}");
        }
    }

    #[test]
    fn objects_may_have_several_lines_and_one_that_is_cut_off_spoils_no_other() {
        let input = format!("{EVE}\n{ADA}\n{{\"name\":\n{ADA}\n{{\"name\":\"A\n{ADA}\n");
        let broken = "is not JSON; write one object per line, or a list of objects";
        let expected = of(&[
            (1, "E}"),
            (5, "A"),
            (6, broken),
            (7, "A"),
            (8, broken),
            (9, "A"),
        ]);
        assert_eq!(told(input.as_bytes()), expected);
    }

    #[test]
    fn a_list_that_is_not_whole_stops_with_its_line() {
        let long = format!("[{ADA},\n{{\"name\":\"{}", "x".repeat(2 * LONGEST_RECORD));
        for (input, count, expected) in [
            (
                format!("[{ADA},\n"),
                1,
                "line 2: the list is not closed by ]",
            ),
            (format!("[{ADA}\n{ADA}]"), 1, "line 2: a comma is missing"),
            (format!("[{ADA},,{ADA}]"), 1, "line 1: the list is not JSON"),
            (format!("[{ADA}]\n{ADA}"), 1, "line 2: there is text after"),
            (format!("[{ADA},\n{{"), 1, "line 2: a user is not JSON"),
            (long, 1, "line 2: a user is not JSON, or longer"),
        ] {
            let (read, why) = stopped(input.as_bytes());
            assert!(why.starts_with(expected), "{why}");
            assert_eq!(read, count, "{expected}");
        }
    }

    #[test]
    fn the_remarks_of_a_rejected_line_are_no_part_of_the_user() {
        let plain = all(br#"{"name":"A","email":"a@b.c"}"#);
        let again = all(br#"{"name":"A","email":"a@b.c","line":7,"reason":"was wrong","id":1,"created_at":"2026-11-29T00:00:00Z"}"#);
        let user = |records: &[Record]| records[0].user.clone().unwrap();
        assert_eq!(user(&again), user(&plain));
    }

    #[test]
    fn what_is_no_user_is_refused_with_what_is_wrong() {
        let table: [(&[u8], &str); 8] = [
            (b"{\"name\":", "is not JSON"),
            (b"[1]", "is not a JSON object"),
            (b"\xff", "is not valid UTF-8"),
            (b"{\"name\":\"A\"}", "email is missing"),
            (
                b"{\"name\":\"A\",\"mail\":\"a@b.c\"}",
                "unknown field \"mail\"; email is missing",
            ),
            (b"{\"name\":1,\"email\":\"a\"}", "name is not a string"),
            (
                b"{\"name\":\"A\",\"email\":\"a\",\"fax\":1}",
                "unknown field \"fax\"",
            ),
            (&[b'x'; LONGEST_RECORD + 1], "is longer than"),
        ];
        for (line, expected) in table {
            let reason = all(line)[0].user.clone().unwrap_err();
            assert!(reason.starts_with(expected), "{reason}");
        }
    }
}
