use sluice_domain::{
    access::Action,
    audit::{Value, Verb},
    form::{Check, FieldProblem, Fields, Problem},
    ids::{EvidenceId, FeatureKey, Id},
    text::Note,
};

use super::{
    evidence_object, file_problem,
    store::{Upload, insert_version, store_blob},
};
use crate::{
    Service,
    actor::Actor,
    db::write::uncancelled,
    error::{Error, Result},
    features::row,
    gates::settle,
};

/// A new version of an item of evidence; its file comes beside it.
#[derive(Debug)]
pub struct SupersedeEvidence {
    /// The version that was current on screen.
    pub version: i32,
    /// What there is to say about the new one.
    pub note: Note,
}

impl SupersedeEvidence {
    /// Parses the form.
    ///
    /// # Errors
    /// Every problem of the form.
    pub fn parse(fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        let mut check = Check::default();
        let version = check.choice(fields, "version", "The version", |text| text.parse().ok());
        let note = check.text(fields, "note", "Note");
        let command = version.zip(note).map(|(version, note)| Self { version, note });
        check.finish(command)
    }
}

impl Service {
    /// Adds a version that supersedes the current one; the one before stays. Returns the number of the version.
    ///
    /// # Errors
    /// [`Error::Stale`] when another version is current by now, [`Error::Invalid`] for an empty file and for the
    /// file that is there already.
    pub async fn supersede_evidence(
        &self,
        actor: &Actor,
        key: &FeatureKey,
        number: i32,
        command: SupersedeEvidence,
        mut upload: Upload,
    ) -> Result<i32> {
        upload.demand_content()?;
        let (service, actor, key) = (self.clone(), actor.clone(), key.clone());
        uncancelled(|token| async move {
            let mut begun = service.db.begin(&token, &actor.origin).await?;
            let feature = row::lock(begun.connection(), &service.policies, &key).await?;
            let mut write = begun.at_now().await?;
            let permit =
                write.authorize_feature(&actor, Action::AddEvidence, feature.id, feature.product).await?;
            let current = sqlx::query!(
                "select e.id, e.version, v.digest, v.file_name, v.author_id, b.size
                 from evidence e
                 join evidence_version v on v.evidence_id = e.id and v.version = e.version
                 join blob b on b.digest = v.digest
                 where e.feature_id = $1 and e.number = $2",
                permit.feature().uuid(),
                number
            )
            .fetch_optional(write.connection())
            .await?
            .ok_or(Error::NotFound)?;
            let same = current.digest == upload.file.digest().as_bytes();
            if same
                && current.author_id == actor.person.uuid()
                && command.version.checked_add(1) == Some(current.version)
            {
                // The same form, sent twice.
                return Ok(current.version);
            }
            feature.progress.attempt()?;
            if current.version != command.version {
                return Err(Error::Stale);
            }
            if same {
                return Err(Error::Invalid(vec![file_problem(Problem::SameFile)]));
            }

            let id: EvidenceId = Id::new(current.id);
            let version = current.version + 1;
            store_blob(&mut write, &permit, &mut upload.file).await?;
            insert_version(&mut write, &permit, id, version, &upload, &command.note, actor.person).await?;
            let updated = sqlx::query!(
                "update evidence set version = $3 where id = $1 and version = $2",
                id.uuid(),
                current.version,
                version
            )
            .execute(write.connection())
            .await?;
            if updated.rows_affected() != 1 {
                return Err(Error::Stale);
            }

            let mut event = write.event(&permit, Verb::EvidenceSuperseded, evidence_object(id, number));
            event
                .change("version", Value::Number(current.version.into()), Value::Number(version.into()))
                .change("file-name", Value::text(current.file_name), Value::text(upload.file_name.as_str()))
                .change("size", Value::Number(current.size), Value::Number(upload.size()?))
                .change(
                    "digest",
                    Value::Digest(row::digest(&current.digest)?),
                    Value::Digest(upload.file.digest()),
                )
                .change("note", Value::None, Value::text(command.note.as_str()));
            let settled = settle(&mut write, &permit, &feature).await?;
            write.commit(event, settled.consequences).await?;
            Ok(version)
        })
        .await
    }
}
