use std::collections::{BTreeMap, BTreeSet};

use sluice_domain::{
    access::Action,
    canonical::Digest,
    ids::{EvidenceId, FeatureKey},
    policy::{EvidenceKind, Proof},
};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::target::{Target, is_open};
use crate::{
    Service,
    actor::Actor,
    clock::fresh_id,
    error::{Error, Result},
    features::{
        FeatureSummary,
        page::{Opened, open},
        row::{Feature, digest},
    },
};

/// The evidence of a feature.
#[derive(Clone, Debug)]
pub struct EvidenceList {
    /// The feature's header.
    pub summary: FeatureSummary,
    /// The items, newest first.
    pub items: Vec<EvidenceItem>,
    /// What new evidence can be attached to, in the order of the phases, threats last.
    pub targets: Vec<TargetOption>,
    /// Whether the reader may add evidence now.
    pub may_add: bool,
    /// The id for the form that adds an item.
    pub new_id: EvidenceId,
}

/// One item, in its current version.
#[derive(Clone, Debug)]
pub struct EvidenceItem {
    /// Its number, as in `E-3`.
    pub number: i32,
    /// What it is called.
    pub title: String,
    /// What it is.
    pub kind: EvidenceKind,
    /// The current version.
    pub version: i32,
    /// Name of the file.
    pub file_name: String,
    /// Size of the file in bytes.
    pub size: u64,
    /// SHA-256 of the file.
    pub digest: Digest,
    /// Who uploaded this version.
    pub author_name: String,
    /// When.
    pub uploaded_at: OffsetDateTime,
    /// What it is attached to.
    pub uses: Vec<EvidenceUse>,
}

/// What an item is attached to.
#[derive(Clone, Debug)]
pub struct EvidenceUse {
    /// The control or threat.
    pub target: Target,
    /// What people call it.
    pub label: String,
    /// Whether it can still be detached: the record of a passed phase is closed.
    pub open: bool,
}

/// Something that evidence can be attached to.
#[derive(Clone, Debug)]
pub struct TargetOption {
    /// The control or threat.
    pub target: Target,
    /// What people call it.
    pub label: String,
    /// The phase that it belongs to, by name; nothing for a threat.
    pub phase: Option<String>,
    /// The kinds of evidence that prove it; none where any will do.
    pub kinds: Vec<EvidenceKind>,
}

/// One version of an item.
#[derive(Clone, Debug)]
pub struct EvidenceVersion {
    /// Its number, from 1.
    pub version: i32,
    /// Name of the file.
    pub file_name: String,
    /// The media type that the browser declared.
    pub media_type: Option<String>,
    /// Size of the file in bytes.
    pub size: u64,
    /// SHA-256 of the file.
    pub digest: Digest,
    /// What its author said about it.
    pub note: String,
    /// Who uploaded it.
    pub author_name: String,
    /// When.
    pub uploaded_at: OffsetDateTime,
}

/// One item with its versions.
#[derive(Clone, Debug)]
pub struct EvidencePage {
    /// The feature's header.
    pub summary: FeatureSummary,
    /// The item, in its current version.
    pub item: EvidenceItem,
    /// Every version, newest first.
    pub versions: Vec<EvidenceVersion>,
    /// What it can be attached to besides.
    pub targets: Vec<TargetOption>,
    /// Whether the reader may supersede, attach and detach it now.
    pub may_change: bool,
}

impl Service {
    /// The evidence of a feature.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such feature that the actor may see.
    pub async fn evidence_list(&self, actor: &Actor, key: &FeatureKey) -> Result<EvidenceList> {
        let mut connection = self.db.reads().acquire().await?;
        let Opened { feature, summary, .. } = open(self, &mut connection, actor, key).await?;
        let threats = threats(&mut connection, &feature).await?;
        let items = items(&mut connection, &feature, &threats, None).await?;
        Ok(EvidenceList {
            items,
            targets: options(&feature, &threats),
            may_add: may_change(&summary),
            new_id: fresh_id(summary.now),
            summary,
        })
    }

    /// One item of evidence with all of its versions.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none that the actor may see.
    pub async fn evidence_item(&self, actor: &Actor, key: &FeatureKey, number: i32) -> Result<EvidencePage> {
        let mut connection = self.db.reads().acquire().await?;
        let Opened { feature, summary, .. } = open(self, &mut connection, actor, key).await?;
        let threats = threats(&mut connection, &feature).await?;
        let item =
            items(&mut connection, &feature, &threats, Some(number)).await?.pop().ok_or(Error::NotFound)?;
        let versions = versions(&mut connection, &feature, number).await?;
        let used: BTreeSet<&Target> = item.uses.iter().map(|used| &used.target).collect();
        let mut targets = options(&feature, &threats);
        targets.retain(|option| !used.contains(&option.target));
        Ok(EvidencePage { may_change: may_change(&summary), summary, item, versions, targets })
    }
}

fn may_change(summary: &FeatureSummary) -> bool {
    summary.may(Action::AddEvidence) && summary.progress.is_active()
}

/// Titles of the feature's threats by number.
type Threats = BTreeMap<i32, String>;

async fn threats(connection: &mut PgConnection, feature: &Feature) -> Result<Threats> {
    let rows = sqlx::query!("select number, title from threat where feature_id = $1", feature.id.uuid())
        .fetch_all(connection)
        .await?;
    Ok(rows.into_iter().map(|row| (row.number, row.title)).collect())
}

