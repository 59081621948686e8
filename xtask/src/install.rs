//! Makes sure that the build finds make, and the tests a PostgreSQL, a Redis, an etcd, an nginx
//! a PgBouncer and a Prometheus, installing them through the system's package manager where that is missing and allowed.

use std::env;
use std::process::{Command, Stdio};

use xtask::programs::{self, ETCD_MINIMUM, POSTGRES_MINIMUM, REDIS_MINIMUM};
use xtask::tools;

use crate::{Result, child};

/// Debian starts what it installs, and its PostgreSQL makes a cluster. Neither
/// is wanted: the tests run servers of their own. `RUNLEVEL` keeps sysvinit from
/// starting anything, `SYSTEMD_OFFLINE` systemd, and the setting the cluster.
const APT: &str = r#"set -eu
export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 SYSTEMD_OFFLINE=1
setting=/etc/postgresql-common/createcluster.d/no-main-cluster.conf
mkdir -p "${setting%/*}"
trap 'rm -f "$setting"' EXIT
echo "create_main_cluster = false" >"$setting"
apt-get update -q
apt-get install -q -y --no-install-recommends "$@"
if [ -d /run/systemd/system ]; then
    # The service of etcd-server is etcd.
    for package in "$@"; do systemctl disable "$package" "${package%-server}" || true; done
fi"#;

/// One that is installed tells which system this is. The script gets the
/// packages as its arguments.
static MANAGERS: [Manager; 5] = [
    Manager {
        program: "apt-get",
        script: APT,
        postgres: "postgresql",
        redis: "redis-server",
        etcd: "etcd-server",
        nginx: "nginx",
        pgbouncer: "pgbouncer",
        prometheus: "prometheus",
        root: true,
    },
    Manager {
        program: "dnf",
        script: r#"dnf install -y "$@""#,
        postgres: "postgresql-server",
        redis: "redis",
        etcd: "etcd",
        nginx: "nginx",
        pgbouncer: "pgbouncer",
        prometheus: "golang-github-prometheus",
        root: true,
    },
    Manager {
        program: "apk",
        script: r#"apk add "$@""#,
        postgres: "postgresql",
        redis: "redis",
        etcd: "etcd",
        nginx: "nginx",
        pgbouncer: "pgbouncer",
        prometheus: "prometheus",
        root: true,
    },
    Manager {
        program: "pacman",
        script: r#"pacman -Sy --noconfirm --needed "$@""#,
        postgres: "postgresql",
        redis: "valkey",
        etcd: "etcd",
        nginx: "nginx",
        pgbouncer: "pgbouncer",
        prometheus: "prometheus",
        root: true,
    },
    Manager {
        program: "brew",
        script: r#"brew install "$@""#,
        postgres: "postgresql@17",
        redis: "redis",
        etcd: "etcd",
        nginx: "nginx",
        pgbouncer: "pgbouncer",
        prometheus: "prometheus",
        root: false,
    },
];

struct Manager {
    program: &'static str,
    script: &'static str,
    postgres: &'static str,
    redis: &'static str,
    etcd: &'static str,
    nginx: &'static str,
    pgbouncer: &'static str,
    prometheus: &'static str,
    /// Whether it runs as root only.
    root: bool,
}

/// Installs make, by which the allocator of user-service is built.
pub(crate) fn ensure_make() -> Result {
    if programs::find("make").is_some() {
        return Ok(());
    }
    let by_hand = |why| format!("user-service is built with make, and {why}: install it by hand");
    let (manager, mut command) = installer().map_err(by_hand)?;
    eprintln!("    installing make with {}", manager.program);
    child::run(command.args(["-c", manager.script, "sh", "make"]))
}

/// Installs what is missing of make and the servers.
pub(crate) fn ensure_servers() -> Result {
    ensure_make()?;
    let missing = missing();
    if missing.is_empty() {
        return Ok(());
    }
    let names = missing
        .iter()
        .map(|it| it.name)
        .collect::<Vec<_>>()
        .join(" and ");
    let (manager, mut command) = installer().map_err(|why| what_to_do(&missing, why))?;
    let packages = missing.iter().map(|it| (it.package)(manager));
    eprintln!("    installing {names} with {}", manager.program);
    child::run(command.args(["-c", manager.script, "sh"]).args(packages)).map_err(|_| {
        what_to_do(
            &missing,
            &format!("{} could not install them", manager.program),
        )
    })?;
    match self::missing() {
        still if still.is_empty() => Ok(()),
        still => Err(what_to_do(
            &still,
            &format!("what {} installed is too old", manager.program),
        )),
    }
}

