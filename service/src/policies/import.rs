use sluice_domain::{
    access::Action,
    audit::{Event, Object, ObjectKind, Value, Verb},
    canonical::Digest,
    form::{FieldProblem, Fields, Problem},
    ids::{Id, PolicyVersionId},
    policy::{self, Policy},
    text::TextError,
};
use uuid::Uuid;

use super::{active, lock_policies, name_of};
use crate::{
    Service,
    actor::{Actor, Origin},
    clock::fresh_id,
    db::{
        permit::{InWorkspace, Permit},
        write::{Write, uncancelled},
    },
    error::{Error, Result},
    people::invalid,
};

/// A policy text to import.
#[derive(Clone, Debug)]
pub struct ImportPolicy {
    source: String,
    policy: Policy,
}

/// What an import came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// Key of the policy.
    pub key: String,
    /// The version.
    pub version: String,
    /// Whether it was not there before.
    pub is_new: bool,
}

impl ImportPolicy {
    /// Parses the field `source`. Browsers send other line ends than people type, and some editors begin a file with a
    /// mark of its encoding: neither is part of the text.
    ///
    /// # Errors
    /// Every problem of the text, each with its line and column.
    pub fn parse(fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        let problem = |problem| FieldProblem { field: "source", label: "The policy", problem };
        let source = plain(fields.get("source"));
        if source.trim().is_empty() {
            return Err(vec![problem(Problem::Text(TextError::Empty))]);
        }
        match policy::parse(&source) {
            Ok(policy) => Ok(Self { source, policy }),
            Err(errors) => {
                let each = errors.errors().iter().map(|error| Problem::InPolicy(Box::new(error.clone())));
                let more = Some(errors.left_off()).filter(|more| *more > 0);
                Err(each.chain(more.map(|more| Problem::MoreInPolicy { more })).map(problem).collect())
            }
        }
    }
}

/// The text with the line ends that files have.
fn plain(text: &str) -> String {
    text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n")
}

impl Service {
    /// Imports a policy version. It binds nobody until it is activated. A version that is stored with the same text is
    /// left as it is.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the version is stored with another text, [`Error::Denied`] for anybody but an
    /// administrator.
    pub async fn import_policy(&self, actor: &Actor, command: ImportPolicy) -> Result<Imported> {
        let (db, actor) = (self.db.clone(), actor.clone());
        uncancelled(|token| async move {
            let ImportPolicy { source, policy } = command;
            let mut begun = db.begin(&token, &actor.origin).await?;
            lock_policies(begun.connection()).await?;
            let mut write = begun.at_now().await?;
            let permit = write.authorize_workspace(&actor, Action::ManagePolicies).await?;
            let imported =
                |is_new| Imported { key: policy.key.clone(), version: policy.version.clone(), is_new };
            match store(&mut write, &permit, &policy, &source).await? {
                Stored::New(event) => {
                    write.commit(*event, Vec::new()).await?;
                    Ok(imported(true))
                }
                Stored::There => Ok(imported(false)),
                Stored::Other => Err(invalid("source", "The policy", Problem::OtherText)),
            }
        })
        .await
    }

    /// Imports the policies that come with this program, unless these versions are there, and activates a version of a
    /// policy that has no active one. Returns whether any version was new.
    ///
    /// # Errors
    /// When the database is out of reach, or a version is there with another text.
    pub async fn import_built_in_policy(&self) -> Result<bool> {
        self.store_missing_gate_parts().await?;
        let mut new = false;
        // The one of a new workspace comes last: lists show the newest first.
        for source in policy::BUILT_INS.iter().rev() {
            // A workspace from before versions were activated goes on with the version that it had.
            let key = policy::parse(source).map_err(Error::internal)?.key;
            self.activate_first_as_system(key.clone()).await?;
            new |= self.import_policy_as_system((*source).to_owned()).await?;
            self.activate_first_as_system(key).await?;
        }
        Ok(new)
    }

    /// Imports a policy text on behalf of Sluice itself, unless that version is there.
    pub(crate) async fn import_policy_as_system(&self, source: String) -> Result<bool> {
        let db = self.db.clone();
        uncancelled(|token| async move {
            let parsed = policy::parse(&source).map_err(Error::internal)?;
            let mut begun = db.begin(&token, &Origin::default()).await?;
            lock_policies(begun.connection()).await?;
            let mut write = begun.at_now().await?;
            let permit = Write::authorize_system();
            match store(&mut write, &permit, &parsed, &source).await? {
                Stored::New(event) => {
                    write.commit(*event, Vec::new()).await?;
                    Ok(true)
                }
                Stored::There => Ok(false),
                // A released version that changed its text would make every sign-off under it mean something else.
                Stored::Other => Err(Error::internal(format!(
                    "policy {} is stored with another text; give the changed text a new version",
                    name_of(&parsed)
                ))),
            }
        })
        .await
    }

