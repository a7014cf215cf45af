use sluice_domain::{
    access::Action,
    audit::{Event, Object, ObjectKind, Value, Verb},
    form::{Check, FieldProblem, Fields, Problem},
    ids::FeatureKey,
    relation::{ELSEWHERE, RelationEnd, RelationKind},
    text::TextError,
};

use crate::{
    Service,
    actor::Actor,
    db::{
        permit::{InFeature, Permit},
        write::{Begun, Write, uncancelled},
    },
    error::{Error, Result, violates},
    features::row::{self, Feature},
    gates::settle,
};

/// Relates a feature to another one.
#[derive(Clone, Debug)]
pub struct RelateFeatures {
    /// How the feature sees it.
    pub end: RelationEnd,
    /// The other one.
    pub other: FeatureKey,
}

/// Takes a relation between two features back.
#[derive(Clone, Debug)]
pub struct UnrelateFeatures {
    /// How the feature sees it.
    pub end: RelationEnd,
    /// The other one.
    pub other: FeatureKey,
}

/// Reads both fields of either form.
fn parse(fields: &Fields) -> Result<(RelationEnd, FeatureKey), Vec<FieldProblem>> {
    let mut check = Check::default();
    let end = check.choice(fields, "relation", "Relation", RelationEnd::from_code);
    let typed = fields.get("other").trim().to_uppercase();
    let other = match typed.parse::<FeatureKey>() {
        Ok(key) => Some(key),
        Err(_) if typed.is_empty() => {
            check.note("other", OTHER, Problem::Text(TextError::Empty));
            None
        }
        Err(_) => {
            check.note("other", OTHER, Problem::NoSuchFeature);
            None
        }
    };
    check.finish(end.zip(other))
}

/// What people call the field of the other feature.
const OTHER: &str = "The other feature";

impl RelateFeatures {
    /// Parses the form.
    ///
    /// # Errors
    /// Every problem of the form.
    pub fn parse(fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        parse(fields).map(|(end, other)| Self { end, other })
    }
}

impl UnrelateFeatures {
    /// Parses the form.
    ///
    /// # Errors
    /// Every problem of the form.
    pub fn parse(fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        parse(fields).map(|(end, other)| Self { end, other })
    }
}

/// Two features that the actor may relate, both rows locked.
struct Pair {
    /// The feature that says it.
    says: Feature,
    /// The one that it says it of.
    of: Feature,
    permit: Permit<InFeature>,
    /// For the record of the other one, where it is of the same product.
    other: Option<Permit<InFeature>>,
}

impl Service {
    /// Relates two features. Whoever does it manages the one that says it, and may read the other. Doing it twice is
    /// doing it once.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a feature that the actor may not see, a circle, or a second whole,
    /// [`Error::Refused`] when the feature that says it is finished.
    pub async fn relate_features(
        &self,
        actor: &Actor,
        key: &FeatureKey,
        command: RelateFeatures,
    ) -> Result<()> {
        let RelateFeatures { end, other } = command;
        let (service, actor, key) = (self.clone(), actor.clone(), key.clone());
        uncancelled(|token| async move {
            let begun = service.db.begin(&token, &actor.origin).await?;
            let (mut write, pair) = pair(&service, begun, &actor, &key, end, &other).await?;
            if pair.says.id == pair.of.id {
                return Err(wrong(Problem::Itself));
            }
            let (kind, _) = end.relation();
            let now = write.now;
            let inserted = sqlx::query!(
                "insert into relation (feature_id, other_id, kind, author_id, created_at)
                 values ($1, $2, $3, $4, $5) on conflict (feature_id, kind, other_id) do nothing",
                pair.permit.feature().uuid(),
                pair.of.id.uuid(),
                kind.code(),
                actor.person.uuid(),
                now
            )
            .execute(write.connection())
            .await;
            match inserted {
                Ok(done) if done.rows_affected() == 0 => return Ok(()),
                Ok(_) => {}
                Err(error) if violates(&error, "relation_no_circle") => return Err(wrong(Problem::Circle)),
                Err(error) if violates(&error, "relation_single") => return Err(wrong(Problem::HasOne)),
                Err(error) => return Err(error.into()),
            }
            record(write, &pair, Verb::FeaturesRelated, kind).await
        })
        .await
    }

