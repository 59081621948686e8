//! The check that a container's runtime runs: `grpc.health.v1` on this host.

use std::net::SocketAddr;
use std::time::Duration;

use cli_settings::reachable;
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use super::AppError;
use crate::config::Config;

const LIMIT: Duration = Duration::from_secs(2);

/// Succeeds if the service that listens where `config` says is ready.
pub(super) async fn healthcheck(config: &Config) -> Result<(), AppError> {
    let listens = match (config.tls.health_addr, config.tls.files()?) {
        (Some(address), _) => address,
        (None, None) => config.listening.listen_addr,
        (None, Some(_)) => return Err(AppError::NoHealthPort),
    };
    let address = reachable(listens);
    let not_ready = |cause| AppError::NotReady { address, cause };
    let answer = tokio::time::timeout(LIMIT, check(address)).await;
    match answer {
        Ok(Ok(ServingStatus::Serving)) => Ok(()),
        Ok(Ok(status)) => Err(not_ready(status.as_str_name().to_owned())),
        Ok(Err(cause)) => Err(not_ready(cause)),
        Err(_) => Err(not_ready(format!(
            "no response within {} s",
            LIMIT.as_secs()
        ))),
    }
}

async fn check(address: SocketAddr) -> Result<ServingStatus, String> {
    let endpoint = Endpoint::from_shared(format!("http://{address}"));
    let endpoint = endpoint.map_err(|error| error.to_string())?;
    let channel = endpoint.connect().await;
    let channel = channel.map_err(|_| "nothing listens there".to_owned())?;
    let request = HealthCheckRequest::default();
    let response = HealthClient::new(channel).check(request).await;
    let response = response.map_err(|status| status.message().to_owned())?;
    Ok(response.into_inner().status())
}
