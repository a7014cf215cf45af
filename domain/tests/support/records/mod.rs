//! What the phases recorded of a feature with which all is done, and everything that can be wrong with it. Each flaw
//! says itself which rules it breaks and what is then missing, so nothing of the code under test is in it.

mod flaws;
mod later;

use std::{collections::BTreeSet, sync::LazyLock};

use sluice_domain::record::{ListKind, RecordFact, RecordFacts, RecordKind, Rule, Shortfall, Values};

pub(crate) use flaws::{Flaw, flaws};

/// Records that the rules see together. Flaws of two groups have nothing to do with each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Group {
    Risk,
    Plan,
    Build,
    SecurityTest,
    Notice,
    Design,
    Check,
    TestPlan,
    Finding,
    TestSummary,
    Hardening,
    Ship,
    Operations,
    ReleaseNotes,
    Feedback,
    Posture,
    Lessons,
    Standards,
}

impl Group {
    /// The kinds of record that belong to it.
    fn kinds(self) -> &'static [RecordKind] {
        match self {
            Self::Risk => &[RecordKind::Risk],
            Self::Plan => &[RecordKind::Plan],
            Self::Build => &[RecordKind::Requirement, RecordKind::Decision, RecordKind::Change],
            Self::SecurityTest => &[RecordKind::SecurityTest],
            Self::Notice => &[RecordKind::Notice],
            Self::Design => &[RecordKind::Design],
            Self::Check => &[RecordKind::Check],
            Self::TestPlan => &[RecordKind::TestPlan],
            Self::Finding => &[RecordKind::Finding],
            Self::TestSummary => &[RecordKind::TestSummary],
            Self::Hardening => &[RecordKind::Hardening],
            Self::Ship => &[RecordKind::Artefact, RecordKind::Promotion],
            Self::Operations => &[RecordKind::Operations],
            Self::ReleaseNotes => &[RecordKind::ReleaseNotes],
            Self::Feedback => &[RecordKind::Feedback],
            Self::Posture => &[RecordKind::PostureReview],
            Self::Lessons => &[RecordKind::Lessons],
            Self::Standards => &[],
        }
    }

    /// The product's list that belongs to it.
    fn list(self) -> Option<ListKind> {
        match self {
            Self::Design => Some(ListKind::DefinitionOfReady),
            Self::Hardening => Some(ListKind::Hardening),
            _ => None,
        }
    }
}

impl Flaw {
    /// What the flaw leaves a rule without, when a change needs this many reviewers.
    pub(crate) fn breaks(&self, rule: Rule, need: u8) -> Vec<Shortfall> {
        let of_rule = self.missing.iter().filter(|(broken, _)| *broken == rule);
        of_rule
            .filter_map(|(_, shortfall)| match shortfall {
                // The policy says how many are enough.
                Shortfall::Reviewers { have, .. } if *have >= usize::from(need) => None,
                Shortfall::Reviewers { number, have, .. } => {
                    Some(Shortfall::Reviewers { number: *number, have: *have, need })
                }
                other => Some(other.clone()),
            })
            .collect()
    }

    /// Facts of a feature with which all is done but for this flaw.
    pub(crate) fn facts(&self) -> RecordFacts {
        let mut facts = whole();
        (self.spoil)(&mut facts);
        assert!(!same(self.group, &facts, &WHOLE), "{} changes nothing", self.name);
        facts
    }
}

