//! Tokens and roles of a service that the builder assembles.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::convert::Infallible;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::{Ready, ready};
use grpc_server::{Builder, Settings, TokenRules};
use grpc_telemetry::Telemetry;
use http::{Request, Response};
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde_json::json;
use tokio_util::task::AbortOnDropHandle;
use tonic::body::Body;
use tonic::codegen::Service;
use tonic::metadata::MetadataValue;
use tonic::server::NamedService;
use tonic::transport::Endpoint;
use tonic::{Code, Status};
use tonic_prost::ProstCodec;

/// Ships orders: its one method does nothing.
#[derive(Clone)]
struct Orders;

impl NamedService for Orders {
    const NAME: &'static str = "orders.v1.Orders";
}

impl Service<Request<Body>> for Orders {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(
        &mut self,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), Infallible>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Body>) -> Self::Future {
        ready(Ok(Status::data_loss("the order was lost").into_http()))
    }
}

/// Compiles the contract of [`Orders`].
fn descriptors(folder: &Path) -> &'static [u8] {
    let proto = r#"syntax = "proto3";
        package orders.v1;
        import "google/protobuf/descriptor.proto";
        enum Role { NONE = 0; COURIER = 1; }
        extend google.protobuf.MethodOptions { Role role = 50100; }
        message Order {}
        service Orders { rpc Ship(Order) returns (Order) { option (orders.v1.role) = COURIER; } }"#;
    std::fs::write(folder.join("orders.proto"), proto).unwrap();
    let mut compiler = protox::Compiler::new([folder]).unwrap();
    compiler.include_imports(true);
    compiler.open_file("orders.proto").unwrap();
    compiler.encode_file_descriptor_set().leak()
}

fn base64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn key() -> Ed25519KeyPair {
    let pair = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
    Ed25519KeyPair::from_pkcs8(pair.as_ref()).unwrap()
}

/// A token of a caller with these roles.
fn token(key: &Ed25519KeyPair, roles: &[&str]) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let header = json!({"alg": "EdDSA", "kid": "1", "typ": "JWT"});
    let claims = json!({
        "iss": "https://issuer.example", "aud": "orders", "sub": "ada",
        "exp": now.as_secs() + 600, "roles": roles,
    });
    let message = format!(
        "{}.{}",
        base64(header.to_string()),
        base64(claims.to_string())
    );
    let signature = key.sign(message.as_bytes());
    format!("{message}.{}", base64(signature))
}

/// A service that trusts tokens by `key`.
fn builder(folder: &Path, key: &Ed25519KeyPair) -> Builder {
    let public = base64(key.public_key());
    let keys = json!({"keys": [{"kid": "1", "kty": "OKP", "crv": "Ed25519", "x": public}]});
    let key_file = folder.join("keys.json");
    std::fs::write(&key_file, keys.to_string()).unwrap();
    let settings = Settings {
        listen: ([127, 0, 0, 1], 0).into(),
        http: ([127, 0, 0, 1], 0).into(),
        tokens: Some(TokenRules {
            key_file,
            issuer: "https://issuer.example".to_owned(),
            audience: "orders".to_owned(),
            roles_claim: None,
        }),
        ..Settings::default()
    };
    let builder = grpc_server::builder(&Telemetry::off(), &[descriptors(folder)]).unwrap();
    builder.with_settings(settings).add_service(Orders)
}

/// The code that a call with `token` ends with.
async fn ship(url: String, token: Option<String>) -> Code {
    let channel = Endpoint::from_shared(url).unwrap().connect().await.unwrap();
    let mut client = tonic::client::Grpc::new(channel);
    client.ready().await.unwrap();
    let mut request = tonic::Request::new(());
    if let Some(token) = token {
        let value = MetadataValue::try_from(format!("Bearer {token}")).unwrap();
        request.metadata_mut().insert("authorization", value);
    }
    let path = "/orders.v1.Orders/Ship".parse().unwrap();
    let called = client.unary(request, path, ProstCodec::<(), ()>::default());
    called.await.unwrap_err().code()
}

#[tokio::test]
async fn a_method_takes_tokens_with_its_role_alone() {
    let (folder, key) = (tempfile::tempdir().unwrap(), key());
    let builder = builder(folder.path(), &key).with_role_option("orders.v1.role");
    let bound = builder.bind().await.unwrap();
    let url = format!("http://{}", bound.address().unwrap());
    let _serving = AbortOnDropHandle::new(tokio::spawn(bound.serve()));

    assert_eq!(ship(url.clone(), None).await, Code::Unauthenticated);
    let reader = token(&key, &["reader"]);
    assert_eq!(
        ship(url.clone(), Some(reader)).await,
        Code::PermissionDenied
    );
    // What the service itself ends with.
    let courier = token(&key, &["reader", "courier"]);
    assert_eq!(ship(url, Some(courier)).await, Code::DataLoss);
}

#[tokio::test]
async fn tokens_without_roles_of_methods_end_the_start() {
    let (folder, key) = (tempfile::tempdir().unwrap(), key());
    let error = builder(folder.path(), &key).bind().await.err().unwrap();
    assert!(
        error.to_string().ends_with("Builder::with_role_option"),
        "{error}"
    );
}
