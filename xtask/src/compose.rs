//! `cargo xtask compose-test`: all of compose.yaml, as a user brings it up.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use xtask::http;

use crate::{Result, child, docker};

mod queries;
mod traces;
mod volumes;

/// Another one than a developer's own, whose volumes must not be touched.
const PROJECT: &str = "users-test";
const REPLICAS: usize = 3;

/// Jaeger, the tree that it is to have and how long that may take, inside.
const JAEGER: &str = "http://jaeger:16686";
const EXPECTED: &str = "/etc/user-client/traces/user-management.yaml";
const WAIT: &str = "--wait=1m";

const PROMETHEUS: u16 = 9090;
const GATEWAY: u16 = 8080;

/// How `docker compose` differs for the replicas, and for a client, that use etcd.
const ETCD_ENDPOINTS: (&str, &str) = ("ETCD_ENDPOINTS", "etcd:2379");
const BY_ETCD: (&str, &str) = ("USER_SERVICE", "etcd://etcd:2379/user-service");
/// The collector then stores nothing but what it promises to keep.
const KEEP_NOTHING: (&str, &str) = ("KEEP_PERCENT", "0");

/// How long a replica may take to its scrape.
const SEEN_LIMIT: Duration = Duration::from_secs(60);
/// How long a replica may take to be healthy again.
const HEALTHY_LIMIT: Duration = Duration::from_secs(60);

/// Builds the images, brings everything up and asserts what users rely on.
pub(crate) fn test() -> Result {
    if !docker::has_compose() {
        return Err("`docker compose` is missing: install the plugin of that name".to_owned());
    }
    let interrupted = child::watch_for_interruption()?;
    let stack = Stack {
        version: docker::images()?,
    };
    let volumes = volumes::all()?;
    step("calls that succeed without Jaeger", || {
        stack.works_without_jaeger()
    })?;
    step("start, in the order of health", || stack.up(&[]))?;
    step("a trace of both programs in Jaeger", || stack.trace())?;
    step("the gateway", gateway_responds)?;
    step("the trace of a client on this machine", || {
        traces::a_client_on_this_machine_is_there(&stack.client_image(), &interrupted)
    })?;
    if let Some(grpcurl) = traces::grpcurl() {
        stack.keeps_traces(&grpcurl, &interrupted)?;
    }
    step("a rolling restart without a failed call", || {
        stack.roll(&interrupted)
    })?;
    step("every replica in Prometheus", || {
        replicas_are_scraped(&interrupted)
    })?;
    step("the dashboard's queries", queries::all_work)?;
    step("data that survives", || stack.data_survives(&volumes))?;
    step("replicas found through etcd", || stack.works_with_etcd())?;
    step("no volume left over", || {
        stack.down(&["--volumes"])?;
        volumes::assert_none_but(&volumes, &[])
    })
}

fn step(name: &str, act: impl FnOnce() -> Result) -> Result {
    eprintln!("==> {name}");
    act().map_err(|message| format!("step \"{name}\" failed: {message}"))
}

/// What compose.yaml describes. It is taken down, with its data, in the end.
struct Stack {
    version: String,
}

impl Drop for Stack {
    fn drop(&mut self) {
        if let Err(message) = self.down(&["--volumes"]) {
            eprintln!("error: {message}");
        }
    }
}

impl Stack {
    fn compose(&self) -> Command {
        let mut command = child::in_workspace("docker");
        command
            .args(["compose", "--profile=workflow", "--profile=etcd"])
            .args(["--project-name", PROJECT])
            .env("VERSION", &self.version);
        command
    }

    /// Health checks and the order of `depends_on` decide when this is done.
    fn up(&self, arguments: &[&str]) -> Result {
        child::run(self.up_command().args(arguments))
    }

    fn up_command(&self) -> Command {
        let mut command = child::in_workspace("docker");
        command
            .args(["compose", "--project-name", PROJECT, "up", "--detach"])
            .args(["--no-build", "--quiet-pull", "--wait", "--wait-timeout=300"])
            .env("VERSION", &self.version);
        command
    }

    fn down(&self, arguments: &[&str]) -> Result {
        let mut command = self.compose();
        child::run(command.args(["down", "--timeout=40"]).args(arguments))
    }

    fn client_image(&self) -> String {
        format!("user-client:{}", self.version)
    }

    /// Telemetry never delays a call, nor a start.
    fn works_without_jaeger(&self) -> Result {
        self.up(&["--scale", "jaeger=0"])?;
        self.client(&["workflow", "user-management"])?;
        self.down(&["--volumes"])
    }

    /// All traces by default, and those of failures whatever is kept of the others.
    fn keeps_traces(&self, grpcurl: &Path, interrupted: &AtomicBool) -> Result {
        step("every call by grpcurl in Jaeger", || {
            traces::every_call_is_there(grpcurl, interrupted)
        })?;
        step("a stream that failed after 30 s in Jaeger", || {
            let (name, value) = KEEP_NOTHING;
            let mut up = self.up_command();
            child::run(up.args(["--no-deps", "collector"]).env(name, value))?;
            traces::a_failed_stream_is_there(grpcurl, interrupted)
        })
    }

