use std::collections::{BTreeMap, BTreeSet};

use sluice_domain::{
    access::{Action, Role},
    audit::Authentication,
    canonical::Digest,
    delegation::may_sign_for,
    dossier::{Item, ItemKind, items_of},
    gate::Verdict,
    ids::{FeatureKey, Id, PersonId, SignOffId},
    lifecycle::{Attempt, Progress, Refusal, Seats, Turn},
    place::Place,
    policy::{EvidenceKind, Phase},
    record::{ListKind, RecordFact, RecordFacts},
    threat::{Severity, ThreatStatus},
    waiver::last_day,
    words::Label,
};
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::{
    ChangedItem,
    content::{compare, place_of},
};
use crate::{
    Service,
    actor::Actor,
    delegations::seats_of,
    error::{Error, Result},
    features::{
        FeatureSummary,
        page::{Opened, open},
        row::{Feature, digest},
    },
    phases::{AttachedEvidence, attached},
};

/// Review and sign-off of the gate that a feature stands at.
#[derive(Clone, Debug)]
pub struct ReviewPage {
    /// The feature's header.
    pub summary: FeatureSummary,
    /// The attempt under way; `None` when all gates are open.
    pub attempt: Option<ReviewedAttempt>,
    /// Every sign-off of the feature, newest first.
    pub sign_offs: Vec<PastSignOff>,
    /// Attempts that were returned, newest first.
    pub returned: Vec<ReturnedAttempt>,
}

/// The attempt under way.
#[derive(Clone, Debug)]
pub struct ReviewedAttempt {
    /// Phase, cycle and turn.
    pub attempt: Attempt,
    /// The phase as the policy has it.
    pub phase: Phase,
    /// The name of the next phase; `None` at the last gate.
    pub next: Option<String>,
    /// Who asked for the review.
    pub requested_by: Option<String>,
    /// The dossier that a sign-off covers now.
    pub dossier: Digest,
    /// What is in it.
    pub items: Vec<DossierLine>,
    /// What changed since the dossier that the reader signed last, or that the cycle before ended with.
    pub changes: Vec<ChangedItem>,
    /// The earlier dossier that the changes are since, where there is one.
    pub compared: Option<Compared>,
    /// Whether a manifest of this attempt was written down already: the first is when the review is requested.
    pub has_manifest: bool,
    /// Seats of others that the reader may sign from, with what they can do there.
    pub delegated: Vec<DelegatedSeat>,
    /// What the reader can do here.
    pub seat: MySeat,
}

/// The dossier that a review is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compared {
    /// Its digest.
    pub digest: Digest,
    /// When it was written down.
    pub at: OffsetDateTime,
    /// Whether the reader signed it; otherwise it is the last one of the cycle before.
    pub signed_by_reader: bool,
}

/// One item of the dossier, for people.
#[derive(Clone, Debug)]
pub struct DossierLine {
    /// What kind of thing.
    pub kind: ItemKind,
    /// Its key in the manifest.
    pub key: String,
    /// What it is called.
    pub label: String,
    /// What proves it, in a line.
    pub detail: String,
    /// Its version.
    pub version: i32,
    /// Where to read it.
    pub place: Place,
}

/// What the reader can do at the gate.
#[derive(Clone, Debug)]
pub enum MySeat {
    /// Sign, from these seats.
    Sign(Seats),
    /// Not sign, and why.
    No(Refusal),
    /// Nothing: no role in the product signs gates.
    Reader,
}

/// A seat that somebody handed to the reader.
#[derive(Clone, Debug)]
pub struct DelegatedSeat {
    /// Whose seat.
    pub from: PersonId,
    /// Their name.
    pub name: String,
    /// The seat.
    pub role: Role,
    /// What the reader can do in it, or why nothing.
    pub seats: Result<Seats, Refusal>,
}

