//! The text of any attributes, read by a parser that takes nothing but what is right.

#![expect(clippy::panic, reason = "a test says by a panic what went wrong")]

use opentelemetry::metrics::MeterProvider;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::SdkMeterProvider;

use super::*;
use crate::metrics::Scrape;

/// What keys and values are made of: all that has a meaning somewhere.
const CHARACTERS: [&str; 18] = [
    "a",
    "Z",
    "7",
    "0",
    "_",
    ".",
    "-",
    "/",
    ":",
    " ",
    "\"",
    "\\",
    "\n",
    "{",
    "}",
    "=",
    "é",
    "\u{1f980}",
];

/// The labels of a line, if all of it is right.
fn parsed(line: &str) -> Option<Vec<(String, String)>> {
    let (_, rest) = line.split_once('{')?;
    let mut rest = rest;
    let mut labels = Vec::new();
    loop {
        let (name, after) = rest.split_once("=\"")?;
        let valid = |(place, it): (usize, char)| match it {
            '0'..='9' => place > 0,
            it => it.is_ascii_alphabetic() || it == '_',
        };
        if name.is_empty() || name.starts_with("__") || !name.char_indices().all(valid) {
            return None;
        }
        let (value, after) = quoted(after)?;
        if labels.iter().any(|(other, _)| other == name) {
            return None;
        }
        labels.push((name.to_owned(), value));
        match after.strip_prefix(',') {
            Some(next) => rest = next,
            None => return (after == "} 1").then_some(labels),
        }
    }
}

/// What stands before the next quotation mark, and what comes after that.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((place, character)) = characters.next() {
        match character {
            '"' => return Some((value, &text[place + 1..])),
            '\\' => value.push(match characters.next()?.1 {
                'n' => '\n',
                escaped @ ('"' | '\\') => escaped,
                _ => return None,
            }),
            '\n' => return None,
            other => value.push(other),
        }
    }
    None
}

fn target_info(attributes: &[(String, String)]) -> String {
    let pairs = attributes.iter();
    let pairs = pairs.map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
    let resource = Resource::builder_empty().with_attributes(pairs).build();
    let scrape = Scrape::new();
    let _provider = SdkMeterProvider::builder()
        .with_resource(resource)
        .with_reader(scrape.clone())
        .build();
    let text = scrape.text(None).body;
    let start = text.find("\ntarget_info").map_or(0, |place| place + 1);
    text[start..]
        .trim_end_matches("# EOF\n")
        .trim_end_matches('\n')
        .to_owned()
}

#[test]
fn any_attributes_make_labels_that_a_strict_parser_takes() {
    // A generator of numbers that is the same each time.
    let mut state = 20_261_129_u64;
    let mut below = |limit: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) % limit
    };
    for _ in 0..2_000 {
        let mut word = |least| -> String {
            let length = least + below(4);
            (0..length)
                .map(|_| CHARACTERS[below(CHARACTERS.len() as u64) as usize])
                .collect()
        };
        let attributes: Vec<(String, String)> = (0..4).map(|_| (word(1), word(0))).collect();
        let line = target_info(&attributes);
        let labels = parsed(&line);
        let labels = labels.unwrap_or_else(|| panic!("{attributes:?} make {line}"));
        for (_, value) in &attributes {
            let shown = labels
                .iter()
                .any(|(_, shown)| shown.contains(value.as_str()));
            // The last of several with one key counts.
            let keys: Vec<&String> = attributes.iter().map(|(key, _)| key).collect();
            let unique = keys
                .iter()
                .all(|key| keys.iter().filter(|it| it == &key).count() == 1);
            assert!(shown || !unique, "{attributes:?} make {line}");
        }
    }
}

#[test]
fn names_that_become_equal_are_one_label_with_both_values() {
    let pairs = [("1abc", "2"), ("a.b", "1"), ("a_b", "3"), ("__name__", "x")];
    let pairs = pairs.map(|(key, value)| (key.to_owned(), value.to_owned()));
    assert_eq!(
        target_info(&pairs),
        r#"target_info{_abc="2",_name_="x",a_b="1;3"} 1"#
    );
}

#[test]
fn help_is_escaped_and_infinity_has_its_sign() {
    let scrape = Scrape::new();
    let provider = SdkMeterProvider::builder()
        .with_reader(scrape.clone())
        .build();
    let meter = provider.meter("test");
    let gauge = meter.f64_gauge("load-1").with_description("a \"b\"\nc\\d");
    gauge.build().record(1.5, &[]);
    let text = scrape.text(None).body;
    assert!(
        text.contains("# HELP load_1 a \\\"b\\\"\\nc\\\\d\n"),
        "{text}"
    );
    assert!(text.contains("\nload_1 1.5\n"), "{text}");
    let shown = [f64::INFINITY, f64::NEG_INFINITY, f64::NAN].map(|it| Number::of(it).to_string());
    assert_eq!(shown, ["+Inf", "-Inf", "NaN"]);
}

#[test]
fn older_text_names_counters_as_their_samples_and_has_no_end() {
    let scrape = Scrape::new();
    let provider = SdkMeterProvider::builder()
        .with_reader(scrape.clone())
        .build();
    let meter = provider.meter("test");
    let counter = meter.f64_counter("work").with_unit("s");
    counter.with_description("a \"b\"").build().add(1.5, &[]);
    let text = scrape.text(Some("text/plain;version=0.0.4"));
    assert_eq!(
        text.content_type,
        "text/plain; version=0.0.4; charset=utf-8"
    );
    let expected = "# TYPE work_seconds_total counter\n# HELP work_seconds_total a \"b\"\nwork_seconds_total 1.5\n";
    assert!(text.body.ends_with(expected), "{}", text.body);
    assert!(
        text.body.starts_with("# TYPE target_info gauge\n"),
        "{}",
        text.body
    );
}