/// The items in their current versions, newest first; one of them where a number is given.
async fn items(
    connection: &mut PgConnection,
    feature: &Feature,
    threats: &Threats,
    number: Option<i32>,
) -> Result<Vec<EvidenceItem>> {
    let rows = sqlx::query!(
        "select e.id, e.number, e.title, e.kind, e.version, v.file_name, v.digest, v.uploaded_at, b.size,
                p.name as author_name
         from evidence e
         join evidence_version v on v.evidence_id = e.id and v.version = e.version
         join blob b on b.digest = v.digest
         join person p on p.id = v.author_id
         where e.feature_id = $1 and ($2::int4 is null or e.number = $2)
         order by e.number desc",
        feature.id.uuid(),
        number
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut uses = uses(connection, feature, threats).await?;
    rows.into_iter()
        .map(|row| {
            Ok(EvidenceItem {
                number: row.number,
                title: row.title,
                kind: EvidenceKind::from_code(&row.kind)
                    .ok_or_else(|| Error::internal("unknown evidence kind"))?,
                version: row.version,
                file_name: row.file_name,
                size: u64::try_from(row.size).map_err(Error::internal)?,
                digest: digest(&row.digest)?,
                author_name: row.author_name,
                uploaded_at: row.uploaded_at,
                uses: uses.remove(&row.id).unwrap_or_default(),
            })
        })
        .collect()
}

/// What every item of the feature is attached to, in the order of the phases, threats last.
async fn uses(
    connection: &mut PgConnection,
    feature: &Feature,
    threats: &Threats,
) -> Result<BTreeMap<Uuid, Vec<EvidenceUse>>> {
    let rows = sqlx::query!(
        "select evidence_id, target_kind, phase, target from evidence_use where feature_id = $1",
        feature.id.uuid()
    )
    .fetch_all(connection)
    .await?;
    let mut uses: BTreeMap<Uuid, Vec<EvidenceUse>> = BTreeMap::new();
    for row in rows {
        let target = Target::from_columns(&row.target_kind, &row.phase, &row.target)?;
        let open = match &target {
            Target::Control(phase, _) => is_open(feature, phase),
            Target::Threat(_) => feature.progress.is_active(),
        };
        let label = label(feature, threats, &target);
        uses.entry(row.evidence_id).or_default().push(EvidenceUse { target, label, open });
    }
    for list in uses.values_mut() {
        list.sort_by_cached_key(|used| order(feature, &used.target));
    }
    Ok(uses)
}

/// Where a target stands: by phase, then by place in its checklist; threats last, by number.
fn order(feature: &Feature, target: &Target) -> (usize, usize) {
    match target {
        Target::Control(phase, control) => {
            let policy = &feature.policy.policy;
            let place = policy
                .phase(phase)
                .and_then(|phase| phase.controls.iter().position(|candidate| candidate.key == *control));
            (policy.position(phase).unwrap_or(usize::MAX - 1), place.unwrap_or(usize::MAX))
        }
        Target::Threat(number) => (usize::MAX, usize::try_from(*number).unwrap_or(usize::MAX)),
    }
}

/// What people call a target, wherever it stands.
fn label(feature: &Feature, threats: &Threats, target: &Target) -> String {
    match target {
        Target::Control(phase, key) => {
            let found = feature.policy.policy.phase(phase);
            found
                .and_then(|phase| Some(format!("{}: {}", phase.name, phase.control(key)?.title)))
                .unwrap_or_else(|| key.to_string())
        }
        Target::Threat(number) => threat_label(*number, threats.get(number).map(String::as_str)),
    }
}

fn threat_label(number: i32, title: Option<&str>) -> String {
    title.map_or_else(|| format!("T-{number}"), |title| format!("T-{number} {title}"))
}

/// What evidence can be attached to now: the controls that the feature owes in its current phase and later ones, and
/// its threats. Nothing once every gate is open.
fn options(feature: &Feature, threats: &Threats) -> Vec<TargetOption> {
    if !feature.progress.is_active() {
        return Vec::new();
    }
    let mut options = Vec::new();
    for phase in feature.policy.policy.phases.iter().filter(|phase| is_open(feature, &phase.key)) {
        options.extend(phase.controls_for(feature.tier).map(|control| TargetOption {
            target: Target::Control(phase.key.clone(), control.key.clone()),
            label: control.title.clone(),
            phase: Some(phase.name.clone()),
            kinds: match &control.proof {
                Proof::Statement | Proof::Records { .. } => Vec::new(),
                Proof::Evidence(kinds) => kinds.clone(),
            },
        }));
    }
    options.extend(threats.iter().map(|(number, title)| TargetOption {
        target: Target::Threat(*number),
        label: threat_label(*number, Some(title)),
        phase: None,
        kinds: Vec::new(),
    }));
    options
}

async fn versions(
    connection: &mut PgConnection,
    feature: &Feature,
    number: i32,
) -> Result<Vec<EvidenceVersion>> {
    let rows = sqlx::query!(
        "select v.version, v.file_name, v.media_type, v.digest, v.note, v.uploaded_at, b.size, p.name as author_name
         from evidence e
         join evidence_version v on v.evidence_id = e.id
         join blob b on b.digest = v.digest
         join person p on p.id = v.author_id
         where e.feature_id = $1 and e.number = $2
         order by v.version desc",
        feature.id.uuid(),
        number
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(EvidenceVersion {
                version: row.version,
                file_name: row.file_name,
                media_type: row.media_type,
                size: u64::try_from(row.size).map_err(Error::internal)?,
                digest: digest(&row.digest)?,
                note: row.note,
                author_name: row.author_name,
                uploaded_at: row.uploaded_at,
            })
        })
        .collect()
}
