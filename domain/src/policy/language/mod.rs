//! The policy language: its tables, their fields and limits, described once. The parser reads by this description and
//! the JSON Schema is made from it, so the two cannot disagree on a key, a word or a limit.

use serde_json::json;

mod conditions;
mod field;
mod schema;
mod terms;
mod words;

pub(super) use conditions::condition;
pub(super) use field::{
    ByWord, Choice, Choices, Each, Field, Flag, Formed, FormedList, Inner, List, ListOf, Number, Table, Text,
};
pub(super) use terms::{calendar, emergency, framework, hours, practice, reminders, resolution, waivers};
pub(super) use words::{date, time_of_day};

pub use schema::schema;

use super::problem::PolicyProblem;
use field::{Form, Head, Words, needed, optional};

/// Declares a table: a module with a static for each field and `TABLE`, which lists them all.
macro_rules! table {
    ($(#[$doc:meta])* $name:ident $(, together $together:expr)? => { $($field:ident: $kind:ty = $value:expr;)* }) => {
        $(#[$doc])*
        pub(in crate::policy) mod $name {
            use super::*;

            $(pub(in crate::policy) static $field: $kind = $value;)*

            /// The table.
            pub(in crate::policy) static TABLE: Table =
                Table { fields: &[$(&$field),*], together: $crate::policy::language::together!($($together)?) };
        }
    };
}

macro_rules! together {
    () => {
        None
    };
    ($together:expr) => {
        Some($together)
    };
}

use {table, together};

/// How long what people call something may be.
const NAME: usize = 120;
/// How long a sentence may be.
const SENTENCE: usize = 300;
/// How long what explains something may be.
const PARAGRAPH: usize = 1_000;

const fn name(head: Head) -> Text {
    Text { head, max: NAME, lines: false }
}

const fn sentence(head: Head) -> Text {
    Text { head, max: SENTENCE, lines: false }
}

const fn paragraph(head: Head) -> Text {
    Text { head, max: PARAGRAPH, lines: true }
}

table! {
    /// The whole file.
    policy => {
        KEY: Formed = Formed { head: needed("key", "Names the policy over all its versions."), form: &words::KEY };
        VERSION: Formed = Formed {
            head: needed("version", "Names this version; raise it with every change."),
            form: &words::VERSION,
        };
        TITLE: Text = name(needed("title", "What people call the policy."));
        SUMMARY: Text = paragraph(needed("summary", "What the policy is for."));
        CALENDAR: Inner = Inner {
            head: optional("calendar", "The working time in which every clock of the policy runs."),
            table: &terms::calendar::TABLE,
        };
        REMINDERS: Inner = Inner {
            head: optional("reminders", "When people are reminded of a turn, and who hears of one that is overdue."),
            table: &terms::reminders::TABLE,
        };
        EMERGENCY: Inner = Inner {
            head: optional("emergency", "Who may let a feature pass in an emergency; without it nobody may."),
            table: &terms::emergency::TABLE,
        };
        WAIVERS: Inner = Inner {
            head: optional("waivers", "Who may accept a blocker for a while; without it nothing can be waived."),
            table: &terms::waivers::TABLE,
        };
        EVIDENCE_DAYS: ByWord<crate::policy::EvidenceKind> = ByWord {
            head: optional("evidence_days", "For how many days evidence of a kind holds, from its upload."),
            of: &words::EVIDENCE_KINDS,
            each: Each::Number(1, 3_650),
        };
        RESOLUTION: ByWord<crate::threat::Severity> = ByWord {
            head: optional("resolution", "How fast findings of a severity are answered and put right."),
            of: &words::SEVERITIES,
            each: Each::Table(&terms::resolution::TABLE),
        };
        FRAMEWORKS: List = List {
            head: optional("frameworks", "Frameworks of the policy's own that its controls are mapped to."),
            of: ListOf::Same(&terms::framework::TABLE),
            max: 10,
            empty: None,
        };
        PHASES: List = List {
            head: needed("phases", "The phases, in the order in which a feature passes them."),
            of: ListOf::Same(&phase::TABLE),
            max: 20,
            empty: Some(PolicyProblem::EmptyList { key: "phases" }),
        };
    }
}

table! {
    /// A phase.
    phase => {
        KEY: Formed = Formed { head: needed("key", "Names the phase within the policy."), form: &words::KEY };
        TITLE: Text = name(needed("name", "What people call the phase."));
        PURPOSE: Text = paragraph(needed("purpose", "What the phase is for."));
        CONTROLS: List = List {
            head: needed("controls", "The checklist of the phase."),
            of: ListOf::Same(&control::TABLE),
            max: 100,
            empty: Some(PolicyProblem::EmptyPhase),
        };
        GATE: Inner = Inner {
            head: needed("gate", "What opens the way to the next phase."),
            table: &gate::TABLE,
        };
    }
}

table! {
    /// A control of a phase.
    control, together proof_and_its_fields => {
        KEY: Formed = Formed { head: needed("key", "Names the control within its phase."), form: &words::KEY };
        TITLE: Text = name(needed("title", "What is true when it is done."));
        GUIDANCE: Text = paragraph(needed("guidance", "How to do it, for a person who never did."));
        SOURCE: Text = name(needed("source", "The line of the source document that it comes from."));
        DONE_BY: Choices<crate::access::Role> =
            Choices { head: needed("done_by", "The roles that may do it."), of: &words::ROLES };
        PROOF: Choice<crate::policy::ProofForm> = Choice { head: needed("proof", "What proves it."), of: &words::PROOFS };
        EVIDENCE: Choices<crate::policy::EvidenceKind> = Choices {
            head: optional("evidence", "The kinds of evidence, any of which will do."),
            of: &words::EVIDENCE_KINDS,
        };
        RECORDS: Choice<crate::record::Rule> =
            Choice { head: optional("records", "The rule about records that proves it."), of: &words::RULES };
        REVIEWERS: Inner = Inner {
            head: optional("reviewers", "How many reviewers each change has, by tier, its author not counted."),
            table: &quorum::TABLE,
        };
        TIERS: Choices<crate::policy::Tier> =
            Choices { head: needed("tiers", "The risk tiers whose features owe it."), of: &words::TIERS };
        BEFORE_PRODUCTION: Flag = Flag {
            head: optional("before_production", "Whether it has to be met before the feature goes to production."),
        };
        CAN_BE_NOT_APPLICABLE: Flag = Flag {
            head: optional("can_be_not_applicable", "Whether the team may say, with a reason, that it does not apply."),
        };
        NEVER_WAIVED: Flag = Flag { head: optional("never_waived", "Whether no waiver can stand in for it.") };
        FRAMEWORKS: FormedList = FormedList {
            head: optional("frameworks", "The practices of frameworks that it puts into effect, such as ssdf:PW.4.1."),
            form: &words::PRACTICE_NAME,
            max: 20,
        };
    }
}

/// Which fields of a control go with which proof.
fn proof_and_its_fields() -> serde_json::Value {
    let with_reviewers: Vec<&str> =
        words::RULES.all.iter().filter(|rule| rule.asks_for_reviewers()).map(|rule| rule.code()).collect();
    let only = |proof: &str| json!({ "properties": { "proof": { "const": proof } }, "required": ["proof"] });
    json!({ "allOf": [
        {
            "if": only("evidence"),
            "then": { "required": ["evidence"] },
            "else": { "properties": { "evidence": false } },
        },
        {
            "if": only("records"),
            "then": { "required": ["records"] },
            "else": { "properties": { "records": false } },
        },
        {
            "if": { "properties": { "records": { "enum": with_reviewers } }, "required": ["records"] },
            "then": { "required": ["reviewers"] },
            "else": { "properties": { "reviewers": false } },
        },
    ] })
}

table! {
    /// The gate at a phase's end.
    gate => {
        REVIEW_DAYS: Number = Number {
            head: needed("review_days", "Working days that reviewers have when it is their turn."),
            min: 1,
            max: 60,
        };
        TEAM_DAYS: Number = Number {
            head: optional("team_days", "Working days that the team has for the phase, over all its turns."),
            min: 1,
            max: 365,
        };
        CONDITIONS: List = List {
            head: optional("conditions", "What has to hold besides the controls."),
            of: ListOf::ByKind(crate::policy::ConditionKind::tables),
            max: 30,
            empty: None,
        };
        SIGN_OFFS: List = List {
            head: needed("sign_offs", "Who has to sign."),
            of: ListOf::Same(&sign_off::TABLE),
            max: 10,
            empty: Some(PolicyProblem::NoSignOff),
        };
    }
}

table! {
    /// A role that signs at a gate.
    sign_off => {
        ROLE: Choice<crate::access::Role> =
            Choice { head: needed("role", "The role that people sign in."), of: &words::SIGNERS };
        QUORUM: Inner = Inner {
            head: needed("quorum", "How many distinct people sign, by tier."),
            table: &quorum::TABLE,
        };
        MEANING: Text = sentence(needed("meaning", "What a signature says, continuing “I …”."));
    }
}

table! {
    /// A number of people for each tier.
    quorum => {
        LOW: Number = Number { head: needed("low", "For low-risk features."), min: 0, max: 20 };
        MEDIUM: Number = Number { head: needed("medium", "For medium-risk features."), min: 0, max: 20 };
        HIGH: Number = Number { head: needed("high", "For high-risk features."), min: 0, max: 20 };
    }
}
