//! The server as a process.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Stdio};

use grpc_telemetry::receiver::Receiver;
use orders::v1::orders_client::OrdersClient;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tonic::transport::{Channel, Endpoint};

/// A running server, which is killed if it is not stopped.
pub(crate) struct Server {
    process: Child,
    pub(crate) grpc: SocketAddr,
    pub(crate) http: SocketAddr,
}

impl Server {
    /// Starts it on free ports and waits until it serves. It exports to `receiver`.
    pub(crate) fn start(receiver: &Receiver, variables: &[(&str, &str)]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_orders"))
            .env("LISTEN_ADDR", "127.0.0.1:0")
            .env("HTTP_ADDR", "127.0.0.1:0")
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint())
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let records = lines
            .by_ref()
            .map(|line| serde_json::from_str(&line.unwrap()));
        let serving: Value = records
            .map(|record: Result<Value, _>| record.unwrap())
            .find(|record| record["message"] == "serving")
            .unwrap();
        let address = |name| serving[name].as_str().unwrap().parse().unwrap();
        let (grpc, http) = (address("grpc"), address("http"));
        // Read to the end by a thread that ends with the process, so that no write fails.
        std::thread::spawn(move || lines.for_each(drop));
        Self {
            process,
            grpc,
            http,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.grpc)
    }

    /// A client without telemetry.
    pub(crate) fn client(&self) -> OrdersClient<Channel> {
        let endpoint = Endpoint::from_shared(self.url()).unwrap();
        OrdersClient::new(endpoint.connect_lazy())
    }

    pub(crate) fn terminate(&self) {
        kill_process(Pid::from_child(&self.process), Signal::TERM).unwrap();
    }

    /// Waits for its end.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.process.wait().unwrap()
    }

    /// Drains and stops it.
    pub(crate) fn stop(mut self) {
        self.terminate();
        assert!(self.wait().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It fails where the process has ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub(crate) async fn receiver() -> Receiver {
    Receiver::bind("127.0.0.1:0".parse().unwrap())
        .await
        .unwrap()
}
