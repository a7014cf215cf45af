use std::collections::BTreeSet;

use secrecy::{ExposeSecret as _, SecretString};
use sluice_domain::{
    access::{Action, Role, WorkspaceRole},
    audit::{Object, ObjectKind, Value, Verb},
    canonical::Digest,
    form::{Check, FieldProblem, Fields, Problem},
    ids::{Id, InvitationId, ProductId},
    text::{Email, PersonName, ProductKey},
};
use time::{Duration, OffsetDateTime};

use super::{codes, invalid, lock_accounts, people_exist, product_roles, workspace_roles};
use crate::{
    Service,
    actor::{Actor, Origin},
    clock::{fresh_id, random_bytes},
    db::{
        permit::{InWorkspace, Permit},
        write::{Write, uncancelled},
    },
    error::{Error, Result},
};

/// How long an invitation can be accepted.
const INVITATION: Duration = Duration::days(7);
/// How long the set-up link of a fresh workspace works.
const SET_UP: Duration = Duration::hours(24);

/// A link that works once. Only the SHA-256 of its token is stored, so it is shown now or never.
#[derive(Clone, Debug)]
pub struct OneTimeLink {
    /// The secret part: 256 random bits in hexadecimal.
    pub token: SecretString,
    /// Until when it works.
    pub expires_at: OffsetDateTime,
}

impl OneTimeLink {
    fn fresh(expires_at: OffsetDateTime) -> Self {
        // `Digest` only lends its hexadecimal form here.
        Self { token: SecretString::from(Digest::new(random_bytes()).to_string()), expires_at }
    }
}

/// What is stored of a token.
pub(super) fn token_hash(token: &SecretString) -> Digest {
    Digest::of(token.expose_secret().as_bytes())
}

/// Invites a person, with the roles that they will have from the start.
#[derive(Clone, Debug)]
pub struct Invite {
    /// Their address, which they sign in with.
    pub email: Email,
    /// Their name; they can correct it when they accept.
    pub name: PersonName,
    /// Roles for the whole workspace.
    pub workspace_roles: BTreeSet<WorkspaceRole>,
    /// The product of the product roles.
    pub product: Option<ProductId>,
    /// Roles in that product.
    pub product_roles: BTreeSet<Role>,
}

impl Invite {
    /// Parses the fields `email`, `name`, `workspace-role` (repeated), `product` (an id) and `product-role` (repeated).
    ///
    /// # Errors
    /// Every problem of the form.
    pub fn parse(fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        let mut check = Check::default();
        let email = check.text(fields, "email", "E-mail address");
        let name = check.text(fields, "name", "Name");
        let workspace_roles =
            choices(&mut check, fields, "workspace-role", "Workspace roles", WorkspaceRole::from_code);
        let product = check.optional_choice(fields, "product", "Product", |id| id.parse().ok());
        let product_roles =
            choices(&mut check, fields, "product-role", "Roles in the product", Role::from_code);
        if product.is_some() && product_roles.is_empty() {
            check.note("product-role", "Roles in the product", Problem::NotAChoice);
        }
        if fields.get("product").is_empty() && !product_roles.is_empty() {
            check.note("product", "Product", Problem::NotAChoice);
        }
        let command = email.zip(name).map(|(email, name)| Self {
            email,
            name,
            workspace_roles,
            product,
            product_roles,
        });
        check.finish(command)
    }
}

/// Parses a group of check boxes.
fn choices<T: Ord>(
    check: &mut Check,
    fields: &Fields,
    field: &'static str,
    label: &'static str,
    from_code: impl Fn(&str) -> Option<T>,
) -> BTreeSet<T> {
    let mut found = BTreeSet::new();
    let mut unknown = false;
    for code in fields.all(field).filter(|code| !code.is_empty()) {
        match from_code(code) {
            Some(value) => {
                found.insert(value);
            }
            None => unknown = true,
        }
    }
    if unknown {
        check.note(field, label, Problem::NotAChoice);
    }
    found
}

