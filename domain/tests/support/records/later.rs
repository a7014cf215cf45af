//! Everything that can be wrong with testing, releasing and learning.

use sluice_domain::record::{ListKind, RecordKind as Kind, Rule, Shortfall, Values};

use super::{
    Group,
    flaws::{
        Flaw, add, clear, each, enter, flaw, gone, joined, list, lost, nothing, open, set, unanswered,
        unsaid, waits,
    },
    says, title,
};

fn no_evidence(number: i32) -> Shortfall {
    let kind = Kind::SecurityTest;
    Shortfall::NoEvidence { kind, number, title: title(kind, number) }
}

pub(super) fn tested() -> Vec<Flaw> {
    use Group::{Finding, SecurityTest, TestPlan, TestSummary};
    let test = |what| nothing(Kind::SecurityTest, what);
    vec![
        flaw(
            SecurityTest,
            "no security tests",
            |f| gone(f, &[Kind::SecurityTest]),
            vec![
                (Rule::SecurityTestsChosen, test("decision about static analysis")),
                (Rule::SecurityTestsChosen, test("decision about a dynamic scan")),
                (Rule::SecurityTestsChosen, test("decision about a penetration test")),
                (Rule::StaticAnalysisDone, test("decision about static analysis")),
                (Rule::DynamicScanDone, test("decision about a dynamic scan")),
                (Rule::PenetrationTestDone, test("decision about a penetration test")),
            ],
        ),
        flaw(
            SecurityTest,
            "static analysis is promised",
            |f| enter(f, Kind::SecurityTest, 1, "promised"),
            vec![(Rule::StaticAnalysisDone, waits(Kind::SecurityTest, 1, "Promised"))],
        ),
        flaw(
            SecurityTest,
            "static analysis without report",
            |f| clear(f, Kind::SecurityTest, 1, "evidence"),
            vec![(Rule::StaticAnalysisDone, no_evidence(1))],
        ),
        flaw(
            SecurityTest,
            "dynamic scan failed",
            |f| enter(f, Kind::SecurityTest, 2, "failed"),
            vec![(Rule::DynamicScanDone, waits(Kind::SecurityTest, 2, "Failed"))],
        ),
        flaw(
            SecurityTest,
            "a second dynamic scan is promised",
            |f| add(f, Kind::SecurityTest, 4, "promised", says(&[("method", "dynamic-scan")])),
            vec![(Rule::DynamicScanDone, waits(Kind::SecurityTest, 4, "Promised"))],
        ),
        flaw(
            SecurityTest,
            "nobody thought of penetration",
            |f| lost(f, Kind::SecurityTest, 3),
            each(
                &[Rule::SecurityTestsChosen, Rule::PenetrationTestDone],
                &test("decision about a penetration test"),
            ),
        ),
        flaw(
            TestPlan,
            "no test plan",
            |f| gone(f, &[Kind::TestPlan]),
            vec![(Rule::TestPlanned, nothing(Kind::TestPlan, "test plan"))],
        ),
        flaw(
            TestPlan,
            "no method",
            |f| clear(f, Kind::TestPlan, 1, "method"),
            vec![(Rule::TestPlanned, unsaid(Kind::TestPlan, "Method"))],
        ),
        flaw(
            TestPlan,
            "no plan of testing",
            |f| clear(f, Kind::TestPlan, 1, "plan"),
            vec![(Rule::TestPlanned, unsaid(Kind::TestPlan, "Plan"))],
        ),
        flaw(Finding, "nothing was found", |f| gone(f, &[Kind::Finding]), Vec::new()),
        flaw(
            Finding,
            "a finding is open",
            |f| enter(f, Kind::Finding, 1, "open"),
            each(&[Rule::FindingsAddressed, Rule::FixesValidated], &waits(Kind::Finding, 1, "Open")),
        ),
        flaw(
            Finding,
            "a fix waits",
            |f| enter(f, Kind::Finding, 1, "fixed"),
            vec![(Rule::FixesValidated, waits(Kind::Finding, 1, "Fixed"))],
        ),
        flaw(
            TestSummary,
            "no summary",
            |f| gone(f, &[Kind::TestSummary]),
            vec![(Rule::TestsSummarised, nothing(Kind::TestSummary, "test summary"))],
        ),
        flaw(
            TestSummary,
            "no activities",
            |f| clear(f, Kind::TestSummary, 1, "activities"),
            vec![(Rule::TestsSummarised, unsaid(Kind::TestSummary, "Activities"))],
        ),
        flaw(
            TestSummary,
            "no results",
            |f| clear(f, Kind::TestSummary, 1, "results"),
            vec![(Rule::TestsSummarised, unsaid(Kind::TestSummary, "Results"))],
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) fn shipped() -> Vec<Flaw> {
    use Group::{Hardening, Operations, ReleaseNotes, Ship};
    let hardening = |field, rule| vec![(rule, unsaid(Kind::Hardening, field))];
    let operations = |field, rule| vec![(rule, unsaid(Kind::Operations, field))];
    let artefacts = &[Rule::ArtefactsRecorded, Rule::ArtefactsSigned];
    vec![
        flaw(
            Hardening,
            "no settings on record",
            |f| gone(f, &[Kind::Hardening]),
            each(
                &[Rule::SettingsRecorded, Rule::Hardened, Rule::DistributionSecured],
                &nothing(Kind::Hardening, "secure configuration"),
            ),
        ),
        flaw(
            Hardening,
            "no settings",
            |f| clear(f, Kind::Hardening, 1, "settings"),
            hardening("Secure settings", Rule::SettingsRecorded),
        ),
        flaw(
            Hardening,
            "no distribution",
            |f| clear(f, Kind::Hardening, 1, "distribution"),
            hardening("Secure distribution", Rule::DistributionSecured),
        ),
        flaw(
            Hardening,
            "no point was checked",
            |f| clear(f, Kind::Hardening, 1, "hardening"),
            vec![(
                Rule::Hardened,
                open(Kind::Hardening, ListKind::Hardening, ListKind::Hardening.defaults()),
            )],
        ),
        flaw(
            Hardening,
            "points of another list were checked",
            |f| list(f, Kind::Hardening, 1, "hardening", &["It has a name"]),
            vec![(
                Rule::Hardened,
                open(Kind::Hardening, ListKind::Hardening, ListKind::Hardening.defaults()),
            )],
        ),
        flaw(
            Ship,
            "nothing ships",
            |f| gone(f, &[Kind::Artefact, Kind::Promotion]),
            joined(
                each(artefacts, &nothing(Kind::Artefact, "artefact")),
                vec![
                    (Rule::StagingVerified, nothing(Kind::Promotion, "promotion to staging")),
                    (Rule::ProductionVerified, nothing(Kind::Promotion, "promotion to production")),
                ],
            ),
        ),
        flaw(
            Ship,
            "no signature",
            |f| clear(f, Kind::Artefact, 1, "signature"),
            vec![(Rule::ArtefactsSigned, unsaid(Kind::Artefact, "Signature"))],
        ),
        flaw(
            Ship,
            "no digest",
            |f| clear(f, Kind::Artefact, 1, "digest"),
            each(artefacts, &unsaid(Kind::Artefact, "SHA-256")),
        ),
        flaw(
            Ship,
            "the artefact is withdrawn",
            |f| enter(f, Kind::Artefact, 1, "withdrawn"),
            each(artefacts, &nothing(Kind::Artefact, "artefact")),
        ),
        flaw(
            Ship,
            "a second artefact was promoted nowhere",
            |f| add(f, Kind::Artefact, 2, "recorded", says(&[("digest", "b"), ("signature", "c")])),
            joined(
                unanswered(Rule::StagingVerified, Kind::Promotion, &["A-2"]),
                unanswered(Rule::ProductionVerified, Kind::Promotion, &["A-2"]),
            ),
        ),
        flaw(
            Ship,
            "staging is not verified",
            |f| enter(f, Kind::Promotion, 1, "deployed"),
            vec![(Rule::StagingVerified, waits(Kind::Promotion, 1, "Deployed"))],
        ),
        flaw(
            Ship,
            "production is not verified",
            |f| enter(f, Kind::Promotion, 2, "deployed"),
            vec![(Rule::ProductionVerified, waits(Kind::Promotion, 2, "Deployed"))],
        ),
        flaw(
            Ship,
            "production was rolled back",
            |f| enter(f, Kind::Promotion, 2, "rolled-back"),
            vec![(Rule::ProductionVerified, nothing(Kind::Promotion, "promotion to production"))],
        ),
        flaw(
            Ship,
            "staging twice is not production",
            |f| set(f, Kind::Promotion, 2, "environment", "staging"),
            vec![(Rule::ProductionVerified, nothing(Kind::Promotion, "promotion to production"))],
        ),
        flaw(
            Operations,
            "no operations plan",
            |f| gone(f, &[Kind::Operations]),
            each(
                &[Rule::UpdatePath, Rule::IncidentPlan, Rule::MonitoringInPlace, Rule::TriageNamed],
                &nothing(Kind::Operations, "operations plan"),
            ),
        ),
        flaw(
            Operations,
            "no update path",
            |f| clear(f, Kind::Operations, 1, "updates"),
            operations("Update and patch path", Rule::UpdatePath),
        ),
        flaw(
            Operations,
            "no incident plan",
            |f| clear(f, Kind::Operations, 1, "incident"),
            operations("Incident response plan", Rule::IncidentPlan),
        ),
        flaw(
            Operations,
            "nobody watches",
            |f| clear(f, Kind::Operations, 1, "monitor"),
            operations("Monitoring owner", Rule::MonitoringInPlace),
        ),
        flaw(
            Operations,
            "nothing to look at",
            |f| clear(f, Kind::Operations, 1, "signals"),
            operations("Monitoring and alerts", Rule::MonitoringInPlace),
        ),
        flaw(
            Operations,
            "nobody triages",
            |f| clear(f, Kind::Operations, 1, "triage"),
            operations("Vulnerability triage", Rule::TriageNamed),
        ),
        flaw(
            ReleaseNotes,
            "no release notes",
            |f| gone(f, &[Kind::ReleaseNotes]),
            vec![(Rule::ReleaseNotesWritten, nothing(Kind::ReleaseNotes, "release notes"))],
        ),
        flaw(
            ReleaseNotes,
            "empty release notes",
            |f| clear(f, Kind::ReleaseNotes, 1, "notes"),
            vec![(Rule::ReleaseNotesWritten, unsaid(Kind::ReleaseNotes, "Release notes"))],
        ),
    ]
}

pub(super) fn learnt() -> Vec<Flaw> {
    use Group::{Feedback, Lessons, Posture};
    let review = |what| nothing(Kind::PostureReview, what);
    vec![
        flaw(
            Feedback,
            "no feedback",
            |f| gone(f, &[Kind::Feedback]),
            vec![(Rule::FeedbackCollected, nothing(Kind::Feedback, "feedback"))],
        ),
        flaw(
            Feedback,
            "feedback is new",
            |f| enter(f, Kind::Feedback, 1, "new"),
            each(&[Rule::FeedbackAnalysed, Rule::FeedbackFollowed], &waits(Kind::Feedback, 1, "New")),
        ),
        flaw(
            Feedback,
            "feedback is analysed and left there",
            |f| enter(f, Kind::Feedback, 1, "analysed"),
            vec![(Rule::FeedbackFollowed, waits(Kind::Feedback, 1, "Analysed"))],
        ),
        flaw(
            Posture,
            "no posture review",
            |f| gone(f, &[Kind::PostureReview]),
            vec![
                (Rule::PostureReviewed, review("finished posture review")),
                (Rule::PostureReviewed, review("next posture review with its date")),
            ],
        ),
        flaw(
            Posture,
            "the posture review is planned",
            |f| enter(f, Kind::PostureReview, 1, "planned"),
            vec![(Rule::PostureReviewed, review("finished posture review"))],
        ),
        flaw(
            Posture,
            "no next review",
            |f| clear(f, Kind::PostureReview, 1, "next"),
            vec![(Rule::PostureReviewed, review("next posture review with its date"))],
        ),
        flaw(
            Posture,
            "the next review has no date",
            |f| {
                clear(f, Kind::PostureReview, 1, "next");
                add(f, Kind::PostureReview, 2, "planned", Values::default());
            },
            vec![(Rule::PostureReviewed, review("next posture review with its date"))],
        ),
        flaw(
            Lessons,
            "no lessons",
            |f| gone(f, &[Kind::Lessons]),
            vec![(Rule::LessonsLearnt, nothing(Kind::Lessons, "lessons"))],
        ),
        flaw(
            Lessons,
            "empty lessons",
            |f| clear(f, Kind::Lessons, 1, "learnt"),
            vec![(Rule::LessonsLearnt, unsaid(Kind::Lessons, "What was learnt"))],
        ),
    ]
}
