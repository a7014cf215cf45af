//! The way of every write: begin, lock, read the clock, authorize, decide, store, commit with the event.

use std::{
    collections::BTreeSet,
    future::Future,
    sync::atomic::{AtomicU32, Ordering},
};

use sluice_domain::{
    access::{Action, Grants, Role},
    audit::{Actor as AuditActor, Authentication, Event, Object, Verb},
    ids::{EventId, FeatureId, PersonId, ProductId},
};
use sqlx::{PgConnection, Postgres, Transaction};
use time::OffsetDateTime;
use tracing::Instrument as _;
use uuid::Uuid;

use super::{
    Database,
    permit::{InFeature, InProduct, InWorkspace, OwnAccount, Permit, Scope},
    read::demand,
};
use crate::{
    actor::{Actor, Origin, Voids},
    clock::{Clock, fresh_id, fresh_salt},
    error::{Error, Result},
};

/// Proof that the current future cannot be cancelled by a client that goes away.
pub(crate) struct Uncancelled(());

/// Runs a use case that writes in a task of its own. axum drops a handler when its client disconnects; a write that
/// has begun is finished or rolled back all the same.
pub(crate) async fn uncancelled<T, F, W>(work: W) -> Result<T>
where
    W: FnOnce(Uncancelled) -> F,
    F: Future<Output = Result<T>> + Send + 'static,
    T: Send + 'static,
{
    tokio::spawn(work(Uncancelled(())).in_current_span()).await.map_err(Error::internal)?
}

/// A transaction that has begun. It can lock, and then read the clock.
pub(crate) struct Begun {
    tx: Transaction<'static, Postgres>,
    clock: Clock,
    event: EventId,
    origin: Origin,
}

/// A transaction that knows what time it is. Everything that it writes happens at that instant.
pub(crate) struct Write {
    tx: Transaction<'static, Postgres>,
    event: EventId,
    /// How many consequences were described: their ids follow that of the event, so that a history in order of time
    /// and id tells them in the order in which they came about.
    consequences: AtomicU32,
    origin: Origin,
    /// The instant.
    pub(crate) now: OffsetDateTime,
}

impl Database {
    /// Begins a transaction that writes under a fresh event.
    pub(crate) async fn begin(&self, _: &Uncancelled, origin: &Origin) -> Result<Begun> {
        let mut tx = self.writes.begin().await?;
        let event: EventId = fresh_id(self.clock.rough());
        sqlx::query_scalar!("select set_config('sluice.event', $1, true)", event.to_string())
            .fetch_one(&mut *tx)
            .await?;
        Ok(Begun { tx, clock: self.clock.clone(), event, origin: origin.clone() })
    }
}

impl Begun {
    /// The connection, for locks.
    pub(crate) fn connection(&mut self) -> &mut PgConnection {
        &mut self.tx
    }

    /// Reads the clock: the database's, once, now that the locks are held.
    pub(crate) async fn at_now(mut self) -> Result<Write> {
        let now = match &self.clock {
            Clock::Injected(clock) => clock.now(),
            Clock::Database => {
                sqlx::query_scalar!(r#"select clock_timestamp() as "now!""#).fetch_one(&mut *self.tx).await?
            }
        };
        Ok(Write {
            tx: self.tx,
            event: self.event,
            consequences: AtomicU32::new(0),
            origin: self.origin,
            now,
        })
    }
}

impl Write {
    /// The connection, for store functions.
    pub(crate) fn connection(&mut self) -> &mut PgConnection {
        &mut self.tx
    }

    /// Whether the request may void sign-offs.
    pub(crate) fn voids(&self) -> &Voids {
        &self.origin.voids
    }

    /// Authorizes an action on a feature whose row is locked.
    pub(crate) async fn authorize_feature(
        &mut self,
        actor: &Actor,
        action: Action,
        feature: FeatureId,
        product: ProductId,
    ) -> Result<Permit<InFeature>> {
        let grants = self.grants(actor, product).await?;
        permit(actor, action, &grants, InFeature { feature, product })
    }

