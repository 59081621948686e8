//! The settings in force, and the source of each.

use std::fmt;
use std::path::{Path, PathBuf};

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};
use grpc_common::{printable, printable_json, redacted};
use serde_json::{Value, json};

/// Variables of telemetry that don't begin with `OTEL_`.
const TELEMETRY: [&str; 4] = [
    "KITEX_COMPAT",
    "TRACE_HEALTH",
    "TRACE_KEEP",
    "TRACE_MESSAGE_EVENTS",
];

/// A value that is longer moves only its own source, so that other lines fit a terminal.
const WIDEST_VALUE: usize = 30;

/// Where a value comes from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SettingSource {
    /// The command line.
    Flag,
    /// The environment.
    Variable,
    /// This file, which a setting names.
    File(PathBuf),
    /// It was not set.
    Default,
}

impl fmt::Display for SettingSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => formatter.write_str("flag"),
            Self::Variable => formatter.write_str("variable"),
            Self::File(path) => write!(formatter, "file {}", path.display()),
            Self::Default => formatter.write_str("default"),
        }
    }
}

/// A setting. Its value has no secrets in it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Setting {
    /// Its variable, or its flag if it has none.
    pub name: String,
    /// What it is set to, or nothing where there is no default.
    pub value: Option<String>,
    /// Where that comes from.
    pub source: SettingSource,
}

impl Setting {
    /// As an object.
    pub fn json(&self) -> Value {
        let (source, file) = match &self.source {
            SettingSource::File(path) => ("file".to_owned(), Some(path.display().to_string())),
            other => (other.to_string(), None),
        };
        let mut object = json!({"setting": self.name, "value": self.value, "source": source});
        if let Some(file) = file {
            object["file"] = file.into();
        }
        object
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.value.as_deref().unwrap_or_default();
        write!(formatter, "{}={value} ({})", self.name, self.source)
    }
}

/// All settings in force, without their secrets.
#[derive(Clone, Debug, Default)]
pub struct Settings(Vec<Setting>);

impl Settings {
    /// The settings of `command` with the values in `matches`, and the variables of telemetry that
    /// are set. The values of `secrets`, by their ids, are masked; URLs lose their secrets.
    #[must_use]
    pub fn of(command: &Command, matches: &ArgMatches, secrets: &[&str]) -> Self {
        let arguments = command.get_arguments();
        let arguments =
            arguments.filter(|arg| matches.try_contains_id(arg.get_id().as_str()).is_ok());
        let settings = arguments.map(|arg| setting(arg, matches, secrets));
        Self(settings.chain(telemetry()).collect())
    }

    /// Says that `name` has this default, if it was not set.
    pub fn set_default(&mut self, name: &str, value: &str) {
        let unset = |it: &&mut Setting| it.name == name && it.value.is_none();
        if let Some(setting) = self.0.iter_mut().find(unset) {
            setting.value = Some(value.to_owned());
        }
    }

    /// Says that `name` has this value, which `file` holds.
    pub fn from_file(&mut self, name: &str, value: &str, file: &Path) {
        if let Some(setting) = self.0.iter_mut().find(|it| it.name == name) {
            setting.value = Some(redacted(value));
            setting.source = SettingSource::File(file.to_owned());
        }
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Setting> {
        self.0.iter()
    }

    /// A line for each, in columns.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let value = |it: &Setting| printable(it.value.as_deref().unwrap_or("-"));
        let names = self.0.iter().map(|it| it.name.chars().count()).max();
        let values = self.0.iter().map(|it| value(it).chars().count()).max();
        let names = names.unwrap_or_default();
        let values = values.unwrap_or_default().min(WIDEST_VALUE);
        let line = |it: &Setting| {
            let source = printable(&it.source.to_string());
            format!("{:names$}  {:values$}  {source}", it.name, value(it))
        };
        self.0.iter().map(line).collect()
    }

