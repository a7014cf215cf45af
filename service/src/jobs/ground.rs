//! What a product goes by is part of what its gates look at. When it changes, nothing that was signed on it counts from that
//! moment on; here every feature under way is brought to be decided anew, so that this is noted, told and seen in lists.

use sluice_domain::ids::PersonId;
use uuid::Uuid;

use super::{MOST, Ran};
use crate::{
    Service,
    actor::Origin,
    clock::fresh_id,
    db::{
        permit::{InProduct, Permit},
        write::{Write, uncancelled},
    },
    error::Result,
};

/// Whose features a change of what a product goes by concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ground {
    /// All of them.
    Everybodys,
    /// Those that this person wrote changes of.
    WorkOf(PersonId),
}

/// Notes in the transaction of a change that features of the product are to be decided anew. It only adds a row: whoever
/// works on a feature of the product may wait for this transaction, so it must not wait for them.
pub(crate) async fn ground_changed(
    write: &mut Write,
    permit: &Permit<InProduct>,
    ground: Ground,
) -> Result<()> {
    let now = write.now;
    let author = match ground {
        Ground::Everybodys => None,
        Ground::WorkOf(person) => Some(person.uuid()),
    };
    sqlx::query!(
        "insert into ground_change (id, product_id, author_id, changed_at) values ($1, $2, $3, $4)",
        fresh_id::<()>(now).uuid(),
        permit.product().uuid(),
        author,
        now
    )
    .execute(write.connection())
    .await?;
    Ok(())
}

impl Service {
    /// Makes the features due whose product changed what it goes by, one after the other.
    pub(super) async fn follow_ground(&self, ran: &mut Ran) {
        for _ in 0..MOST {
            match self.follow_one().await {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    tracing::error!(target: "job", %error, "features do not follow what their product goes by");
                    ran.failed += 1;
                    break;
                }
            }
        }
    }

    /// Makes the next feature due, or ends the change where all are. False where there is none that nobody else is at.
    ///
    /// It waits for whoever works on the feature: they may have read what the product went by before, and would store a
    /// decision of that. Who comes later reads it as it is now.
    async fn follow_one(&self) -> Result<bool> {
        let service = self.clone();
        uncancelled(|token| async move {
            let mut begun = service.db.begin(&token, &Origin::default()).await?;
            let change = sqlx::query!(
                "select id, product_id, author_id, reached from ground_change
                 order by changed_at, id limit 1 for update skip locked"
            )
            .fetch_optional(begun.connection())
            .await?;
            let Some(change) = change else { return Ok(false) };
            let next = sqlx::query!(
                "select id, number from feature where product_id = $1 and number > $2 and status <> 'finished'
                 order by number limit 1 for update",
                change.product_id,
                change.reached
            )
            .fetch_optional(begun.connection())
            .await?;
            let mut write = begun.at_now().await?;
            match next {
                Some(feature) => {
                    make_due(&mut write, feature.id, change.author_id).await?;
                    sqlx::query!(
                        "update ground_change set reached = $2 where id = $1",
                        change.id,
                        feature.number
                    )
                    .execute(write.connection())
                    .await?;
                }
                None => {
                    sqlx::query!("delete from ground_change where id = $1", change.id)
                        .execute(write.connection())
                        .await?;
                }
            }
            write.commit_unrecorded().await?;
            Ok(true)
        })
        .await
    }
}

/// Makes a feature due whose row is locked; where it is an author's matter, only one with a change of theirs.
async fn make_due(write: &mut Write, feature: Uuid, author: Option<Uuid>) -> Result<()> {
    let now = write.now;
    sqlx::query!(
        "update gate_state set changes_at = $2
         where feature_id = $1 and (changes_at is null or changes_at > $2)
           and ($3::uuid is null
                or exists (select from record r where r.feature_id = $1 and r.kind = 'change'
                                                  and r.fields ->> 'author' = $3::text))",
        feature,
        now,
        author
    )
    .execute(write.connection())
    .await?;
    Ok(())
}