static SPOILT: LazyLock<Vec<(&'static Flaw, RecordFacts)>> =
    LazyLock::new(|| flaws().iter().map(|flaw| (flaw, flaw.facts())).collect());
static WHOLE: LazyLock<RecordFacts> = LazyLock::new(whole);

/// Puts the part of some facts that belongs to a group in the place of what is there.
pub(crate) fn put(facts: &mut RecordFacts, group: Group, from: &RecordFacts) {
    let kinds = group.kinds();
    facts.records.retain(|record| !kinds.contains(&record.kind));
    facts.records.extend(from.records.iter().filter(|record| kinds.contains(&record.kind)).cloned());
    if group == Group::Build {
        facts.mitigated.clone_from(&from.mitigated);
    }
    if group == Group::Standards {
        facts.standards = from.standards;
        facts.unattested.clone_from(&from.unattested);
    }
    if let Some(list) = group.list() {
        facts.points.insert(list, from.points[&list].clone());
    }
}

/// Whether two facts say the same of a group, in whatever order.
fn same(group: Group, one: &RecordFacts, other: &RecordFacts) -> bool {
    let part = |facts: &RecordFacts| {
        let mut part: Vec<RecordFact> =
            facts.records.iter().filter(|record| group.kinds().contains(&record.kind)).cloned().collect();
        part.sort_by_key(|record| (record.kind, record.number));
        part
    };
    let set = |texts: &[String]| texts.iter().cloned().collect::<BTreeSet<_>>();
    let threats = |facts: &RecordFacts| facts.mitigated.iter().copied().collect::<BTreeSet<_>>();
    part(one) == part(other)
        && (group != Group::Build || threats(one) == threats(other))
        && (group != Group::Standards
            || (one.standards == other.standards && set(&one.unattested) == set(&other.unattested)))
        && group.list().is_none_or(|list| one.points[&list] == other.points[&list])
}

/// What a rule lacks, found by recognising the flaw among those that are known.
pub(crate) fn lacks(facts: &RecordFacts, rule: Rule, need: u8) -> Vec<Shortfall> {
    let group = group_of(rule);
    if same(group, facts, &WHOLE) {
        return Vec::new();
    }
    let (flaw, _) = SPOILT
        .iter()
        .find(|(flaw, spoilt)| flaw.group == group && same(group, facts, spoilt))
        .expect("the facts come from known flaws");
    flaw.breaks(rule, need)
}

/// The group that a rule looks at.
pub(crate) fn group_of(rule: Rule) -> Group {
    flaws()
        .iter()
        .find(|flaw| flaw.missing.iter().any(|(broken, _)| *broken == rule))
        .map(|flaw| flaw.group)
        .expect("every rule has a flaw that breaks it")
}

/// One record. Its title follows from kind and number.
fn record(kind: RecordKind, number: i32, state: &str, values: Values) -> RecordFact {
    let spec = kind.spec();
    let title = title(kind, number);
    RecordFact { kind, number, title, state: spec.state(state).expect("a state of the kind"), values }
}

fn title(kind: RecordKind, number: i32) -> String {
    format!("{} {number}", kind.code())
}

fn says(pairs: &[(&str, &str)]) -> Values {
    pairs.iter().fold(Values::default(), |values, (key, text)| values.with(key, *text))
}

/// Everything that a feature can owe is on record.
#[expect(clippy::too_many_lines, reason = "a table")]
pub(crate) fn whole() -> RecordFacts {
    use RecordKind as Kind;
    let points = |list: ListKind| list.defaults().iter().copied();
    let kept = |kind, pairs: &[(&str, &str)]| record(kind, 1, "kept", says(pairs));
    let requirement = |number, class, family| {
        record(Kind::Requirement, number, "accepted", says(&[("class", class), ("family", family)]))
    };
    let tested = |number, method| {
        let values = says(&[("method", method), ("result", "Nothing was found.")]);
        record(Kind::SecurityTest, number, "passed", values.with_many("evidence", ["E-1"]))
    };
    let notice = |number, audience| {
        let values = says(&[("audience", audience), ("text", "It comes in May.")]);
        record(Kind::Notice, number, "acknowledged", values)
    };
    let check = |number, class| {
        record(Kind::Check, number, "passed", says(&[("class", class), ("ran", "2026-05-04")]))
    };
    let promotion = |number, environment| {
        let values = says(&[("environment", environment), ("observed", "It answers.")]);
        record(Kind::Promotion, number, "verified", values.with_many("artefacts", ["A-1"]))
    };
    let questions = sluice_domain::record::risk::questions();
    let answers = questions.fold(Values::default(), |values, question| values.with(question.key, "no"));
    let records = vec![
        record(Kind::Risk, 1, "kept", answers),
        record(
            Kind::Plan,
            1,
            "kept",
            says(&[("scope", "Cards."), ("goals", "Faster."), ("resources", "Two people.")])
                .with_many("principles", points(ListKind::Principles)),
        ),
        requirement(1, "functional", ""),
        requirement(2, "security", "authentication"),
        requirement(3, "security", "data-encryption"),
        requirement(4, "security", "secure-communication"),
        tested(1, "static-analysis"),
        tested(2, "dynamic-scan"),
        tested(3, "penetration-test"),
        notice(1, "marketing"),
        notice(2, "support"),
        record(
            Kind::Design,
            1,
            "kept",
            says(&[("description", "A form.")]).with_many("ready", points(ListKind::DefinitionOfReady)),
        ),
        record(
            Kind::Decision,
            1,
            "accepted",
            says(&[("implementation", "In the gateway."), ("verification", "A test calls it without.")])
                .with_many("requirements", ["R-2", "R-3", "R-4"]),
        ),
        record(
            Kind::Change,
            1,
            "merged",
            says(&[("author", "Ana")])
                .with_many("reviewers", ["Ben", "Chi"])
                .with_many("implements", ["R-2", "R-3", "R-4", "T-1"]),
        ),
        check(1, "quality"),
        check(2, "security"),
        kept(Kind::TestPlan, &[("method", "By example."), ("plan", "Each requirement.")]),
        record(
            Kind::Finding,
            1,
            "validated",
            says(&[("fix", "Escaped."), ("validation", "The test passes.")]),
        ),
        kept(Kind::TestSummary, &[("activities", "All tests ran."), ("results", "All passed.")]),
        record(
            Kind::Hardening,
            1,
            "kept",
            says(&[("settings", "None."), ("distribution", "Our registry.")])
                .with_many("hardening", points(ListKind::Hardening)),
        ),
        record(
            Kind::Artefact,
            1,
            "recorded",
            says(&[("digest", &"a".repeat(64)), ("location", "Registry"), ("signature", "In the registry.")]),
        ),
        promotion(1, "staging"),
        promotion(2, "production"),
        kept(
            Kind::Operations,
            &[
                ("updates", "By the registry."),
                ("incident", "Call Ana."),
                ("monitor", "Ana"),
                ("signals", "The dashboard."),
                ("triage", "Ben, within a day."),
            ],
        ),
        kept(Kind::ReleaseNotes, &[("notes", "New: cards.")]),
        record(Kind::Feedback, 1, "taken-up", says(&[("analysis", "True."), ("feature", "PAY-2")])),
        record(Kind::PostureReview, 1, "done", says(&[("result", "Nothing new."), ("next", "2026-11-04")])),
        kept(Kind::Lessons, &[("learnt", "Ask support first.")]),
    ];
    RecordFacts {
        records,
        mitigated: vec![1],
        points: ListKind::ALL
            .iter()
            .map(|list| (*list, points(*list).map(str::to_owned).collect()))
            .collect(),
        standards: 1,
        unattested: Vec::new(),
    }
}
