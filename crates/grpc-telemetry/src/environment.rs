//! The `OTEL_*` variables, by the [specification]: empty means unset, a value that can't be
//! understood is a warning and the default, and none of them ever keeps a program from starting.
//!
//! [`table`] lists every variable there is and says what it takes, or why it has no effect
//! here; [`Environment::warnings`] compares it with what is set. The other methods answer
//! typed settings, for the parts that the SDK leaves to the program.
//!
//! [specification]: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/

mod batches;
#[cfg(feature = "config-file")]
mod config_file;
#[cfg(not(feature = "config-file"))]
#[path = "without/config_file.rs"]
mod config_file;
mod exporters;
mod limits;
#[cfg(feature = "logs")]
mod logs;
#[cfg(feature = "metrics")]
mod metrics;
mod others;
mod otlp;
mod resource;
mod sampler;
mod semconv;
mod syntax;
mod table;
mod value;

use std::collections::BTreeMap;

pub use self::config_file::ConfigFileError;
pub(crate) use self::exporters::Signal;
pub(crate) use self::limits::cut;
#[cfg(feature = "logs")]
pub(crate) use self::logs::LogLimits;
pub(crate) use self::otlp::{OtlpProtocol, OtlpTransport, TlsFiles};
pub(crate) use self::syntax::list;

use self::syntax::clean_endpoint;
use self::table::{Effect, TABLE};
use self::value::Kind;

fn trimmed(value: String) -> Option<String> {
    Some(value.trim().to_owned()).filter(|value| !value.is_empty())
}

/// Variables of this crate alone that are true or false.
const SWITCHES: [&str; 3] = ["KITEX_COMPAT", "TRACE_HEALTH", "TRACE_MESSAGE_EVENTS"];

/// The names of variables that are set to what isn't UTF-8, and so count as unset.
type NotText = Vec<String>;

/// The variables that are set to something.
#[derive(Clone, Debug, Default)]
pub(crate) struct Environment(BTreeMap<String, String>, NotText);

impl Environment {
    /// Those of this process; what isn't Unicode counts as unset.
    pub(crate) fn of_process() -> Self {
        let mut environment = Self::default();
        for (name, value) in std::env::vars_os() {
            let Ok(name) = name.into_string() else {
                continue;
            };
            match value.into_string() {
                Ok(value) => environment = environment.with(&name, &value),
                Err(_) => environment.1.push(name),
            }
        }
        environment
    }

    /// This one with `name` set to `value`.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        match trimmed(value.to_owned()) {
            Some(value) => self.0.insert(name.to_owned(), value),
            None => self.0.remove(name),
        };
        self
    }

    #[cfg(test)]
    pub(crate) fn of(variables: &[(&str, &str)]) -> Self {
        let set = variables.iter().filter_map(|(name, value)| {
            let value = trimmed((*value).to_owned())?;
            Some(((*name).to_owned(), value))
        });
        Self(set.collect(), NotText::new())
    }

    /// The value of a variable, if it has one.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The value of a variable that is one or several of some words, which count in any case.
    pub(crate) fn word(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_ascii_lowercase)
    }

    /// Whether a variable is set to true: only "true", in any case, is.
    pub(crate) fn is_true(&self, name: &str) -> bool {
        let value = self.get(name);
        value.is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    fn number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.get(name)?.parse().ok()
    }

    /// `OTEL_SDK_DISABLED` switches the SDK off; what came from a caller is still passed on.
    pub(crate) fn sdk_disabled(&self) -> bool {
        self.is_true("OTEL_SDK_DISABLED")
    }

    /// `OTEL_LOG_LEVEL`: which log records of the SDK itself are written, as a filter has it.
    /// None by default, as this crate reports what matters of it, once.
    pub(crate) fn sdk_log_level(&self) -> &'static str {
        match self.word("OTEL_LOG_LEVEL").as_deref() {
            Some("error") => "error",
            Some("warn") => "warn",
            Some("info") => "info",
            Some("debug") => "debug",
            Some("trace") => "trace",
            _ => "off",
        }
    }

    /// What is set and doesn't do what it says: one sentence for each such variable.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let of_opentelemetry = self.0.iter().filter(|(name, _)| name.starts_with("OTEL_"));
        let not_text = self.1.iter().filter(|name| name.starts_with("OTEL_"));
        of_opentelemetry
            .filter_map(|(name, value)| warning(name, value))
            .chain(not_text.map(|name| format!("{name} is not text in UTF-8, and counts as unset")))
            .chain(self.mistaken_switches())
            .chain(self.left_out())
            .collect()
    }

    /// What is set to neither true nor false, and so has no effect.
    fn mistaken_switches(&self) -> impl Iterator<Item = String> {
        let set = SWITCHES
            .into_iter()
            .filter_map(|name| Some((name, self.get(name)?)));
        set.filter_map(|(name, value)| {
            let expected = Kind::Boolean.mistake(value)?;
            Some(not_understood(name, &expected, "false"))
        })
    }

    /// What is set although this program was built without it.
    fn left_out(&self) -> impl Iterator<Item = String> {
        let features = [
            (
                "TRACE_KEEP",
                "tail-sampling",
                cfg!(feature = "tail-sampling"),
            ),
            ("KITEX_COMPAT", "kitex", cfg!(feature = "kitex")),
            (
                "OTEL_CONFIG_FILE",
                "config-file",
                cfg!(feature = "config-file"),
            ),
        ];
        let of_signals = [
            (Signal::Metrics, "metrics", cfg!(feature = "metrics")),
            (Signal::Logs, "logs", cfg!(feature = "logs")),
        ];
        let of_signals = of_signals
            .into_iter()
            .filter(|(signal, ..)| self.is_asked_for(*signal))
            .map(|(signal, feature, is_there)| (signal.variable(), feature, is_there));
        let set = features
            .into_iter()
            .filter(|(name, ..)| self.get(name).is_some());
        let left_out = set.chain(of_signals).filter(|(.., is_there)| !is_there);
        left_out.map(|(name, feature, _)| {
            format!("{name} has no effect: this program was built without the feature `{feature}` of grpc-telemetry")
        })
    }
}

fn warning(name: &str, value: &str) -> Option<String> {
    let Some(variable) = TABLE.iter().find(|variable| variable.name == name) else {
        if others::set(name) {
            return None;
        }
        return Some(format!(
            "{name} has no effect: this program does not know it"
        ));
    };
    if name.ends_with("_PROTOCOL") && value.eq_ignore_ascii_case("http/json") {
        return Some(format!(
            "{name}: http/json is not spoken here; http/protobuf applies"
        ));
    }
    match variable.effect {
        Effect::None(reason) => Some(format!("{name} has no effect here: {reason}")),
        Effect::Reads { kind, default } => match kind.mistake(value) {
            Some(expected) => Some(not_understood(name, &expected, default)),
            None => unsent(name, kind, value),
        },
    }
}

fn not_understood(name: &str, expected: &str, default: &str) -> String {
    format!("{name} is not understood: it must be {expected}; {default} applies")
}

/// What is said of the parts of an endpoint that are never sent, as they may be secrets in the wrong place.
fn unsent(name: &str, kind: Kind, value: &str) -> Option<String> {
    let all_sent = !matches!(kind, Kind::Endpoint) || clean_endpoint(value) == value;
    (!all_sent).then(|| {
        format!(
            "{name} has a user name, a query or a fragment, none of which is sent: credentials go into OTEL_EXPORTER_OTLP_HEADERS, such as authorization=Basic%20…"
        )
    })
}

#[cfg(test)]
mod tests;
