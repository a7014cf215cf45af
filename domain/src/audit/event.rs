use time::{Date, OffsetDateTime};

use crate::{
    access::{Role, WorkspaceRole},
    canonical::Digest,
    codes::codes,
    ids::{EventId, FeatureId, PersonId, ProductId, RequestId},
};

use super::Verb;

/// Who acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A person with an account, by pseudonymous id.
    Person(PersonId),
    /// Sluice itself: a migration, the set-up, a job.
    System,
}

codes! {
    /// How the actor proved who they are.
    Authentication {
        /// Nobody did: the system acts.
        None = "none",
        /// A one-time link.
        Link = "link",
        /// A session that began with a password.
        Session = "session",
        /// The password, given for this very act.
        Password = "password",
    }
}

codes! {
    /// Kinds of object that an event is about.
    ObjectKind {
        /// The workspace as a whole.
        Workspace = "workspace",
        /// A policy version.
        Policy = "policy",
        /// A person.
        Person = "person",
        /// An invitation.
        Invitation = "invitation",
        /// A session.
        Session = "session",
        /// A product.
        Product = "product",
        /// A feature.
        Feature = "feature",
        /// A control of a feature's phase.
        Control = "control",
        /// A feature's threat model.
        ThreatModel = "threat-model",
        /// A threat.
        Threat = "threat",
        /// An item of evidence.
        Evidence = "evidence",
        /// A gate of a feature.
        Gate = "gate",
        /// A sign-off.
        SignOff = "sign-off",
        /// A record of a phase, such as a requirement.
        Record = "record",
        /// A comment on a feature.
        Comment = "comment",
        /// A coding standard of a product.
        Standard = "standard",
        /// A list of a product, such as its definition of ready.
        ProductList = "product-list",
        /// A waiver.
        Waiver = "waiver",
        /// A seat at gates that was handed to somebody else.
        Delegation = "delegation",
        /// The history.
        History = "history",
    }
}

/// What an event is about: a kind, and an id or key that names one of that kind for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// The kind.
    pub kind: ObjectKind,
    /// Id or key.
    pub id: String,
    /// What people call it, if that is not a secret in the making: a control's key, `T-4`, `E-2`, `PAY-12`.
    pub name: String,
}

impl Object {
    /// An object of a kind.
    #[expect(clippy::needless_pass_by_value, reason = "ids and keys come by value, codes by reference")]
    #[must_use]
    pub fn new(kind: ObjectKind, id: impl ToString, name: impl Into<String>) -> Self {
        Self { kind, id: id.to_string(), name: name.into() }
    }
}

/// A value before or after a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// There is none.
    None,
    /// A code, key or id: part of the record in the clear.
    Code(String),
    /// A whole number.
    Number(i64),
    /// A day.
    Day(Date),
    /// A digest.
    Digest(Digest),
    /// Free text or personal data: in the record only as a commitment, erasable.
    Text(String),
}

impl Value {
    /// Text, or nothing where it is empty.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() { Self::None } else { Self::Text(text) }
    }

    /// A code, key or id.
    #[expect(clippy::needless_pass_by_value, reason = "ids and keys come by value, codes by reference")]
    #[must_use]
    pub fn code(code: impl ToString) -> Self {
        Self::Code(code.to_string())
    }

    /// The value as people read it; empty for none.
    #[must_use]
    pub fn display(&self) -> String {
        match self {
            Self::None => String::new(),
            Self::Code(text) | Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            Self::Day(day) => day.to_string(),
            Self::Digest(digest) => digest.to_string(),
        }
    }
}

/// One field that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Name of the field, in kebab case.
    pub field: &'static str,
    /// The value before.
    pub old: Value,
    /// The value after.
    pub new: Value,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its id; rows that the same transaction wrote point to it.
    pub id: EventId,
    /// When, by the database's clock.
    pub at: OffsetDateTime,
    /// Who.
    pub actor: Actor,
    /// In which product role, where one allowed it.
    pub role: Option<Role>,
    /// In which workspace role, where one allowed it.
    pub workspace_role: Option<WorkspaceRole>,
    /// How the actor proved who they are.
    pub authentication: Authentication,
    /// What.
    pub verb: Verb,
    /// On what.
    pub object: Object,
    /// In which product.
    pub product: Option<ProductId>,
    /// In which feature.
    pub feature: Option<FeatureId>,
    /// What changed.
    pub changes: Vec<Change>,
    /// Why, in the actor's words.
    pub reason: Option<String>,
    /// The request that brought it about.
    pub request: Option<RequestId>,
    /// The network address it came from: personal data, so a commitment in the record.
    pub address: Option<String>,
}

impl Event {
    /// Notes a changed field; equal values are no change.
    pub fn change(&mut self, field: &'static str, old: Value, new: Value) -> &mut Self {
        if old != new {
            self.changes.push(Change { field, old, new });
        }
        self
    }
}
