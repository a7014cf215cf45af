//! How two features can be related, seen from either end.

use crate::codes::codes;

/// What the record of a product says in the place of a feature of another one: its readers need not know of that.
pub const ELSEWHERE: &str = "elsewhere";

codes! {
    /// What relates a feature to another one. It is stored once, at the feature that says it.
    RelationKind {
        /// The same thing, asked for twice: the other one is where the work is done.
        Duplicate = "duplicate-of",
        /// Part of a larger one.
        Child = "child-of",
        /// It goes on where the other one ended.
        FollowUp = "follows",
    }
}

impl RelationKind {
    /// Whether a feature has at most one of the kind: it is the duplicate of one thing and part of one whole.
    #[must_use]
    pub const fn is_single(self) -> bool {
        match self {
            Self::Duplicate | Self::Child => true,
            Self::FollowUp => false,
        }
    }
}

codes! {
    /// A relation as one of its two features sees it.
    RelationEnd {
        /// It is a duplicate of the other one.
        DuplicateOf = "duplicate-of",
        /// It is part of the other one.
        ChildOf = "child-of",
        /// It follows up on the other one.
        Follows = "follows",
        /// The other one is its duplicate.
        DuplicatedBy = "duplicated-by",
        /// The other one is a part of it.
        ParentOf = "parent-of",
        /// The other one follows up on it.
        FollowedBy = "followed-by",
    }
}

impl RelationEnd {
    /// The relation, and whether it is said here: otherwise the other feature says it.
    #[must_use]
    pub const fn relation(self) -> (RelationKind, bool) {
        match self {
            Self::DuplicateOf => (RelationKind::Duplicate, true),
            Self::ChildOf => (RelationKind::Child, true),
            Self::Follows => (RelationKind::FollowUp, true),
            Self::DuplicatedBy => (RelationKind::Duplicate, false),
            Self::ParentOf => (RelationKind::Child, false),
            Self::FollowedBy => (RelationKind::FollowUp, false),
        }
    }

    /// How a relation looks from the end that says it, or from the other one.
    #[must_use]
    pub const fn of(kind: RelationKind, said_here: bool) -> Self {
        match (kind, said_here) {
            (RelationKind::Duplicate, true) => Self::DuplicateOf,
            (RelationKind::Child, true) => Self::ChildOf,
            (RelationKind::FollowUp, true) => Self::Follows,
            (RelationKind::Duplicate, false) => Self::DuplicatedBy,
            (RelationKind::Child, false) => Self::ParentOf,
            (RelationKind::FollowUp, false) => Self::FollowedBy,
        }
    }

    /// The same relation from the other end.
    #[must_use]
    pub const fn other(self) -> Self {
        let (kind, said_here) = self.relation();
        Self::of(kind, !said_here)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_relation_has_two_ends() {
        for end in RelationEnd::ALL {
            let (kind, said_here) = end.relation();
            assert_eq!(RelationEnd::of(kind, said_here), *end);
            assert_eq!(end.other().other(), *end);
            assert_ne!(end.other(), *end);
            assert_eq!(end.other().relation(), (kind, !said_here));
            // Where it is said it has the code that is stored.
            assert_eq!(end.code() == kind.code(), said_here);
        }
    }
}
