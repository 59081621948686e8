//! Streams that stay open while replicas go: a list continues with another one by
//! itself, and a caller of lookups gets UNAVAILABLE and starts again.

use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Code;
use user_client::client::{Responses, UserClient};
use user_client::failure::Failure;
use user_proto::v1::{CreateUsersRequest, GetUsersRequest, GetUsersResponse};

use testkit::users::new_user;

/// How long a response may take while a replica is replaced.
const LIMIT: Duration = Duration::from_secs(10);

/// What became of streams of lookups.
#[derive(Debug, Default)]
pub(super) struct LookUps {
    pub(super) answers: usize,
    /// How often one was ended by a replica that stopped. Nothing else may end them.
    pub(super) cuts: usize,
}

pub(super) fn sum(look_ups: Vec<LookUps>) -> LookUps {
    look_ups
        .into_iter()
        .fold(LookUps::default(), |sum, it| LookUps {
            answers: sum.answers + it.answers,
            cuts: sum.cuts + it.cuts,
        })
}

/// Creates this number of users with a single call and returns their ids.
pub(crate) async fn create(client: &UserClient, count: usize) -> Vec<i64> {
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
/// Returns how many came.
pub(super) async fn list(
    client: UserClient,
    users: Vec<i64>,
    stopped: watch::Receiver<bool>,
) -> usize {
    let mut answers = 0;
    while !*stopped.borrow() {
        let limit = i32::try_from(users.len()).unwrap();
        let mut listed = client.list(users[0] - 1, limit).await.unwrap();
        for (index, &user) in users.iter().enumerate() {
            assert_eq!(listed.next().await.unwrap().unwrap().id, user);
            if index.is_multiple_of(200) && !*stopped.borrow() {
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        }
        assert_eq!(listed.next().await.unwrap(), None);
        answers += users.len();
    }
    answers
}

/// Looks one of `users` up after the other, in a stream without an end.
pub(super) async fn look_up(
    client: UserClient,
    users: Vec<i64>,
    stopped: watch::Receiver<bool>,
) -> LookUps {
    let mut look_ups = LookUps::default();
    let mut users = users.iter().cycle();
    let mut user = users.next().unwrap();
    while !*stopped.borrow() {
        let (requests, sent) = mpsc::channel(1);
        let ended = async {
            let mut answers = client.get_many(ReceiverStream::new(sent)).await?;
            while !*stopped.borrow() {
                ask(&requests, &mut answers, *user).await?;
                look_ups.answers += 1;
                user = users.next().unwrap();
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            Ok::<(), Failure>(())
        };
        if let Err(failure) = ended.await {
            assert_eq!(failure.code, Some(Code::Unavailable), "{failure}");
            look_ups.cuts += 1;
        }
    }
    look_ups
}

async fn ask(
    requests: &mpsc::Sender<GetUsersRequest>,
    answers: &mut Responses<GetUsersResponse>,
    user_id: i64,
) -> Result<(), Failure> {
    // It is not read from a stream that has ended, as the response shows.
    let _ = requests.send(GetUsersRequest { user_id }).await;
    let answer = tokio::time::timeout(LIMIT, answers.next()).await;
    let answer = answer.unwrap()?.unwrap();
    assert_eq!(answer.user_id, user_id);
    Ok(())
}
