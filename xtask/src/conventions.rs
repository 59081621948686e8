//! Pins the facts of OpenTelemetry's semantic conventions that the tests check: names, types,
//! units, kinds of instruments and which attributes each signal may or must have.

mod model;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use self::model::{Attribute, Group, Groups};
use crate::Result;

/// Where the facts are.
const FACTS: &str = "testkit/src/conventions/registry.tsv";

/// The parts of the model that this project has something of.
const PARTS: [&str; 13] = [
    "cpu",
    "db",
    "error",
    "exception",
    "host",
    "network",
    "os",
    "otel",
    "process",
    "rpc",
    "server",
    "service",
    "telemetry",
];

/// What to read.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// A checkout of github.com/open-telemetry/semantic-conventions, at the tag of VERSION
    checkout: PathBuf,
    /// The version of the conventions
    #[arg(long, default_value = "1.44.0")]
    version: String,
}

/// Writes the facts.
pub(crate) fn run(options: &Options) -> Result {
    let mut groups = BTreeMap::new();
    for part in PARTS {
        let folder = options.checkout.join("model").join(part);
        if folder.is_dir() {
            read(&folder, &mut groups)?;
        }
    }
    let text = facts(&Groups(groups), &options.version);
    fs::write(FACTS, text).map_err(|error| format!("cannot write {FACTS}: {error}"))
}

fn read(folder: &Path, groups: &mut BTreeMap<String, Group>) -> Result {
    let said = |error| format!("cannot read {}: {error}", folder.display());
    for entry in fs::read_dir(folder).map_err(said)? {
        let path = entry.map_err(said)?.path();
        if path.is_dir() {
            read(&path, groups)?;
        } else if path.extension().is_some_and(|it| it == "yaml") {
            let found = model::parse(&path)?;
            groups.extend(found.into_iter().map(|group| (group.id.clone(), group)));
        }
    }
    Ok(())
}

/// A line for each fact, with tabs between its fields.
fn facts(groups: &Groups, version: &str) -> String {
    let mut text = format!(
        "# Semantic conventions {version}. Made by `cargo xtask conventions`; not to be edited.\n"
    );
    let mut lines: Vec<String> = groups.0.values().flat_map(|it| line(groups, it)).collect();
    lines.sort();
    lines.dedup();
    for line in lines {
        // A string takes all that is written to it.
        let _ = writeln!(text, "{line}");
    }
    text
}

/// What `group` defines, unless it is deprecated.
fn line(groups: &Groups, group: &Group) -> Vec<String> {
    if group.is_deprecated() {
        return Vec::new();
    }
    let attributes = || levels(&groups.attributes(group));
    match group.kind.as_str() {
        "metric" => vec![
            [
                "metric",
                group.metric_name.as_deref().unwrap_or_default(),
                group.instrument.as_deref().unwrap_or_default(),
                group.unit.as_deref().unwrap_or_default(),
                group.value_type(),
                &attributes(),
            ]
            .join("\t"),
        ],
        "span" => {
            let kind = group.span_kind.as_deref().unwrap_or_default();
            vec![["span", &group.id, kind, &attributes()].join("\t")]
        }
        _ => {
            let defined = group.attributes.iter().filter_map(Attribute::definition);
            defined
                .map(|(name, kind)| format!("attribute\t{name}\t{kind}"))
                .collect()
        }
    }
}

/// Each attribute with its requirement level, as `name:level`.
fn levels(attributes: &BTreeMap<String, String>) -> String {
    let levels = attributes.iter();
    let levels: Vec<String> = levels
        .map(|(name, level)| format!("{name}:{level}"))
        .collect();
    levels.join(" ")
}
