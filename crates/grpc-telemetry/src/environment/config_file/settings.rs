//! The settings in a configuration file: keys with dots, and their values as text.

use serde_json::Value;

use super::ConfigFileError;

/// A leaf of the file. Places in lists are not part of its key.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Setting {
    pub(super) key: String,
    /// None for a key that is only there, such as `console:`.
    pub(super) value: Option<String>,
}

/// All settings of `file`, in which `${NAME}` stands for what `variable` says.
pub(super) fn of(
    file: &Value,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Vec<Setting>, ConfigFileError> {
    let mut settings = Vec::new();
    add(&mut settings, String::new(), file, &variable)?;
    // What is written out takes precedence over lists, and the last one counts.
    settings.sort_by_key(|setting| setting.key == "resource.attributes");
    Ok(settings)
}

fn add(
    settings: &mut Vec<Setting>,
    key: String,
    value: &Value,
    variable: &impl Fn(&str) -> Option<String>,
) -> Result<(), ConfigFileError> {
    match value {
        Value::Object(parts) if !parts.is_empty() => {
            for (name, part) in parts {
                let key = match key.as_str() {
                    "" => name.clone(),
                    key => format!("{key}.{name}"),
                };
                add(settings, key, part, variable)?;
            }
        }
        Value::Array(items) if items.iter().any(|it| it.get("name").is_some()) => {
            let pairs: Result<Vec<_>, _> =
                items.iter().map(|it| pair(&key, it, variable)).collect();
            let value = Some(pairs?.join(","));
            settings.push(Setting { key, value });
        }
        Value::Array(items) => {
            for item in items {
                add(settings, key.clone(), item, variable)?;
            }
        }
        leaf => {
            let value = text(&key, leaf, variable)?.filter(|it| !it.is_empty());
            settings.push(Setting { key, value });
        }
    }
    Ok(())
}

/// An entry with a name and a value, as lists in variables have it.
fn pair(
    key: &str,
    entry: &Value,
    variable: &impl Fn(&str) -> Option<String>,
) -> Result<String, ConfigFileError> {
    let is_text = entry.get("type").is_none_or(|it| it == "string");
    let field = |name: &str| match entry.get(name) {
        Some(value) => text(key, value, variable),
        None => Ok(None),
    };
    match (field("name")?, field("value")?) {
        (Some(name), Some(value)) if is_text => {
            Ok(format!("{}={}", encoded(&name), encoded(&value)))
        }
        _ => Err(ConfigFileError(format!(
            "{key} needs a name and a value of the type string in each entry"
        ))),
    }
}

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC)
        .to_string()
        // Characters of names that keep their meaning.
        .replace("%2E", ".")
        .replace("%2D", "-")
        .replace("%5F", "_")
}

fn text(
    key: &str,
    leaf: &Value,
    variable: &impl Fn(&str) -> Option<String>,
) -> Result<Option<String>, ConfigFileError> {
    match leaf {
        Value::Bool(value) => Ok(Some(value.to_string())),
        Value::Number(value) => Ok(Some(value.to_string())),
        Value::String(value) => match substituted(value, variable) {
            Some(value) => Ok(Some(value)),
            None => Err(ConfigFileError(format!(
                "{key} has a ${{…}} that is not understood"
            ))),
        },
        _ => Ok(None),
    }
}

/// `text` with the variables that it refers to: `${NAME}`, `${env:NAME}` and `${NAME:-default}`;
/// `$$` is a dollar sign. None if a reference is not one.
fn substituted(text: &str, variable: &impl Fn(&str) -> Option<String>) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(place) = rest.find('$') {
        out.push_str(&rest[..place]);
        rest = &rest[place + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            out.push('$');
            rest = after;
        } else if let Some(after) = rest.strip_prefix('{') {
            let (reference, after) = after.split_once('}')?;
            let (name, default) = reference.split_once(":-").unwrap_or((reference, ""));
            let name = name.strip_prefix("env:").unwrap_or(name);
            let is_name = |it: char| it.is_ascii_alphanumeric() || it == '_';
            if name.is_empty() || !name.chars().all(is_name) {
                return None;
            }
            out.push_str(&variable(name).unwrap_or_else(|| default.to_owned()));
            rest = after;
        } else {
            out.push('$');
        }
    }
    out.push_str(rest);
    Some(out)
}
