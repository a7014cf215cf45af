use sluice_domain::{
    access::Action,
    audit::{Object, ObjectKind, Value, Verb},
    form::{Check, FieldProblem, Fields, Problem},
    ids::{CommentId, FeatureId, FeatureKey, Id, PersonId},
    text::Remark,
};
use sqlx::PgConnection;

use super::mentions::{mentioned, store_mentions};
use crate::{
    Service,
    actor::Actor,
    db::{
        permit::{InFeature, Permit},
        write::{Write, uncancelled},
    },
    error::{Error, Result},
    features::row,
};

/// A new comment, as its form brings it.
#[derive(Debug)]
pub struct WriteComment {
    /// Id made with the form: sending it twice writes one comment.
    pub id: CommentId,
    /// What is said, in Markdown.
    pub text: Remark,
    /// Whether the author wants to be told what happens to the feature from now on.
    pub watch: bool,
}

impl WriteComment {
    /// Parses the form.
    ///
    /// # Errors
    /// Every problem of the form.
    pub fn parse(fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        let mut check = Check::default();
        let id = check.choice(fields, "id", "The form", |text| text.parse().ok());
        let text = check.text(fields, "text", "Comment");
        let watch = fields.get("watch") == "yes";
        let command = (|| Some(Self { id: id?, text: text?, watch }))();
        check.finish(command)
    }
}

/// Other words for a comment of one's own.
#[derive(Debug)]
pub struct EditComment {
    /// The version that was on screen.
    pub version: i32,
    /// What is said now, in Markdown.
    pub text: Remark,
}

impl EditComment {
    /// Parses the form.
    ///
    /// # Errors
    /// Every problem of the form.
    pub fn parse(fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        let mut check = Check::default();
        let version = check.choice(fields, "version", "The version", |text| text.parse().ok());
        let text = check.text(fields, "text", "Comment");
        let command = (|| Some(Self { version: version?, text: text? }))();
        check.finish(command)
    }
}

impl Service {
    /// Writes a comment. Whom it mentions is told; what mentioned the author on this feature before is answered with
    /// it. Returns its number.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the form was sent before, with other words.
    pub async fn write_comment(&self, actor: &Actor, key: &FeatureKey, command: WriteComment) -> Result<i32> {
        let (service, actor, key) = (self.clone(), actor.clone(), key.clone());
        uncancelled(|token| async move {
            let mut begun = service.db.begin(&token, &actor.origin).await?;
            // The feature's row orders the numbers of its comments.
            let feature = row::lock(begun.connection(), &service.policies, &key).await?;
            let mut write = begun.at_now().await?;
            let permit =
                write.authorize_feature(&actor, Action::WriteComment, feature.id, feature.product).await?;
            if let Some(number) =
                written_before(write.connection(), &command, feature.id, actor.person).await?
            {
                return Ok(number);
            }
            let number = feature.comments + 1;
            let now = write.now;
            sqlx::query!(
                "insert into comment (id, feature_id, number, text, author_id, written_at)
                 values ($1, $2, $3, $4, $5, $6)",
                command.id.uuid(),
                permit.feature().uuid(),
                number,
                command.text.as_str(),
                actor.person.uuid(),
                now
            )
            .execute(write.connection())
            .await?;
            let object = Object::new(ObjectKind::Comment, command.id, number.to_string());
            let mut event = write.event(&permit, Verb::CommentWritten, object);
            event.change("text", Value::None, Value::text(command.text.as_str()));
            let people = mentioned(write.connection(), feature.product, command.text.as_str()).await?;
            store_mentions(&mut write, &permit, command.id, &people, &mut event).await?;
            arrange(&mut write, &permit, actor.person, command.watch).await?;
            write.commit(event, Vec::new()).await?;
            Ok(number)
        })
        .await
    }

    /// Puts other words in the place of a comment of one's own. The history keeps the earlier ones.
    ///
    /// # Errors
    /// [`Error::Stale`] when it was edited meanwhile, [`Error::Denied`] for a comment of somebody else.
    pub async fn edit_comment(
        &self,
        actor: &Actor,
        key: &FeatureKey,
        number: i32,
        command: EditComment,
    ) -> Result<()> {
        let (service, actor, key) = (self.clone(), actor.clone(), key.clone());
        uncancelled(|token| async move {
            let mut begun = service.db.begin(&token, &actor.origin).await?;
            let feature = row::lock(begun.connection(), &service.policies, &key).await?;
            let mut write = begun.at_now().await?;
            let permit =
                write.authorize_feature(&actor, Action::WriteComment, feature.id, feature.product).await?;
            let before = sqlx::query!(
                "select id, text, author_id, version from comment where feature_id = $1 and number = $2",
                permit.feature().uuid(),
                number
            )
            .fetch_optional(write.connection())
            .await?
            .ok_or(Error::NotFound)?;
            if before.author_id != actor.person.uuid() {
                return Err(Error::Denied(Action::WriteComment));
            }
            if before.version != command.version {
                return Err(Error::Stale);
            }
            let id: CommentId = Id::new(before.id);
            let object = Object::new(ObjectKind::Comment, id, number.to_string());
            let mut event = write.event(&permit, Verb::CommentEdited, object);
            event.change("text", Value::text(before.text), Value::text(command.text.as_str()));
            if event.changes.is_empty() {
                return Ok(());
            }
            let now = write.now;
            sqlx::query!(
                "update comment set text = $2, edited_at = $3, version = version + 1 where id = $1",
                id.uuid(),
                command.text.as_str(),
                now
            )
            .execute(write.connection())
            .await?;
            let people = mentioned(write.connection(), feature.product, command.text.as_str()).await?;
            store_mentions(&mut write, &permit, id, &people, &mut event).await?;
            write.commit(event, Vec::new()).await
        })
        .await
    }
}

/// The number that the same form got when it was sent before.
async fn written_before(
    connection: &mut PgConnection,
    command: &WriteComment,
    feature: FeatureId,
    author: PersonId,
) -> Result<Option<i32>> {
    let earlier = sqlx::query!(
        "select feature_id, number, text, author_id from comment where id = $1",
        command.id.uuid()
    )
    .fetch_optional(connection)
    .await?;
    match earlier {
        None => Ok(None),
        Some(row) if row.feature_id != feature.uuid() || row.author_id != author.uuid() => {
            Err(Error::NotFound)
        }
        Some(row) if row.text == command.text.as_str() => Ok(Some(row.number)),
        Some(_) => {
            let problem = FieldProblem { field: "text", label: "Comment", problem: Problem::SentBefore };
            Err(Error::Invalid(vec![problem]))
        }
    }
}

/// What a comment changes for its author alone: they may watch from now on, and have answered what mentioned them.
/// That is their own arrangement and no part of the record, so the event does not tell it.
async fn arrange(write: &mut Write, permit: &Permit<InFeature>, author: PersonId, watch: bool) -> Result<()> {
    let now = write.now;
    if watch {
        sqlx::query!(
            "insert into watch (person_id, feature_id, since) values ($1, $2, $3) on conflict do nothing",
            author.uuid(),
            permit.feature().uuid(),
            now
        )
        .execute(write.connection())
        .await?;
    }
    sqlx::query!(
        "insert into mention_seen (comment_id, person_id, seen_at)
         select comment_id, person_id, $3 from mention where person_id = $1 and feature_id = $2
         on conflict do nothing",
        author.uuid(),
        permit.feature().uuid(),
        now
    )
    .execute(write.connection())
    .await?;
    Ok(())
}
