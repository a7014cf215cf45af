//! The manifest of an attempt at a gate: exactly what its sign-offs cover, to read, to print and to check.

use sluice_domain::{
    access::Role,
    canonical::Digest,
    dossier::items_of,
    gate::Verdict,
    ids::FeatureKey,
    lifecycle::{Attempt, Turn},
    policy::{Phase, PhaseKey, Tier},
};
use time::OffsetDateTime;

use super::{DossierLine, gather, review_page::lines};
use crate::{
    Service,
    actor::Actor,
    error::{Error, Result},
    features::{
        FeatureSummary,
        page::{Opened, open},
        row::digest,
    },
};

/// The manifests of one attempt at a gate, one of them in full.
#[derive(Clone, Debug)]
pub struct ManifestPage {
    /// The feature's header.
    pub summary: FeatureSummary,
    /// The phase.
    pub phase: Phase,
    /// The attempt.
    pub cycle: i32,
    /// The digest of the manifest that is shown.
    pub digest: Digest,
    /// Its canonical JSON, byte for byte: what the digest is of.
    pub text: String,
    /// The tier under which it was made.
    pub tier: Tier,
    /// Digest of the policy's text that it names.
    pub policy: String,
    /// When it was written down.
    pub at: OffsetDateTime,
    /// Whether the gate opened on it, or a change was accepted with it.
    pub opened: bool,
    /// What is in it; what things are called is how they are called now.
    pub items: Vec<DossierLine>,
    /// Who signed it, in order.
    pub signed: Vec<ManifestSignOff>,
    /// Every manifest of the attempt, newest first: its digest and when it was written down.
    pub others: Vec<(Digest, OffsetDateTime)>,
}

/// A sign-off over the manifest that is shown.
#[derive(Clone, Debug)]
pub struct ManifestSignOff {
    /// The name printed on it.
    pub name: String,
    /// For whom, where the seat was handed on.
    pub on_behalf_of: Option<String>,
    /// The seat.
    pub role: Role,
    /// What it says.
    pub verdict: Verdict,
    /// What it means.
    pub meaning: String,
    /// When.
    pub at: OffsetDateTime,
    /// How it ended, where it did.
    pub ended: Option<String>,
}

impl Service {
    /// The manifest of an attempt at a gate: the one with this digest, else the one that the gate opened on, else the
    /// newest.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none that the actor may see.
    pub async fn manifest_page(
        &self,
        actor: &Actor,
        key: &FeatureKey,
        phase: &PhaseKey,
        cycle: i32,
        wanted: Option<Digest>,
    ) -> Result<ManifestPage> {
        let mut connection = self.db.reads().acquire().await?;
        let Opened { feature, summary, .. } = open(self, &mut connection, actor, key).await?;
        let phase = feature.policy.policy.phase(phase).ok_or(Error::NotFound)?.clone();
        let rows = sqlx::query!(
            r#"select d.digest, d.created_at, a.dossier = d.digest as "opened?"
               from dossier d
               join gate_attempt a on a.feature_id = d.feature_id and a.phase = d.phase and a.cycle = d.cycle
               where d.feature_id = $1 and d.phase = $2 and d.cycle = $3
               order by d.created_at desc, d.digest limit 200"#,
            feature.id.uuid(),
            phase.key.as_str(),
            cycle
        )
        .fetch_all(&mut *connection)
        .await?;
        let mut others = Vec::with_capacity(rows.len());
        let mut opened_on = None;
        for row in rows {
            let found = digest(&row.digest)?;
            if row.opened == Some(true) {
                opened_on = Some(found);
            }
            others.push((found, row.created_at));
        }
        let shown = match wanted {
            Some(digest) => others.iter().find(|(other, _)| *other == digest),
            None => opened_on
                .and_then(|digest| others.iter().find(|(other, _)| *other == digest))
                .or_else(|| others.first()),
        };
        let (shown, at) = *shown.ok_or(Error::NotFound)?;
        let text = sqlx::query_scalar!(
            "select manifest from dossier where digest = $1 and feature_id = $2",
            shown.as_bytes().as_slice(),
            feature.id.uuid()
        )
        .fetch_one(&mut *connection)
        .await?;
        let unreadable = || Error::internal("a dossier's manifest cannot be read");
        let items = items_of(&text).ok_or_else(unreadable)?;
        let head: serde_json::Value = serde_json::from_str(&text).map_err(Error::internal)?;
        let word =
            |name: &str| head.get(name).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
        let rows = sqlx::query!(
            r#"select s.printed_name, s.role, s.verdict, s.meaning, s.signed_at, s.ended, p.name as "on_behalf_of?"
               from sign_off s left join person p on p.id = s.on_behalf_of
               where s.feature_id = $1 and s.dossier = $2 order by s.signed_at, s.id limit 200"#,
            feature.id.uuid(),
            shown.as_bytes().as_slice()
        )
        .fetch_all(&mut *connection)
        .await?;
        let mut signed = Vec::with_capacity(rows.len());
        for row in rows {
            signed.push(ManifestSignOff {
                name: row.printed_name,
                on_behalf_of: row.on_behalf_of,
                role: Role::from_code(&row.role).ok_or_else(|| Error::internal("unknown role"))?,
                verdict: Verdict::from_code(&row.verdict)
                    .ok_or_else(|| Error::internal("unknown verdict"))?,
                meaning: row.meaning,
                at: row.signed_at,
                ended: row.ended,
            });
        }
        // What things are called is read as they are now; the facts of the gate have its records.
        let attempt = Attempt { phase: phase.key.clone(), cycle, turn: Turn::Team, since: at };
        let facts = gather(&mut connection, &feature, &phase, &attempt, summary.now).await?.situation.facts;
        let lines = lines(&mut connection, &feature, &phase, &items, &facts.records).await?;
        Ok(ManifestPage {
            summary,
            cycle,
            digest: shown,
            tier: Tier::from_code(&word("tier")).ok_or_else(unreadable)?,
            policy: word("policy"),
            at,
            opened: opened_on == Some(shown),
            items: lines,
            signed,
            others,
            text,
            phase,
        })
    }
}
