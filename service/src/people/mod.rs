//! People: accounts, how they prove who they are, their sessions, and what they may do in the workspace.
//!
//! Writes that decide who is an administrator, or whether anybody has an account at all, happen one after the other
//! (`lock_accounts`), so that the last administrator cannot be lost to two requests at once.

mod account;
mod actor;
pub(crate) mod hashing;
mod invitations;
mod joining;
mod list;
mod manage;
mod password;
mod person;
mod sessions;
mod sign_in;
mod throttle;

use sluice_domain::{
    access::{Action, Grants, Role, WorkspaceRole, allowed},
    audit::Value,
    form::{FieldProblem, Problem},
    ids::PersonId,
};
use sqlx::PgConnection;

pub use account::{ChangePassword, EditOwnName};
pub use invitations::{Invite, OneTimeLink, OpenInvitation};
pub use joining::{Accept, InvitationInfo};
pub use list::{PeopleFilter, PeopleList, PersonListItem};
pub use manage::{AccountChange, WorkspaceRoleChange};
pub use password::NewPassword;
pub use person::{PersonGrant, PersonPage};
pub use sessions::{SessionInfo, SessionLimits, SessionRow, StoredSession};
pub use sign_in::SignedIn;

use crate::{
    actor::Actor,
    error::{Error, Result},
};

/// One problem beside one field.
pub(crate) fn invalid(field: &'static str, label: &'static str, problem: Problem) -> Error {
    Error::Invalid(vec![FieldProblem { field, label, problem }])
}

/// Whether the actor's roles for the workspace allow an action, to offer it or not; the use case decides.
pub(crate) fn may(actor: &Actor, action: Action) -> bool {
    allowed(&Grants { workspace: actor.workspace.clone(), ..Grants::default() }, action)
}

/// Several codes as one value of the record; nothing where there are none.
pub(crate) fn codes<'a>(codes: impl IntoIterator<Item = &'a str>) -> Value {
    let codes: Vec<&str> = codes.into_iter().collect();
    if codes.is_empty() { Value::None } else { Value::code(codes.join(" ")) }
}

/// Product roles from their codes, in order.
pub(crate) fn product_roles(codes: &[String]) -> Vec<Role> {
    let mut roles: Vec<Role> = codes.iter().filter_map(|code| Role::from_code(code)).collect();
    roles.sort_unstable();
    roles
}

/// Workspace roles from their codes, in order.
fn workspace_roles(codes: &[String]) -> Vec<WorkspaceRole> {
    let mut roles: Vec<WorkspaceRole> =
        codes.iter().filter_map(|code| WorkspaceRole::from_code(code)).collect();
    roles.sort_unstable();
    roles
}

/// Key of the advisory lock that [`lock_accounts`] takes.
const ACCOUNTS: i64 = 0x6163_636f_756e_7473;

/// Lets one transaction at a time change who has an account and who administers. It comes before every other lock.
async fn lock_accounts(connection: &mut PgConnection) -> Result<()> {
    sqlx::query_scalar!(r#"select 1 as "locked!" from pg_advisory_xact_lock($1)"#, ACCOUNTS)
        .fetch_one(connection)
        .await?;
    Ok(())
}

/// Whether anybody has an account yet.
async fn people_exist(connection: &mut PgConnection) -> Result<bool> {
    Ok(sqlx::query_scalar!(r#"select exists (select from person) as "exists!""#)
        .fetch_one(connection)
        .await?)
}

/// Refuses to take the last administrator away. Sound under [`lock_accounts`] only.
async fn demand_another_administrator(connection: &mut PgConnection, besides: PersonId) -> Result<()> {
    let there = sqlx::query_scalar!(
        r#"select exists (
               select from workspace_grant g join person p on p.id = g.person_id
               where g.role = 'administrator' and p.disabled_at is null and p.id <> $1
           ) as "there!""#,
        besides.uuid()
    )
    .fetch_one(connection)
    .await?;
    if there { Ok(()) } else { Err(invalid("", "Account", Problem::LastAdministrator)) }
}

/// Refuses a password that contains the account's own name or address.
fn refuse_personal(password: &NewPassword, email: &str, name: &str) -> Result<()> {
    if password.is_personal(email, name) {
        return Err(invalid("new-password", "New password", Problem::PasswordPersonal));
    }
    Ok(())
}
