use sluice_domain::{
    access::Action,
    audit::{Object, ObjectKind, Value, Verb},
    form::{Check, FieldProblem, Fields, Problem},
    ids::{FeatureId, FeatureKey},
    policy::Tier,
    record::{RecordForm, RecordKind, State, Values},
    text::{Body, Title},
};

use super::store;
use crate::{
    Service,
    actor::Actor,
    db::write::{Write, uncancelled},
    error::{Error, Result},
    features::{
        NewFeature, created_before, insert_feature, insert_link, lock_product,
        row::{self, Feature},
    },
    gates::settle,
};

const KIND: RecordKind = RecordKind::Feedback;

/// A piece of feedback that becomes a feature of its own.
#[derive(Debug)]
pub struct TakeUpFeedback {
    /// Id of the feature to come, made with the form: sending the form twice makes one feature.
    pub id: FeatureId,
    /// What the feature is called.
    pub title: Title,
}

impl TakeUpFeedback {
    /// Parses the form.
    ///
    /// # Errors
    /// Every problem of the form.
    pub fn parse(fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        let mut check = Check::default();
        let id = check.choice(fields, "id", "The form", |text| text.parse().ok());
        let title = check.text(fields, "title", "Title");
        let command = (|| Some(Self { id: id?, title: title? }))();
        check.finish(command)
    }
}

impl Service {
    /// Makes a feature of the same product out of a piece of feedback, and says so in both. Returns the new key.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the feedback is closed or became a feature already, [`Error::Denied`] when the actor may
    /// not create features here.
    pub async fn take_up_feedback(
        &self,
        actor: &Actor,
        key: &FeatureKey,
        number: i32,
        command: TakeUpFeedback,
    ) -> Result<FeatureKey> {
        let (service, actor, key) = (self.clone(), actor.clone(), key.clone());
        uncancelled(|token| async move {
            let mut begun = service.db.begin(&token, &actor.origin).await?;
            // Always the feature first, then its product: two of these never wait for each other.
            let origin = row::lock(begun.connection(), &service.policies, &key).await?;
            let product = lock_product(begun.connection(), origin.product).await?;
            let mut write = begun.at_now().await?;
            let old =
                write.authorize_feature(&actor, Action::CreateFeature, origin.id, origin.product).await?;
            let new =
                write.authorize_feature(&actor, Action::CreateFeature, command.id, origin.product).await?;
            let earlier = created_before(
                write.connection(),
                command.id,
                origin.product,
                command.title.as_str(),
                actor.person,
            );
            if let Some(made) = earlier.await? {
                let key = FeatureKey { product: product.key, number: made };
                return if linked(&mut write, command.id, &origin, number).await? {
                    Ok(key)
                } else {
                    // The id was used for another feature: nothing of this feedback.
                    Err(super::edit::sent_before())
                };
            }
            origin.progress.attempt()?;
            let before =
                store::find(write.connection(), origin.id, KIND, number).await?.ok_or(Error::NotFound)?;
            let state = spec_state("taken-up")?;
            let roles = write.roles_in(&actor, origin.product).await?;
            let role = KIND
                .spec()
                .acting_role(state, true, true, &roles)
                .ok_or(Error::Denied(Action::CreateFeature))?;
            let old = old.acting_as(role);
            open_to_be_taken_up(&before.state)?;

            let contents = NewFeature {
                title: command.title.to_string(),
                description: description(&origin.key, number, &before.values),
                owner: actor.person,
                owner_name: actor.name.clone(),
                target_date: None,
                // As of any new feature: its first gate asks for the questionnaire that sets it.
                tier: Tier::Low,
            };
            let (feature, event) =
                insert_feature(&mut write, &new, &service.policies, product, contents, actor.person).await?;

            let form = RecordForm {
                kind: KIND,
                id: None,
                version: before.version,
                state,
                title: before.title.parse().map_err(Error::internal)?,
                values: taken_up(before.values.clone(), &feature),
            };
            let object = Object::new(ObjectKind::Record, before.id, KIND.key(number));
            let mut edited = write.consequence(&old, Verb::RecordEdited, object);
            store::describe(&mut edited, &form, Some(&before));
            let now = write.now;
            store::update(write.connection(), &old, &before, &form, actor.person, now).await?;

            insert_link(&mut write, &new, &old, number, actor.person).await?;
            let object = Object::new(ObjectKind::Feature, feature.id, feature.key.to_string());
            let mut link = write.consequence(&new, Verb::FeatureLinked, object);
            link.change("origin", Value::None, Value::code(&origin.key)).change(
                "feedback",
                Value::None,
                Value::code(KIND.key(number)),
            );

            let mut consequences = vec![edited, link];
            consequences.extend(settle(&mut write, &new, &feature).await?.consequences);
            consequences.extend(settle(&mut write, &old, &origin).await?.consequences);
            write.commit(event, consequences).await?;
            Ok(feature.key)
        })
        .await
    }
}

