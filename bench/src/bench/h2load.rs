//! Load by h2load, a client in C that is faster than any server here: the figures are limits of the
//! servers, which those of `user-client bench` are not.

use std::fs;
use std::process::Command;
use std::time::Duration;

use prost::Message;
use rustix::process::Pid;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use tempfile::TempDir;
use user_proto::v1::GetUserRequest;

use crate::usage;

/// The core of the server that has the load, and the core of everything else.
const SERVER_CORE: usize = 0;
const LOAD_CORE: usize = 1;

/// How long each load lasts.
const LASTS: Duration = Duration::from_secs(3);

/// h2load with the request that it sends: GetUser of the user 1. As long as it lives, this process
/// stays on the core of the load.
pub(crate) struct H2load {
    folder: TempDir,
    /// The cores that this process had before.
    cores: CpuSet,
}

/// What one load came to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) calls_per_second: f64,
    /// Processor time of the server for a call, in microseconds.
    pub(crate) cpu_us: f64,
    /// The part of its core that h2load was busy: near 1, the load was the limit.
    pub(crate) busy: f64,
}

impl H2load {
    /// Prepares loads.
    ///
    /// # Errors
    /// Why none is possible here.
    pub(crate) fn new() -> Result<Self, String> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        if cores <= LOAD_CORE {
            return Err("server and load need a core each".to_owned());
        }
        let version = Command::new("h2load").arg("--version").output();
        version.map_err(|_| "h2load isn't installed (Debian: nghttp2-client)".to_owned())?;
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::write(folder.path().join("request"), request()).expect("a file in it");
        let cores = sched_getaffinity(None).expect("a process knows its cores");
        pin(std::process::id(), &only(LOAD_CORE));
        Ok(Self { folder, cores })
    }

    /// Puts load on the server at `url`, which is the process `pid`.
    pub(crate) async fn run(&self, url: &str, pid: u32, connections: &str) -> Load {
        pin(pid, &only(SERVER_CORE));
        let this = std::process::id();
        let (served, loaded) = (usage::cpu(pid), usage::cpu_of_children(this));
        let printed = self.output(url, connections).await;
        let served = usage::cpu(pid).saturating_sub(served);
        let loaded = usage::cpu_of_children(this).saturating_sub(loaded);
        let calls = number_before(&printed, " succeeded");
        assert!(calls > 0.0, "no call succeeded:\n{printed}");
        Load {
            calls_per_second: number_before(&printed, " req/s"),
            cpu_us: served.as_secs_f64() * 1e6 / calls,
            busy: loaded.as_secs_f64() / LASTS.as_secs_f64(),
        }
    }

    async fn output(&self, url: &str, connections: &str) -> String {
        let request = self.folder.path().join("request");
        let mut command = tokio::process::Command::new("h2load");
        command
            .args(["-t", "1", "-m", "10", "-c", connections, "-D"])
            .arg(LASTS.as_secs().to_string())
            .args(["-H", "content-type: application/grpc", "-H", "te: trailers"])
            .arg("-d")
            .arg(request)
            .arg(format!("{url}/user.v1.UserService/GetUser"));
        let output = command.output().await.expect("h2load starts");
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{printed}");
        printed
    }
}

/// One message of gRPC.
fn request() -> Vec<u8> {
    let message = GetUserRequest { user_id: 1 }.encode_to_vec();
    let length = u32::try_from(message.len()).expect("a few bytes");
    [&[0], &length.to_be_bytes()[..], &message].concat()
}

/// The number that stands before `word`.
fn number_before(printed: &str, word: &str) -> f64 {
    let before = printed.split(word).next().unwrap_or_default();
    let number = before.rsplit([' ', ',']).next();
    number
        .and_then(|number| number.parse().ok())
        .unwrap_or_else(|| panic!("h2load printed no number before {word:?}:\n{printed}"))
}

impl Drop for H2load {
    fn drop(&mut self) {
        pin(std::process::id(), &self.cores);
    }
}

fn only(core: usize) -> CpuSet {
    let mut cores = CpuSet::new();
    cores.set(core);
    cores
}

/// Keeps all threads of `process`, and those that they start, on `cores`.
fn pin(process: u32, cores: &CpuSet) {
    let threads = fs::read_dir(format!("/proc/{process}/task")).expect("the process runs");
    for thread in threads.flatten() {
        let thread = thread.file_name().to_string_lossy().parse().ok();
        // One that has ended meanwhile needs no core.
        if let Some(thread) = thread.and_then(Pid::from_raw) {
            let _ = sched_setaffinity(Some(thread), cores);
        }
    }
}
