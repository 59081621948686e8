//! What every store does with many users at a time.

use user_service::domain::{Conflict, Created, NewUser, User, UserId};

use crate::behaviour::{REQUEST, Users, create, new_user};

const OTHER_REQUEST: &str = "00f067aa-0ba9-42b7-8a3c-e929d0e0e473";

async fn create_some(users: &Users, count: usize) -> Vec<User> {
    let batch = (0..count).map(|index| new_user(&format!("user{index}@example.com"), ""));
    let created = users.create(batch.collect()).await.unwrap();
    created.into_iter().map(made).collect()
}

fn made(created: Created) -> User {
    match created {
        Created::User(user) => user,
        Created::Conflict(conflict) => panic!("{conflict}"),
    }
}

pub(crate) async fn pages_go_on_where_the_one_before_ended(users: Users) {
    let all = create_some(&users, 25).await;

    let mut listed = Vec::new();
    let mut after = 0;
    for expected in [10, 10, 5, 0] {
        let page = users.page(after, 10).await.unwrap();
        assert_eq!(page.len(), expected);
        after = page.last().map_or(after, |user| user.id.get());
        listed.extend(page);
    }

    assert!(listed == all);
}

pub(crate) async fn get_many_finds_cached_and_uncached_users(users: Users) {
    let mut all = create_some(&users, 10).await;
    let nobody = UserId::new(i64::MAX).unwrap();
    let mut ids: Vec<_> = all.iter().map(|user| user.id).collect();
    ids.insert(3, nobody);

    // Twice: the second time the absent one is cached as well.
    for _ in 0..2 {
        let mut found = users.get_many(&ids).await.unwrap();
        found.sort_by_key(|user| user.id);
        all.sort_by_key(|user| user.id);
        assert!(found == all);
    }
}

pub(crate) async fn a_batch_makes_all_that_can_be_made(users: Users) {
    create(&users, "taken@example.com").await;
    let batch = [
        new_user("first@example.com", ""),
        new_user("Taken@Example.com", ""),
        new_user("last@example.com", REQUEST),
    ];

    let created = users.create(batch.to_vec()).await.unwrap();

    let [first, taken, last] = &created[..] else {
        panic!("{} outcomes for 3 users", created.len());
    };
    assert_eq!(*taken, Created::Conflict(Conflict::Email));
    for (user, created) in [(&batch[0], first), (&batch[2], last)] {
        let created = made(created.clone());
        assert!(user.describes(&created));
        assert!(users.get(created.id).await.unwrap() == Some(created));
    }
}

pub(crate) async fn a_repeated_batch_answers_what_the_first_one_did(users: Users) {
    let batch = [
        new_user("first@example.com", REQUEST),
        new_user("second@example.com", OTHER_REQUEST),
    ];

    let first = users.create(batch.to_vec()).await.unwrap();
    let repeat = users.create(batch.to_vec()).await.unwrap();

    assert!(first.iter().all(|it| matches!(it, Created::User(_))));
    assert!(first == repeat);
}

pub(crate) async fn batch_creates_no_user_twice(users: Users) {
    let batch = [
        new_user("ada@example.com", REQUEST),
        // The same request again: the same response.
        new_user("ada@example.com", REQUEST),
        // The same request id for another user.
        new_user("grace@example.com", REQUEST),
        // The same address without a request id, and in another case.
        new_user("ADA@example.com", ""),
        new_user("grace@example.com", OTHER_REQUEST),
    ];

    let created = users.create(batch.to_vec()).await.unwrap();

    let ada = made(created[0].clone());
    assert_eq!(created[1], Created::User(ada));
    assert_eq!(created[2], Created::Conflict(Conflict::RequestId));
    assert_eq!(created[3], Created::Conflict(Conflict::Email));
    assert!(matches!(&created[4], Created::User(_)));
}

/// `batch` with the ids that `users` gives before it creates anything, if it does.
pub(crate) async fn numbered(users: &Users, mut batch: Vec<NewUser>) -> Vec<NewUser> {
    let ids = users.draw_ids(batch.len()).await.unwrap();
    for (user, id) in batch.iter_mut().zip(ids.unwrap_or_default()) {
        user.id = Some(id);
    }
    batch
}

pub(crate) async fn users_get_the_ids_that_were_drawn_for_them(users: Users) {
    let first = ["zoe@example.com", "ada@example.com"].map(|email| new_user(email, ""));
    let second = ["eve@example.com", "bob@example.com"].map(|email| new_user(email, ""));
    let first = numbered(&users, first.to_vec()).await;
    let second = numbered(&users, second.to_vec()).await;

    // Ids are those of the order in which they were drawn.
    for batch in [&second, &first] {
        let created = users.create(batch.clone()).await.unwrap();
        for (user, created) in batch.iter().zip(created) {
            let created = made(created);
            assert!(user.describes(&created));
            assert!(user.id.is_none_or(|id| id == created.id));
            assert!(users.get(created.id).await.unwrap() == Some(created));
        }
    }
    let ids = first.iter().chain(&second).map(|user| user.id);
    assert!(ids.is_sorted());
}

pub(crate) async fn a_batch_with_ids_makes_all_that_can_be_made(users: Users) {
    create(&users, "taken@example.com").await;
    let batch = vec![
        new_user("first@example.com", REQUEST),
        new_user("Taken@Example.com", ""),
        new_user("first@example.com", REQUEST),
        new_user("other@example.com", REQUEST),
        new_user("last@example.com", OTHER_REQUEST),
    ];
    let batch = numbered(&users, batch).await;

    let created = users.create(batch.clone()).await.unwrap();

    let first = made(created[0].clone());
    assert_eq!(created[1], Created::Conflict(Conflict::Email));
    assert_eq!(created[2], Created::User(first));
    assert_eq!(created[3], Created::Conflict(Conflict::RequestId));
    let last = made(created[4].clone());
    assert!(batch[4].describes(&last));
    assert!(users.create(batch).await.unwrap() == created);
}
