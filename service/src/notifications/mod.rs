//! What people are told in the application, in the transaction of what they are told about.

mod audience;
mod list;
mod mark;

use std::collections::BTreeSet;

use serde_json::Value;
use sluice_domain::{
    access::Role,
    ids::{NotificationId, PersonId},
    notification::{Because, Notice},
};

pub(crate) use audience::{concerned, holders, reviewers, team, watchers};
pub use list::{Notification, NotificationList};

use crate::{
    clock::fresh_id,
    db::{
        permit::{Permit, Scope},
        write::Write,
    },
    error::{Error, Result},
};

/// Somebody who is told something, and why they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct To {
    pub(crate) person: PersonId,
    pub(crate) because: Because,
    /// The role that it concerns, where that is why.
    pub(crate) role: Option<Role>,
}

impl To {
    /// A person, for a reason that is no role.
    pub(crate) const fn person(person: PersonId, because: Because) -> Self {
        Self { person, because, role: None }
    }
}

/// Tells people something. Each is told once, for the first reason given; whoever does it themselves is not told, and
/// neither is anybody without a role in the product.
pub(crate) async fn notify<S: Scope>(
    write: &mut Write,
    permit: &Permit<S>,
    to: impl IntoIterator<Item = To>,
    notice: &Notice,
) -> Result<()> {
    let (Some(product), feature) = permit.place() else {
        return Err(Error::internal("people are told of what happens in a product"));
    };
    let by = permit.person_acting();
    let mut told: BTreeSet<PersonId> = by.into_iter().collect();
    let to: Vec<To> = to.into_iter().filter(|to| told.insert(to.person)).collect();
    if to.is_empty() {
        return Ok(());
    }
    let mut said = serde_json::to_value(notice).map_err(Error::internal)?;
    let args = said.get_mut("args").map(Value::take);
    let now = write.now;
    let ids: Vec<_> = to.iter().map(|_| fresh_id::<NotificationId>(now).uuid()).collect();
    let people: Vec<_> = to.iter().map(|to| to.person.uuid()).collect();
    let because: Vec<String> = to.iter().map(|to| to.because.code().to_owned()).collect();
    // No role is an empty one: the driver has no arrays with gaps.
    let roles: Vec<String> =
        to.iter().map(|to| to.role.map_or(String::new(), |role| role.code().to_owned())).collect();
    sqlx::query!(
        "insert into notification (id, person_id, product_id, feature_id, kind, args, because, role, by_id, created_at)
         select t.id, t.person, $5, $6, $7, $8, t.because, nullif(t.role, ''), $9, $10
         from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[]) as t (id, person, because, role)
         where exists (select from product_grant g join person p on p.id = g.person_id
                       where g.person_id = t.person and g.product_id = $5 and p.disabled_at is null)",
        &ids,
        &people,
        &because,
        &roles,
        product.uuid(),
        feature.map(sluice_domain::ids::FeatureId::uuid),
        notice.code(),
        args,
        by.map(PersonId::uuid),
        now
    )
    .execute(write.connection())
    .await?;
    Ok(())
}
