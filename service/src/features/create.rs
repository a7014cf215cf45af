use sluice_domain::{
    access::Action,
    audit::{Event, Object, ObjectKind, Value, Verb},
    form::{Check, FieldProblem, Fields, Problem},
    ids::{FeatureId, FeatureKey, PersonId, ProductId},
    lifecycle::{Cycles, Progress},
    policy::Tier,
    text::{Body, ProductKey, Title},
};
use sqlx::PgConnection;
use time::Date;

use super::row::Feature;
use crate::{
    Service,
    actor::Actor,
    clock::fresh_salt,
    db::{
        permit::{InFeature, Permit},
        write::{Write, uncancelled},
    },
    error::{Error, Result},
    gates::{settle, start_attempt},
    policies::Policies,
};

/// A new feature.
#[derive(Debug)]
pub struct CreateFeature {
    /// Its id, made with the form: sending the form twice makes one feature.
    pub id: FeatureId,
    /// The product.
    pub product: ProductId,
    /// What it is called.
    pub title: Title,
    /// What it is, in Markdown.
    pub description: Body,
    /// Who owns it; the actor where nobody is named.
    pub owner: Option<PersonId>,
    /// When it should be done.
    pub target_date: Option<Date>,
    /// How risky it is until its questionnaire is answered.
    pub tier: Tier,
}

impl CreateFeature {
    /// Parses the form. Title and product are enough: a feature without a tier begins at the lowest, and its first
    /// gate asks for the questionnaire that sets it.
    ///
    /// # Errors
    /// Every problem of the form.
    pub fn parse(fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        let mut check = Check::default();
        let id = check.choice(fields, "id", "The form", |text| text.parse().ok());
        let product = check.choice(fields, "product", "Product", |text| text.parse().ok());
        let title = check.text(fields, "title", "Title");
        let description = check.text(fields, "description", "Description");
        let owner = check.optional_choice(fields, "owner", "Owner", |text| text.parse().ok());
        let target_date = check.optional_day(fields, "target-date", "Target date");
        let tier = check.optional_choice(fields, "tier", "Risk tier", Tier::from_code).unwrap_or(Tier::Low);
        let command = (|| {
            Some(Self {
                id: id?,
                product: product?,
                title: title?,
                description: description?,
                owner,
                target_date,
                tier,
            })
        })();
        check.finish(command)
    }
}

impl Service {
    /// Creates a feature in the first phase of the policy that its product follows. Returns its key.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the owner has no role in the product.
    pub async fn create_feature(&self, actor: &Actor, command: CreateFeature) -> Result<FeatureKey> {
        let (service, actor) = (self.clone(), actor.clone());
        uncancelled(|token| async move {
            let mut begun = service.db.begin(&token, &actor.origin).await?;
            let product = lock_product(begun.connection(), command.product).await?;
            let mut write = begun.at_now().await?;
            let permit =
                write.authorize_feature(&actor, Action::CreateFeature, command.id, command.product).await?;
            let earlier = created_before(
                write.connection(),
                command.id,
                command.product,
                command.title.as_str(),
                actor.person,
            );
            if let Some(number) = earlier.await? {
                return Ok(FeatureKey { product: product.key, number });
            }
            let owner = command.owner.unwrap_or(actor.person);
            let new = NewFeature {
                title: command.title.to_string(),
                description: command.description.to_string(),
                owner,
                owner_name: name_in_product(write.connection(), owner, command.product).await?,
                target_date: command.target_date,
                tier: command.tier,
            };
            let (feature, event) =
                insert(&mut write, &permit, &service.policies, product, new, actor.person).await?;
            let settled = settle(&mut write, &permit, &feature).await?;
            write.commit(event, settled.consequences).await?;
            Ok(feature.key)
        })
        .await
    }
}

/// A product whose row is locked: it orders the numbers of its features.
pub(crate) struct LockedProduct {
    pub(crate) key: ProductKey,
    pub(crate) name: String,
}

/// Locks the row of a product.
pub(crate) async fn lock_product(connection: &mut PgConnection, product: ProductId) -> Result<LockedProduct> {
    let row = sqlx::query!("select key, name from product where id = $1 for update", product.uuid())
        .fetch_optional(connection)
        .await?
        .ok_or(Error::NotFound)?;
    Ok(LockedProduct { key: row.key.parse().map_err(Error::internal)?, name: row.name })
}

