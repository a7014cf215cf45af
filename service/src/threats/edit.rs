use sluice_domain::{
    access::Action,
    audit::{Event, Object, ObjectKind, Value, Verb},
    form::{Check, FieldProblem, Fields, Problem},
    ids::{FeatureKey, PersonId, ProductId, ThreatId},
    text::{Body, Line, Note, Title},
    threat::{Severity, Stride, ThreatStatus, Treatment},
};
use sqlx::PgConnection;

use crate::{
    Service,
    actor::Actor,
    clock::fresh_salt,
    db::write::uncancelled,
    error::{Error, Result},
    features::row,
    gates::settle,
};

/// Answers to the four questions.
#[derive(Debug)]
pub struct AnswerThreatModel {
    /// The version that was on screen; 0 for the first answers.
    pub version: i32,
    /// What are we working on?
    pub scope: Body,
    /// What can go wrong?
    pub threats: Body,
    /// What are we going to do about it?
    pub response: Body,
    /// Did we do a good job?
    pub review: Body,
}

impl AnswerThreatModel {
    /// Parses the form.
    ///
    /// # Errors
    /// Every problem of the form.
    pub fn parse(fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        let mut check = Check::default();
        let version = check.choice(fields, "version", "The version", |text| text.parse().ok());
        let scope = check.text(fields, "scope", "The first answer");
        let threats = check.text(fields, "threats", "The second answer");
        let response = check.text(fields, "response", "The third answer");
        let review = check.text(fields, "review", "The fourth answer");
        let command = (|| {
            Some(Self {
                version: version?,
                scope: scope?,
                threats: threats?,
                response: response?,
                review: review?,
            })
        })();
        check.finish(command)
    }
}

/// A threat as the form describes it.
#[derive(Debug)]
pub struct EditThreat {
    /// Id made with the form of a new threat: sending it twice adds one. Not used for edits.
    pub id: Option<ThreatId>,
    /// The version that was on screen; 0 for a new threat.
    pub version: i32,
    /// What can go wrong, in a line.
    pub title: Title,
    /// Where.
    pub element: Line,
    /// What kind of thing.
    pub stride: Stride,
    /// How it would happen.
    pub description: Body,
    /// How bad it would be.
    pub severity: Severity,
    /// What is done about it.
    pub treatment: Option<Treatment>,
    /// What exactly.
    pub countermeasure: Note,
    /// Who sees to it.
    pub owner: Option<PersonId>,
    /// Where the work on it stands.
    pub status: ThreatStatus,
}

impl EditThreat {
    /// Parses the form.
    ///
    /// # Errors
    /// Every problem of the form.
    pub fn parse(fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        let mut check = Check::default();
        let id = check.optional_choice(fields, "id", "The form", |text| text.parse().ok());
        let version = check.choice(fields, "version", "The version", |text| text.parse().ok());
        let title = check.text(fields, "title", "Title");
        let element = check.text(fields, "element", "Element");
        let stride = check.choice(fields, "stride", "Kind of threat", Stride::from_code);
        let description = check.text(fields, "description", "Description");
        let severity = check.choice(fields, "severity", "Severity", Severity::from_code);
        let treatment = check.optional_choice(fields, "treatment", "Treatment", Treatment::from_code);
        let countermeasure = check.text::<Note>(fields, "countermeasure", "Countermeasure");
        let owner = check.optional_choice(fields, "owner", "Owner", |text| text.parse().ok());
        let status = check.choice(fields, "status", "Status", ThreatStatus::from_code);
        let says_what =
            treatment.is_some() && countermeasure.as_ref().is_some_and(|text| !text.as_str().is_empty());
        if status.is_some_and(|status| status > ThreatStatus::Open) && !says_what {
            check.note("treatment", "Treatment", Problem::TreatmentNeeded);
        }
        let command = (|| {
            Some(Self {
                id,
                version: version?,
                title: title?,
                element: element?,
                stride: stride?,
                description: description?,
                severity: severity?,
                treatment,
                countermeasure: countermeasure?,
                owner,
                status: status?,
            })
        })();
        check.finish(command)
    }

