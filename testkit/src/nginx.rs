//! An nginx of one's own, as a peer that speaks HTTP/2 and not gRPC.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use xtask::programs;

use crate::server::{Failure, PORT_ATTEMPTS, Server, free_port};

/// An nginx on a free port of 127.0.0.1. Dropping it stops it.
#[derive(Debug)]
pub struct Nginx {
    // Before the folder, so that the server has stopped when its folder is removed.
    _server: Server,
    _folder: TempDir,
    port: u16,
}

impl Nginx {
    /// Starts one that returns the HTTP `status`, with a page of its own, to each request.
    ///
    /// # Panics
    /// If nginx isn't installed, or isn't ready within a minute.
    pub async fn returning(status: u16) -> Self {
        let program = programs::nginx().unwrap_or_else(|| {
            panic!("nginx isn't installed: run `cargo xtask test`, which installs it")
        });
        let folder = tempfile::Builder::new()
            .prefix("testkit-nginx-")
            .tempdir()
            .expect("a temporary folder can be made");
        for _ in 0..PORT_ATTEMPTS {
            let port = free_port();
            match launch(&program, folder.path(), port, status).await {
                Ok(server) => {
                    return Self {
                        _server: server,
                        _folder: folder,
                        port,
                    };
                }
                Err(failure) if failure.is_port_clash() => {}
                Err(failure) => failure.report("nginx"),
            }
        }
        panic!("nginx found its port taken {PORT_ATTEMPTS} times in a row");
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

async fn launch(program: &Path, folder: &Path, port: u16, status: u16) -> Result<Server, Failure> {
    let configuration = folder.join("nginx.conf");
    fs::write(&configuration, configured(folder, port, status)).expect("the folder is writable");
    let mut command = Command::new(program);
    command
        .arg("-p")
        .arg(folder)
        .arg("-c")
        .arg(&configuration)
        // Otherwise it begins with a log outside its folder.
        .args(["-e", "stderr"]);
    let mut server = Server::spawn(&mut command, &folder.join("log"));
    let started = pid_file(folder);
    // It is written once the port is bound, by the process that has bound it.
    server
        .ready(async |pid| {
            fs::read_to_string(&started).is_ok_and(|it| it.trim() == pid.to_string())
        })
        .await?;
    Ok(server)
}

fn pid_file(folder: &Path) -> PathBuf {
    folder.join("pid")
}

fn configured(folder: &Path, port: u16, status: u16) -> String {
    let (pid, folder) = (pid_file(folder), folder.display());
    format!(
        "daemon off;
pid {};
error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} http2;
        location / {{ return {status}; }}
    }}
}}
",
        pid.display()
    )
}
