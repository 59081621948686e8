//! `baseline RUNTIME`: users on tonic as its examples have it, for `bench` to
//! compare with: no limits, no telemetry, a store without any care. With
//! `DATABASE_URL`, users are in PostgreSQL, one statement a call; without, there
//! is one user. `RUNTIME` is `multi` (`#[tokio::main]`) or `single` (one thread).

#![expect(
    clippy::expect_used,
    reason = "a measurement that can't be made ends the run"
)]

mod users;

use std::env;

use sqlx::postgres::PgPoolOptions;
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::Server;
use user_proto::v1::user_service_server::UserServiceServer;

use self::users::Users;

/// As many as user-service has by default.
const MAX_CONNECTIONS: u32 = 10;

fn main() {
    let single = env::args().nth(1).as_deref() == Some("single");
    let mut builder = match single {
        true => Builder::new_current_thread(),
        false => Builder::new_multi_thread(),
    };
    let runtime = builder.enable_all().build().expect("a runtime");
    runtime.block_on(serve());
}

async fn serve() {
    let pool = match env::var("DATABASE_URL") {
        Ok(url) => {
            let options = PgPoolOptions::new().max_connections(MAX_CONNECTIONS);
            Some(options.connect(&url).await.expect("the database"))
        }
        Err(_) => None,
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("the port");
    println!("http://{address}");
    Server::builder()
        .add_service(UserServiceServer::new(Users { pool }))
        .serve_with_incoming(TcpListenerStream::new(listener))
        .await
        .expect("serving");
}
