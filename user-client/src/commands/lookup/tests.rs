use super::*;

/// The requested ids and the errors, each in their order.
fn read(input: &[u8]) -> (Vec<i64>, Vec<String>) {
    let (ask, mut asked) = mpsc::channel(IN_FLIGHT);
    let (tell, mut told) = mpsc::channel(IN_FLIGHT);
    Reader { ask, tell }.read_lines(input);
    let ids = std::iter::from_fn(|| asked.try_recv().ok()).map(|it| it.user_id);
    let told = std::iter::from_fn(|| told.try_recv().ok());
    let complaints = told.filter_map(|it| it.err().map(|it| it.sentence));
    (ids.collect(), complaints.collect())
}

#[test]
fn each_line_is_an_id_and_blank_lines_are_skipped() {
    let (ids, complaints) = read(b"1\r\n\n  -2\n9223372036854775807");
    assert_eq!(ids, [1, -2, i64::MAX]);
    assert_eq!(complaints, [""; 0]);
}

#[test]
fn an_invalid_line_is_reported_with_its_number_and_does_not_affect_others() {
    let long = "7".repeat(10 * LONGEST_LINE);
    let (ids, complaints) = read(format!("1\none\n\n9223372036854775808\n{long}\n2").as_bytes());
    assert_eq!(ids, [1, 2]);
    assert_eq!(
        complaints[0],
        "line 2: 'one' is not an id: write a whole number such as 42"
    );
    assert!(complaints[1].starts_with("line 4: '9223372036854775808'"));
    assert!(complaints[2].starts_with("line 5: '777"));
    assert_eq!(complaints.len(), 3);
}

#[test]
fn bytes_that_are_not_text_are_reported_without_control_characters() {
    let (ids, complaints) = read(b"\xff\x1b[2J\n3");
    assert_eq!(ids, [3]);
    assert!(complaints[0].starts_with("line 1: '\u{fffd}\u{fffd}[2J'"));
}
