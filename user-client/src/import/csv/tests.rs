use super::*;
use crate::import::LONGEST_RECORD;

fn all(input: &[u8]) -> Vec<Record> {
    let mut records = Records::open(input, dialect::of(input)).unwrap();
    std::iter::from_fn(|| records.read().unwrap()).collect()
}

fn refused(input: &[u8]) -> String {
    Records::open(input, dialect::of(input))
        .map(|_| ())
        .unwrap_err()
}

#[test]
fn columns_may_come_in_any_order_and_phone_may_be_absent() {
    let records = all(b"\xef\xbb\xbfEmail, name\na@b.c,Ada\n");
    let user = records[0].user.as_ref().unwrap();
    assert_eq!((user.name.as_str(), user.email.as_str()), ("Ada", "a@b.c"));
    assert_eq!(user.phone, None);
}

#[test]
fn other_delimiters_are_taken_and_their_line_is_no_record() {
    for (input, line) in [
        ("name;email;phone\nAda, B;a@b.c;\n", 2),
        ("name\temail\n\"Ada, B\"\ta@b.c\n", 2),
        ("sep=;\r\nname;email\r\n\"Ada, B\";a@b.c\r\n", 3),
        ("sep=,\nname,email\n\"Ada, B\",a@b.c\n", 3),
        ("id|name|email|created_at\n7|Ada, B|a@b.c|2026-11-29\n", 2),
    ] {
        let records = all(input.as_bytes());
        assert_eq!(records.len(), 1, "{input}");
        assert_eq!(records[0].line, line, "{input}");
        let user = records[0].user.as_ref().unwrap();
        assert_eq!(
            (user.name.as_str(), user.email.as_str()),
            ("Ada, B", "a@b.c")
        );
    }
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
    let RecordText::Fields([name, ..]) = &records[1].source else {
        unreachable!()
    };
    assert_eq!(name, b"B\xff");
}

#[test]
fn titles_that_are_not_of_users_are_refused_with_what_to_write() {
    for (input, expected) in [
        ("", "it is empty; write the titles"),
        ("\n", "it is empty; write the titles"),
        ("sep=;\n", "it is empty; write the titles"),
        ("phone\n", "line 1 has no column name"),
        ("name:email\n", "line 1 has a column \"name:email\""),
        ("sep=;\nname;fax\n", "line 2 has a column \"fax\""),
        ("name,phone\n", "line 1 has no column email"),
        ("name,email,fax\n", "line 1 has a column \"fax\""),
        ("name,email,name\n", "line 1 has the column name twice"),
    ] {
        let reason = refused(input.as_bytes());
        assert!(reason.starts_with(expected), "{reason}");
    }
}

fn lines_and_reasons(input: &str) -> Vec<(u64, Option<String>)> {
    let records = all(input.as_bytes()).into_iter();
    records.map(|it| (it.line, it.user.err())).collect()
}

#[test]
fn a_quote_that_is_never_closed_costs_its_own_line_and_no_other() {
    let few = "B,b@b.c\n".to_owned();
    let many = few.repeat(2 * LONGEST_RECORD / few.len());
    for rest in [few, many] {
        let read = lines_and_reasons(&format!("name,email\n\"A,a@b.c\n{rest}"));
        assert_eq!(read.len(), 1 + rest.lines().count());
        assert_eq!(read[0].0, 2);
        let reason = read[0].1.as_deref().unwrap();
        assert!(
            reason.starts_with("has a quote that isn't closed"),
            "{reason}"
        );
        let others = read[1..].iter().zip(3..);
        for ((line, reason), expected) in others {
            assert_eq!((*line, reason), (expected, &None));
        }
    }
}

#[test]
fn a_line_that_is_too_long_is_cut_and_costs_no_other() {
    let long = "x".repeat(3 * LONGEST_RECORD);
    let records = all(format!("name,email\n{long}\nB,b@b.c\n").as_bytes());
    assert_eq!(records.len(), 2);
    assert!(records[0].user.is_err());
    let RecordText::Fields([name, ..]) = &records[0].source else {
        unreachable!()
    };
    assert_eq!(name.len(), LONGEST_RECORD);
    assert_eq!((records[1].line, records[1].user.is_ok()), (3, true));
}

#[test]
fn the_last_line_need_not_have_an_end() {
    let read = lines_and_reasons("name,email\nA,a@b.c\n\"B\",b@b.c");
    assert_eq!(read, [(2, None), (3, None)]);
}

#[test]
fn a_record_may_have_any_number_of_fields() {
    let read = lines_and_reasons(&format!("name,email\nA{}\nB,b@b.c\n", ",".repeat(9_999)));
    let reason = read[0].1.as_deref().unwrap();
    assert!(reason.starts_with("has 10000 fields where"), "{reason}");
    assert_eq!(read[1], (3, None));
}

#[test]
fn a_file_may_be_longer_than_a_record() {
    let rows = "Ada,ada@example.com\n".repeat(2 * LONGEST_RECORD / 20);
    let records = all(format!("name,email\n{rows}").as_bytes());
    assert_eq!(records.len(), 2 * LONGEST_RECORD / 20);
    assert!(records.iter().all(|record| record.user.is_ok()));
}
