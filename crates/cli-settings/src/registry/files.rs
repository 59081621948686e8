//! From settings to what a registry is called with.

use std::path::PathBuf;

use grpc_common::{Secret, has_encrypted_key};
use grpc_discovery::{Access, ClientIdentity, Login, Password};

use super::AccessError;

/// The settings of a user; variables begin with the name of the registry.
pub(super) struct User<'a> {
    pub(super) registry: &'static str,
    pub(super) name: &'a Option<String>,
    pub(super) password: &'a Option<Secret>,
    pub(super) password_file: &'a Option<PathBuf>,
}

/// The settings of TLS.
pub(super) struct Files<'a> {
    pub(super) registry: &'static str,
    pub(super) ca: &'a Option<PathBuf>,
    pub(super) certificate: &'a Option<PathBuf>,
    pub(super) key: &'a Option<PathBuf>,
}

impl User<'_> {
    pub(super) fn login(&self) -> Result<Option<Login>, AccessError> {
        let password = match (self.password_file, self.password) {
            (Some(file), _) => Some(Password::File(file.clone())),
            (None, Some(text)) => Some(Password::Text(text.clone())),
            (None, None) => None,
        };
        match (self.name, password) {
            (Some(name), Some(password)) => Ok(Some(Login {
                username: name.clone(),
                password,
            })),
            (None, None) => Ok(None),
            _ => Err(AccessError::IncompleteLogin {
                registry: self.registry,
            }),
        }
    }
}

impl Files<'_> {
    pub(super) fn access(&self, login: Option<Login>) -> Result<Access, AccessError> {
        let identity = match (self.certificate, self.key) {
            (Some(certificate), Some(key)) => Some(ClientIdentity {
                certificate: self.read("CERT_FILE", certificate)?,
                key: self.key(key)?,
            }),
            (None, None) => None,
            _ => {
                return Err(AccessError::IncompleteIdentity {
                    registry: self.registry,
                });
            }
        };
        let ca = self.ca.as_ref().map(|path| self.read("CA_FILE", path));
        Ok(Access {
            login,
            ca: ca.transpose()?,
            identity,
        })
    }

    fn key(&self, path: &PathBuf) -> Result<Vec<u8>, AccessError> {
        let key = self.read("KEY_FILE", path)?;
        match has_encrypted_key(&key) {
            true => Err(AccessError::EncryptedKey {
                variable: format!("{}_KEY_FILE", self.registry),
                path: path.clone(),
            }),
            false => Ok(key),
        }
    }

    fn read(&self, variable: &str, path: &PathBuf) -> Result<Vec<u8>, AccessError> {
        std::fs::read(path).map_err(|cause| AccessError::Unreadable {
            variable: format!("{}_{variable}", self.registry),
            path: path.clone(),
            cause,
        })
    }
}
