//! The queries of the dashboard, as Grafana sends them to Prometheus.

use std::fs;

use serde_json::Value;
use xtask::{http, tools};

use crate::Result;

use super::PROMETHEUS;

const DASHBOARD: &str = "deploy/grafana/dashboards/user-service.json";
/// What Grafana puts in for its variables, at the scrape interval of compose.
const VARIABLES: [(&str, &str); 2] = [("$__rate_interval", "1m"), ("$method", ".*")];

/// Prometheus takes every query, and none but those of failures is without a value.
pub(super) fn all_work() -> Result {
    let queries = queries()?;
    let mut empty = Vec::new();
    for query in &queries {
        if !has_value(query)? {
            empty.push(query.as_str());
        }
    }
    eprintln!(
        "    {} queries, {} with a value",
        queries.len(),
        queries.len() - empty.len()
    );
    let unexpected = empty.iter().find(|it| !is_of_failures(it));
    unexpected.map_or(Ok(()), |query| {
        Err(format!("Prometheus has no value for {query}"))
    })
}

/// Nothing has failed, and nothing is lost.
fn is_of_failures(query: &str) -> bool {
    query.contains("error_type") || query.contains("status_code!=")
}

fn queries() -> Result<Vec<String>> {
    let text = fs::read_to_string(tools::workspace().join(DASHBOARD))
        .map_err(|error| format!("{DASHBOARD}: {error}"))?;
    let dashboard: Value =
        serde_json::from_str(&text).map_err(|error| format!("{DASHBOARD}: {error}"))?;
    let panels = dashboard["panels"].as_array().into_iter().flatten();
    let targets = panels.flat_map(|it| it["targets"].as_array().into_iter().flatten());
    let queries = targets.filter_map(|it| it["expr"].as_str());
    Ok(queries.map(filled_in).collect())
}

fn filled_in(query: &str) -> String {
    let with = |query: String, (name, value): (&str, &str)| query.replace(name, value);
    VARIABLES.into_iter().fold(query.to_owned(), with)
}

fn has_value(query: &str) -> Result<bool> {
    let path = format!("/api/v1/query?query={}", encoded(query));
    let answer = http::get_json(PROMETHEUS, &path)
        .ok_or_else(|| format!("Prometheus does not respond to {query}"))?;
    if answer["status"] != "success" {
        return Err(format!("Prometheus rejects {query}: {}", answer["error"]));
    }
    let results = answer["data"]["result"].as_array();
    Ok(results.is_some_and(|it| !it.is_empty()))
}

/// For a URL: every byte but letters and digits by its number.
fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte.is_ascii_alphanumeric() {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}