/// An invitation that was neither accepted nor withdrawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenInvitation {
    /// Its id.
    pub id: InvitationId,
    /// Whom it was made for.
    pub email: String,
    /// Their name.
    pub name: String,
    /// Roles for the whole workspace.
    pub workspace_roles: Vec<WorkspaceRole>,
    /// Key of the product of the product roles.
    pub product: Option<ProductKey>,
    /// Roles in that product.
    pub product_roles: Vec<Role>,
    /// Who made it.
    pub invited_by: String,
    /// When.
    pub created_at: OffsetDateTime,
    /// Until when it can be accepted.
    pub expires_at: OffsetDateTime,
    /// Whether that is over.
    pub expired: bool,
}

impl Service {
    /// Invites a person. An earlier invitation to the same address that is still open is withdrawn: there is one link.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the address has an account, [`Error::Denied`] for anybody but an administrator.
    pub async fn invite(&self, actor: &Actor, command: Invite) -> Result<OneTimeLink> {
        let (db, actor) = (self.db.clone(), actor.clone());
        uncancelled(|token| async move {
            let mut begun = db.begin(&token, &actor.origin).await?;
            lock_accounts(begun.connection()).await?;
            let mut write = begun.at_now().await?;
            let permit = write.authorize_workspace(&actor, Action::ManagePeople).await?;
            let taken = sqlx::query_scalar!(
                r#"select exists (select from person where email = $1) as "taken!""#,
                command.email.as_str()
            )
            .fetch_one(write.connection())
            .await?;
            if taken {
                return Err(invalid("email", "E-mail address", Problem::Taken));
            }
            if let Some(product) = command.product {
                sqlx::query_scalar!("select id from product where id = $1", product.uuid())
                    .fetch_optional(write.connection())
                    .await?
                    .ok_or_else(|| invalid("product", "Product", Problem::NotAChoice))?;
            }
            let earlier = withdraw_all(&mut write, &permit, Some(&command.email)).await?;

            let id: InvitationId = fresh_id(write.now);
            let now = write.now;
            let link = OneTimeLink::fresh(now + INVITATION);
            let workspace: Vec<String> = command.workspace_roles.iter().map(|role| role.code().to_owned()).collect();
            let product: Vec<String> = command.product_roles.iter().map(|role| role.code().to_owned()).collect();
            let hash = token_hash(&link.token);
            sqlx::query!(
                "insert into invitation (id, token_hash, email, name, workspace_roles, product_id, product_roles,
                                         invited_by, created_at, expires_at)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                id.uuid(),
                hash.as_bytes().as_slice(),
                command.email.as_str(),
                command.name.as_str(),
                &workspace,
                command.product.map(ProductId::uuid),
                &product,
                actor.person.uuid(),
                now,
                link.expires_at
            )
            .execute(write.connection())
            .await?;
            let mut event = write.event(&permit, Verb::PersonInvited, Object::new(ObjectKind::Invitation, id, ""));
            event.product = command.product;
            event
                .change("email", Value::None, Value::text(command.email.as_str()))
                .change("name", Value::None, Value::text(command.name.as_str()))
                .change("workspace-roles", Value::None, codes(workspace.iter().map(String::as_str)))
                .change("product", Value::None, command.product.map_or(Value::None, Value::code))
                .change("product-roles", Value::None, codes(product.iter().map(String::as_str)));
            let withdrawn = earlier.into_iter().map(|id| withdrawal(&write, &permit, id)).collect();
            write.commit(event, withdrawn).await?;
            Ok(link)
        })
        .await
    }

    /// The invitations that are open, the newest first.
    ///
    /// # Errors
    /// [`Error::Denied`] for anybody but an administrator.
    pub async fn open_invitations(&self, actor: &Actor) -> Result<Vec<OpenInvitation>> {
        Self::demand_workspace(actor, Action::ManagePeople)?;
        let now = self.db.now().await?;
        let rows = sqlx::query!(
            r#"select i.id, i.email, i.name, i.workspace_roles, i.product_roles, i.created_at, i.expires_at,
                      p.key as "product_key?", inviter.name as "invited_by?"
               from invitation i
               left join person inviter on inviter.id = i.invited_by
               left join product p on p.id = i.product_id
               where i.accepted_at is null and i.withdrawn_at is null and i.email is not null
               order by i.created_at desc, i.id desc limit 200"#
        )
        .fetch_all(self.db.reads())
        .await?;
        rows.into_iter()
            .map(|row| {
                Ok(OpenInvitation {
                    id: Id::new(row.id),
                    email: row.email.unwrap_or_default(),
                    name: row.name,
                    workspace_roles: workspace_roles(&row.workspace_roles),
                    product: row.product_key.map(|key| key.parse()).transpose().map_err(Error::internal)?,
                    product_roles: product_roles(&row.product_roles),
                    // Without a person it came from the command line of whoever runs the server.
                    invited_by: row.invited_by.unwrap_or_else(|| "the command line".to_owned()),
                    created_at: row.created_at,
                    expires_at: row.expires_at,
                    expired: row.expires_at <= now,
                })
            })
            .collect()
    }

    /// Withdraws an invitation: its link no longer works.
    ///
    /// # Errors
    /// [`Error::NotFound`] when it is not open, [`Error::Denied`] for anybody but an administrator.
    pub async fn withdraw_invitation(&self, actor: &Actor, id: InvitationId) -> Result<()> {
        let (db, actor) = (self.db.clone(), actor.clone());
        uncancelled(|token| async move {
            let mut begun = db.begin(&token, &actor.origin).await?;
            lock_accounts(begun.connection()).await?;
            let mut write = begun.at_now().await?;
            let permit = write.authorize_workspace(&actor, Action::ManagePeople).await?;
            let now = write.now;
            let withdrawn = sqlx::query!(
                "update invitation set withdrawn_at = $2
                 where id = $1 and accepted_at is null and withdrawn_at is null",
                id.uuid(),
                now
            )
            .execute(write.connection())
            .await?;
            if withdrawn.rows_affected() == 0 {
                return Err(Error::NotFound);
            }
            let object = Object::new(ObjectKind::Invitation, id, "");
            let event = write.event(&permit, Verb::InvitationWithdrawn, object);
            write.commit(event, Vec::new()).await
        })
        .await
    }

    /// A fresh link that makes the first administrator, while nobody has an account. Earlier ones stop working.
    /// `None` when people exist.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn set_up_link(&self) -> Result<Option<OneTimeLink>> {
        let db = self.db.clone();
        uncancelled(|token| async move {
            let mut begun = db.begin(&token, &Origin::default()).await?;
            lock_accounts(begun.connection()).await?;
            if people_exist(begun.connection()).await? {
                return Ok(None);
            }
            issue_to_administrator(begun.at_now().await?, None).await.map(Some)
        })
        .await
    }

    /// A link that makes somebody administrator, for the command line of whoever runs the server. Earlier ones to the
    /// same address stop working.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the address has an account.
    pub async fn invite_admin(&self, email: Email, name: PersonName) -> Result<OneTimeLink> {
        let db = self.db.clone();
        uncancelled(|token| async move {
            let mut begun = db.begin(&token, &Origin::default()).await?;
            lock_accounts(begun.connection()).await?;
            let taken = sqlx::query_scalar!(
                r#"select exists (select from person where email = $1) as "taken!""#,
                email.as_str()
            )
            .fetch_one(begun.connection())
            .await?;
            if taken {
                return Err(invalid("email", "E-mail address", Problem::Taken));
            }
            issue_to_administrator(begun.at_now().await?, Some((email, name))).await
        })
        .await
    }
}

