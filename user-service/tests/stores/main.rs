//! One behaviour for all stores: PostgreSQL and SQLite, each bare and behind
//! each cache, through the domain's port. Run with `cargo xtask test`.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod batches;
mod behaviour;
mod cache;
mod closing;
mod cluster;
mod failover;
mod migrations;
mod operators;
mod pooler;
mod refusing_redis;
mod sentinels;
mod sqlite_files;
mod stores;

use batches::*;
use behaviour::*;

/// Runs each behaviour on each store, as a test of its own.
macro_rules! on_every_store {
    ($($behaviour:ident),+ $(,)?) => {
        on_every_store! { @store postgres: postgres_bare, $($behaviour),+ }
        on_every_store! { @store postgres_memory: postgres_behind_memory, $($behaviour),+ }
        on_every_store! { @store postgres_redis: postgres_behind_redis, $($behaviour),+ }
        on_every_store! { @store sqlite: sqlite_bare, $($behaviour),+ }
        on_every_store! { @store sqlite_memory: sqlite_behind_memory, $($behaviour),+ }
        on_every_store! { @store sqlite_redis: sqlite_behind_redis, $($behaviour),+ }
    };
    (@store $module:ident: $open:ident, $($behaviour:ident),+) => {
        mod $module {
            $(
                #[tokio::test]
                async fn $behaviour() {
                    let store = crate::stores::$open().await;
                    super::$behaviour(store.users).await;
                }
            )+
        }
    };
}

on_every_store! {
    a_created_user_is_found,
    unknown_id_is_not_found,
    absence_is_forgotten_when_the_id_is_created,
    an_email_is_taken_in_any_case,
    a_repeat_of_a_request_answers_what_the_first_one_did,
    a_request_id_with_other_content_is_a_conflict,
    of_many_that_want_one_email_one_gets_it,
    of_many_repeats_at_once_all_get_one_user,
    ids_grow_and_the_clock_is_the_databases,
    no_user_is_created_in_the_future,
    any_valid_text_survives,
    pages_go_on_where_the_one_before_ended,
    get_many_finds_cached_and_uncached_users,
    a_batch_makes_all_that_can_be_made,
    a_repeated_batch_answers_what_the_first_one_did,
    batch_creates_no_user_twice,
    users_get_the_ids_that_were_drawn_for_them,
    a_batch_with_ids_makes_all_that_can_be_made,
}
