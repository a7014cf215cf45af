use std::sync::Arc;

use sluice_domain::{
    access::Action,
    audit::{Object, ObjectKind, Value, Verb},
    form::{Check, FieldProblem, Fields, Problem},
    ids::{Id, ProductId},
    text::ProductKey,
};
use sqlx::PgConnection;

use super::LoadedPolicy;
use crate::{
    Service,
    actor::Actor,
    db::{
        read::{demand, read_grants},
        write::uncancelled,
    },
    error::{Error, Result},
    people::invalid,
};

/// Chooses the policy of a product's new features.
#[derive(Clone, Debug)]
pub struct ChoosePolicy {
    /// Key of the policy.
    pub policy: String,
    /// The version of the product that was on screen.
    pub version: i32,
}

impl ChoosePolicy {
    /// Parses the fields `policy` and `version`.
    ///
    /// # Errors
    /// Every problem of the form.
    pub fn parse(fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        let mut check = Check::default();
        let policy =
            check.choice(fields, "policy", "Policy", |key| (!key.is_empty()).then(|| key.to_owned()));
        let version = check.choice(fields, "version", "Version", |text| text.parse().ok());
        let command = (|| Some(Self { policy: policy?, version: version? }))();
        check.finish(command)
    }
}

/// A policy that a product can follow: its active version.
#[derive(Clone, Debug)]
pub struct PolicyChoice {
    /// The active version.
    pub active: Arc<LoadedPolicy>,
    /// Whether the product follows it.
    pub is_chosen: bool,
}

/// The policy of a product.
#[derive(Clone, Debug)]
pub struct ProductPolicyPage {
    /// Key of the product.
    pub product: ProductKey,
    /// Its name.
    pub name: String,
    /// The version of the product, for the form.
    pub version: i32,
    /// Every policy with an active version, by key.
    pub choices: Vec<PolicyChoice>,
    /// Whether the actor may choose.
    pub may_choose: bool,
}

impl Service {
    /// Which policy new features of a product follow, and what there is to choose from.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such product, or the actor may not know of it.
    pub async fn product_policy_page(&self, actor: &Actor, key: &ProductKey) -> Result<ProductPolicyPage> {
        let mut connection = self.db.reads().acquire().await?;
        let row =
            sqlx::query!("select id, name, version, policy_key from product where key = $1", key.as_str())
                .fetch_optional(&mut *connection)
                .await?
                .ok_or(Error::NotFound)?;
        let grants = read_grants(&mut connection, actor, Id::new(row.id)).await?;
        demand(&grants, actor, Action::ReadGrants)?;
        let choices = self.choosable(&mut connection, &row.policy_key).await?;
        let may_choose = sluice_domain::access::allowed(&grants, Action::ManagePolicies);
        Ok(ProductPolicyPage {
            product: key.clone(),
            name: row.name,
            version: row.version,
            choices,
            may_choose,
        })
    }

    /// Every policy with an active version, by key.
    async fn choosable(&self, connection: &mut PgConnection, chosen: &str) -> Result<Vec<PolicyChoice>> {
        let rows = sqlx::query!(
            "select distinct on (policy_key) policy_key, version_id from policy_activation
             order by policy_key, activated_at desc, id desc limit 200"
        )
        .fetch_all(&mut *connection)
        .await?;
        let mut choices = Vec::with_capacity(rows.len());
        for row in rows {
            choices.push(PolicyChoice {
                active: self.policies.load(connection, Id::new(row.version_id)).await?,
                is_chosen: row.policy_key == chosen,
            });
        }
        Ok(choices)
    }

    /// Chooses the policy of a product's new features. Features that are there stay on theirs.
    ///
    /// # Errors
    /// [`Error::Stale`] when the product was changed since it was read, [`Error::Invalid`] when no version of the policy
    /// is active, [`Error::Denied`] for anybody but an administrator.
    pub async fn choose_policy(&self, actor: &Actor, key: &ProductKey, command: ChoosePolicy) -> Result<()> {
        let (db, actor, key) = (self.db.clone(), actor.clone(), key.clone());
        uncancelled(|token| async move {
            let mut begun = db.begin(&token, &actor.origin).await?;
            let product = sqlx::query!(
                "select id, version, policy_key from product where key = $1 for update",
                key.as_str()
            )
            .fetch_optional(begun.connection())
            .await?
            .ok_or(Error::NotFound)?;
            let id = ProductId::new(product.id);
            let mut write = begun.at_now().await?;
            let permit = write.authorize_product(&actor, Action::ManagePolicies, id).await?;
            if product.policy_key == command.policy {
                return Ok(());
            }
            if product.version != command.version {
                return Err(Error::Stale);
            }
            if super::active(write.connection(), &command.policy).await?.is_none() {
                return Err(invalid("policy", "Policy", Problem::NotAChoice));
            }
            sqlx::query!(
                "update product set policy_key = $2, version = version + 1 where id = $1",
                permit.product().uuid(),
                command.policy
            )
            .execute(write.connection())
            .await?;
            let mut event =
                write.event(&permit, Verb::PolicyChosen, Object::new(ObjectKind::Product, id, key.as_str()));
            event.change("policy", Value::code(&product.policy_key), Value::code(&command.policy));
            write.commit(event, Vec::new()).await
        })
        .await
    }

    /// The title and version of the policy that new features of a product start under, product by product.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn policies_of_products(&self, products: &[ProductId]) -> Result<Vec<(ProductId, String)>> {
        let ids: Vec<uuid::Uuid> = products.iter().map(|product| product.uuid()).collect();
        let rows = sqlx::query!(
            r#"select p.id, a.title as "title!", a.version as "version!"
               from product p
               cross join lateral (select v.title, v.version from policy_activation a
                                   join policy_version v on v.id = a.version_id
                                   where a.policy_key = p.policy_key
                                   order by a.activated_at desc, a.id desc limit 1) a
               where p.id = any($1) order by p.key"#,
            &ids
        )
        .fetch_all(self.db.reads())
        .await?;
        Ok(rows.into_iter().map(|row| (Id::new(row.id), format!("{} {}", row.title, row.version))).collect())
    }
}
