//! A list of users, read page by page as it is asked for.

use std::sync::Arc;

use futures_util::{Stream, TryStreamExt, stream};

use super::error::{Error, Field, Violation};
use super::port::{RepositoryError, UserRepository};
use super::user::User;

/// Users that are read at a time, which a list holds in memory: few at first, as
/// the caller may take none of them, then more each time, up to the most.
const FIRST_PAGE: u32 = 8;
const GROWTH: u32 = 4;
const LARGEST_PAGE: u32 = 250;

const NOT_NEGATIVE: &str = "must not be negative";

/// The users of `repository` from `position` on.
pub(super) fn users(
    repository: Arc<dyn UserRepository>,
    position: Position,
) -> impl Stream<Item = Result<User, Error>> + Send {
    let pages = stream::try_unfold(position, move |position| {
        let repository = Arc::clone(&repository);
        async move { Ok::<_, Error>(position.next_page(&*repository).await?) }
    });
    let users = pages.map_ok(|page| stream::iter(page.into_iter().map(Ok)));
    users.try_flatten()
}

/// Where a list continues.
pub(super) struct Position {
    after: i64,
    /// How many users may follow; none for all.
    left: Option<u32>,
    /// How many users the next page may have.
    page: u32,
}

impl Position {
    pub(super) fn new(after: i64, limit: i32) -> Result<Self, Error> {
        let mut violations = Vec::new();
        let mut violated = |field| {
            violations.push(Violation {
                field,
                rule: NOT_NEGATIVE,
            })
        };
        if after < 0 {
            violated(Field::AfterUserId);
        }
        let limit = u32::try_from(limit);
        if limit.is_err() {
            violated(Field::Limit);
        }
        match limit {
            Ok(limit) if violations.is_empty() => Ok(Self {
                after,
                left: (limit > 0).then_some(limit),
                page: FIRST_PAGE,
            }),
            _ => Err(Error::Invalid(violations)),
        }
    }

    /// The next page and where to go on after it; `None` after the last one.
    async fn next_page(
        self,
        repository: &dyn UserRepository,
    ) -> Result<Option<(Vec<User>, Self)>, RepositoryError> {
        let limit = self.left.map_or(self.page, |left| left.min(self.page));
        if limit == 0 {
            return Ok(None);
        }
        let page = repository.page(self.after, limit).await?;
        let Some(last) = page.last() else {
            return Ok(None);
        };
        let after = last.id.get();
        let read = u32::try_from(page.len()).unwrap_or(limit);
        // A page that isn't full was the last one: there is no need to ask for another.
        let left = match read < limit {
            true => Some(0),
            false => self.left.map(|left| left.saturating_sub(read)),
        };
        let next = Self {
            after,
            left,
            page: (GROWTH * self.page).min(LARGEST_PAGE),
        };
        Ok(Some((page, next)))
    }
}
