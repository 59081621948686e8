//! A server that lies to user-client: each lie is one sentence and an exit code, never a panic, an
//! endless loop, or a table.

use std::net::SocketAddr;
use std::pin::Pin;

use futures_util::{Stream, StreamExt, stream};
use testkit::{Output, user_client};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tokio_util::task::AbortOnDropHandle;
use tonic::transport::Server;
use tonic::{Request, Response, Status, Streaming};
use user_proto::v1::create_users_response::Failure;
use user_proto::v1::get_users_response::Result as Answer;
use user_proto::v1::user_service_server::{UserService, UserServiceServer};
use user_proto::v1::{
    CreateUserRequest, CreateUserResponse, CreateUsersRequest, CreateUsersResponse, GetUserRequest,
    GetUserResponse, GetUsersRequest, GetUsersResponse, ListUsersRequest, ListUsersResponse, User,
};

/// The response to any request.
#[derive(Clone, Default)]
struct WrongResponses {
    user: Option<User>,
    created: i64,
    users: Vec<User>,
    then: Option<Status>,
    many: CreateUsersResponse,
    answers: Vec<GetUsersResponse>,
}

type Responses<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl UserService for WrongResponses {
    type ListUsersStream = Responses<ListUsersResponse>;
    type GetUsersStream = Responses<GetUsersResponse>;

    async fn get_user(
        &self,
        _: Request<GetUserRequest>,
    ) -> Result<Response<GetUserResponse>, Status> {
        Ok(Response::new(GetUserResponse {
            user: self.user.clone(),
            ..GetUserResponse::default()
        }))
    }

    async fn create_user(
        &self,
        _: Request<CreateUserRequest>,
    ) -> Result<Response<CreateUserResponse>, Status> {
        Ok(Response::new(CreateUserResponse {
            user_id: self.created,
            ..CreateUserResponse::default()
        }))
    }

    async fn list_users(
        &self,
        _: Request<ListUsersRequest>,
    ) -> Result<Response<Self::ListUsersStream>, Status> {
        let users = self.users.clone().into_iter();
        let users = users.map(|user| Ok(ListUsersResponse { user: Some(user) }));
        let all = users.chain(self.then.clone().map(Err));
        Ok(Response::new(Box::pin(stream::iter(
            all.collect::<Vec<_>>(),
        ))))
    }

    async fn create_users(
        &self,
        request: Request<Streaming<CreateUsersRequest>>,
    ) -> Result<Response<CreateUsersResponse>, Status> {
        let mut rows = request.into_inner();
        while rows.message().await?.is_some() {}
        Ok(Response::new(self.many.clone()))
    }

    async fn get_users(
        &self,
        request: Request<Streaming<GetUsersRequest>>,
    ) -> Result<Response<Self::GetUsersStream>, Status> {
        let mut ids = request.into_inner();
        ids.next().await;
        let answers: Vec<_> = self.answers.iter().cloned().map(Ok).collect();
        Ok(Response::new(Box::pin(stream::iter(answers))))
    }
}

/// Serves `lies` until the handle is dropped.
async fn serve(lies: WrongResponses) -> (SocketAddr, AbortOnDropHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = Server::builder().add_service(UserServiceServer::new(lies));
    let serving = async move {
        let connections = TcpListenerStream::new(listener);
        server.serve_with_incoming(connections).await.unwrap();
    };
    (address, AbortOnDropHandle::new(tokio::spawn(serving)))
}

async fn told(lies: WrongResponses, arguments: &[&str]) -> Output {
    let (address, _serving) = serve(lies).await;
    let server = format!("http://{address}");
    user_client(arguments, &[("USER_SERVICE", &server)]).await
}

/// One bounded sentence that says what was returned.
fn assert_told(output: &Output, words: &str) {
    assert_eq!(output.status.code(), Some(1), "{words}: {output:?}");
    assert!(output.stderr.contains(words), "{words}: {output:?}");
    assert!(
        output.stderr.contains("user-service returned"),
        "{output:?}"
    );
    assert!(output.stderr.len() < 1_000, "{} bytes", output.stderr.len());
}

fn user(id: i64) -> User {
    User {
        id,
        name: "Ada".to_owned(),
        email: "ada@example.com".to_owned(),
        ..User::default()
    }
}

fn answer(user_id: i64, user: User) -> GetUsersResponse {
    GetUsersResponse {
        user_id,
        result: Some(Answer::User(user)),
    }
}

