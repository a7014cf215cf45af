use time::OffsetDateTime;

use super::{Label, join};
use crate::{
    access::Role,
    gate::{Blocker, Met},
    policy::RecordsSubject,
    record::{RecordKind, RecordRef, Shortfall},
    threat::ThreatStatus,
};

/// A blocker in one plain sentence: subject, fact, what is needed.
#[must_use]
pub fn blocker(blocker: &Blocker) -> String {
    match blocker {
        Blocker::ControlOpen { title, .. } => format!("“{title}” is not done"),
        Blocker::EvidenceMissing { title, kinds, .. } => {
            let kinds: Vec<String> = kinds.iter().map(|kind| inside_sentence(kind.label())).collect();
            format!("“{title}” has no evidence; it needs {}", join(&kinds, "or"))
        }
        Blocker::EvidenceExpired { title, number, since, .. } => {
            format!("Evidence E-{number} for “{title}” expired on {}", date(*since))
        }
        Blocker::RecordsShort { shortfall, .. } | Blocker::ConditionShort { shortfall, .. } => {
            self::shortfall(shortfall)
        }
        Blocker::EvidenceWanted { kinds, since } => {
            let kinds: Vec<String> = kinds.iter().map(|kind| inside_sentence(kind.label())).collect();
            let kinds = join(&kinds, "or");
            match since {
                Some(since) => format!("The evidence of the kind {kinds} expired on {}", date(*since)),
                None => format!("The feature has no evidence of the kind {kinds}"),
            }
        }
        Blocker::FindingOpen { number, severity } => {
            format!("Finding F-{number} ({}) is not fixed and validated", severity.label())
        }
        Blocker::NotArchived => "The feature’s record, as it is now, is not archived".to_owned(),
        Blocker::ThreatModelStale { .. } => {
            "The scope changed after the threat model was answered; confirm the answers or change them"
                .to_owned()
        }
        Blocker::Earlier { name, what } => {
            format!("{}; the gate of “{name}” asked for it", self::blocker(what))
        }
        Blocker::Drifted { name, items: 1, .. } => {
            format!("One item that was signed at the gate of “{name}” has changed since")
        }
        Blocker::Drifted { name, items, .. } => {
            format!("{items} items that were signed at the gate of “{name}” have changed since")
        }
        Blocker::TierRaised { name, from, to, .. } => {
            let (from, to) = (from.label().to_lowercase(), to.label().to_lowercase());
            format!(
                "The gate of “{name}” was signed at {from} risk and asks more at {to} risk; move the feature back to it"
            )
        }
        Blocker::OwedOverdue { name, since, .. } => {
            format!("The sign-offs that the emergency skipped at “{name}” were due on {}", date(*since))
        }
        Blocker::Owed { name, due, .. } => {
            format!(
                "The sign-offs that the emergency skipped at “{name}” are owed until {}, and this is the last gate",
                date(*due)
            )
        }
        Blocker::NeverPassed { name, .. } => {
            format!("The gate of “{name}” was never passed; the feature has to move back to that phase")
        }
        Blocker::QuestionOpen { question } => {
            format!("The threat model does not answer “{}”", question.title())
        }
        Blocker::ThreatUntreated { number, severity, needs } => {
            let severity = severity.label();
            match needs {
                ThreatStatus::Open | ThreatStatus::Planned => {
                    format!("Threat T-{number} ({severity}) has no treatment planned")
                }
                ThreatStatus::Treated => {
                    format!("The treatment of threat T-{number} ({severity}) is not in place")
                }
                ThreatStatus::Verified => {
                    format!("The treatment of threat T-{number} ({severity}) was not shown to work")
                }
            }
        }
        Blocker::Vetoed { name, role } => {
            format!("{name}, {}, denied this gate; only they can withdraw the denial", role.label())
        }
        Blocker::SignOffsMissing { role, have, need } => {
            let missing = need.saturating_sub(*have);
            let more = if *have > 0 { " more" } else { "" };
            match missing {
                1 => format!("Needs one{more} {} to sign", role.label()),
                _ => format!("Needs {missing}{more} {} to sign", people(*role)),
            }
        }
    }
}

/// A day as people write it; the instant belongs to the machine-readable part of a page.
fn date(at: OffsetDateTime) -> String {
    format!("{} {} {}", at.day(), at.month(), at.year())
}

