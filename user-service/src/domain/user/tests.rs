use super::*;

#[test]
fn a_name_has_1_to_200_characters_whatever_their_bytes() {
    for text in ["a", "Ada Lovelace", "诸葛亮", "  x  "] {
        assert!(Name::parse(text.into()).is_some(), "{text:?}");
    }
    assert!(Name::parse("é".repeat(200)).is_some());
    assert!(Name::parse("é".repeat(201)).is_none());
    for text in ["", " \t ", "a\nb", "a\0b", "\u{1b}[31m"] {
        assert!(Name::parse(text.into()).is_none(), "{text:?}");
    }
}

#[test]
fn an_email_is_one_by_rfc_5321() {
    for text in ["ada@example.com", "a.b+c@sub.example.org", "x@localhost"] {
        assert!(Email::parse(text.into()).is_some(), "{text:?}");
    }
    for text in [
        "",
        "ada",
        "@example.com",
        "ada@",
        "a b@example.com",
        "a@b@c.com",
        "Ada <ada@example.com>",
        "ädä@example.com",
        "a\r\nb@example.com",
    ] {
        assert!(Email::parse(text.into()).is_none(), "{text:?}");
    }
}

#[test]
fn an_email_has_at_most_254_characters() {
    let local = "l".repeat(64);
    let domain = |last| format!("{0}.{0}.{1}.com", "d".repeat(63), "d".repeat(last));
    assert_eq!(local.len() + 1 + domain(57).len(), 254);
    assert!(Email::parse(format!("{local}@{}", domain(57))).is_some());
    assert!(Email::parse(format!("{local}@{}", domain(58))).is_none());
    assert!(Email::parse(format!("{local}l@example.com")).is_none());
}

#[test]
fn emails_are_compared_without_case() {
    let keys = ["Ada@Example.COM", "ada@example.com"]
        .map(|text| Email::parse(text.into()).map(|email| email.key()));
    assert!(keys[0].is_some());
    assert_eq!(keys[0], keys[1]);
}

#[test]
fn a_phone_is_one_by_e164() {
    for text in ["+12", "+4930123456", "+123456789012345"] {
        assert!(Phone::parse(text.into()).is_some(), "{text:?}");
    }
    for text in [
        "",
        "+",
        "+1",
        "030123456",
        "+0301234",
        "+1234567890123456",
        "+49 30",
        "+49a",
    ] {
        assert!(Phone::parse(text.into()).is_none(), "{text:?}");
    }
}

#[test]
fn a_request_id_is_a_uuid_but_not_nil() {
    assert!(RequestId::parse("4bf92f35-77b3-4da6-a3ce-929d0e0e4736").is_some());
    assert!(RequestId::parse("00000000-0000-0000-0000-000000000000").is_none());
    assert!(RequestId::parse("not-a-uuid").is_none());
}
