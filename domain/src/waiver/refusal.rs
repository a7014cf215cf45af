use crate::access::Role;

/// Why a step of a waiver was refused. [`crate::words`] says it in a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WaiverRefusal {
    /// The policy lets nothing be waived.
    #[error("the policy has no waivers")]
    None,
    /// The thing does not block the gate.
    #[error("not blocking")]
    NotBlocking,
    /// The policy lets nobody waive this.
    #[error("never waived")]
    NeverWaived,
    /// Somebody asked for the same already, under this number.
    #[error("asked for already: W-{0}")]
    Asked(i32),
    /// It is waived already, by the waiver with this number.
    #[error("waived already by W-{0}")]
    Waived(i32),
    /// The waiver is not in force: there is nothing to prolong or to end.
    #[error("not in force")]
    NotInForce,
    /// The request was decided or taken back already.
    #[error("decided already")]
    Decided,
    /// The last day that was asked for is over.
    #[error("the term is over")]
    TermOver,
    /// The last day that was asked for is later than the policy allows: at most so many days.
    #[error("longer than {0} days")]
    TermTooLong(u16),
    /// None of the person's roles approves waivers; these do.
    #[error("no approver")]
    NotApprover(Vec<Role>),
    /// Who asks does not approve.
    #[error("own request")]
    OwnRequest,
    /// Who contributed does not approve.
    #[error("contributor")]
    Contributor,
    /// Only who asked takes the request back.
    #[error("request of somebody else")]
    OthersRequest,
}
