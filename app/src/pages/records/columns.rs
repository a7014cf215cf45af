//! What the list of a kind shows of each record.

use sluice_domain::record::{Field, RecordKind};

/// The fields that are columns of a kind's list, beside its title and its state.
pub(super) fn columns(kind: RecordKind) -> Vec<&'static Field> {
    keys(kind).iter().filter_map(|key| kind.spec().field(key)).collect()
}

const fn keys(kind: RecordKind) -> &'static [&'static str] {
    match kind {
        RecordKind::Requirement => &["class", "family", "priority", "owner"],
        RecordKind::SecurityTest => &["owner", "due", "evidence"],
        RecordKind::Notice => &["where"],
        RecordKind::Decision => &["requirements"],
        RecordKind::Change => &["author", "reviewers", "implements"],
        RecordKind::Check => &["class", "ran", "source"],
        RecordKind::Finding => &["severity", "owner", "due"],
        RecordKind::Artefact => &["digest", "location", "signer"],
        RecordKind::Promotion => &["artefacts", "on"],
        RecordKind::Feedback => &["class", "severity", "source"],
        RecordKind::PostureReview => &["owner", "due", "next"],
        // Of these a feature has one: they have a page and no list.
        RecordKind::Risk
        | RecordKind::Plan
        | RecordKind::Design
        | RecordKind::TestPlan
        | RecordKind::TestSummary
        | RecordKind::Hardening
        | RecordKind::Operations
        | RecordKind::ReleaseNotes
        | RecordKind::Lessons => &[],
    }
}

/// Whether the list says who brought a record into its state: where the step is what counts.
pub(super) const fn tells_who(kind: RecordKind) -> bool {
    matches!(kind, RecordKind::Notice | RecordKind::Promotion | RecordKind::Finding)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_with_a_list_has_columns_that_its_spec_knows() {
        for kind in RecordKind::ALL {
            assert_eq!(columns(*kind).len(), keys(*kind).len(), "{}", kind.code());
            assert_eq!(keys(*kind).is_empty(), kind.is_single(), "{}", kind.code());
        }
    }
}
