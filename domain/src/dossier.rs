//! The dossier: the manifest of exactly what a sign-off covers, and its digest.
//!
//! Free text enters only as a salted commitment ([`crate::canonical::Salt`]), files by their SHA-256, so the digest
//! proves the content and a later erasure of the text does not break the proof.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    canonical::{self, Digest},
    codes::codes,
    ids::{FeatureKey, PersonId},
    policy::{PhaseKey, Tier},
};

codes! {
    /// The kinds of item that a dossier lists.
    ItemKind {
        /// Title, description and risk tier of the feature.
        Scope = "scope",
        /// The state of one control of the phase.
        Control = "control",
        /// The answers of the threat model.
        ThreatModel = "threat-model",
        /// One threat.
        Threat = "threat",
        /// The current version of one item of evidence.
        Evidence = "evidence",
        /// One record of a phase: a requirement, a decision, a change and so on.
        Record = "record",
        /// One waiver that was approved: what it lets pass, until when, why, and what compensates for it.
        Waiver = "waiver",
        /// One of the product's lists, where a rule of the phase reads it.
        List = "list",
        /// The coding standards that are in force for the product, where a rule of the phase reads them.
        Standards = "standards",
    }
}

impl ItemKind {
    /// Whether it is the ground that all features of a product stand on, and not part of one of them. Who changes it
    /// contributes to none of them, and what was signed on it stays as it was signed: no gate that opened drifts by it.
    #[must_use]
    pub const fn is_of_product(self) -> bool {
        matches!(self, Self::List | Self::Standards)
    }
}

/// One item: what it is, in which version, and what its content commits to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Item {
    /// What kind of thing.
    pub kind: ItemKind,
    /// Which one: a control's key, or a number such as `T-4`.
    pub key: String,
    /// Its version, from 1.
    pub version: i32,
    /// Commitment to its text, or the SHA-256 of its file.
    pub digest: Digest,
}

/// Everything that a sign-off covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dossier {
    /// The feature.
    pub feature: FeatureKey,
    /// Digest of the policy text in force.
    pub policy: Digest,
    /// The phase whose gate is signed.
    pub phase: PhaseKey,
    /// The attempt at that gate, from 1.
    pub cycle: i32,
    /// The risk tier.
    pub tier: Tier,
    /// The items; their order does not matter.
    pub items: BTreeSet<Item>,
}

impl Dossier {
    /// The manifest as canonical JSON; the digest is over these bytes.
    #[must_use]
    pub fn manifest(&self) -> String {
        let items: Vec<Value> = self
            .items
            .iter()
            .map(|item| {
                json!({"kind": item.kind.code(), "key": item.key, "version": item.version, "digest": item.digest.to_string()})
            })
            .collect();
        canonical::to_string(&json!({
            "format": "sluice-dossier-1",
            "feature": self.feature.to_string(),
            "policy": self.policy.to_string(),
            "phase": self.phase.to_string(),
            "cycle": self.cycle,
            "tier": self.tier.code(),
            "items": items,
        }))
    }

    /// The digest that a sign-off carries.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(self.manifest().as_bytes())
    }

    /// What differs from an earlier dossier: keys added, changed and removed, in order.
    #[must_use]
    pub fn difference(&self, earlier: &BTreeSet<Item>) -> Vec<Difference> {
        let find = |items: &BTreeSet<Item>, item: &Item| {
            items.iter().find(|other| other.kind == item.kind && other.key == item.key).cloned()
        };
        let mut found: Vec<Difference> = self
            .items
            .iter()
            .filter_map(|item| match find(earlier, item) {
                None => Some(Difference {
                    kind: item.kind,
                    key: item.key.clone(),
                    then: None,
                    now: Some(item.version),
                }),
                Some(old) if old != *item => Some(Difference {
                    kind: item.kind,
                    key: item.key.clone(),
                    then: Some(old.version),
                    now: Some(item.version),
                }),
                Some(_) => None,
            })
            .collect();
        found.extend(earlier.iter().filter(|old| find(&self.items, old).is_none()).map(|old| Difference {
            kind: old.kind,
            key: old.key.clone(),
            then: Some(old.version),
            now: None,
        }));
        found
    }
}

