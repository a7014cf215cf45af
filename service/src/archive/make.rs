use sluice_domain::{
    access::Action,
    audit::{Object, ObjectKind, Value, Verb},
    dossier::Dossier,
    form::{Check, FieldProblem, Fields},
    ids::{ArchiveId, FeatureId, FeatureKey, PersonId},
    policy::PhaseKey,
};
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::{export::export, writer::Writer};
use crate::{
    Service,
    actor::Actor,
    db::write::uncancelled,
    error::{Error, Result, violates},
    evidence::store_blob,
    features::row::{self, Feature},
    gates::{Gate, gather_many, settle, store_dossier},
};

/// Exports the record of a feature and keeps it.
#[derive(Clone, Debug)]
pub struct MakeArchive {
    /// Its id, made with the form: sending the form twice makes one archive.
    pub id: ArchiveId,
}

impl MakeArchive {
    /// Parses the form.
    ///
    /// # Errors
    /// Every problem of the form.
    pub fn parse(fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        let mut check = Check::default();
        let id = check.choice(fields, "id", "The form", |text| text.parse().ok());
        check.finish(id.map(|id| Self { id }))
    }
}

impl Service {
    /// Exports the whole record of a feature as it is now and keeps it. Returns the archive's number.
    ///
    /// Archiving writes nothing that a gate looks at but the archive itself, so the dossier stays as it is. It may be
    /// done in any state of the feature: a finished one has its last sign-offs only afterwards.
    ///
    /// # Errors
    /// [`Error::Denied`] for those who may not archive, [`Error::Busy`] when too many files are on their way.
    pub async fn make_archive(&self, actor: &Actor, key: &FeatureKey, command: MakeArchive) -> Result<i32> {
        // The place for the file comes first: to wait for it with the feature locked would make others wait as well.
        let writer = Writer::begin().await?;
        let (service, actor, key) = (self.clone(), actor.clone(), key.clone());
        uncancelled(|token| async move {
            let mut begun = service.db.begin(&token, &actor.origin).await?;
            let feature = row::lock(begun.connection(), &service.policies, &key).await?;
            let mut write = begun.at_now().await?;
            let permit =
                write.authorize_feature(&actor, Action::ArchiveFeature, feature.id, feature.product).await?;
            if let Some(number) =
                made_before(write.connection(), command.id, feature.id, actor.person).await?
            {
                return Ok(number);
            }
            let now = write.now;
            let dossier = dossier_of_gate(write.connection(), &feature, now).await?;
            let covers = dossier.digest();
            store_dossier(&mut write, &feature, &dossier).await?;
            let mut file = export(write.connection(), &feature, writer).await?;
            store_blob(&mut write, &permit, &mut file).await?;
            let digest = file.digest();
            let number = sqlx::query_scalar!(
                r#"insert into archive (id, feature_id, number, digest, covers, author_id, created_at)
                   select $1, $2, coalesce(max(number), 0) + 1, $3, $4, $5, $6
                   from archive where feature_id = $2
                   returning number"#,
                command.id.uuid(),
                permit.feature().uuid(),
                digest.as_bytes().as_slice(),
                covers.as_bytes().as_slice(),
                actor.person.uuid(),
                now
            )
            .fetch_one(write.connection())
            .await
            // The same form was sent to two features at once.
            .map_err(|error| if violates(&error, "archive_pkey") { Error::NotFound } else { error.into() })?;

            let object = Object::new(ObjectKind::Feature, feature.id, feature.key.to_string());
            let mut event = write.event(&permit, Verb::FeatureArchived, object);
            event
                .change("archive", Value::None, Value::Number(number.into()))
                .change(
                    "size",
                    Value::None,
                    Value::Number(i64::try_from(file.size()).map_err(Error::internal)?),
                )
                .change("digest", Value::None, Value::Digest(digest))
                .change("dossier", Value::None, Value::Digest(covers));
            let settled = settle(&mut write, &permit, &feature).await?;
            write.commit(event, settled.consequences).await?;
            Ok(number)
        })
        .await
    }
}

/// The number that the same form got when it was sent before.
async fn made_before(
    connection: &mut PgConnection,
    id: ArchiveId,
    feature: FeatureId,
    actor: PersonId,
) -> Result<Option<i32>> {
    let earlier = sqlx::query!("select feature_id, author_id, number from archive where id = $1", id.uuid())
        .fetch_optional(connection)
        .await?;
    match earlier {
        None => Ok(None),
        Some(row) if row.feature_id == feature.uuid() && row.author_id == actor.uuid() => {
            Ok(Some(row.number))
        }
        Some(_) => Err(Error::NotFound),
    }
}

/// The dossier of the gate at which a feature stands; of a finished one, of its last.
async fn dossier_of_gate(
    connection: &mut PgConnection,
    feature: &Feature,
    now: OffsetDateTime,
) -> Result<Dossier> {
    let at = sqlx::query!("select phase, cycle from feature where id = $1", feature.id.uuid())
        .fetch_one(&mut *connection)
        .await?;
    let key: PhaseKey = at.phase.parse().map_err(Error::internal)?;
    let policy = &feature.policy.policy;
    let phase = policy.phase(&key).ok_or_else(|| Error::internal("phase not in policy"))?;
    let gate = Gate { feature, policy, policy_digest: feature.policy.digest, phase, cycle: at.cycle };
    let mut gathered = gather_many(connection, &[gate], now).await?;
    Ok(gathered.pop().ok_or_else(|| Error::internal("no facts were gathered"))?.dossier)
}
