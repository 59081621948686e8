//! The URL of a PostgreSQL, before the driver reads it.

use std::str::FromStr;

use sqlx::ConnectOptions;
use sqlx::postgres::PgConnectOptions;

use super::connect::Database;
use crate::repository::OpenError;
use crate::secret::Secret;

/// The parameters that the driver knows; it also takes `options[…]`.
const PARAMETERS: [&str; 17] = [
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

/// The database at `url`, which `variable` has.
///
/// # Errors
/// When `url` can't be read.
pub(super) fn database(url: &Secret, variable: &'static str) -> Result<Database, OpenError> {
    let url = url.expose();
    let malformed = |cause| OpenError::Url { variable, cause };
    check(url).map_err(malformed)?;
    let options = PgConnectOptions::from_str(url).map_err(|error| malformed(error.to_string()))?;
    let options = options
        .application_name("user-service")
        // Poolers refuse it, and no number here is a float.
        .extra_float_digits(None)
        .disable_statement_logging();
    Ok(Database { options, variable })
}

/// Checks what the driver takes for something else than it was meant to be, and shows: a
/// part of a password as a database, and an unknown parameter with its value.
///
/// # Errors
/// When the URL ends its host before an `@`.
fn check(url: &str) -> Result<(), String> {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    if rest[end..].contains('@') {
        let why =
            "it has an @ after a / or a ?; in a password write %2F for /, %3F for ? and %40 for @";
        return Err(why.to_owned());
    }
    for name in unknown(rest) {
        tracing::warn!(
            parameter = name,
            "DATABASE_URL has a parameter that is not known; it is ignored"
        );
    }
    Ok(())
}

/// The names of the parameters in `url` that the driver ignores.
fn unknown(url: &str) -> impl Iterator<Item = &str> {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let parameters = query.split('#').next().unwrap_or_default().split('&');
    let names = parameters.map(|it| it.split('=').next().unwrap_or_default());
    names.filter(|name| {
        let known = *name == "options" || name.starts_with("options[");
        !known && !name.is_empty() && !PARAMETERS.contains(name)
    })
}

#[cfg(test)]
mod tests {
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
    fn parameters_that_the_driver_does_not_know_are_found_by_name() {
        let url = "h/users?sslmode=require&options[a]=b&token=secret&sslmod";
        assert_eq!(unknown(url).collect::<Vec<_>>(), ["token", "sslmod"]);
        assert_eq!(unknown("h/users").count(), 0);
    }
}
