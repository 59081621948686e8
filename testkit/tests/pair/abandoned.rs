//! How spans and metrics report a statement whose caller has left.

use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use testkit::{TableLock, TestEnv, text};
use user_proto::v1::ListUsersRequest;

use crate::metrics::becomes;

#[tokio::test]
async fn an_abandoned_statement_is_cancelled_by_its_span_as_by_the_metric() {
    let env = TestEnv::configured(&[]).await;
    let mut client = env.plain_client().await;
    let mut lock = TableLock::on_users(env.database()).await;
    let call = tokio::spawn(async move {
        let mut listed = client.list_users(ListUsersRequest::default()).await?;
        listed.get_mut().message().await
    });
    lock.wait_for_a_statement().await;

    call.abort();

    let cancelled = [("error_type", "cancelled")];
    let statements = "db_client_operation_duration_seconds_count";
    becomes(&env.service, statements, &cancelled, 1.0).await;
    drop(lock);
    let spans = env.stop().await.spans();
    let statement = spans.iter().find(|it| it.span.name == "SELECT users");
    let statement = statement.unwrap();
    assert_eq!(text(statement, "error.type"), Some("cancelled"));
    let status = statement.span.status.clone().unwrap_or_default();
    assert_eq!(status.code(), StatusCode::Error);
}
