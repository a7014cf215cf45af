//! What records still lack, put right by the people whose work it is.

use sluice_domain::{
    access::Role,
    ids::FeatureKey,
    policy::EvidenceKind,
    policy::Tier,
    record::{RecordKind, RecordRef, Shortfall, State, risk::questions},
};
use sluice_service::{guides::PublishStandard, new_form_id, risk::RateFeature};

use super::{
    TestResult, World, fields,
    forms::{Named, Pairs, command, filled, kept, with},
    steps::parsed,
};

impl World {
    /// Whom records name: the developer writes, two others review.
    pub(crate) fn named(&self) -> Named {
        Named {
            one: self.cast.developer.person,
            others: [self.cast.tester.person, self.cast.releaser.person],
        }
    }

    /// Adds a record as somebody who may, with everything filled in and some fields set. Returns its number.
    pub(crate) async fn record(
        &self,
        key: &FeatureKey,
        kind: RecordKind,
        set: &[(&str, &str)],
    ) -> TestResult<i32> {
        let form =
            set.iter().fold(filled(kind, self.named(), "As the team agreed."), |form, (name, value)| {
                with(form, name, *value)
            });
        let actor = self.cast.holding(kind.spec().editors)?;
        Ok(self.service.add_record(actor, key, command(kind, form)?).await?)
    }

    /// Changes a record as somebody of these roles: `change` gets its form.
    pub(crate) async fn change_record(
        &self,
        key: &FeatureKey,
        (kind, number): (RecordKind, i32),
        roles: &[Role],
        change: impl FnOnce(Pairs) -> Pairs,
    ) -> TestResult {
        let actor = self.cast.holding(roles)?;
        let page = self.service.record_page(actor, key, kind, Some(number)).await?;
        let item = page.item.ok_or("there is no such record")?;
        let form = change(kept(kind, item.version, item.state.code, &item.title, &item.values));
        Ok(self.service.edit_record(actor, key, number, command(kind, form)?).await?)
    }

    /// Brings a record into a state, as somebody whose step it is.
    pub(crate) async fn bring(
        &self,
        key: &FeatureKey,
        record: (RecordKind, i32),
        state: &'static State,
    ) -> TestResult {
        let roles = record.0.spec().who_may_enter(state);
        self.change_record(key, record, roles, |form| with(form, "state", state.code)).await
    }

    /// Answers the risk questionnaire so that the feature keeps its tier.
    pub(crate) async fn keep_tier(&self, key: &FeatureKey) -> TestResult {
        let tier = self.service.risk_page(&self.cast.auditor, key).await?.summary.tier;
        let yes = match tier {
            Tier::Low => "",
            Tier::Medium => "exposed",
            Tier::High => "money",
        };
        let mut form = vec![("from", tier.code()), ("version", "0")];
        form.extend(
            questions().map(|question| (question.key, if question.key == yes { "yes" } else { "no" })),
        );
        let command = parsed(RateFeature::parse(&fields(&form)))?;
        Ok(self.service.rate_feature(&self.cast.manager, key, command).await?)
    }

    /// Publishes a coding standard of `PAY`.
    async fn publish_standard(&self) -> TestResult {
        let form = [
            ("id", &*new_form_id()),
            ("title", "Secure coding"),
            ("edition", "2026"),
            ("link", "https://example.org/secure-coding"),
            ("summary", "Validate input, encode output."),
        ];
        let command = parsed(PublishStandard::parse(&fields(&form)))?;
        self.service.publish_standard(&self.cast.manager, &"PAY".parse()?, command).await?;
        Ok(())
    }

    /// The developer, who is the author of every change here, attests what waits.
    async fn attest_standards(&self) -> TestResult {
        let actor = &self.cast.developer;
        for waiting in self.service.standards_to_attest(actor).await? {
            self.service.attest_standard(actor, &waiting.product, waiting.standard).await?;
        }
        Ok(())
    }

    /// Puts right what a rule misses.
    pub(crate) async fn supply(&self, key: &FeatureKey, shortfall: &Shortfall) -> TestResult {
        match shortfall {
            Shortfall::Nothing { kind: RecordKind::Risk, .. } => self.keep_tier(key).await,
            Shortfall::Nothing { kind, what } => self.begin_record(key, *kind, what).await,
            Shortfall::Waits { kind, number, .. } => {
                let page = self.service.record_page(&self.cast.auditor, key, *kind, Some(*number)).await?;
                let state = page.item.ok_or("there is no such record")?.state.code;
                let next = next(*kind, state)?;
                let next = kind.spec().state(next).ok_or("there is no such state")?;
                self.bring(key, (*kind, *number), next).await
            }
            Shortfall::Unanswered { what, by: RecordKind::Change } => {
                self.record(key, RecordKind::Change, &[("implements", &what.to_string())]).await.map(drop)
            }
            Shortfall::Unanswered { what, by: RecordKind::Decision } => {
                self.record(key, RecordKind::Decision, &[("requirements", &what.to_string())]).await.map(drop)
            }
            Shortfall::NoEvidence { kind, number, .. } => {
                let actor = &self.cast.tester;
                let evidence = self.prove(actor, key, EvidenceKind::TestReport, &[]).await?;
                let evidence = RecordRef::Evidence(evidence).to_string();
                self.change_record(key, (*kind, *number), &[Role::Qa], |form| {
                    with(form, "evidence", evidence)
                })
                .await
            }
            Shortfall::NoStandard => self.publish_standard().await,
            Shortfall::NotAttested { .. } => self.attest_standards().await,
            other => Err(format!("a form with every field filled in cannot lack this: {other:?}").into()),
        }
    }

    /// Begins a record so that it is the thing that was missing.
    async fn begin_record(&self, key: &FeatureKey, kind: RecordKind, what: &str) -> TestResult {
        let set: &[(&str, &str)] = match what {
            "security requirement" | "requirement about authentication" => {
                &[("class", "security"), ("family", "authentication")]
            }
            "requirement about encryption of data" => &[("class", "security"), ("family", "data-encryption")],
            "requirement about secure communication" => {
                &[("class", "security"), ("family", "secure-communication")]
            }
            "decision about a dynamic scan" => &[("method", "dynamic-scan")],
            "decision about a penetration test" => &[("method", "penetration-test")],
            "notice to customer support" => &[("audience", "support")],
            "automated security check" => &[("class", "security"), ("title", "static analysis")],
            "finished posture review" => &[("state", "done")],
            "promotion to staging" => &[("artefacts", "A-1")],
            "promotion to production" => &[("environment", "production"), ("artefacts", "A-1")],
            _ => &[],
        };
        self.record(key, kind, set).await.map(drop)
    }
}

/// The step that a record waits for.
fn next(kind: RecordKind, state: &str) -> TestResult<&'static str> {
    Ok(match (kind, state) {
        (RecordKind::Requirement | RecordKind::Decision, "proposed") => "accepted",
        (RecordKind::SecurityTest, "promised") | (RecordKind::Check, "failed") => "passed",
        (RecordKind::Notice, "draft") => "sent",
        (RecordKind::Notice, "sent") => "acknowledged",
        (RecordKind::Change, "open") => "merged",
        (RecordKind::Finding, "open") => "fixed",
        (RecordKind::Finding, "fixed") => "validated",
        (RecordKind::Promotion, "deployed") => "verified",
        (RecordKind::Feedback, "new") => "analysed",
        (RecordKind::Feedback, "analysed") => "closed",
        (RecordKind::PostureReview, "planned") => "done",
        other => return Err(format!("{other:?} waits for nothing").into()),
    })
}
