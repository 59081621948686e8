//! Export over OTLP/HTTP, to the general endpoint and to the one for traces.

use testkit::TestEnv;

use crate::support::the_trace_with;

const WORKFLOW: &str = "\
user-client INTERNAL workflow user-management
  user-client CLIENT user.v1.UserService/CreateUser
    user-service SERVER user.v1.UserService/CreateUser
      user-service CLIENT INSERT users
  user-client CLIENT user.v1.UserService/GetUser
    user-service SERVER user.v1.UserService/GetUser
";

#[tokio::test]
async fn a_trace_is_whole_when_both_programs_export_over_http() {
    let http = ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf");
    let gzip = ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip");
    let env = TestEnv::configured(&[http, gzip]).await;
    // The endpoint for traces is taken as it is: over gRPC nothing would answer under this path.
    let endpoint = format!("{}/v1/traces", env.endpoint());
    let variables = [("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", &*endpoint), http];

    let output = env
        .client_with(&["workflow", "user-management"], &variables)
        .await;

    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let (traces, _) = env.finish().await;
    let trace = the_trace_with(&traces, "workflow user-management");
    assert_eq!(trace.tree(), WORKFLOW);
}
