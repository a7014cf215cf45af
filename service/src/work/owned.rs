//! What a person owns within a feature and has to see to.

use sluice_domain::{ids::Id, place::Place, threat::Severity};
use sqlx::PgConnection;

use super::{About, Task, Why, WorkItem, limit};
use crate::{
    Service,
    actor::Actor,
    error::{Error, Result},
};

/// How many of the things that somebody owns are put into due order: those that wait for the longest.
const CANDIDATES: i64 = 1_000;

impl Service {
    /// Threats that the actor owns and that are not treated yet.
    pub(super) async fn threats_of(
        &self,
        connection: &mut PgConnection,
        actor: &Actor,
    ) -> Result<Vec<WorkItem>> {
        let threats = sqlx::query!(
            r#"select t.number as "threat!", t.title as "threat_title!", t.severity as "severity!",
                      t.changed_at as "changed_at!", f.number, f.title, f.tier, f.policy_version_id, f.phase,
                      f.target_date, p.key as product_key, p.name as product_name
               from (select * from threat where owner_id = $1 and status in ('open', 'planned')
                     order by changed_at limit $3) t
               join feature f on f.id = t.feature_id
               join product p on p.id = f.product_id
               where f.status = 'active'
                 and f.product_id in (select product_id from product_grant where person_id = $1)
               order by f.target_date nulls last, t.changed_at, t.id limit $2"#,
            actor.person.uuid(),
            limit(),
            CANDIDATES
        )
        .fetch_all(&mut *connection)
        .await?;
        let mut mine = Vec::with_capacity(threats.len());
        for row in threats {
            let policy = self.policies.load(connection, Id::new(row.policy_version_id)).await?;
            let severity =
                Severity::from_code(&row.severity).ok_or_else(|| Error::internal("unknown severity"))?;
            let about = About {
                product_key: row.product_key,
                product_name: row.product_name,
                number: row.number,
                title: row.title,
                tier: row.tier,
                phase: row.phase,
            };
            let what = Task::Treat { number: row.threat, title: row.threat_title, severity };
            let place = Place::Threat(row.threat);
            mine.push(about.item(
                &policy.policy,
                what,
                Why::OwnsIt,
                place,
                row.changed_at,
                row.target_date,
            )?);
        }
        Ok(mine)
    }
}