/// Reads the items back out of a manifest that [`Dossier::manifest`] wrote.
#[must_use]
pub fn items_of(manifest: &str) -> Option<BTreeSet<Item>> {
    let value: Value = serde_json::from_str(manifest).ok()?;
    value
        .get("items")?
        .as_array()?
        .iter()
        .map(|item| {
            Some(Item {
                kind: ItemKind::from_code(item.get("kind")?.as_str()?)?,
                key: item.get("key")?.as_str()?.to_owned(),
                version: item.get("version")?.as_i64()?.try_into().ok()?,
                digest: item.get("digest")?.as_str()?.parse().ok()?,
            })
        })
        .collect()
}

/// The policy text that a manifest was made under, by its digest.
#[must_use]
pub fn policy_of(manifest: &str) -> Option<Digest> {
    let value: Value = serde_json::from_str(manifest).ok()?;
    value.get("policy")?.as_str()?.parse().ok()
}

/// One item that two dossiers do not share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What kind of thing.
    pub kind: ItemKind,
    /// Which one.
    pub key: String,
    /// Its version in the earlier dossier, if it was there.
    pub then: Option<i32>,
    /// Its version in the later dossier, if it is there.
    pub now: Option<i32>,
}

/// Whether everything that was said is still said: what was empty may have been filled in, and a list may have become
/// longer.
#[must_use]
pub fn still_says(then: &Value, now: &Value) -> bool {
    match (then, now) {
        (Value::Object(then), Value::Object(now)) => {
            then.iter().all(|(key, value)| still_says(value, now.get(key).unwrap_or(&Value::Null)))
        }
        (Value::Array(then), Value::Array(now)) => then.iter().all(|value| now.contains(value)),
        (Value::Null, _) => true,
        (Value::Array(then), _) => then.is_empty(),
        (Value::String(then), now) => then.is_empty() || now.as_str() == Some(then),
        _ => then == now,
    }
}

/// Who wrote some version of an item in the dossier: these people do not sign it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Contributors(pub BTreeSet<PersonId>);

impl Contributors {
    /// Whether a person contributed.
    #[must_use]
    pub fn include(&self, person: PersonId) -> bool {
        self.0.contains(&person)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dossier(items: &[(ItemKind, &str, i32, &[u8])]) -> Dossier {
        Dossier {
            feature: "PAY-12".parse().expect("a key"),
            policy: Digest::of(b"policy"),
            phase: "design".parse().expect("a phase"),
            cycle: 1,
            tier: Tier::High,
            items: items
                .iter()
                .map(|(kind, key, version, text)| Item {
                    kind: *kind,
                    key: (*key).to_owned(),
                    version: *version,
                    digest: Digest::of(text),
                })
                .collect(),
        }
    }

    #[test]
    fn the_digest_covers_every_field_and_no_order() {
        let a = (ItemKind::Control, "scope", 1, b"a".as_slice());
        let b = (ItemKind::Evidence, "E-1", 2, b"b".as_slice());
        let whole = dossier(&[a, b]);
        assert_eq!(whole.digest(), dossier(&[b, a]).digest());
        let others = [
            dossier(&[a]),
            dossier(&[a, (ItemKind::Evidence, "E-1", 3, b"b")]),
            dossier(&[a, (ItemKind::Evidence, "E-1", 2, b"c")]),
            dossier(&[a, (ItemKind::Threat, "E-1", 2, b"b")]),
            Dossier { cycle: 2, ..whole.clone() },
            Dossier { tier: Tier::Low, ..whole.clone() },
            Dossier { policy: Digest::of(b"other"), ..whole.clone() },
        ];
        for other in others {
            assert_ne!(whole.digest(), other.digest(), "{other:?}");
        }
    }

    #[test]
    fn a_manifest_reads_back() {
        let whole = dossier(&[(ItemKind::Control, "a", 1, b"a"), (ItemKind::Threat, "T-1", 3, b"b")]);
        assert_eq!(items_of(&whole.manifest()), Some(whole.items));
        assert_eq!(items_of("{}"), None);
    }

    #[test]
    fn the_difference_names_added_changed_and_removed() {
        let then = dossier(&[(ItemKind::Control, "a", 1, b"a"), (ItemKind::Control, "b", 1, b"b")]);
        let now = dossier(&[(ItemKind::Control, "b", 2, b"B"), (ItemKind::Control, "c", 1, b"c")]);
        let found: Vec<_> = now.difference(&then.items).into_iter().map(|d| (d.key, d.then, d.now)).collect();
        assert_eq!(
            found,
            [("b".into(), Some(1), Some(2)), ("c".into(), None, Some(1)), ("a".into(), Some(1), None)]
        );
    }
}
