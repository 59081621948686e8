//! The URL of a PostgreSQL, before the driver reads it.

use std::path::Path;
use std::str::FromStr;

use sqlx::ConnectOptions;
use sqlx::postgres::PgConnectOptions;

use super::connect::{Database, TargetSession};
use crate::repository::OpenError;
use crate::secret::Secret;
use crate::url_parameters::{parameters, unsupported};

/// What is asked of a session: the name that libpq has for it.
const SESSION_ATTRIBUTES: &str = "target_session_attrs";
/// The parameters that the driver knows, and ours; it also takes `options[…]`.
const PARAMETERS: [&str; 18] = [
    SESSION_ATTRIBUTES,
    "sslmode",
    "ssl-mode",
    "sslrootcert",
    "ssl-root-cert",
    "ssl-ca",
    "sslcert",
    "ssl-cert",
    "sslkey",
    "ssl-key",
    "statement-cache-capacity",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
];

/// The database at `url`, which `variable` has: on one host, or on several of which one is
/// the primary.
///
/// # Errors
/// When `url` can't be read.
pub(super) fn database(url: &Secret, variable: &'static str) -> Result<Database, OpenError> {
    let malformed = |cause| OpenError::Url { variable, cause };
    let url = url.expose();
    check(url).map_err(malformed)?;
    let (url, attributes) = without_session_attributes(url);
    let urls = one_for_each_host(&url).map_err(malformed)?;
    let wanted = wanted(attributes, urls.len()).map_err(malformed)?;
    let options = urls.iter().map(|url| options(url).map_err(malformed));
    Ok(Database {
        hosts: options.collect::<Result<_, _>>()?,
        wanted,
        variable,
    })
}

/// The path of the Unix socket that `options` connect by; none for TCP.
pub(super) fn socket(options: &PgConnectOptions) -> Option<String> {
    let host = options.get_host();
    let by_host = host.starts_with('/').then(|| Path::new(host));
    let folder = options.get_socket().map(|it| it.as_path()).or(by_host)?;
    let file = format!(".s.PGSQL.{}", options.get_port());
    Some(folder.join(file).to_string_lossy().into_owned())
}

fn options(url: &str) -> Result<PgConnectOptions, String> {
    let options = PgConnectOptions::from_str(url).map_err(|error| error.to_string())?;
    Ok(options
        .application_name("user-service")
        // Poolers refuse it, and no number here is a float.
        .extra_float_digits(None)
        .disable_statement_logging())
}

/// Checks what the driver takes for something else than it was meant to be, and shows: a
/// part of a password as a database, and an unknown parameter with its value.
///
/// # Errors
/// When the URL ends its host before an `@`, or has a parameter that is not supported.
fn check(url: &str) -> Result<(), String> {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    if rest[end..].contains('@') {
        let why =
            "it has an @ after a / or a ?; in a password write %2F for /, %3F for ? and %40 for @";
        return Err(why.to_owned());
    }
    for (name, value) in parameters(rest) {
        let known = name == "options" || name.starts_with("options[");
        if !known && !PARAMETERS.contains(&name) {
            return Err(unsupported(name));
        }
        if value.contains(',') && ["host", "hostaddr", "port"].contains(&name) {
            return Err("write several hosts before the database, as in \
                        postgres://user@HOST:PORT,HOST:PORT/database"
                .to_owned());
        }
    }
    Ok(())
}

/// `url` without what it requires of a session, which the driver does not know, and that.
fn without_session_attributes(url: &str) -> (String, Option<&str>) {
    let Some((before, query)) = url.split_once('?') else {
        return (url.to_owned(), None);
    };
    let attributes = parameters(url).find(|(name, _)| *name == SESSION_ATTRIBUTES);
    let others = query.split('&');
    let others = others.filter(|it| it.split('=').next() != Some(SESSION_ATTRIBUTES));
    let others: Vec<_> = others.collect();
    let url = match others.is_empty() {
        true => before.to_owned(),
        false => format!("{before}?{}", others.join("&")),
    };
    (url, attributes.map(|(_, value)| value))
}

/// Which session is wanted of `hosts` many hosts.
fn wanted(attributes: Option<&str>, hosts: usize) -> Result<TargetSession, String> {
    match attributes {
        Some("read-write") => Ok(TargetSession::Writable),
        Some("primary") => Ok(TargetSession::Primary),
        Some("any") => Ok(TargetSession::Any),
        // Unlike with libpq, as what only reads is of no use here.
        None if hosts > 1 => Ok(TargetSession::Writable),
        None => Ok(TargetSession::Any),
        Some(_) => Err(
            "its target_session_attrs must be read-write, primary or any, \
                        as users are created here"
                .to_owned(),
        ),
    }
}