/// Issues a link that makes an administrator, on behalf of Sluice itself: to somebody, or to whoever sets it up.
async fn issue_to_administrator(
    mut write: Write,
    person: Option<(Email, PersonName)>,
) -> Result<OneTimeLink> {
    let permit = Write::authorize_system();
    let (email, name) = person.unzip();
    let earlier = withdraw_all(&mut write, &permit, email.as_ref()).await?;
    let id: InvitationId = fresh_id(write.now);
    let now = write.now;
    let link = OneTimeLink::fresh(now + if email.is_some() { INVITATION } else { SET_UP });
    let roles = vec![WorkspaceRole::Administrator.code().to_owned()];
    let hash = token_hash(&link.token);
    sqlx::query!(
        "insert into invitation (id, token_hash, email, name, workspace_roles, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
        id.uuid(),
        hash.as_bytes().as_slice(),
        email.as_ref().map(Email::as_str),
        name.as_ref().map_or("", PersonName::as_str),
        &roles,
        now,
        link.expires_at
    )
    .execute(write.connection())
    .await?;
    let mut event = write.event(&permit, Verb::PersonInvited, Object::new(ObjectKind::Invitation, id, ""));
    event
        .change("email", Value::None, email.as_ref().map_or(Value::None, |email| Value::text(email.as_str())))
        .change("workspace-roles", Value::None, codes(roles.iter().map(String::as_str)));
    let withdrawn = earlier.into_iter().map(|id| withdrawal(&write, &permit, id)).collect();
    write.commit(event, withdrawn).await?;
    Ok(link)
}

