use sluice_domain::{ids::FeatureKey, place::Place, record::RecordKind};

/// What kind of thing an entry of the search stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A feature.
    Feature,
    /// A threat.
    Threat,
    /// An item of evidence.
    Evidence,
    /// A record of this kind.
    Record(RecordKind),
}

impl EntryKind {
    /// Every kind, in the order in which a feature meets them.
    pub fn all() -> impl Iterator<Item = Self> {
        let others = [Self::Feature, Self::Threat, Self::Evidence];
        others.into_iter().chain(RecordKind::ALL.iter().copied().map(Self::Record))
    }

    /// The code that its entries carry.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Feature => "feature",
            Self::Threat => "threat",
            Self::Evidence => "evidence",
            Self::Record(kind) => kind.code(),
        }
    }

    /// The kind with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::all().find(|kind| kind.code() == code)
    }

    /// What people call one.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Feature | Self::Threat | Self::Evidence => self.code(),
            Self::Record(kind) => kind.spec().name,
        }
    }

    /// The letters before the number of one; nothing where it goes by another name.
    fn letters(self) -> Option<&'static str> {
        match self {
            Self::Feature => None,
            Self::Threat => Some("T"),
            Self::Evidence => Some("E"),
            Self::Record(kind) => kind.spec().prefix,
        }
    }

    /// What people call this one: `PAY-12`, `T-4`; nothing for a kind of which a feature has one.
    pub(super) fn key(self, number: i32, feature: &FeatureKey) -> Option<String> {
        match self {
            Self::Feature => Some(feature.to_string()),
            _ => self.letters().map(|letters| format!("{letters}-{number}")),
        }
    }

    /// Where it is.
    pub(super) const fn place(self, number: i32) -> Place {
        match self {
            Self::Feature => Place::Feature,
            Self::Threat => Place::Threat(number),
            Self::Evidence => Place::Evidence(number),
            Self::Record(kind) => Place::Record(kind, number),
        }
    }

    /// The kind and the number that a key within a feature names: `T-4`.
    pub(super) fn parse_key(key: &str) -> Option<(Self, i32)> {
        let (letters, number) = key.split_once('-')?;
        let kind =
            Self::all().find(|kind| kind.letters().is_some_and(|own| own.eq_ignore_ascii_case(letters)))?;
        Some((kind, number.parse().ok().filter(|number| *number > 0)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_and_keys_tell_themselves_apart() {
        let codes: Vec<&str> = EntryKind::all().map(EntryKind::code).collect();
        let letters: Vec<&str> = EntryKind::all().filter_map(EntryKind::letters).collect();
        for names in [codes, letters] {
            let mut once = names.clone();
            once.sort_unstable();
            once.dedup();
            assert_eq!(once.len(), names.len(), "{names:?}");
        }
        for kind in EntryKind::all() {
            assert_eq!(EntryKind::from_code(kind.code()), Some(kind));
        }
        assert_eq!(EntryKind::parse_key("r-3"), Some((EntryKind::Record(RecordKind::Requirement), 3)));
        assert_eq!(EntryKind::parse_key("T-0"), None);
    }
}
