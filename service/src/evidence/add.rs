use sluice_domain::{
    access::Action,
    audit::{Value, Verb},
    form::{Check, FieldProblem, Fields, Problem},
    ids::{EvidenceId, FeatureId, FeatureKey, PersonId},
    policy::EvidenceKind,
    text::{FileName, Note, Title},
};
use sqlx::PgConnection;

use super::{
    evidence_object, file_problem,
    store::{Upload, insert_uses, insert_version, store_blob},
    target::{Target, demand_targets},
};
use crate::{
    Service,
    actor::Actor,
    db::write::uncancelled,
    error::{Error, Result, violates},
    features::row,
    gates::settle,
};

/// A new item of evidence; its file comes beside it.
#[derive(Debug)]
pub struct AddEvidence {
    /// Its id, made with the form: sending the form twice adds one item.
    pub id: EvidenceId,
    /// What it is called; the name of the file where nothing was typed.
    pub title: Option<Title>,
    /// What it is.
    pub kind: EvidenceKind,
    /// What there is to say about it.
    pub note: Note,
    /// What it proves.
    pub targets: Vec<Target>,
}

impl AddEvidence {
    /// Parses the form.
    ///
    /// # Errors
    /// Every problem of the form.
    pub fn parse(fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        let mut check = Check::default();
        let id = check.choice(fields, "id", "The form", |text| text.parse().ok());
        let title = if fields.get("title").trim().is_empty() {
            Some(None)
        } else {
            check.text(fields, "title", "Title").map(Some)
        };
        let kind = check.choice(fields, "kind", "Kind", EvidenceKind::from_code);
        let note = check.text(fields, "note", "Note");
        let targets = Target::all_from_form(fields, &mut check);
        let command = (|| Some(Self { id: id?, title: title?, kind: kind?, note: note?, targets }))();
        check.finish(command)
    }
}

impl Service {
    /// Adds evidence to a feature and attaches it. Returns its number.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an empty file or a target that is not offered, [`Error::Refused`] for a control of a
    /// passed phase and for a finished feature.
    pub async fn add_evidence(
        &self,
        actor: &Actor,
        key: &FeatureKey,
        command: AddEvidence,
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
            if let Some(number) =
                added_before(write.connection(), &command, feature.id, actor.person, &upload).await?
            {
                return Ok(number);
            }
            feature.progress.attempt()?;
            demand_targets(write.connection(), &feature, &command.targets).await?;

            store_blob(&mut write, &permit, &mut upload.file).await?;
            let title = command.title.map_or_else(|| title_of(&upload.file_name), |title| title.to_string());
            let now = write.now;
            let number = sqlx::query_scalar!(
                r#"select coalesce(max(number), 0) + 1 as "number!" from evidence where feature_id = $1"#,
                permit.feature().uuid()
            )
            .fetch_one(write.connection())
            .await?;
            sqlx::query!(
                "insert into evidence (id, feature_id, number, title, kind, created_at)
                 values ($1, $2, $3, $4, $5, $6)",
                command.id.uuid(),
                permit.feature().uuid(),
                number,
                title,
                command.kind.code(),
                now
            )
            .execute(write.connection())
            .await
            // The same form was sent to two features at once.
            .map_err(|error| {
                if violates(&error, "evidence_pkey") { Error::NotFound } else { error.into() }
            })?;
            insert_version(&mut write, &permit, command.id, 1, &upload, &command.note, actor.person).await?;
            insert_uses(&mut write, &permit, command.id, &command.targets, actor.person).await?;

            let targets: Vec<String> = command.targets.iter().map(Target::code).collect();
            let attached = if targets.is_empty() { Value::None } else { Value::code(targets.join(", ")) };
            let mut event = write.event(&permit, Verb::EvidenceAdded, evidence_object(command.id, number));
            event
                .change("title", Value::None, Value::text(title))
                .change("kind", Value::None, Value::code(command.kind.code()))
                .change("file-name", Value::None, Value::text(upload.file_name.as_str()))
                .change("size", Value::None, Value::Number(upload.size()?))
                .change("digest", Value::None, Value::Digest(upload.file.digest()))
                .change("note", Value::None, Value::text(command.note.as_str()))
                .change("attached-to", Value::None, attached);
            let settled = settle(&mut write, &permit, &feature).await?;
            write.commit(event, settled.consequences).await?;
            Ok(number)
        })
        .await
    }
}

/// The number that the same form got when it was sent before.
async fn added_before(
    connection: &mut PgConnection,
    command: &AddEvidence,
    feature: FeatureId,
    actor: PersonId,
    upload: &Upload,
) -> Result<Option<i32>> {
    let earlier = sqlx::query!(
        "select e.feature_id, e.number, e.kind, v.author_id, v.digest
         from evidence e join evidence_version v on v.evidence_id = e.id and v.version = 1
         where e.id = $1",
        command.id.uuid()
    )
    .fetch_optional(connection)
    .await?;
    match earlier {
        None => Ok(None),
        Some(row) if row.feature_id == feature.uuid() && row.author_id == actor.uuid() => {
            // Another file in the same form is another piece of evidence: not stored is not to be called stored.
            let same = row.digest == upload.file.digest().as_bytes() && row.kind == command.kind.code();
            if same {
                Ok(Some(row.number))
            } else {
                Err(Error::Invalid(vec![file_problem(Problem::SentBefore)]))
            }
        }
        Some(_) => Err(Error::NotFound),
    }
}

/// A title made of the file's name. A name may be longer than a title.
fn title_of(name: &FileName) -> String {
    let name = name.as_str();
    if name.chars().count() <= Title::MAX {
        name.to_owned()
    } else {
        name.chars().take(Title::MAX - 1).chain(['…']).collect()
    }
}

#[cfg(test)]
mod tests {
    use sluice_domain::form::Problem;

    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        Fields::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn every_problem_of_the_form_is_named() {
        let problems = AddEvidence::parse(&fields(&[("title", "a\0b"), ("kind", "poem"), ("target", "x")]));
        let problems = problems.err().unwrap_or_default();
        let names: Vec<&str> = problems.iter().map(|problem| problem.field).collect();
        assert_eq!(names, ["id", "title", "kind", "target"]);
        assert_eq!(problems[2].problem, Problem::NotAChoice);
    }

    #[test]
    fn the_title_may_be_left_to_the_file() {
        let id = "01890a5d-ac96-774b-bcce-b302099a8057";
        let command = AddEvidence::parse(&fields(&[("id", id), ("title", " "), ("kind", "sbom")]));
        assert!(command.is_ok_and(|command| command.title.is_none() && command.targets.is_empty()));
        let long = FileName::from_upload(&format!("{}.json", "é".repeat(170)));
        assert!(title_of(&long).parse::<Title>().is_ok());
        assert_eq!(title_of(&FileName::from_upload("zap.json")), "zap.json");
    }
}
