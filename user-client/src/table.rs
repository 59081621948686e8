//! Users as a table, or as JSON.

use serde_json::{Value, json};
use user_proto::v1::User;

use crate::paint::{Hue, Paint};
use crate::text::{pad, pad_left, printable, width};

const TITLES: [&str; 5] = ["ID", "NAME", "EMAIL", "PHONE", "CREATED"];

/// The last second of the year 9999, after which dates have no usual form.
const LAST_SECOND: u64 = 253_402_300_799;

/// One line per user below a line of titles.
pub fn table(users: &[User], paint: Paint) -> Vec<String> {
    let rows: Vec<[String; 5]> = users.iter().map(cells).collect();
    let widths: Vec<usize> = TITLES
        .iter()
        .enumerate()
        .map(|(column, title)| {
            let cells = rows.iter().map(|row| width(&row[column]));
            cells.max().unwrap_or(0).max(title.len())
        })
        .collect();
    let titles = paint.text(Hue::Dim, &line(&TITLES.map(str::to_owned), &widths));
    let rows = rows.iter().map(|row| line(row, &widths));
    std::iter::once(titles).chain(rows).collect()
}

fn line(cells: &[String; 5], widths: &[usize]) -> String {
    let cells: Vec<String> = cells
        .iter()
        .zip(widths)
        .enumerate()
        // Numbers are aligned right, so that their digits stand below each other.
        .map(|(column, (cell, width))| match column {
            0 => pad_left(cell, *width),
            _ => pad(cell, *width),
        })
        .collect();
    cells.join("  ").trim_end().to_owned()
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
        let users = [
            user(7, "Ada", None),
            user(1_234, "日本", Some("+4930123456")),
        ];
        let expected = [
            "  ID  NAME  EMAIL          PHONE        CREATED",
            "   7  Ada   a@example.com  -            2023-11-14T22:13:20Z",
            "1234  日本  a@example.com  +4930123456  2023-11-14T22:13:20Z",
        ];
        assert_eq!(table(&users, Paint(false)), expected);
    }

    #[test]
    fn a_name_cannot_command_the_terminal() {
        let lines = table(&[user(1, "\u{1b}[2Jx", None)], Paint(false));
        assert!(lines[1].contains("\u{fffd}[2Jx"));
    }

    #[test]
    fn a_senseless_date_is_shown_as_its_number() {
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
