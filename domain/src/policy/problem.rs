//! What can be wrong with a policy, and where.

use std::fmt;

use super::model::Tier;
use crate::{access::Role, record::Rule};

/// The most problems that one reading reports. A person mends a few at a time; a hostile file has no end of them.
const MOST: usize = 100;

/// Everything that is wrong with a policy, in the order of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyErrors {
    errors: Vec<PolicyError>,
    left_off: usize,
}

impl PolicyErrors {
    /// The problems, in the order of the text; never empty.
    #[must_use]
    pub fn errors(&self) -> &[PolicyError] {
        &self.errors
    }

    /// How many more there are than are listed.
    #[must_use]
    pub const fn left_off(&self) -> usize {
        self.left_off
    }
}

impl fmt::Display for PolicyErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.errors.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{error}")?;
        }
        if self.left_off > 0 {
            write!(f, "\n… and {} more", self.left_off)?;
        }
        Ok(())
    }
}

impl std::error::Error for PolicyErrors {}

/// One thing that is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {problem}")]
pub struct PolicyError {
    /// The line, counted from one.
    pub line: usize,
    /// The column in characters, counted from one.
    pub column: usize,
    /// What is wrong there.
    pub problem: PolicyProblem,
}

/// What is wrong. Texts that the author wrote are shortened, and shown without characters that hide or reorder text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyProblem {
    /// The text is longer than a policy may be.
    #[error("The policy is longer than {max_bytes} bytes.")]
    SourceTooLong {
        /// The most bytes allowed.
        max_bytes: usize,
    },
    /// The text is no TOML.
    #[error("This is not valid TOML: {message}.")]
    Syntax {
        /// What the TOML reader says.
        message: String,
    },
    /// A key that means nothing here.
    #[error("“{given}” means nothing here. Known here: {known}.")]
    UnknownKey {
        /// The key as written.
        given: String,
        /// The keys that would do.
        known: String,
    },
    /// A key that has to be here and is not.
    #[error("“{key}” is missing here.")]
    MissingKey {
        /// The key.
        key: &'static str,
    },
    /// A value of another type than expected.
    #[error("“{key}” has to be {expected}; this is {found}.")]
    WrongType {
        /// The key whose value it is.
        key: &'static str,
        /// What was expected.
        expected: &'static str,
        /// What was there.
        found: &'static str,
    },
    /// A role that does not exist.
    #[error("“{given}” is not a role. Roles: {known}.")]
    UnknownRole {
        /// What was written.
        given: String,
        /// What would do.
        known: String,
    },
    /// A risk tier that does not exist.
    #[error("“{given}” is not a risk tier. Tiers: {known}.")]
    UnknownTier {
        /// What was written.
        given: String,
        /// What would do.
        known: String,
    },
    /// A role that cannot answer for letting something pass.
    #[error("“{given}” is a role that cannot approve this. Roles that can: {known}.")]
    RoleCannotApprove {
        /// The role.
        given: String,
        /// What would do.
        known: String,
    },
    /// A day of the week that does not exist.
    #[error("“{given}” is not a day of the week. Days: {known}.")]
    UnknownWeekday {
        /// What was written.
        given: String,
        /// What would do.
        known: String,
    },
    /// A time zone that does not exist.
    #[error("“{given}” is not a time zone. Name one of the IANA database, such as Europe/Helsinki or UTC.")]
    UnknownZone {
        /// What was written.
        given: String,
    },
    /// A text that is no time of day.
    #[error("“{given}” is not a time of day. Write hours and minutes, such as 09:00.")]
    BadTime {
        /// What was written.
        given: String,
    },
    /// A text that is no date.
    #[error("“{given}” is not a date. Write year, month and day, such as 2026-12-25.")]
    BadDate {
        /// What was written.
        given: String,
    },
    /// A working day that ends before it begins.
    #[error("The working day has to end after it begins; 00:00 as its end is the midnight after.")]
    EmptyWorkingDay,
    /// Something that has to be put right sooner than anybody has to answer.
    #[error("“resolve” has to be {respond} or more: nothing is put right before it was answered.")]
    ResolvedBeforeAnswered {
        /// How many days there are to answer.
        respond: u16,
    },
    /// A text that names no practice.
    #[error(
        "“{given}” does not name a practice. Write the framework’s key and the practice’s number, such as ssdf:PW.4.1."
    )]
    BadFrameworkRef {
        /// What was written.
        given: String,
    },
    /// A framework that does not exist.
    #[error("“{given}” is not a framework that this policy knows. Frameworks: {known}.")]
    UnknownFramework {
        /// What was written.
        given: String,
        /// What would do.
        known: String,
    },
    /// A practice that its framework does not have.
    #[error("“{given}” is not a practice of {framework}. It comes nearest to {nearest}.")]
    UnknownPractice {
        /// What was written.
        given: String,
        /// The framework.
        framework: String,
        /// The practices that may have been meant.
        nearest: String,
    },
    /// A framework of the policy's own that has the key of one that Sluice knows.
    #[error("“{key}” is a framework that Sluice brings. Choose another key for your own.")]
    BuiltInFramework {
        /// The key.
        key: String,
    },
    /// Two frameworks with one key.
    #[error("There is a framework “{key}” on line {first_line} already.")]
    DuplicateFramework {
        /// The key.
        key: String,
        /// Where it was first.
        first_line: usize,
    },
    /// The number of a practice that is not of the form of such numbers.
    #[error(
        "“{given}” is not a practice’s number. It has 1 to 32 letters, digits, dots, hyphens and underscores."
    )]
    BadPracticeId {
        /// What was written.
        given: String,
    },
    /// Two practices of a framework with one number.
    #[error("This framework has a practice “{id}” on line {first_line} already.")]
    DuplicatePractice {
        /// The number.
        id: String,
        /// Where it was first.
        first_line: usize,
    },
    /// A kind of evidence that does not exist.
    #[error("“{given}” is not a kind of evidence. Kinds: {known}.")]
    UnknownEvidenceKind {
        /// What was written.
        given: String,
        /// What would do.
        known: String,
    },
    /// A severity that does not exist.
    #[error("“{given}” is not a severity. Severities: {known}.")]
    UnknownSeverity {
        /// What was written.
        given: String,
        /// What would do.
        known: String,
    },
    /// A state of treatment that does not exist.
    #[error("“{given}” is not a state that a treatment can have to reach. States: {known}.")]
    UnknownTreatment {
        /// What was written.
        given: String,
        /// What would do.
        known: String,
    },
    /// A kind of condition that does not exist.
    #[error("“{given}” is not a kind of condition. Kinds: {known}.")]
    UnknownCondition {
        /// What was written.
        given: String,
        /// What would do.
        known: String,
    },
    /// A form of proof that does not exist.
    #[error("“{given}” is not a form of proof. Forms: {known}.")]
    UnknownProof {
        /// What was written.
        given: String,
        /// What would do.
        known: String,
    },
    /// A key of a policy, phase or control that is not of the form of keys.
    #[error(
        "“{given}” is not a key. A key has 1 to 40 lowercase letters, digits and single hyphens, a letter first."
    )]
    BadKey {
        /// What was written.
        given: String,
    },
    /// A version that is not of the form of versions.
    #[error(
        "“{given}” is not a version. A version has 1 to 32 letters, digits, dots and hyphens, such as 2026.1."
    )]
    BadVersion {
        /// What was written.
        given: String,
    },
    /// Two phases with one key.
    #[error("There is a phase “{key}” on line {first_line} already.")]
    DuplicatePhase {
        /// The key.
        key: String,
        /// Where it was first.
        first_line: usize,
    },
    /// Two controls of a phase with one key.
    #[error("This phase has a control “{key}” on line {first_line} already.")]
    DuplicateControl {
        /// The key.
        key: String,
        /// Where it was first.
        first_line: usize,
    },
    /// Two sign-off rules of a gate for one role.
    #[error("This gate has a sign-off by the role {} on line {first_line} already; raise its quorum instead.", .role.code())]
    DuplicateSignOff {
        /// The role.
        role: Role,
        /// Where it was first.
        first_line: usize,
    },
    /// Two conditions of one kind that ask the same tier.
    #[error("The condition “{kind}” on line {first_line} covers the tier {} already.", .tier.code())]
    DuplicateCondition {
        /// The kind of condition.
        kind: &'static str,
        /// A tier that both cover.
        tier: Tier,
        /// Where it was first.
        first_line: usize,
    },
    /// One word twice in a list.
    #[error("“{given}” is in this list already.")]
    Repeated {
        /// The word.
        given: String,
    },
    /// A phase without controls.
    #[error("This phase has no controls.")]
    EmptyPhase,
    /// A phase in which features of a tier owe nothing.
    #[error("No control of this phase applies to the tier {}; its gate would ask for nothing.", .tier.code())]
    NoControlForTier {
        /// The tier.
        tier: Tier,
    },
    /// A gate that nobody has to sign.
    #[error("This gate asks nobody to sign.")]
    NoSignOff,
    /// A gate that nobody has to sign for features of a tier.
    #[error("This gate asks nobody to sign for the tier {}.", .tier.code())]
    NoSignOffForTier {
        /// The tier.
        tier: Tier,
    },
    /// A number of people by tier that asks for nobody, whatever the tier.
    #[error("“{key}” is 0 for every tier; ask for somebody, or for nothing at all.")]
    QuorumZero {
        /// The key.
        key: &'static str,
    },
    /// A number of people by tier that asks for fewer at a higher one.
    #[error("“{key}” falls from {before} to {now} at the tier {}; more risk never needs fewer people.", .tier.code())]
    QuorumDecreases {
        /// The key.
        key: &'static str,
        /// The tier at which it falls.
        tier: Tier,
        /// How many at the tier below.
        before: u8,
        /// How many at the tier.
        now: u8,
    },
    /// A number outside its range.
    #[error("“{key}” has to be a whole number from {min} to {max}.")]
    OutOfRange {
        /// The key.
        key: &'static str,
        /// The least allowed.
        min: u16,
        /// The most allowed.
        max: u16,
    },
    /// A control that wants evidence and does not say of what kind.
    #[error("Proof by evidence has to name at least one kind of evidence in “evidence”.")]
    NoEvidenceKinds,
    /// A control whose proof is another one and that names kinds of evidence.
    #[error("“evidence” only means something where “proof” is \"evidence\".")]
    EvidenceNotAskedFor,
    /// A control that records prove and that does not say by which rule.
    #[error("Proof by records has to name a rule in “records”.")]
    NoRule,
    /// A control whose proof is another one and that names a rule about records.
    #[error("“records” only means something where “proof” is \"records\".")]
    RuleNotAskedFor,
    /// A rule about records that does not exist.
    #[error("“{given}” is not a rule about records. Of {of} rules it comes nearest to {nearest}.")]
    UnknownRule {
        /// What was written.
        given: String,
        /// The rules that may have been meant.
        nearest: String,
        /// How many rules there are.
        of: usize,
    },
    /// A rule that asks for reviewers, without their number.
    #[error("The rule {} needs “reviewers”: how many each change has, by tier.", .rule.code())]
    NoReviewers {
        /// The rule.
        rule: Rule,
    },
    /// A number of reviewers where nothing is reviewed.
    #[error("“reviewers” only means something with a rule that asks for them: {}.", rules_with_reviewers())]
    ReviewersNotAskedFor,
    /// A list that has to hold something and does not.
    #[error("“{key}” has to name at least one.")]
    EmptyList {
        /// The key.
        key: &'static str,
    },
    /// More items than allowed.
    #[error("“{key}” has more than {max} items.")]
    TooMany {
        /// The key.
        key: &'static str,
        /// The most allowed.
        max: usize,
    },
    /// A text that says nothing.
    #[error("“{key}” says nothing.")]
    EmptyText {
        /// The key.
        key: &'static str,
    },
    /// A text that is too long.
    #[error("“{key}” is longer than {max} characters.")]
    TextTooLong {
        /// The key.
        key: &'static str,
        /// The most characters allowed.
        max: usize,
    },
    /// A text with characters that hide or reorder what people read.
    #[error("“{key}” holds control characters or marks that reorder text.")]
    HiddenCharacter {
        /// The key.
        key: &'static str,
    },
}

