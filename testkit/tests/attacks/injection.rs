//! Texts that want to be more than texts: each is stored exactly as it came or
//! refused, and nothing else happens.

mod effects;
mod payloads;

use std::collections::{BTreeMap, BTreeSet};

use testkit::TestEnv;
use testkit::sizes::report;
use tokio::task::JoinSet;
use tonic::metadata::{MetadataMap, MetadataValue};
use tonic::transport::Channel;
use tonic::{Code, Request, Status};
use user_proto::v1::user_service_client::UserServiceClient;
use user_proto::v1::{CreateUserRequest, GetUserRequest, User};

use self::effects::Stores;
use self::payloads::{MARK, Payload, payloads};
use crate::raw;

/// The row of the table that the figures belong to.
const ROW: u32 = 31;
const CALLERS: usize = 16;
/// Lets the service say all it can, and lose none of it.
const TALKATIVE: [(&str, &str); 2] = [("OTEL_BSP_MAX_QUEUE_SIZE", "65536"), ("RUST_LOG", "debug")];

type Client = UserServiceClient<Channel>;

#[test]
fn there_are_a_thousand_payloads_and_no_two_are_the_same() {
    let texts: BTreeSet<String> = payloads().into_iter().map(|it| it.text).collect();
    assert_eq!(texts.len(), payloads().len());
    assert!(texts.len() >= 1000, "{}", texts.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_payloads_have_no_effect_in_any_field() {
    let builder = TestEnv::builder().postgres().redis().collector();
    let mut env = builder.variables(&TALKATIVE).start().await;
    let stores = Stores::open(env.database().url(), env.cache().url()).await;
    let schema = stores.schema().await;
    let client = UserServiceClient::new(raw::channel(&env.service).await);

    let payloads = payloads();
    let tried = payloads.len();
    let mut running = JoinSet::new();
    let mut stored = Vec::new();
    for payload in payloads {
        if running.len() >= CALLERS {
            stored.extend(running.join_next().await.unwrap().unwrap());
        }
        running.spawn(try_everywhere(client.clone(), payload));
    }
    stored.extend(running.join_all().await.into_iter().flatten());

    stores.assert_users(&stored).await;
    assert_eq!(stores.schema().await, schema);
    let keys = stores.assert_keys().await;
    let scraped = env.service.metrics().await;
    assert!(!scraped.text().contains(MARK), "in /metrics");
    let lines = effects::assert_log(&mut env.service);
    let spans = env.stop().await.spans();
    for span in &spans {
        assert!(!format!("{span:?}").contains(MARK), "{span:?}");
    }
    report(
        ROW,
        &format!(
            "{tried} payloads in 5 fields and 5 headers: 0 effects; {} rows stored exactly, the others refused; {keys} keys, {lines} log lines, {} spans",
            stored.len(),
            spans.len()
        ),
    );
}

/// Sends `payload` wherever a text can be, and returns the users that were made of it.
async fn try_everywhere(mut client: Client, payload: Payload) -> Vec<User> {
    let Payload { number, text } = payload;
    let valid = CreateUserRequest {
        name: "Ada Lovelace".to_owned(),
        email: format!("ada{number}@example.com"),
        ..CreateUserRequest::default()
    };
    let quoted = text.replace('\\', "\\\\").replace('"', "\\\"");
    let attempts = [
        CreateUserRequest {
            name: text.clone(),
            ..valid.clone()
        },
        CreateUserRequest {
            email: text.clone(),
            ..valid.clone()
        },
        CreateUserRequest {
            email: format!("\"{quoted}\"@example.com"),
            ..valid.clone()
        },
        CreateUserRequest {
            phone: Some(text.clone()),
            ..valid.clone()
        },
        CreateUserRequest {
            request_id: text.clone(),
            ..valid.clone()
        },
    ];
    let mut stored = Vec::new();
    for attempt in attempts {
        stored.extend(create(&mut client, attempt).await);
    }
    let mut read = Request::new(GetUserRequest { user_id: i64::MAX });
    *read.metadata_mut() = metadata(&text);
    let absent = client.get_user(read).await.unwrap_err();
    assert_says_nothing(&absent, Code::NotFound);
    stored
}

/// The user, if it was created: read back twice, from wherever it then is.
async fn create(client: &mut Client, wanted: CreateUserRequest) -> Option<User> {
    let user_id = match client.create_user(wanted.clone()).await {
        Ok(created) => created.into_inner().user_id,
        Err(status) => {
            assert_says_nothing(&status, Code::InvalidArgument);
            return None;
        }
    };
    let mut user = User::default();
    for _ in 0..2 {
        let got = client.get_user(GetUserRequest { user_id }).await.unwrap();
        user = got.into_inner().user.unwrap();
        let of_user = (&user.name, &user.email, &user.phone);
        assert_eq!(of_user, (&wanted.name, &wanted.email, &wanted.phone));
    }
    Some(user)
}

/// A refusal that says what is wrong without repeating what was sent.
fn assert_says_nothing(status: &Status, code: Code) {
    assert_eq!(status.code(), code, "{status:?}");
    let details = String::from_utf8_lossy(status.details());
    let said = format!("{} {details} {:?}", status.message(), status.metadata());
    assert!(!said.contains(MARK), "{said}");
}

/// The payload wherever metadata may have it: in bytes, and as a text if it can be one.
fn metadata(text: &str) -> MetadataMap {
    let mut metadata = MetadataMap::new();
    metadata.insert_bin("x-payload-bin", MetadataValue::from_bytes(text.as_bytes()));
    for name in ["x-payload", "authorization", "baggage", "tracestate"] {
        if let Ok(value) = MetadataValue::try_from(text) {
            metadata.insert(name, value);
        }
    }
    metadata
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_payloads_in_the_path_reach_no_method() {
    let builder = TestEnv::builder().collector();
    let mut env = builder.variables(&TALKATIVE).start().await;
    let mut channel = raw::channel(&env.service).await;
    let mut codes = BTreeMap::<String, usize>::new();
    for path in payloads().iter().flat_map(effects::paths) {
        let (_, status) = raw::send(&mut channel, raw::call(&path, &[0; 5])).await;
        let code = format!("{:?}", status.unwrap().code());
        *codes.entry(code).or_default() += 1;
    }
    assert_eq!(
        codes.keys().map(String::as_str).collect::<Vec<_>>(),
        ["Unimplemented"]
    );
    let scraped = env.service.metrics().await;
    assert!(!scraped.text().contains(MARK), "in /metrics");
    effects::assert_log(&mut env.service);
    let is_harmless = |it: char| it.is_ascii_alphanumeric() || "./_?".contains(it);
    for span in env.stop().await.spans() {
        let asked = testkit::text(&span, "rpc.method_original").unwrap();
        assert!(asked.chars().all(is_harmless), "{asked}");
        let rest = format!("{:?}", span.span).replace(asked, "");
        assert!(!rest.contains(MARK), "{rest}");
    }
    report(ROW, &format!("as paths: {codes:?}"));
}
