//! The words and forms of the policy language.

use time::{Weekday, format_description::well_known::Iso8601};

use super::{Form, Words};
use crate::{
    access::{Action, Role},
    policy::{
        model::{EvidenceKind, ProofForm, Tier, is_key},
        problem::PolicyProblem,
        terms::{FrameworkRef, is_practice_id},
    },
    record::Rule,
    threat::{Severity, ThreatStatus},
};

pub(in crate::policy) static ROLES: Words<Role> = Words {
    all: Role::ALL,
    code: Role::code,
    unknown: |given, known| PolicyProblem::UnknownRole { given, known },
};

/// The roles of which a policy chooses who releases in an emergency: those that may at all.
pub(in crate::policy) static EMERGENCY_APPROVERS: Words<Role> = approvers(Action::ReleaseInEmergency);

/// The roles of which a policy chooses who approves waivers: those that may at all.
pub(in crate::policy) static WAIVER_APPROVERS: Words<Role> = approvers(Action::ApproveWaiver);

/// The roles of which a policy chooses who signs at a gate: those that may at all.
pub(in crate::policy) static SIGNERS: Words<Role> = approvers(Action::SignGate);

const fn approvers(action: Action) -> Words<Role> {
    Words {
        all: action.product_roles(),
        code: Role::code,
        unknown: |given, known| match Role::from_code(&given) {
            Some(_) => PolicyProblem::RoleCannotApprove { given, known },
            None => PolicyProblem::UnknownRole { given, known },
        },
    }
}

pub(in crate::policy) static TIERS: Words<Tier> = Words {
    all: Tier::ALL,
    code: Tier::code,
    unknown: |given, known| PolicyProblem::UnknownTier { given, known },
};

pub(in crate::policy) static EVIDENCE_KINDS: Words<EvidenceKind> = Words {
    all: EvidenceKind::ALL,
    code: EvidenceKind::code,
    unknown: |given, known| PolicyProblem::UnknownEvidenceKind { given, known },
};

pub(in crate::policy) static SEVERITIES: Words<Severity> = Words {
    all: Severity::ALL,
    code: Severity::code,
    unknown: |given, known| PolicyProblem::UnknownSeverity { given, known },
};

/// How far a treatment can have to be: any state but the first.
pub(in crate::policy) static TREATMENTS: Words<ThreatStatus> = Words {
    all: ThreatStatus::ALL.split_at(1).1,
    code: ThreatStatus::code,
    unknown: |given, known| PolicyProblem::UnknownTreatment { given, known },
};

pub(in crate::policy) static PROOFS: Words<ProofForm> = Words {
    all: ProofForm::ALL,
    code: ProofForm::code,
    unknown: |given, known| PolicyProblem::UnknownProof { given, known },
};

/// There are dozens of rules: who wrote another word is told the nearest ones.
pub(in crate::policy) static RULES: Words<Rule> = Words {
    all: Rule::ALL,
    code: Rule::code,
    unknown: |given, _| {
        let nearest = crate::policy::read::nearest(&given, Rule::ALL.iter().map(|rule| rule.code()));
        PolicyProblem::UnknownRule { given, nearest, of: Rule::ALL.len() }
    },
};

pub(in crate::policy) static WEEKDAYS: Words<Weekday> = Words {
    all: &[
        Weekday::Monday,
        Weekday::Tuesday,
        Weekday::Wednesday,
        Weekday::Thursday,
        Weekday::Friday,
        Weekday::Saturday,
        Weekday::Sunday,
    ],
    code: |day| match day {
        Weekday::Monday => "monday",
        Weekday::Tuesday => "tuesday",
        Weekday::Wednesday => "wednesday",
        Weekday::Thursday => "thursday",
        Weekday::Friday => "friday",
        Weekday::Saturday => "saturday",
        Weekday::Sunday => "sunday",
    },
    unknown: |given, known| PolicyProblem::UnknownWeekday { given, known },
};

