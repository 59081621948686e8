//! `cargo xtask compose-test`: all of compose.yaml, as a user brings it up.

use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use xtask::http;

use crate::{Result, child, docker};

/// Another one than a developer's own, whose volumes must not be touched.
const PROJECT: &str = "users-test";
const REPLICAS: usize = 3;

/// Jaeger, the tree that it is to have and how long that may take, inside.
const JAEGER: &str = "http://jaeger:16686";
const EXPECTED: &str = "/etc/user-client/traces/user-management.yaml";
const WAIT: &str = "--wait=1m";

const PROMETHEUS: u16 = 9090;

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
    step("start, in the order of health", || stack.up())?;
    step("a trace of both programs in Jaeger", || stack.trace())?;
    step("a rolling restart without a failed call", || {
        stack.roll(&interrupted)
    })?;
    step("data that survives", || stack.data_survives())?;
    step("every replica in Prometheus", || {
        replicas_are_scraped(&interrupted)
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
        if let Err(message) = child::run(self.compose().args(["down", "--volumes", "--timeout=40"]))
        {
            eprintln!("error: {message}");
        }
    }
}

impl Stack {
    fn compose(&self) -> Command {
        let mut command = child::in_workspace("docker");
        command
            .args(["compose", "--profile=workflow", "--project-name", PROJECT])
            .env("VERSION", &self.version);
        command
    }

    /// Health checks and the order of `depends_on` decide when this is done.
    fn up(&self) -> Result {
        let mut command = child::in_workspace("docker");
        command
            .args(["compose", "--project-name", PROJECT])
            .args([
                "up",
                "--detach",
                "--no-build",
                "--quiet-pull",
                "--wait",
                "--wait-timeout=300",
            ])
            .env("VERSION", &self.version);
        child::run(&mut command)
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

    fn data_survives(&self) -> Result {
        child::run(self.compose().args(["down", "--timeout=40"]))?;
        self.up()?;
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
