use std::collections::{BTreeMap, BTreeSet, HashMap};

use sluice_domain::{
    audit::Verb,
    ids::{FeatureId, ProductId},
    policy::Phase,
    record::{ListKind, RecordKind, Rule},
};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::Gate;
use crate::{error::Result, guides};

/// What a phase looks at, for a tier.
pub(super) struct Look {
    pub(super) rules: BTreeSet<Rule>,
    pub(super) kinds: BTreeSet<RecordKind>,
    pub(super) threats: bool,
}

impl Look {
    pub(super) fn of(phase: &Phase, tier: sluice_domain::policy::Tier) -> Self {
        let rules: BTreeSet<Rule> = phase.rules_for(tier).collect();
        let kinds = rules.iter().flat_map(|rule| rule.reads()).copied().collect();
        Self { rules, kinds, threats: phase.looks_at_threats(tier) }
    }
}

/// The rows of one feature.
#[derive(Default)]
pub(super) struct Rows {
    pub(super) passed: Vec<PassedRow>,
    pub(super) controls: Vec<ControlRow>,
    pub(super) evidence: Vec<EvidenceRow>,
    pub(super) uses: Vec<UseRow>,
    pub(super) model: Option<ModelRow>,
    pub(super) threats: Vec<ThreatRow>,
    pub(super) records: Vec<RecordRow>,
    pub(super) sign_offs: Vec<SignOffRow>,
    pub(super) contributions: Vec<ContributionRow>,
    pub(super) waivers: Vec<WaiverRow>,
    pub(super) archives: Vec<ArchiveRow>,
}

/// A gate that was passed.
pub(super) struct PassedRow {
    pub(super) feature_id: Uuid,
    pub(super) phase: String,
    pub(super) cycle: i32,
    pub(super) owed_until: Option<OffsetDateTime>,
    /// The tier for which it was passed.
    pub(super) tier: Option<String>,
    pub(super) manifest: Option<String>,
}

pub(super) struct ControlRow {
    pub(super) feature_id: Uuid,
    pub(super) phase: String,
    pub(super) control: String,
    pub(super) mark: String,
    pub(super) note: String,
    pub(super) version: i32,
    pub(super) salt: Vec<u8>,
}

pub(super) struct EvidenceRow {
    pub(super) feature_id: Uuid,
    pub(super) number: i32,
    pub(super) kind: String,
    pub(super) title: String,
    pub(super) version: i32,
    pub(super) digest: Vec<u8>,
    pub(super) file_name: String,
    pub(super) note: String,
    pub(super) salt: Vec<u8>,
    pub(super) uploaded_at: OffsetDateTime,
}

/// What an item of evidence is attached to.
pub(super) struct UseRow {
    pub(super) feature_id: Uuid,
    pub(super) target_kind: String,
    pub(super) phase: String,
    pub(super) target: String,
    pub(super) number: i32,
    pub(super) kind: String,
}

pub(super) struct ModelRow {
    pub(super) feature_id: Uuid,
    pub(super) scope: String,
    pub(super) threats: String,
    pub(super) response: String,
    pub(super) review: String,
    pub(super) version: i32,
    pub(super) salt: Vec<u8>,
    pub(super) for_scope: Option<i32>,
}

pub(super) struct ThreatRow {
    pub(super) feature_id: Uuid,
    pub(super) number: i32,
    pub(super) title: String,
    pub(super) element: String,
    pub(super) stride: String,
    pub(super) description: String,
    pub(super) severity: String,
    pub(super) treatment: Option<String>,
    pub(super) countermeasure: String,
    pub(super) owner_id: Option<Uuid>,
    pub(super) status: String,
    pub(super) version: i32,
    pub(super) salt: Vec<u8>,
}

pub(super) struct RecordRow {
    pub(super) feature_id: Uuid,
    pub(super) kind: String,
    pub(super) number: i32,
    pub(super) title: String,
    pub(super) state: String,
    pub(super) fields: serde_json::Value,
    pub(super) version: i32,
    pub(super) salt: Vec<u8>,
}

/// A standing sign-off.
pub(super) struct SignOffRow {
    pub(super) feature_id: Uuid,
    pub(super) phase: String,
    pub(super) cycle: i32,
    pub(super) person_id: Uuid,
    pub(super) printed_name: String,
    pub(super) role: String,
    pub(super) verdict: String,
    pub(super) dossier: Vec<u8>,
    pub(super) on_behalf_of: Option<Uuid>,
}

