//! `user-client gateway --healthcheck`, as a container runs it.

use rustix::process::Signal;
use testkit::{Process, Stream, TestEnv};

use crate::gateway_env::{GatewayEnv, LIMIT};

/// Whether a gateway at `address` passes, and what the check writes otherwise.
async fn check(address: &str) -> (Option<i32>, String) {
    let arguments = ["gateway", "--healthcheck"];
    let variables = [("GATEWAY_HTTP_ADDR", address)];
    let mut process = Process::start("user-client", &arguments, &variables);
    let status = process.wait(LIMIT).await;
    (status.code(), process.text(Stream::Stderr))
}

#[tokio::test]
async fn a_gateway_is_healthy_while_it_serves() {
    let env = TestEnv::builder().start().await;
    let mut gateway = GatewayEnv::in_front_of(env).await;
    assert_eq!(check(&gateway.probes).await, (Some(0), String::new()));
    gateway.process.signal(Signal::TERM);
    gateway.process.wait(LIMIT).await;
    let (code, says) = check(&gateway.probes).await;
    assert_eq!(code, Some(1));
    let expected = format!("the gateway at {} is not ready", gateway.probes);
    assert!(says.contains(&expected), "{says}");
}

#[tokio::test]
async fn a_gateway_that_is_to_stop_is_unhealthy() {
    let env = TestEnv::builder().start().await;
    let arguments = ["--shutdown-drain-delay", "60s"];
    let gateway = GatewayEnv::with_arguments(env, &arguments).await;
    gateway.process.signal(Signal::TERM);
    // The probe turns before the port closes, and the signal takes a moment to arrive.
    let deadline = tokio::time::Instant::now() + LIMIT;
    loop {
        let (code, says) = check(&gateway.probes).await;
        if code == Some(1) {
            assert!(says.contains("it is stopping"), "{says}");
            return;
        }
        assert!(tokio::time::Instant::now() < deadline);
    }
}
