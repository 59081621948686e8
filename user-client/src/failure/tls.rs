//! What went wrong with TLS, and what to do about it.

use std::error::Error;
use std::io;

use grpc_common::{causes, printable, root_cause};
use rustls::{CertificateError, Error as TlsError, OtherError};

use super::Failure;

/// What rustls says before the name of an alert.
const ALERT: &str = "received fatal alert: ";

/// What the verifier of rustls says of a certificate of an authority where one of a server
/// should be. There is no variant for it, and its own error type is not one of rustls.
const CA_AS_SERVER: &str = "CaUsedAsEndEntity";

/// What was given for TLS can't be used.
pub fn unusable(error: &(dyn Error + 'static)) -> Failure {
    let cause = root_cause(error);
    Failure::new(format!(
        "TLS cannot be set up: {cause}; correct --ca, --cert, --key or --tls-name"
    ))
}

/// What to say of `error` on a connection to `server`, if it is one of TLS.
pub(super) fn sentence(server: &str, error: &(dyn Error + 'static)) -> Option<String> {
    // On a connection that was there already, HTTP/2 has made a text of the alert.
    if let Some(alert) = root_cause(error).strip_prefix(ALERT) {
        return Some(of_alert(server, alert));
    }
    Some(match causes(error).find_map(of_tls)? {
        TlsError::InvalidCertificate(error) => of_server(server, error),
        TlsError::InvalidMessage(_) => disagreement(server, "it responds in plain text"),
        error => disagreement(server, &printable(&error.to_string())),
    })
}

/// Both ends don't mean the same by TLS.
pub(super) fn disagreement(server: &str, cause: &str) -> String {
    format!(
        "cannot agree on TLS with {server}: {cause}; if the server speaks plain text, name it as http:// with --server"
    )
}

/// An I/O error hides what it is made of from `source`.
fn of_tls<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a TlsError> {
    let inner = error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref);
    let inner = inner.and_then(|inner| inner.downcast_ref::<TlsError>());
    inner.or_else(|| error.downcast_ref())
}

fn of_server(server: &str, error: &CertificateError) -> String {
    let certificate = format!("the certificate of {server}");
    match error {
        CertificateError::UnknownIssuer => format!(
            "{certificate} is from a CA that is not trusted here; give its CA bundle with --ca"
        ),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            format!("{certificate} has expired; have it renewed, or set the clock of this machine")
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            format!(
                "{certificate} is not valid yet; set the clock of this machine, or that of the authority"
            )
        }
        CertificateError::NotValidForName => format!(
            "{certificate} is for another name; call the server by that, or name it with --tls-name"
        ),
        CertificateError::NotValidForNameContext { presented, .. } => {
            let names = printable(&presented.join(", "));
            format!(
                "{certificate} is for another name ({names}); call the server by that, or name it with --tls-name"
            )
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            format!(
                "{certificate} is not for servers; give the server one with the usage serverAuth"
            )
        }
        CertificateError::Other(OtherError(cause)) if cause.to_string() == CA_AS_SERVER => {
            format!(
                "{certificate} is a CA certificate (CA:TRUE), which a server cannot use; give the server another one, as openssl req -x509 makes it with -addext basicConstraints=critical,CA:FALSE"
            )
        }
        error => format!(
            "{certificate} cannot be used: {}; give the server another",
            printable(&error.to_string())
        ),
    }
}

/// `alert` is its name.
fn of_alert(server: &str, alert: &str) -> String {
    match alert {
        "CertificateRequired" => {
            format!("{server} requires a client certificate; give one with --cert and --key")
        }
        "UnknownCA" => refused(server, "it is from a CA that the server does not trust"),
        "CertificateExpired" => refused(server, "it has expired, or is not valid yet"),
        "UnsupportedCertificate" => refused(server, "it is not for clients"),
        "BadCertificate" | "CertificateRevoked" | "CertificateUnknown" | "AccessDenied"
        | "DecryptError" => refused(server, "it cannot be used"),
        alert => disagreement(server, &format!("the server says {alert}")),
    }
}

fn refused(server: &str, why: &str) -> String {
    format!(
        "{server} does not take the certificate of --cert: {why}; give another with --cert and --key"
    )
}

#[cfg(test)]
mod tests;
