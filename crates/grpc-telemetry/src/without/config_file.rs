//! Without the feature `config-file`: `OTEL_CONFIG_FILE` has no effect, which a warning says.

use super::Environment;

/// There is none.
#[derive(Debug, thiserror::Error)]
pub enum ConfigFileError {}

impl Environment {
    pub(crate) fn with_file(self) -> Result<Self, ConfigFileError> {
        Ok(self)
    }
}
