//! Which variables there are, and what is said of those that do not work.

use std::collections::{BTreeMap, HashSet};

use crate::environment::Environment;
use crate::environment::table::{Effect, TABLE};
use crate::environment::value::Kind;

fn warnings(name: &str, value: &str) -> Vec<String> {
    Environment::of(&[(name, value)]).warnings()
}

/// A value that is right for each kind, and one that isn't, if there is any.
fn examples(kind: Kind) -> (&'static str, Option<&'static str>) {
    match kind {
        Kind::Text => ("anything", None),
        Kind::Boolean => ("TRUE", Some("yes")),
        Kind::Number => ("10", Some("ten")),
        Kind::Positive => ("10", Some("0")),
        Kind::Ratio => ("0.25", Some("1.5")),
        Kind::OneOf(names) | Kind::ListOf(names) => (names[0], Some("nonsense")),
        Kind::Endpoint => ("http://localhost:4317", Some("http://")),
        Kind::Attributes => ("a=1,b=%2C", Some("a=1,b")),
        Kind::Headers => ("a=1,b=2", Some("\"secret=1\"")),
    }
}

#[test]
fn every_variable_works_or_is_said_not_to() {
    let mut names = HashSet::new();
    for variable in TABLE {
        let name = variable.name;
        assert!(name.starts_with("OTEL_") && names.insert(name), "{name}");
        assert!(warnings(name, "").is_empty(), "{name}: empty is unset");
        assert!(warnings(name, "  ").is_empty(), "{name}: blank is unset");
        match variable.effect {
            Effect::Reads { kind, .. } => {
                let (right, wrong) = examples(kind);
                assert!(warnings(name, right).is_empty(), "{name}={right}");
                if let Some(wrong) = wrong {
                    let said = warnings(name, wrong);
                    assert_eq!(said.len(), 1, "{name}={wrong}");
                    assert!(said[0].starts_with(name), "{said:?}");
                    assert!(!said[0].contains("secret"), "{said:?}");
                }
            }
            Effect::None(_) => {
                let said = warnings(name, "1");
                assert_eq!(said.len(), 1, "{name}");
                assert!(
                    said[0].starts_with(&format!("{name} has no effect")),
                    "{said:?}"
                );
            }
        }
    }
}

#[test]
fn the_documentation_lists_every_variable() {
    let documentation = include_str!("../../../../../docs/environment.md");
    for variable in TABLE {
        let line = documentation
            .lines()
            .find(|line| line.starts_with("| ") && line.contains(&format!("`{}`", variable.name)));
        let works = matches!(variable.effect, Effect::Reads { .. });
        let expected = if works { "| works |" } else { "| no effect |" };
        assert!(
            line.is_some_and(|line| line.contains(expected)),
            "{}: expected {expected} in {line:?}",
            variable.name
        );
    }
}

#[test]
fn unknown_variable_is_reported_unless_another_program_owns_it() {
    assert_eq!(warnings("OTEL_TRACE_SAMPLER", "always_on").len(), 1);
    assert!(warnings("PATH", "/bin").is_empty());
}

#[test]
fn variables_that_others_set_are_no_warning() {
    let quiet = [
        "OTEL_COLLECTOR_PORT",
        "OTEL_COLLECTOR_PORT_4317_TCP",
        "OTEL_COLLECTOR_PORT_4317_TCP_ADDR",
        "OTEL_COLLECTOR_SERVICE_HOST",
        "OTEL_COLLECTOR_SERVICE_PORT",
        "OTEL_COLLECTOR_SERVICE_PORT_OTLP_GRPC",
        "OTEL_POD_IP",
    ];
    for name in quiet {
        assert!(warnings(name, "tcp://10.0.0.1:4317").is_empty(), "{name}");
    }
    assert_eq!(warnings("OTEL_EXPORTER_OTLP_PORT_A", "1").len(), 1);
}

#[test]
fn a_value_that_is_not_text_is_told_once() {
    let environment = Environment(BTreeMap::new(), vec!["OTEL_A".into(), "B".into()]);
    let expected = ["OTEL_A is not text in UTF-8, and counts as unset"];
    assert_eq!(environment.warnings(), expected);
}

#[test]
fn switch_that_is_neither_true_nor_false_is_a_warning() {
    for name in ["KITEX_COMPAT", "TRACE_HEALTH", "TRACE_MESSAGE_EVENTS"] {
        let expected = format!("{name} is not understood: it must be true or false; false applies");
        assert!(warnings(name, "yes").contains(&expected), "{name}");
        let is_mistake = |warning: &String| warning.contains("not understood");
        for value in ["True", "false", ""] {
            assert!(!warnings(name, value).iter().any(is_mistake), "{value}");
        }
    }
}

#[test]
fn several_mistakes_are_one_line_each() {
    let environment = Environment::of(&[
        ("OTEL_BSP_MAX_QUEUE_SIZE", "-1"),
        ("OTEL_EXPERIMENTAL_CONFIG_FILE", "sdk.yaml"),
        ("OTEL_TRACES_SAMPLER", "always_on"),
        ("OTEL_TRACES_SAMPLER_ARG", "NaN"),
    ]);
    let expected = [
        "OTEL_BSP_MAX_QUEUE_SIZE is not understood: it must be a whole number above 0; 16384 applies",
        "OTEL_EXPERIMENTAL_CONFIG_FILE has no effect here: it is OTEL_CONFIG_FILE now",
        "OTEL_TRACES_SAMPLER_ARG is not understood: it must be a number from 0 to 1; 1 applies",
    ];
    assert_eq!(environment.warnings(), expected);
}
