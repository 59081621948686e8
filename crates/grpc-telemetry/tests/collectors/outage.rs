//! A collector that is away for a while costs nothing while the queue has room.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use grpc_telemetry::receiver::Receiver;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::AbortOnDropHandle;

use crate::signals::{PROTOCOLS, TURN, arrived, start, to};

/// Connections that break: five for each of two signals, more than in a short outage.
const BROKEN: u32 = 10;

/// A way to `behind` on which the first connections break.
async fn unreliable(behind: String) -> (String, AbortOnDropHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let broken = Arc::new(AtomicU32::new(BROKEN));
    let serve = async move {
        let mut connections = tokio::task::JoinSet::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let (behind, broken) = (behind.clone(), Arc::clone(&broken));
            connections.spawn(async move {
                let breaks = broken.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1));
                if breaks.is_ok() {
                    let _ = stream.read(&mut [0; 1024]).await;
                    return;
                }
                let mut receiver = TcpStream::connect(behind).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut stream, &mut receiver).await;
            });
        }
    };
    (endpoint, AbortOnDropHandle::new(tokio::spawn(serve)))
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_and_log_records_wait_for_a_collector_that_is_away() {
    let _turn = TURN.lock().await;
    for protocol in PROTOCOLS {
        let receiver = Receiver::bind("127.0.0.1:0".parse().unwrap())
            .await
            .unwrap();
        let (endpoint, _way) = unreliable(receiver.local_addr().to_string()).await;
        let builder = to(protocol, &endpoint).with_variable("OTEL_METRICS_EXPORTER", "none");

        let telemetry = start(builder);

        let both = |it: &Receiver| !it.spans().is_empty() && !it.logs().is_empty();
        arrived(&receiver, both).await;
        telemetry.shutdown().await;
    }
}
