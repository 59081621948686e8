//! The programs that are measured: today's, and those of an older revision, which
//! `cargo xtask bench --against` builds.

use std::env;
use std::path::Path;

/// Where the older programs are; unset without them.
const OLDER: &str = "BENCH_OLDER";

/// One build of both programs, by their files.
pub(crate) struct Programs {
    pub(crate) service: String,
    /// The service without an allocator of its own: how often it allocates is the same.
    pub(crate) service_on_system_allocator: String,
    pub(crate) client: String,
    is_older: bool,
}

impl Programs {
    /// Those that were built from this checkout.
    pub(crate) fn todays() -> Self {
        Self {
            service: "user-service".to_owned(),
            service_on_system_allocator: "../system-allocator/release/user-service".to_owned(),
            client: "user-client".to_owned(),
            is_older: false,
        }
    }

    /// All that are measured: today's come first.
    pub(crate) fn measured() -> Vec<Self> {
        let older = env::var_os(OLDER).map(|folder| Self::older(Path::new(&folder)));
        [Some(Self::todays()), older]
            .into_iter()
            .flatten()
            .collect()
    }

    fn older(folder: &Path) -> Self {
        let file = |name: &str| folder.join(name).to_string_lossy().into_owned();
        Self {
            service: file("user-service"),
            service_on_system_allocator: file("system-allocator/user-service"),
            client: file("user-client"),
            is_older: true,
        }
    }

    /// How `row` is called when it is of these programs.
    pub(crate) fn row(&self, row: &str) -> String {
        match self.is_older {
            true => format!("{row}, older"),
            false => row.to_owned(),
        }
    }
}