pub(super) struct ContributionRow {
    pub(super) feature_id: Uuid,
    pub(super) kind: String,
    pub(super) part: String,
    pub(super) person_id: Uuid,
}

/// A waiver that was asked for, or approved and not over.
pub(super) struct WaiverRow {
    pub(super) feature_id: Uuid,
    pub(super) number: i32,
    pub(super) subject: String,
    pub(super) reason: String,
    pub(super) compensation: String,
    pub(super) until: OffsetDateTime,
    pub(super) approved: bool,
    pub(super) decided_role: Option<String>,
    pub(super) decided_at: Option<OffsetDateTime>,
    pub(super) requested_by: Uuid,
    pub(super) version: i32,
    pub(super) salt: Vec<u8>,
}

/// The newest archive of a feature, as the gate of a phase sees it.
pub(super) struct ArchiveRow {
    pub(super) feature_id: Uuid,
    pub(super) phase: String,
    /// Whether nothing happened since but the review of that gate.
    pub(super) whole: bool,
}

/// What products say of themselves, as far as gates look at it.
#[derive(Default)]
pub(super) struct Products {
    /// Their lists.
    pub(super) lists: BTreeMap<(ProductId, ListKind), guides::Listed>,
    /// Which coding standards are in force, and who of the authors of changes misses one of them, by name.
    pub(super) standards: guides::Attestations,
}

/// What was read, by feature.
pub(super) struct Loaded {
    rows: HashMap<Uuid, Rows>,
    nothing: Rows,
    pub(super) products: Products,
}

impl Loaded {
    /// The rows of a feature.
    pub(super) fn rows(&self, feature: FeatureId) -> &Rows {
        self.rows.get(&feature.uuid()).unwrap_or(&self.nothing)
    }
}

