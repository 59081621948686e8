//! `bulk-onboarding`: create many users, look all of them up and list them, in
//! one stream each.

use futures_util::stream;
use user_proto::v1::get_users_response::Result as Lookup;
use user_proto::v1::{CreateUsersRequest, GetUsersRequest};

use super::{Report, sample};
use crate::client::UserClient;
use crate::failure::Failure;

/// Users to create.
const USERS: i32 = 100;

/// Runs the workflow.
///
/// # Errors
/// When a call fails, or not all users are there.
pub async fn run(client: &UserClient, report: &mut Report<'_>) -> Result<(), Failure> {
    let ids = create(client).await?;
    report.done("create", &format!("{} users in one stream", ids.len()))?;

    let found = look_up(&ids, client).await?;
    let result = format!("{found} responses in the order of the ids");
    report.done("look up", &result)?;

    let first = ids.iter().copied().min().unwrap_or_default();
    let listed = list(first, client).await?;
    report.done("list", &format!("{listed} users after user {first}"))
}

async fn create(client: &UserClient) -> Result<Vec<i64>, Failure> {
    let rows = (0..USERS).map(|_| {
        let user = sample::new_user();
        CreateUsersRequest {
            name: user.name,
            email: user.email,
            phone: user.phone,
            request_id: user.request_id,
        }
    });
    let response = client.create_many(rows.collect()).await?;
    match response.failures.len() {
        0 => Ok(response.user_ids),
        refused => Err(unexpected(&format!(
            "refused {refused} of {USERS} new users"
        ))),
    }
}

async fn look_up(ids: &[i64], client: &UserClient) -> Result<usize, Failure> {
    let requests: Vec<_> = ids
        .iter()
        .map(|&user_id| GetUsersRequest { user_id })
        .collect();
    let mut responses = client.get_many(stream::iter(requests)).await?;
    let mut expected = ids.iter();
    let mut found = 0;
    while let Some(response) = responses.next().await? {
        match response.result {
            Some(Lookup::User(user)) if expected.next() == Some(&user.id) => found += 1,
            Some(Lookup::Error(status)) => return Err(responses.failure_of(&status)),
            _ => return Err(unexpected("responded for another user than requested")),
        }
    }
    match found == ids.len() {
        true => Ok(found),
        false => Err(unexpected("ended before its last response")),
    }
}

/// As many users as were created after the first of them: others may be among them.
async fn list(first: i64, client: &UserClient) -> Result<i32, Failure> {
    let mut users = client.list(first, USERS - 1).await?;
    let mut listed = 0;
    let mut last = first;
    while let Some(user) = users.next().await? {
        if user.id <= last {
            return Err(unexpected("listed users out of order"));
        }
        last = user.id;
        listed += 1;
    }
    match listed == USERS - 1 {
        true => Ok(listed),
        false => Err(unexpected("listed fewer users than were created")),
    }
}

fn unexpected(what: &str) -> Failure {
    Failure::new(format!("user-service {what}; look at its log"))
}