    fn works_with_etcd(&self) -> Result {
        let (name, value) = ETCD_ENDPOINTS;
        let mut command = self.compose();
        command
            .args(["up", "--detach", "--no-build", "--quiet-pull", "--wait"])
            .args(["--wait-timeout=300", "etcd", "user-service"])
            .env(name, value);
        child::run(&mut command)?;
        let (name, value) = BY_ETCD;
        let mut get = self.client_command(&["get", "1"]);
        child::output(get.env(name, value)).map(drop)
    }

    /// Runs user-client inside, and returns its standard error.
    fn client(&self, arguments: &[&str]) -> Result<String> {
        child::output(&mut self.client_command(arguments)).map(|said| said.stderr)
    }

    fn client_command(&self, arguments: &[&str]) -> Command {
        let mut command = self.compose();
        command
            .args([
                "run",
                "--rm",
                "--no-TTY",
                "--no-deps",
                "--quiet-pull",
                "workflow",
            ])
            .args(arguments);
        command
    }

    fn trace(&self) -> Result {
        let said = self.client(&["workflow", "user-management"])?;
        let id = trace_id(&said)
            .ok_or_else(|| format!("user-client printed no trace id; it printed:\n{said}"))?;
        let arguments = ["trace", "assert", EXPECTED, id, "--jaeger", JAEGER, WAIT];
        // What differs is seen as it is written.
        child::run(&mut self.client_command(&arguments))
    }

    /// Restarts one replica after the other while a client calls without a break.
    fn roll(&self, interrupted: &AtomicBool) -> Result {
        let replicas = child::output(self.compose().args(["ps", "--quiet", "user-service"]))?;
        let rolled = AtomicBool::new(false);
        thread::scope(|scope| {
            let calls = scope.spawn(|| self.call_until(&rolled));
            let outcome = replicas
                .stdout
                .lines()
                .try_for_each(|replica| restart(replica, interrupted));
            rolled.store(true, Ordering::Relaxed);
            let calls = calls.join().map_err(|_| "the client's thread panicked")??;
            eprintln!("    {calls} workflows, none failed");
            outcome
        })
    }

    fn call_until(&self, done: &AtomicBool) -> Result<usize> {
        let mut calls = 0;
        while !done.load(Ordering::Relaxed) {
            self.client(&["workflow", "user-management"])?;
            calls += 1;
        }
        Ok(calls)
    }

    fn data_survives(&self, before: &BTreeSet<String>) -> Result {
        self.down(&[])?;
        volumes::assert_none_but(before, &volumes::NAMED)?;
        self.up(&[])?;
        self.client(&["get", "1"]).map(drop)
    }
}

fn restart(replica: &str, interrupted: &AtomicBool) -> Result {
    child::output(Command::new("docker").args(["restart", "--time=40", replica]))?;
    let status = ["inspect", "--format={{.State.Health.Status}}", replica];
    child::poll(HEALTHY_LIMIT, interrupted, || {
        let status = child::output(Command::new("docker").args(status)).ok()?;
        (status.stdout.trim() == "healthy").then_some(())
    })
    .ok_or_else(|| format!("replica {replica} is not healthy again"))
}

/// As a browser or curl calls it.
fn gateway_responds() -> Result {
    let user = http::get_json(GATEWAY, "/v1/users/1").ok_or("it returns no JSON")?;
    match user["user"]["id"] == "1" {
        true => Ok(()),
        false => Err(format!("it returned {user}")),
    }
}

fn replicas_are_scraped(interrupted: &AtomicBool) -> Result {
    child::poll(SEEN_LIMIT, interrupted, || {
        let answer = http::get_json(PROMETHEUS, "/api/v1/targets?state=active")?;
        let targets = answer["data"]["activeTargets"].as_array()?;
        let up = targets
            .iter()
            .filter(|it| it["labels"]["job"] == "user-service" && it["health"] == "up");
        (up.count() == REPLICAS).then_some(())
    })
    .ok_or_else(|| format!("Prometheus doesn't scrape {REPLICAS} replicas of user-service"))
}

/// A workflow ends with a line `trace ID`.
fn trace_id(text: &str) -> Option<&str> {
    text.lines().find_map(|line| line.strip_prefix("trace "))
}

#[cfg(test)]
mod tests {
    use super::trace_id;

    #[test]
    fn the_trace_id_is_found_among_what_docker_says() {
        let id = "4bf92f3577b34da6a3ce929d0e0e4736";
        let said = format!("Container users-test-workflow-run-1 Created\ntrace {id}\n");
        assert_eq!(trace_id(&said), Some(id));
        assert_eq!(trace_id("Container"), None);
    }
}