/// Withdraws the open invitations to an address or, without one, the set-up links. The caller adds their events.
pub(super) async fn withdraw_all(
    write: &mut Write,
    _: &Permit<InWorkspace>,
    email: Option<&Email>,
) -> Result<Vec<InvitationId>> {
    let now = write.now;
    let ids = sqlx::query_scalar!(
        "update invitation set withdrawn_at = $1
         where accepted_at is null and withdrawn_at is null and email is not distinct from $2
         returning id",
        now,
        email.map(Email::as_str)
    )
    .fetch_all(write.connection())
    .await?;
    Ok(ids.into_iter().map(Id::new).collect())
}

/// The event of an invitation that another step withdrew.
pub(super) fn withdrawal(
    write: &Write,
    permit: &Permit<InWorkspace>,
    id: InvitationId,
) -> sluice_domain::audit::Event {
    write.consequence(permit, Verb::InvitationWithdrawn, Object::new(ObjectKind::Invitation, id, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(pairs: &[(&str, &str)]) -> Result<Invite, Vec<&'static str>> {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Invite::parse(&Fields::new(pairs)).map_err(|problems| problems.iter().map(|p| p.field).collect())
    }

    #[test]
    fn an_invitation_reports_every_problem_at_once() {
        let problems = parse(&[("email", "ana"), ("workspace-role", "emperor"), ("product-role", "qa")]);
        assert_eq!(problems.err(), Some(vec!["email", "name", "workspace-role", "product"]));
    }

    #[test]
    fn a_product_and_roles_in_it_come_together() {
        let id = "0197a3f0-0000-7000-8000-000000000001";
        let person = [("email", "ana@example.org"), ("name", "Ana Diaz")];
        let invite = parse(
            &[&person[..], &[("product", id), ("product-role", "qa"), ("product-role", "designer")]].concat(),
        );
        assert_eq!(invite.map(|i| i.product_roles.len()), Ok(2));
        assert_eq!(parse(&[&person[..], &[("product", id)]].concat()).err(), Some(vec!["product-role"]));
        assert_eq!(parse(&person).map(|i| i.product), Ok(None));
    }

    #[test]
    fn a_link_is_256_random_bits_and_stays_out_of_debug_output() {
        let link = OneTimeLink::fresh(OffsetDateTime::UNIX_EPOCH);
        let token = link.token.expose_secret().to_owned();
        assert_eq!(token.len(), 64);
        assert!(!format!("{link:?}").contains(&token));
        assert_ne!(OneTimeLink::fresh(OffsetDateTime::UNIX_EPOCH).token.expose_secret(), token);
    }
}
