//! An approval, and an edit of what it covers.

use http::StatusCode;
use sluice_domain::{ids::FeatureKey, policy::Tier};
use sluice_service::Error;

use super::{Arena, Balance, approve};
use crate::support::{TestResult, cast::asked, fields, steps::parsed};

/// The form that gives the feature another title.
fn renaming(owner: &str) -> Vec<(&'static str, String)> {
    [
        ("version", "1"),
        ("title", "Pay by code"),
        ("description", "A link that asks for a payment."),
        ("owner", owner),
        ("target-date", ""),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .into()
}

/// What whoever edits confirms, where a sign-off stands that the edit voids.
async fn confirmation(arena: &Arena, key: &FeatureKey, form: &[(&str, String)]) -> TestResult<String> {
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let command = parsed(sluice_service::features::EditFeature::parse(&fields(&form)))?;
    let manager = asked(&arena.world.cast.manager);
    match arena.world.service.edit_feature(&manager, key, command).await {
        Err(Error::WouldVoid(voiding)) => Ok(voiding.confirmation.to_string()),
        other => Err(format!("nobody is asked: {other:?}").into()),
    }
}

/// What is in the database after a race.
struct Found {
    opened: bool,
    /// Whether the edit came after the gate had opened.
    edited_after: bool,
    standing: i64,
    voided: i64,
    /// The version of the scope on which the gate opened.
    opened_on: Option<i32>,
    scope: i32,
    drifted: bool,
}

async fn find(arena: &Arena, key: &FeatureKey) -> TestResult<Found> {
    let row = arena
        .watcher
        .query_one(
            "select coalesce(a.outcome = 'opened', false), coalesce(e.at > a.ended_at, false),
                    (select count(*) from sign_off s where s.feature_id = f.id and s.ended is null),
                    (select count(*) from sign_off s where s.feature_id = f.id and s.ended = 'voided'
                                                       and s.ended_at = e.at),
                    (select (i.item ->> 'version')::int
                     from dossier d cross join jsonb_array_elements(d.manifest::jsonb -> 'items') as i (item)
                     where d.digest = a.dossier and i.item ->> 'kind' = 'scope'),
                    f.scope_version,
                    exists (select from gate_blocker b where b.feature_id = f.id and b.subject like 'drift:build/%')
             from feature f
             join gate_attempt a on a.feature_id = f.id and a.phase = 'build' and a.cycle = 1
             join audit.event e on e.feature_id = f.id and e.verb = 'feature.edited'
             where f.number = $1",
            &[&key.number],
        )
        .await?;
    Ok(Found {
        opened: row.get(0),
        edited_after: row.get(1),
        standing: row.get(2),
        voided: row.get(3),
        opened_on: row.get(4),
        scope: row.get(5),
        drifted: row.get(6),
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_gate_opens_on_what_was_changed() -> TestResult {
    let arena = Arena::open().await?;
    let (before, last) = (arena.reviewer("Quinn Before").await?, arena.reviewer("Quentin Last").await?);
    let manager = arena.browser(&arena.world.cast.manager).await?;
    let owner = arena.world.cast.manager.person.to_string();
    let balance = Balance::default();
    arena
        .race("approve and edit", async |_, number| {
            // Every other time a sign-off stands already, which the edit voids.
            let signed = number % 2 == 1;
            let key = arena.in_review(if signed { Tier::High } else { Tier::Low }).await?;
            let mut form = renaming(&owner);
            if signed {
                arena.sign_before(&before, &key).await?;
                let confirmed = confirmation(&arena, &key, &form).await?;
                form.push(("confirm-void", confirmed));
            }
            let dossier = arena.world.dossier(&key).await?.to_string();
            let (mine, theirs) = arena.ports(number / 2);
            let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let path = format!("/features/{key}/edit");
            let (approved, edited) = arena
                .meet(
                    &balance,
                    approve(&last.browser, mine, &key, &dossier),
                    manager.post(theirs, &path, &form),
                )
                .await?;
            assert_eq!(edited.status, StatusCode::SEE_OTHER, "{key}: {}", edited.body);
            let found = find(&arena, &key).await?;
            assert_eq!(found.scope, 2, "{key} was edited");
            let people = 1 + i64::from(signed);
            if found.opened {
                assert_eq!(approved.status, StatusCode::SEE_OTHER, "{key}");
                assert!(found.edited_after, "{key} opened after it was edited");
                assert_eq!((found.standing, found.voided), (people, 0), "{key}");
                assert_eq!(found.opened_on, Some(1), "{key} opened on another scope than was signed");
                assert!(found.drifted, "{key}: nobody is told that what was signed says something else");
            } else {
                assert_eq!(approved.status, StatusCode::CONFLICT, "{key}: {}", approved.body);
                assert_eq!((found.standing, found.voided), (0, people - 1), "{key}");
            }
            balance.note(found.opened);
            Ok(())
        })
        .await?;
    arena.stands_on_firm_ground().await?;
    let (approvals, edits) = balance.both_won()?;
    println!("the approval was first {approvals} times, the edit {edits} times");
    arena.close().await
}
