//! The load of the soak: all five calls by user-client's own client, and a
//! judgement of each that fails.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use tonic::Code;
use user_client::client::UserClient;
use user_client::failure::Failure;
use user_proto::v1::get_users_response::Result as Found;
use user_proto::v1::{CreateUserRequest, CreateUsersRequest, GetUsersRequest};

use super::replicas::Fault;
use crate::support::client;
use testkit::users::new_user;

/// What each call may take, and some slack for a busy machine.
const DEADLINE: Duration = Duration::from_secs(10);
const SLACK: Duration = Duration::from_secs(1);
/// How calls may end that meet a database that hangs.
const ALLOWED: [Code; 3] = [
    Code::Unavailable,
    Code::DeadlineExceeded,
    Code::ResourceExhausted,
];
/// How the reason of such a failure begins.
pub(super) const EXCUSE: &str = "while PostgreSQL hung: ";
/// Of twenty calls: ten read a user, four create one, three list, two read many, one creates many.
const MIX: &[u8; 20] = b"ggcglggmgcglgcmgglcn";
/// Users of a list, of a stream of lookups, and of one of creates.
const LISTED: i32 = 100;
const LOOKED_UP: usize = 10;
const CREATED: usize = 5;
/// Of the list of all, which is longer than one deadline allows.
const PAGE: i32 = 10_000;

/// Callers of both replicas, and all that they got.
pub(super) struct Load {
    /// Calls the replicas themselves.
    direct: UserClient,
    /// Calls them through proxies that reset connections.
    proxied: UserClient,
    book: Mutex<CallRecord>,
}

#[derive(Default)]
struct CallRecord {
    sent: HashSet<String>,
    /// Ids and addresses of users whose creation was acknowledged.
    acknowledged: Vec<(i64, String)>,
    /// Until when calls may begin that meet a database that hangs or has just stopped to.
    excused_until: Option<Instant>,
    /// What broke last.
    fault: Option<Fault>,
}

impl Load {
    pub(super) fn new(direct: &str, proxied: &str) -> Self {
        Self {
            direct: client(direct, DEADLINE),
            proxied: client(proxied, DEADLINE),
            book: Mutex::default(),
        }
    }

    /// Call number `number`. Calls with one message take the way that is reset every
    /// second time; streams never do, as no client can repeat half of one.
    pub(super) async fn call(&self, number: usize) -> Result<(), String> {
        let begun = Instant::now();
        let unary = match number % 2 {
            0 => &self.proxied,
            _ => &self.direct,
        };
        let (name, outcome) = match MIX[number % MIX.len()] {
            b'g' => ("get", self.get(unary, number).await),
            b'c' => ("create", self.create(unary).await),
            b'l' => ("list", self.list(number).await),
            b'm' => ("get many", self.get_many(number).await),
            _ => ("create many", self.create_many().await),
        };
        if begun.elapsed() > DEADLINE + SLACK {
            return Err(format!("{name} went on after its deadline"));
        }
        outcome.map_err(|failure| self.judge(name, begun, &failure))
    }

    fn judge(&self, name: &str, begun: Instant, failure: &Failure) -> String {
        let book = self.book();
        let excused = book.excused_until.is_some_and(|it| begun < it);
        match (failure.code, book.fault) {
            (Some(code), _) if excused && ALLOWED.contains(&code) => {
                format!("{EXCUSE}{name} {code:?}")
            }
            (code, fault) => format!("{name} {code:?} since {fault:?}: {}", failure.sentence),
        }
    }

    /// From now on `fault` may be what makes calls fail.
    pub(super) fn note(&self, fault: Fault) {
        self.book().fault = Some(fault);
    }

    /// Until `time`, calls may begin that a database that hangs makes fail.
    pub(super) fn excuse_until(&self, time: Instant) {
        self.book().excused_until = Some(time);
    }

