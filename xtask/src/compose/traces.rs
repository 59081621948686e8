//! What is in Jaeger after calls from this machine.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use xtask::{http, programs};

use crate::{Result, child};

const JAEGER: u16 = 16686;
const SERVICE: &str = "localhost:8888";
const COLLECTOR: &str = "http://localhost:4317";
const METHODS: &str = "user.v1.UserService";

/// How many calls are looked for.
const CALLS: u64 = 20;
/// The trace of the README's example.
const README: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
/// How long a stream stays open until its deadline ends it.
const STREAM: Duration = Duration::from_secs(30);
/// How long a trace may take to Jaeger, the stream included; the documents say 12 s.
const SEEN_LIMIT: Duration = Duration::from_secs(90);
/// `STATUS_CODE_ERROR` of OpenTelemetry.
const FAILED: u64 = 2;

/// grpcurl, if this machine has it; else a line says what is skipped.
pub(super) fn grpcurl() -> Option<PathBuf> {
    let found = programs::find("grpcurl");
    if found.is_none() {
        eprintln!("    skipped: grpcurl is not in PATH");
    }
    found
}

/// Every one of 20 calls by grpcurl is in Jaeger, and so is that of the README.
pub(super) fn every_call_is_there(grpcurl: &Path, interrupted: &AtomicBool) -> Result {
    let ids = (0..CALLS).map(|number| format!("{:032x}", 0xc0de_0000 + number));
    let ids: Vec<String> = ids.chain([README.to_owned()]).collect();
    for id in &ids {
        let mut call = Command::new(grpcurl);
        call.args(["-plaintext", "-H", &format!("traceparent: {}", parent(id))])
            .args(["-d", r#"{"user_id": 1}"#, SERVICE])
            .arg(format!("{METHODS}/GetUser"));
        child::output(&mut call)?;
    }
    for id in &ids {
        wait_for(id, interrupted, |it| is_of(it, "user-service"))?;
    }
    eprintln!("    {CALLS} of {CALLS} calls, and the one of the README");
    Ok(())
}

/// A stream that its deadline ends after 30 s is there, with the statement of its first seconds.
pub(super) fn a_failed_stream_is_there(grpcurl: &Path, interrupted: &AtomicBool) -> Result {
    let id = format!("{:032x}", 0x0057_4ea4);
    let mut call = Command::new(grpcurl);
    call.args(["-plaintext", "-H", &format!("traceparent: {}", parent(&id))])
        .args(["-max-time", &STREAM.as_secs().to_string()])
        .args(["-d", "@", SERVICE, &format!("{METHODS}/GetUsers")])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut call = call
        .spawn()
        .map_err(|error| format!("can't start grpcurl: {error}"))?;
    // It ends when its input does, so the trace is looked for before.
    let mut input = call.stdin.take();
    let seen = match input
        .as_mut()
        .map(|it| it.write_all(b"{\"user_id\": 2000000000}\n"))
    {
        Some(Ok(())) => wait_for(&id, interrupted, has_failed_stream),
        _ => Err("grpcurl takes no input".to_owned()),
    };
    drop(input);
    let status = call
        .wait()
        .map_err(|error| format!("grpcurl is lost: {error}"))?;
    seen?;
    match status.success() {
        true => Err("the stream did not fail".to_owned()),
        false => Ok(()),
    }
}

/// The span of the stream is stored last, and its statement first.
fn has_failed_stream(trace: &Value) -> bool {
    let spans: Vec<&Value> = spans(trace).collect();
    let is_there = |name: &str, code: u64| {
        let mut found = spans
            .iter()
            .filter(|it| it["status"]["code"].as_u64().unwrap_or(0) == code);
        found.any(|it| it["name"].as_str().is_some_and(|it| it.starts_with(name)))
    };
    is_there(&format!("{METHODS}/GetUsers"), FAILED) && is_there("SELECT", 0)
}

/// user-client, taken out of its image, exports spans from this machine.
pub(super) fn a_client_on_this_machine_is_there(image: &str, interrupted: &AtomicBool) -> Result {
    let folder = TempDir::new().map_err(|error| format!("no folder: {error}"))?;
    let program = extracted(image, folder.path())?;
    let id = format!("{:032x}", 0x0c11_e047);
    let mut get = Command::new(program);
    get.args(["--server", &format!("http://{SERVICE}"), "get", "1"])
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", COLLECTOR)
        .env("TRACEPARENT", parent(&id));
    child::output(&mut get)?;
    wait_for(&id, interrupted, |it| is_of(it, "user-client"))
}

fn extracted(image: &str, folder: &Path) -> Result<PathBuf> {
    let program = folder.join("user-client");
    let container = child::output(Command::new("docker").args(["create", image]))?.stdout;
    let container = container.trim();
    let mut copy = Command::new("docker");
    copy.args(["cp", &format!("{container}:/usr/bin/user-client")]);
    let copied = child::output(copy.arg(&program));
    child::output(Command::new("docker").args(["rm", container]))?;
    copied.map(|_| program)
}

/// The header that continues the trace `id`, sampled.
fn parent(id: &str) -> String {
    format!("00-{id}-00f067aa0ba902b7-01")
}

/// Waits until Jaeger has the trace `id`, as OTLP, complete as `is_complete` says.
fn wait_for(id: &str, interrupted: &AtomicBool, is_complete: impl Fn(&Value) -> bool) -> Result {
    child::poll(SEEN_LIMIT, interrupted, || {
        let answer = http::get_json(JAEGER, &format!("/api/v3/traces/{id}"))?;
        is_complete(&answer["result"]).then_some(())
    })
    .ok_or_else(|| format!("Jaeger has not all of the trace {id}"))
}

fn is_of(trace: &Value, service: &str) -> bool {
    let mut attributes =
        all(&trace["resourceSpans"]).flat_map(|it| all(&it["resource"]["attributes"]));
    attributes.any(|it| it["key"] == "service.name" && it["value"]["stringValue"] == service)
}

fn spans(trace: &Value) -> impl Iterator<Item = &Value> {
    let scopes = all(&trace["resourceSpans"]).flat_map(|it| all(&it["scopeSpans"]));
    scopes.flat_map(|it| all(&it["spans"]))
}

fn all(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}
