use sluice_domain::{
    access::Action,
    audit::{Object, ObjectKind, Value, Verb},
    form::{Check, FieldProblem, Fields},
    ids::{FeatureKey, PersonId},
    text::{Body, Sprint, Title},
};
use sqlx::PgConnection;
use time::Date;

use super::{
    create::name_in_product,
    row::{self, Feature},
};
use crate::{
    Service,
    actor::Actor,
    db::{
        permit::{InFeature, Permit},
        write::uncancelled,
    },
    error::{Error, Result},
    gates::settle,
};

/// An edit of a feature.
#[derive(Debug)]
pub struct EditFeature {
    /// The version that was on screen.
    pub version: i32,
    /// What it is called.
    pub title: Title,
    /// What it is, in Markdown.
    pub description: Body,
    /// Who owns it.
    pub owner: PersonId,
    /// When it should be done.
    pub target_date: Option<Date>,
    /// The sprint that it is planned for.
    pub sprint: Option<Sprint>,
}

impl EditFeature {
    /// Parses the form.
    ///
    /// # Errors
    /// Every problem of the form.
    pub fn parse(fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        let mut check = Check::default();
        let version = check.choice(fields, "version", "The version", |text| text.parse().ok());
        let title = check.text(fields, "title", "Title");
        let description = check.text(fields, "description", "Description");
        let owner = check.choice(fields, "owner", "Owner", |text| text.parse().ok());
        let target_date = check.optional_day(fields, "target-date", "Target date");
        let sprint = check.optional_text(fields, "sprint", "Sprint");
        let command = (|| {
            Some(Self {
                version: version?,
                title: title?,
                description: description?,
                owner: owner?,
                target_date,
                sprint,
            })
        })();
        check.finish(command)
    }
}

impl Service {
    /// Edits a feature. A changed title or description changes the dossier; owner, date and sprint do not. The tier follows
    /// from the risk questionnaire and is not edited here.
    ///
    /// # Errors
    /// [`Error::Stale`] when somebody else edited it meanwhile.
    pub async fn edit_feature(&self, actor: &Actor, key: &FeatureKey, command: EditFeature) -> Result<()> {
        let (service, actor, key) = (self.clone(), actor.clone(), key.clone());
        uncancelled(|token| async move {
            let mut begun = service.db.begin(&token, &actor.origin).await?;
            let mut feature = row::lock(begun.connection(), &service.policies, &key).await?;
            let mut write = begun.at_now().await?;
            let permit =
                write.authorize_feature(&actor, Action::EditFeature, feature.id, feature.product).await?;
            feature.progress.attempt()?;
            if feature.version != command.version {
                return Err(Error::Stale);
            }
            if command.owner != feature.owner {
                feature.owner_name =
                    name_in_product(write.connection(), command.owner, feature.product).await?;
            }
            let object = Object::new(ObjectKind::Feature, feature.id, feature.key.to_string());
            let mut event = write.event(&permit, Verb::FeatureEdited, object);
            let day = |date: Option<Date>| date.map_or(Value::None, Value::Day);
            event.change("title", Value::text(&feature.title), Value::text(command.title.as_str())).change(
                "description",
                Value::text(&feature.description),
                Value::text(command.description.as_str()),
            );
            let scope_changed = !event.changes.is_empty();
            let sprint =
                |sprint: Option<&Sprint>| sprint.map_or(Value::None, |sprint| Value::text(sprint.as_str()));
            event
                .change("owner", Value::code(feature.owner), Value::code(command.owner))
                .change("target-date", day(feature.target_date), day(command.target_date))
                .change("sprint", sprint(feature.sprint.as_ref()), sprint(command.sprint.as_ref()));
            if event.changes.is_empty() {
                return Ok(());
            }
            feature.title = command.title.to_string();
            feature.description = command.description.to_string();
            feature.owner = command.owner;
            feature.target_date = command.target_date;
            feature.sprint = command.sprint;
            feature.version += 1;
            if scope_changed {
                feature.renew_scope();
            }
            store(write.connection(), &permit, &feature, scope_changed.then_some(actor.person)).await?;
            let settled = settle(&mut write, &permit, &feature).await?;
            write.commit(event, settled.consequences).await
        })
        .await
    }
}

/// Stores the edited fields of a feature.
pub(crate) async fn store(
    connection: &mut PgConnection,
    permit: &Permit<InFeature>,
    feature: &Feature,
    scope_author: Option<PersonId>,
) -> Result<()> {
    let done = sqlx::query!(
        "update feature set title = $2, description = $3, owner_id = $4, target_date = $5, tier = $6, version = $7,
                scope_version = $8, scope_salt = $9, scope_author = coalesce($10, scope_author), sprint = $11
         where id = $1 and version = $7 - 1",
        permit.feature().uuid(),
        feature.title,
        feature.description,
        feature.owner.uuid(),
        feature.target_date,
        feature.tier.code(),
        feature.version,
        feature.scope_version,
        feature.scope_salt.0.as_slice(),
        scope_author.map(PersonId::uuid),
        feature.sprint.as_ref().map(Sprint::as_str)
    )
    .execute(connection)
    .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(Error::Stale) }
}
