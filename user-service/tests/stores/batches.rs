//! What every store does with many users at a time.

use user_service::domain::{Conflict, Created, User, UserId};

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
