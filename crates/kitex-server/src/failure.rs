//! The status of a call that failed, as Kitex clients understand it.

use std::collections::BTreeMap;

use grpc_telemetry::rpc::code_name;
use kitex_codec::{ApplicationException, BusinessError, Frame, Message, keys};
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::call::IncomingCall;
use crate::codec::MALFORMED;
use crate::service::KitexService;

/// The response to a call that failed, and whether the connection is to be closed after it.
///
/// The caller's own mistakes are business errors, which count as no failure of the service, to
/// clients that can read them; anything else is an exception.
pub(crate) fn response(
    service: &KitexService,
    call: &IncomingCall,
    status: &Status,
) -> (Frame, bool) {
    if call.service().is_some()
        && let Some(error) = business_error(status)
    {
        return (business(call, &error), false);
    }
    let named = Named {
        service: call.service(),
        method: &call.message().name,
    };
    let exception = exception(service, named, status);
    let closes = exception.kind == ApplicationException::PROTOCOL_ERROR;
    (call.respond(&call.message().exception(&exception)), closes)
}

/// Whether the error is one of the request, not of the service.
pub(crate) fn is_business(code: Code) -> bool {
    matches!(
        code,
        Code::InvalidArgument | Code::NotFound | Code::AlreadyExists
    )
}

/// The business error that `status` is to Kitex clients, if it is one.
pub(crate) fn business_error(status: &Status) -> Option<BusinessError> {
    if !is_business(status.code()) {
        return None;
    }
    let details = status.get_error_details();
    let reason = details.error_info().map(|info| info.reason.clone());
    let trace = details.request_info().map(|info| info.request_id.clone());
    let extra = [("reason", reason), ("trace_id", trace)].into_iter();
    let extra = extra.filter_map(|(key, value)| Some((key.to_owned(), value?)));
    Some(BusinessError {
        status: status.code().into(),
        message: status.message().to_owned(),
        extra: BTreeMap::from_iter(extra),
    })
}

fn business(call: &IncomingCall, error: &BusinessError) -> Frame {
    let mut frame = call.respond(&call.empty_reply());
    if let Some(header) = &mut frame.header {
        error.add_to(&mut header.infos);
    }
    frame
}

/// What a client called, in its own words.
#[derive(Clone, Copy)]
pub(crate) struct Named<'a> {
    pub(crate) service: Option<&'a str>,
    pub(crate) method: &'a str,
}

/// The exception that `status` is, where it is no business error.
pub(crate) fn exception(
    service: &KitexService,
    named: Named<'_>,
    status: &Status,
) -> ApplicationException {
    if status.code() == Code::Unimplemented {
        return unknown(service, named);
    }
    let details = status.get_error_details();
    let reason = details.error_info().map(|info| info.reason.as_str());
    let kind = match reason {
        Some(MALFORMED) => ApplicationException::PROTOCOL_ERROR,
        _ => ApplicationException::INTERNAL_ERROR,
    };
    let message = format!("{}: {}", code_name(status.code()), status.message());
    ApplicationException::new(kind, message)
}

/// The exception for a method that the service doesn't have, as Kitex words it.
fn unknown(service: &KitexService, called: Named<'_>) -> ApplicationException {
    let named = called.service.unwrap_or_default();
    let method = called.method;
    if named == service.name {
        let message = format!("unknown method {method} (service {named})");
        return ApplicationException::new(ApplicationException::UNKNOWN_METHOD, message);
    }
    let message = format!("unknown service {named}, method {method}");
    ApplicationException::new(ApplicationException::UNKNOWN_SERVICE, message)
}

/// The response to a message that is not a call with a response.
pub(crate) fn not_a_call(call: &IncomingCall) -> Frame {
    let exception = ApplicationException::new(
        ApplicationException::INVALID_MESSAGE_KIND,
        "only calls with a response are served",
    );
    let exception: Message = call.message().exception(&exception);
    call.respond(&exception)
}

/// Tells the client, where it can read that, that the connection is closed after `frame`.
pub(crate) fn announce_close(frame: &mut Frame) {
    if let Some(header) = &mut frame.header {
        header.infos.set_string(keys::CLOSE_SOON, "1");
    }
}
