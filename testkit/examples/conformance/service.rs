//! `connectrpc.conformance.v1.ConformanceService`, as its description wants it.

use std::pin::Pin;
use std::time::Duration;

use futures_util::{Stream, StreamExt};
use http::HeaderMap;
use prost_types::Any;
use tokio::time::sleep;
use tonic::metadata::MetadataMap;
use tonic::{Request, Response, Status, Streaming};

use crate::proto::conformance_service_server::ConformanceService;
use crate::proto::unary_response_definition::Response as Outcome;
use crate::proto::{
    BidiStreamRequest, BidiStreamResponse, ClientStreamRequest, ClientStreamResponse,
    ConformancePayload, Header, IdempotentUnaryRequest, IdempotentUnaryResponse,
    ServerStreamRequest, ServerStreamResponse, UnaryRequest, UnaryResponse,
    UnaryResponseDefinition, UnimplementedRequest, UnimplementedResponse,
};
use crate::responses::Responses;
use crate::trailers::Trailers;
use crate::{metadata, payload};

type Payloads<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

pub(crate) struct Service;

/// The response that `definition` describes.
async fn single(
    definition: Option<UnaryResponseDefinition>,
    headers: &HeaderMap,
    requests: Vec<Any>,
) -> Result<Response<Option<ConformancePayload>>, Status> {
    let info = payload::info(headers, requests);
    let definition = definition.unwrap_or_default();
    sleep(Duration::from_millis(definition.response_delay_ms.into())).await;
    let (headers, trailers) = (&definition.response_headers, &definition.response_trailers);
    let data = match definition.response {
        Some(Outcome::Error(error)) => {
            let metadata = metadata::of_error(headers, trailers);
            return Err(payload::status(&error, Some(&info), metadata));
        }
        Some(Outcome::ResponseData(data)) => data,
        None => Vec::new(),
    };
    Ok(with_metadata(
        payload::payload(data, Some(info)),
        headers,
        trailers,
    ))
}

fn with_metadata<T>(message: T, headers: &[Header], trailers: &[Header]) -> Response<T> {
    let mut response = Response::new(message);
    *response.metadata_mut() = MetadataMap::from_headers(metadata::of_proto(headers));
    let trailers = Trailers(metadata::of_proto(trailers));
    response.extensions_mut().insert(trailers);
    response
}

/// The response that is a stream of `responses`, made of their payloads by `message`.
fn streamed<T>(responses: Responses, message: fn(ConformancePayload) -> T) -> Response<Payloads<T>>
where
    T: Send + 'static,
{
    let definition = responses.definition.clone();
    // Those of an error are in its status.
    let trailers = match definition.error {
        Some(_) => &[],
        None => &definition.response_trailers[..],
    };
    let payloads = responses.stream().map(move |it| it.map(message));
    let payloads: Payloads<T> = Box::pin(payloads);
    with_metadata(payloads, &definition.response_headers, trailers)
}

#[tonic::async_trait]
impl ConformanceService for Service {
    async fn unary(
        &self,
        request: Request<UnaryRequest>,
    ) -> Result<Response<UnaryResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let requests = vec![payload::any("UnaryRequest", &request)];
        let definition = request.response_definition;
        let response = single(definition, metadata.as_ref(), requests).await?;
        Ok(response.map(|payload| UnaryResponse { payload }))
    }

    async fn idempotent_unary(
        &self,
        request: Request<IdempotentUnaryRequest>,
    ) -> Result<Response<IdempotentUnaryResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let requests = vec![payload::any("IdempotentUnaryRequest", &request)];
        let definition = request.response_definition;
        let response = single(definition, metadata.as_ref(), requests).await?;
        Ok(response.map(|payload| IdempotentUnaryResponse { payload }))
    }

    async fn client_stream(
        &self,
        request: Request<Streaming<ClientStreamRequest>>,
    ) -> Result<Response<ClientStreamResponse>, Status> {
        let (metadata, _, mut requests) = request.into_parts();
        let (mut seen, mut definition) = (Vec::new(), None);
        while let Some(request) = requests.message().await? {
            seen.push(payload::any("ClientStreamRequest", &request));
            if seen.len() == 1 {
                definition = request.response_definition;
            }
        }
        let response = single(definition, metadata.as_ref(), seen).await?;
        Ok(response.map(|payload| ClientStreamResponse { payload }))
    }

    type ServerStreamStream = Payloads<ServerStreamResponse>;

    async fn server_stream(
        &self,
        request: Request<ServerStreamRequest>,
    ) -> Result<Response<Self::ServerStreamStream>, Status> {
        let (metadata, _, request) = request.into_parts();
        let seen = vec![payload::any("ServerStreamRequest", &request)];
        let responses = Responses {
            definition: request.response_definition.unwrap_or_default(),
            headers: metadata.into_headers(),
            requests: None,
            seen,
            full_duplex: false,
            sent: 0,
        };
        Ok(streamed(responses, |payload| ServerStreamResponse {
            payload: Some(payload),
        }))
    }

    type BidiStreamStream = Payloads<BidiStreamResponse>;

    async fn bidi_stream(
        &self,
        request: Request<Streaming<BidiStreamRequest>>,
    ) -> Result<Response<Self::BidiStreamStream>, Status> {
        let (metadata, _, mut requests) = request.into_parts();
        let first = requests.message().await?;
        let seen = first.iter().map(|it| payload::any("BidiStreamRequest", it));
        let seen = seen.collect();
        let first = first.unwrap_or_default();
        let responses = Responses {
            definition: first.response_definition.unwrap_or_default(),
            headers: metadata.into_headers(),
            requests: Some(requests),
            seen,
            full_duplex: first.full_duplex,
            sent: 0,
        };
        Ok(streamed(responses, |payload| BidiStreamResponse {
            payload: Some(payload),
        }))
    }

    async fn unimplemented(
        &self,
        _: Request<UnimplementedRequest>,
    ) -> Result<Response<UnimplementedResponse>, Status> {
        Err(Status::unimplemented("this method is not implemented"))
    }
}
