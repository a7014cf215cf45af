use super::{Label, blocker::inside_sentence};
use crate::{
    access::{Role, WorkspaceRole},
    audit::Verb,
    gate::{Mark, Verdict},
    policy::{EvidenceKind, Tier},
    record::RecordKind,
    relation::{ELSEWHERE, RelationEnd},
    threat::{Severity, Stride, ThreatStatus, Treatment},
};

/// A value before or after a change, as people read it: the label of a code where the field is one that holds codes,
/// otherwise the value as it is. Codes that this version of the program does not know stay codes. `record` is the kind
/// of record that changed, if it was one: it says itself what its fields hold.
#[must_use]
pub fn value(record: Option<RecordKind>, field: &str, value: &str) -> String {
    if let Some(kind) = record {
        let spec = kind.spec();
        let label = match field {
            "state" => spec.state(value).map(|state| state.label),
            _ => spec.choice_label(field, value),
        };
        return label.map_or_else(|| value.to_owned(), ToOwned::to_owned);
    }
    // Codes hold neither, so a field of several is told apart from a text.
    let codes = value.split([',', ' ']).filter(|code| !code.is_empty());
    let labels: Option<Vec<String>> = codes.map(|code| label_of(field, code)).collect();
    labels.map_or_else(|| value.to_owned(), |labels| labels.join(", "))
}

/// That a record takes back what was signed of it, as a sentence; nothing where it only goes on.
#[must_use]
pub fn taken_back(kind: RecordKind, then: &str, now: &str) -> Option<String> {
    let spec = kind.spec();
    if spec.goes_on(then, now) {
        return None;
    }
    let label = |code| value(Some(kind), "state", code);
    Some(format!("It was {}, and is now {}.", inside_sentence(&label(then)), inside_sentence(&label(now))))
}

/// What a field of a record is called: as its form calls it.
#[must_use]
pub fn record_field(kind: RecordKind, field: &str) -> String {
    kind.spec().field(field).map_or_else(|| super::field(field), |field| field.label.to_owned())
}

/// The label of a code in a field of events. What a field is called is its meaning: the same name holds the same kind
/// of codes in every event, or kinds whose codes differ.
fn label_of(field: &str, code: &str) -> Option<String> {
    let title = |label: &dyn Label| label.title();
    match field {
        "tier" => Tier::from_code(code).as_ref().map(|it| title(it)),
        "severity" => Severity::from_code(code).as_ref().map(|it| title(it)),
        "treatment" => Treatment::from_code(code).as_ref().map(|it| title(it)),
        "status" => ThreatStatus::from_code(code).as_ref().map(|it| title(it)),
        "verdict" => Verdict::from_code(code).as_ref().map(|it| title(it)),
        "state" | "mark" => match code {
            "enabled" => Some("Enabled".to_owned()),
            "disabled" => Some("Disabled".to_owned()),
            "active" => Some("Under way".to_owned()),
            "held" => Some("On hold".to_owned()),
            "cancelled" => Some("Cancelled".to_owned()),
            _ => Mark::from_code(code).as_ref().map(|it| title(it)),
        },
        "kind" => Stride::from_code(code)
            .as_ref()
            .map(|it| title(it))
            .or_else(|| EvidenceKind::from_code(code).map(|kind| kind.label().to_owned())),
        "role" | "product-roles" | "workspace-roles" => Role::from_code(code)
            .as_ref()
            .map(|it| title(it))
            .or_else(|| WorkspaceRole::from_code(code).as_ref().map(|it| title(it))),
        "turn" => match code {
            "team" => Some("The team".to_owned()),
            "reviewers" => Some("The reviewers".to_owned()),
            _ => None,
        },
        _ if RelationEnd::from_code(field).is_some() => {
            (code == ELSEWHERE).then(|| "A feature of another product".to_owned())
        }
        "phase" => (code == "finished").then(|| "Every gate is open".to_owned()),
        "action" => Verb::from_code(code).map(|verb| super::field(&verb.code().replace('.', " "))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_known_fields_become_words() {
        for (field, code, words) in [
            ("tier", "high", "High risk"),
            ("child-of", "elsewhere", "A feature of another product"),
            ("child-of", "PAY-3", "PAY-3"),
            ("severity", "critical", "Critical"),
            ("treatment", "mitigate", "Mitigate"),
            ("status", "treated", "In place"),
            ("state", "not-applicable", "Not applicable"),
            ("verdict", "deny", "Deny"),
            ("kind", "information-disclosure", "Information disclosure"),
            ("role", "security-reviewer", "Security reviewer"),
            ("workspace-roles", "auditor", "Auditor"),
            ("product-roles", "developer qa", "Developer, QA"),
            ("turn", "reviewers", "The reviewers"),
            ("phase", "finished", "Every gate is open"),
            ("state", "held", "On hold"),
        ] {
            assert_eq!(value(None, field, code), words, "{field}");
        }
        for kind in EvidenceKind::ALL {
            assert_ne!(value(None, "kind", kind.code()), kind.code());
        }
    }

    #[test]
    fn a_record_says_what_its_own_fields_hold() {
        let requirement = Some(RecordKind::Requirement);
        assert_eq!(value(requirement, "state", "proposed"), "Proposed");
        assert_eq!(value(requirement, "family", "secure-communication"), "Secure communication");
        assert_eq!(value(requirement, "acceptance", "must"), "must", "words of people");
        assert_eq!(value(Some(RecordKind::Notice), "state", "sung"), "sung");
        assert_eq!(super::super::record_field(RecordKind::Requirement, "class"), "Kind");
        assert_eq!(super::super::record_field(RecordKind::Requirement, "title"), "Title");
    }

    #[test]
    fn words_of_people_and_unknown_codes_stay_as_they_are() {
        for (field, text) in [
            ("title", "high"),
            ("note", "open, done"),
            ("reason", "deny"),
            ("status", "sung-to"),
            ("role", "developer emperor"),
            ("tier", "(erased)"),
            ("owner", "Ana Diaz"),
            ("severity", ""),
        ] {
            assert_eq!(value(None, field, text), text, "{field}");
        }
    }
}
