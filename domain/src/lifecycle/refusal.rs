use crate::{access::Role, gate::Blocker, policy::PhaseKey, waiver::WaiverRefusal};

/// Why a step was refused. [`crate::words`] says it in a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// All gates are open; nothing is left to do.
    #[error("finished")]
    Finished,
    /// The feature is on hold: nothing moves before it is resumed.
    #[error("on hold")]
    OnHold,
    /// The feature is cancelled: nothing moves before it is reopened.
    #[error("cancelled")]
    Cancelled,
    /// There is no hold to end.
    #[error("not on hold")]
    NotOnHold,
    /// There is no cancellation to take back.
    #[error("not cancelled")]
    NotCancelled,
    /// The step belongs to another phase than the one the feature is in.
    #[error("not the current phase")]
    NotCurrentPhase,
    /// A feature moves back to a phase that it has passed, and to no other.
    #[error("not an earlier phase")]
    NotEarlier,
    /// The review was requested already.
    #[error("already in review")]
    AlreadyInReview,
    /// It is the team's turn: there is no review to sign or return.
    #[error("not in review")]
    NotInReview,
    /// The team has not done its part.
    #[error("blocked")]
    Blocked(Vec<Blocker>),
    /// Who contributed does not approve.
    #[error("contributor")]
    Contributor,
    /// The gate asks for no sign-off of any role that the person holds.
    #[error("role not asked for")]
    RoleNotAsked,
    /// Enough people of this role signed already.
    #[error("seats filled")]
    SeatsFilled(Role),
    /// One standing sign-off a person, gate and cycle.
    #[error("already signed")]
    AlreadySigned,
    /// Somebody else denied the gate; nobody but they can end that.
    #[error("denied by somebody else")]
    DeniedByOther,
    /// An emergency went through a gate that would be closed again, and its sign-offs are owed: they are given first, so
    /// that nothing but paying ends a debt.
    #[error("owed")]
    Owed,
    /// What was read is no longer what would be signed.
    #[error("dossier changed")]
    DossierChanged,
    /// The policy has no emergency path.
    #[error("no emergency path")]
    NoEmergencyPath,
    /// The gates that the emergency path goes through are behind the feature already, or it would end by them.
    #[error("nothing to skip")]
    NothingToSkip,
    /// The gate is denied, and a veto holds in an emergency as well.
    #[error("denied")]
    Denied,
    /// None of the person's roles releases in an emergency.
    #[error("not an approver")]
    NotAnApprover,
    /// The person has agreed to this release; it takes another one.
    #[error("already agreed")]
    AlreadyAgreed,
    /// Not enough people have agreed to this release.
    #[error("not agreed")]
    NotAgreed,
    /// Nothing is owed at this gate.
    #[error("not owed")]
    NotOwed,
    /// The version of the policy that a feature would move to does not have the phase that the feature is in.
    #[error("the version does not have the phase {0}")]
    PhaseMissing(PhaseKey),
    /// That version does not have a phase, called so, whose gate the feature passed.
    #[error("the version does not have the passed phase {0}")]
    GateGone(String),
    /// That version has a phase, called so, only now or later, and the feature passed its gate.
    #[error("the version has the passed phase {0} later")]
    GateLater(String),
    /// That version has an earlier phase, called so, whose gate the feature never passed.
    #[error("the feature never passed the gate of {0}")]
    GateSkipped(String),
    /// A feature moves to the version of its policy that is active, and to no other.
    #[error("the version is not active")]
    NotActive,
    /// The release would go through other gates than those that were agreed to.
    #[error("another path")]
    OtherPath,
    /// A step of a waiver.
    #[error("waiver: {0}")]
    Waiver(WaiverRefusal),
}
