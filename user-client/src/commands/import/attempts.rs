//! One call's rows, sent again while that may help: they carry request ids, so
//! that none is created twice.

use std::time::Duration;

use grpc_telemetry::rpc::code_name;
use user_proto::v1::{CreateUsersRequest, CreateUsersResponse};

use crate::client::UserClient;
use crate::failure::Failure;

/// How often a call is made at the most.
const ATTEMPTS: u32 = 6;
/// How long to wait before the second attempt; twice as long before each further one.
const FIRST_WAIT: Duration = Duration::from_millis(200);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Creates `rows` in one call that is repeated if it fails in passing.
///
/// # Errors
/// When the last attempt fails, or one fails for good.
pub(super) async fn create(
    rows: &[CreateUsersRequest],
    client: &UserClient,
) -> Result<CreateUsersResponse, Failure> {
    let mut attempt = 1;
    loop {
        let failure = match client.create_many(rows.to_vec()).await {
            Ok(response) => return Ok(response),
            Err(failure) if !failure.aftermath.is_transient() || attempt == ATTEMPTS => {
                return Err(failure);
            }
            Err(failure) => failure,
        };
        tracing::warn!(
            attempt,
            code = failure.code.map(code_name),
            "a call failed and is made again"
        );
        let asked = failure.details.and_then(|details| details.retry_after);
        tokio::time::sleep(wait(attempt, asked, rand::random())).await;
        attempt += 1;
    }
}

/// How long to wait after the failed `attempt`, the first being 1: between half
/// and all of a growing time by `chance` from 0 to 1, so that many clients don't
/// come back at once; no shorter than the service `asked` for.
fn wait(attempt: u32, asked: Option<Duration>, chance: f64) -> Duration {
    let doubled = FIRST_WAIT.saturating_mul(2_u32.saturating_pow(attempt - 1));
    let wait = doubled.min(LONGEST_WAIT).mul_f64(0.5 + chance / 2.0);
    wait.max(asked.unwrap_or_default().min(LONGEST_WAIT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_limit_and_vary() {
        assert_eq!(wait(1, None, 0.0), Duration::from_millis(100));
        assert_eq!(wait(1, None, 1.0), Duration::from_millis(200));
        assert_eq!(wait(3, None, 1.0), Duration::from_millis(800));
        assert_eq!(wait(30, None, 1.0), LONGEST_WAIT);
    }

    #[test]
    fn the_service_may_ask_for_a_longer_wait_within_reason() {
        let asked = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!(wait(1, asked(1), 0.5), Duration::from_secs(1));
        assert_eq!(wait(1, asked(3_600), 0.5), LONGEST_WAIT);
    }
}
