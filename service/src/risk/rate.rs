use sluice_domain::{
    access::Action,
    audit::{Object, ObjectKind, Value, Verb},
    form::{Check, FieldProblem, Fields, Problem},
    ids::{FeatureId, FeatureKey},
    policy::Tier,
    record::{
        RecordForm, RecordKind, Values,
        risk::{Assessment, assess, questions},
    },
};
use sqlx::PgConnection;

use crate::{
    Service,
    actor::Actor,
    clock::fresh_id,
    db::write::uncancelled,
    error::{Error, Result},
    features::{row, store_feature},
    gates::settle,
    people::invalid,
    records::store,
};

/// The number of the one record that holds the answers.
const NUMBER: i32 = 1;

/// Answers to the risk questionnaire.
#[derive(Clone, Debug)]
pub struct RateFeature {
    /// The answers as a record.
    form: RecordForm,
    /// The tier that the feature had on screen.
    from: Tier,
    /// The tier that it is to have: the one that follows from the answers, or a higher one.
    tier: Tier,
}

impl RateFeature {
    /// Parses the answers, `reason`, `version` (0 while there are none), `from` (the tier on screen) and `tier`, which is
    /// empty or a tier higher than the answers give. A higher one needs the reason.
    ///
    /// # Errors
    /// Every problem of the form.
    pub fn parse(fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        let mut check = Check::default();
        let (form, mut problems) = match RecordForm::parse(RecordKind::Risk, fields) {
            Ok(form) => (Some(form), Vec::new()),
            Err(problems) => (None, problems),
        };
        for problem in &mut problems {
            if questions().any(|question| question.key == problem.field) {
                problem.problem = Problem::Unanswered;
            }
        }
        let from = check.choice(fields, "from", "The tier before", Tier::from_code);
        let chosen = check.optional_choice(fields, "tier", "Tier", Tier::from_code);
        let tier = form.as_ref().map(|form| {
            let assessed = assess(&form.values).tier;
            match chosen {
                Some(chosen) if chosen > assessed && !form.values.has("reason") => {
                    check.note("reason", "A reason for the higher tier", Problem::ReasonNeeded);
                    chosen
                }
                Some(chosen) => chosen.max(assessed),
                None => assessed,
            }
        });
        let command = (|| Some(Self { form: form?, from: from?, tier: tier? }))();
        match check.finish(command) {
            Ok(command) if problems.is_empty() => Ok(command),
            Ok(_) => Err(problems),
            Err(more) => {
                problems.extend(more);
                Err(problems)
            }
        }
    }

    /// The tier that the feature is to have.
    #[must_use]
    pub fn tier(&self) -> Tier {
        self.tier
    }

    /// What the answers come to.
    #[must_use]
    pub fn assessment(&self) -> Assessment {
        assess(&self.form.values)
    }

    /// The answers.
    #[must_use]
    pub fn answers(&self) -> &Values {
        &self.form.values
    }

    /// Whether it was made of what is there now.
    pub(super) fn demand_current(&self, tier: Tier, version: i32) -> Result<()> {
        if self.from == tier && self.form.version == version { Ok(()) } else { Err(Error::Stale) }
    }
}

/// Refuses a lower tier once a gate is open: what was asked under a tier cannot be made less afterwards.
pub(super) async fn demand_not_lowered(
    connection: &mut PgConnection,
    feature: FeatureId,
    from: Tier,
    to: Tier,
) -> Result<()> {
    if to >= from {
        return Ok(());
    }
    let opened = sqlx::query_scalar!(
        r#"select exists (select from gate_attempt where feature_id = $1 and outcome in ('opened', 'owed')) as "opened!""#,
        feature.uuid()
    )
    .fetch_one(connection)
    .await?;
    if opened { Err(invalid("tier", "Tier", Problem::TierLowered)) } else { Ok(()) }
}

