//! Streams that stay open, and what their callers do when a replica goes: they
//! are told UNAVAILABLE and go on with another one where they were.

use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Code;
use user_client::client::{Answers, UserClient};
use user_client::failure::Failure;
use user_client::outcome::Outcome;
use user_proto::v1::{CreateUsersRequest, GetUsersRequest, GetUsersResponse};

use crate::stand::new_user;

/// How long an answer may take while a replica is replaced.
const LIMIT: Duration = Duration::from_secs(10);

/// What became of streams.
#[derive(Debug, Default)]
pub(super) struct Streams {
    pub(super) answers: usize,
    /// How often one was ended by a replica that stopped.
    pub(super) cuts: usize,
    /// How often that was lost with the connection, on the way to a reader who
    /// was behind by more than a window.
    pub(super) broken: usize,
}

impl Streams {
    /// Nothing else may end a stream.
    fn add_end(&mut self, failure: &Failure) {
        assert_eq!(failure.outcome, Outcome::Unavailable, "{failure}");
        match failure.code {
            Some(Code::Unavailable) => self.cuts += 1,
            _ => self.broken += 1,
        }
    }
}

pub(super) fn sum(streams: Vec<Streams>) -> Streams {
    streams
        .into_iter()
        .fold(Streams::default(), |sum, it| Streams {
            answers: sum.answers + it.answers,
            cuts: sum.cuts + it.cuts,
            broken: sum.broken + it.broken,
        })
}

/// Creates so many users with a single call and answers their ids.
pub(super) async fn create(client: &UserClient, count: usize) -> Vec<i64> {
    let users = std::iter::repeat_with(|| {
        let user = new_user();
        CreateUsersRequest {
            // So that a list does not fit into the windows of HTTP/2.
            name: "A".repeat(200),
            email: user.email,
            phone: user.phone,
            request_id: user.request_id,
        }
    });
    let created = client.create_many(users.take(count).collect()).await;
    let mut ids = created.unwrap().user_ids;
    assert_eq!(ids.len(), count);
    ids.sort_unstable();
    ids
}

/// Lists `users` again and again, slowly, so that the list is open while
/// replicas stop, and to its end. None may be missing, and none come twice.
pub(super) async fn list(
    client: UserClient,
    users: Vec<i64>,
    stopped: watch::Receiver<bool>,
) -> Streams {
    let mut streams = Streams::default();
    let mut at = 0;
    while at < users.len() || !*stopped.borrow() {
        at %= users.len();
        let after = users[at] - 1;
        let left = i32::try_from(users.len() - at).unwrap();
        let ended = async {
            let mut answers = client.list(after, left).await?;
            while let Some(answer) = answers.next().await? {
                assert_eq!(answer.user.unwrap().id, users[at]);
                at += 1;
                streams.answers += 1;
                if at.is_multiple_of(200) && !*stopped.borrow() {
                    tokio::time::sleep(Duration::from_millis(500)).await;
                }
            }
            Ok(())
        };
        match ended.await {
            Ok(()) => assert_eq!(at, users.len(), "a list is short"),
            Err(failure) => streams.add_end(&failure),
        }
    }
    streams
}

/// Looks one of `users` up after the other, in a stream without an end.
pub(super) async fn look_up(
    client: UserClient,
    users: Vec<i64>,
    stopped: watch::Receiver<bool>,
) -> Streams {
    let mut streams = Streams::default();
    let mut users = users.iter().cycle();
    let mut user = users.next().unwrap();
    while !*stopped.borrow() {
        let (requests, sent) = mpsc::channel(1);
        let ended = async {
            let mut answers = client.get_many(ReceiverStream::new(sent)).await?;
            while !*stopped.borrow() {
                ask(&requests, &mut answers, *user).await?;
                streams.answers += 1;
                user = users.next().unwrap();
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            Ok(())
        };
        if let Err(failure) = ended.await {
            streams.add_end(&failure);
        }
    }
    streams
}

async fn ask(
    requests: &mpsc::Sender<GetUsersRequest>,
    answers: &mut Answers<GetUsersResponse>,
    user_id: i64,
) -> Result<(), Failure> {
    // Nobody takes it from a stream that has ended, which the answer tells.
    let _ = requests.send(GetUsersRequest { user_id }).await;
    let answer = tokio::time::timeout(LIMIT, answers.next()).await;
    let answer = answer.unwrap()?.unwrap();
    assert_eq!(answer.user_id, user_id);
    Ok(())
}
