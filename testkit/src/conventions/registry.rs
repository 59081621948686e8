//! The registry of the semantic conventions, as far as this project has something of it: the
//! facts that `cargo xtask conventions` has pinned.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;

const FACTS: &str = include_str!("registry.tsv");

pub(super) static REGISTRY: LazyLock<Registry> = LazyLock::new(|| Registry::parse(FACTS));

/// What the conventions say.
#[derive(Debug, Default)]
pub(super) struct Registry {
    /// The type of each attribute.
    attributes: BTreeMap<&'static str, &'static str>,
    pub(super) metrics: BTreeMap<&'static str, MetricFacts>,
    /// The attributes of each kind of span.
    spans: BTreeMap<&'static str, Attributes>,
    /// The first words of names.
    namespaces: BTreeSet<&'static str>,
}

/// What a metric has to be.
#[derive(Debug)]
pub(super) struct MetricFacts {
    pub(super) instrument: &'static str,
    pub(super) unit: &'static str,
    /// int or double.
    pub(super) value_type: &'static str,
    pub(super) attributes: Attributes,
}

/// The attributes of a signal, with their requirement levels.
#[derive(Debug, Default)]
pub(super) struct Attributes(BTreeMap<&'static str, &'static str>);

impl Registry {
    fn parse(facts: &'static str) -> Self {
        let mut registry = Self::default();
        for line in facts.lines().filter(|line| !line.starts_with('#')) {
            let fields: Vec<&'static str> = line.split('\t').collect();
            match fields[..] {
                ["attribute", name, kind] => {
                    registry.namespaces.extend(name.split('.').next());
                    registry.attributes.insert(name, kind);
                }
                ["metric", name, instrument, unit, value_type, attributes] => {
                    registry.namespaces.extend(name.split('.').next());
                    let facts = MetricFacts {
                        instrument,
                        unit,
                        value_type,
                        attributes: Attributes::parse(attributes),
                    };
                    registry.metrics.insert(name, facts);
                }
                ["span", id, _, attributes] => {
                    registry.spans.insert(id, Attributes::parse(attributes));
                }
                _ => {}
            }
        }
        registry
    }

    /// Whether the conventions are the ones to say what has this name.
    pub(super) fn covers(&self, name: &str) -> bool {
        let namespace = name.split('.').next();
        name.contains('.') && namespace.is_some_and(|it| self.namespaces.contains(it))
    }

    /// What is wrong with an attribute: a name that the registry lacks, or a value of another type.
    pub(super) fn attribute(&self, attribute: &KeyValue) -> Option<String> {
        let key = attribute.key.as_str();
        let Some(kind) = self.attributes.get(key) else {
            let covered = self.covers(key);
            return covered.then(|| format!("{key} is not in the registry"));
        };
        let value = attribute.value.as_ref().and_then(|it| it.value.as_ref());
        let is_right = match *kind {
            "string" => matches!(value, Some(Value::StringValue(_))),
            "int" => matches!(value, Some(Value::IntValue(_))),
            "double" => matches!(value, Some(Value::DoubleValue(_))),
            "boolean" => matches!(value, Some(Value::BoolValue(_))),
            _ => true,
        };
        (!is_right).then(|| format!("{key} is not of the type {kind}"))
    }

    /// What the span `id` has to have, and `attributes` lack.
    pub(super) fn missing_of_span(&self, id: &str, attributes: &[KeyValue]) -> Vec<String> {
        match self.spans.get(id) {
            Some(facts) => facts.missing(attributes),
            None => vec![format!("{id} is not in the registry")],
        }
    }
}

impl Attributes {
    /// `name:level` with spaces in between.
    fn parse(text: &'static str) -> Self {
        Self(
            text.split(' ')
                .filter_map(|it| it.split_once(':'))
                .collect(),
        )
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Those that are required, and that `attributes` lack.
    pub(super) fn missing(&self, attributes: &[KeyValue]) -> Vec<String> {
        let required = self.0.iter().filter(|(_, level)| **level == "required");
        let missing = required.filter(|(name, _)| !attributes.iter().any(|it| it.key == **name));
        missing
            .map(|(name, _)| format!("it lacks {name}"))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::common::v1::AnyValue;

    use super::*;

    fn attribute(key: &str, value: Value) -> KeyValue {
        KeyValue {
            key: key.to_owned(),
            value: Some(AnyValue { value: Some(value) }),
            ..KeyValue::default()
        }
    }

    #[test]
    fn the_facts_are_those_of_the_schema_that_is_sent() {
        let version = grpc_telemetry::names::SCHEMA_URL
            .rsplit('/')
            .next()
            .unwrap();
        let first = FACTS.lines().next().unwrap();
        assert!(
            first.contains(&format!("conventions {version}.")),
            "{first}"
        );
        assert!(REGISTRY.attributes.len() > 100 && REGISTRY.metrics.len() > 30);
    }

    #[test]
    fn names_and_types_are_those_of_the_registry() {
        let text = |text: &str| Value::StringValue(text.to_owned());
        let table = [
            (attribute("rpc.method", text("m")), None),
            (attribute("call.attempts", Value::IntValue(1)), None),
            (
                attribute("server.port", text("1")),
                Some("server.port is not of the type int"),
            ),
            (
                attribute("rpc.service", text("s")),
                Some("rpc.service is not in the registry"),
            ),
        ];
        for (attribute, expected) in table {
            let said = REGISTRY.attribute(&attribute);
            assert_eq!(said.as_deref(), expected, "{}", attribute.key);
        }
    }

    #[test]
    fn what_a_span_must_have_is_missed() {
        let missing = REGISTRY.missing_of_span("span.rpc.call.client", &[]);
        assert!(
            missing.contains(&"it lacks rpc.system.name".to_owned()),
            "{missing:?}"
        );
    }
}
