//! Redis Sentinel: the master of a group of servers, which changes after a failover.

use grpc_telemetry::store::Store;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, ErrorKind, RedisResult};

use crate::url_parameters::{parameters, unsupported};

const DEFAULT_PORT: u16 = 26379;

/// The sentinels, and how to connect to the master that they name.
pub(super) struct Sentinels {
    sentinels: Vec<Client>,
    /// The name of the group of servers.
    master: String,
    scheme: String,
    /// `user:password@`, or nothing.
    user: String,
    database: u32,
}

impl Sentinels {
    /// Those of `rest`: `user:password@HOST:PORT,HOST:PORT/master/database`, after `scheme`. The
    /// user is that of the servers; that of the sentinels is in parameters.
    ///
    /// # Errors
    /// One sentence, when it can't be read.
    pub(super) fn open(scheme: &str, rest: &str) -> Result<Self, String> {
        let form = || "write redis+sentinel://HOST:PORT,HOST:PORT/master/database".to_owned();
        let own = sentinel_user(rest)?;
        let rest = rest.split('?').next().unwrap_or_default();
        let (authority, path) = rest.split_once('/').ok_or_else(form)?;
        let (user, hosts) = match authority.rsplit_once('@') {
            Some((user, hosts)) => (format!("{user}@"), hosts),
            None => (String::new(), authority),
        };
        let (master, database) = path.split_once('/').unwrap_or((path, "0"));
        if master.is_empty() || hosts.split(',').any(str::is_empty) {
            return Err(form());
        }
        let sentinel = |host: &str| {
            let client = Client::open(format!("{scheme}://{own}{}", with_port(host)));
            client.map_err(|error| error.to_string())
        };
        Ok(Self {
            sentinels: hosts.split(',').map(sentinel).collect::<Result<_, _>>()?,
            master: master.to_owned(),
            scheme: scheme.to_owned(),
            user,
            database: database.parse().map_err(|_| form())?,
        })
    }

    /// A connection to the server that is the master, as the first sentinel says that knows.
    ///
    /// # Errors
    /// When none knows a master, or what it names is none.
    pub(super) async fn connect(
        &self,
        config: &AsyncConnectionConfig,
    ) -> RedisResult<MultiplexedConnection> {
        let mut last = (ErrorKind::Client, "no sentinel knows the master").into();
        for sentinel in &self.sentinels {
            match self.by(sentinel, config).await {
                Ok(connection) => return Ok(connection),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// A connection to the master that `sentinel` names.
    async fn by(
        &self,
        sentinel: &Client,
        config: &AsyncConnectionConfig,
    ) -> RedisResult<MultiplexedConnection> {
        let mut sentinel = sentinel
            .get_multiplexed_async_connection_with_config(config)
            .await?;
        let mut question = redis::cmd("SENTINEL");
        question.arg("get-master-addr-by-name").arg(&self.master);
        let address: Option<(String, u16)> = question.query_async(&mut sentinel).await?;
        let Some((host, port)) = address else {
            return Err((ErrorKind::Client, "a sentinel does not know the master").into());
        };
        let (scheme, user, database) = (&self.scheme, &self.user, self.database);
        let host = bracketed(&host);
        let master = Client::open(format!("{scheme}://{user}{host}:{port}/{database}"))?;
        let mut master = master
            .get_multiplexed_async_connection_with_config(config)
            .await?;
        // During a failover a sentinel may name the one before.
        let role: Vec<redis::Value> = redis::cmd("ROLE").query_async(&mut master).await?;
        let role = role.first().map(redis::from_redis_value_ref::<String>);
        match role {
            Some(Ok(role)) if role == "master" => Ok(master),
            _ => Err((
                ErrorKind::Client,
                "the server that a sentinel names is not a master",
            )
                .into()),
        }
    }

    /// What spans say of it: the group, as its servers change.
    pub(super) fn store(&self) -> Store {
        Store {
            system: "redis",
            namespace: self.database.to_string().into(),
            address: Some(self.master.clone().into()),
            port: None,
        }
    }
}

/// `user:password@` of the sentinels themselves, or nothing.
///
/// # Errors
/// When there is another parameter, or the URL would not be one with it.
fn sentinel_user(url: &str) -> Result<String, String> {
    let (mut user, mut password) = ("", "");
    for (name, value) in parameters(url) {
        match name {
            "sentinel_username" => user = value,
            "sentinel_password" => password = value,
            _ => return Err(unsupported(name)),
        }
        if value.contains(['/', ':', '@', '[', ']']) {
            return Err(format!(
                "in {name} write %2F for /, %3A for : and %40 for @"
            ));
        }
    }
    match (user, password) {
        ("", "") => Ok(String::new()),
        _ => Ok(format!("{user}:{password}@")),
    }
}

/// `host` with a port, also if it has none.
fn with_port(host: &str) -> String {
    let after = host.rsplit_once(']').map_or(host, |(_, after)| after);
    match after.contains(':') {
        true => host.to_owned(),
        false => format!("{host}:{DEFAULT_PORT}"),
    }
}

/// An address as a URL has it.
fn bracketed(host: &str) -> String {
    match host.contains(':') {
        true => format!("[{host}]"),
        false => host.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn url_names_sentinels_master_and_database() {
        let sentinels = Sentinels::open("redis", "ada:p%40@a,b:1,[::1]/users/3").unwrap();
        let addresses = sentinels.sentinels.iter();
        let addresses = addresses.map(|it| it.get_connection_info().addr().to_string());
        // redis shows an IPv6 address without its brackets.
        assert_eq!(
            addresses.collect::<Vec<_>>(),
            ["a:26379", "b:1", "::1:26379"]
        );
        assert_eq!(sentinels.master, "users");
        assert_eq!(sentinels.database, 3);
        assert_eq!(sentinels.user, "ada:p%40@");
        let own = "a/users?sentinel_username=s&sentinel_password=p%40";
        let sentinels = Sentinels::open("redis", own).unwrap();
        let settings = sentinels.sentinels[0]
            .get_connection_info()
            .redis_settings();
        assert_eq!(settings.username(), Some("s"));
        assert_eq!(settings.password(), Some("p@"));
        for wrong in ["a", "a/", "a,,b/users", "a/users/x", ",/users"] {
            assert!(Sentinels::open("redis", wrong).is_err(), "{wrong}");
        }
    }
}
