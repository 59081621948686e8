//! Creates: what is inserted, what stands in the way of the rest, and a sequence that is behind.

use sqlx::database::HasStatementCache;
use sqlx::{Database, Encode, Executor, FromRow, IntoArguments, Type};

use super::SqlRepository;
use crate::domain::{Created, NewUser, RepositoryError, UserId};
use crate::repository::error::{conflict_vanished, defect, sequence_behind};
use crate::repository::insert_outcome;
use crate::repository::row::RequestedRow;

/// What came of each of some users; `None` where nothing is in the way of one, and it was not
/// inserted either.
type Outcomes = Vec<Option<Created>>;

impl<D: Database + HasStatementCache> SqlRepository<D>
where
    RequestedRow: for<'r> FromRow<'r, D::Row>,
    D::Arguments: IntoArguments<D> + Clone + Sync,
    for<'c> &'c mut D::Connection: Executor<'c, Database = D>,
{
    /// Creates `users`. If the ids that the database gives are taken, its sequence is repaired,
    /// and those whose ids were taken are tried once more.
    pub(super) async fn create_all(
        &self,
        users: Vec<NewUser>,
    ) -> Result<Vec<Created>, RepositoryError> {
        let mut outcomes = self.insert(&users).await?;
        if outcomes.iter().any(Option::is_none) {
            self.repair_sequence().await?;
            let left = users.iter().zip(&outcomes);
            let left = left.filter(|(_, outcome)| outcome.is_none());
            let again = |user: &NewUser| NewUser {
                id: None,
                ..user.clone()
            };
            let left: Vec<NewUser> = left.map(|(user, _)| again(user)).collect();
            let mut again = self.insert(&left).await?.into_iter();
            for outcome in outcomes.iter_mut().filter(|it| it.is_none()) {
                *outcome = again.next().flatten();
            }
        }
        let all: Option<Vec<Created>> = outcomes.into_iter().collect();
        all.ok_or_else(conflict_vanished)
    }

    async fn insert(&self, users: &[NewUser]) -> Result<Outcomes, RepositoryError> {
        let items = insert_outcome::items(users);
        let (statement, items) = match (&self.statements.numbered, &self.params.numbered) {
            (Some(statements), Some(params)) if items.iter().all(|item| item.id.is_some()) => {
                (statements.insert_users, (params.new_users)(&items))
            }
            _ => (
                self.statements.insert_users,
                (self.params.new_users)(&items),
            ),
        };
        // When the connection breaks, it is unknown whether the users were created. Those with a
        // request id are found by it, like any repeat of the request.
        let idempotent = users.iter().all(|user| user.request_id.is_some());
        let turn = self.turn().await;
        let inserted = self.rows(statement, idempotent, items).await?;
        drop(turn);
        let outcomes = insert_outcome::inserted(users, inserted)?;
        if outcomes.iter().all(Option::is_some) {
            return Ok(outcomes);
        }
        let statement = self.statements.select_conflicts;
        let refused = (self.params.unique)(&insert_outcome::refused(users, &outcomes));
        let in_the_way = self.rows(statement, true, refused).await?;
        insert_outcome::resolve(users, outcomes, in_the_way)
    }

    /// Draws ids for `count` users; `None` where there are no ids without users.
    pub(super) async fn draw(&self, count: usize) -> Result<Option<Vec<UserId>>, RepositoryError>
    where
        i64: for<'q> Encode<'q, D> + Type<D>,
    {
        let (Some(statements), Some(params)) = (&self.statements.numbered, &self.params.numbered)
        else {
            return Ok(None);
        };
        let statement = statements.draw_ids;
        let count = i64::try_from(count).map_err(defect)?;
        let row = self.run(statement, true, |connection| {
            Box::pin(
                sqlx::query(statement.text)
                    .bind(count)
                    .fetch_one(connection),
            )
        });
        let mut ids = (params.drawn_ids)(&row.await?).map_err(defect)?;
        ids.sort_unstable();
        let ids: Option<Vec<UserId>> = ids.into_iter().map(UserId::new).collect();
        ids.map(Some)
            .ok_or_else(|| defect("a drawn id is not positive"))
    }

    /// Sets the sequence of ids to the greatest one, if it is behind: after a restore, or an
    /// `ALTER TABLE … RESTART`. Without the right to do so it is an error that names the sequence.
    async fn repair_sequence(&self) -> Result<(), RepositoryError> {
        let Some(statement) = self.statements.repair_sequence else {
            return Ok(());
        };
        let repaired = self.rows::<RequestedRow>(statement, true, Ok(D::Arguments::default()));
        match repaired.await {
            Ok(greatest) => {
                if let Some(row) = greatest.first() {
                    tracing::warn!(
                        id = row.user.id,
                        "the sequence users_id_seq was behind the ids in users: it was set to the greatest"
                    );
                }
                Ok(())
            }
            Err(RepositoryError::Internal(_)) => Err(sequence_behind()),
            Err(error) => Err(error),
        }
    }
}
