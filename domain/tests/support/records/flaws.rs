//! Everything that can be wrong with what the phases recorded, from planning to building.

use std::sync::LazyLock;

use sluice_domain::record::{
    ListKind, RecordFact, RecordFacts, RecordKind as Kind, RecordRef, Rule, Shortfall, Values,
};

use super::{Group, later, record, says, title};

/// One thing that is wrong, and what the rules say of it.
pub(crate) struct Flaw {
    /// The group that it is in.
    pub(crate) group: Group,
    /// What is wrong.
    pub(crate) name: &'static str,
    /// Spoils facts that are whole.
    pub(super) spoil: fn(&mut RecordFacts),
    /// What each rule then lacks.
    pub(super) missing: Vec<(Rule, Shortfall)>,
}

/// Every flaw that is known. Each group begins with the one of having nothing on record.
pub(crate) fn flaws() -> &'static [Flaw] {
    &FLAWS
}

pub(super) type Missing = Vec<(Rule, Shortfall)>;

pub(super) fn at(facts: &mut RecordFacts, kind: Kind, number: i32) -> &mut RecordFact {
    let found = facts.records.iter_mut().find(|record| record.kind == kind && record.number == number);
    found.expect("it is on record")
}

pub(super) fn set(facts: &mut RecordFacts, kind: Kind, number: i32, key: &str, text: &str) {
    at(facts, kind, number).values.set_text(key, text);
}

pub(super) fn clear(facts: &mut RecordFacts, kind: Kind, number: i32, key: &str) {
    set(facts, kind, number, key, "");
}

pub(super) fn list(facts: &mut RecordFacts, kind: Kind, number: i32, key: &str, items: &[&str]) {
    at(facts, kind, number).values.set_many(key, items.iter().map(|&item| item.to_owned()).collect());
}

pub(super) fn enter(facts: &mut RecordFacts, kind: Kind, number: i32, state: &str) {
    at(facts, kind, number).state = kind.spec().state(state).expect("a state of the kind");
}

pub(super) fn gone(facts: &mut RecordFacts, kinds: &[Kind]) {
    facts.records.retain(|record| !kinds.contains(&record.kind));
}

pub(super) fn lost(facts: &mut RecordFacts, kind: Kind, number: i32) {
    facts.records.retain(|record| record.kind != kind || record.number != number);
}

pub(super) fn add(facts: &mut RecordFacts, kind: Kind, number: i32, state: &str, values: Values) {
    facts.records.push(record(kind, number, state, values));
}

pub(super) fn nothing(kind: Kind, what: &'static str) -> Shortfall {
    Shortfall::Nothing { kind, what }
}

pub(super) fn unsaid(kind: Kind, field: &'static str) -> Shortfall {
    Shortfall::Unsaid { kind, number: 1, field }
}

pub(super) fn waits(kind: Kind, number: i32, state: &'static str) -> Shortfall {
    Shortfall::Waits { kind, number, title: title(kind, number), state }
}

pub(super) fn open(kind: Kind, list: ListKind, points: &[&str]) -> Shortfall {
    Shortfall::Unconfirmed { kind, list, points: points.iter().map(|point| (*point).to_owned()).collect() }
}

/// References that nothing of a kind answers.
pub(super) fn unanswered(rule: Rule, by: Kind, what: &[&str]) -> Missing {
    what.iter()
        .map(|text| {
            (rule, Shortfall::Unanswered { what: text.parse::<RecordRef>().expect("a reference"), by })
        })
        .collect()
}

fn reviewers(have: usize) -> Missing {
    vec![(Rule::ChangesReviewed, Shortfall::Reviewers { number: 1, have, need: 0 })]
}

/// Several rules that lack the same.
pub(super) fn each(rules: &[Rule], shortfall: &Shortfall) -> Missing {
    rules.iter().map(|rule| (*rule, shortfall.clone())).collect()
}

/// What two lists name.
pub(super) fn joined(one: Missing, other: Missing) -> Missing {
    one.into_iter().chain(other).collect()
}

pub(super) fn flaw(group: Group, name: &'static str, spoil: fn(&mut RecordFacts), missing: Missing) -> Flaw {
    Flaw { group, name, spoil, missing }
}

