//! Who is in the story, and how they come to be in the workspace.

use std::collections::BTreeMap;

use sluice_domain::{
    access::{
        Role,
        Role::{
            Designer, Developer, IncidentManager, ProductManager, Qa, ReleaseManager, SecurityReviewer,
            Stakeholder,
        },
        WorkspaceRole,
    },
    form::Problem,
    ids::{PersonId, ProductId},
    text::{Email, PersonName, ProductKey},
};
use sluice_service::{
    Actor, Origin, Service, Voids,
    people::{Accept, Invite, NewPassword},
    products::{CreateProduct, RoleChange},
};

use super::script::{
    Who,
    Who::{Ana, Ben, Chi, Dana, Eli, Gita, Hugo, Ines, Joel, Leo, Nora, Rosa, Sam, Victor},
};
use crate::cli::Failed;

/// The password of every account of the demo workspace. It is no secret: whoever reads this can sign in there.
pub(super) const PASSWORD: &str = "copper lantern meadow";

/// Keys, names and descriptions of the products.
const PRODUCTS: [(&str, &str, &str); 2] = [
    (
        "PAY",
        "Payments",
        "Checkout, stored cards, refunds, and the connection to our acquirer.\n\nWhatever touches card \
             numbers is of high \
         risk; wording and reminders are mostly of low risk.",
    ),
    (
        "SLU",
        "Sluice",
        "This very program: it takes features through a secure development lifecycle and keeps the \
             record of it.\n\nIts \
         own features, threats and evidence are those of its repository.",
    ),
];

struct Person {
    who: Who,
    name: &'static str,
    email: &'static str,
    /// What the list of accounts says.
    role: &'static str,
    workspace: &'static [WorkspaceRole],
    payments: &'static [Role],
    sluice: &'static [Role],
}

const fn administers(who: Who, name: &'static str, email: &'static str, role: &'static str) -> Person {
    let workspace = &[WorkspaceRole::Administrator];
    Person { who, name, email, role, workspace, payments: &[], sluice: &[] }
}

const fn audits(who: Who, name: &'static str, email: &'static str, role: &'static str) -> Person {
    Person { workspace: &[WorkspaceRole::Auditor], ..administers(who, name, email, role) }
}

/// Works on Payments, on Sluice, or on both.
const fn works(
    who: Who,
    name: &'static str,
    email: &'static str,
    role: &'static str,
    payments: &'static [Role],
    sluice: &'static [Role],
) -> Person {
    Person { workspace: &[], payments, sluice, ..administers(who, name, email, role) }
}

/// Everybody. The first one sets the workspace up and invites the others.
const PEOPLE: [Person; 14] = [
    administers(Nora, "Nora Lind", "nora@example.org", "Administrator"),
    audits(Victor, "Victor Ames", "victor@example.org", "Auditor"),
    works(Ana, "Ana Diaz", "ana@example.org", "Product manager", &[ProductManager], &[ProductManager]),
    works(Eli, "Eli Brandt", "eli@example.org", "Designer", &[Designer], &[]),
    works(Dana, "Dana Wu", "dana@example.org", "Developer", &[Developer], &[]),
    works(Sam, "Sam Keller", "sam@example.org", "Developer", &[Developer], &[Developer]),
    works(Gita, "Gita Rao", "gita@example.org", "QA", &[Qa], &[Qa]),
    works(Ben, "Ben Ode", "ben@example.org", "Security reviewer", &[SecurityReviewer], &[SecurityReviewer]),
    works(Chi, "Chi Ito", "chi@example.org", "Security reviewer", &[SecurityReviewer], &[SecurityReviewer]),
    works(Hugo, "Hugo Marsh", "hugo@example.org", "Release manager", &[ReleaseManager], &[ReleaseManager]),
    works(Ines, "Ines Costa", "ines@example.org", "Incident manager", &[IncidentManager], &[IncidentManager]),
    works(Joel, "Joel Park", "joel@example.org", "Stakeholder (marketing)", &[Stakeholder], &[Stakeholder]),
    works(Rosa, "Rosa Lim", "rosa@example.org", "Stakeholder (support)", &[Stakeholder], &[Stakeholder]),
    works(Leo, "Leo Novak", "leo@example.org", "Developer, Sluice only", &[], &[Developer, Designer]),
];

/// The people of the story and the products they work on, once both exist.
pub(super) struct Cast {
    actors: BTreeMap<Who, Actor>,
    products: BTreeMap<&'static str, ProductId>,
}