    /// Takes a relation back. The history keeps that it was there. One that is not there is taken back already.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a feature that the actor may not see, [`Error::Refused`] when the feature that says it
    /// is finished.
    pub async fn unrelate_features(
        &self,
        actor: &Actor,
        key: &FeatureKey,
        command: UnrelateFeatures,
    ) -> Result<()> {
        let UnrelateFeatures { end, other } = command;
        let (service, actor, key) = (self.clone(), actor.clone(), key.clone());
        uncancelled(|token| async move {
            let begun = service.db.begin(&token, &actor.origin).await?;
            let (mut write, pair) = pair(&service, begun, &actor, &key, end, &other).await?;
            let (kind, _) = end.relation();
            let done = sqlx::query!(
                "delete from relation where feature_id = $1 and other_id = $2 and kind = $3",
                pair.permit.feature().uuid(),
                pair.of.id.uuid(),
                kind.code()
            )
            .execute(write.connection())
            .await?;
            if done.rows_affected() == 0 {
                return Ok(());
            }
            record(write, &pair, Verb::FeaturesUnrelated, kind).await
        })
        .await
    }
}

/// Locks both features and authorizes.
async fn pair(
    service: &Service,
    mut begun: Begun,
    actor: &Actor,
    key: &FeatureKey,
    end: RelationEnd,
    other: &FeatureKey,
) -> Result<(Write, Pair)> {
    let (_, said_here) = end.relation();
    // In the order of their keys, or two that relate the same features would wait for each other.
    let policies = &service.policies;
    let (here, there) = if key < other {
        let here = row::lock(begun.connection(), policies, key).await?;
        (here, row::lock(begun.connection(), policies, other).await)
    } else {
        let there = row::lock(begun.connection(), policies, other).await;
        (row::lock(begun.connection(), policies, key).await?, there)
    };
    let mut write = begun.at_now().await?;
    // The feature of the page comes first: of its other end nothing is told to somebody who may not relate it.
    let permit = write.authorize_feature(actor, Action::RelateFeature, here.id, here.product).await?;
    let there = there.map_err(unseen)?;
    let wanted = if said_here { Action::ReadProduct } else { Action::RelateFeature };
    let second = write.authorize_feature(actor, wanted, there.id, there.product).await.map_err(unseen)?;
    let one_product = here.product == there.product;
    let (says, of, permit, other) =
        if said_here { (here, there, permit, second) } else { (there, here, second, permit) };
    says.progress.attempt()?;
    Ok((write, Pair { says, of, permit, other: one_product.then_some(other) }))
}

/// A feature that is not there and one that the actor may not see are told alike.
fn unseen(error: Error) -> Error {
    match error {
        Error::NotFound => wrong(Problem::NoSuchFeature),
        other => other,
    }
}

fn wrong(problem: Problem) -> Error {
    Error::Invalid(vec![FieldProblem { field: "other", label: OTHER, problem }])
}

/// Commits, with an event at each end. Across products there is only the one of the feature that says it, and it does
/// not say which other one it is of: readers of the one product would learn of what they may not read.
async fn record(mut write: Write, pair: &Pair, verb: Verb, kind: RelationKind) -> Result<()> {
    let object = |feature: &Feature| Object::new(ObjectKind::Feature, feature.id, feature.key.to_string());
    let one_product = pair.other.is_some();
    let mut event = write.event(&pair.permit, verb, object(&pair.says));
    let named = |feature: &Feature| {
        Value::code(if one_product { feature.key.to_string() } else { ELSEWHERE.to_owned() })
    };
    note(&mut event, verb, RelationEnd::of(kind, true), named(&pair.of));
    let mut consequences = Vec::new();
    if let Some(permit) = &pair.other {
        let mut event = write.consequence(permit, verb, object(&pair.of));
        note(&mut event, verb, RelationEnd::of(kind, false), named(&pair.says));
        consequences.push(event);
    }
    let settled = settle(&mut write, &pair.permit, &pair.says).await?;
    consequences.extend(settled.consequences);
    write.commit(event, consequences).await
}

/// Notes under the name of the relation which feature came to it or went.
fn note(event: &mut Event, verb: Verb, end: RelationEnd, other: Value) {
    if verb == Verb::FeaturesRelated {
        event.change(end.code(), Value::None, other);
    } else {
        event.change(end.code(), other, Value::None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        Fields::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn a_key_may_be_typed_in_any_case() {
        let form = fields(&[("relation", "child-of"), ("other", " pay-3 ")]);
        let command = RelateFeatures::parse(&form).unwrap();
        assert_eq!((command.end, command.other.to_string()), (RelationEnd::ChildOf, "PAY-3".to_owned()));
    }

    #[test]
    fn what_cannot_be_a_key_is_no_feature() {
        let problem =
            |other| RelateFeatures::parse(&fields(&[("relation", "x"), ("other", other)])).unwrap_err();
        let both = problem("<script>");
        assert_eq!(both.iter().map(|problem| problem.field).collect::<Vec<_>>(), ["relation", "other"]);
        assert_eq!(both[1].problem, Problem::NoSuchFeature);
        assert_eq!(problem(" ")[1].problem, Problem::Text(TextError::Empty));
    }
}