static FLAWS: LazyLock<Vec<Flaw>> = LazyLock::new(|| {
    let mut all = planned();
    all.extend(built());
    all.extend(later::tested());
    all.extend(later::shipped());
    all.extend(later::learnt());
    all
});

fn planned() -> Vec<Flaw> {
    use Group::{Design, Notice, Plan, Risk};
    let plan = |field, rule| vec![(rule, unsaid(Kind::Plan, field))];
    vec![
        flaw(
            Risk,
            "no questionnaire",
            |f| gone(f, &[Kind::Risk]),
            vec![(Rule::RiskAssessed, nothing(Kind::Risk, "risk questionnaire"))],
        ),
        flaw(
            Plan,
            "no plan",
            |f| gone(f, &[Kind::Plan]),
            each(
                &[Rule::ScopeAndGoals, Rule::Resources, Rule::PrinciplesConsidered],
                &nothing(Kind::Plan, "plan"),
            ),
        ),
        flaw(Plan, "no scope", |f| clear(f, Kind::Plan, 1, "scope"), plan("Scope", Rule::ScopeAndGoals)),
        flaw(Plan, "no goals", |f| clear(f, Kind::Plan, 1, "goals"), plan("Goals", Rule::ScopeAndGoals)),
        flaw(
            Plan,
            "no resources",
            |f| clear(f, Kind::Plan, 1, "resources"),
            plan("Resources", Rule::Resources),
        ),
        flaw(
            Plan,
            "no principles",
            |f| clear(f, Kind::Plan, 1, "principles"),
            plan("Engineering principles that shape it", Rule::PrinciplesConsidered),
        ),
        flaw(
            Notice,
            "no notices",
            |f| gone(f, &[Kind::Notice]),
            vec![
                (Rule::MarketingInformed, nothing(Kind::Notice, "notice to marketing")),
                (Rule::SupportInformed, nothing(Kind::Notice, "notice to customer support")),
                (Rule::NoticesAcknowledged, nothing(Kind::Notice, "notice to marketing")),
                (Rule::NoticesAcknowledged, nothing(Kind::Notice, "notice to customer support")),
            ],
        ),
        flaw(
            Notice,
            "marketing has a draft",
            |f| enter(f, Kind::Notice, 1, "draft"),
            each(&[Rule::MarketingInformed, Rule::NoticesAcknowledged], &waits(Kind::Notice, 1, "Draft")),
        ),
        flaw(
            Notice,
            "support has not acknowledged",
            |f| enter(f, Kind::Notice, 2, "sent"),
            vec![(Rule::NoticesAcknowledged, waits(Kind::Notice, 2, "Sent"))],
        ),
        flaw(
            Notice,
            "support has no notice",
            |f| lost(f, Kind::Notice, 2),
            each(
                &[Rule::SupportInformed, Rule::NoticesAcknowledged],
                &nothing(Kind::Notice, "notice to customer support"),
            ),
        ),
        flaw(
            Design,
            "no description",
            |f| gone(f, &[Kind::Design]),
            each(
                &[Rule::FeatureDescribed, Rule::DefinitionOfReady],
                &nothing(Kind::Design, "feature description"),
            ),
        ),
        flaw(
            Design,
            "an empty description",
            |f| clear(f, Kind::Design, 1, "description"),
            vec![(Rule::FeatureDescribed, unsaid(Kind::Design, "Description"))],
        ),
        flaw(
            Design,
            "nothing is ready",
            |f| clear(f, Kind::Design, 1, "ready"),
            vec![(
                Rule::DefinitionOfReady,
                open(Kind::Design, ListKind::DefinitionOfReady, ListKind::DefinitionOfReady.defaults()),
            )],
        ),
        flaw(
            Design,
            "the product asks for one more point",
            |f| f.points.entry(ListKind::DefinitionOfReady).or_default().push("It has a name".into()),
            vec![(
                Rule::DefinitionOfReady,
                open(Kind::Design, ListKind::DefinitionOfReady, &["It has a name"]),
            )],
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn built() -> Vec<Flaw> {
    use Group::{Build, Check, Standards};
    let requirement = |what| nothing(Kind::Requirement, what);
    let decision = |field| vec![(Rule::ControlsDesigned, unsaid(Kind::Decision, field))];
    let all = &["R-2", "R-3", "R-4"];
    vec![
        flaw(
            Build,
            "nothing required, decided or built",
            |f| {
                gone(f, &[Kind::Requirement, Kind::Decision, Kind::Change]);
                f.mitigated.clear();
            },
            vec![
                (Rule::FunctionalRequirements, requirement("functional requirement")),
                (Rule::SecurityRequirements, requirement("security requirement")),
                (Rule::AuthenticationSpecified, requirement("requirement about authentication")),
                (Rule::EncryptionSpecified, requirement("requirement about encryption of data")),
                (Rule::CommunicationSpecified, requirement("requirement about secure communication")),
                (Rule::DecisionsDocumented, nothing(Kind::Decision, "design decision")),
                (Rule::ChangesMerged, nothing(Kind::Change, "merged change")),
                (Rule::ChangesReviewed, nothing(Kind::Change, "merged change")),
            ],
        ),
        flaw(
            Build,
            "the functional requirement is proposed",
            |f| enter(f, Kind::Requirement, 1, "proposed"),
            vec![
                (Rule::FunctionalRequirements, requirement("functional requirement")),
                (Rule::FunctionalRequirements, waits(Kind::Requirement, 1, "Proposed")),
            ],
        ),
        flaw(
            Build,
            "the functional requirement is dropped",
            |f| enter(f, Kind::Requirement, 1, "dropped"),
            vec![(Rule::FunctionalRequirements, requirement("functional requirement"))],
        ),
        flaw(
            Build,
            "a second functional requirement is proposed",
            |f| add(f, Kind::Requirement, 5, "proposed", says(&[("class", "functional")])),
            vec![(Rule::FunctionalRequirements, waits(Kind::Requirement, 5, "Proposed"))],
        ),
        flaw(
            Build,
            "authentication is proposed",
            |f| enter(f, Kind::Requirement, 2, "proposed"),
            vec![
                (Rule::SecurityRequirements, waits(Kind::Requirement, 2, "Proposed")),
                (Rule::AuthenticationSpecified, requirement("requirement about authentication")),
            ],
        ),
        flaw(
            Build,
            "authentication is no security requirement",
            |f| set(f, Kind::Requirement, 2, "class", "functional"),
            vec![(Rule::AuthenticationSpecified, requirement("requirement about authentication"))],
        ),
        flaw(
            Build,
            "encryption is dropped",
            |f| enter(f, Kind::Requirement, 3, "dropped"),
            vec![(Rule::EncryptionSpecified, requirement("requirement about encryption of data"))],
        ),
        flaw(
            Build,
            "communication became privacy",
            |f| set(f, Kind::Requirement, 4, "family", "privacy"),
            vec![(Rule::CommunicationSpecified, requirement("requirement about secure communication"))],
        ),
        flaw(
            Build,
            "a security requirement that nobody answers",
            |f| {
                add(
                    f,
                    Kind::Requirement,
                    5,
                    "accepted",
                    says(&[("class", "security"), ("family", "privacy")]),
                );
            },
            joined(
                unanswered(Rule::ControlsDesigned, Kind::Decision, &["R-5"]),
                unanswered(Rule::ControlsImplemented, Kind::Change, &["R-5"]),
            ),
        ),
        flaw(
            Build,
            "the decision is proposed",
            |f| enter(f, Kind::Decision, 1, "proposed"),
            joined(
                unanswered(Rule::ControlsDesigned, Kind::Decision, all),
                vec![
                    (Rule::DecisionsDocumented, nothing(Kind::Decision, "design decision")),
                    (Rule::DecisionsDocumented, waits(Kind::Decision, 1, "Proposed")),
                ],
            ),
        ),
        flaw(
            Build,
            "a second decision is proposed",
            |f| add(f, Kind::Decision, 2, "proposed", Values::default()),
            vec![(Rule::DecisionsDocumented, waits(Kind::Decision, 2, "Proposed"))],
        ),
        flaw(
            Build,
            "the decision answers nothing",
            |f| clear(f, Kind::Decision, 1, "requirements"),
            unanswered(Rule::ControlsDesigned, Kind::Decision, all),
        ),
        flaw(
            Build,
            "no implementation",
            |f| clear(f, Kind::Decision, 1, "implementation"),
            decision("How it is implemented"),
        ),
        flaw(
            Build,
            "no verification",
            |f| clear(f, Kind::Decision, 1, "verification"),
            decision("How it is verified"),
        ),
        flaw(
            Build,
            "the change is open",
            |f| enter(f, Kind::Change, 1, "open"),
            joined(
                unanswered(Rule::ControlsImplemented, Kind::Change, &["R-2", "R-3", "R-4", "T-1"]),
                vec![
                    (Rule::ChangesMerged, nothing(Kind::Change, "merged change")),
                    (Rule::ChangesMerged, waits(Kind::Change, 1, "Open")),
                    (Rule::ChangesReviewed, nothing(Kind::Change, "merged change")),
                ],
            ),
        ),
        flaw(
            Build,
            "a second change is open",
            |f| add(f, Kind::Change, 2, "open", Values::default()),
            vec![(Rule::ChangesMerged, waits(Kind::Change, 2, "Open"))],
        ),
        flaw(
            Build,
            "the change builds no countermeasure",
            |f| list(f, Kind::Change, 1, "implements", &["R-2", "R-3", "R-4"]),
            unanswered(Rule::ControlsImplemented, Kind::Change, &["T-1"]),
        ),
        flaw(
            Build,
            "the change builds one requirement of three",
            |f| list(f, Kind::Change, 1, "implements", &["R-3", "T-1"]),
            unanswered(Rule::ControlsImplemented, Kind::Change, &["R-2", "R-4"]),
        ),
        flaw(
            Build,
            "one more threat to mitigate",
            |f| f.mitigated.push(2),
            unanswered(Rule::ControlsImplemented, Kind::Change, &["T-2"]),
        ),
        flaw(Build, "no reviewer", |f| clear(f, Kind::Change, 1, "reviewers"), reviewers(0)),
        flaw(Build, "the author reviewed", |f| list(f, Kind::Change, 1, "reviewers", &["Ana"]), reviewers(0)),
        flaw(Build, "one reviewer", |f| list(f, Kind::Change, 1, "reviewers", &["Ben"]), reviewers(1)),
        flaw(
            Build,
            "one reviewer twice",
            |f| list(f, Kind::Change, 1, "reviewers", &["Ben", "Ben"]),
            reviewers(1),
        ),
        flaw(
            Build,
            "one reviewer beside the author",
            |f| list(f, Kind::Change, 1, "reviewers", &["Ana", "Ben"]),
            reviewers(1),
        ),
        flaw(
            Check,
            "no checks",
            |f| gone(f, &[Kind::Check]),
            vec![
                (Rule::QualityChecks, nothing(Kind::Check, "automated quality check")),
                (Rule::SecurityChecks, nothing(Kind::Check, "automated security check")),
            ],
        ),
        flaw(
            Check,
            "quality fails",
            |f| enter(f, Kind::Check, 1, "failed"),
            vec![(Rule::QualityChecks, waits(Kind::Check, 1, "Failed"))],
        ),
        flaw(
            Check,
            "a later run of a security check fails",
            |f| {
                add(f, Kind::Check, 3, "failed", says(&[("class", "security"), ("ran", "2026-05-05")]));
                at(f, Kind::Check, 3).title = "CHECK 2".into();
            },
            vec![(
                Rule::SecurityChecks,
                Shortfall::Waits { kind: Kind::Check, number: 3, title: "CHECK 2".into(), state: "Failed" },
            )],
        ),
        flaw(
            Check,
            "another security check fails",
            |f| add(f, Kind::Check, 3, "failed", says(&[("class", "security"), ("ran", "2026-05-01")])),
            vec![(Rule::SecurityChecks, waits(Kind::Check, 3, "Failed"))],
        ),
        flaw(
            Check,
            "quality alone is checked",
            |f| lost(f, Kind::Check, 2),
            vec![(Rule::SecurityChecks, nothing(Kind::Check, "automated security check"))],
        ),
        flaw(
            Standards,
            "no standard",
            |f| f.standards = 0,
            vec![(Rule::StandardsAttested, Shortfall::NoStandard)],
        ),
        flaw(
            Standards,
            "two authors did not attest",
            |f| f.unattested = vec!["Ben".into(), "Ana".into(), "Ben".into()],
            vec![
                (Rule::StandardsAttested, Shortfall::NotAttested { name: "Ana".into() }),
                (Rule::StandardsAttested, Shortfall::NotAttested { name: "Ben".into() }),
            ],
        ),
    ]
}
