use sluice_domain::{
    access::Action,
    ids::{CommentId, FeatureKey, Id, ProductId},
};

use crate::{
    Service,
    actor::Actor,
    db::read::{demand, read_grants},
    error::{Error, Result},
};

impl Service {
    /// Begins or ends the actor's watch of a feature. Doing so twice changes nothing.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no feature that the actor may see.
    pub async fn watch(&self, actor: &Actor, key: &FeatureKey, watch: bool) -> Result<()> {
        let feature = {
            let mut connection = self.db.reads().acquire().await?;
            let found = sqlx::query!(
                "select f.id, f.product_id from feature f join product p on p.id = f.product_id
                 where p.key = $1 and f.number = $2",
                key.product.as_str(),
                key.number
            )
            .fetch_optional(&mut *connection)
            .await?
            .ok_or(Error::NotFound)?;
            let product: ProductId = Id::new(found.product_id);
            let grants = read_grants(&mut connection, actor, product).await?;
            demand(&grants, actor, Action::WriteComment)?;
            Id::new(found.id)
        };
        if watch {
            self.db.watch(actor.person, feature).await
        } else {
            self.db.stop_watching(actor.person, feature).await
        }
    }

    /// Takes a mention off the actor's list, or all of them where no comment is named. What does not mention them
    /// changes nothing.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn see_mentions(&self, actor: &Actor, comment: Option<CommentId>) -> Result<()> {
        Self::demand_workspace(actor, Action::UseOwnAccount)?;
        self.db.see_mentions(actor.person, comment).await
    }
}
