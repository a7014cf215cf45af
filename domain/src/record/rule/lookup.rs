use std::collections::{BTreeMap, BTreeSet};

use super::{RecordFact, RecordFacts, Rule, Shortfall};
use crate::record::{Input, ListKind, RecordKind, RecordRef, Tone};

/// The facts, asked rule by rule.
pub(super) struct Lookup<'a>(&'a RecordFacts);

impl<'a> Lookup<'a> {
    pub(super) fn new(facts: &'a RecordFacts) -> Self {
        Self(facts)
    }

    pub(super) fn shortfalls(&self, rule: Rule, reviewers: u8) -> Vec<Shortfall> {
        match rule {
            Rule::RiskAssessed => self.says(RecordKind::Risk, &[]),
            Rule::ScopeAndGoals => self.says(RecordKind::Plan, &["scope", "goals"]),
            Rule::Resources => self.says(RecordKind::Plan, &["resources"]),
            Rule::PrinciplesConsidered => self.says(RecordKind::Plan, &["principles"]),
            Rule::FunctionalRequirements => {
                self.settled(RecordKind::Requirement, "functional requirement", |r| {
                    r.is("class", "functional")
                })
            }
            Rule::SecurityRequirements => {
                self.settled(RecordKind::Requirement, "security requirement", |r| r.is("class", "security"))
            }
            Rule::AuthenticationSpecified => {
                self.family("authentication", "requirement about authentication")
            }
            Rule::EncryptionSpecified => {
                self.family("data-encryption", "requirement about encryption of data")
            }
            Rule::CommunicationSpecified => {
                self.family("secure-communication", "requirement about secure communication")
            }
            Rule::SecurityTestsChosen => self.tests_chosen(),
            Rule::StaticAnalysisDone => self.test_done("static-analysis", "decision about static analysis"),
            Rule::DynamicScanDone => self.test_done("dynamic-scan", "decision about a dynamic scan"),
            Rule::PenetrationTestDone => {
                self.test_done("penetration-test", "decision about a penetration test")
            }
            Rule::MarketingInformed => self.informed("marketing", "notice to marketing"),
            Rule::SupportInformed => self.informed("support", "notice to customer support"),
            Rule::NoticesAcknowledged => self.acknowledged(),
            Rule::FeatureDescribed => self.says(RecordKind::Design, &["description"]),
            Rule::DefinitionOfReady => {
                self.confirmed(RecordKind::Design, "ready", ListKind::DefinitionOfReady)
            }
            Rule::DecisionsDocumented => self.settled(RecordKind::Decision, "design decision", |_| true),
            Rule::ControlsDesigned => self.designed(),
            Rule::StandardsAttested => self.attested(),
            Rule::ChangesMerged => self.settled(RecordKind::Change, "merged change", |_| true),
            Rule::ControlsImplemented => self.implemented(),
            Rule::ChangesReviewed => self.reviewed(reviewers),
            Rule::QualityChecks => self.checks("quality", "automated quality check"),
            Rule::SecurityChecks => self.checks("security", "automated security check"),
            Rule::TestPlanned => self.says(RecordKind::TestPlan, &["method", "plan"]),
            Rule::FindingsAddressed => self.none_in(RecordKind::Finding, &["open"]),
            Rule::FixesValidated => self.none_in(RecordKind::Finding, &["open", "fixed"]),
            Rule::TestsSummarised => self.says(RecordKind::TestSummary, &["activities", "results"]),
            Rule::SettingsRecorded => self.says(RecordKind::Hardening, &["settings"]),
            Rule::Hardened => self.confirmed(RecordKind::Hardening, "hardening", ListKind::Hardening),
            Rule::DistributionSecured => self.says(RecordKind::Hardening, &["distribution"]),
            Rule::ArtefactsRecorded => self.artefacts(&["digest"]),
            Rule::ArtefactsSigned => self.artefacts(&["digest", "signature"]),
            Rule::UpdatePath => self.says(RecordKind::Operations, &["updates"]),
            Rule::IncidentPlan => self.says(RecordKind::Operations, &["incident"]),
            Rule::MonitoringInPlace => self.says(RecordKind::Operations, &["monitor", "signals"]),
            Rule::TriageNamed => self.says(RecordKind::Operations, &["triage"]),
            Rule::StagingVerified => self.promoted("staging", "promotion to staging"),
            Rule::ProductionVerified => self.promoted("production", "promotion to production"),
            Rule::ReleaseNotesWritten => self.says(RecordKind::ReleaseNotes, &["notes"]),
            Rule::FeedbackCollected => self.any(RecordKind::Feedback, "feedback", |_| true),
            Rule::FeedbackAnalysed => self.none_in(RecordKind::Feedback, &["new"]),
            Rule::FeedbackFollowed => self.none_in(RecordKind::Feedback, &["new", "analysed"]),
            Rule::PostureReviewed => self.posture(),
            Rule::LessonsLearnt => self.says(RecordKind::Lessons, &["learnt"]),
        }
    }

