use std::error::Error;
use std::io;

use rustls::{AlertDescription, CertificateError, Error as TlsError, InvalidMessage};
use tonic::Status;

use super::*;

const SERVER: &str = "https://users.example:8888";

/// As it comes out of a connection.
fn said(error: TlsError) -> String {
    let error = io::Error::new(io::ErrorKind::InvalidData, error);
    sentence(SERVER, &Status::from_error(error.into())).unwrap()
}

#[test]
fn each_failure_says_what_to_do() {
    let of_server = TlsError::InvalidCertificate;
    let table = [
        (of_server(CertificateError::UnknownIssuer), "with --ca"),
        (of_server(CertificateError::Expired), "have it renewed"),
        (of_server(CertificateError::NotValidYet), "set the clock"),
        (of_server(CertificateError::NotValidForName), "--tls-name"),
        (of_server(CertificateError::InvalidPurpose), "serverAuth"),
        (
            of_server(CertificateError::BadSignature),
            "give the server another",
        ),
        (
            TlsError::AlertReceived(AlertDescription::CertificateRequired),
            "with --cert and --key",
        ),
        (
            TlsError::AlertReceived(AlertDescription::UnknownCA),
            "does not trust",
        ),
        (
            TlsError::InvalidMessage(InvalidMessage::InvalidContentType),
            "name it as http://",
        ),
        (TlsError::DecryptError, "cannot agree on TLS"),
    ];
    for (error, expected) in table {
        let said = said(error);
        assert!(said.contains(expected), "{said}");
        assert!(said.contains(SERVER), "{said}");
    }
}

#[test]
fn the_names_in_a_certificate_cannot_move_the_cursor() {
    let error = CertificateError::NotValidForNameContext {
        expected: "users.example".try_into().unwrap(),
        presented: vec!["\u{1b}[2J".to_owned()],
    };
    let said = said(TlsError::InvalidCertificate(error));
    assert!(!said.contains('\u{1b}'), "{said}");
}

#[test]
fn other_failures_are_none_of_tls() {
    let refused: Box<dyn Error> = io::Error::from(io::ErrorKind::ConnectionRefused).into();
    assert_eq!(sentence(SERVER, refused.as_ref()), None);
}
