use super::*;
use crate::import::LONGEST_RECORD;

fn all(input: &[u8]) -> Vec<Record> {
    let mut records = Records::open(input).unwrap();
    std::iter::from_fn(|| records.read().unwrap()).collect()
}

fn refused(input: &[u8]) -> String {
    Records::open(input).map(|_| ()).unwrap_err()
}

#[test]
fn columns_may_come_in_any_order_and_phone_may_be_absent() {
    let records = all(b"\xef\xbb\xbfEmail, name\na@b.c,Ada\n");
    let user = records[0].user.as_ref().unwrap();
    assert_eq!((user.name.as_str(), user.email.as_str()), ("Ada", "a@b.c"));
    assert_eq!(user.phone, None);
}

#[test]
fn each_record_knows_the_line_where_it_begins() {
    for end in ["\n", "\r\n"] {
        let rows = ["name,email", "\"A", "B\",a@b.c", "", "C,c@b.c", "D,d@b.c"];
        let records = all(rows.join(end).as_bytes());
        let lines: Vec<u64> = records.iter().map(|record| record.line).collect();
        assert_eq!(lines, [2, 5, 6], "{end:?}");
    }
}

#[test]
fn quotes_hold_commas_and_quotes() {
    let records = all(b"name,email,phone\n\"Ada, \"\"Countess\"\"\",a@b.c,+4930123456\n");
    let user = records[0].user.as_ref().unwrap();
    assert_eq!(user.name, "Ada, \"Countess\"");
    assert_eq!(user.phone.as_deref(), Some("+4930123456"));
}

#[test]
fn a_record_that_is_no_user_is_refused_and_spoils_no_other() {
    let records = all(b"name,email\nA\nB\xff,b@b.c\nC,c@b.c\n");
    let reasons: Vec<_> = records.iter().map(|it| it.user.clone().err()).collect();
    assert!(
        reasons[0]
            .as_ref()
            .unwrap()
            .starts_with("has 1 fields where")
    );
    assert_eq!(reasons[1].as_deref(), Some("name: is not valid UTF-8"));
    assert_eq!(reasons[2], None);
    let Source::Fields([name, ..]) = &records[1].source else {
        unreachable!()
    };
    assert_eq!(name, b"B\xff");
}

#[test]
fn titles_that_are_not_of_users_are_refused_with_what_to_write() {
    for (input, expected) in [
        ("", "line 1 has no column name"),
        ("name;email\n", "line 1 has a column \"name;email\""),
        ("name,phone\n", "line 1 has no column email"),
        ("name,email,fax\n", "line 1 has a column \"fax\""),
        ("name,email,name\n", "line 1 has the column name twice"),
    ] {
        let reason = refused(input.as_bytes());
        assert!(reason.starts_with(expected), "{reason}");
    }
}

#[test]
fn a_quote_that_is_never_closed_ends_the_file_and_not_the_memory() {
    let input = format!("name,email\nA,a@b.c\n\"{}", "x".repeat(3 * LONGEST_RECORD));
    let mut records = Records::open(input.as_bytes()).unwrap();
    assert!(records.read().unwrap().is_some());
    let reason = records.read().unwrap_err();
    assert!(
        reason.starts_with("from line 3 on: a record is longer than"),
        "{reason}"
    );
}

#[test]
fn a_file_may_be_longer_than_a_record() {
    let rows = "Ada,ada@example.com\n".repeat(2 * LONGEST_RECORD / 20);
    let records = all(format!("name,email\n{rows}").as_bytes());
    assert_eq!(records.len(), 2 * LONGEST_RECORD / 20);
    assert!(records.iter().all(|record| record.user.is_ok()));
}
