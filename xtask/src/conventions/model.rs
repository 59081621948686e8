//! The YAML of the conventions, as far as its facts are pinned.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::Result;

/// A file: of the first format with groups, of the second with attributes.
#[derive(Debug, Deserialize)]
struct Model {
    #[serde(default)]
    groups: Vec<Group>,
    #[serde(default)]
    attributes: Vec<Attribute>,
}

/// A span, a metric, or attributes.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Group {
    pub(super) id: String,
    #[serde(rename = "type", default)]
    pub(super) kind: String,
    pub(super) metric_name: Option<String>,
    pub(super) instrument: Option<String>,
    pub(super) unit: Option<String>,
    pub(super) span_kind: Option<String>,
    extends: Option<String>,
    deprecated: Option<Value>,
    #[serde(default)]
    annotations: Value,
    #[serde(default)]
    pub(super) attributes: Vec<Attribute>,
}

/// An attribute that is defined (`id`) or used (`ref`).
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Attribute {
    #[serde(alias = "key")]
    id: Option<String>,
    #[serde(rename = "ref")]
    reference: Option<String>,
    #[serde(rename = "type")]
    kind: Option<Value>,
    requirement_level: Option<Value>,
    deprecated: Option<Value>,
}

/// All groups, by their ids.
#[derive(Debug)]
pub(super) struct Groups(pub(super) BTreeMap<String, Group>);

/// The groups in the file `path`.
pub(super) fn parse(path: &Path) -> Result<Vec<Group>> {
    let said = |why: String| format!("{}: {why}", path.display());
    let text = fs::read_to_string(path).map_err(|error| said(error.to_string()))?;
    let model: Model = serde_saphyr::from_str(&text).map_err(|error| said(error.to_string()))?;
    let mut groups = model.groups;
    if !model.attributes.is_empty() {
        groups.push(Group {
            id: path.display().to_string(),
            attributes: model.attributes,
            ..Group::default()
        });
    }
    Ok(groups)
}

impl Group {
    pub(super) fn is_deprecated(&self) -> bool {
        self.deprecated.is_some()
    }

    /// int or double.
    pub(super) fn value_type(&self) -> &str {
        let value = self
            .annotations
            .pointer("/code_generation/metric_value_type");
        value.and_then(Value::as_str).unwrap_or_default()
    }
}

impl Attribute {
    /// The name and the type of an attribute that is defined here and not deprecated.
    pub(super) fn definition(&self) -> Option<(&str, String)> {
        let name = self.id.as_deref().filter(|_| self.deprecated.is_none())?;
        let kind = match self.kind.as_ref()? {
            Value::String(kind) => kind.clone(),
            // An enumeration: its members are texts or numbers.
            members => match members.pointer("/members/0/value") {
                Some(Value::Number(_)) => "int".to_owned(),
                _ => "string".to_owned(),
            },
        };
        Some((name, kind))
    }

    /// The first word of the requirement level, if it says one.
    fn level(&self) -> Option<String> {
        match self.requirement_level.as_ref()? {
            Value::String(level) => Some(level.clone()),
            Value::Object(level) => level.keys().next().cloned(),
            _ => None,
        }
    }
}

impl Groups {
    /// The attributes of `group` and of those that it extends, with their requirement levels.
    pub(super) fn attributes(&self, group: &Group) -> BTreeMap<String, String> {
        let parent = group.extends.as_ref().and_then(|id| self.0.get(id));
        let mut all = parent.map(|it| self.attributes(it)).unwrap_or_default();
        for attribute in &group.attributes {
            let Some(name) = attribute.reference.as_ref().or(attribute.id.as_ref()) else {
                continue;
            };
            let level = attribute.level();
            let inherited = all.get(name).cloned();
            let level = level.or(inherited).unwrap_or("recommended".to_owned());
            all.insert(name.clone(), level);
        }
        all
    }
}
