//! Permits: the type of an argument proves that somebody was authorized, for what, and where.
//!
//! A store function that writes takes a permit and writes to the thing that the permit names. Only
//! [`super::write::Write::authorize_feature`] and its siblings make one.

use sluice_domain::{
    access::{Role, WorkspaceRole},
    audit::{Actor as AuditActor, Authentication},
    ids::{FeatureId, PersonId, ProductId},
};

/// Permission to do one action within a scope.
#[derive(Debug)]
pub(crate) struct Permit<S> {
    pub(super) scope: S,
    pub(super) actor: AuditActor,
    pub(super) role: Option<Role>,
    pub(super) workspace_role: Option<WorkspaceRole>,
    pub(super) authentication: Authentication,
}

/// One feature, whose row this transaction has locked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InFeature {
    pub(super) feature: FeatureId,
    pub(super) product: ProductId,
}

/// One product.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InProduct(pub(super) ProductId);

/// The workspace as a whole.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InWorkspace;

/// One's own account.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OwnAccount(pub(super) PersonId);

/// Where an event of this permit happened.
pub(crate) trait Scope {
    fn place(&self) -> (Option<ProductId>, Option<FeatureId>);
}

impl Scope for InFeature {
    fn place(&self) -> (Option<ProductId>, Option<FeatureId>) {
        (Some(self.product), Some(self.feature))
    }
}

impl Scope for InProduct {
    fn place(&self) -> (Option<ProductId>, Option<FeatureId>) {
        (Some(self.0), None)
    }
}

impl Scope for InWorkspace {
    fn place(&self) -> (Option<ProductId>, Option<FeatureId>) {
        (None, None)
    }
}

impl Scope for OwnAccount {
    fn place(&self) -> (Option<ProductId>, Option<FeatureId>) {
        (None, None)
    }
}

impl<S> Permit<S> {
    /// The same permit, after the actor proved anew who they are.
    pub(crate) fn authenticated_by(mut self, authentication: Authentication) -> Self {
        self.authentication = authentication;
        self
    }

    /// The person who acts; nobody where Sluice does.
    pub(crate) fn person_acting(&self) -> Option<PersonId> {
        match self.actor {
            AuditActor::Person(person) => Some(person),
            AuditActor::System => None,
        }
    }

    /// The same permit, in the role by which something narrower than the action allowed it: a control, a kind of record
    /// or a seat at a gate. Every event of the transaction names it, its consequences as well.
    pub(crate) fn acting_as(mut self, role: Role) -> Self {
        self.role = Some(role);
        self
    }

    /// Whether Sluice itself acts, so that nobody is there who could be asked.
    pub(crate) fn is_system(&self) -> bool {
        self.actor == AuditActor::System
    }

    pub(super) fn who(&self) -> (AuditActor, Option<Role>, Option<WorkspaceRole>, Authentication) {
        (self.actor, self.role, self.workspace_role, self.authentication)
    }
}

impl<S: Scope> Permit<S> {
    /// The product and the feature that it is for, as far as it is for one.
    pub(crate) fn place(&self) -> (Option<ProductId>, Option<FeatureId>) {
        self.scope.place()
    }
}

impl Permit<InFeature> {
    pub(crate) fn feature(&self) -> FeatureId {
        self.scope.feature
    }
    pub(crate) fn product(&self) -> ProductId {
        self.scope.product
    }
}

impl Permit<InProduct> {
    pub(crate) fn product(&self) -> ProductId {
        self.scope.0
    }
}

impl Permit<OwnAccount> {
    pub(crate) fn person(&self) -> PersonId {
        self.scope.0
    }
}
