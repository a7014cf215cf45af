use super::{RecordRef, Spec, kinds};
use crate::codes::codes;

codes! {
    /// The kinds of record, in the order in which a feature meets them.
    RecordKind {
        /// Answers to the risk questionnaire, which set the tier. One a feature.
        Risk = "risk",
        /// Scope, goals, resources, timeline. One a feature.
        Plan = "plan",
        /// A functional or security requirement.
        Requirement = "requirement",
        /// A kind of security testing: chosen while planning, done in the testing phase.
        SecurityTest = "security-test",
        /// A notice to marketing or support.
        Notice = "notice",
        /// The feature's description with its security controls. One a feature.
        Design = "design",
        /// A design decision.
        Decision = "decision",
        /// A reviewed code change.
        Change = "change",
        /// An automated check, with its result as a fact.
        Check = "check",
        /// Plan and method of testing. One a feature.
        TestPlan = "test-plan",
        /// An issue or vulnerability that somebody found.
        Finding = "finding",
        /// Activities and results of testing. One a feature.
        TestSummary = "test-summary",
        /// Secure settings and hardening. One a feature.
        Hardening = "hardening",
        /// A build artefact with its digest and signature.
        Artefact = "artefact",
        /// A promotion to an environment.
        Promotion = "promotion",
        /// Update path, incident response and monitoring. One a feature.
        Operations = "operations",
        /// What the release tells its users. One a feature.
        ReleaseNotes = "release-notes",
        /// What users said.
        Feedback = "feedback",
        /// A review of the security posture.
        PostureReview = "posture-review",
        /// What was learnt. One a feature.
        Lessons = "lessons",
    }
}

impl RecordKind {
    /// What the kind asks for.
    #[must_use]
    pub fn spec(self) -> &'static Spec {
        kinds::spec(self)
    }

    /// Whether a feature has at most one.
    #[must_use]
    pub fn is_single(self) -> bool {
        self.spec().prefix.is_none()
    }

    /// What people call one of them: `R-3`, or the kind's name where a feature has one.
    #[must_use]
    pub fn key(self, number: i32) -> String {
        let spec = self.spec();
        spec.prefix.map_or_else(|| spec.name.to_owned(), |prefix| format!("{prefix}-{number}"))
    }

    /// The kind and number of what [`Self::key`] calls a record.
    #[must_use]
    pub fn from_key(key: &str) -> Option<(Self, i32)> {
        if let Ok(RecordRef::Record(kind, number)) = key.parse() {
            return Some((kind, number));
        }
        Self::ALL.iter().find(|kind| kind.is_single() && kind.spec().name == key).map(|kind| (*kind, 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_reads_back() {
        for kind in RecordKind::ALL {
            let number = if kind.is_single() { 1 } else { 7 };
            assert_eq!(RecordKind::from_key(&kind.key(number)), Some((*kind, number)));
        }
        for wrong in ["", "T-4", "E-2", "R-", "R-0", "requirement", "x"] {
            assert_eq!(RecordKind::from_key(wrong), None, "{wrong}");
        }
    }
}
