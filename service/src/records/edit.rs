use sluice_domain::{
    access::Action,
    audit::{Object, ObjectKind, Verb},
    form::{FieldProblem, Problem},
    ids::{FeatureKey, Id},
    record::{Before, RecordForm, RecordKind},
};

use super::{store, surroundings::surroundings};
use crate::{
    Service,
    actor::Actor,
    db::write::uncancelled,
    error::{Error, Result},
    features::row,
    gates::settle,
};

impl Service {
    /// Adds a record. Returns its number. Of kinds of which a feature has one, the second attempt is stale.
    ///
    /// # Errors
    /// [`Error::Invalid`] when something that it names does not exist or the step is not the actor's,
    /// [`Error::Stale`] when the feature has its one already.
    pub async fn add_record(&self, actor: &Actor, key: &FeatureKey, form: RecordForm) -> Result<i32> {
        let (service, actor, key) = (self.clone(), actor.clone(), key.clone());
        uncancelled(|token| async move {
            let id = form.id.filter(|_| form.kind != RecordKind::Risk).ok_or(Error::NotFound)?;
            let mut begun = service.db.begin(&token, &actor.origin).await?;
            let feature = row::lock(begun.connection(), &service.policies, &key).await?;
            let mut write = begun.at_now().await?;
            let permit =
                write.authorize_feature(&actor, Action::EditRecord, feature.id, feature.product).await?;
            feature.progress.attempt()?;
            let earlier = sqlx::query!(
                "select feature_id, kind, number, title, author_id from record where id = $1",
                id.uuid()
            )
            .fetch_optional(write.connection())
            .await?;
            if let Some(earlier) = earlier {
                let same = earlier.feature_id == feature.id.uuid()
                    && earlier.kind == form.kind.code()
                    && earlier.author_id == actor.person.uuid();
                return match same {
                    false => Err(Error::NotFound),
                    true if earlier.title == form.title.as_str() => Ok(earlier.number),
                    true => Err(sent_before()),
                };
            }
            let mut form = form;
            let roles = write.roles_in(&actor, feature.product).await?;
            let around = surroundings(write.connection(), feature.id, feature.product, &form).await?;
            let role = form.check(&around, None, actor.person, &roles)?;
            let permit = permit.acting_as(role);
            let number = store::next_number(write.connection(), &permit, form.kind).await?;
            if form.kind.is_single() && number > 1 {
                return Err(Error::Stale);
            }
            let now = write.now;
            store::insert(write.connection(), &permit, id, number, &form, actor.person, now).await?;
            let object = Object::new(ObjectKind::Record, id, form.kind.key(number));
            let mut event = write.event(&permit, Verb::RecordAdded, object);
            store::describe(&mut event, &form, None);
            let settled = settle(&mut write, &permit, &feature).await?;
            write.commit(event, settled.consequences).await?;
            Ok(number)
        })
        .await
    }

    /// Edits a record, or brings it into another state.
    ///
    /// # Errors
    /// [`Error::Stale`] when somebody else edited it meanwhile, [`Error::Invalid`] as when adding one.
    pub async fn edit_record(
        &self,
        actor: &Actor,
        key: &FeatureKey,
        number: i32,
        form: RecordForm,
    ) -> Result<()> {
        let (service, actor, key) = (self.clone(), actor.clone(), key.clone());
        uncancelled(|token| async move {
            if form.kind == RecordKind::Risk {
                // The answers set the tier: the questionnaire has a use case of its own.
                return Err(Error::NotFound);
            }
            let mut begun = service.db.begin(&token, &actor.origin).await?;
            let feature = row::lock(begun.connection(), &service.policies, &key).await?;
            let mut write = begun.at_now().await?;
            let permit =
                write.authorize_feature(&actor, Action::EditRecord, feature.id, feature.product).await?;
            feature.progress.attempt()?;
            let before = store::find(write.connection(), feature.id, form.kind, number)
                .await?
                .ok_or(Error::NotFound)?;
            if before.version != form.version {
                return Err(Error::Stale);
            }
            let mut form = form;
            let roles = write.roles_in(&actor, feature.product).await?;
            let around = surroundings(write.connection(), feature.id, feature.product, &form).await?;
            let earlier = Before {
                state: &before.state,
                state_by: Id::new(before.state_by),
                values: &before.values,
                title: &before.title,
            };
            let role = form.check(&around, Some(earlier), actor.person, &roles)?;
            let permit = permit.acting_as(role);
            let object = Object::new(ObjectKind::Record, before.id, form.kind.key(number));
            let mut event = write.event(&permit, Verb::RecordEdited, object);
            store::describe(&mut event, &form, Some(&before));
            if event.changes.is_empty() {
                return Ok(());
            }
            let now = write.now;
            store::update(write.connection(), &permit, &before, &form, actor.person, now).await?;
            let settled = settle(&mut write, &permit, &feature).await?;
            write.commit(event, settled.consequences).await
        })
        .await
    }
}

/// The same form was sent before, with other content.
pub(super) fn sent_before() -> Error {
    Error::Invalid(vec![FieldProblem { field: "title", label: "Title", problem: Problem::SentBefore }])
}