/// A sign-off as the record has it.
#[derive(Clone, Debug)]
pub struct PastSignOff {
    /// Its id.
    pub id: SignOffId,
    /// The gate's phase, by name.
    pub phase: String,
    /// The attempt.
    pub cycle: i32,
    /// The manifests of that attempt.
    pub manifest: Place,
    /// The name printed on it.
    pub name: String,
    /// For whom, where the seat was handed on.
    pub on_behalf_of: Option<String>,
    /// Whether it is the reader's own.
    pub mine: bool,
    /// The seat.
    pub role: Role,
    /// What it says.
    pub verdict: Verdict,
    /// What it means.
    pub meaning: String,
    /// Why.
    pub reason: String,
    /// The dossier that it covers.
    pub dossier: Digest,
    /// How the signer proved who they are; nothing where an older or newer program wrote a way that is not known.
    pub authentication: Option<Authentication>,
    /// When.
    pub signed_at: OffsetDateTime,
    /// How it ended, when, and why.
    pub ended: Option<(String, OffsetDateTime, String)>,
    /// Whether it belongs to the attempt under way.
    pub current: bool,
}

/// An attempt that a reviewer returned.
#[derive(Clone, Debug)]
pub struct ReturnedAttempt {
    /// The gate's phase, by name.
    pub phase: String,
    /// The attempt.
    pub cycle: i32,
    /// Who returned it.
    pub by: String,
    /// When.
    pub at: OffsetDateTime,
    /// What has to change.
    pub reason: String,
}

impl Service {
    /// Review and sign-off of the current gate.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no feature that the actor may see.
    pub async fn review_page(&self, actor: &Actor, key: &FeatureKey) -> Result<ReviewPage> {
        let mut connection = self.db.reads().acquire().await?;
        let Opened { feature, summary, gathered } = open(self, &mut connection, actor, key).await?;
        let sign_offs = sign_offs(&mut connection, actor, &feature).await?;
        let returned = returned(&mut connection, &feature).await?;
        let attempt = match (&feature.progress, gathered) {
            (Progress::Active(attempt), Some(gathered)) => {
                let policy = &feature.policy.policy;
                let phase = policy.phase(&attempt.phase).ok_or(Error::NotFound)?.clone();
                let earlier = earlier_dossier(&mut connection, actor, &feature, attempt).await?;
                let (mut changes, mut compared) = (Vec::new(), None);
                if let Some((dossier, then)) = &earlier {
                    let differences = gathered.dossier.difference(then);
                    changes =
                        compare(&mut connection, &feature, &phase, &differences, dossier.at, summary.now)
                            .await?;
                    compared = Some(*dossier);
                }
                let roles: Vec<Role> = summary.grants.product.iter().copied().collect();
                let seat = if summary.may(Action::SignGate) {
                    match attempt.may_sign(policy, &gathered.situation, actor.person, &roles, summary.now) {
                        Ok(seats) => MySeat::Sign(seats),
                        Err(refusal) => MySeat::No(refusal),
                    }
                } else {
                    MySeat::Reader
                };
                // There is nothing to sign while the team has the turn.
                let handed = if attempt.turn == Turn::Team {
                    Vec::new()
                } else {
                    let (situation, now) = (&gathered.situation, summary.now);
                    delegated(&mut connection, actor, &feature, now, |people, role| {
                        may_sign_for(attempt, policy, situation, people, role, now)
                    })
                    .await?
                };
                Some(ReviewedAttempt {
                    requested_by: requested_by(&mut connection, &feature, attempt).await?,
                    dossier: gathered.dossier.digest(),
                    items: lines(
                        &mut connection,
                        &feature,
                        &phase,
                        &gathered.dossier.items,
                        &gathered.situation.facts.records,
                    )
                    .await?,
                    compared,
                    has_manifest: has_manifest(&mut connection, &feature, attempt).await?,
                    delegated: handed,
                    changes,
                    next: policy.next(&phase.key).map(|next| next.name.clone()),
                    attempt: attempt.clone(),
                    phase,
                    seat,
                })
            }
            _ => None,
        };
        Ok(ReviewPage { summary, attempt, sign_offs, returned })
    }
}

