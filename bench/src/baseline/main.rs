//! `baseline RUNTIME`: users on tonic as its examples have it, for `bench` to
//! compare with: no limits, no telemetry, a store without any care. With
//! `DATABASE_URL`, users are in PostgreSQL, one statement a call, through a pool of sqlx
//! or, with `STORE_DRIVER=tokio-postgres`, through connections of tokio-postgres; without,
//! there is one user. `RUNTIME` is `multi` (`#[tokio::main]`) or `single` (one thread);
//! `h2` is one thread with the crate h2 alone, without tonic, and `thrift` one with kitex-codec
//! alone.

#![expect(
    clippy::expect_used,
    reason = "a measurement that can't be made ends the run"
)]

mod pipelined;
mod raw;
mod store;
mod thrift;
mod users;

use std::env;
use std::net::SocketAddr;

use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::Server;
use user_proto::v1::user_service_server::UserServiceServer;

use self::store::Store;
use self::users::Users;

fn main() {
    let runtime = env::args().nth(1).unwrap_or_default();
    let mut builder = match runtime.as_str() {
        "single" | "h2" | "thrift" => Builder::new_current_thread(),
        _ => Builder::new_multi_thread(),
    };
    let threads = builder.enable_all().build().expect("a runtime");
    threads.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("the port");
        match runtime.as_str() {
            "h2" => {
                println!("http://{address}");
                raw::serve(listener).await;
            }
            "thrift" => {
                println!("http://{address}");
                thrift::serve(listener).await;
            }
            _ => serve(listener, address).await,
        }
    });
}

async fn serve(listener: TcpListener, address: SocketAddr) {
    let store = Store::from_environment().await;
    println!("http://{address}");
    Server::builder()
        .add_service(UserServiceServer::new(Users { store }))
        .serve_with_incoming(TcpListenerStream::new(listener))
        .await
        .expect("serving");
}