    fn describe(&self, event: &mut Event, before: Option<&Before>) {
        let code = |old: Option<String>| old.map_or(Value::None, Value::Code);
        let text = |old: Option<&String>| old.map_or(Value::None, Value::text);
        event
            .change("title", text(before.map(|b| &b.title)), Value::text(self.title.as_str()))
            .change("element", text(before.map(|b| &b.element)), Value::text(self.element.as_str()))
            .change("kind", code(before.map(|b| b.stride.clone())), Value::code(self.stride.code()))
            .change(
                "description",
                text(before.map(|b| &b.description)),
                Value::text(self.description.as_str()),
            )
            .change("severity", code(before.map(|b| b.severity.clone())), Value::code(self.severity.code()))
            .change(
                "treatment",
                code(before.and_then(|b| b.treatment.clone())),
                self.treatment.map_or(Value::None, |treatment| Value::code(treatment.code())),
            )
            .change(
                "countermeasure",
                text(before.map(|b| &b.countermeasure)),
                Value::text(self.countermeasure.as_str()),
            )
            .change(
                "owner",
                code(before.and_then(|b| b.owner_id).map(|id| id.to_string())),
                self.owner.map_or(Value::None, Value::code),
            )
            .change("status", code(before.map(|b| b.status.clone())), Value::code(self.status.code()));
    }
}

/// A threat as it was before an edit.
struct Before {
    id: uuid::Uuid,
    title: String,
    element: String,
    stride: String,
    description: String,
    severity: String,
    treatment: Option<String>,
    countermeasure: String,
    owner_id: Option<uuid::Uuid>,
    status: String,
    version: i32,
}