    /// Authorizes an action in a product.
    pub(crate) async fn authorize_product(
        &mut self,
        actor: &Actor,
        action: Action,
        product: ProductId,
    ) -> Result<Permit<InProduct>> {
        let grants = self.grants(actor, product).await?;
        permit(actor, action, &grants, InProduct(product))
    }

    /// Authorizes an action for the whole workspace. That there is a workspace is no secret, so whoever may not is told so.
    pub(crate) async fn authorize_workspace(
        &mut self,
        actor: &Actor,
        action: Action,
    ) -> Result<Permit<InWorkspace>> {
        let grants =
            Grants { workspace: self.workspace_roles(actor.person).await?, product: BTreeSet::new() };
        permit(actor, action, &grants, InWorkspace).map_err(|error| match error {
            Error::NotFound => Error::Denied(action),
            other => other,
        })
    }

    /// Authorizes a person for their own account.
    pub(crate) fn authorize_own(actor: &Actor) -> Permit<OwnAccount> {
        Permit {
            scope: OwnAccount(actor.person),
            actor: AuditActor::Person(actor.person),
            role: None,
            workspace_role: None,
            authentication: Authentication::Session,
        }
    }

    /// A permit for the account that a one-time link or a checked password opens. The caller has checked it.
    pub(crate) fn authorize_proven(person: PersonId, authentication: Authentication) -> Permit<OwnAccount> {
        Permit {
            scope: OwnAccount(person),
            actor: AuditActor::Person(person),
            role: None,
            workspace_role: None,
            authentication,
        }
    }

    /// A permit for Sluice itself: migrations of content, the set-up link, the built-in policy.
    pub(crate) fn authorize_system() -> Permit<InWorkspace> {
        Permit {
            scope: InWorkspace,
            actor: AuditActor::System,
            role: None,
            workspace_role: None,
            authentication: Authentication::None,
        }
    }

    /// A permit for Sluice itself, for what time brings about in a feature whose row is locked.
    pub(crate) fn authorize_time(feature: FeatureId, product: ProductId) -> Permit<InFeature> {
        Permit {
            scope: InFeature { feature, product },
            actor: AuditActor::System,
            role: None,
            workspace_role: None,
            authentication: Authentication::None,
        }
    }

    /// The first of these roles that the actor holds in the product: a policy narrows an action to certain roles, and
    /// the record names the one in which it was done.
    pub(crate) async fn one_role_of(
        &mut self,
        actor: &Actor,
        product: ProductId,
        roles: &[Role],
        action: Action,
    ) -> Result<Role> {
        let held = self.grants(actor, product).await?.product;
        roles.iter().copied().find(|role| held.contains(role)).ok_or(Error::Denied(action))
    }

    /// What the actor holds in the product: a kind of record narrows an action to certain roles.
    pub(crate) async fn roles_in(&mut self, actor: &Actor, product: ProductId) -> Result<BTreeSet<Role>> {
        Ok(self.grants(actor, product).await?.product)
    }

    /// What the actor holds, read in this transaction and locked until its end: a revocation waits, or has happened.
    async fn grants(&mut self, actor: &Actor, product: ProductId) -> Result<Grants> {
        let workspace = self.workspace_roles(actor.person).await?;
        let rows = sqlx::query_scalar!(
            "select role from product_grant where person_id = $1 and product_id = $2 for share",
            actor.person.uuid(),
            product.uuid()
        )
        .fetch_all(&mut *self.tx)
        .await?;
        Ok(Grants { workspace, product: rows.iter().filter_map(|code| Role::from_code(code)).collect() })
    }

    async fn workspace_roles(
        &mut self,
        person: PersonId,
    ) -> Result<BTreeSet<sluice_domain::access::WorkspaceRole>> {
        // The person's row comes first: a disabled account holds nothing, and disabling waits for this transaction. The
        // database is told who acts, for what its triggers record.
        let person_row = sqlx::query!(
            r#"select disabled_at is null as "enabled!", set_config('sluice.actor', id::text, true) as actor
               from person where id = $1 for share"#,
            person.uuid()
        )
        .fetch_optional(&mut *self.tx)
        .await?;
        if person_row.is_none_or(|row| !row.enabled) {
            return Err(Error::NotFound);
        }
        let rows = sqlx::query_scalar!(
            "select role from workspace_grant where person_id = $1 for share",
            person.uuid()
        )
        .fetch_all(&mut *self.tx)
        .await?;
        Ok(rows.iter().filter_map(|code| sluice_domain::access::WorkspaceRole::from_code(code)).collect())
    }

