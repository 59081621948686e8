//! The Nacos that this instance is registered in.

use std::path::PathBuf;

use clap::Args;
use grpc_discovery::Endpoints;
use grpc_discovery::nacos::{
    Login, Nacos as Client, NacosRegistry, NacosService, NacosSettings, Password,
};

use super::registries::RegistryError;
use crate::secret::Secret;

/// How others find this instance in Nacos.
#[derive(Args, Clone, Debug)]
pub struct Nacos {
    /// The servers of the Nacos to register in, as HOST:PORT, several separated by commas, after
    /// https:// for TLS; without it, or with an empty one, nothing is registered in Nacos.
    #[arg(
        long,
        env,
        global = true,
        hide_env_values = true,
        value_name = "ADDRESSES"
    )]
    pub nacos_servers: Option<Endpoints>,

    /// The id of the namespace in Nacos [default: the public one].
    #[arg(
        long,
        env,
        global = true,
        default_value = "",
        hide_default_value = true,
        value_name = "ID"
    )]
    pub nacos_namespace: String,

    /// The group in Nacos.
    #[arg(
        long,
        env,
        global = true,
        default_value = "DEFAULT_GROUP",
        value_name = "NAME"
    )]
    pub nacos_group: String,

    /// The cluster in Nacos.
    #[arg(
        long,
        env,
        global = true,
        default_value = "DEFAULT",
        value_name = "NAME"
    )]
    pub nacos_cluster: String,

    /// The name of this service in Nacos.
    #[arg(
        long,
        env,
        global = true,
        default_value = "user-service",
        value_name = "NAME"
    )]
    pub nacos_service: String,

    /// The user name for Nacos, where it has authentication switched on.
    #[arg(long, env, global = true, value_name = "NAME")]
    pub nacos_username: Option<String>,

    /// The password for Nacos; only as a variable.
    #[arg(
        long,
        env,
        global = true,
        hide_env_values = true,
        value_name = "PASSWORD"
    )]
    pub nacos_password: Option<Secret>,

    /// A file that holds the password for Nacos; read again at each login.
    #[arg(
        long,
        env,
        global = true,
        value_name = "FILE",
        conflicts_with = "nacos_password"
    )]
    pub nacos_password_file: Option<PathBuf>,

    /// The CA bundle (PEM) that the servers of Nacos are verified with [default: that of the system].
    #[arg(long, env, global = true, value_name = "FILE")]
    pub nacos_ca_file: Option<PathBuf>,
}

impl Nacos {
    /// The registry, if one is named.
    ///
    /// # Errors
    /// When the settings are incomplete, or a file is of no use.
    pub(super) fn registry(&self) -> Result<Option<NacosRegistry>, RegistryError> {
        let Some(endpoints) = self.nacos_servers.clone() else {
            return Ok(None);
        };
        if endpoints.uris().is_empty() {
            return Ok(None);
        }
        let nacos = Client::new(NacosSettings {
            endpoints: endpoints.clone(),
            login: self.login()?,
            ca: self.ca()?,
        })?;
        let service = NacosService {
            namespace: self.nacos_namespace.clone(),
            group: self.nacos_group.clone(),
            cluster: self.nacos_cluster.clone(),
            name: self.nacos_service.clone(),
        };
        Ok(Some(NacosRegistry::new(nacos, endpoints, service)))
    }

    fn login(&self) -> Result<Option<Login>, RegistryError> {
        let password = match (&self.nacos_password, &self.nacos_password_file) {
            (_, Some(file)) => Some(Password::File(file.clone())),
            (Some(text), None) => Some(Password::Text(text.expose().to_owned())),
            (None, None) => None,
        };
        match (&self.nacos_username, password) {
            (Some(username), Some(password)) => Ok(Some(Login {
                username: username.clone(),
                password,
            })),
            (None, None) => Ok(None),
            _ => Err(RegistryError::IncompleteLogin),
        }
    }

    fn ca(&self) -> Result<Option<Vec<u8>>, RegistryError> {
        let Some(path) = &self.nacos_ca_file else {
            return Ok(None);
        };
        match std::fs::read(path) {
            Ok(pem) => Ok(Some(pem)),
            Err(cause) => Err(RegistryError::Ca {
                path: path.clone(),
                cause,
            }),
        }
    }
}
