//! A service with the users of the captured exchanges.

use kitex_codec::thrift::encode_arguments;
use kitex_codec::{ApplicationException, Message};
use sqlx::{Connection, Executor, PgConnection};
use testkit::TestEnv;
use user_proto::v1::GetUserRequest;

use crate::peer::Call;

/// The user whom the captured clients got, and another one.
const USERS: &str = "\
INSERT INTO users (id, name, email, phone, created_at) OVERRIDING SYSTEM VALUE VALUES \
(12345, 'Ada Lovelace', 'ada@example.com', '+4930123456', 1700000000), \
(7, 'Ada Lovelace', 'ada7@example.com', '+4930123456', 1700000000); \
ALTER TABLE users ALTER COLUMN id RESTART WITH 20000";

/// A service with these variables, which has the users 12345 and 7, and a collector.
pub(crate) async fn start(variables: &[(&str, &str)]) -> TestEnv {
    let env = TestEnv::configured(variables).await;
    let database = PgConnection::connect(env.database().url()).await;
    database.unwrap().execute(USERS).await.unwrap();
    env
}

/// A call of `GetUser`.
pub(crate) fn get_user(user_id: i64) -> Call {
    Call::new("GetUser", encode_arguments(&GetUserRequest { user_id }))
}

/// The exception that `message` is.
pub(crate) fn exception(message: &Message) -> ApplicationException {
    ApplicationException::decode(message.codec, &message.body).unwrap()
}
