//! user-client, which speaks the protocols of Kitex itself.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::{TableLock, Trace};

use crate::support::start;

#[tokio::test(flavor = "multi_thread")]
async fn a_workflow_over_thrift_is_one_trace() {
    let env = start(&[("CACHE_TTL", "0s")]).await;
    for protocol in ["thrift", "kitex-protobuf"] {
        let arguments = ["workflow", "user-management", "--protocol", protocol];
        let output = env.client(&arguments).await;
        assert!(output.status.success(), "{output:?}");
    }
    let (traces, _database) = env.finish().await;
    let expected = "user-client INTERNAL workflow user-management\n  \
        user-client CLIENT UserService/CreateUser\n    \
        user-service SERVER UserService/CreateUser\n      \
        user-service CLIENT INSERT users\n  \
        user-client CLIENT UserService/GetUser\n    \
        user-service SERVER UserService/GetUser\n      \
        user-service CLIENT SELECT users\n";
    assert_eq!(traces.len(), 2);
    for trace in traces {
        assert_eq!(trace.tree(), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_failure_has_the_exit_code_that_it_has_over_grpc() {
    let env = start(&[("CACHE_TTL", "0s")]).await;
    for protocol in ["grpc", "thrift", "kitex-protobuf"] {
        let call = async |arguments: &[&str]| {
            let arguments = [arguments, &["--protocol", protocol]].concat();
            let output = env.client(&arguments).await;
            (output.status.code(), output.stderr)
        };
        assert_eq!(call(&["get", "7"]).await.0, Some(0), "{protocol}");
        assert_eq!(call(&["get", "404"]).await.0, Some(3), "{protocol}");
        assert_eq!(call(&["get", "0"]).await.0, Some(4), "{protocol}");
        let taken = ["create", "--name", "A", "--email", "ada@example.com"];
        assert_eq!(call(&taken).await.0, Some(5), "{protocol}");
        let lock = TableLock::on_users(env.database()).await;
        let late = call(&["get", "7", "--timeout", "300ms"]).await;
        assert_eq!(late.0, Some(7), "{protocol}: {}", late.1);
        let late = call(&["list", "--timeout", "300ms"]).await;
        assert_eq!(late.0, Some(7), "{protocol}: {}", late.1);
        drop(lock);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_there_is_unavailable() {
    let variables = [("USER_SERVICE", "http://127.0.0.1:1")];
    for call in [&["get", "1"][..], &["bench", "get"]] {
        let arguments = [call, &["--protocol", "thrift", "--timeout", "1s"]].concat();
        let called = testkit::user_client(&arguments, &variables);
        let output = tokio::time::timeout(Duration::from_secs(60), called).await;
        assert_eq!(output.unwrap().status.code(), Some(6), "{call:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_over_kitex_have_the_output_and_the_trace_that_they_have_over_grpc() {
    let env = start(&[("CACHE_TTL", "0s")]).await;
    let call = async |protocol: &str, arguments: &[&str]| {
        let arguments = [arguments, &["--protocol", protocol]].concat();
        let output = env.client(&arguments).await;
        (output.status.code(), output.stdout)
    };
    let calls = [
        &["list", "--after", "5", "--limit", "2"][..],
        &["lookup", "7", "404", "12345"],
    ];
    for arguments in calls {
        let over_grpc = call("grpc", arguments).await;
        for protocol in ["thrift", "kitex-protobuf"] {
            assert_eq!(call(protocol, arguments).await, over_grpc, "{protocol}");
        }
    }
    let workflow = ["workflow", "bulk-onboarding"];
    for protocol in ["thrift", "kitex-protobuf"] {
        assert_eq!(call(protocol, &workflow).await.0, Some(0), "{protocol}");
    }

    let (traces, _database) = env.finish().await;

    let is_list = |it: &&Trace| it.spans()[0].span.name.ends_with("UserService/ListUsers");
    let lists: Vec<_> = traces.iter().filter(is_list).map(Trace::tree).collect();
    let tree = |method| {
        format!(
            "user-client CLIENT {method}\n  user-service SERVER {method}\n    \
             user-service CLIENT SELECT users\n"
        )
    };
    // Streams of Kitex Protobuf are those of gRPC.
    let of_grpc = tree("user.v1.UserService/ListUsers");
    assert_eq!(
        lists,
        [of_grpc.clone(), tree("UserService/ListUsers"), of_grpc]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn load_is_put_on_over_kitex() {
    let env = start(&[]).await;
    for protocol in ["thrift", "kitex-protobuf"] {
        let load = ["--output", "json", "bench", "create", "--duration", "200ms"];
        let output = env
            .client(&[&load[..], &["--protocol", protocol]].concat())
            .await;
        assert!(output.status.success(), "{output:?}");
        let measured: Value = serde_json::from_str(&output.stdout).unwrap();
        assert!(measured["calls"].as_u64().unwrap() > 0, "{measured}");
        assert_eq!(measured["failures"], json!({}), "{protocol}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gateway_does_not_call_over_kitex() {
    let variables = [("USER_SERVICE", "http://127.0.0.1:1")];
    let output = testkit::user_client(&["gateway", "--protocol", "thrift"], &variables).await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(output.stderr.contains("leave --protocol out"), "{output:?}");
}
