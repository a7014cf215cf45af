//! Policies on their way into force.

use sluice_domain::{
    canonical::Digest,
    form::{FieldProblem, Fields},
    ids::{FeatureKey, PolicyVersionId},
    policy::RunState,
};
use sluice_service::{
    Actor, Error, new_form_id,
    policies::{ActivatePolicy, ImportPolicy, Imported, MigrateFeature, PolicyRun, StartPolicyRun},
};

use super::{TestResult, World, fields, steps::parsed, until};

/// The command that imports a policy.
pub(crate) fn import(source: &str) -> Result<ImportPolicy, Vec<FieldProblem>> {
    ImportPolicy::parse(&Fields::new(vec![("source".to_owned(), source.to_owned())]))
}

impl World {
    /// Imports a text as the answer of a form.
    pub(crate) async fn import_policy(&self, actor: &Actor, source: &str) -> Result<Imported, Error> {
        self.service.import_policy(actor, import(source)?).await
    }

    /// Imports a version of the built-in policy's key. Returns its id.
    pub(crate) async fn imported(&self, version: &str, source: &str) -> TestResult<PolicyVersionId> {
        self.import_policy(&self.cast.admin, source).await?;
        Ok(self.service.policy(&self.cast.admin, "sdl", version).await?.id)
    }

    /// Looks at what a version would decide, and waits until it is done.
    pub(crate) async fn look(&self, version: &str, at: &str) -> TestResult<PolicyRun> {
        let id = new_form_id();
        let command = parsed(StartPolicyRun::parse(&fields(&[("id", &id), ("at", at)])))?;
        let admin = &self.cast.admin;
        let run = self.service.start_policy_run(admin, "sdl", version, command).await?;
        until("the run has ended", async || {
            Ok(self.service.policy_run_page(admin, run, None).await?.run.state != RunState::Running)
        })
        .await?;
        Ok(self.service.policy_run_page(admin, run, None).await?.run)
    }

    /// The form that makes a version the active one.
    pub(crate) fn activation(id: &str, from: Option<PolicyVersionId>) -> TestResult<ActivatePolicy> {
        let from = from.map(|from| from.to_string()).unwrap_or_default();
        parsed(ActivatePolicy::parse(&fields(&[("id", id), ("reason", "Reviewed."), ("from", &from)])))
    }

    /// Imports a version, looks at its impact and activates it: new features start under it.
    pub(crate) async fn put_in_force(&self, version: &str, source: &str) -> TestResult {
        let before = self.active().await?;
        self.imported(version, source).await?;
        self.tick();
        self.look(version, "").await?;
        self.tick();
        let command = Self::activation(&new_form_id(), Some(before))?;
        Ok(self.service.activate_policy(&self.cast.admin, "sdl", version, command).await?)
    }

    /// The command that moves a feature to a version, after reading what that does; where the page does not say, one that
    /// has read nothing.
    pub(crate) async fn migration(
        &self,
        actor: &Actor,
        key: &FeatureKey,
        from: PolicyVersionId,
        to: PolicyVersionId,
    ) -> TestResult<MigrateFeature> {
        let page = self.service.migration_page(actor, key, Some(to)).await;
        let effect = page.ok().and_then(|page| page.effect);
        let seen = effect.map_or_else(|| Digest::of(b"unread"), |effect| effect.seen).to_string();
        let (from, to) = (from.to_string(), to.to_string());
        let form = [("from", &*from), ("to", &*to), ("seen", &*seen), ("reason", "The new version asks it.")];
        parsed(MigrateFeature::parse(&fields(&form)))
    }

    /// Moves a feature as its product's manager.
    pub(crate) async fn migrate(
        &self,
        key: &FeatureKey,
        from: PolicyVersionId,
        to: PolicyVersionId,
    ) -> Result<(), Error> {
        let manager = &self.cast.manager;
        let command = self.migration(manager, key, from, to).await.map_err(Error::internal)?;
        self.service.migrate_feature(manager, key, command).await
    }

    /// Lets every feature follow a version that was imported, as an installation may hold it whose features were moved
    /// before moves were held to the gates that were passed.
    pub(crate) async fn follow_anyway(&self, version: &str) -> TestResult {
        let superuser = self.as_superuser().await?;
        let statement = format!(
            "set session_replication_role = replica;
             update feature set policy_version_id = (select id from policy_version where version = '{version}')"
        );
        Ok(superuser.batch_execute(&statement).await?)
    }

    /// The version that is active.
    pub(crate) async fn active(&self) -> TestResult<PolicyVersionId> {
        let list = self.service.policies(&self.cast.admin).await?;
        let mut active = list.items.iter().filter(|item| item.is_active && item.loaded.policy.key == "sdl");
        Ok(active.next().ok_or("no version is active")?.loaded.id)
    }
}