/// What a feature begins with.
pub(crate) struct NewFeature {
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) owner: PersonId,
    pub(crate) owner_name: String,
    pub(crate) target_date: Option<Date>,
    pub(crate) tier: Tier,
}

/// Stores a feature in the first phase of the policy that its product follows, and describes the event, which is that of its rows. The
/// caller settles it.
pub(crate) async fn insert(
    write: &mut Write,
    permit: &Permit<InFeature>,
    policies: &Policies,
    product: LockedProduct,
    new: NewFeature,
    author: PersonId,
) -> Result<(Feature, Event)> {
    let policy = policies.current(write.connection(), permit.product()).await?;
    let progress =
        Progress::start(&policy.policy, write.now).ok_or_else(|| Error::internal("empty policy"))?;
    let attempt = progress.attempt()?.clone();
    let number = sqlx::query_scalar!(
        r#"select coalesce(max(number), 0) + 1 as "number!" from feature where product_id = $1"#,
        permit.product().uuid()
    )
    .fetch_one(write.connection())
    .await?;
    let feature = Feature {
        id: permit.feature(),
        product: permit.product(),
        product_name: product.name,
        key: FeatureKey { product: product.key, number },
        title: new.title,
        description: new.description,
        owner: new.owner,
        owner_name: new.owner_name,
        target_date: new.target_date,
        sprint: None,
        tier: new.tier,
        policy,
        progress,
        version: 1,
        scope_version: 1,
        scope_salt: fresh_salt(),
        created_at: write.now,
        cycles: Cycles::default(),
        owed: Vec::new(),
        comments: 0,
    };
    sqlx::query!(
        "insert into feature (id, product_id, number, title, description, owner_id, target_date, tier,
                              policy_version_id, status, phase, cycle, turn, turn_since, scope_salt,
                              scope_author, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'active', $10, $11, 'team', $12, $13, $14, $12)",
        feature.id.uuid(),
        feature.product.uuid(),
        number,
        feature.title,
        feature.description,
        feature.owner.uuid(),
        feature.target_date,
        feature.tier.code(),
        feature.policy.id.uuid(),
        attempt.phase.as_str(),
        attempt.cycle,
        feature.created_at,
        feature.scope_salt.0.as_slice(),
        author.uuid()
    )
    .execute(write.connection())
    .await?;
    start_attempt(write, permit, &attempt).await?;
    let object = Object::new(ObjectKind::Feature, feature.id, feature.key.to_string());
    let mut event = write.event(permit, Verb::FeatureCreated, object);
    event
        .change("title", Value::None, Value::text(&feature.title))
        .change("description", Value::None, Value::text(&feature.description))
        .change("owner", Value::None, Value::code(feature.owner))
        .change("target-date", Value::None, feature.target_date.map_or(Value::None, Value::Day))
        .change("tier", Value::None, Value::code(feature.tier.code()))
        .change("policy", Value::None, Value::Digest(feature.policy.digest));
    Ok((feature, event))
}

/// The number that the same form got when it was sent before.
pub(crate) async fn created_before(
    connection: &mut PgConnection,
    id: FeatureId,
    product: ProductId,
    title: &str,
    actor: PersonId,
) -> Result<Option<i32>> {
    let earlier =
        sqlx::query!("select product_id, number, title, scope_author from feature where id = $1", id.uuid())
            .fetch_optional(connection)
            .await?;
    match earlier {
        None => Ok(None),
        Some(row) if row.product_id == product.uuid() && row.scope_author == actor.uuid() => {
            if row.title == title {
                Ok(Some(row.number))
            } else {
                let problem = FieldProblem { field: "title", label: "Title", problem: Problem::SentBefore };
                Err(Error::Invalid(vec![problem]))
            }
        }
        Some(_) => Err(Error::NotFound),
    }
}

/// The name of a person who holds a role in the product; anybody else cannot own a feature of it.
pub(crate) async fn name_in_product(
    connection: &mut PgConnection,
    person: PersonId,
    product: ProductId,
) -> Result<String> {
    sqlx::query_scalar!(
        "select name from person where id = $1 and disabled_at is null
         and exists (select from product_grant where person_id = $1 and product_id = $2)",
        person.uuid(),
        product.uuid()
    )
    .fetch_optional(connection)
    .await?
    .ok_or_else(|| {
        Error::Invalid(vec![FieldProblem { field: "owner", label: "Owner", problem: Problem::NotInProduct }])
    })
}