    /// A JSON object for each.
    #[must_use]
    pub fn json_lines(&self) -> Vec<String> {
        let objects = self.0.iter().map(|it| it.json().to_string());
        objects.map(|text| printable_json(&text)).collect()
    }
}

/// All in one line.
impl fmt::Display for Settings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<_> = self.0.iter().map(Setting::to_string).collect();
        formatter.write_str(&all.join(", "))
    }
}

fn setting(arg: &Arg, matches: &ArgMatches, secrets: &[&str]) -> Setting {
    let id = arg.get_id().as_str();
    let values = matches.get_raw(id).map(|values| {
        let texts: Vec<_> = values.map(|it| it.to_string_lossy()).collect();
        texts.join(",")
    });
    let value = values.map(|text| match secrets.contains(&id) {
        true => "***".to_owned(),
        false => redacted(&text),
    });
    let source = match matches.value_source(id) {
        Some(ValueSource::CommandLine) => SettingSource::Flag,
        Some(ValueSource::EnvVariable) => SettingSource::Variable,
        _ => SettingSource::Default,
    };
    Setting {
        name: name(arg),
        value,
        source,
    }
}

fn name(arg: &Arg) -> String {
    match arg.get_env() {
        Some(variable) => variable.to_string_lossy().into_owned(),
        None => format!("--{}", arg.get_long().unwrap_or_default()),
    }
}

/// The variables of telemetry that are set. Headers hold keys.
fn telemetry() -> Vec<Setting> {
    let is_of_telemetry = |name: &str| name.starts_with("OTEL_") || TELEMETRY.contains(&name);
    let variables = std::env::vars_os();
    let texts = variables.filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
    let set = texts.filter(|(name, value)| is_of_telemetry(name) && !value.is_empty());
    let mut settings: Vec<_> = set
        .map(|(name, value)| Setting {
            value: Some(match name.ends_with("HEADERS") {
                true => "***".to_owned(),
                false => redacted(&value.to_string_lossy()),
            }),
            name,
            source: SettingSource::Variable,
        })
        .collect();
    settings.sort_by(|one, other| one.name.cmp(&other.name));
    settings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(arguments: &[&str]) -> Settings {
        let command = Command::new("program")
            .arg(
                Arg::new("server")
                    .long("server")
                    .default_value("http://localhost"),
            )
            .arg(Arg::new("token").long("token"))
            .arg(Arg::new("limit").long("limit"));
        let arguments = [&["program"], arguments].concat();
        let matches = command.clone().get_matches_from(arguments);
        Settings::of(&command, &matches, &["token"])
    }

    fn told(settings: &Settings, name: &str) -> String {
        let found = settings.iter().find(|it| it.name == name);
        found.unwrap().to_string()
    }

    #[test]
    fn each_setting_says_where_it_comes_from_and_no_secret() {
        let all = settings(&["--server", "http://ada:pw@host", "--token", "hunter2"]);
        assert_eq!(told(&all, "--server"), "--server=http://***@host (flag)");
        assert_eq!(told(&all, "--token"), "--token=*** (flag)");
        assert_eq!(told(&all, "--limit"), "--limit= (default)");
        assert!(!format!("{all:?}{all}").contains("hunter2"));
    }

    #[test]
    fn a_value_may_be_in_a_file_or_be_known_to_the_program_alone() {
        let mut all = settings(&[]);
        all.set_default("--limit", "none");
        all.set_default("--server", "another");
        all.from_file("--token", "http://ada:pw@host", Path::new("/t"));
        assert_eq!(told(&all, "--limit"), "--limit=none (default)");
        assert_eq!(
            told(&all, "--server"),
            "--server=http://localhost (default)"
        );
        assert_eq!(told(&all, "--token"), "--token=http://***@host (file /t)");
        let json = r#"{"file":"/t","setting":"--token","source":"file","value":"http://***@host"}"#;
        let token = all.iter().find(|it| it.name == "--token");
        assert_eq!(token.unwrap().json().to_string(), json);
    }
}
