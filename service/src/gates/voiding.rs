//! What a write would void. Whoever edits is told before it is saved, and confirms exactly that.

use sluice_domain::{
    access::Role,
    canonical::{self, Digest},
    ids::FeatureKey,
};
use uuid::Uuid;

use crate::{
    actor::Voids,
    error::{Error, Result},
};

/// Sign-offs that a write would void: they cover the dossier as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voiding {
    /// The feature.
    pub feature: FeatureKey,
    /// Who would lose their sign-off: those of the gate under way, then those of gates that are owed; by name at each.
    pub sign_offs: Vec<VoidedSignOff>,
    /// Stands for exactly these sign-offs: who confirms sends it back. Other sign-offs by then are another question.
    pub confirmation: Digest,
}

/// A sign-off that would be voided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoidedSignOff {
    /// The name of the phase whose gate it is of.
    pub gate: String,
    /// The name printed on it.
    pub name: String,
    /// The seat.
    pub role: Role,
}

/// The name of the form field that confirms.
pub const CONFIRM_VOID: &str = "confirm-void";

/// What stands for these sign-offs, whatever their order.
pub(crate) fn confirmation(ids: &[Uuid]) -> Digest {
    let mut ids: Vec<String> = ids.iter().map(Uuid::to_string).collect();
    ids.sort_unstable();
    Digest::of(canonical::to_string(&serde_json::json!({ "voids": ids })).as_bytes())
}

/// Sign-offs that a write voids and somebody has to confirm, gathered gate by gate, so that they are asked about once.
#[derive(Default)]
pub(super) struct ToConfirm {
    ids: Vec<Uuid>,
    sign_offs: Vec<VoidedSignOff>,
}

impl ToConfirm {
    /// Adds those of a gate.
    pub(super) fn add(&mut self, voided: impl IntoIterator<Item = (Uuid, VoidedSignOff)>) {
        let (ids, mut sign_offs): (Vec<Uuid>, Vec<VoidedSignOff>) = voided.into_iter().unzip();
        sign_offs.sort_by(|one, other| one.name.cmp(&other.name));
        self.ids.extend(ids);
        self.sign_offs.extend(sign_offs);
    }

    /// Passes where nothing is to be confirmed, or exactly this was.
    ///
    /// # Errors
    /// [`Error::WouldVoid`] with the question.
    pub(super) fn ask(self, feature: &FeatureKey, voids: &Voids) -> Result<()> {
        let confirmation = confirmation(&self.ids);
        if self.ids.is_empty() || voids.allow(confirmation) {
            return Ok(());
        }
        let (feature, sign_offs) = (feature.clone(), self.sign_offs);
        Err(Error::WouldVoid(Box::new(Voiding { feature, sign_offs, confirmation })))
    }
}

impl Voids {
    /// Whether these sign-offs may be voided without a further question.
    fn allow(&self, confirmation: Digest) -> bool {
        match self {
            Self::Ask => false,
            Self::Confirmed(confirmed) => *confirmed == confirmation,
            Self::Unasked => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_confirmed_is_these_sign_offs_and_no_others() {
        let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let both = confirmation(&[one, two]);
        assert_eq!(both, confirmation(&[two, one]));
        assert!(Voids::Confirmed(both).allow(both));
        for others in [vec![], vec![one], vec![two], vec![one, two, Uuid::from_u128(3)]] {
            assert!(!Voids::Confirmed(both).allow(confirmation(&others)), "{others:?}");
        }
        assert!(!Voids::Ask.allow(both) && Voids::Unasked.allow(both));
    }
}
