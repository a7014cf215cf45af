//! Typed identifiers: an id of one kind cannot be passed where another is asked for.
//!
//! Inside, ids are UUIDs of version 7 (RFC 9562), made by the caller because randomness and time are passed in.
//! People see keys such as `PAY-12` ([`FeatureKey`]) and numbers such as `T-4`.

use std::{fmt, marker::PhantomData, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::text::{ProductKey, TextError};

/// An identifier of a `K`.
pub struct Id<K> {
    value: Uuid,
    kind: PhantomData<fn() -> K>,
}

impl<K> Id<K> {
    /// Wraps a UUID that is known to identify a `K`.
    #[must_use]
    pub const fn new(value: Uuid) -> Self {
        Self { value, kind: PhantomData }
    }

    /// The UUID itself, for storage.
    #[must_use]
    pub const fn uuid(self) -> Uuid {
        self.value
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for Id<K> {}
impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}
impl<K> Eq for Id<K> {}
impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.value.cmp(&other.value)
    }
}
impl<K> std::hash::Hash for Id<K> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.value.hash(state);
    }
}
impl<K> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.value)
    }
}
impl<K> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.value)
    }
}
impl<K> FromStr for Id<K> {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::parse_str(text).map(Self::new)
    }
}
impl<K> Serialize for Id<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.value)
    }
}
impl<'de, K> Deserialize<'de> for Id<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Uuid::deserialize(deserializer).map(Self::new)
    }
}

/// The kinds of thing that have an id. They are never made; they only tell ids apart.
pub mod kind {
    macro_rules! kinds {
        ($($(#[$doc:meta])* $name:ident),* $(,)?) => { $($(#[$doc])* #[derive(Debug)] pub enum $name {})* };
    }
    kinds! {
        /// A person with an account.
        Person,
        /// A one-time invitation.
        Invitation,
        /// A product.
        Product,
        /// A feature.
        Feature,
        /// One version of a lifecycle policy.
        PolicyVersion,
        /// A threat of a threat model.
        Threat,
        /// An item of evidence.
        Evidence,
        /// A record of a phase.
        Record,
        /// A comment on a feature.
        Comment,
        /// An edition of a coding standard.
        Standard,
        /// A saved view of the feature list.
        SavedView,
        /// A sign-off.
        SignOff,
        /// A waiver.
        Waiver,
        /// Something that somebody is told.
        Notification,
        /// A step of a feature's course, such as a hold.
        CourseChange,
        /// A release in an emergency.
        Emergency,
        /// An audit event.
        Event,
        /// One request to the server.
        Request,
    }
}

/// Id of a person.
pub type PersonId = Id<kind::Person>;
/// Id of an invitation.
pub type InvitationId = Id<kind::Invitation>;
/// Id of a product.
pub type ProductId = Id<kind::Product>;
/// Id of a feature.
pub type FeatureId = Id<kind::Feature>;
/// Id of one version of a policy.
pub type PolicyVersionId = Id<kind::PolicyVersion>;
/// Id of a threat.
pub type ThreatId = Id<kind::Threat>;
/// Id of an item of evidence.
pub type EvidenceId = Id<kind::Evidence>;
/// Id of a record.
pub type RecordId = Id<kind::Record>;
/// Id of a comment.
pub type CommentId = Id<kind::Comment>;
/// Id of an edition of a coding standard.
pub type StandardId = Id<kind::Standard>;
/// Id of a saved view.
pub type SavedViewId = Id<kind::SavedView>;
/// Id of a sign-off.
pub type SignOffId = Id<kind::SignOff>;
/// Id of a waiver.
pub type WaiverId = Id<kind::Waiver>;
/// Id of something that somebody is told.
pub type NotificationId = Id<kind::Notification>;
/// Id of a step of a feature's course.
pub type CourseChangeId = Id<kind::CourseChange>;
/// Id of a release in an emergency.
pub type EmergencyId = Id<kind::Emergency>;
/// Id of an audit event.
pub type EventId = Id<kind::Event>;
/// Id of a request.
pub type RequestId = Id<kind::Request>;

/// What people call a feature: the product's key and a number, as in `PAY-12`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FeatureKey {
    /// Key of the product.
    pub product: ProductKey,
    /// Number within the product, from 1.
    pub number: i32,
}

impl fmt::Display for FeatureKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.product, self.number)
    }
}

impl FromStr for FeatureKey {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (product, number) = text.rsplit_once('-').ok_or(TextError::Malformed)?;
        // `+5` and `05` would be second names of the same feature.
        if !number.bytes().all(|b| b.is_ascii_digit()) || number.starts_with('0') {
            return Err(TextError::Malformed);
        }
        let number = number.parse().map_err(|_| TextError::Malformed)?;
        Ok(Self { product: product.parse()?, number })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feature_key_reads_back_and_has_one_spelling() {
        let key: FeatureKey = "PAY-12".parse().expect("a key");
        assert_eq!(key.to_string(), "PAY-12");
        for wrong in
            ["PAY", "PAY-", "PAY-0", "PAY-012", "PAY-+1", "pay-1", "-1", "PAY-99999999999", "PAY 1", "PAY-1 "]
        {
            assert!(wrong.parse::<FeatureKey>().is_err(), "{wrong}");
        }
    }
}