impl Service {
    /// Answers the questions of the threat model.
    ///
    /// # Errors
    /// [`Error::Stale`] when somebody else answered meanwhile.
    pub async fn answer_threat_model(
        &self,
        actor: &Actor,
        key: &FeatureKey,
        command: AnswerThreatModel,
    ) -> Result<()> {
        let (service, actor, key) = (self.clone(), actor.clone(), key.clone());
        uncancelled(|token| async move {
            let mut begun = service.db.begin(&token, &actor.origin).await?;
            let feature = row::lock(begun.connection(), &service.policies, &key).await?;
            let mut write = begun.at_now().await?;
            let permit =
                write.authorize_feature(&actor, Action::EditThreatModel, feature.id, feature.product).await?;
            feature.progress.attempt()?;
            let before = sqlx::query!(
                "select scope, threats, response, review, version, for_scope from threat_model where feature_id = $1",
                permit.feature().uuid()
            )
            .fetch_optional(write.connection())
            .await?;
            if before.as_ref().map_or(0, |row| row.version) != command.version {
                return Err(Error::Stale);
            }
            let object = Object::new(ObjectKind::ThreatModel, feature.id, feature.key.to_string());
            let mut event = write.event(&permit, Verb::ThreatModelAnswered, object);
            let old = |text: Option<&String>| text.map_or(Value::None, Value::text);
            event
                .change("scope", old(before.as_ref().map(|row| &row.scope)), Value::text(command.scope.as_str()))
                .change("threats", old(before.as_ref().map(|row| &row.threats)), Value::text(command.threats.as_str()))
                .change("response", old(before.as_ref().map(|row| &row.response)), Value::text(command.response.as_str()))
                .change("review", old(before.as_ref().map(|row| &row.review)), Value::text(command.review.as_str()));
            // The same answers again say that they still hold, where the scope changed since.
            let about = before.as_ref().and_then(|row| row.for_scope);
            let number = |scope: i32| Value::Number(scope.into());
            event.change("for-scope", about.map_or(Value::None, number), number(feature.scope_version));
            if event.changes.is_empty() {
                return Ok(());
            }
            let (now, salt) = (write.now, fresh_salt());
            sqlx::query!(
                "insert into threat_model (feature_id, scope, threats, response, review, salt, author_id, changed_at,
                                           for_scope)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
                 on conflict (feature_id) do update set
                     scope = excluded.scope, threats = excluded.threats, response = excluded.response,
                     review = excluded.review, version = threat_model.version + 1, salt = excluded.salt,
                     author_id = excluded.author_id, changed_at = excluded.changed_at,
                     for_scope = excluded.for_scope",
                permit.feature().uuid(),
                command.scope.as_str(),
                command.threats.as_str(),
                command.response.as_str(),
                command.review.as_str(),
                salt.0.as_slice(),
                actor.person.uuid(),
                now,
                feature.scope_version
            )
            .execute(write.connection())
            .await?;
            let settled = settle(&mut write, &permit, &feature).await?;
            write.commit(event, settled.consequences).await
        })
        .await
    }

    /// Adds a threat. Returns its number.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the owner has no role in the product.
    pub async fn add_threat(&self, actor: &Actor, key: &FeatureKey, command: EditThreat) -> Result<i32> {
        let (service, actor, key) = (self.clone(), actor.clone(), key.clone());
        uncancelled(|token| async move {
            let id = command.id.ok_or(Error::NotFound)?;
            let mut begun = service.db.begin(&token, &actor.origin).await?;
            let feature = row::lock(begun.connection(), &service.policies, &key).await?;
            let mut write = begun.at_now().await?;
            let permit =
                write.authorize_feature(&actor, Action::EditThreatModel, feature.id, feature.product).await?;
            feature.progress.attempt()?;
            let earlier = sqlx::query!("select feature_id, number, title, author_id from threat where id = $1", id.uuid())
                .fetch_optional(write.connection())
                .await?;
            if let Some(earlier) = earlier {
                if earlier.feature_id != feature.id.uuid() || earlier.author_id != actor.person.uuid() {
                    return Err(Error::NotFound);
                }
                return if earlier.title == command.title.as_str() {
                    Ok(earlier.number)
                } else {
                    let problem = FieldProblem { field: "title", label: "Title", problem: Problem::SentBefore };
                    Err(Error::Invalid(vec![problem]))
                };
            }
            check_owner(write.connection(), command.owner, feature.product).await?;
            let number = sqlx::query_scalar!(
                r#"select coalesce(max(number), 0) + 1 as "number!" from threat where feature_id = $1"#,
                permit.feature().uuid()
            )
            .fetch_one(write.connection())
            .await?;
            let (now, salt) = (write.now, fresh_salt());
            sqlx::query!(
                "insert into threat (id, feature_id, number, title, element, stride, description, severity, treatment,
                                     countermeasure, owner_id, status, salt, author_id, changed_at)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
                id.uuid(),
                permit.feature().uuid(),
                number,
                command.title.as_str(),
                command.element.as_str(),
                command.stride.code(),
                command.description.as_str(),
                command.severity.code(),
                command.treatment.map(Treatment::code),
                command.countermeasure.as_str(),
                command.owner.map(PersonId::uuid),
                command.status.code(),
                salt.0.as_slice(),
                actor.person.uuid(),
                now
            )
            .execute(write.connection())
            .await?;
            let object = Object::new(ObjectKind::Threat, id, format!("T-{number}"));
            let mut event = write.event(&permit, Verb::ThreatAdded, object);
            command.describe(&mut event, None);
            let settled = settle(&mut write, &permit, &feature).await?;
            write.commit(event, settled.consequences).await?;
            Ok(number)
        })
        .await
    }

    /// Edits a threat.
    ///
    /// # Errors
    /// [`Error::Stale`] when somebody else edited it meanwhile.
    pub async fn edit_threat(
        &self,
        actor: &Actor,
        key: &FeatureKey,
        number: i32,
        command: EditThreat,
    ) -> Result<()> {
        let (service, actor, key) = (self.clone(), actor.clone(), key.clone());
        uncancelled(|token| async move {
            let mut begun = service.db.begin(&token, &actor.origin).await?;
            let feature = row::lock(begun.connection(), &service.policies, &key).await?;
            let mut write = begun.at_now().await?;
            let permit =
                write.authorize_feature(&actor, Action::EditThreatModel, feature.id, feature.product).await?;
            feature.progress.attempt()?;
            let before = sqlx::query_as!(
                Before,
                "select id, title, element, stride, description, severity, treatment, countermeasure, owner_id, status,
                        version
                 from threat where feature_id = $1 and number = $2",
                permit.feature().uuid(),
                number
            )
            .fetch_optional(write.connection())
            .await?
            .ok_or(Error::NotFound)?;
            if before.version != command.version {
                return Err(Error::Stale);
            }
            if command.owner.map(PersonId::uuid) != before.owner_id {
                check_owner(write.connection(), command.owner, feature.product).await?;
            }
            let object = Object::new(ObjectKind::Threat, before.id, format!("T-{number}"));
            let mut event = write.event(&permit, Verb::ThreatEdited, object);
            command.describe(&mut event, Some(&before));
            if event.changes.is_empty() {
                return Ok(());
            }
            let (now, salt) = (write.now, fresh_salt());
            sqlx::query!(
                "update threat set title = $3, element = $4, stride = $5, description = $6, severity = $7,
                        treatment = $8, countermeasure = $9, owner_id = $10, status = $11, version = version + 1,
                        salt = $12, author_id = $13, changed_at = $14
                 where feature_id = $1 and number = $2",
                permit.feature().uuid(),
                number,
                command.title.as_str(),
                command.element.as_str(),
                command.stride.code(),
                command.description.as_str(),
                command.severity.code(),
                command.treatment.map(Treatment::code),
                command.countermeasure.as_str(),
                command.owner.map(PersonId::uuid),
                command.status.code(),
                salt.0.as_slice(),
                actor.person.uuid(),
                now
            )
            .execute(write.connection())
            .await?;
            let settled = settle(&mut write, &permit, &feature).await?;
            write.commit(event, settled.consequences).await
        })
        .await
    }
}

async fn check_owner(
    connection: &mut PgConnection,
    owner: Option<PersonId>,
    product: ProductId,
) -> Result<()> {
    match owner {
        None => Ok(()),
        Some(owner) => crate::features::name_in_product(connection, owner, product).await.map(drop),
    }
}
