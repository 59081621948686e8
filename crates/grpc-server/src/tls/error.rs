//! Why files are of no use for TLS.

use std::io;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

/// One sentence that says what is wrong with a file and what to do; never what is in it.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file can't be read.
    #[error("cannot read {}: {cause}; correct {variable}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The variable that names it.
        variable: &'static str,
        /// What the system says.
        cause: io::Error,
    },
    /// A file has nothing of what it is for.
    #[error("{} has no {what} in PEM; correct {variable}", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
        /// The variable that names it.
        variable: &'static str,
        /// What should be there.
        what: &'static str,
    },
    /// A file has a private key that is encrypted.
    #[error("{} has an encrypted private key; decrypt it with openssl pkey, and correct {variable}", path.display())]
    Encrypted {
        /// The file.
        path: PathBuf,
        /// The variable that names it.
        variable: &'static str,
    },
    /// What a file has can't be used.
    #[error("{} has a {what} that can't be used; correct {variable}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// The variable that names it.
        variable: &'static str,
        /// What it has.
        what: &'static str,
    },
    /// The key is that of another certificate.
    #[error("the key in {} is not that of the certificate in {}; correct TLS_KEY_FILE or TLS_CERT_FILE", key.display(), certificate.display())]
    Mismatch {
        /// The file with the key.
        key: PathBuf,
        /// The file with the certificate.
        certificate: PathBuf,
    },
    /// The certificate is too old, or too new.
    #[error("the certificate in {} is valid from {} to {}, which is not now; renew it, or set the clock", path.display(), date(*from), date(*to))]
    NotNow {
        /// The file.
        path: PathBuf,
        /// When it begins, in Unix time.
        from: Duration,
        /// When it ends, in Unix time.
        to: Duration,
    },
}

fn date(unix: Duration) -> String {
    let time = SystemTime::UNIX_EPOCH.checked_add(unix);
    // humantime writes years of four digits and panics at others.
    let time = time
        .filter(|_| unix < LAST_DATE)
        .map(humantime::format_rfc3339_seconds);
    time.map_or_else(|| "never".to_owned(), |time| time.to_string())
}

/// The year 9999 has begun.
const LAST_DATE: Duration = Duration::from_secs(253_370_764_800);
