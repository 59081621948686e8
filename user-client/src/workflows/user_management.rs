//! `user-management`: create a user, then read it.

use super::{Report, sample};
use crate::client::UserClient;
use crate::failure::Failure;

/// Runs the workflow.
///
/// # Errors
/// When a call fails, or the user comes back as another one.
pub async fn run(client: &UserClient, report: &mut Report<'_>) -> Result<(), Failure> {
    let wanted = sample::new_user();
    let id = client.create(wanted.clone()).await?;
    report.done("create", &format!("user {id}"))?;

    let user = client.get(id).await?;
    let same = user.id == id
        && user.name == wanted.name
        && user.email == wanted.email
        && user.phone == wanted.phone;
    if !same {
        return Err(Failure::new(format!(
            "user {id} was returned with other values than it was created with; check its row in the database"
        )));
    }
    report.done("get", &format!("user {id}, as it was created"))
}