async fn requested_by(
    connection: &mut PgConnection,
    feature: &Feature,
    attempt: &Attempt,
) -> Result<Option<String>> {
    Ok(sqlx::query_scalar!(
        "select p.name from gate_attempt a join person p on p.id = a.requested_by
         where a.feature_id = $1 and a.phase = $2 and a.cycle = $3",
        feature.id.uuid(),
        attempt.phase.as_str(),
        attempt.cycle
    )
    .fetch_optional(connection)
    .await?)
}

/// The seats of others that the reader may sign from at a gate, by what `may` says of whose seat it is and who signs in it.
pub(super) async fn delegated(
    connection: &mut PgConnection,
    actor: &Actor,
    feature: &Feature,
    now: OffsetDateTime,
    may: impl Fn((PersonId, PersonId), Role) -> Result<Seats, Refusal>,
) -> Result<Vec<DelegatedSeat>> {
    let seats = seats_of(connection, feature.product, actor.person, now).await?;
    Ok(seats
        .into_iter()
        .map(|(from, name, role)| DelegatedSeat { from, name, role, seats: may((from, actor.person), role) })
        // A seat that this gate does not have is no news to anybody.
        .filter(|seat| !matches!(seat.seats, Err(Refusal::RoleNotAsked)))
        .collect())
}

async fn has_manifest(connection: &mut PgConnection, feature: &Feature, attempt: &Attempt) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select exists (select from dossier where feature_id = $1 and phase = $2 and cycle = $3) as "there!""#,
        feature.id.uuid(),
        attempt.phase.as_str(),
        attempt.cycle
    )
    .fetch_one(connection)
    .await?)
}

/// The manifest to compare with: the last one that the reader signed at this gate, else the last of the cycle before.
async fn earlier_dossier(
    connection: &mut PgConnection,
    actor: &Actor,
    feature: &Feature,
    attempt: &Attempt,
) -> Result<Option<(Compared, BTreeSet<Item>)>> {
    let row = sqlx::query!(
        r#"select digest as "digest!", manifest as "manifest!", created_at as "at!", rank as "rank!" from (
               (select d.digest, d.manifest, d.created_at, 1 as rank from sign_off s join dossier d on d.digest = s.dossier
                where s.feature_id = $1 and s.phase = $2 and s.person_id = $3
                order by s.signed_at desc limit 1)
               union all
               (select digest, manifest, created_at, 2 from dossier
                where feature_id = $1 and phase = $2 and cycle = $4 - 1
                order by created_at desc limit 1)
           ) candidates order by rank limit 1"#,
        feature.id.uuid(),
        attempt.phase.as_str(),
        actor.person.uuid(),
        attempt.cycle
    )
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let Some(items) = items_of(&row.manifest) else { return Ok(None) };
    let dossier = Compared { digest: digest(&row.digest)?, at: row.at, signed_by_reader: row.rank == 1 };
    Ok(Some((dossier, items)))
}