    /// Activates the newest version of a policy that has versions and no active one, on behalf of Sluice itself.
    async fn activate_first_as_system(&self, key: String) -> Result<()> {
        let service = self.clone();
        uncancelled(|token| async move {
            let mut begun = service.db.begin(&token, &Origin::default()).await?;
            lock_policies(begun.connection()).await?;
            if active(begun.connection(), &key).await?.is_some() {
                return Ok(());
            }
            let newest = sqlx::query_scalar!(
                "select id from policy_version where key = $1 order by created_at desc, id desc limit 1",
                key
            )
            .fetch_optional(begun.connection())
            .await?;
            let Some(newest) = newest else { return Ok(()) };
            let loaded = service.policies.load(begun.connection(), Id::new(newest)).await?;
            let mut write = begun.at_now().await?;
            let permit = Write::authorize_system();
            let id = fresh_id(write.now);
            super::activate::store(&mut write, &permit, id, &loaded, None, "").await?;
            let object = Object::new(ObjectKind::Policy, loaded.id, name_of(&loaded.policy));
            let mut event = write.event(&permit, Verb::PolicyActivated, object);
            event.change("version", Value::None, Value::code(&loaded.policy.version));
            write.commit(event, Vec::new()).await
        })
        .await
    }
}

/// What became of a version that was to be stored.
enum Stored {
    /// It is stored; this is the event.
    New(Box<Event>),
    /// It was there already, with this text.
    There,
    /// It was there already, with another text.
    Other,
}

/// Stores a version, unless it is there.
async fn store(
    write: &mut Write,
    permit: &Permit<InWorkspace>,
    policy: &Policy,
    source: &str,
) -> Result<Stored> {
    let digest = Digest::of(source.as_bytes());
    let id: PolicyVersionId = fresh_id(write.now);
    let now = write.now;
    let inserted: Option<Uuid> = sqlx::query_scalar!(
        "insert into policy_version (id, key, version, title, source, digest, created_at)
         values ($1, $2, $3, $4, $5, $6, $7) on conflict (key, version) do nothing returning id",
        id.uuid(),
        policy.key,
        policy.version,
        policy.title,
        source,
        digest.as_bytes().as_slice(),
        now
    )
    .fetch_optional(write.connection())
    .await?;
    if inserted.is_none() {
        let there = sqlx::query_scalar!(
            "select digest from policy_version where key = $1 and version = $2",
            policy.key,
            policy.version
        )
        .fetch_one(write.connection())
        .await?;
        return Ok(if there == digest.as_bytes() { Stored::There } else { Stored::Other });
    }
    super::parts::store(write.connection(), id, policy).await?;
    let object = Object::new(ObjectKind::Policy, id, name_of(policy));
    let mut event = write.event(permit, Verb::PolicyImported, object);
    event.change("digest", Value::None, Value::Digest(digest));
    Ok(Stored::New(Box::new(event)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(source: &str) -> Result<ImportPolicy, Vec<Problem>> {
        ImportPolicy::parse(&Fields::new(vec![("source".into(), source.into())]))
            .map_err(|problems| problems.into_iter().map(|problem| problem.problem).collect())
    }

    #[test]
    fn line_ends_of_browsers_are_no_part_of_the_text() {
        let sent = format!("\u{feff}{}", policy::BUILT_IN.replace('\n', "\r\n"));
        assert_eq!(parse(&sent).map(|command| command.source), Ok(policy::BUILT_IN.to_owned()));
    }

    #[test]
    fn every_problem_names_its_place() {
        assert_eq!(parse(" \r\n").err(), Some(vec![Problem::Text(TextError::Empty)]));
        let wrong = policy::BUILT_IN.replacen("title =", "titel =", 1);
        let problems = parse(&wrong).err().unwrap_or_default();
        let line = policy::BUILT_IN.lines().position(|line| line.starts_with("title =")).map(|line| line + 1);
        let named = |problem: &Problem| matches!(problem, Problem::InPolicy(error) if Some(error.line) == line && error.column == 1);
        assert!(problems.iter().any(named), "{problems:?}");
    }
}