impl Service {
    /// Answers the risk questionnaire, which sets the tier. A changed tier changes the dossier: sign-offs that stand on
    /// the old one are voided in the same transaction.
    ///
    /// # Errors
    /// [`Error::Stale`] when somebody else answered meanwhile, [`Error::Invalid`] when the tier would fall after a gate
    /// was opened.
    pub async fn rate_feature(&self, actor: &Actor, key: &FeatureKey, command: RateFeature) -> Result<()> {
        let (service, actor, key) = (self.clone(), actor.clone(), key.clone());
        uncancelled(|token| async move {
            let mut begun = service.db.begin(&token, &actor.origin).await?;
            let mut feature = row::lock(begun.connection(), &service.policies, &key).await?;
            let mut write = begun.at_now().await?;
            let permit =
                write.authorize_feature(&actor, Action::EditFeature, feature.id, feature.product).await?;
            feature.progress.attempt()?;
            let before = store::find(write.connection(), feature.id, RecordKind::Risk, NUMBER).await?;
            let (form, tier) = (&command.form, command.tier);
            if feature.tier == tier && before.as_ref().is_some_and(|before| before.values == form.values) {
                return Ok(());
            }
            command.demand_current(feature.tier, before.as_ref().map_or(0, |before| before.version))?;
            demand_not_lowered(write.connection(), feature.id, feature.tier, tier).await?;
            let object = Object::new(ObjectKind::Feature, feature.id, feature.key.to_string());
            let mut event = write.event(&permit, Verb::FeatureRated, object);
            event.change("tier", Value::code(feature.tier.code()), Value::code(tier.code()));
            let answer = |values: Option<&Values>, key: &str| {
                let text = values.map_or("", |values| values.text(key));
                if text.is_empty() { Value::None } else { Value::code(text) }
            };
            let (old, new) = (before.as_ref().map(|before| &before.values), Some(&form.values));
            for question in questions() {
                event.change(question.key, answer(old, question.key), answer(new, question.key));
            }
            let said =
                |values: Option<&Values>| Value::text(values.map_or("", |values| values.text("reason")));
            event.change("reason", said(old), said(new));
            let now = write.now;
            if let Some(before) = &before {
                store::update(write.connection(), &permit, before, form, actor.person, now).await?;
            } else {
                let id = fresh_id(now);
                store::insert(write.connection(), &permit, id, NUMBER, form, actor.person, now).await?;
            }
            if feature.tier != tier {
                feature.tier = tier;
                feature.version += 1;
                feature.renew_scope();
                store_feature(write.connection(), &permit, &feature, Some(actor.person)).await?;
            }
            let settled = settle(&mut write, &permit, &feature).await?;
            write.commit(event, settled.consequences).await
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(yes: &[&str], more: &[(&str, &str)]) -> Result<RateFeature, Vec<(&'static str, Problem)>> {
        let mut pairs: Vec<(String, String)> = questions()
            .map(|question| {
                let answer = if yes.contains(&question.key) { "yes" } else { "no" };
                (question.key.to_owned(), answer.to_owned())
            })
            .collect();
        pairs.push(("version".to_owned(), "0".to_owned()));
        pairs.push(("from".to_owned(), "low".to_owned()));
        for (name, value) in more {
            pairs.retain(|(key, _)| key != name);
            pairs.push(((*name).to_owned(), (*value).to_owned()));
        }
        RateFeature::parse(&Fields::new(pairs)).map_err(|problems| {
            problems.into_iter().map(|problem| (problem.field, problem.problem)).collect()
        })
    }

    #[test]
    fn the_tier_follows_from_the_answers_or_is_higher_with_a_reason() {
        assert_eq!(parse(&[], &[]).map(|command| command.tier()), Ok(Tier::Low));
        assert_eq!(parse(&["money"], &[]).map(|command| command.tier()), Ok(Tier::High));
        // A tier below the answers' is no choice of anybody's.
        assert_eq!(parse(&["money"], &[("tier", "low")]).map(|command| command.tier()), Ok(Tier::High));
        let raised = [("tier", "medium"), ("reason", "It is our first one.")];
        assert_eq!(parse(&[], &raised).map(|command| command.tier()), Ok(Tier::Medium));
        assert_eq!(
            parse(&[], &[("tier", "medium")]).map(|command| command.tier()),
            Err(vec![("reason", Problem::ReasonNeeded)])
        );
    }

    #[test]
    fn every_question_without_an_answer_is_named() {
        let wrong =
            parse(&[], &[("money", ""), ("code", "perhaps"), ("from", "x")]).err().unwrap_or_default();
        assert_eq!(
            wrong,
            [("money", Problem::Unanswered), ("code", Problem::Unanswered), ("from", Problem::NotAChoice),]
        );
    }
}
