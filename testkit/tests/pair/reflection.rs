//! Server reflection, as grpcurl uses it.

use prost::Message;
use prost_types::FileDescriptorProto;
use testkit::UserService;
use tokio_stream::{StreamExt, iter, once};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1::{
    ExtensionRequest, ServerReflectionRequest, ServerReflectionResponse,
};
use tonic_reflection::pb::v1alpha;
use tonic_reflection::pb::v1alpha::server_reflection_client::ServerReflectionClient as AlphaClient;

async fn channel(url: &str) -> Channel {
    let endpoint = Endpoint::new(url.to_owned()).unwrap();
    endpoint.connect().await.unwrap()
}

fn request(question: MessageRequest) -> ServerReflectionRequest {
    ServerReflectionRequest {
        host: "users.example".to_owned(),
        message_request: Some(question),
    }
}

/// The file that is returned for `question` of the service at `url`.
async fn file(url: &str, question: MessageRequest) -> FileDescriptorProto {
    let request = request(question.clone());
    let mut client = ServerReflectionClient::new(channel(url).await);
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

fn symbol(name: &str) -> MessageRequest {
    MessageRequest::FileContainingSymbol(name.to_owned())
}

fn extension(of: &str, number: i32) -> MessageRequest {
    MessageRequest::FileContainingExtension(ExtensionRequest {
        containing_type: of.to_owned(),
        extension_number: number,
    })
}

/// Questions, and the code of the error that each is answered with if it is.
fn questions() -> Vec<(MessageRequest, Option<Code>)> {
    let all_numbers = |name: &str| MessageRequest::AllExtensionNumbersOfType(name.to_owned());
    let file = |name: &str| MessageRequest::FileByFilename(name.to_owned());
    let not_found = Some(Code::NotFound);
    vec![
        (symbol("no.Such"), not_found),
        (symbol("user.v1.UserService"), None),
        (symbol("user.v1.UserService.GetUser"), None),
        (symbol("user.v1.UserService.Nothing"), not_found),
        (symbol("user.v1.GetUsersResponse.result"), None),
        (symbol("user.v1.User.email"), None),
        (symbol("user.v1.READER"), None),
        (symbol("user.v1.role"), None),
        (symbol(""), not_found),
        (symbol("."), not_found),
        (file("no/such.proto"), not_found),
        (file("user/v1/user.proto"), None),
        (extension("google.protobuf.MethodOptions", 1), not_found),
        (extension("google.protobuf.MethodOptions", -1), not_found),
        (extension("google.protobuf.MethodOptions", ROLE), None),
        (extension("no.Such", 1), not_found),
        (all_numbers("google.protobuf.MethodOptions"), None),
        (all_numbers("user.v1.User"), None),
        (all_numbers("no.Such"), not_found),
        (MessageRequest::ListServices(String::new()), None),
    ]
}

/// The number of the option `(user.v1.role)`.
const ROLE: i32 = 50_100;

/// The code of the error in a response, which repeats its question.
fn code(answer: &ServerReflectionResponse, asked: &MessageRequest) -> Option<Code> {
    let original = answer.original_request.as_ref().unwrap();
    assert_eq!(original.message_request.as_ref(), Some(asked));
    assert_eq!(answer.valid_host, "users.example");
    match answer.message_response.as_ref().unwrap() {
        MessageResponse::ErrorResponse(error) => Some(error.error_code.into()),
        _ => None,
    }
}

#[tokio::test]
async fn unknown_names_have_an_error_response_and_the_stream_goes_on() {
    let service = UserService::start(&[]).await;
    let channel = channel(service.grpc_url()).await;
    let (asked, codes): (Vec<_>, Vec<_>) = questions().into_iter().unzip();
    let requests: Vec<_> = asked.iter().cloned().map(request).collect();

    let mut client = ServerReflectionClient::new(channel.clone());
    let responses = client.server_reflection_info(iter(requests.clone())).await;
    let responses: Result<Vec<_>, Status> = responses.unwrap().into_inner().collect().await;

    let found = |responses: Vec<ServerReflectionResponse>| -> Vec<_> {
        let answered = responses.iter().zip(&asked);
        answered.map(|(it, asked)| code(it, asked)).collect()
    };
    assert_eq!(found(responses.unwrap()), codes);

    // The older version has the same messages.
    let older = |it: ServerReflectionRequest| {
        v1alpha::ServerReflectionRequest::decode(&*it.encode_to_vec()).unwrap()
    };
    let requests: Vec<_> = requests.into_iter().map(older).collect();
    let mut client = AlphaClient::new(channel);
    let responses = client.server_reflection_info(iter(requests)).await;
    let responses: Result<Vec<_>, Status> = responses.unwrap().into_inner().collect().await;
    let newer = |it: v1alpha::ServerReflectionResponse| {
        ServerReflectionResponse::decode(&*it.encode_to_vec()).unwrap()
    };
    let responses = responses.unwrap().into_iter().map(newer).collect();
    assert_eq!(found(responses), codes);
    assert!(service.stop().await.success());
}

#[tokio::test]
async fn invalid_reflection_request_gets_an_error_and_the_next_one_succeeds() {
    let service = UserService::start(&[]).await;
    let mut client = ServerReflectionClient::new(channel(service.grpc_url()).await);
    let questions = [
        ServerReflectionRequest::default(),
        request(symbol("user.v1.User")),
        request(symbol(&"a".repeat(20_000))),
    ];
    let responses = client.server_reflection_info(iter(questions)).await;
    let mut responses = responses.unwrap().into_inner();

    let first = responses.next().await.unwrap().unwrap();
    let Some(MessageResponse::ErrorResponse(error)) = first.message_response else {
        panic!("{first:?}");
    };
    assert_eq!(Code::from(error.error_code), Code::InvalidArgument);
    let second = responses.next().await.unwrap().unwrap().message_response;
    assert!(matches!(
        second,
        Some(MessageResponse::FileDescriptorResponse(_))
    ));
    // It is larger than any that is needed.
    let third = responses.next().await.unwrap().unwrap_err();
    assert_eq!(third.code(), Code::ResourceExhausted, "{third}");
    assert!(service.stop().await.success());
}