/// Reads everything that the gates look at.
///
/// The same queries are asked of the past, where each table is a view (schema `asof`) into which only conditions on its
/// own columns reach: so each names the features for every table that it joins.
pub(super) async fn load(
    connection: &mut PgConnection,
    gates: &[Gate<'_>],
    now: OffsetDateTime,
) -> Result<Loaded> {
    let ids: Vec<Uuid> = gates.iter().map(|gate| gate.feature.id.uuid()).collect();
    let mut looked: Vec<(ProductId, Look)> = Vec::new();
    for gate in gates {
        let before = gate.policy.before(&gate.phase.key);
        for phase in before.iter().chain(std::iter::once(gate.phase)) {
            looked.push((gate.feature.product, Look::of(phase, gate.feature.tier)));
        }
    }
    let kinds: BTreeSet<RecordKind> = looked.iter().flat_map(|(_, look)| look.kinds.clone()).collect();
    let mut rows = Sorted::default();

    passed(connection, &ids, now, &mut rows).await?;
    archives(connection, gates, &mut rows).await?;
    work(connection, &ids, &mut rows).await?;
    evidence(connection, &ids, &mut rows).await?;
    if looked.iter().any(|(_, look)| look.threats) {
        threats(connection, &ids, &mut rows).await?;
    }
    if !kinds.is_empty() {
        records(connection, &ids, &kinds, &mut rows).await?;
    }
    let products = products(connection, &looked, gates, &rows.0).await?;
    Ok(Loaded { rows: rows.0, nothing: Rows::default(), products })
}

/// Rows as they are sorted by feature.
#[derive(Default)]
struct Sorted(HashMap<Uuid, Rows>);

impl Sorted {
    fn of(&mut self, feature: Uuid) -> &mut Rows {
        self.0.entry(feature).or_default()
    }
}

async fn passed(
    connection: &mut PgConnection,
    ids: &[Uuid],
    now: OffsetDateTime,
    rows: &mut Sorted,
) -> Result<()> {
    let passed = sqlx::query_as!(
        PassedRow,
        r#"select a.feature_id, a.phase, a.cycle,
                  case when a.paid_at is null then a.owed_until end as owed_until, a.tier, d.manifest as "manifest?"
           from gate_attempt a
           left join dossier d on d.digest = a.dossier
                and d.digest = any(array(select x.dossier from gate_attempt x where x.feature_id = any($1)))
           where a.feature_id = any($1) and a.outcome in ('opened', 'owed') and a.undone_at is null"#,
        ids
    )
    .fetch_all(&mut *connection)
    .await?;
    for row in passed {
        rows.of(row.feature_id).passed.push(row);
    }
    let sign_offs = sqlx::query_as!(
        SignOffRow,
        // In a seat that is there: as the view `unseated_sign_off` has it, here at whatever instant is looked at.
        "select s.feature_id, s.phase, s.cycle, s.person_id, s.printed_name, s.role, s.verdict, s.dossier, s.on_behalf_of
         from sign_off s
         join feature f on f.id = s.feature_id
         join product_grant g on g.product_id = f.product_id and g.role = s.role
                             and g.person_id = coalesce(s.on_behalf_of, s.person_id)
         join person holder on holder.id = g.person_id and holder.disabled_at is null
         join person signer on signer.id = s.person_id and signer.disabled_at is null
         where s.feature_id = any($1) and s.ended is null",
        ids
    )
    .fetch_all(&mut *connection)
    .await?;
    for row in sign_offs {
        rows.of(row.feature_id).sign_offs.push(row);
    }
    let waivers = sqlx::query_as!(
        WaiverRow,
        r#"select feature_id, number, subject, reason, compensation, until, state = 'approved' as "approved!",
                  decided_role, decided_at, requested_by, version, salt
           from waiver
           where feature_id = any($1) and (state = 'requested' or state = 'approved' and until > $2)"#,
        ids,
        now
    )
    .fetch_all(connection)
    .await?;
    for row in waivers {
        rows.of(row.feature_id).waivers.push(row);
    }
    Ok(())
}

/// What each gate may see of the newest archive of its feature: whether it is the whole record as it is now. It is for as
/// long as nothing happens to the feature but the review of the gate at hand: that it is asked for, signatures of that
/// gate, and what Sluice notes because time goes by. An archive's own event has its instant, and everything that writes
/// to a feature holds its lock when it reads the clock, so what is not in the archive is later.
async fn archives(connection: &mut PgConnection, gates: &[Gate<'_>], rows: &mut Sorted) -> Result<()> {
    let ids: Vec<Uuid> = gates.iter().map(|gate| gate.feature.id.uuid()).collect();
    let phases: Vec<String> = gates.iter().map(|gate| gate.phase.key.to_string()).collect();
    let review = codes(&[Verb::FeatureArchived, Verb::ReviewRequested, Verb::GateDecidedAnew]);
    let signatures = codes(&[Verb::GateSigned, Verb::SignOffWithdrawn, Verb::SignOffVoided]);
    let archives = sqlx::query_as!(
        ArchiveRow,
        r#"select a.feature_id as "feature_id!", gate.phase as "phase!", not exists (
                  select from feature_event e
                  where e.feature_id = a.feature_id and e.at > a.created_at and e.verb <> all($3)
                    and not (e.verb = any($4) and exists (
                        select from sign_off s
                        where s.feature_id = a.feature_id and s.phase = gate.phase and s.id::text = e.object_id))
              ) as "whole!"
           from (
               select distinct on (feature_id) feature_id, created_at from archive where feature_id = any($1)
               order by feature_id, number desc
           ) a
           join (select distinct * from unnest($1::uuid[], $2::text[]) as asked (feature, phase)) gate
                on gate.feature = a.feature_id"#,
        &ids,
        &phases,
        &review,
        &signatures
    )
    .fetch_all(connection)
    .await?;
    for row in archives {
        rows.of(row.feature_id).archives.push(row);
    }
    Ok(())
}

fn codes(verbs: &[Verb]) -> Vec<String> {
    verbs.iter().map(|verb| verb.code().to_owned()).collect()
}

async fn work(connection: &mut PgConnection, ids: &[Uuid], rows: &mut Sorted) -> Result<()> {
    let controls = sqlx::query_as!(
        ControlRow,
        "select feature_id, phase, control, mark, note, version, salt from control where feature_id = any($1)",
        ids
    )
    .fetch_all(&mut *connection)
    .await?;
    for row in controls {
        rows.of(row.feature_id).controls.push(row);
    }
    let contributions = sqlx::query_as!(
        ContributionRow,
        "select feature_id, kind, part, person_id from contribution where feature_id = any($1)",
        ids
    )
    .fetch_all(connection)
    .await?;
    for row in contributions {
        rows.of(row.feature_id).contributions.push(row);
    }
    Ok(())
}

async fn evidence(connection: &mut PgConnection, ids: &[Uuid], rows: &mut Sorted) -> Result<()> {
    let evidence = sqlx::query_as!(
        EvidenceRow,
        "select e.feature_id, e.number, e.kind, e.title, e.version, v.digest, v.file_name, v.note, v.salt, v.uploaded_at
         from evidence e
         join evidence_version v on v.evidence_id = e.id and v.version = e.version
         where e.feature_id = any($1)
           and v.evidence_id = any(array(select x.id from evidence x where x.feature_id = any($1)))",
        ids
    )
    .fetch_all(&mut *connection)
    .await?;
    for row in evidence {
        rows.of(row.feature_id).evidence.push(row);
    }
    let uses = sqlx::query_as!(
        UseRow,
        "select u.feature_id, u.target_kind, u.phase, u.target, e.number, e.kind
         from evidence_use u join evidence e on e.id = u.evidence_id
         where u.feature_id = any($1) and e.feature_id = any($1)",
        ids
    )
    .fetch_all(connection)
    .await?;
    for row in uses {
        rows.of(row.feature_id).uses.push(row);
    }
    Ok(())
}

async fn threats(connection: &mut PgConnection, ids: &[Uuid], rows: &mut Sorted) -> Result<()> {
    let models = sqlx::query_as!(
        ModelRow,
        "select feature_id, scope, threats, response, review, version, salt, for_scope from threat_model
         where feature_id = any($1)",
        ids
    )
    .fetch_all(&mut *connection)
    .await?;
    for row in models {
        let feature = row.feature_id;
        rows.of(feature).model = Some(row);
    }
    let threats = sqlx::query_as!(
        ThreatRow,
        "select feature_id, number, title, element, stride, description, severity, treatment, countermeasure, owner_id,
                status, version, salt
         from threat where feature_id = any($1)",
        ids
    )
    .fetch_all(connection)
    .await?;
    for row in threats {
        rows.of(row.feature_id).threats.push(row);
    }
    Ok(())
}

async fn records(
    connection: &mut PgConnection,
    ids: &[Uuid],
    kinds: &BTreeSet<RecordKind>,
    rows: &mut Sorted,
) -> Result<()> {
    let kinds: Vec<String> = kinds.iter().map(|kind| kind.code().to_owned()).collect();
    let records = sqlx::query_as!(
        RecordRow,
        "select feature_id, kind, number, title, state, fields, version, salt from record
         where feature_id = any($1) and kind = any($2)",
        ids,
        &kinds
    )
    .fetch_all(connection)
    .await?;
    for row in records {
        rows.of(row.feature_id).records.push(row);
    }
    Ok(())
}

async fn products(
    connection: &mut PgConnection,
    looked: &[(ProductId, Look)],
    gates: &[Gate<'_>],
    rows: &HashMap<Uuid, Rows>,
) -> Result<Products> {
    let asking = |asks: fn(&Rule) -> bool| -> BTreeSet<ProductId> {
        let asking = looked.iter().filter(|(_, look)| look.rules.iter().any(asks));
        asking.map(|(product, _)| *product).collect()
    };
    let with_lists = asking(|rule| rule.list().is_some());
    let lists = guides::listed(connection, &with_lists).await?;
    let mut products = Products { lists, ..Products::default() };
    let with_standards = asking(|rule| *rule == Rule::StandardsAttested);
    if !with_standards.is_empty() {
        let mut authors: BTreeSet<(ProductId, Uuid)> = BTreeSet::new();
        for gate in gates.iter().filter(|gate| with_standards.contains(&gate.feature.product)) {
            let records = rows.get(&gate.feature.id.uuid()).map(|rows| &rows.records);
            for record in records.into_iter().flatten() {
                authors.extend(author(record).map(|author| (gate.feature.product, author)));
            }
        }
        products.standards = guides::attested(connection, &with_standards, &authors).await?;
    }
    Ok(products)
}

/// Who wrote a merged change.
pub(super) fn author(record: &RecordRow) -> Option<Uuid> {
    let merged = record.kind == RecordKind::Change.code() && record.state == "merged";
    record.fields.get("author").filter(|_| merged)?.as_str()?.parse().ok()
}
