use sluice_domain::{
    access::Action,
    audit::{Object, ObjectKind, Value, Verb},
    form::Problem,
    ids::{ProductId, StandardId},
    text::ProductKey,
};

use crate::{
    Service,
    actor::Actor,
    db::write::uncancelled,
    error::{Error, Result},
    jobs::{Ground, ground_changed},
    people::invalid,
};

/// What a person says by attesting an edition of a standard. It is shown before, and kept as it was said.
pub(super) fn statement(title: &str, edition: &str, product: &str) -> String {
    format!("I have read edition {edition} of “{title}” and follow it in my work on {product}.")
}

impl Service {
    /// Attests an edition of a coding standard, for every feature of the product. Attesting it twice is attesting it
    /// once.
    ///
    /// # Errors
    /// [`Error::Invalid`] when another edition took its place.
    pub async fn attest_standard(&self, actor: &Actor, key: &ProductKey, standard: StandardId) -> Result<()> {
        let (db, actor, key) = (self.db.clone(), actor.clone(), key.clone());
        uncancelled(|token| async move {
            let mut begun = db.begin(&token, &actor.origin).await?;
            // In the order in which a new edition locks them: what is noted below names the product.
            sqlx::query_scalar!("select id from product where key = $1 for key share", key.as_str())
                .fetch_optional(begun.connection())
                .await?
                .ok_or(Error::NotFound)?;
            // A new edition waits until this attestation is there, or has superseded this one.
            let row = sqlx::query!(
                "select s.product_id, s.title, s.edition, s.superseded_at, p.name as product
                 from coding_standard s join product p on p.id = s.product_id
                 where s.id = $1 and p.key = $2 for share of s",
                standard.uuid(),
                key.as_str()
            )
            .fetch_optional(begun.connection())
            .await?
            .ok_or(Error::NotFound)?;
            let mut write = begun.at_now().await?;
            let product = ProductId::new(row.product_id);
            let permit = write.authorize_product(&actor, Action::AttestStandard, product).await?;
            let attested = sqlx::query_scalar!(
                r#"select exists (select from attestation where standard_id = $1 and person_id = $2) as "there!""#,
                standard.uuid(),
                actor.person.uuid()
            )
            .fetch_one(write.connection())
            .await?;
            if attested {
                return Ok(());
            }
            if row.superseded_at.is_some() {
                return Err(invalid("", "Standard", Problem::Superseded));
            }
            let (now, statement) = (write.now, statement(&row.title, &row.edition, &row.product));
            let stored = sqlx::query!(
                "insert into attestation (standard_id, person_id, printed_name, statement, attested_at)
                 select id, $2, $3, $4, $5 from coding_standard where id = $1 and product_id = $6
                 on conflict do nothing",
                standard.uuid(),
                actor.person.uuid(),
                actor.name,
                statement,
                now,
                permit.product().uuid()
            )
            .execute(write.connection())
            .await?;
            if stored.rows_affected() == 0 {
                return Ok(());
            }
            let object = Object::new(ObjectKind::Standard, standard, key.as_str());
            let mut event = write.event(&permit, Verb::StandardAttested, object);
            event
                .change("name", Value::None, Value::text(&actor.name))
                .change("statement", Value::None, Value::text(statement));
            ground_changed(&mut write, &permit, Ground::WorkOf(actor.person)).await?;
            write.commit(event, Vec::new()).await
        })
        .await
    }
}
