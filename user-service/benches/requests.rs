//! What checking a request to create a user costs, and a user from the cache in the process.
//!
//! `cargo bench -p user-service --bench requests`

#![expect(clippy::unwrap_used, reason = "a benchmark")]

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use futures_util::FutureExt;
use user_proto::v1::CreateUserRequest;
use user_service::cache::{MemoryCache, Ttl, UserCache};
use user_service::domain::{NewUser, UncheckedUser, User, UserId};

fn checks(criterion: &mut Criterion) {
    let request = CreateUserRequest {
        name: "Ada Lovelace".to_owned(),
        email: "ada@example.com".to_owned(),
        phone: Some("+4930123456".to_owned()),
        request_id: "4bf92f35-77b3-4da6-a3ce-929d0e0e4736".to_owned(),
    };
    criterion.bench_function("convert and check a request", |bencher| {
        bencher.iter(|| {
            let unchecked = UncheckedUser::from(black_box(request.clone()));
            NewUser::try_from(unchecked).is_ok()
        });
    });
}

fn hits(criterion: &mut Criterion) {
    let cache = MemoryCache::new(Ttl::new(Duration::from_secs(3_600), || 0.5));
    let id = UserId::new(1).unwrap();
    let user = User {
        id,
        name: "Ada Lovelace".to_owned(),
        email: "ada@example.com".to_owned(),
        phone: None,
        created_at: 0,
    };
    cache.put(vec![user]).now_or_never().unwrap();
    criterion.bench_function("a user from the cache", |bencher| {
        bencher.iter(|| cache.get(black_box(&[id])).now_or_never().unwrap());
    });
}

criterion_group!(benches, checks, hits);
criterion_main!(benches);
