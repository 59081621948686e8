//! Connect by GET: unary calls that change nothing, with their message in the query.

use std::collections::HashSet;

use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use http::{Request, Response};
use percent_encoding::percent_decode_str;
use tonic::body::Body;

use crate::encoding::Encoding;
use crate::error::Failure;
use crate::fields::InvalidField;
use crate::gateway::Inner;
use crate::headers::Deadline;
use crate::messages::Codec;
use crate::rpc::Method;

/// For URLs, with padding or without.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The parameters of a call.
#[derive(Debug, Default)]
struct Parameters {
    message: Option<Vec<u8>>,
    encoding: Vec<u8>,
    base64: Vec<u8>,
    compression: Vec<u8>,
}

impl Parameters {
    /// Those in `query`; others are left out, as the protocol may get more.
    ///
    /// # Errors
    /// When one of them is given more than once.
    fn of(query: &str) -> Result<Self, InvalidField> {
        let mut parameters = Self::default();
        let mut seen = HashSet::new();
        for (name, value) in query.split('&').filter_map(|it| it.split_once('=')) {
            let value = percent_decode_str(&value.replace('+', " ")).collect();
            if !seen.insert(name) {
                return Err(InvalidField::new(name, "it is given more than once"));
            }
            match name {
                "message" => parameters.message = Some(value),
                "encoding" => parameters.encoding = value,
                "base64" => parameters.base64 = value,
                "compression" => parameters.compression = value,
                _ => {}
            }
        }
        Ok(parameters)
    }

    fn codec(&self) -> Result<Codec, InvalidField> {
        match &self.encoding[..] {
            b"json" => Ok(Codec::Json),
            b"proto" => Ok(Codec::Proto),
            _ => Err(InvalidField::new("encoding", "it must be json or proto")),
        }
    }

    /// The bytes of the message, which may be compressed.
    fn message(self) -> Result<Bytes, InvalidField> {
        let message = self.message;
        let message =
            message.ok_or_else(|| InvalidField::new("message", "the parameter is missing"))?;
        if self.base64 != b"1" {
            return Ok(Bytes::from(message));
        }
        let decoded = BASE64.decode(message);
        decoded
            .map(Bytes::from)
            .map_err(|_| InvalidField::new("message", "it is not base64"))
    }
}

impl Inner {
    /// Makes a unary call whose message is in the query.
    pub(in crate::gateway) async fn connect_get(
        &self,
        method: &Method,
        request: Request<Body>,
    ) -> Result<Response<Body>, Failure> {
        self.check(&request)?;
        let headers = request.headers();
        let invalid = |invalid: InvalidField| self.errors.invalid_field(&invalid);
        let deadline = self.connect_deadline(headers)?;
        let deadline = deadline.unwrap_or_else(|| Deadline::after(self.timeout));
        let parameters = Parameters::of(request.uri().query().unwrap_or_default());
        let parameters = parameters.map_err(invalid)?;
        let codec = parameters.codec().map_err(invalid)?;
        let encoding = std::str::from_utf8(&parameters.compression).ok();
        let encoding = encoding.and_then(Encoding::named);
        let encoding = encoding.ok_or_else(|| self.errors.unsupported_encoding())?;
        let message = parameters.message().map_err(invalid)?;
        let message = self.decompressed(encoding, message)?;
        let call = self.connect_call((method, codec, headers), &message, deadline);
        let single = self.in_time(Some(deadline), call).await?;
        self.connect_response(codec, headers, single)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_in_the_query_as_it_is_or_in_base64() {
        let plain = Parameters::of("connect=v1&encoding=json&message=%7B%22a%22%3A+1%7D");
        let plain = plain.unwrap();
        assert_eq!(plain.codec().unwrap(), Codec::Json);
        assert_eq!(plain.message().unwrap(), "{\"a\": 1}");
        for message in ["-_8", "-_8="] {
            let coded = Parameters::of(&format!("message={message}&base64=1&encoding=proto"));
            let coded = coded.unwrap();
            assert_eq!(coded.codec().unwrap(), Codec::Proto);
            assert_eq!(coded.message().unwrap(), [0xfb, 0xff][..]);
        }
        let parameters = |query| Parameters::of(query).unwrap();
        assert!(parameters("base64=1&message=%20").message().is_err());
        assert!(parameters("").message().is_err());
        assert!(parameters("encoding=xml").codec().is_err());
        assert!(Parameters::of("message=1&message=2").is_err());
    }
}