    /// Records of a kind, by number.
    fn all(&self, kind: RecordKind) -> impl Iterator<Item = &'a RecordFact> {
        let sorted: BTreeMap<i32, &RecordFact> = self
            .0
            .records
            .iter()
            .filter(|record| record.kind == kind)
            .map(|record| (record.number, record))
            .collect();
        sorted.into_values()
    }

    /// There is one, and it says these things.
    fn says(&self, kind: RecordKind, fields: &[&str]) -> Vec<Shortfall> {
        let Some(record) = self.all(kind).next() else {
            return vec![Shortfall::Nothing { kind, what: kind.spec().name }];
        };
        fields.iter().filter_map(|field| unsaid(record, field)).collect()
    }

    /// There is one that counts.
    fn any(
        &self,
        kind: RecordKind,
        what: &'static str,
        counts: impl Fn(&RecordFact) -> bool,
    ) -> Vec<Shortfall> {
        if self.all(kind).any(counts) { Vec::new() } else { vec![Shortfall::Nothing { kind, what }] }
    }

    /// One is in its good state, and none of them waits.
    fn settled(
        &self,
        kind: RecordKind,
        what: &'static str,
        counts: impl Fn(&RecordFact) -> bool,
    ) -> Vec<Shortfall> {
        let mut found = self.any(kind, what, |record| counts(record) && record.state.tone == Tone::Good);
        let waiting = self.all(kind).filter(|record| counts(record) && record.state.tone == Tone::Waiting);
        found.extend(waiting.map(waits));
        found
    }

    fn none_in(&self, kind: RecordKind, states: &[&str]) -> Vec<Shortfall> {
        self.all(kind).filter(|record| states.contains(&record.state.code)).map(waits).collect()
    }

    fn family(&self, family: &str, what: &'static str) -> Vec<Shortfall> {
        self.any(RecordKind::Requirement, what, |record| {
            record.is("class", "security") && record.is("family", family) && record.state.code == "accepted"
        })
    }

    fn tests_chosen(&self) -> Vec<Shortfall> {
        [
            ("static-analysis", "decision about static analysis"),
            ("dynamic-scan", "decision about a dynamic scan"),
            ("penetration-test", "decision about a penetration test"),
        ]
        .into_iter()
        .flat_map(|(method, what)| self.any(RecordKind::SecurityTest, what, |test| test.is("method", method)))
        .collect()
    }

    /// Every test of the method passed or was set aside, and what passed shows its report.
    fn test_done(&self, method: &str, what: &'static str) -> Vec<Shortfall> {
        let mut found = self.any(RecordKind::SecurityTest, what, |test| test.is("method", method));
        for test in self.all(RecordKind::SecurityTest).filter(|test| test.is("method", method)) {
            if ["promised", "failed"].contains(&test.state.code) {
                found.push(waits(test));
            } else if test.state.code != "not-needed" && test.values.many("evidence").is_empty() {
                let (kind, number, title) = (test.kind, test.number, test.title.clone());
                found.push(Shortfall::NoEvidence { kind, number, title });
            }
        }
        found
    }

    fn informed(&self, audience: &str, what: &'static str) -> Vec<Shortfall> {
        let mut found = self.any(RecordKind::Notice, what, |notice| notice.is("audience", audience));
        let drafts = |notice: &&RecordFact| notice.is("audience", audience) && notice.state.code == "draft";
        found.extend(self.all(RecordKind::Notice).filter(drafts).map(waits));
        found
    }

    fn acknowledged(&self) -> Vec<Shortfall> {
        let mut found = self.informed("marketing", "notice to marketing");
        found.extend(self.informed("support", "notice to customer support"));
        found.extend(self.none_in(RecordKind::Notice, &["sent"]));
        found
    }

    fn confirmed(&self, kind: RecordKind, field: &str, list: ListKind) -> Vec<Shortfall> {
        let Some(record) = self.all(kind).next() else {
            return vec![Shortfall::Nothing { kind, what: kind.spec().name }];
        };
        let points = self.0.points.get(&list).map(Vec::as_slice).unwrap_or_default();
        let confirmed = record.values.many(field);
        let points: Vec<String> = points.iter().filter(|point| !confirmed.contains(point)).cloned().collect();
        if points.is_empty() { Vec::new() } else { vec![Shortfall::Unconfirmed { kind, list, points }] }
    }

    /// Every accepted security requirement.
    fn security_requirements(&self) -> impl Iterator<Item = RecordRef> {
        self.all(RecordKind::Requirement)
            .filter(|record| record.is("class", "security") && record.state.code == "accepted")
            .map(|record| RecordRef::Record(RecordKind::Requirement, record.number))
    }

    fn designed(&self) -> Vec<Shortfall> {
        let decisions: Vec<&RecordFact> =
            self.all(RecordKind::Decision).filter(|decision| decision.state.code == "accepted").collect();
        let answered: BTreeSet<RecordRef> =
            decisions.iter().flat_map(|decision| decision.references("requirements")).collect();
        let mut found: Vec<Shortfall> = self
            .security_requirements()
            .filter(|requirement| !answered.contains(requirement))
            .map(|what| Shortfall::Unanswered { what, by: RecordKind::Decision })
            .collect();
        for decision in decisions.into_iter().filter(|decision| decision.values.has("requirements")) {
            found.extend(
                ["implementation", "verification"].iter().filter_map(|field| unsaid(decision, field)),
            );
        }
        found
    }

    fn implemented(&self) -> Vec<Shortfall> {
        let built: BTreeSet<RecordRef> = self
            .all(RecordKind::Change)
            .filter(|change| change.state.code == "merged")
            .flat_map(|change| change.references("implements"))
            .collect();
        self.security_requirements()
            .chain(self.0.mitigated.iter().map(|number| RecordRef::Threat(*number)))
            .filter(|what| !built.contains(what))
            .map(|what| Shortfall::Unanswered { what, by: RecordKind::Change })
            .collect()
    }

    fn attested(&self) -> Vec<Shortfall> {
        if self.0.standards == 0 {
            return vec![Shortfall::NoStandard];
        }
        let people: BTreeSet<&String> = self.0.unattested.iter().collect();
        people.into_iter().map(|name| Shortfall::NotAttested { name: name.clone() }).collect()
    }

    fn reviewed(&self, need: u8) -> Vec<Shortfall> {
        let mut found = self.any(RecordKind::Change, "merged change", |change| change.state.code == "merged");
        for change in self.all(RecordKind::Change).filter(|change| change.state.code == "merged") {
            let author = change.values.text("author");
            let distinct: BTreeSet<&String> =
                change.values.many("reviewers").iter().filter(|reviewer| *reviewer != author).collect();
            if distinct.len() < usize::from(need) {
                found.push(Shortfall::Reviewers { number: change.number, have: distinct.len(), need });
            }
        }
        found
    }

    /// The latest run of each check counts; where two are of one day, the one recorded later.
    fn checks(&self, class: &str, what: &'static str) -> Vec<Shortfall> {
        let mut latest: BTreeMap<String, &RecordFact> = BTreeMap::new();
        for check in self.all(RecordKind::Check).filter(|check| check.is("class", class)) {
            let slot = latest.entry(check.title.to_lowercase()).or_insert(check);
            if check.values.text("ran") >= slot.values.text("ran") {
                *slot = check;
            }
        }
        if latest.is_empty() {
            return vec![Shortfall::Nothing { kind: RecordKind::Check, what }];
        }
        latest.into_values().filter(|check| check.state.code != "passed").map(waits).collect()
    }

    fn artefacts(&self, fields: &[&str]) -> Vec<Shortfall> {
        let standing: Vec<&RecordFact> =
            self.all(RecordKind::Artefact).filter(|artefact| artefact.state.code == "recorded").collect();
        if standing.is_empty() {
            return vec![Shortfall::Nothing { kind: RecordKind::Artefact, what: "artefact" }];
        }
        standing
            .into_iter()
            .flat_map(|artefact| fields.iter().filter_map(move |field| unsaid(artefact, field)))
            .collect()
    }

    /// Every standing artefact has a verified promotion to the environment.
    fn promoted(&self, environment: &str, what: &'static str) -> Vec<Shortfall> {
        let kind = RecordKind::Promotion;
        let there: BTreeSet<RecordRef> = self
            .all(kind)
            .filter(|promotion| {
                promotion.is("environment", environment) && promotion.state.code == "verified"
            })
            .flat_map(|promotion| promotion.references("artefacts"))
            .collect();
        if there.is_empty() {
            let waiting: Vec<Shortfall> = self
                .all(kind)
                .filter(|promotion| {
                    promotion.is("environment", environment) && promotion.state.code == "deployed"
                })
                .map(waits)
                .collect();
            return if waiting.is_empty() { vec![Shortfall::Nothing { kind, what }] } else { waiting };
        }
        self.all(RecordKind::Artefact)
            .filter(|artefact| artefact.state.code == "recorded")
            .map(|artefact| RecordRef::Record(RecordKind::Artefact, artefact.number))
            .filter(|artefact| !there.contains(artefact))
            .map(|what| Shortfall::Unanswered { what, by: kind })
            .collect()
    }

    fn posture(&self) -> Vec<Shortfall> {
        let kind = RecordKind::PostureReview;
        let mut found = self.any(kind, "finished posture review", |review| review.state.code == "done");
        let planned = |review: &RecordFact| review.state.code == "planned" && review.values.has("due");
        found.extend(self.any(kind, "next posture review with its date", |review| {
            planned(review) || review.values.has("next")
        }));
        found
    }
}

impl RecordFact {
    fn is(&self, field: &str, code: &str) -> bool {
        self.values.text(field) == code
    }

    fn references(&self, field: &str) -> impl Iterator<Item = RecordRef> {
        self.values.many(field).iter().filter_map(|text| text.parse().ok())
    }
}

fn unsaid(record: &RecordFact, field: &str) -> Option<Shortfall> {
    let spec = record.kind.spec().field(field)?;
    let nothing = if matches!(spec.input, Input::Points(_)) {
        record.values.many(field).is_empty()
    } else {
        !record.values.has(field)
    };
    nothing.then_some(Shortfall::Unsaid { kind: record.kind, number: record.number, field: spec.label })
}

fn waits(record: &RecordFact) -> Shortfall {
    Shortfall::Waits {
        kind: record.kind,
        number: record.number,
        title: record.title.clone(),
        state: record.state.label,
    }
}