/// Installs Prometheus, which checks rules and feeds the test of autoscaling.
/// Few need it, so the error is but the reason why they are skipped.
pub(crate) fn ensure_prometheus() -> Result {
    let is_there = |name| tools::find(name).is_some();
    if is_there("prometheus") && is_there("promtool") {
        return Ok(());
    }
    let (manager, mut command) = installer()?;
    eprintln!("    installing Prometheus with {}", manager.program);
    child::run(command.args(["-c", manager.script, "sh", manager.prometheus]))
}

/// Installs PgBouncer. Its tests are skipped without it, so the error is but the reason why.
pub(crate) fn ensure_pgbouncer() -> Result {
    if !programs::pgbouncers().is_empty() {
        return Ok(());
    }
    let (manager, mut command) = installer()?;
    eprintln!("    installing PgBouncer with {}", manager.program);
    child::run(command.args(["-c", manager.script, "sh", manager.pgbouncer]))
}

/// The package manager of this system, and a shell with the rights that it needs.
fn installer() -> std::result::Result<(&'static Manager, Command), &'static str> {
    let manager = MANAGERS
        .iter()
        .find(|it| programs::find(it.program).is_some())
        .ok_or("this system has no package manager that I know")?;
    let shell =
        shell(manager.root).ok_or("installing them needs root or sudo without a password")?;
    Ok((manager, shell))
}

struct Missing {
    name: &'static str,
    wanted: String,
    /// Where a server can be named instead, if it can.
    variable: Option<&'static str>,
    package: fn(&Manager) -> &'static str,
}

fn missing() -> Vec<Missing> {
    let mut missing = Vec::new();
    if is_unset("TEST_DATABASE_URL") && programs::postgres().is_none() {
        missing.push(Missing {
            name: "PostgreSQL",
            wanted: format!("PostgreSQL {POSTGRES_MINIMUM} or newer"),
            variable: Some("TEST_DATABASE_URL"),
            package: |manager| manager.postgres,
        });
    }
    if is_unset("TEST_REDIS_URL") && programs::redis().is_none() {
        missing.push(Missing {
            name: "Redis",
            wanted: format!("Redis {REDIS_MINIMUM} or newer"),
            variable: Some("TEST_REDIS_URL"),
            package: |manager| manager.redis,
        });
    }
    if programs::etcd().is_none() {
        missing.push(Missing {
            name: "etcd",
            wanted: format!("etcd {ETCD_MINIMUM} or newer"),
            variable: None,
            package: |manager| manager.etcd,
        });
    }
    if programs::nginx().is_none() {
        missing.push(Missing {
            name: "nginx",
            wanted: "nginx".to_owned(),
            variable: None,
            package: |manager| manager.nginx,
        });
    }
    missing
}

fn is_unset(variable: &str) -> bool {
    env::var_os(variable).is_none_or(|value| value.is_empty())
}

fn what_to_do(missing: &[Missing], why: &str) -> String {
    let wanted: Vec<&str> = missing.iter().map(|it| it.wanted.as_str()).collect();
    let variables: Vec<&str> = missing.iter().filter_map(|it| it.variable).collect();
    let instead = match variables.is_empty() {
        true => String::new(),
        false => format!(", or name servers for tests in {}", variables.join(" and ")),
    };
    format!(
        "the tests need {} and {why}: install by hand{instead}",
        wanted.join(" and "),
    )
}

/// A shell with the rights to install, if there are any to be had without asking.
fn shell(as_root: bool) -> Option<Command> {
    if !as_root || rustix::process::geteuid().is_root() {
        return Some(Command::new("sh"));
    }
    let mut sudo = Command::new("sudo");
    let allowed = sudo
        .args(["-n", "true"])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !allowed {
        return None;
    }
    let mut command = Command::new("sudo");
    command.args(["-n", "sh"]);
    Some(command)
}