/// What a record still lacks, in one plain sentence.
#[must_use]
pub fn shortfall(shortfall: &Shortfall) -> String {
    let thing = |kind: &RecordKind, number: &i32| {
        let spec = kind.spec();
        match spec.prefix {
            Some(_) => format!("{} {}", capital(spec.name), kind.key(*number)),
            None => format!("The {}", spec.name),
        }
    };
    match shortfall {
        Shortfall::Nothing { kind, what } if kind.is_single() => {
            format!("There {} no {what} yet", one_or_many(what, "is", "are"))
        }
        Shortfall::Nothing { what, .. } => format!("No {what} is on record"),
        Shortfall::Unsaid { kind, number, field } => {
            let says = one_or_many(kind.spec().name, "does not say", "do not say");
            format!("{} {says} “{field}”", thing(kind, number))
        }
        Shortfall::Waits { kind, number, title, state } => {
            format!("{} “{title}” is {}", thing(kind, number), inside_sentence(state))
        }
        Shortfall::Unconfirmed { list, points, .. } => match points.len() {
            1 => format!("One point of the {} is not confirmed", inside_sentence(list.title())),
            count => format!("{count} points of the {} are not confirmed", inside_sentence(list.title())),
        },
        Shortfall::Unanswered { what, by: RecordKind::Change } => {
            format!("{} is implemented by no merged change", reference(*what))
        }
        Shortfall::Unanswered { what, by: RecordKind::Decision } => {
            format!("{} is answered by no design decision", reference(*what))
        }
        Shortfall::Unanswered { what, by: RecordKind::Promotion } => {
            format!("{} was not promoted and verified there", reference(*what))
        }
        Shortfall::Unanswered { what, by } => format!("{} has no {}", reference(*what), by.spec().name),
        Shortfall::Reviewers { number, have, need } => {
            let has = match have {
                0 => "no reviewer".to_owned(),
                1 => "one reviewer".to_owned(),
                more => format!("{more} reviewers"),
            };
            format!("Change C-{number} has {has}; the policy asks for {need} other than its author")
        }
        Shortfall::NoEvidence { kind, number, title } => {
            format!("{} “{title}” names no evidence", thing(kind, number))
        }
        Shortfall::NoStandard => "The product has no coding standard that could be attested".into(),
        Shortfall::NotAttested { name } => format!("{name} has not attested the coding standards"),
    }
}

/// What a record, threat or item of evidence is called in a sentence.
#[must_use]
pub fn reference(reference: RecordRef) -> String {
    match reference {
        RecordRef::Record(kind, _) => format!("{} {reference}", capital(kind.spec().name)),
        RecordRef::Threat(_) => format!("Threat {reference}"),
        RecordRef::Evidence(_) => format!("Evidence {reference}"),
    }
}

/// The verb for a name: of notes and lessons a feature has one record, and still they are many.
fn one_or_many(name: &str, one: &'static str, many: &'static str) -> &'static str {
    if name.ends_with('s') { many } else { one }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// A condition that holds, in one sentence.
#[must_use]
pub fn met(met: &Met) -> String {
    match met {
        Met::Control { title, not_applicable: true, .. } => format!("“{title}” does not apply"),
        Met::Control { title, .. } => format!("“{title}” is done"),
        Met::Records(subject) => match subject {
            RecordsSubject::RequirementsPresent => "The requirements are accepted",
            RecordsSubject::TestsPassed => "The promised tests passed and are summarised",
            RecordsSubject::ReviewersPerChange => "Every change has its reviewers",
            RecordsSubject::ChecksGreen => "The latest run of every check passed",
            RecordsSubject::StakeholdersInformed => "Marketing and support know and acknowledged",
            RecordsSubject::ArtefactsSigned => "Every artefact is signed",
            RecordsSubject::PromotedThroughStaging => "What ships went through staging to production",
        }
        .to_owned(),
        Met::Evidence { kinds } => {
            let kinds: Vec<String> = kinds.iter().map(|kind| inside_sentence(kind.label())).collect();
            format!("Evidence of the kind {} holds", join(&kinds, "or"))
        }
        Met::Findings { at_least } => format!("No finding of severity {} or above is open", at_least.label()),
        Met::Archived => "The feature’s record is archived as it is now".to_owned(),
        Met::ThreatModelCurrent => "The threat model is about the scope as it is now".to_owned(),
        Met::Question(question) => format!("The threat model answers “{}”", question.title()),
        Met::Threats { at_least, needs } => {
            let what = match needs {
                ThreatStatus::Open | ThreatStatus::Planned => "has its treatment planned",
                ThreatStatus::Treated => "has its treatment in place",
                ThreatStatus::Verified => "was shown to be treated",
            };
            format!("Every threat of severity {} or above {what}", at_least.label())
        }
        Met::SignOffs { role, need: 1 } => format!("One {} signed", role.label()),
        Met::SignOffs { role, need } => format!("{need} {} signed", people(*role)),
    }
}

/// Who can do something: “any designer or developer of this product”.
#[must_use]
pub fn who_can(roles: &[Role]) -> String {
    let names: Vec<&str> = roles.iter().map(Label::label).collect();
    join(&names, "or")
}

/// A label as it is written inside a sentence: only its first letter loses its capital.
pub(super) fn inside_sentence(label: &str) -> String {
    let mut chars = label.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

/// People of a role: “security reviewers”.
#[must_use]
pub fn people(role: Role) -> String {
    match role {
        Role::Qa => "QA people".to_owned(),
        other => format!("{}s", other.label()),
    }
}
