//! Where Jaeger is, as a user writes it.

use std::fmt;
use std::str::FromStr;

use opentelemetry::TraceId;
use url::Url;

/// The URL of Jaeger's pages, below which its query API is as well. It may have a path.
#[derive(Clone, Eq, PartialEq)]
pub struct Address {
    /// Ends with a slash, so that paths can be joined to it.
    base: Url,
}

impl Address {
    /// Whether it is reached without TLS.
    pub(crate) fn is_plain(&self) -> bool {
        self.base.scheme() == "http"
    }

    /// The page that shows a trace. A password in the URL isn't part of it.
    pub fn page(&self, trace_id: TraceId) -> String {
        format!("{self}/trace/{trace_id}")
    }

    /// Where the query API returns a trace, as OTLP in JSON.
    pub(crate) fn query(&self, trace_id: TraceId) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}api/v3/traces/{trace_id}", self.base.path()));
        url
    }
}

/// A text that is not the URL of a Jaeger.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum AddressError {
    /// It isn't a URL.
    #[error("{0}; {EXPECTED}")]
    NotAUrl(#[from] url::ParseError),
    /// The scheme is another one, or there is no host.
    #[error("{EXPECTED}")]
    NotHttp,
    /// There is a query or a fragment.
    #[error("it must end with the path; {EXPECTED}")]
    AfterPath,
}

const EXPECTED: &str = "write http://HOST:PORT or https://HOST:PORT, perhaps with a path";

/// Without a password, as it is shown in messages.
impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origin = self.base.origin().ascii_serialization();
        let path = self.base.path().trim_end_matches('/');
        write!(formatter, "{origin}{path}")
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Address({self})")
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let mut base = Url::parse(text)?;
        if !matches!(base.scheme(), "http" | "https") || base.host_str().is_none() {
            return Err(AddressError::NotHttp);
        }
        if base.query().is_some() || base.fragment().is_some() {
            return Err(AddressError::AfterPath);
        }
        let path = format!("{}/", base.path().trim_end_matches('/'));
        base.set_path(&path);
        Ok(Self { base })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        text.parse().unwrap()
    }

    #[test]
    fn a_path_stays_and_a_slash_at_the_end_is_the_same() {
        let id = TraceId::from_bytes([0xab; 16]);
        for text in ["http://jaeger:16686/ui", "http://jaeger:16686/ui/"] {
            assert_eq!(address(text).to_string(), "http://jaeger:16686/ui");
            let page = format!("http://jaeger:16686/ui/trace/{id}");
            assert_eq!(address(text).page(id), page);
            let query = format!("http://jaeger:16686/ui/api/v3/traces/{id}");
            assert_eq!(address(text).query(id).as_str(), query);
        }
    }

    #[test]
    fn a_password_is_sent_and_never_shown() {
        let address = address("https://reader:secret@jaeger.example.com");
        let id = TraceId::from_bytes([1; 16]);
        assert_eq!(address.to_string(), "https://jaeger.example.com");
        assert!(!address.page(id).contains("secret"));
        assert_eq!(
            format!("{address:?}"),
            "Address(https://jaeger.example.com)"
        );
        assert!(address.query(id).as_str().contains("secret"));
    }

    #[test]
    fn what_is_no_url_of_a_server_is_refused_with_what_to_write() {
        for text in [
            "",
            "jaeger",
            "jaeger:16686",
            "grpc://jaeger:1",
            "http://",
            "http://j/?a=b",
        ] {
            let error = text.parse::<Address>().unwrap_err().to_string();
            assert!(error.contains("write http://HOST:PORT"), "{text}: {error}");
        }
    }
}
