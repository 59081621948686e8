//! `OTEL_CONFIG_FILE`: the declarative configuration, format 1.0, for the parts that there are here.
//! Each setting of the file becomes the variable of the same meaning, and the other `OTEL_*`
//! variables have no effect. What has no such variable is refused by its name.

mod keys;
mod settings;

use serde_json::Value;

use self::settings::Setting;
use super::Environment;
use super::syntax::list;
use super::table::{Effect, TABLE};

/// The largest file that is read, in bytes.
const MAX_BYTES: u64 = 1024 * 1024;

/// Why a configuration file is not used, which ends the start.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("OTEL_CONFIG_FILE: {0}")]
pub struct ConfigFileError(String);

impl Environment {
    /// This environment, or what the file says that `OTEL_CONFIG_FILE` names.
    ///
    /// # Errors
    /// When the file can't be read, or has something that is not supported.
    pub(crate) fn with_file(self) -> Result<Self, ConfigFileError> {
        let Some(path) = self.get("OTEL_CONFIG_FILE") else {
            return Ok(self);
        };
        let text = read(path).map_err(|error| ConfigFileError(format!("{path}: {error}")))?;
        self.of_file(&text)
    }

    fn of_file(&self, text: &str) -> Result<Self, ConfigFileError> {
        // The error would show a line of the file, which may hold a secret.
        let file: Value = serde_saphyr::from_str(text)
            .map_err(|_| ConfigFileError("the file is not YAML".to_owned()))?;
        check_format(&file)?;
        let settings = settings::of(&file, |name| self.get(name).map(str::to_owned))?;
        let mut environment = self.without_opentelemetry();
        for (name, value) in DEFAULTS {
            environment = environment.with(name, value);
        }
        for setting in settings {
            environment = environment.set(&setting)?;
        }
        Ok(environment)
    }

    /// What other programs and this one's own variables say.
    fn without_opentelemetry(&self) -> Self {
        let mut environment = self.clone();
        environment.0.retain(|name, _| !name.starts_with("OTEL_"));
        environment
    }

    fn set(mut self, setting: &Setting) -> Result<Self, ConfigFileError> {
        let key = setting.key.as_str();
        let Some(variables) = keys::variables(key, setting.value.as_deref()) else {
            return Err(ConfigFileError(format!("{key} is not supported")));
        };
        for (name, value) in variables {
            let known = TABLE.iter().find(|variable| variable.name == name);
            if let Some(Effect::Reads { kind, .. }) = known.map(|it| it.effect)
                && let Some(expected) = kind.mistake(&value)
            {
                return Err(ConfigFileError(format!("{key} must be {expected}")));
            }
            self = match (self.get(&name), keys::is_list(&name)) {
                (None | Some("none"), _) => self.with(&name, &value),
                (Some(before), true) if list(before).any(|it| it == value) => self,
                (Some(before), true) => {
                    let both = format!("{before},{value}");
                    self.with(&name, &both)
                }
                (Some(before), false) if before == value => self,
                (Some(_), false) => {
                    return Err(ConfigFileError(format!(
                        "{key} is set twice, or contradicts another key"
                    )));
                }
            };
        }
        Ok(self)
    }
}

/// What a file without these parts means: nothing is exported and nothing propagated.
const DEFAULTS: [(&str, &str); 4] = [
    ("OTEL_TRACES_EXPORTER", "none"),
    ("OTEL_METRICS_EXPORTER", "none"),
    ("OTEL_LOGS_EXPORTER", "none"),
    ("OTEL_PROPAGATORS", "none"),
];

fn check_format(file: &Value) -> Result<(), ConfigFileError> {
    let format = file.get("file_format").and_then(Value::as_str);
    let minor = format.and_then(|it| it.strip_prefix("1."));
    match minor.is_some_and(|it| it.parse::<u32>().is_ok()) {
        true => Ok(()),
        false => Err(ConfigFileError(
            "file_format must be \"1.0\", in quotes".to_owned(),
        )),
    }
}

fn read(path: &str) -> std::io::Result<String> {
    use std::io::Read;
    let mut text = String::new();
    std::fs::File::open(path)?
        .take(MAX_BYTES)
        .read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests;
