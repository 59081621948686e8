//! Certificates for tests, from CAs that only the tests trust.

use std::net::IpAddr;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, SanType, date_time_ymd,
};

/// What a certificate is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usage {
    /// To be a server.
    Server,
    /// To be a client.
    Client,
}

/// When a certificate is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    /// For some decades around today.
    Now,
    /// No longer.
    Past,
    /// Not yet.
    Future,
}

/// A certificate and its private key, both in PEM.
#[derive(Clone, Debug)]
pub struct Certified {
    /// The certificate.
    pub certificate: String,
    /// The private key.
    pub key: String,
}

/// Who signs certificates.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    /// One by the name `name`.
    ///
    /// # Panics
    /// If there is no randomness.
    pub fn new(name: &str) -> Self {
        let mut params = params(&[], Validity::Now);
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let issuer = CertifiedIssuer::self_signed(params, key());
        Self {
            issuer: issuer.expect("the parameters are sound"),
        }
    }

    /// Its own certificate, in PEM, for those who trust it.
    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// A certificate with these names: DNS names, IP addresses, and URIs, which have a `://`.
    ///
    /// # Panics
    /// If a name is none.
    pub fn issue(&self, names: &[&str], usage: Usage, validity: Validity) -> Certified {
        let key = key();
        let params = leaf(names, usage, validity);
        let certificate = params.signed_by(&key, &self.issuer);
        Certified {
            certificate: certificate.expect("the parameters are sound").pem(),
            key: key.serialize_pem(),
        }
    }

    /// A certificate for a server by the names `localhost` and `127.0.0.1`.
    ///
    /// # Panics
    /// Never: the names are sound.
    pub fn local_server(&self) -> Certified {
        self.issue(&["localhost", "127.0.0.1"], Usage::Server, Validity::Now)
    }
}

/// A self-signed certificate.
///
/// # Panics
/// If a name is none.
pub fn self_signed(names: &[&str], usage: Usage) -> Certified {
    let key = key();
    let certificate = leaf(names, usage, Validity::Now).self_signed(&key);
    Certified {
        certificate: certificate.expect("the parameters are sound").pem(),
        key: key.serialize_pem(),
    }
}

/// A certificate for a server that is one of an authority too, and signed by its own key: what
/// `openssl req -x509` makes.
///
/// # Panics
/// If a name is none.
pub fn self_signed_authority(names: &[&str]) -> Certified {
    let key = key();
    let mut params = leaf(names, Usage::Server, Validity::Now);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = params.self_signed(&key);
    Certified {
        certificate: certificate.expect("the parameters are sound").pem(),
        key: key.serialize_pem(),
    }
}

fn key() -> KeyPair {
    KeyPair::generate().expect("there is randomness")
}

fn leaf(names: &[&str], usage: Usage, validity: Validity) -> CertificateParams {
    let mut params = params(names, validity);
    params.extended_key_usages = vec![match usage {
        Usage::Server => ExtendedKeyUsagePurpose::ServerAuth,
        Usage::Client => ExtendedKeyUsagePurpose::ClientAuth,
    }];
    params
}

fn params(names: &[&str], validity: Validity) -> CertificateParams {
    let (from, to) = match validity {
        Validity::Now => (2000, 2100),
        Validity::Past => (2000, 2001),
        Validity::Future => (2100, 2101),
    };
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.not_before = date_time_ymd(from, 1, 1);
    params.not_after = date_time_ymd(to, 1, 1);
    params.subject_alt_names = names.iter().map(|name| alternative(name)).collect();
    params
}

fn alternative(name: &str) -> SanType {
    if let Ok(address) = name.parse::<IpAddr>() {
        return SanType::IpAddress(address);
    }
    let text = name.try_into().expect("the name is ASCII");
    match name.contains("://") {
        true => SanType::URI(text),
        false => SanType::DnsName(text),
    }
}
