use std::io::Write as _;

use serde_json::{Value, json};
use sluice_domain::{
    gate::{Blocker, Decision},
    policy::Policy,
    words,
};
use sluice_service::{
    Clock, Service,
    policies::{Compared, ImpactTotals},
};

use super::{Failed, backend::Backend, policy};
use crate::config::PolicyReplay;

/// Says what a policy would have decided about each gate at an instant of the past.
pub(super) async fn replay(config: PolicyReplay) -> Result<(), Failed> {
    let (candidate, digest) = policy::sound_text(&config.file)?;
    let backend = Backend::open(&config.database).await?;
    let replayed = async {
        let service = Service::connect(&backend.connect(), Clock::Database).await?;
        let found = decide(&config, &service, &candidate, digest).await;
        service.close().await;
        found
    }
    .await;
    backend.close().await;
    let (gates, totals) = replayed?;
    // A pipe may be closed by whoever reads it; nothing is wrong then.
    let text = if config.json {
        as_json(&config, &candidate, &gates, totals)?
    } else {
        as_text(&candidate, &gates, totals)
    };
    let mut out = std::io::stdout().lock();
    if out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_err() {
        tracing::debug!("standard output is closed");
    }
    Ok(())
}

async fn decide(
    config: &PolicyReplay,
    service: &Service,
    candidate: &Policy,
    digest: sluice_domain::canonical::Digest,
) -> Result<(Vec<Compared>, ImpactTotals), Failed> {
    if config.at > service.now().await? {
        return Err("--at lies in the future: choose an instant that has passed".into());
    }
    let mut gates = Vec::new();
    let mut keep = |compared: &Compared| {
        if config.all || compared.differs() {
            gates.push(compared.clone());
        }
    };
    let totals = service.replay_policy(candidate, digest, config.at, &mut keep).await?;
    Ok((gates, totals))
}

/// For people: a line for each gate, what would block besides or no more below it, then the totals.
fn as_text(candidate: &Policy, gates: &[Compared], totals: ImpactTotals) -> String {
    let mut lines = Vec::new();
    for compared in gates {
        let then = compared.before.blockers.len();
        let with = compared.after.as_ref().map_or_else(
            || format!("{} does not have the phase", candidate.version),
            |after| match after.blockers.len() {
                0 => format!("open with {}", candidate.version),
                count => format!("{count} with {}", candidate.version),
            },
        );
        lines.push(format!(
            "{}  {}, cycle {}{}: {then} blocked then, {with}",
            compared.feature,
            compared.phase_name,
            compared.cycle,
            if compared.held { ", on hold" } else { "" }
        ));
        lines
            .extend(compared.change.appears.iter().map(|blocker| format!("  + {}", words::blocker(blocker))));
        lines.extend(
            compared.change.vanishes.iter().map(|blocker| format!("  - {}", words::blocker(blocker))),
        );
    }
    if !lines.is_empty() {
        lines.push(String::new());
    }
    let ImpactTotals { total, more, less, gone } = totals;
    lines.push(format!("Features that followed {} then: {total}", candidate.key));
    lines.push(format!("  of which {} asks something more: {more}", candidate.version));
    lines.push(format!("  of which it asks something less: {less}"));
    lines.push(format!("  in a phase that it does not have: {gone}"));
    lines.join("\n") + "\n"
}

/// For programs: everything, by stable codes.
fn as_json(
    config: &PolicyReplay,
    candidate: &Policy,
    gates: &[Compared],
    totals: ImpactTotals,
) -> Result<String, Failed> {
    let blockers = |blockers: &[Blocker]| -> Vec<Value> {
        let one = |blocker: &Blocker| json!({"code": blocker.code(), "subject": blocker.subject(), "sentence": words::blocker(blocker)});
        blockers.iter().map(one).collect()
    };
    let features: Vec<Value> = gates
        .iter()
        .map(|compared| {
            json!({
                "feature": compared.feature.to_string(),
                "phase": compared.phase.to_string(),
                "cycle": compared.cycle,
                "on_hold": compared.held,
                "blockers": compared.before.blockers.len(),
                "would_block": compared.after.as_ref().map(|after| after.blockers.len()),
                "would_be_open": compared.after.as_ref().map(Decision::is_open),
                "would_block_by": compared.after.as_ref().map(|after| blockers(&after.blockers)),
                "appears": blockers(&compared.change.appears),
                "vanishes": blockers(&compared.change.vanishes),
            })
        })
        .collect();
    let at = config.at.format(&time::format_description::well_known::Rfc3339)?;
    let whole = json!({
        "policy": candidate.key,
        "version": candidate.version,
        "at": at,
        "totals": {"features": totals.total, "more": totals.more, "less": totals.less, "gone": totals.gone},
        "features": features,
    });
    Ok(serde_json::to_string_pretty(&whole)? + "\n")
}
