//! Server reflection, by our own code: tonic-reflection 0.14 ends the stream at the first
//! request that it can't serve, where the protocol has an `error_response` and continues, and
//! it knows no extensions. Its messages and services are used.

mod described;
mod descriptors;
mod v1alpha;

use std::pin::Pin;
use std::sync::Arc;

use futures_util::{Stream, StreamExt};
use prost::bytes::Bytes;
use tonic::codec::CompressionEncoding;
use tonic::service::Routes;
use tonic::{Code, Request, Response, Status, Streaming};
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1::server_reflection_server::{
    ServerReflection, ServerReflectionServer,
};
use tonic_reflection::pb::v1::{
    ErrorResponse, ExtensionNumberResponse, FileDescriptorResponse, ListServiceResponse,
    ServerReflectionRequest, ServerReflectionResponse, ServiceResponse,
};

use self::described::Described;
pub use self::described::ReflectionError;
use self::descriptors::Descriptors;
use self::v1alpha::V1Alpha;

/// The largest question, in bytes: the name of a symbol or a file. The response repeats it.
const MAX_REQUEST_BYTES: usize = 16 * 1024;

/// `routes` with reflection, in both of its versions, of what is in these encoded
/// `FileDescriptorSet`s: the first one that has a name describes it.
///
/// # Errors
/// When one of them is not a `FileDescriptorSet` with all that its files import.
pub fn with_reflection(routes: Routes, descriptors: &[&[u8]]) -> Result<Routes, ReflectionError> {
    let own = [
        tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
        tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
    ];
    let described = Described::new(&[descriptors, &own].concat())?;
    let reflection = Reflection(Arc::new(described));
    let server = ServerReflectionServer::new(reflection)
        .accept_compressed(CompressionEncoding::Gzip)
        .max_decoding_message_size(MAX_REQUEST_BYTES);
    let alpha = V1Alpha(server.clone());
    Ok(routes.add_service(server).add_service(alpha))
}

/// Responds to reflection requests from the registered descriptors.
struct Reflection(Arc<Described>);

type Responses = Pin<Box<dyn Stream<Item = Result<ServerReflectionResponse, Status>> + Send>>;

#[tonic::async_trait]
impl ServerReflection for Reflection {
    type ServerReflectionInfoStream = Responses;

    async fn server_reflection_info(
        &self,
        requests: Request<Streaming<ServerReflectionRequest>>,
    ) -> Result<Response<Responses>, Status> {
        let described = Arc::clone(&self.0);
        let requests = requests.into_inner();
        let responses = requests.map(move |request| Ok(response(&described, request?)));
        Ok(Response::new(Box::pin(responses)))
    }
}

fn response(described: &Described, request: ServerReflectionRequest) -> ServerReflectionResponse {
    let answered = match described.descriptors() {
        Ok(descriptors) => answer(descriptors, request.message_request.as_ref()),
        Err(cause) => Err(error(
            Code::Internal,
            &format!("a descriptor is not valid: {cause}"),
        )),
    };
    ServerReflectionResponse {
        valid_host: request.host.clone(),
        original_request: Some(request),
        message_response: Some(answered.unwrap_or_else(MessageResponse::ErrorResponse)),
    }
}

fn answer(
    descriptors: &Descriptors,
    question: Option<&MessageRequest>,
) -> Result<MessageResponse, ErrorResponse> {
    let Some(question) = question else {
        return Err(error(
            Code::InvalidArgument,
            "the question is not one of reflection's",
        ));
    };
    match question {
        MessageRequest::FileByFilename(name) => file(descriptors.file(name)),
        MessageRequest::FileContainingSymbol(symbol) => file(descriptors.file_of(symbol)),
        MessageRequest::FileContainingExtension(extension) => {
            let number = extension.extension_number;
            file(descriptors.file_of_extension(&extension.containing_type, number))
        }
        MessageRequest::AllExtensionNumbersOfType(name) => {
            let numbers = descriptors.extensions(name).ok_or_else(not_found)?;
            Ok(MessageResponse::AllExtensionNumbersResponse(
                ExtensionNumberResponse {
                    base_type_name: name.clone(),
                    extension_number: numbers,
                },
            ))
        }
        MessageRequest::ListServices(_) => {
            let services = descriptors.services();
            let service = services.map(|name| ServiceResponse { name }).collect();
            Ok(MessageResponse::ListServicesResponse(ListServiceResponse {
                service,
            }))
        }
    }
}

fn file(found: Option<&Bytes>) -> Result<MessageResponse, ErrorResponse> {
    let file = found.ok_or_else(not_found)?;
    let response = FileDescriptorResponse {
        file_descriptor_proto: vec![file.to_vec()],
    };
    Ok(MessageResponse::FileDescriptorResponse(response))
}

fn not_found() -> ErrorResponse {
    error(Code::NotFound, "nothing of this name is described here")
}

fn error(code: Code, message: &str) -> ErrorResponse {
    ErrorResponse {
        error_code: code.into(),
        error_message: message.to_owned(),
    }
}
