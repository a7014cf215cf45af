use std::collections::BTreeSet;

use sluice_domain::{
    form::{Check, FieldProblem, Fields, Problem},
    lifecycle::Refusal,
    place::Place,
    policy::{ControlKey, PhaseKey},
};
use sqlx::PgConnection;

use crate::{
    error::{Error, Result},
    features::row::Feature,
};

const FIELD: &str = "target";
const LABEL: &str = "What it proves";

/// What evidence is attached to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// A control of a phase.
    Control(PhaseKey, ControlKey),
    /// A threat, by its number.
    Threat(i32),
}

impl Target {
    /// The code in forms and in the record: `control:design/feature-description`, `threat:4`.
    #[must_use]
    pub fn code(&self) -> String {
        match self {
            Self::Control(phase, control) => format!("control:{phase}/{control}"),
            Self::Threat(number) => format!("threat:{number}"),
        }
    }

    /// The target with this code.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        let (kind, target) = code.split_once(':')?;
        match kind {
            "control" => {
                let (phase, control) = target.split_once('/')?;
                Some(Self::Control(phase.parse().ok()?, control.parse().ok()?))
            }
            // One spelling a number: `04` and `+4` would be further names of the same threat.
            "threat" if target.bytes().all(|b| b.is_ascii_digit()) && !target.starts_with('0') => {
                Some(Self::Threat(target.parse().ok()?))
            }
            _ => None,
        }
    }

    /// The one target that a form names.
    ///
    /// # Errors
    /// When it names none.
    pub fn from_form(fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        let mut check = Check::default();
        let target = check.choice(fields, FIELD, LABEL, Self::parse);
        check.finish(target)
    }

    /// Every target that a form names, each once.
    pub(super) fn all_from_form(fields: &Fields, check: &mut Check) -> Vec<Self> {
        let mut targets = BTreeSet::new();
        for code in fields.all(FIELD).filter(|code| !code.is_empty()) {
            let Some(target) = Self::parse(code) else {
                check.note(FIELD, LABEL, Problem::NotAChoice);
                break;
            };
            targets.insert(target);
        }
        targets.into_iter().collect()
    }

    /// Where the target is shown.
    #[must_use]
    pub fn place(&self) -> Place {
        match self {
            Self::Control(phase, control) => Place::Control(phase.clone(), control.clone()),
            Self::Threat(number) => Place::Threat(*number),
        }
    }

    /// How a row names it: kind, phase (of a control only), and key or number.
    pub(super) fn columns(&self) -> (&'static str, String, String) {
        match self {
            Self::Control(phase, control) => ("control", phase.to_string(), control.to_string()),
            Self::Threat(number) => ("threat", String::new(), number.to_string()),
        }
    }

    /// Reads it from a row.
    pub(crate) fn from_columns(kind: &str, phase: &str, target: &str) -> Result<Self> {
        match kind {
            "control" => Ok(Self::Control(
                phase.parse().map_err(Error::internal)?,
                target.parse().map_err(Error::internal)?,
            )),
            "threat" => Ok(Self::Threat(target.parse().map_err(Error::internal)?)),
            _ => Err(Error::internal("unknown kind of target")),
        }
    }
}

/// Whether evidence for this phase can still be attached and detached: while the feature is under way, in passed phases
/// as well, because what an earlier gate asks for and no longer holds is put right where it belongs. What that changes
/// of what was signed is drift, and blocks the current gate.
pub(super) fn is_open(feature: &Feature, phase: &PhaseKey) -> bool {
    feature.policy.policy.phase(phase).is_some() && feature.progress.attempt().is_ok()
}

/// Demands that the record that the target belongs to can still change.
pub(super) fn demand_open(feature: &Feature, target: &Target) -> Result<()> {
    match target {
        Target::Control(phase, _) if !is_open(feature, phase) => Err(Refusal::NotCurrentPhase.into()),
        Target::Control(..) | Target::Threat(_) => Ok(()),
    }
}

/// Demands that evidence can be attached to all of these: each exists, is owed by a feature of this tier, and its
/// phase is not passed.
pub(super) async fn demand_targets(
    connection: &mut PgConnection,
    feature: &Feature,
    targets: &[Target],
) -> Result<()> {
    let mut threats = BTreeSet::new();
    for target in targets {
        match target {
            Target::Control(phase, control) => {
                let control = feature.policy.policy.control(phase, control).ok_or_else(not_offered)?;
                if !control.tiers.contains(feature.tier) {
                    return Err(not_offered());
                }
                demand_open(feature, target)?;
            }
            Target::Threat(number) => {
                threats.insert(*number);
            }
        }
    }
    if threats.is_empty() {
        return Ok(());
    }
    let numbers: Vec<i32> = threats.iter().copied().collect();
    let there = sqlx::query_scalar!(
        r#"select count(*) as "count!" from threat where feature_id = $1 and number = any($2)"#,
        feature.id.uuid(),
        &numbers
    )
    .fetch_one(connection)
    .await?;
    if usize::try_from(there).is_ok_and(|there| there == numbers.len()) { Ok(()) } else { Err(not_offered()) }
}

fn not_offered() -> Error {
    Error::Invalid(vec![FieldProblem { field: FIELD, label: LABEL, problem: Problem::NotAChoice }])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_reads_back_and_has_one_spelling() {
        for code in ["control:design/feature-description", "threat:4"] {
            assert_eq!(Target::parse(code).map(|target| target.code()).as_deref(), Some(code));
        }
        for wrong in [
            "",
            "threat:",
            "threat:0",
            "threat:04",
            "threat:+4",
            "threat:99999999999",
            "control:design",
            "x:1",
            "control:Design/a",
            "control:design/",
        ] {
            assert_eq!(Target::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_form_names_each_target_once() {
        let pair = |value: &str| ("target".to_owned(), value.to_owned());
        let mut check = Check::default();
        let fields =
            Fields::new(vec![pair("threat:4"), pair(""), pair("threat:4"), pair("control:design/a")]);
        assert_eq!(Target::all_from_form(&fields, &mut check).len(), 2);
        assert!(check.finish(Some(())).is_ok());
        let mut check = Check::default();
        Target::all_from_form(&Fields::new(vec![pair("threat:x")]), &mut check);
        assert!(check.finish(Some(())).is_err());
    }
}