pub(in crate::policy) static KEY: Form = Form {
    pattern: "^[a-z][a-z0-9]*(-[a-z0-9]+)*$",
    max: 40,
    sound: is_key,
    wrong: |given| PolicyProblem::BadKey { given },
};

pub(in crate::policy) static VERSION: Form = Form {
    pattern: "^[A-Za-z0-9][A-Za-z0-9.-]*$",
    max: 32,
    sound: |text| {
        (1..=32).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-')
            && text.starts_with(|c: char| c.is_ascii_alphanumeric())
    },
    wrong: |given| PolicyProblem::BadVersion { given },
};

/// Whether a zone exists, the calendar says.
pub(in crate::policy) static ZONE: Form = Form {
    pattern: "^[A-Za-z][A-Za-z0-9_+/-]*$",
    max: 64,
    sound: |text| {
        text.len() <= 64
            && text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+/-".contains(&b))
    },
    wrong: |given| PolicyProblem::UnknownZone { given },
};

pub(in crate::policy) static TIME: Form = Form {
    pattern: "^([01][0-9]|2[0-3]):[0-5][0-9]$",
    max: 5,
    sound: |text| time_of_day(text).is_some(),
    wrong: |given| PolicyProblem::BadTime { given },
};

pub(in crate::policy) static DATE: Form = Form {
    pattern: "^2[01][0-9]{2}-[0-9]{2}-[0-9]{2}$",
    max: 10,
    sound: |text| date(text).is_some(),
    wrong: |given| PolicyProblem::BadDate { given },
};

pub(in crate::policy) static PRACTICE_ID: Form = Form {
    pattern: "^[A-Za-z0-9._-]+$",
    max: 32,
    sound: is_practice_id,
    wrong: |given| PolicyProblem::BadPracticeId { given },
};

pub(in crate::policy) static PRACTICE_NAME: Form = Form {
    pattern: "^[a-z][a-z0-9]*(-[a-z0-9]+)*:[A-Za-z0-9._-]{1,32}$",
    max: 73,
    sound: |text| text.parse::<FrameworkRef>().is_ok(),
    wrong: |given| PolicyProblem::BadFrameworkRef { given },
};

/// A time of day: two digits for the hour, two for the minute.
pub(in crate::policy) fn time_of_day(text: &str) -> Option<time::Time> {
    let (hour, minute) = text.split_once(':')?;
    time::Time::from_hms(two_digits(hour)?, two_digits(minute)?, 0).ok()
}

/// A day between the years 2000 and 2199.
pub(in crate::policy) fn date(text: &str) -> Option<time::Date> {
    let sound = text.len() == 10 && (text.starts_with("20") || text.starts_with("21"));
    sound.then(|| time::Date::parse(text, &Iso8601::DATE).ok())?
}

fn two_digits(text: &str) -> Option<u8> {
    let sound = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
    sound.then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a form takes and its pattern does not, or the other way round, would be told otherwise by an editor's schema.
    #[test]
    fn forms_are_as_long_as_they_say_and_begin_as_they_must() {
        for (form, right, wrong) in [
            (
                &ZONE,
                &["Europe/Helsinki", "Etc/GMT+3", "UTC"][..],
                &["9pm", "/Europe", "Europe Helsinki", ""][..],
            ),
            (&VERSION, &["1", "2026.2", "1-rc.1"], &["", ".1", "1 2", "1_2"]),
            (&KEY, &["sdl", "post-release", "p2"], &["", "Sdl", "-a", "a-", "a--b", "2p"]),
            (&PRACTICE_ID, &["PW.4.1", "a_b", "1"], &["", "PW 4", "PW:4"]),
        ] {
            for text in right {
                assert!((form.sound)(text), "{text} is refused by {}", form.pattern);
            }
            for text in wrong {
                assert!(!(form.sound)(text), "{text} is taken by {}", form.pattern);
            }
            assert!((form.sound)(&"a".repeat(form.max)), "{}", form.pattern);
            assert!(!(form.sound)(&"a".repeat(form.max + 1)), "{}", form.pattern);
        }
    }
}
