//! Users as a table, or as JSON.

use console::{Alignment, Style, measure_text_width, pad_str};
use grpc_common::printable;
use serde_json::{Value, json};
use user_proto::v1::User;

use crate::failure::Failure;
use crate::output::console::Console;

const TITLES: [&str; 5] = ["ID", "NAME", "EMAIL", "PHONE", "CREATED"];

/// Numbers are aligned right, so that their digits line up.
const ALIGNMENTS: [Alignment; 5] = [
    Alignment::Right,
    Alignment::Left,
    Alignment::Left,
    Alignment::Left,
    Alignment::Left,
];

/// Widths that most users fit into.
const ROOM: [usize; 5] = [4, 18, 24, 12, 20];

/// The widths down to which columns are truncated: names and addresses first, then phone
/// numbers, then dates, down to the day. Ids are never truncated.
const NARROWEST: [(usize, usize); 4] = [(2, 12), (1, 10), (3, 6), (4, 10)];

/// Cells between two columns.
const GAP: usize = 2;

/// The last second of the year 9999, after which dates have no usual form.
const LAST_SECOND: u64 = 253_402_300_799;

/// A table that is printed row by row, so columns only widen.
#[derive(Debug)]
pub struct Table {
    widths: [usize; 5],
    /// The width of all columns together that must not be exceeded.
    limit: Option<usize>,
    style: Style,
    titled: bool,
}

/// One line of a table.
#[derive(Clone, Debug)]
pub enum Row {
    /// A user.
    User(User),
    /// Why there is no user with this id.
    Missing(i64, Failure),
}

impl Table {
    /// A table whose columns fit their titles, no wider than `limit`.
    pub fn new(style: Style, limit: Option<usize>) -> Self {
        Self {
            widths: TITLES.map(str::len),
            limit,
            style,
            titled: false,
        }
    }

    /// A table that is written bit by bit: its columns have room for most of
    /// what may follow.
    pub fn roomy(style: Style, limit: Option<usize>) -> Self {
        Self {
            widths: ROOM,
            ..Self::new(style, limit)
        }
    }

    /// One line for each of `rows`, aligned with each other and with those
    /// before where they are no wider; below a line of titles the first time.
    pub fn lines(&mut self, rows: &[Row]) -> Vec<String> {
        let rows: Vec<_> = rows.iter().map(cells_of).collect();
        for cells in rows.iter().map(|(cells, _)| cells) {
            for (known, cell) in self.widths.iter_mut().zip(cells) {
                *known = (*known).max(measure_text_width(cell));
            }
        }
        let widths = self
            .limit
            .map_or(self.widths, |limit| fitted(self.widths, limit));
        let titles = (!self.titled && !rows.is_empty()).then(|| {
            let titles = line(&TITLES.map(str::to_owned), &widths);
            self.style.clone().dim().apply_to(titles).to_string()
        });
        self.titled |= titles.is_some();
        let rows = rows.iter().map(|(cells, why)| match why {
            Some(why) => self.missing(&cells[0], why),
            None => line(cells, &widths),
        });
        titles.into_iter().chain(rows).collect()
    }

    fn missing(&self, id: &str, why: &str) -> String {
        let id = pad_str(id, self.widths[0], Alignment::Right, None);
        format!("{id}  {}", self.style.clone().yellow().apply_to(why))
    }
}

/// The cells of a row, and what is written across all but the first of them.
fn cells_of(row: &Row) -> ([String; 5], Option<String>) {
    match row {
        Row::User(user) => (cells(user), None),
        Row::Missing(id, failure) => {
            let mut cells = [const { String::new() }; 5];
            cells[0] = id.to_string();
            (cells, Some(failure.sentence.clone()))
        }
    }
}

/// The widths of columns that together are no wider than `limit`, as far as that is possible.
fn fitted(widths: [usize; 5], limit: usize) -> [usize; 5] {
    let mut fitted = widths;
    let width = |widths: &[usize; 5]| widths.iter().sum::<usize>() + GAP * (widths.len() - 1);
    for (column, narrowest) in NARROWEST {
        let excess = width(&fitted).saturating_sub(limit);
        let room = fitted[column].saturating_sub(narrowest);
        fitted[column] -= excess.min(room);
    }
    fitted
}

fn line(cells: &[String; 5], widths: &[usize; 5]) -> String {
    let columns = cells.iter().zip(widths).zip(ALIGNMENTS);
    let cells: Vec<_> = columns
        .map(|((cell, width), alignment)| pad_str(cell, *width, alignment, Some("…")))
        .collect();
    cells.join(&" ".repeat(GAP)).trim_end().to_owned()
}

