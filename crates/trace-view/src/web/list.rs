//! The list of traces.

use std::time::{Duration, SystemTime};

use super::html::{self, count};
use super::search::Search;
use crate::live::{Listed, Summary, Totals};
use crate::waterfall::human;

/// The most traces on the page.
pub(super) const MOST: usize = 200;

/// The part of the page that grows.
pub(super) fn body(search: &Search, found: &Listed, totals: Totals) -> String {
    let rows: String = found.summaries.iter().map(row).collect();
    let more = match found.more {
        0 => String::new(),
        more => format!(
            "<p class=\"quiet\">… and {} more.</p>",
            count(more, "older trace")
        ),
    };
    let dropped = match totals.dropped {
        0 => String::new(),
        dropped => format!(" The oldest {dropped} of them are not kept any more."),
    };
    format!(
        "<h1>Traces</h1>\n{}\n\
         <table><thead><tr><th>started (UTC)</th><th>service</th><th>trace</th><th class=\"number\">duration</th>\
         <th class=\"number\">spans</th><th class=\"number\">services</th><th class=\"number\">errors</th></tr></thead>\
         <tbody>\n{rows}</tbody></table>\n{more}\
         <p class=\"quiet\">{} spans of {} traces have arrived.{dropped}</p>",
        search.form(),
        totals.spans,
        totals.traces
    )
}

fn row(trace: &Summary) -> String {
    let started = SystemTime::UNIX_EPOCH + Duration::from_nanos(trace.start);
    let failed = match trace.errors {
        0 => "number",
        _ => "number failed",
    };
    format!(
        "<tr><td class=\"quiet\">{}</td><td>{}</td><td><a href=\"/trace/{}\">{}</a></td><td class=\"number\">{}</td>\
         <td class=\"number\">{}</td><td class=\"number\">{}</td><td class=\"{failed}\">{}</td></tr>\n",
        humantime::format_rfc3339_millis(started),
        html::text(&trace.service),
        trace.id,
        name(&trace.name),
        human(trace.duration),
        trace.spans,
        trace.services,
        trace.errors
    )
}

/// A link needs some text.
fn name(name: &str) -> String {
    match name.trim().is_empty() {
        true => "(no name)".to_owned(),
        false => html::text(name),
    }
}
