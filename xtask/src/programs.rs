//! Finds the programs of PostgreSQL, PgBouncer, Redis, etcd and nginx that are installed here.

use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The oldest PostgreSQL that the pair supports.
pub const POSTGRES_MINIMUM: Version = Version(14, 0);

/// The oldest Redis that the pair supports.
pub const REDIS_MINIMUM: Version = Version(6, 2);

/// The oldest etcd that the tests use.
pub const ETCD_MINIMUM: Version = Version(3, 4);

/// Folders with one sub-folder a version, where packages put programs that are
/// not in `PATH`: Debian, Alpine, PostgreSQL's own RPMs, Homebrew.
const VERSIONED: [(&str, &str, &str); 5] = [
    ("/usr/lib/postgresql", "", "bin"),
    ("/usr/libexec", "postgresql", ""),
    ("/usr", "pgsql-", "bin"),
    ("/opt/homebrew/opt", "postgresql@", "bin"),
    ("/usr/local/opt", "postgresql@", "bin"),
];

/// Folders of system programs that a user's `PATH` may lack.
const SYSTEM: [&str; 3] = ["/usr/sbin", "/usr/local/sbin", "/opt/homebrew/bin"];

/// Valkey is what some distributions install by the name of Redis.
const REDIS_SERVERS: [&str; 2] = ["redis-server", "valkey-server"];

/// The first two numbers of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u32, pub u32);

impl Version {
    /// The first number of `text`, and the one after its dot if there is one.
    pub fn parse(text: &str) -> Option<Self> {
        let start = text.find(|it: char| it.is_ascii_digit())?;
        let mut parts = text[start..].split(|it: char| !it.is_ascii_digit() && it != '.');
        let mut numbers = parts.next()?.split('.');
        let major = numbers.next()?.parse().ok()?;
        let minor = numbers.next().and_then(|it| it.parse().ok()).unwrap_or(0);
        Some(Self(major, minor))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.0, self.1)
    }
}

/// The two programs that make and run a PostgreSQL cluster.
#[derive(Clone, Debug)]
pub struct Postgres {
    /// Makes the data folder.
    pub initdb: PathBuf,
    /// The server.
    pub server: PathBuf,
}

/// The PostgreSQL to use: the first in `PATH`, else the newest of the usual
/// folders; `None` if there is none of at least [`POSTGRES_MINIMUM`].
pub fn postgres() -> Option<Postgres> {
    search_path()
        .into_iter()
        .chain(versioned_folders())
        .filter_map(|folder| postgres_in(&folder))
        .find(|found| version_of(&found.server).is_some_and(|it| it >= POSTGRES_MINIMUM))
}

/// The Redis (or Valkey) server to use; `None` if there is none of at least [`REDIS_MINIMUM`].
pub fn redis() -> Option<PathBuf> {
    one_of(&REDIS_SERVERS, REDIS_MINIMUM)
}

/// The etcd to use; `None` if there is none of at least [`ETCD_MINIMUM`].
pub fn etcd() -> Option<PathBuf> {
    one_of(&["etcd"], ETCD_MINIMUM)
}

/// The nginx to use; `None` if there is none.
pub fn nginx() -> Option<PathBuf> {
    find("nginx")
}

/// All PgBouncers in the path, with their versions.
pub fn pgbouncers() -> Vec<(PathBuf, Version)> {
    let folders = search_path().into_iter();
    let programs = folders.map(|folder| folder.join("pgbouncer"));
    let mut programs: Vec<_> = programs.filter(|program| program.is_file()).collect();
    programs.sort();
    programs.dedup();
    programs
        .into_iter()
        .filter_map(|program| version_of(&program).map(|version| (program, version)))
        .collect()
}

/// The first program in the path that has one of `names` and at least the version `minimum`.
fn one_of(names: &[&str], minimum: Version) -> Option<PathBuf> {
    search_path()
        .iter()
        .flat_map(|folder| names.iter().map(|name| folder.join(name)))
        .filter(|program| program.is_file())
        .find(|program| version_of(program).is_some_and(|it| it >= minimum))
}

/// The program of this name in `PATH`.
pub fn find(name: &str) -> Option<PathBuf> {
    search_path()
        .iter()
        .map(|folder| folder.join(name))
        .find(|program| program.is_file())
}

fn search_path() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let system = SYSTEM.iter().map(PathBuf::from);
    std::env::split_paths(&path).chain(system).collect()
}

fn versioned_folders() -> Vec<PathBuf> {
    let mut folders: Vec<(u32, PathBuf)> = VERSIONED
        .iter()
        .flat_map(|&(parent, prefix, suffix)| {
            let entries = fs::read_dir(parent).into_iter().flatten().flatten();
            entries.filter_map(move |entry| {
                let version = number_after(&entry.file_name(), prefix)?;
                Some((version, entry.path().join(suffix)))
            })
        })
        .collect();
    folders.sort_by(|one, other| other.cmp(one));
    folders.into_iter().map(|(_, folder)| folder).collect()
}

fn number_after(name: &OsStr, prefix: &str) -> Option<u32> {
    name.to_str()?.strip_prefix(prefix)?.parse().ok()
}

/// `initdb` looks for the server beside itself, so a link is followed to the real folder.
fn postgres_in(folder: &Path) -> Option<Postgres> {
    let initdb = folder.join("initdb").canonicalize().ok()?;
    let server = initdb.with_file_name("postgres");
    server.is_file().then_some(Postgres { initdb, server })
}

fn version_of(program: &Path) -> Option<Version> {
    let output = Command::new(program).arg("--version").output().ok()?;
    Version::parse(&String::from_utf8_lossy(&output.stdout))
}

#[cfg(test)]
mod tests {
    use super::Version;

    #[test]
    fn versions_are_read_from_what_the_programs_say() {
        let cases = [
            (
                "postgres (PostgreSQL) 15.16 (Debian 15.16-0+deb12u1)",
                Version(15, 16),
            ),
            ("postgres (PostgreSQL) 18beta1", Version(18, 0)),
            (
                "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0",
                Version(7, 0),
            ),
            ("etcd Version: 3.4.23\nGit SHA: Not provided", Version(3, 4)),
            ("Valkey server v=8.1.3 sha=00000000:0", Version(8, 1)),
        ];
        for (text, version) in cases {
            assert_eq!(Version::parse(text), Some(version), "{text}");
        }
        assert_eq!(Version::parse("no such option"), None);
    }
}