impl Cast {
    /// Creates the first administrator, who creates the products.
    pub(super) async fn begin(service: &Service) -> Result<Self, Failed> {
        let [nora, ..] = &PEOPLE;
        let id = service.create_admin(nora.email()?, nora.name()?, password()?).await?;
        let mut cast = Self { actors: BTreeMap::new(), products: BTreeMap::new() };
        cast.join(service, Nora, id).await?;
        for (key, name, description) in PRODUCTS {
            let id = service.fresh_product_id();
            let command = CreateProduct {
                id,
                key: key.parse()?,
                name: name.parse()?,
                description: description.parse()?,
            };
            service.create_product(cast.actor(Nora)?, command).await?;
            cast.products.insert(key, id);
        }
        Ok(cast)
    }

    /// The people who joined.
    pub(super) fn everybody(&self) -> impl Iterator<Item = &Actor> {
        self.actors.values()
    }

    /// How many people are still to be invited after the first.
    pub(super) const REST: usize = PEOPLE.len() - 1;

    /// The administrator invites one of the others, who accepts at once.
    pub(super) async fn welcome(&mut self, service: &Service, number: usize) -> Result<(), Failed> {
        let person = PEOPLE.get(number + 1).ok_or("nobody is left to be invited")?;
        let nora = self.actor(Nora)?.clone();
        let (payments, sluice) = (person.payments, person.sluice);
        let (product, roles) = if payments.is_empty() { ("SLU", sluice) } else { ("PAY", payments) };
        let invite = Invite {
            email: person.email()?,
            name: person.name()?,
            workspace_roles: person.workspace.iter().copied().collect(),
            product: if roles.is_empty() { None } else { Some(self.product(product)?) },
            product_roles: roles.iter().copied().collect(),
        };
        let link = service.invite(&nora, invite).await?;
        let accept = Accept { name: person.name()?, email: None, password: password()? };
        let joined = service.accept(&Origin::default(), &link.token, accept).await?;
        if !payments.is_empty() {
            let key: ProductKey = "SLU".parse()?;
            for role in sluice {
                let command = RoleChange { person: joined.person, role: *role };
                service.grant_role(&nora, &key, command).await?;
            }
        }
        self.join(service, person.who, joined.person).await
    }

    async fn join(&mut self, service: &Service, who: Who, id: PersonId) -> Result<(), Failed> {
        let actor = service
            .actor(id, Origin { voids: Voids::Unasked, ..Origin::default() })
            .await?
            .ok_or("an account is not there")?;
        self.actors.insert(who, actor);
        Ok(())
    }

    /// Somebody, to act as them.
    pub(super) fn actor(&self, who: Who) -> Result<&Actor, Failed> {
        self.actors.get(&who).ok_or_else(|| format!("{who:?} has not joined yet").into())
    }

    /// A product by its key.
    pub(super) fn product(&self, key: &str) -> Result<ProductId, Failed> {
        self.products.get(key).copied().ok_or_else(|| format!("there is no product {key}").into())
    }

    /// The accounts, as text to print.
    pub(super) fn accounts() -> String {
        let width = PEOPLE.iter().map(|person| person.role.len()).max().unwrap_or_default();
        let mut text = format!("The demo workspace is ready. Every account has the password: {PASSWORD}\n\n");
        for person in &PEOPLE {
            text.extend(["  ", &format!("{:width$}", person.role), "  ", person.email, "\n"]);
        }
        text.push_str(
            "\nThe accounts are as public as this text: do not offer the demo workspace to the internet.",
        );
        text
    }
}

impl Person {
    fn email(&self) -> Result<Email, Failed> {
        Ok(self.email.parse()?)
    }

    fn name(&self) -> Result<PersonName, Failed> {
        Ok(self.name.parse()?)
    }
}

fn password() -> Result<NewPassword, Failed> {
    NewPassword::new(PASSWORD)
        .map_err(|problem: Problem| format!("the password is refused: {problem:?}").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_accounts_and_the_password_are_printed() {
        assert!(NewPassword::new(PASSWORD).is_ok());
        let text = Cast::accounts();
        assert!(text.contains(PASSWORD));
        for person in &PEOPLE {
            assert!(text.contains(person.email) && text.contains(person.role));
        }
    }

    #[test]
    fn every_role_has_an_account() {
        for role in Role::ALL {
            assert!(PEOPLE.iter().any(|person| person.payments.contains(role)), "{role:?}");
        }
        for role in WorkspaceRole::ALL {
            assert!(PEOPLE.iter().any(|person| person.workspace.contains(role)), "{role:?}");
        }
    }
}
