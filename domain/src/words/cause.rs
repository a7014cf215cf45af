use super::{
    Label,
    blocker::{blocker, inside_sentence},
    join, met,
};
use crate::{
    gate::{Blocker, Met},
    threat::ThreatStatus,
};

/// What a policy asks when this blocks, in one plain sentence that is the same for every feature: it names what the
/// policy says and nothing that people wrote, so it can be counted, and shown to who may not read the feature.
#[must_use]
pub fn cause(of: &Blocker) -> String {
    match of {
        Blocker::EvidenceExpired { title, .. } => format!("The evidence for “{title}” has expired"),
        Blocker::RecordsShort { title, .. } => format!("“{title}” is not proved by what is on record"),
        Blocker::ConditionShort { condition, .. } => {
            format!("“{}” does not hold", met(&Met::Records(*condition)))
        }
        Blocker::EvidenceWanted { kinds, .. } => {
            let kinds: Vec<String> = kinds.iter().map(|kind| inside_sentence(kind.label())).collect();
            format!("No evidence of the kind {} holds", join(&kinds, "or"))
        }
        Blocker::FindingOpen { severity, .. } => {
            format!("A finding of severity {} is not fixed and validated", severity.label())
        }
        Blocker::ThreatUntreated { severity, needs, .. } => {
            let severity = severity.label();
            match needs {
                ThreatStatus::Open | ThreatStatus::Planned => {
                    format!("A threat of severity {severity} has no treatment planned")
                }
                ThreatStatus::Treated => {
                    format!("The treatment of a threat of severity {severity} is not in place")
                }
                ThreatStatus::Verified => {
                    format!("The treatment of a threat of severity {severity} was not shown to work")
                }
            }
        }
        Blocker::Earlier { name, what } => format!("{}; the gate of “{name}” asked for it", cause(what)),
        Blocker::Drifted { name, .. } => {
            format!("What was signed at the gate of “{name}” has changed since")
        }
        Blocker::TierRaised { name, .. } => {
            format!("The gate of “{name}” was signed at a lower risk")
        }
        Blocker::OwedOverdue { name, .. } => {
            format!("The sign-offs that the emergency skipped at “{name}” are overdue")
        }
        Blocker::Owed { name, .. } => {
            format!("The sign-offs that the emergency skipped at “{name}” are still owed")
        }
        Blocker::Vetoed { role, .. } => format!("A {} denied the gate", role.label()),
        Blocker::SignOffsMissing { role, .. } => format!("A sign-off by a {} is missing", role.label()),
        Blocker::ControlOpen { .. }
        | Blocker::EvidenceMissing { .. }
        | Blocker::NotArchived
        | Blocker::NeverPassed { .. }
        | Blocker::ThreatModelStale { .. }
        | Blocker::QuestionOpen { .. } => blocker(of),
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::{
        access::Role,
        policy::RecordsSubject,
        record::{RecordKind, Shortfall},
        threat::Severity,
    };

    #[test]
    fn a_cause_names_nothing_that_people_wrote() {
        let canary = "Mallory’s own words";
        let waits = Shortfall::Waits {
            kind: RecordKind::Finding,
            number: 417,
            title: canary.to_owned(),
            state: "Open",
        };
        let key = |text: &str| text.parse().expect("a key");
        let control = || ("requirements".parse().expect("a key"), "scope".parse().expect("a key"));
        let title = || "Scope is written down".to_owned();
        let (phase, name) = control();
        let records = Blocker::RecordsShort {
            phase,
            control: name,
            title: title(),
            shortfall: waits.clone(),
            done_by: Vec::new(),
        };
        let (phase, name) = control();
        let expired = Blocker::EvidenceExpired {
            phase,
            control: name,
            title: title(),
            number: 417,
            since: datetime!(2026-11-20 12:00 UTC),
            done_by: Vec::new(),
        };
        for blocker in [
            Blocker::Earlier { name: "Design".to_owned(), what: Box::new(records.clone()) },
            records,
            expired,
            Blocker::ConditionShort { condition: RecordsSubject::TestsPassed, shortfall: waits },
            Blocker::FindingOpen { number: 417, severity: Severity::High },
            Blocker::ThreatUntreated { number: 417, severity: Severity::High, needs: ThreatStatus::Treated },
            Blocker::Vetoed { name: canary.to_owned(), role: Role::SecurityReviewer },
            Blocker::SignOffsMissing { role: Role::Qa, have: 1, need: 3 },
            Blocker::Drifted {
                phase: key("design"),
                name: "Design".to_owned(),
                items: 417,
                mark: canary.to_owned(),
                roles: Vec::new(),
            },
        ] {
            let words = cause(&blocker);
            assert!(!words.contains(canary) && !words.contains("417"), "{words}");
            assert!(!words.is_empty());
        }
    }
}
