//! `grpc.testing.TestService`, as the descriptions of the cases want it.

use std::pin::Pin;
use std::time::Duration;

use futures_util::{Stream, StreamExt, stream};
use testkit::testing::test_service_server::TestService;
use testkit::testing::{
    EchoStatus, Empty, Payload, ResponseParameters, SimpleRequest, SimpleResponse,
    StreamingInputCallRequest, StreamingInputCallResponse, StreamingOutputCallRequest,
    StreamingOutputCallResponse,
};
use tonic::{Code, Request, Response, Status, Streaming};

pub(crate) struct Service;

type Responses<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

fn payload(size: i32) -> Option<Payload> {
    let size = usize::try_from(size).unwrap_or_default();
    Some(Payload {
        r#type: 0,
        body: vec![0; size],
    })
}

fn asked_for(status: Option<EchoStatus>) -> Result<(), Status> {
    match status {
        Some(status) if status.code != 0 => {
            Err(Status::new(Code::from(status.code), status.message))
        }
        _ => Ok(()),
    }
}

async fn response(parameters: ResponseParameters) -> Result<StreamingOutputCallResponse, Status> {
    let micros = u64::try_from(parameters.interval_us).unwrap_or_default();
    tokio::time::sleep(Duration::from_micros(micros)).await;
    Ok(StreamingOutputCallResponse {
        payload: payload(parameters.size),
    })
}

#[tonic::async_trait]
impl TestService for Service {
    async fn empty_call(&self, _: Request<Empty>) -> Result<Response<Empty>, Status> {
        Ok(Response::new(Empty {}))
    }

    async fn unary_call(
        &self,
        request: Request<SimpleRequest>,
    ) -> Result<Response<SimpleResponse>, Status> {
        let compressed = request
            .metadata()
            .get("grpc-encoding")
            .is_some_and(|it| it == "gzip");
        let request = request.into_inner();
        if request.expect_compressed.is_some_and(|it| it.value) && !compressed {
            return Err(Status::invalid_argument("the message is not compressed"));
        }
        asked_for(request.response_status)?;
        let mut response = Response::new(SimpleResponse {
            payload: payload(request.response_size),
        });
        if request.response_compressed.is_none_or(|it| !it.value) {
            response.disable_compression();
        }
        Ok(response)
    }

    type StreamingOutputCallStream = Responses<StreamingOutputCallResponse>;

    async fn streaming_output_call(
        &self,
        request: Request<StreamingOutputCallRequest>,
    ) -> Result<Response<Self::StreamingOutputCallStream>, Status> {
        let parameters = request.into_inner().response_parameters;
        Ok(Response::new(Box::pin(
            stream::iter(parameters).then(response),
        )))
    }

    async fn streaming_input_call(
        &self,
        request: Request<Streaming<StreamingInputCallRequest>>,
    ) -> Result<Response<StreamingInputCallResponse>, Status> {
        let mut requests = request.into_inner();
        let mut size = 0;
        while let Some(request) = requests.message().await? {
            size += request.payload.map_or(0, |payload| payload.body.len());
        }
        Ok(Response::new(StreamingInputCallResponse {
            aggregated_payload_size: i32::try_from(size).unwrap_or(i32::MAX),
        }))
    }

    type FullDuplexCallStream = Responses<StreamingOutputCallResponse>;

    async fn full_duplex_call(
        &self,
        request: Request<Streaming<StreamingOutputCallRequest>>,
    ) -> Result<Response<Self::FullDuplexCallStream>, Status> {
        let answers = request.into_inner().flat_map(|request| {
            let responses: Responses<_> = match request.and_then(|request| {
                asked_for(request.response_status)?;
                Ok(request.response_parameters)
            }) {
                Ok(parameters) => Box::pin(stream::iter(parameters).then(response)),
                Err(status) => Box::pin(stream::iter([Err(status)])),
            };
            responses
        });
        Ok(Response::new(Box::pin(answers)))
    }

    async fn unimplemented_call(&self, _: Request<Empty>) -> Result<Response<Empty>, Status> {
        Err(Status::unimplemented(""))
    }
}