#[tokio::test]
async fn a_text_that_no_user_has_is_an_error_wherever_it_comes() {
    let long = |part: &str| {
        let text = "x".repeat(66_000);
        match part {
            "name" => User {
                name: text,
                ..user(1)
            },
            "e-mail address" => User {
                email: text,
                ..user(1)
            },
            _ => User {
                phone: Some(text),
                ..user(1)
            },
        }
    };
    for part in ["name", "e-mail address", "phone number"] {
        let lies = WrongResponses {
            user: Some(long(part)),
            users: vec![long(part)],
            answers: vec![answer(1, long(part))],
            ..WrongResponses::default()
        };
        for command in [&["get", "1"][..], &["list"], &["lookup", "1"]] {
            let output = told(lies.clone(), command).await;
            assert_told(
                &output,
                &format!("a {part} of 66000 bytes").replace("a e-", "an e-"),
            );
            assert_eq!(output.stdout, "");
        }
    }
}

#[tokio::test]
async fn another_user_than_was_asked_for_is_an_error() {
    let lies = WrongResponses {
        user: Some(user(2)),
        answers: vec![answer(2, user(2))],
        ..WrongResponses::default()
    };
    for command in ["get", "lookup"] {
        let output = told(lies.clone(), &[command, "1"]).await;
        assert_told(&output, "user 2 instead of user 1");
    }
    let inside = WrongResponses {
        answers: vec![answer(1, user(2))],
        ..WrongResponses::default()
    };
    let output = told(inside, &["lookup", "1"]).await;
    assert_told(&output, "user 2 instead of user 1");
    let more = WrongResponses {
        answers: vec![answer(1, user(1)), answer(2, user(2))],
        ..WrongResponses::default()
    };
    let output = told(more, &["lookup", "1"]).await;
    assert_told(&output, "more users than");
}

#[tokio::test]
async fn a_list_out_of_order_ends_with_an_error_instead_of_never() {
    for ids in [[1, 1], [2, 1], [1, i64::MIN]] {
        let lies = WrongResponses {
            users: ids.map(user).to_vec(),
            ..WrongResponses::default()
        };
        let output = told(lies, &["list"]).await;
        assert_told(&output, &format!("user {} after user {}", ids[1], ids[0]));
    }
    // Each call brings a user, so each would be followed by another one.
    let lies = WrongResponses {
        users: vec![user(1)],
        then: Some(Status::unavailable("again")),
        ..WrongResponses::default()
    };
    let output = told(lies, &["list"]).await;
    assert_told(&output, "user 1 after user 1");
}

#[tokio::test]
async fn more_users_than_the_limit_are_an_error() {
    let lies = WrongResponses {
        users: (1..=9).map(user).collect(),
        ..WrongResponses::default()
    };
    let output = told(lies, &["list", "--limit", "2"]).await;
    assert_told(&output, "more users than");
    assert_eq!(output.stdout.lines().count(), 3, "{output:?}");
}

#[tokio::test]
async fn counts_that_do_not_match_the_rows_are_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("users.csv");
    std::fs::write(&file, "name,email\nA,a@example.com\nB,b@example.com\n").unwrap();
    let file = file.to_str().unwrap();
    let refused = |indices: &[i64]| {
        let failures = indices.iter().map(|&index| Failure {
            index,
            status: None,
        });
        failures.collect::<Vec<_>>()
    };
    for (created_count, user_ids, indices) in [
        (i64::MAX, vec![1, 2], &[][..]),
        (-1, vec![1, 2], &[]),
        (0, Vec::new(), &[]),
        (2, vec![1], &[]),
        (1, vec![1], &[7]),
        (1, vec![1], &[-1]),
        (0, Vec::new(), &[1, 0]),
        (0, Vec::new(), &[1, 1]),
        (2, vec![1, 2], &[0, 1]),
    ] {
        let many = CreateUsersResponse {
            created_count,
            user_ids,
            failures: refused(indices),
        };
        let lies = WrongResponses {
            many,
            ..WrongResponses::default()
        };
        let output = told(lies, &["import", file]).await;
        assert_told(&output, "for 2 rows");
    }
}

#[tokio::test]
async fn a_new_user_has_an_id_that_users_have() {
    for created in [0, -5] {
        let lies = WrongResponses {
            created,
            ..WrongResponses::default()
        };
        let arguments = ["create", "--name", "A", "--email", "a@example.com"];
        let output = told(lies, &arguments).await;
        assert_told(&output, &format!("the id {created}"));
        assert!(output.stderr.contains("--request-id"), "{output:?}");
    }
}

#[tokio::test]
async fn a_sentence_of_a_server_is_shown_up_to_a_limit() {
    let lies = WrongResponses {
        answers: vec![GetUsersResponse {
            user_id: 1,
            result: Some(Answer::Error(tonic_types::Status {
                code: 5,
                message: "x".repeat(1_000_000),
                details: Vec::new(),
            })),
        }],
        ..WrongResponses::default()
    };
    let output = told(lies, &["lookup", "1"]).await;
    assert_eq!(output.status.code(), Some(3));
    assert!(output.stdout.len() < 5_000, "{} bytes", output.stdout.len());
}
