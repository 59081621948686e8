//! A collector that only a private CA vouches for, and that wants a client certificate.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use grpc_telemetry::receiver::Receiver;
use grpc_telemetry::{Builder, use_ring};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::task::AbortOnDropHandle;

use crate::signals::{PROTOCOLS, TURN, arrived, start, to};

/// A certificate and its key, as PEM.
struct Signed {
    certificate: String,
    key: String,
}

struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: String,
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap().pem();
        Self {
            issuer: Issuer::new(params, key),
            certificate,
        }
    }

    fn sign(&self, name: &str) -> Signed {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Signed {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
        }
    }

    /// For a server that wants a certificate of this authority from its clients.
    fn server(&self) -> TlsAcceptor {
        let mut roots = RootCertStore::empty();
        roots.add(certificate(&self.certificate)).unwrap();
        let clients = WebPkiClientVerifier::builder(Arc::new(roots))
            .build()
            .unwrap();
        let own = self.sign("localhost");
        let key = PrivateKeyDer::from_pem_slice(own.key.as_bytes()).unwrap();
        let mut config = ServerConfig::builder()
            .with_client_cert_verifier(clients)
            .with_single_cert(vec![certificate(&own.certificate)], key)
            .unwrap();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        TlsAcceptor::from(Arc::new(config))
    }
}

fn certificate(pem: &str) -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()
}

/// A way to `behind` by mutual TLS.
async fn guarded(behind: String, acceptor: TlsAcceptor) -> (String, AbortOnDropHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let serve = async move {
        let mut connections = tokio::task::JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            let (behind, acceptor) = (behind.clone(), acceptor.clone());
            connections.spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    return;
                };
                let mut receiver = TcpStream::connect(behind).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut stream, &mut receiver).await;
            });
        }
    };
    let endpoint = format!("https://localhost:{port}");
    (endpoint, AbortOnDropHandle::new(tokio::spawn(serve)))
}

/// The files of a client.
struct Files {
    folder: tempfile::TempDir,
}

impl Files {
    fn new(authority: &Authority) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca.pem"), &authority.certificate).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, client: &Signed) {
        std::fs::write(self.path("client.pem"), &client.certificate).unwrap();
        std::fs::write(self.path("client.key"), &client.key).unwrap();
    }

    /// `builder` with all of them.
    fn given(&self, builder: Builder) -> Builder {
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        builder
            .with_variable(
                "OTEL_EXPORTER_OTLP_CERTIFICATE",
                &text(&self.path("ca.pem")),
            )
            .with_variable(
                "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
                &text(&self.path("client.pem")),
            )
            .with_variable(
                "OTEL_EXPORTER_OTLP_CLIENT_KEY",
                &text(&self.path("client.key")),
            )
    }
}

fn all(receiver: &Receiver) -> bool {
    !receiver.spans().is_empty() && !receiver.logs().is_empty() && !receiver.metrics().is_empty()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_signal_reaches_a_collector_behind_mutual_tls() {
    let _turn = TURN.lock().await;
    use_ring();
    let authority = Authority::new();
    let files = Files::new(&authority);
    files.write(&authority.sign("client"));
    for protocol in PROTOCOLS {
        let receiver = Receiver::bind("127.0.0.1:0".parse().unwrap())
            .await
            .unwrap();
        let behind = receiver.local_addr().to_string();
        let (endpoint, _way) = guarded(behind, authority.server()).await;

        let telemetry = start(files.given(to(protocol, &endpoint)));

        arrived(&receiver, all).await;
        telemetry.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn telemetry_waits_for_a_certificate_that_comes_later_or_is_renewed() {
    let _turn = TURN.lock().await;
    use_ring();
    let authority = Authority::new();
    for protocol in PROTOCOLS {
        let files = Files::new(&authority);
        let receiver = Receiver::bind("127.0.0.1:0".parse().unwrap())
            .await
            .unwrap();
        let behind = receiver.local_addr().to_string();
        let (endpoint, _way) = guarded(behind, authority.server()).await;
        if protocol == "grpc" {
            // The other one has no certificate at first.
            files.write(&Authority::new().sign("client"));
        }

        let telemetry = start(files.given(to(protocol, &endpoint)));
        files.write(&authority.sign("client"));

        arrived(&receiver, all).await;
        telemetry.shutdown().await;
    }
}