/// What the items of a dossier are called, and where they are.
#[expect(clippy::too_many_lines, reason = "one line a kind of item")]
pub(super) async fn lines(
    connection: &mut PgConnection,
    feature: &Feature,
    phase: &Phase,
    items: &BTreeSet<Item>,
    said: &RecordFacts,
) -> Result<Vec<DossierLine>> {
    let records: BTreeMap<String, &RecordFact> =
        said.records.iter().map(|record| (record.key(), record)).collect();
    let notes = sqlx::query!(
        "select control, note from control where feature_id = $1 and phase = $2",
        feature.id.uuid(),
        phase.key.as_str()
    )
    .fetch_all(&mut *connection)
    .await?;
    let notes: BTreeMap<String, String> = notes.into_iter().map(|row| (row.control, row.note)).collect();
    let proofs = attached(connection, feature.id, "control", phase.key.as_str()).await?;
    let evidence = sqlx::query!(
        "select e.number, e.title, e.kind, v.file_name, v.digest from evidence e
         join evidence_version v on v.evidence_id = e.id and v.version = e.version
         where e.feature_id = $1",
        feature.id.uuid()
    )
    .fetch_all(&mut *connection)
    .await?;
    let evidence: BTreeMap<String, _> =
        evidence.into_iter().map(|row| (format!("E-{}", row.number), row)).collect();
    let threats = sqlx::query!(
        "select number, title, severity, status, countermeasure from threat where feature_id = $1",
        feature.id.uuid()
    )
    .fetch_all(&mut *connection)
    .await?;
    let threats: BTreeMap<String, _> =
        threats.into_iter().map(|row| (format!("T-{}", row.number), row)).collect();
    let waivers = sqlx::query!(
        "select number, blocker, compensation, until from waiver where feature_id = $1 and state = 'approved'",
        feature.id.uuid()
    )
    .fetch_all(connection)
    .await?;
    let waivers: BTreeMap<String, _> =
        waivers.into_iter().map(|row| (format!("W-{}", row.number), row)).collect();

    let number =
        |key: &str| key.split_once('-').and_then(|(_, digits)| digits.parse().ok()).unwrap_or_default();
    Ok(items
        .iter()
        .map(|item| {
            let (label, detail, place) = match item.kind {
                ItemKind::Scope => {
                    (feature.title.clone(), "Title, description and risk tier".to_owned(), Place::Feature)
                }
                ItemKind::Control => {
                    let control = phase.controls.iter().find(|control| control.key.as_str() == item.key);
                    let title = control.map_or_else(|| item.key.clone(), |control| control.title.clone());
                    let place = control.map_or_else(
                        || Place::Phase(phase.key.clone()),
                        |control| Place::Control(phase.key.clone(), control.key.clone()),
                    );
                    (title, control_detail(notes.get(&item.key), proofs.get(&item.key)), place)
                }
                ItemKind::ThreatModel => {
                    ("Answers to the four questions".to_owned(), String::new(), Place::ThreatModel)
                }
                ItemKind::Threat => {
                    let row = threats.get(&item.key);
                    let words = row.map(|row| {
                        let severity = Severity::from_code(&row.severity).map_or("", Severity::code);
                        let status = ThreatStatus::from_code(&row.status).map_or("", |status| status.label());
                        format!("{severity}, {status}: {}", row.countermeasure)
                    });
                    let title =
                        row.map_or_else(|| item.key.clone(), |row| format!("{} {}", item.key, row.title));
                    (title, words.unwrap_or_default(), Place::Threat(number(&item.key)))
                }
                ItemKind::Record => records.get(&item.key).map_or_else(
                    || (item.key.clone(), String::new(), Place::Feature),
                    |record| record_line(record),
                ),
                ItemKind::Evidence => {
                    let row = evidence.get(&item.key);
                    let title =
                        row.map_or_else(|| item.key.clone(), |row| format!("{} {}", item.key, row.title));
                    let kind = row
                        .and_then(|row| EvidenceKind::from_code(&row.kind))
                        .map_or("", EvidenceKind::label);
                    let detail = row.map(|row| {
                        let sha = digest(&row.digest).map(|digest| digest.short()).unwrap_or_default();
                        format!("{kind}: {}, SHA-256 {sha}", row.file_name)
                    });
                    (title, detail.unwrap_or_default(), Place::Evidence(number(&item.key)))
                }
                ItemKind::Waiver => {
                    let row = waivers.get(&item.key);
                    let title = row.map_or_else(
                        || item.key.clone(),
                        |row| format!("{} waives: {}", item.key, row.blocker),
                    );
                    let calendar = &feature.policy.policy.terms.calendar;
                    let detail = row.map(|row| {
                        format!("Until the end of {}. {}", last_day(row.until, calendar), row.compensation)
                    });
                    (title, detail.unwrap_or_default(), Place::Waiver(number(&item.key)))
                }
                ItemKind::List => {
                    let list = ListKind::from_code(&item.key);
                    let points = list.and_then(|list| said.points.get(&list)).map_or(0, Vec::len);
                    let title = list.map_or_else(|| item.key.clone(), |list| list.title().to_owned());
                    (title, format!("Points: {points}"), place_of(phase, item.kind, &item.key))
                }
                ItemKind::Standards => {
                    let detail = format!("In force: {}", said.standards);
                    (Label::title(&item.kind), detail, Place::Standards)
                }
            };
            DossierLine {
                kind: item.kind,
                key: item.key.clone(),
                label,
                detail,
                version: item.version,
                place,
            }
        })
        .collect())
}

