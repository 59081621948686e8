//! Each method: the one of [`Grpc`], with messages in Thrift.

use std::sync::Arc;

use http::{Request, Response};
use kitex_server::{ThriftCodec, unary};
use tonic::body::Body;
use tower::service_fn;
use user_proto::v1::user_service_server::UserService;
use user_proto::v1::{
    CreateUsersRequest, CreateUsersResponse, GetUserResponse, GetUsersRequest, GetUsersResponse,
    ListUsersRequest, ListUsersResponse,
};

use crate::grpc::{Grpc, MAX_REQUEST_BYTES};
use crate::status;

pub(super) async fn get_user(users: Arc<Grpc>, body: Body) -> Response<Body> {
    let users = &*users;
    let get = |request| async move { users.get(request).await.map(GetUserResponse::from) };
    unary(status::DOMAIN, body, MAX_REQUEST_BYTES, get).await
}

pub(super) async fn create_user(users: Arc<Grpc>, body: Body) -> Response<Body> {
    let create = |request| users.create(request);
    unary(status::DOMAIN, body, MAX_REQUEST_BYTES, create).await
}

pub(super) async fn list_users(users: Arc<Grpc>, request: Request<Body>) -> Response<Body> {
    let codec = ThriftCodec::<ListUsersResponse, ListUsersRequest>::new(status::DOMAIN);
    let list = |request| {
        let users = Arc::clone(&users);
        async move { users.list_users(request).await }
    };
    let mut server = server(codec);
    server.server_streaming(service_fn(list), request).await
}

pub(super) async fn create_users(users: Arc<Grpc>, request: Request<Body>) -> Response<Body> {
    let codec = ThriftCodec::<CreateUsersResponse, CreateUsersRequest>::new(status::DOMAIN);
    let create = |request| {
        let users = Arc::clone(&users);
        async move { users.create_users(request).await }
    };
    let mut server = server(codec);
    server.client_streaming(service_fn(create), request).await
}

pub(super) async fn get_users(users: Arc<Grpc>, request: Request<Body>) -> Response<Body> {
    let codec = ThriftCodec::<GetUsersResponse, GetUsersRequest>::new(status::DOMAIN);
    let get = |request| {
        let users = Arc::clone(&users);
        async move { users.get_users(request).await }
    };
    server(codec).streaming(service_fn(get), request).await
}

/// What reads and writes the messages of one call.
fn server<T, U>(codec: ThriftCodec<T, U>) -> tonic::server::Grpc<ThriftCodec<T, U>>
where
    ThriftCodec<T, U>: tonic::codec::Codec,
{
    tonic::server::Grpc::new(codec).max_decoding_message_size(MAX_REQUEST_BYTES)
}
