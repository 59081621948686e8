//! Server reflection, as grpcurl uses it.

use prost::Message;
use prost_types::FileDescriptorProto;
use testkit::UserService;
use tokio_stream::{StreamExt, once};
use tonic::transport::Endpoint;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

/// The file that answers `question` of the service at `url`.
async fn file(url: &str, question: MessageRequest) -> FileDescriptorProto {
    let channel = Endpoint::new(url.to_owned()).unwrap().connect().await;
    let request = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(question.clone()),
    };
    let mut client = ServerReflectionClient::new(channel.unwrap());
    let responses = client.server_reflection_info(once(request)).await.unwrap();
    let response = responses.into_inner().next().await.unwrap().unwrap();
    match response.message_response {
        Some(MessageResponse::FileDescriptorResponse(found)) => {
            FileDescriptorProto::decode(found.file_descriptor_proto[0].as_slice()).unwrap()
        }
        other => panic!("{question:?}: {other:?}"),
    }
}

#[tokio::test]
async fn service_is_described_with_all_files_that_it_imports() {
    let service = UserService::start(&[]).await;
    let url = service.grpc_url();
    let symbol = MessageRequest::FileContainingSymbol("user.v1.UserService".to_owned());
    let mut pending = file(url, symbol).await.dependency;
    let mut found = Vec::new();
    while let Some(name) = pending.pop() {
        let described = file(url, MessageRequest::FileByFilename(name)).await;
        pending.extend(described.dependency.iter().cloned());
        found.push(described.name().to_owned());
    }
    found.sort();
    found.dedup();
    for name in ["google/protobuf/descriptor.proto", "user/v1/role.proto"] {
        assert!(found.iter().any(|it| it == name), "{name}: {found:?}");
    }
}