/// What a record is called, what it says first, and where it is.
fn record_line(record: &RecordFact) -> (String, String, Place) {
    let place = Place::Record(record.kind, record.number);
    let gist = record.gist();
    if record.kind.is_single() {
        return (record.title.clone(), gist, place);
    }
    let state = record.state.label;
    let detail = if gist.is_empty() { state.to_owned() } else { format!("{state}: {gist}") };
    (format!("{} {}", record.key(), record.title), detail, place)
}

/// What was said of a control, and what proves it.
fn control_detail(note: Option<&String>, proofs: Option<&Vec<AttachedEvidence>>) -> String {
    let note = note.map(String::as_str).unwrap_or_default();
    let keys: Vec<String> = proofs.into_iter().flatten().map(|proof| format!("E-{}", proof.number)).collect();
    match (note.is_empty(), keys.is_empty()) {
        (_, true) => note.to_owned(),
        (true, false) => format!("Proved by {}", keys.join(", ")),
        (false, false) => format!("{note} Proved by {}", keys.join(", ")),
    }
}

pub(super) async fn sign_offs(
    connection: &mut PgConnection,
    actor: &Actor,
    feature: &Feature,
) -> Result<Vec<PastSignOff>> {
    let rows = sqlx::query!(
        r#"select s.id, s.phase, s.cycle, s.person_id, s.printed_name, s.role, s.verdict, s.meaning, s.reason, s.dossier,
                  s.authentication, s.signed_at, s.ended, s.ended_at, s.ended_reason, p.name as "on_behalf_of?"
           from sign_off s left join person p on p.id = s.on_behalf_of
           where s.feature_id = $1 order by s.signed_at desc, s.id desc limit 500"#,
        feature.id.uuid()
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let current = feature
                .progress
                .stands_in()
                .is_some_and(|attempt| attempt.phase.as_str() == row.phase && attempt.cycle == row.cycle);
            Ok(PastSignOff {
                id: Id::new(row.id),
                phase: phase_name(feature, &row.phase),
                cycle: row.cycle,
                manifest: Place::Manifest(row.phase.parse().map_err(Error::internal)?, row.cycle),
                name: row.printed_name,
                on_behalf_of: row.on_behalf_of,
                mine: row.person_id == actor.person.uuid(),
                role: Role::from_code(&row.role).ok_or_else(|| Error::internal("unknown role"))?,
                verdict: Verdict::from_code(&row.verdict)
                    .ok_or_else(|| Error::internal("unknown verdict"))?,
                meaning: row.meaning,
                reason: row.reason,
                dossier: digest(&row.dossier)?,
                authentication: Authentication::from_code(&row.authentication),
                signed_at: row.signed_at,
                ended: row.ended.zip(row.ended_at).map(|(how, at)| (how, at, row.ended_reason)),
                current,
            })
        })
        .collect()
}

async fn returned(connection: &mut PgConnection, feature: &Feature) -> Result<Vec<ReturnedAttempt>> {
    let rows = sqlx::query!(
        r#"select a.phase, a.cycle, a.reason, a.ended_at as "ended_at!", p.name
           from gate_attempt a join person p on p.id = a.ended_by
           where a.feature_id = $1 and a.outcome = 'returned' order by a.ended_at desc limit 100"#,
        feature.id.uuid()
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| ReturnedAttempt {
            phase: phase_name(feature, &row.phase),
            cycle: row.cycle,
            by: row.name,
            at: row.ended_at,
            reason: row.reason,
        })
        .collect())
}

fn phase_name(feature: &Feature, key: &str) -> String {
    let phase = feature.policy.policy.phases.iter().find(|phase| phase.key.as_str() == key);
    phase.map_or_else(|| key.to_owned(), |phase| phase.name.clone())
}
