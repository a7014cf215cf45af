use secrecy::SecretString;
use sluice_domain::access::{Role, WorkspaceRole};
use sluice_domain::ids::{Id, PersonId, ProductId};
use sluice_domain::text::ProductKey;
use sluice_service::{
    Actor, Origin, Service, Voids,
    people::{Accept, Invite, NewPassword},
    products::CreateProduct,
};

use super::{TestResult, fields};

/// Everybody's password.
pub(crate) const PASSWORD: &str = "seven herons over a slow river";

/// The people of the tests, and the two products: all but one work on `PAY`.
#[derive(Debug)]
pub(crate) struct Cast {
    /// Administrator, without a role in a product.
    pub(crate) admin: Actor,
    /// Auditor, without a role in a product.
    pub(crate) auditor: Actor,
    /// Product manager.
    pub(crate) manager: Actor,
    /// Designer, developer and incident manager.
    pub(crate) developer: Actor,
    /// Tester.
    pub(crate) tester: Actor,
    /// Marketing.
    pub(crate) stakeholder: Actor,
    /// Security reviewer.
    pub(crate) first: Actor,
    /// Another security reviewer.
    pub(crate) second: Actor,
    /// Release manager.
    pub(crate) releaser: Actor,
    /// Holds every role that there is, in the other product, `OPS`.
    pub(crate) stranger: Actor,
    /// Where the work is.
    pub(crate) product: ProductId,
    /// Where the stranger works.
    pub(crate) other_product: ProductId,
}

impl Default for Cast {
    fn default() -> Self {
        let nobody = Actor {
            person: Id::new(uuid::Uuid::nil()),
            name: String::new(),
            email: String::new(),
            workspace: [].into(),
            unread: 0,
            origin: Origin::default(),
        };
        Self {
            admin: nobody.clone(),
            auditor: nobody.clone(),
            manager: nobody.clone(),
            developer: nobody.clone(),
            tester: nobody.clone(),
            stakeholder: nobody.clone(),
            first: nobody.clone(),
            second: nobody.clone(),
            releaser: nobody.clone(),
            stranger: nobody,
            product: Id::new(uuid::Uuid::nil()),
            other_product: Id::new(uuid::Uuid::nil()),
        }
    }
}

impl Cast {
    /// Sets a workspace up as people do: with an administrator who makes products and invites everybody.
    pub(crate) async fn assemble(service: &Service) -> TestResult<Self> {
        let password = NewPassword::new(PASSWORD).map_err(|problem| format!("{problem:?}"))?;
        let admin =
            service.create_admin("admin@example.org".parse()?, "Ada Admin".parse()?, password).await?;
        let admin = actor(service, admin).await?;
        let product = product(service, &admin, "PAY", "Payments").await?;
        let other_product = self::product(service, &admin, "OPS", "Operations").await?;
        let join =
            async |name: &str, roles: &[Role]| join(service, &admin, name, &[], Some(product), roles).await;
        Ok(Self {
            manager: join("Mara Manager", &[Role::ProductManager]).await?,
            developer: join("Devi Developer", &[Role::Developer, Role::Designer, Role::IncidentManager])
                .await?,
            tester: join("Tess Tester", &[Role::Qa]).await?,
            stakeholder: join("Mark Market", &[Role::Stakeholder]).await?,
            first: join("Rhea Reviewer", &[Role::SecurityReviewer]).await?,
            second: join("Rolf Reviewer", &[Role::SecurityReviewer]).await?,
            releaser: join("Rita Release", &[Role::ReleaseManager]).await?,
            auditor: self::join(service, &admin, "Audrey Audit", &[WorkspaceRole::Auditor], None, &[])
                .await?,
            stranger: self::join(service, &admin, "Stan Strange", &[], Some(other_product), Role::ALL)
                .await?,
            admin,
            product,
            other_product,
        })
    }

    /// Somebody who holds one of these roles in `PAY`.
    pub(crate) fn holding(&self, roles: &[Role]) -> TestResult<&Actor> {
        let first = roles.first().ok_or("nobody does it")?;
        Ok(match first {
            Role::ProductManager => &self.manager,
            Role::Designer | Role::Developer | Role::IncidentManager => &self.developer,
            Role::Qa => &self.tester,
            Role::SecurityReviewer => &self.first,
            Role::ReleaseManager => &self.releaser,
            Role::Stakeholder => &self.stakeholder,
        })
    }
}

async fn product(service: &Service, admin: &Actor, key: &str, name: &str) -> TestResult<ProductId> {
    let id = service.fresh_product_id();
    let command = CreateProduct {
        id,
        key: key.parse::<ProductKey>()?,
        name: name.parse()?,
        description: "What the tests are about.".parse()?,
    };
    service.create_product(admin, command).await?;
    Ok(id)
}

/// Invites somebody, who accepts.
pub(crate) async fn join(
    service: &Service,
    admin: &Actor,
    name: &str,
    workspace_roles: &[WorkspaceRole],
    product: Option<ProductId>,
    roles: &[Role],
) -> TestResult<Actor> {
    let invite = Invite {
        email: format!("{}@example.org", name.to_lowercase().replace(' ', ".")).parse()?,
        name: name.parse()?,
        workspace_roles: workspace_roles.iter().copied().collect(),
        product,
        product_roles: roles.iter().copied().collect(),
    };
    let link = service.invite(admin, invite).await?;
    let form = fields(&[("name", name), ("new-password", PASSWORD), ("new-password-again", PASSWORD)]);
    let accept = Accept::parse(&form, false).map_err(|problems| format!("{problems:?}"))?;
    let joined = service.accept(&Origin::default(), &link.token, accept).await?;
    actor(service, joined.person).await
}

/// A person as the next request of theirs finds them. They void what they have to without being asked: that they are
/// asked is a test of its own, by people who are [`asked`].
pub(crate) async fn actor(service: &Service, person: PersonId) -> TestResult<Actor> {
    let origin = Origin { voids: Voids::Unasked, ..Origin::default() };
    Ok(service.actor(person, origin).await?.ok_or("no such person")?)
}

/// The same person at a browser, who is asked before sign-offs are voided.
pub(crate) fn asked(actor: &Actor) -> Actor {
    answering(actor, Voids::Ask)
}

/// The same person, who gave this answer.
pub(crate) fn answering(actor: &Actor, voids: Voids) -> Actor {
    let origin = Origin { voids, ..actor.origin.clone() };
    Actor { origin, ..actor.clone() }
}

/// The password, as a form brings it.
pub(crate) fn password() -> SecretString {
    SecretString::from(PASSWORD)
}