impl PolicyProblem {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::SourceTooLong { .. } => "source-too-long",
            Self::Syntax { .. } => "syntax",
            Self::UnknownKey { .. } => "unknown-key",
            Self::MissingKey { .. } => "missing-key",
            Self::WrongType { .. } => "wrong-type",
            Self::UnknownRole { .. } => "unknown-role",
            Self::UnknownTier { .. } => "unknown-tier",
            Self::RoleCannotApprove { .. } => "role-cannot-approve",
            Self::UnknownWeekday { .. } => "unknown-weekday",
            Self::UnknownZone { .. } => "unknown-zone",
            Self::BadTime { .. } => "bad-time",
            Self::BadDate { .. } => "bad-date",
            Self::EmptyWorkingDay => "empty-working-day",
            Self::ResolvedBeforeAnswered { .. } => "resolved-before-answered",
            Self::BadFrameworkRef { .. } => "bad-framework-reference",
            Self::UnknownFramework { .. } => "unknown-framework",
            Self::UnknownPractice { .. } => "unknown-practice",
            Self::BuiltInFramework { .. } => "built-in-framework",
            Self::DuplicateFramework { .. } => "duplicate-framework",
            Self::BadPracticeId { .. } => "bad-practice-id",
            Self::DuplicatePractice { .. } => "duplicate-practice",
            Self::UnknownEvidenceKind { .. } => "unknown-evidence-kind",
            Self::UnknownSeverity { .. } => "unknown-severity",
            Self::UnknownTreatment { .. } => "unknown-treatment",
            Self::UnknownCondition { .. } => "unknown-condition",
            Self::UnknownProof { .. } => "unknown-proof",
            Self::BadKey { .. } => "bad-key",
            Self::BadVersion { .. } => "bad-version",
            Self::DuplicatePhase { .. } => "duplicate-phase",
            Self::DuplicateControl { .. } => "duplicate-control",
            Self::DuplicateSignOff { .. } => "duplicate-sign-off",
            Self::DuplicateCondition { .. } => "duplicate-condition",
            Self::Repeated { .. } => "repeated",
            Self::EmptyPhase => "empty-phase",
            Self::NoControlForTier { .. } => "no-control-for-tier",
            Self::NoSignOff => "no-sign-off",
            Self::NoSignOffForTier { .. } => "no-sign-off-for-tier",
            Self::QuorumZero { .. } => "quorum-zero",
            Self::QuorumDecreases { .. } => "quorum-decreases",
            Self::OutOfRange { .. } => "out-of-range",
            Self::NoEvidenceKinds => "no-evidence-kinds",
            Self::EvidenceNotAskedFor => "evidence-not-asked-for",
            Self::NoRule => "no-rule",
            Self::RuleNotAskedFor => "rule-not-asked-for",
            Self::UnknownRule { .. } => "unknown-rule",
            Self::NoReviewers { .. } => "no-reviewers",
            Self::ReviewersNotAskedFor => "reviewers-not-asked-for",
            Self::EmptyList { .. } => "empty-list",
            Self::TooMany { .. } => "too-many",
            Self::EmptyText { .. } => "empty-text",
            Self::TextTooLong { .. } => "text-too-long",
            Self::HiddenCharacter { .. } => "hidden-character",
        }
    }
}

