//! One call's rows, with retries: they have request ids, so no user is created twice.

use std::time::Duration;

use grpc_common::Backoff;
use grpc_telemetry::rpc::code_name;
use user_proto::v1::{CreateUsersRequest, CreateUsersResponse};

use crate::client::UserClient;
use crate::failure::Failure;

/// The maximum number of attempts of a call.
const ATTEMPTS: u32 = 6;
/// How long to wait before the second attempt; twice as long before each further one.
const FIRST_WAIT: Duration = Duration::from_millis(200);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Creates `rows` in one call, which is retried after transient failures.
///
/// # Errors
/// If the last attempt fails, or one fails finally.
pub(super) async fn create(
    rows: &[CreateUsersRequest],
    client: &UserClient,
) -> Result<CreateUsersResponse, Failure> {
    let mut attempt = 1;
    let mut backoff = backoff();
    loop {
        let failure = match client.create_many(rows.to_vec()).await {
            Ok(response) => return Ok(response),
            Err(failure) if !failure.retryability.is_transient() || attempt == ATTEMPTS => {
                return Err(failure);
            }
            Err(failure) => failure,
        };
        tracing::warn!(
            attempt,
            code = failure.code.map(code_name),
            "retrying a failed call"
        );
        let asked = failure.details.and_then(|details| details.retry_after);
        tokio::time::sleep(wait(&mut backoff, asked, rand::random())).await;
        attempt += 1;
    }
}

/// Random delays between half and all of a growing time, so that clients do not retry in step.
fn backoff() -> Backoff {
    Backoff::new(FIRST_WAIT, 2, LONGEST_WAIT).jitter(0.5, 1.0)
}

/// How long to wait before the next attempt: no shorter than the service `asked` for.
fn wait(backoff: &mut Backoff, asked: Option<Duration>, random: f64) -> Duration {
    let asked = asked.unwrap_or_default().min(LONGEST_WAIT);
    backoff.next(random).max(asked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_limit_and_vary() {
        let waits = |random| {
            let mut backoff = backoff();
            [(); 7].map(|()| wait(&mut backoff, None, random).as_millis())
        };
        assert_eq!(waits(1.0), [200, 400, 800, 1600, 3200, 5000, 5000]);
        assert_eq!(waits(0.0)[..2], [100, 200]);
    }

    #[test]
    fn the_service_may_ask_for_a_longer_wait_within_reason() {
        let asked = |seconds| {
            let asked = Some(Duration::from_secs(seconds));
            wait(&mut backoff(), asked, 0.5)
        };
        assert_eq!(asked(0), Duration::from_millis(150));
        assert_eq!(asked(1), Duration::from_secs(1));
        assert_eq!(asked(3_600), LONGEST_WAIT);
    }
}