    /// Begins the description of what this transaction does. It becomes the event that its rows point to.
    pub(crate) fn event<S: Scope>(&self, permit: &Permit<S>, verb: Verb, object: Object) -> Event {
        self.describe(self.event, permit, verb, object)
    }

    /// Begins the description of a consequence: a further event of the same transaction.
    pub(crate) fn consequence<S: Scope>(&self, permit: &Permit<S>, verb: Verb, object: Object) -> Event {
        let place = u128::from(self.consequences.fetch_add(1, Ordering::Relaxed)) + 1;
        let id = EventId::new(Uuid::from_u128(self.event.uuid().as_u128() + place));
        self.describe(id, permit, verb, object)
    }

    fn describe<S: Scope>(&self, id: EventId, permit: &Permit<S>, verb: Verb, object: Object) -> Event {
        let (actor, role, workspace_role, authentication) = permit.who();
        let (product, feature) = permit.scope.place();
        Event {
            id,
            at: self.now,
            actor,
            role,
            workspace_role,
            authentication,
            verb,
            object,
            product,
            feature,
            changes: Vec::new(),
            reason: None,
            request: self.origin.request,
            address: self.origin.address.clone(),
        }
    }

    /// Commits what is no part of the record: projections, notifications, jobs. The database refuses it where anything
    /// else was written.
    pub(crate) async fn commit_unrecorded(self) -> Result<()> {
        self.tx.commit().await?;
        Ok(())
    }

    /// Commits, with what happened. For what is part of the record there is no other commit.
    pub(crate) async fn commit(mut self, event: Event, consequences: Vec<Event>) -> Result<()> {
        debug_assert_eq!(event.id, self.event, "the first event is the one that rows point to");
        for event in std::iter::once(&event).chain(&consequences) {
            insert_event(&mut self.tx, event).await?;
        }
        self.tx.commit().await?;
        Ok(())
    }
}

fn permit<S>(actor: &Actor, action: Action, grants: &Grants, scope: S) -> Result<Permit<S>> {
    demand(grants, actor, action)?;
    Ok(Permit {
        scope,
        actor: AuditActor::Person(actor.person),
        role: action.product_roles().iter().copied().find(|role| grants.product.contains(role)),
        workspace_role: action.workspace_roles().iter().copied().find(|role| grants.workspace.contains(role)),
        authentication: Authentication::Session,
    })
}

async fn insert_event(tx: &mut PgConnection, event: &Event) -> Result<()> {
    let sealed = event.seal(fresh_salt);
    let actor = match event.actor {
        AuditActor::Person(id) => Some(id.uuid()),
        AuditActor::System => None,
    };
    sqlx::query!(
        "insert into audit.event (id, at, actor, role, workspace_role, authentication, verb, object_kind, object_id,
                                  object_name, product_id, feature_id, request_id, body)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        event.id.uuid(),
        event.at,
        actor,
        event.role.map(Role::code),
        event.workspace_role.map(sluice_domain::access::WorkspaceRole::code),
        event.authentication.code(),
        event.verb.code(),
        event.object.kind.code(),
        event.object.id,
        event.object.name,
        event.product.map(ProductId::uuid),
        event.feature.map(FeatureId::uuid),
        event.request.map(sluice_domain::ids::RequestId::uuid),
        sealed.body
    )
    .execute(&mut *tx)
    .await?;
    if !sealed.texts.is_empty() {
        let (mut parts, mut salts, mut texts) = (Vec::new(), Vec::new(), Vec::new());
        for text in sealed.texts {
            parts.push(text.part);
            salts.push(text.salt.0.to_vec());
            texts.push(text.text);
        }
        sqlx::query!(
            "insert into audit.event_text (event_id, part, salt, text)
             select $1, * from unnest($2::text[], $3::bytea[], $4::text[])",
            event.id.uuid(),
            &parts,
            &salts,
            &texts
        )
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}
