//! What is in a URL besides the server, and what is in a file, is for its user alone.

use std::os::unix::fs::PermissionsExt;

use testkit::{Output, UserService, run, user_client};

const PASSWORD: &str = "hunter2";

fn is_told(output: &Output) -> bool {
    output.stdout.contains(PASSWORD) || output.stderr.contains(PASSWORD)
}

#[tokio::test]
async fn help_shows_no_password_of_any_variable() {
    let variables = [
        ("USER_SERVICE", "http://u:hunter2@127.0.0.1:1"),
        ("JAEGER_URL", "http://u:hunter2@127.0.0.1:1"),
        ("ETCD_ENDPOINTS", "u:hunter2@127.0.0.1:1"),
        ("DATABASE_URL", "postgres://u:hunter2@127.0.0.1:1/users"),
        ("REDIS_URL", "redis://u:hunter2@127.0.0.1:1"),
        ("USER_SERVICE_TOKEN", PASSWORD),
    ];
    for program in ["user-client", "user-service"] {
        for arguments in [
            &["--help"][..],
            &["help"],
            &["get", "--help"],
            &["serve", "--help"],
        ] {
            let output = run(program, arguments, &variables).await;
            assert!(!is_told(&output), "{program} {arguments:?}: {output:?}");
        }
    }
}

#[tokio::test]
async fn a_url_that_is_refused_is_repeated_without_its_password() {
    for url in [
        "http://u:hunter2@127.0.0.1:1/path?x",
        "http://u:hunter2@",
        "ftp://u:hunter2@host",
        "http://127.0.0.1:1,u:hunter2@127.0.0.1:2",
        "dns:///u:hunter2@host:1",
        "etcd://u:hunter2@host:1/users",
        "etcd://host:1,u:hunter2@host:1/users",
        "u:hunter2@host:1",
        "http://u:hunter2/@host:1/?",
        "http://u:x@hunter2@host:1/?",
    ] {
        for variable in ["USER_SERVICE", "JAEGER_URL"] {
            let output = user_client(&["get", "1"], &[(variable, url)]).await;
            // Jaeger's may have a password, so that of a good URL is taken and nothing responds.
            assert!(!output.status.success(), "{variable}={url}: {output:?}");
            assert!(!is_told(&output), "{variable}={url}: {output:?}");
        }
        let output = run("user-service", &[], &[("ETCD_ENDPOINTS", url)]).await;
        assert!(
            !output.status.success() && !is_told(&output),
            "{url}: {output:?}"
        );
        let arguments = [
            "trace",
            "show",
            "--jaeger",
            url,
            "4bf92f3577b34da6a3ce929d0e0e4736",
        ];
        let output = user_client(&[&arguments[..], &["--wait", "1ms"]].concat(), &[]).await;
        assert!(!is_told(&output), "{url}: {output:?}");
    }
}

#[tokio::test]
async fn the_files_of_sqlite_can_be_read_by_their_user_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("users.db");
    let url = format!("sqlite://{}", file.display());
    let service = UserService::start(&[("DATABASE_URL", &url)]).await;
    let arguments = ["create", "--name", "Ada", "--email", "ada@example.com"];
    let created = user_client(&arguments, &[("USER_SERVICE", service.grpc_url())]).await;
    assert!(created.status.success(), "{created:?}");
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", entry.path());
        names.push(entry.file_name());
    }
    // The database, its write-ahead log, and the index of that.
    assert_eq!(names.len(), 3, "{names:?}");
    drop(service);
}
