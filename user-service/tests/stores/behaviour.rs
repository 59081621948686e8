//! What every store does, whatever it is made of.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::future::join_all;
use user_service::domain::{
    Conflict, Created, NewUser, UncheckedUser, User, UserId, UserRepository,
};

pub(crate) type Users = Arc<dyn UserRepository>;

pub(crate) fn new_user(email: &str, request_id: &str) -> NewUser {
    let unchecked = UncheckedUser {
        name: "Ada Lovelace".into(),
        email: email.into(),
        phone: Some("+4930123456".into()),
        request_id: request_id.into(),
    };
    NewUser::try_from(unchecked).expect("it keeps the rules")
}

async fn create_one(users: &Users, user: &NewUser) -> Created {
    let mut outcomes = users.create(vec![user.clone()]).await.unwrap();
    outcomes.pop().expect("one outcome")
}

pub(crate) async fn create(users: &Users, email: &str) -> User {
    match create_one(users, &new_user(email, "")).await {
        Created::User(user) => user,
        Created::Conflict(conflict) => panic!("{conflict}"),
    }
}

pub(crate) const REQUEST: &str = "4bf92f35-77b3-4da6-a3ce-929d0e0e4736";

pub(crate) async fn a_created_user_is_found(users: Users) {
    let created = create(&users, "ada@example.com").await;

    // Twice: the second time from the cache, where there is one.
    for _ in 0..2 {
        let found = users.get(created.id).await.unwrap();
        assert!(found.as_ref() == Some(&created));
    }
    assert_eq!(created.name, "Ada Lovelace");
    assert_eq!(created.phone.as_deref(), Some("+4930123456"));
}

pub(crate) async fn unknown_id_is_not_found(users: Users) {
    for _ in 0..2 {
        let nobody = users.get(UserId::new(i64::MAX).unwrap()).await;
        assert!(nobody.unwrap().is_none());
    }
}

pub(crate) async fn absence_is_forgotten_when_the_id_is_created(users: Users) {
    let first = create(&users, "first@example.com").await;
    let next = UserId::new(first.id.get() + 1).unwrap();
    assert!(users.get(next).await.unwrap().is_none());

    let second = create(&users, "second@example.com").await;

    assert_eq!(second.id, next);
    assert!(users.get(next).await.unwrap() == Some(second));
}

pub(crate) async fn an_email_is_taken_in_any_case(users: Users) {
    create(&users, "Ada@Example.com").await;

    let again = create_one(&users, &new_user("aDA@eXAMPLE.COM", "")).await;

    assert_eq!(again, Created::Conflict(Conflict::Email));
}

pub(crate) async fn a_repeat_of_a_request_answers_what_the_first_one_did(users: Users) {
    let request = new_user("ada@example.com", REQUEST);

    let first = create_one(&users, &request).await;
    let repeat = create_one(&users, &request).await;

    assert!(matches!(&first, Created::User(_)));
    assert!(first == repeat);
}

pub(crate) async fn a_request_id_with_other_content_is_a_conflict(users: Users) {
    create_one(&users, &new_user("ada@example.com", REQUEST)).await;

    let other = create_one(&users, &new_user("grace@example.com", REQUEST)).await;

    assert_eq!(other, Created::Conflict(Conflict::RequestId));
}

pub(crate) async fn of_many_that_want_one_email_one_gets_it(users: Users) {
    let request = new_user("ada@example.com", "");

    let outcomes = join_all((0..20).map(|_| create_one(&users, &request))).await;

    let (made, refused): (Vec<_>, Vec<_>) = outcomes
        .into_iter()
        .partition(|created| matches!(created, Created::User(_)));
    assert_eq!(made.len(), 1);
    assert!(
        refused
            .iter()
            .all(|it| *it == Created::Conflict(Conflict::Email))
    );
}

pub(crate) async fn of_many_repeats_at_once_all_get_one_user(users: Users) {
    let request = new_user("ada@example.com", REQUEST);

    let outcomes = join_all((0..20).map(|_| create_one(&users, &request))).await;

    assert!(matches!(outcomes[0], Created::User(_)));
    assert!(outcomes.iter().all(|it| *it == outcomes[0]));
}

pub(crate) async fn ids_grow_and_the_clock_is_the_databases(users: Users) {
    let first = create(&users, "first@example.com").await;
    let second = create(&users, "second@example.com").await;

    assert!(first.id < second.id);
    let now = i64::try_from(unix_time().as_secs()).unwrap();
    let age = now - first.created_at;
    assert!((-60..60).contains(&age), "created {age} s ago");
}

pub(crate) async fn no_user_is_created_in_the_future(users: Users) {
    // In the second half of a second, where rounding would show.
    let millis = unix_time().subsec_millis();
    let half = (1_600 - u64::from(millis)) % 1_000;
    tokio::time::sleep(Duration::from_millis(half)).await;

    let created = create(&users, "ada@example.com").await;

    let now = i64::try_from(unix_time().as_secs()).unwrap();
    assert!(
        created.created_at <= now,
        "{} s early",
        created.created_at - now
    );
}

fn unix_time() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap()
}

pub(crate) async fn any_valid_text_survives(users: Users) {
    for (index, name) in ["诸葛亮", "O'Brien\"; DROP TABLE users;--", "👩🏽‍💻", "%_\\"]
        .iter()
        .enumerate()
    {
        let unchecked = UncheckedUser {
            name: (*name).into(),
            email: format!("it's{index}@example.com"),
            phone: None,
            request_id: String::new(),
        };
        let request = NewUser::try_from(unchecked).expect("it keeps the rules");

        let Created::User(created) = create_one(&users, &request).await else {
            panic!("nobody else has the address");
        };

        let found = users.get(created.id).await.unwrap().unwrap();
        assert_eq!(found.name, *name);
        assert!(found.phone.is_none());
    }
}