/// The codes of the rules that ask for reviewers.
fn rules_with_reviewers() -> String {
    let asking = Rule::ALL.iter().filter(|rule| rule.asks_for_reviewers());
    asking.map(|rule| rule.code()).collect::<Vec<_>>().join(", ")
}

/// Collects problems with their places while a source is read.
pub(super) struct Problems<'s> {
    source: &'s str,
    found: Vec<(usize, PolicyProblem)>,
    left_off: usize,
}

impl<'s> Problems<'s> {
    pub(super) const fn new(source: &'s str) -> Self {
        Self { source, found: Vec::new(), left_off: 0 }
    }

    /// Notes a problem at a byte of the source.
    pub(super) fn add(&mut self, at: usize, problem: PolicyProblem) {
        if self.found.len() < MOST {
            self.found.push((at, problem));
        } else {
            self.left_off += 1;
        }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// The line of a byte of the source, counted from one.
    pub(super) fn line(&self, at: usize) -> usize {
        place(self.source, at).0
    }

    pub(super) fn into_errors(mut self) -> PolicyErrors {
        self.found.sort_by_key(|(at, _)| *at);
        let errors = self
            .found
            .into_iter()
            .map(|(at, problem)| {
                let (line, column) = place(self.source, at);
                PolicyError { line, column, problem }
            })
            .collect();
        PolicyErrors { errors, left_off: self.left_off }
    }
}

/// Line and column (in characters) of a byte of the source, both counted from one.
fn place(source: &str, at: usize) -> (usize, usize) {
    let before = &source[..source.floor_char_boundary(at)];
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    (line, before[start..].chars().count() + 1)
}
