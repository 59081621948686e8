//! Failures before the first call, with the flag to correct.

use grpc_channel::{CredentialFile, Error};

use super::{Failure, tls};

/// The failure for `error`, with what to do about it.
pub fn failure(error: Error) -> Failure {
    match error {
        Error::UnreadableCredential { file, path, cause } => Failure::new(format!(
            "cannot read {}: {cause}; correct {}",
            path.display(),
            flag(file)
        )),
        Error::NotPem { file, path } => {
            let what = match file {
                CredentialFile::Ca | CredentialFile::Certificate => "certificate",
                CredentialFile::Key => "private key",
            };
            Failure::new(format!(
                "{} has no {what} in PEM; correct {}",
                path.display(),
                flag(file)
            ))
        }
        Error::EncryptedKey { path } => Failure::new(format!(
            "{} has an encrypted private key; decrypt it with openssl pkey, and give the result with --key",
            path.display()
        )),
        Error::Unpaired(given) => {
            let lacking = match given {
                CredentialFile::Key => "--cert",
                _ => "--key",
            };
            Failure::new(format!(
                "{} is given without {lacking}; give both, or neither",
                flag(given)
            ))
        }
        Error::Tls(cause) => tls::unusable(cause.as_ref()),
        Error::UnreadableToken { path, cause } => Failure::new(format!(
            "cannot read a token from {}: {cause}; correct --token-file",
            path.display()
        )),
        Error::InvalidToken => Failure::new(
            "the value of --token is not a token: it may have visible ASCII characters only",
        ),
        Error::PlaintextToken { target } => Failure::new(format!(
            "the token would go to {target} in plain text; use https://, or --plaintext-token if the network is trusted"
        )),
        Error::InvalidAddress { address, cause } => Failure::new(format!(
            "{address} is not an address: {cause}; check --server"
        )),
        Error::Unresolved { target, cause } => {
            Failure::new(format!("cannot resolve {target}: {cause}; check --server"))
        }
        error => Failure::new(error.to_string()),
    }
}

fn flag(file: CredentialFile) -> &'static str {
    match file {
        CredentialFile::Ca => "--ca",
        CredentialFile::Certificate => "--cert",
        CredentialFile::Key => "--key",
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    fn said(error: Error) -> String {
        failure(error).to_string()
    }

    #[test]
    fn a_file_is_named_by_its_flag() {
        let unreadable = |file| Error::UnreadableCredential {
            file,
            path: "it.pem".into(),
            cause: io::ErrorKind::NotFound.into(),
        };
        let sentence = said(unreadable(CredentialFile::Ca));
        assert_eq!(
            sentence,
            "cannot read it.pem: entity not found; correct --ca"
        );
        let without = Error::NotPem {
            file: CredentialFile::Key,
            path: "it.pem".into(),
        };
        assert_eq!(
            said(without),
            "it.pem has no private key in PEM; correct --key"
        );
        let sentence = said(Error::Unpaired(CredentialFile::Key));
        assert_eq!(
            sentence,
            "--key is given without --cert; give both, or neither"
        );
    }

    #[test]
    fn a_token_is_not_sent_in_plain_text() {
        let sentence = said(Error::PlaintextToken {
            target: "http://users.example:8888".to_owned(),
        });
        assert!(
            sentence.contains("in plain text; use https://"),
            "{sentence}"
        );
    }
}
