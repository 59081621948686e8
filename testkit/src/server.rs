//! What the throw-away servers have in common: a child process with a log,
//! which is ready when it says so itself.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::process_tree;

/// How long a server may take to respond, even on a machine that is busy compiling.
const READY_LIMIT: Duration = Duration::from_secs(60);

/// How long a server may take to stop before it is killed.
const STOP_LIMIT: Duration = Duration::from_secs(10);

/// How often readiness and the end of a process are asked for.
const POLL: Duration = Duration::from_millis(10);

/// How many ports are tried: one can be taken between its choice and its use.
pub(crate) const PORT_ATTEMPTS: usize = 5;

/// A port of 127.0.0.1 that is free at this moment.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("127.0.0.1 has a free port");
    listener
        .local_addr()
        .expect("a bound listener has an address")
        .port()
}

/// A server process. Dropping it stops it and waits until it is gone.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    log: PathBuf,
}

/// What a server wrote before it ended without having become ready.
pub(crate) struct Failure {
    log: String,
}

impl Failure {
    /// Whether another process took the port first.
    pub(crate) fn is_port_clash(&self) -> bool {
        self.log.to_lowercase().contains("address already in use")
    }

    /// Ends the test.
    pub(crate) fn report(self, name: &str) -> ! {
        panic!("{name} didn't start; it said:\n{}", self.log)
    }
}

impl Server {
    /// Starts `command`, with what it writes going to the file `log`.
    pub(crate) fn spawn(command: &mut Command, log: &Path) -> Self {
        let file = File::create(log).expect("the server's folder can be written to");
        let child = command
            .stdin(Stdio::null())
            .stdout(file.try_clone().expect("a file handle can be cloned"))
            .stderr(file)
            // Ctrl-C in a terminal is for the tests; the servers are stopped after them.
            .process_group(0)
            .spawn()
            .unwrap_or_else(|error| panic!("can't start {command:?}: {error}"));
        Self {
            child,
            log: log.to_owned(),
        }
    }

    /// What it has written so far.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).expect("the server has a log")
    }

    /// The id of the process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until `probe` says that this very process responds.
    pub(crate) async fn ready(&mut self, probe: impl AsyncFn(u32) -> bool) -> Result<(), Failure> {
        let deadline = Instant::now() + READY_LIMIT;
        while !probe(self.pid()).await {
            if self.has_ended() || Instant::now() > deadline {
                let log = fs::read_to_string(&self.log).unwrap_or_default();
                return Err(Failure { log });
            }
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    }

    /// Sends `signal` to the server and all its children.
    pub(crate) fn signal_all(&self, signal: Signal) {
        process_tree::signal(self.pid(), signal);
    }

    /// Kills the server with all its children, as a crash of the machine would.
    pub(crate) fn kill(&mut self) {
        if !self.has_ended() {
            self.signal_all(Signal::KILL);
        }
        self.child.wait().expect("a killed child can be waited for");
    }

    /// Stops the server in order, or kills it if that takes more than 10 seconds.
    pub(crate) fn stop(&mut self) {
        if self.has_ended() {
            return;
        }
        // A paused server would not get the other signal.
        self.signal_all(Signal::CONT);
        process_tree::send(self.pid(), Signal::INT);
        let deadline = Instant::now() + STOP_LIMIT;
        while !self.has_ended() {
            if Instant::now() > deadline {
                return self.kill();
            }
            std::thread::sleep(POLL);
        }
    }

    fn has_ended(&mut self) -> bool {
        self.child
            .try_wait()
            .expect("a child can be asked for its state")
            .is_some()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}