/// `url`, which has a list of hosts, for each of them.
fn one_for_each_host(url: &str) -> Result<Vec<String>, String> {
    let Some((scheme, rest)) = url.split_once("://") else {
        return Ok(vec![url.to_owned()]);
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let (user, hosts) = match authority.rsplit_once('@') {
        Some((user, hosts)) => (format!("{user}@"), hosts),
        None => (String::new(), authority),
    };
    if hosts.contains(',') && hosts.split(',').any(str::is_empty) {
        return Err("a host of its list is empty".to_owned());
    }
    let hosts = hosts.split(',');
    Ok(hosts
        .map(|host| format!("{scheme}://{user}{host}{path}"))
        .collect())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn at_sign_after_the_host_is_refused_and_not_shown() {
        let table = [
            "postgres://ada:1/secret@h/users",
            "postgres://ada:1?secret@h/users",
            "postgres://ada:1#secret@h/users",
        ];
        for url in table {
            let error = check(url).err().unwrap_or_default();
            assert!(error.contains("%2F"), "{url}: {error}");
            assert!(!error.contains("secret"), "{error}");
        }
        for url in [
            "postgres://ada:p@h/users",
            "postgres:///users",
            "postgres:users",
        ] {
            assert!(check(url).is_ok(), "{url}");
        }
    }

    #[test]
    fn unsupported_parameter_is_refused_by_name() {
        let refused = |query: &str| check(&format!("postgres://h/users?{query}"));
        for query in [
            "",
            "sslmode=require&options[a]=b",
            "target_session_attrs=any",
        ] {
            assert_eq!(refused(query), Ok(()), "{query}");
        }
        let error = refused("sslmode=require&sslmod=hunter2").unwrap_err();
        assert!(
            error.contains("sslmod ") && !error.contains("hunter2"),
            "{error}"
        );
        let error = refused("hunter%20=1").unwrap_err();
        assert!(!error.contains("hunter"), "{error}");
        assert!(
            refused("host=a,b")
                .unwrap_err()
                .contains("HOST:PORT,HOST:PORT")
        );
    }

    fn read(url: &str) -> Result<(Vec<String>, TargetSession), String> {
        let database = database(&Secret::new(url), "DATABASE_URL");
        let database = database.map_err(|error| error.to_string())?;
        let place = |it: &PgConnectOptions| format!("{}:{}", it.get_host(), it.get_port());
        let places = database.hosts.iter().map(place).collect();
        assert!(database.hosts.iter().all(|it| it.get_username() == "ada"));
        assert!(
            database
                .hosts
                .iter()
                .all(|it| it.get_database() == Some("users"))
        );
        Ok((places, database.wanted))
    }

    #[test]
    fn socket_has_the_path_that_the_driver_connects_to() {
        let socket = |url: &str| socket(&options(url).unwrap());
        let path = Some("/tmp/.s.PGSQL.5433".to_owned());
        assert_eq!(
            socket("postgres://ada@localhost:5433/users?host=/tmp"),
            path
        );
        assert_eq!(socket("postgres://ada@%2Ftmp:5433/users"), path);
        assert_eq!(socket("postgres://ada@localhost:5433/users"), None);
    }

    #[test]
    fn url_has_one_host_or_several() {
        let places = |list: &[&str]| list.iter().map(|&it| it.to_owned()).collect::<Vec<_>>();
        assert_eq!(
            read("postgres://ada:p@a/users"),
            Ok((places(&["a:5432"]), TargetSession::Any))
        );
        assert_eq!(
            read("postgres://ada:p@a:1,[::1]:2,c/users?sslmode=disable"),
            Ok((
                places(&["a:1", "[::1]:2", "c:5432"]),
                TargetSession::Writable
            ))
        );
        let attributes = "postgres://ada@a,b/users?target_session_attrs=primary&sslmode=disable";
        assert_eq!(
            read(attributes),
            Ok((places(&["a:5432", "b:5432"]), TargetSession::Primary))
        );
        for url in [
            "postgres://ada@a,,b/users",
            "postgres://ada@a,b/users?target_session_attrs=standby",
            "postgres://ada@a:x,b/users",
        ] {
            assert!(read(url).is_err(), "{url}");
        }
    }
}