/// Whether the feature with this id came out of this very feedback.
async fn linked(write: &mut Write, feature: FeatureId, origin: &Feature, feedback: i32) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select exists (select from feature_link
                          where feature_id = $1 and origin_id = $2 and feedback = $3) as "linked!""#,
        feature.uuid(),
        origin.id.uuid(),
        feedback
    )
    .fetch_one(write.connection())
    .await?)
}

fn spec_state(code: &str) -> Result<&'static State> {
    KIND.spec().state(code).ok_or_else(|| Error::internal("unknown state of feedback"))
}

/// Feedback that was answered already, in one way or the other, is not answered again.
fn open_to_be_taken_up(state: &str) -> Result<()> {
    if ["new", "analysed"].contains(&state) {
        return Ok(());
    }
    let problem = Problem::IsAlready(spec_state(state)?.label);
    Err(Error::Invalid(vec![FieldProblem { field: "", label: "The feedback", problem }]))
}

/// What the feedback says once it became a feature.
fn taken_up(values: Values, feature: &Feature) -> Values {
    let analysed = values.has("analysis");
    let values = values.with("feature", feature.key.to_string());
    if analysed {
        values
    } else {
        values.with("analysis", format!("Taken up as {}: {}", feature.key, feature.title))
    }
}

/// The description that the new feature begins with: where it comes from, and what was said, as a quotation.
fn description(origin: &FeatureKey, number: i32, feedback: &Values) -> String {
    let spec = KIND.spec();
    let label = |field| spec.choice_label(field, feedback.text(field)).map(str::to_lowercase);
    let class = label("class");
    let severity = label("severity").map(|severity| format!("severity {severity}"));
    let facts: Vec<String> = class.into_iter().chain(severity).collect();
    let facts = if facts.is_empty() { String::new() } else { format!(" ({})", facts.join(", ")) };
    let source = feedback.text("source");
    let mut text =
        format!("Taken up from feedback {} of {origin}{facts}.\n\nSource: {source}\n\n", KIND.key(number));
    quote(&mut text, feedback.text("text"));
    text
}

/// Quotes a text line by line, as far as a description has room for it.
fn quote(text: &mut String, said: &str) {
    const CUT: &str = "> … The feedback itself has the rest.";
    let mut left = Body::MAX - text.chars().count() - CUT.chars().count();
    for line in said.lines() {
        // What stands before a line, and its end.
        let Some(room) = left.checked_sub(3) else {
            text.push_str(CUT);
            return;
        };
        text.push_str("> ");
        text.extend(line.chars().take(room));
        text.push('\n');
        let length = line.chars().count();
        if length > room {
            text.push_str(CUT);
            return;
        }
        left = room - length;
    }
    text.truncate(text.trim_end().len());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feedback(text: &str) -> Values {
        Values::default().with("source", "Ticket 4711").with("text", text).with("class", "defect")
    }

    #[test]
    fn the_description_quotes_what_was_said_and_where() {
        let key = "PAY-12".parse().unwrap();
        let said = feedback("It hangs.\n\n# Always").with("severity", "high");
        assert_eq!(
            description(&key, 3, &said),
            "Taken up from feedback FB-3 of PAY-12 (defect, severity high).\n\nSource: Ticket 4711\n\n> It hangs.\n> \n> # Always"
        );
    }

    #[test]
    fn the_longest_feedback_fits_into_a_description() {
        let key = "PAY-12".parse().unwrap();
        for said in ["é".repeat(Body::MAX), "a\n".repeat(Body::MAX / 2), "\n".repeat(Body::MAX)] {
            let text = description(&key, 3, &feedback(&said));
            let parsed: Body = text.parse().expect("it fits");
            assert_eq!(parsed.as_str(), text.trim(), "nothing is lost by parsing");
            assert!(text.ends_with("has the rest."), "it says that something is missing");
        }
        let fits = description(&key, 3, &feedback(&"é".repeat(1_000)));
        assert!(!fits.contains("has the rest."));
    }
}