fn cells(user: &User) -> [String; 5] {
    let phone = user.phone.as_deref().unwrap_or("-");
    [
        user.id.to_string(),
        printable(&user.name),
        printable(&user.email),
        printable(phone),
        date(user.created_at),
    ]
}

/// A Unix time in UTC.
fn date(seconds: i64) -> String {
    match u64::try_from(seconds) {
        Ok(known) if known <= LAST_SECOND => {
            let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(known);
            humantime::format_rfc3339_seconds(time).to_string()
        }
        _ => seconds.to_string(),
    }
}

/// A row as a JSON object for `console`.
pub fn json_row(row: &Row, console: &Console) -> Value {
    match row {
        Row::User(user) => json(user),
        Row::Missing(id, failure) => {
            let mut object = console.object(failure);
            object["id"] = (*id).into();
            object
        }
    }
}

/// The user as a JSON object with the names of the contract.
pub fn json(user: &User) -> Value {
    json!({
        "id": user.id,
        "name": user.name,
        "email": user.email,
        "phone": user.phone,
        "created_at": user.created_at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain() -> Style {
        Style::new().force_styling(false)
    }

    fn user(id: i64, name: &str, phone: Option<&str>) -> User {
        User {
            id,
            name: name.to_owned(),
            email: "a@example.com".to_owned(),
            phone: phone.map(str::to_owned),
            created_at: 1_700_000_000,
        }
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [
            Row::User(user(7, "Ada", None)),
            Row::Missing(8, Failure::new("no user has the id 8")),
            Row::User(user(1_234, "日本", Some("+4930123456"))),
        ];
        let expected = [
            "  ID  NAME  EMAIL          PHONE        CREATED",
            "   7  Ada   a@example.com  -            2023-11-14T22:13:20Z",
            "   8  no user has the id 8",
            "1234  日本  a@example.com  +4930123456  2023-11-14T22:13:20Z",
        ];
        assert_eq!(Table::new(plain(), None).lines(&rows), expected);
    }

    #[test]
    fn later_rows_have_no_titles_and_may_widen_the_columns() {
        let mut table = Table::new(plain(), None);
        table.lines(&[Row::User(user(1, "Adelheid", None))]);
        let later = table.lines(&[
            Row::User(user(2, "Ada", None)),
            Row::User(user(3, "Wilhelmina", None)),
        ]);
        assert!(later[0].starts_with(" 2  Ada         a@example.com"));
        assert!(later[1].starts_with(" 3  Wilhelmina  a@example.com"));
        assert_eq!(later.len(), 2);
    }

    #[test]
    fn no_row_is_wider_than_the_terminal() {
        let long = "a-name-that-takes-forty-columns-or-more-x";
        let row = User {
            email: "someone.with.a.long.address@mail.example.com".to_owned(),
            ..user(1_234, long, Some("+4930123456"))
        };
        for limit in [80, 60] {
            let rows = [Row::User(row.clone())];
            let lines = Table::roomy(plain(), Some(limit)).lines(&rows);
            let widest = lines.iter().map(|line| measure_text_width(line)).max();
            assert_eq!(widest, Some(limit), "{lines:#?}");
            assert!(lines[1].starts_with("1234  a-name"), "{lines:#?}");
        }
        let rows = [Row::User(row)];
        let whole = Table::roomy(plain(), None).lines(&rows);
        assert!(whole[1].contains(long), "{whole:#?}");
    }

    #[test]
    fn no_rows_need_no_titles() {
        assert!(Table::new(plain(), None).lines(&[]).is_empty());
    }

    #[test]
    fn a_name_cannot_command_the_terminal() {
        let row = Row::User(user(1, "\u{1b}[2Jx\u{9b}\u{202e}\u{200b}\u{2028}", None));
        let lines = Table::new(plain(), None).lines(&[row]);
        let expected = "\u{fffd}[2Jx\u{fffd}\u{fffd}\u{fffd}\u{fffd}";
        assert!(lines[1].contains(expected));
    }

    #[test]
    fn a_date_out_of_range_is_shown_as_a_number() {
        assert_eq!(date(-1), "-1");
        assert_eq!(date(i64::MAX), i64::MAX.to_string());
        assert_eq!(date(253_402_300_799), "9999-12-31T23:59:59Z");
    }

    #[test]
    fn json_has_the_names_of_the_contract() {
        let expected =
            r#"{"created_at":1700000000,"email":"a@example.com","id":1,"name":"Ada","phone":null}"#;
        assert_eq!(json(&user(1, "Ada", None)).to_string(), expected);
    }
}
