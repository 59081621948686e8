//! Servers that accept connections and never speak.

use testkit::user_client;
use tokio::net::TcpListener;

const CODE_OF_UNAVAILABLE: i32 = 6;

#[tokio::test]
async fn a_stream_without_a_deadline_ends_where_the_server_never_speaks() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = format!("http://{}", silent.local_addr().unwrap());
    let output = user_client(&["list"], &[("USER_SERVICE", &server)]).await;
    assert_eq!(
        output.status.code(),
        Some(CODE_OF_UNAVAILABLE),
        "{output:?}"
    );
    let told = format!(
        "cannot reach user-service at {server}: it accepted the connection, but sent nothing within 5s; is it a gRPC server? (UNAVAILABLE"
    );
    assert!(output.stderr.contains(&told), "{output:?}");
}
