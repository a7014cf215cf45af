//! What is filed and what is traced: the whole record of a feature for print, and what answers what.

mod file;
mod read;
mod trace;

pub use file::{
    Attempt, AttemptEnd, AttemptOutcome, Cut, FeatureRecord, FiledControl, FiledEvidence, FiledKind,
    FiledPhase, FiledSignOff, FiledVersion,
};
pub use read::ThreatAnswers;
pub use trace::{Link, Owed, TracePage, TraceQuery, TraceRow, TraceSide};
