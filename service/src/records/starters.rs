use std::collections::BTreeSet;

use sluice_domain::{
    access::Action,
    audit::{Object, ObjectKind, Verb},
    form::{Check, FieldProblem, Fields, Problem},
    ids::{FeatureKey, RecordId},
    record::{RecordForm, RecordKind, Starter, Values, starters},
};

use super::{page::may_write, store};
use crate::{
    Service,
    actor::Actor,
    clock::fresh_id,
    db::write::uncancelled,
    error::{Error, Result},
    features::{
        FeatureSummary,
        page::{Opened, open},
        row,
    },
    gates::settle,
};

/// The starter list of security requirements.
#[derive(Clone, Debug)]
pub struct StartersPage {
    /// The feature's header.
    pub summary: FeatureSummary,
    /// Codes of the starters whose requirement the feature has already.
    pub taken: BTreeSet<&'static str>,
    /// Whether the reader may add requirements now.
    pub may_write: bool,
}

/// Some starters, picked.
#[derive(Debug)]
pub struct AddStarters(Vec<&'static Starter>);

impl AddStarters {
    /// Parses the form: one `starter` for each one that was ticked.
    ///
    /// # Errors
    /// When nothing was ticked, or something that is not offered.
    pub fn parse(fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        let mut check = Check::default();
        let codes: BTreeSet<&str> = fields.all("starter").collect();
        let picked: Vec<&'static Starter> =
            starters().iter().filter(|starter| codes.contains(starter.code)).collect();
        if picked.is_empty() || picked.len() < codes.len() {
            check.note("starter", "Security requirements", Problem::NotAChoice);
        }
        check.finish(Some(Self(picked)))
    }
}

impl Service {
    /// The starter list.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such feature that the actor may see.
    pub async fn starters_page(&self, actor: &Actor, key: &FeatureKey) -> Result<StartersPage> {
        let mut connection = self.db.reads().acquire().await?;
        let Opened { feature, summary, .. } = open(self, &mut connection, actor, key).await?;
        let titles = titles(&mut connection, feature.id.uuid()).await?;
        let taken = starters()
            .iter()
            .filter(|starter| titles.contains(starter.title))
            .map(|starter| starter.code)
            .collect();
        let may_write = may_write(&summary, RecordKind::Requirement);
        Ok(StartersPage { summary, taken, may_write })
    }

    /// Adds the requirements that were picked; those that the feature has already are left alone, so sending the form
    /// twice adds them once. Returns how many were added.
    ///
    /// # Errors
    /// [`Error::Denied`] when the actor may not write requirements.
    pub async fn add_starters(&self, actor: &Actor, key: &FeatureKey, command: AddStarters) -> Result<usize> {
        let (service, actor, key) = (self.clone(), actor.clone(), key.clone());
        uncancelled(|token| async move {
            let mut begun = service.db.begin(&token, &actor.origin).await?;
            let feature = row::lock(begun.connection(), &service.policies, &key).await?;
            let mut write = begun.at_now().await?;
            let permit =
                write.authorize_feature(&actor, Action::EditRecord, feature.id, feature.product).await?;
            feature.progress.attempt()?;
            let roles = write.roles_in(&actor, feature.product).await?;
            let spec = RecordKind::Requirement.spec();
            let role = spec
                .acting_role(spec.first_state(), true, true, &roles)
                .ok_or(Error::Denied(Action::EditRecord))?;
            let permit = permit.acting_as(role);
            let titles = titles(write.connection(), feature.id.uuid()).await?;
            let missing: Vec<&Starter> =
                command.0.into_iter().filter(|starter| !titles.contains(starter.title)).collect();
            let now = write.now;
            let mut events = Vec::new();
            for starter in &missing {
                let number = store::next_number(write.connection(), &permit, RecordKind::Requirement).await?;
                let id: RecordId = fresh_id(now);
                let form = requirement(starter)?;
                store::insert(write.connection(), &permit, id, number, &form, actor.person, now).await?;
                let object = Object::new(ObjectKind::Record, id, form.kind.key(number));
                // The first one is the event that the rows point to; the others happened with it.
                let mut event = if events.is_empty() {
                    write.event(&permit, Verb::RecordAdded, object)
                } else {
                    write.consequence(&permit, Verb::RecordAdded, object)
                };
                store::describe(&mut event, &form, None);
                events.push(event);
            }
            let added = events.len();
            let mut events = events.into_iter();
            let Some(first) = events.next() else { return Ok(0) };
            let settled = settle(&mut write, &permit, &feature).await?;
            write.commit(first, events.chain(settled.consequences).collect()).await?;
            Ok(added)
        })
        .await
    }
}

/// A starter as a requirement.
fn requirement(starter: &Starter) -> Result<RecordForm> {
    let values = Values::default()
        .with("class", "security")
        .with("family", starter.family)
        .with("priority", "must")
        .with("acceptance", starter.acceptance);
    Ok(RecordForm {
        kind: RecordKind::Requirement,
        id: None,
        version: 0,
        state: RecordKind::Requirement.spec().first_state(),
        title: starter.title.parse().map_err(Error::internal)?,
        values,
    })
}

async fn titles(connection: &mut sqlx::PgConnection, feature: uuid::Uuid) -> Result<BTreeSet<String>> {
    let known: Vec<String> = starters().iter().map(|starter| starter.title.to_owned()).collect();
    let titles = sqlx::query_scalar!(
        "select title from record where feature_id = $1 and kind = 'requirement' and title = any($2)",
        feature,
        &known
    )
    .fetch_all(connection)
    .await?;
    Ok(titles.into_iter().collect())
}