    /// Compares what was acknowledged with what the service lists now, and returns
    /// how many users were acknowledged, and how many are there without.
    pub(super) async fn read_back(&self) -> (usize, usize) {
        let (mut listed, mut last) = (HashMap::new(), None);
        while last != Some(listed.len()) {
            last = Some(listed.len());
            let after = listed.values().max().copied().unwrap_or_default();
            let mut users = self.direct.list(after, PAGE).await.unwrap();
            while let Some(user) = users.next().await.unwrap() {
                let before = listed.insert(user.email, user.id);
                assert_eq!(before, None, "a user was made twice");
            }
        }
        let book = self.book();
        for (id, email) in &book.acknowledged {
            assert_eq!(listed.get(email), Some(id), "an acknowledged user is lost");
        }
        assert!(listed.keys().all(|email| book.sent.contains(email)));
        let acknowledged = book.acknowledged.len();
        (acknowledged, listed.len() - acknowledged)
    }

    async fn get(&self, client: &UserClient, number: usize) -> Result<(), Failure> {
        let Some((id, email)) = self.one(number) else {
            return Ok(());
        };
        let user = client.get(id).await?;
        match (user.id, &user.email) == (id, &email) {
            true => Ok(()),
            false => Err(Failure::new("another user was answered")),
        }
    }

    async fn create(&self, client: &UserClient) -> Result<(), Failure> {
        let user = self.send();
        let email = user.email.clone();
        let id = client.create(user).await?;
        self.book().acknowledged.push((id, email));
        Ok(())
    }

    async fn list(&self, number: usize) -> Result<(), Failure> {
        let (after, _) = self.one(number).unwrap_or_default();
        let mut users = self.direct.list(after, LISTED).await?;
        let mut last = after;
        while let Some(user) = users.next().await? {
            if user.id <= last {
                return Err(Failure::new("a list is out of order"));
            }
            last = user.id;
        }
        Ok(())
    }

    async fn get_many(&self, number: usize) -> Result<(), Failure> {
        let ids = (0..LOOKED_UP).filter_map(|step| Some(self.one(number + step)?.0));
        let ids: Vec<i64> = ids.collect();
        let requests: Vec<_> = ids
            .iter()
            .map(|&user_id| GetUsersRequest { user_id })
            .collect();
        let mut answers = self.direct.get_many(tokio_stream::iter(requests)).await?;
        for id in ids {
            match answers.next().await?.and_then(|answer| answer.result) {
                Some(Found::User(user)) if user.id == id => {}
                Some(Found::Error(row)) => return Err(refused(row.code)),
                _ => return Err(Failure::new("another answer was due")),
            }
        }
        Ok(())
    }

    async fn create_many(&self) -> Result<(), Failure> {
        let users: Vec<_> = (0..CREATED).map(|_| self.send()).collect();
        let emails: Vec<String> = users.iter().map(|user| user.email.clone()).collect();
        let response = self
            .direct
            .create_many(users.into_iter().map(row).collect());
        let response = response.await?;
        let failed: Vec<usize> = response
            .failures
            .iter()
            .filter_map(|failure| usize::try_from(failure.index).ok())
            .collect();
        let created = emails
            .into_iter()
            .enumerate()
            .filter(|(index, _)| !failed.contains(index));
        let created = response.user_ids.into_iter().zip(created);
        let created = created.map(|(id, (_, email))| (id, email));
        self.book().acknowledged.extend(created);
        let refusal = response.failures.into_iter().find_map(|it| it.status);
        refusal.map_or(Ok(()), |row| Err(refused(row.code)))
    }

    /// Some user that is known to be there.
    fn one(&self, number: usize) -> Option<(i64, String)> {
        const STRIDE: usize = 7919;
        let book = self.book();
        let index = number.wrapping_mul(STRIDE) % book.acknowledged.len().max(1);
        book.acknowledged.get(index).cloned()
    }

    /// A new user, which is noted as sent.
    fn send(&self) -> CreateUserRequest {
        let user = new_user();
        self.book().sent.insert(user.email.clone());
        user
    }

    fn book(&self) -> MutexGuard<'_, CallRecord> {
        self.book.lock().unwrap()
    }
}

fn row(user: CreateUserRequest) -> CreateUsersRequest {
    CreateUsersRequest {
        name: user.name,
        email: user.email,
        phone: user.phone,
        request_id: user.request_id,
    }
}

fn refused(code: i32) -> Failure {
    Failure {
        code: Some(Code::from(code)),
        ..Failure::new("one of many was refused")
    }
}
