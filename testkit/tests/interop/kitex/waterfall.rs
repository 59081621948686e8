//! A workflow of a Kitex client, drawn with what the service did for it.

use std::time::Duration;

use testkit::{Process, Signal, Stream, TestEnv};

use super::{address, kitex};

const LIMIT: Duration = Duration::from_secs(60);
/// The programs, and the spans in the order of the tree.
const TREE: [&str; 7] = [
    "shop          INTERNAL  workflow user-management",
    "shop          CLIENT    ├ user.UserService/CreateUser",
    "user-service  SERVER    │ └ UserService/CreateUser",
    "user-service  CLIENT    │   └ INSERT users",
    "shop          CLIENT    └ user.UserService/GetUser",
    "user-service  SERVER      └ UserService/GetUser",
    "user-service  CLIENT        └ SELECT users",
];

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the peers: run `cargo xtask interop --kitex`"]
async fn a_workflow_of_kitex_is_one_waterfall() {
    let Some(mut peer) = kitex() else {
        return;
    };
    let arguments = ["trace", "listen", "--otlp-listen", "127.0.0.1:0"];
    let arguments = [&arguments[..], &["--otlp-http-listen", "127.0.0.1:0"]].concat();
    let mut listener = Process::start("user-client", &arguments, &[("COLUMNS", "100")]);
    let ready = |line: &str| line.starts_with("receiving spans on ");
    let line = listener.wait_for_line(ready, LIMIT).await;
    let mut words = line.split(' ');
    let grpc = words.find(|word| word.starts_with("127.")).unwrap();
    let endpoint = format!("http://{grpc}");
    let env = TestEnv::builder().postgres().variables(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &*endpoint),
        ("OTEL_SDK_DISABLED", "false"),
        ("CACHE_TTL", "0s"),
    ]);
    let env = env.start().await;
    peer.variables = vec![
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint),
        ("OTEL_SERVICE_NAME", "shop".to_owned()),
    ];

    let id = peer.output(&["workflow", address(env.url())]).await;
    let id = id.unwrap();
    assert!(env.service.stop().await.success());

    let drawn = |line: &str| line.contains(&id);
    listener.wait_for_line(drawn, LIMIT).await;
    listener.signal(Signal::INT);
    assert!(listener.wait(LIMIT).await.success());
    let drawn = listener.text(Stream::Stdout);
    println!("\n{drawn}");
    let begin = drawn.find(TREE[0]).unwrap();
    let mut lines = drawn[begin..].lines();
    for expected in TREE {
        let line = lines.next().unwrap();
        assert!(line.starts_with(expected), "{expected}:\n{drawn}");
    }
}
