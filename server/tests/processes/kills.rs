//! A server that is killed again and again while people work.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use http::StatusCode;
use sluice_domain::{ids::FeatureKey, policy::Tier};
use tokio::task::JoinSet;

use crate::{
    client::{Answer, Browser, get},
    program::{Folder, Program, free_port},
    races::{approve, expect},
    support::{TestResult, World, until},
};

/// How many features go through their first gate.
const FEATURES: usize = 60;
/// How many people work at once.
const AT_ONCE: usize = 4;
/// How often the server is killed.
const KILLS: usize = 5;
/// Steps of a feature: two records, the request, the approval.
const STEPS: usize = 4;

/// What one person at work shares with the others.
struct Work {
    world: World,
    port: u16,
    manager: Browser,
    first: Browser,
    next: AtomicUsize,
    /// Steps that were answered with success.
    acknowledged: Mutex<Vec<(FeatureKey, usize)>>,
    /// Steps whose answer never came.
    lost: AtomicUsize,
}

impl Work {
    fn acknowledged(&self) -> Vec<(FeatureKey, usize)> {
        self.acknowledged.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn send(&self, key: &FeatureKey, step: usize) -> TestResult<Answer> {
        // The id that the form was made with: sent again, it is the same record.
        let id = format!("0190b7d4-0000-7000-8000-{:012}", i64::from(key.number) * 10 + i64::try_from(step)?);
        let record = async |kind: &str, fields: &[(&str, &str)]| {
            let mut form = vec![("id", id.as_str()), ("version", "0")];
            form.extend(fields);
            self.manager.post(self.port, &format!("/features/{key}/records/{kind}"), &form).await
        };
        match step {
            0 => record("plan", &[("scope", "Links."), ("goals", "Fewer calls.")]).await,
            1 => {
                let requirement = [
                    ("title", "Links expire"),
                    ("state", "accepted"),
                    ("class", "security"),
                    ("family", "authentication"),
                    ("priority", "must"),
                ];
                record("requirement/new", &requirement).await
            }
            2 => self.manager.post(self.port, &format!("/features/{key}/review/request"), &[]).await,
            _ => {
                let dossier = self.world.dossier(key).await?.to_string();
                approve(&self.first, self.port, key, &dossier).await
            }
        }
    }

    /// Takes one step, again and again until the server says yes or no. A no is right only where an answer was lost.
    async fn take(&self, key: &FeatureKey, step: usize) -> TestResult {
        let mut lost = false;
        loop {
            match self.send(key, step).await {
                Ok(answer) if answer.status == StatusCode::SEE_OTHER => {
                    let mut acknowledged = self.acknowledged.lock().unwrap_or_else(PoisonError::into_inner);
                    acknowledged.push((key.clone(), step));
                    return Ok(());
                }
                Ok(answer) if answer.status == StatusCode::CONFLICT && lost => return Ok(()),
                Ok(answer) => {
                    return Err(format!("{key} step {step}: {} {}", answer.status, answer.body).into());
                }
                Err(_) => {
                    lost = true;
                    self.lost.fetch_add(1, Ordering::Relaxed);
                    until("the server is back", async || Ok(get(self.port, "/readyz").await.is_ok())).await?;
                }
            }
        }
    }

    async fn work(&self, keys: &[FeatureKey]) -> TestResult {
        while let Some(key) = keys.get(self.next.fetch_add(1, Ordering::Relaxed)) {
            for step in 0..STEPS {
                self.take(key, step).await?;
            }
        }
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_loses_nothing_it_acknowledged_and_does_nothing_by_halves() -> TestResult {
    let world = World::new().await?;
    let folder = Folder::new()?;
    let port = free_port()?;
    let mut program = Program::serve(&world, &folder, port).await?;
    let manager = Browser::sign_in(port, &world.cast.manager.email).await?;
    let first = Browser::sign_in(port, &world.cast.first.email).await?;
    let mut keys = Vec::new();
    for _ in 0..FEATURES {
        let key = world.feature(Tier::Low).await?;
        world.keep_tier(&key).await?;
        keys.push(key);
    }
    let keys: Arc<[FeatureKey]> = keys.into();
    let (next, lost) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let work = Arc::new(Work { world, port, manager, first, next, acknowledged: Mutex::default(), lost });
    let mut people = JoinSet::new();
    for _ in 0..AT_ONCE {
        let (work, keys) = (Arc::clone(&work), Arc::clone(&keys));
        people.spawn(async move { work.work(&keys).await });
    }

    // One more death each time so much more is done, at whatever the server is doing then.
    for kill in 1..=KILLS {
        let mark = kill * FEATURES * STEPS / (KILLS + 2);
        until("more is done", async || Ok(work.acknowledged().len() >= mark || people.is_empty())).await?;
        program.kill().await?;
        program = Program::serve(&work.world, &folder, port).await?;
    }
    while let Some(person) = people.join_next().await {
        person??;
    }

    let (acknowledged, lost) = (work.acknowledged(), work.lost.load(Ordering::Relaxed));
    println!("{} steps acknowledged, {lost} answers lost", acknowledged.len());
    assert!(lost > 0, "no request was under way at any of {KILLS} kills");
    let world = &work.world;
    for (key, step) in &acknowledged {
        let of = format!("join feature f on f.id = x.feature_id where f.number = {}", key.number);
        let record = |kind: &str| format!("select count(*) from record x {of} and x.kind = '{kind}'");
        let sql = match step {
            0 => record("plan"),
            1 => record("requirement"),
            2 => format!(
                "select count(*) from gate_attempt x {of} and x.phase = 'requirements' and x.requested_at is not null"
            ),
            _ => format!(
                "select count(*) from sign_off x {of} and x.verdict = 'approve' and f.phase = 'design'"
            ),
        };
        expect(world, &format!("{key} step {step} was acknowledged"), &sql, 1).await?;
    }
    nothing_is_half_done(world).await?;
    for verb in ["gate.opened", "gate.signed", "gate.review-requested"] {
        let sql = format!("select count(*) from audit.event where verb = '{verb}'");
        expect(world, &format!("{verb}: once a feature"), &sql, FEATURES).await?;
    }
    let sql = "select count(*) from audit.event where verb = 'record.added'";
    expect(world, "each record was added once", sql, 2 * FEATURES).await?;
    program.kill().await
}

/// Row, event, attempt and phase say the same of each feature.
async fn nothing_is_half_done(world: &World) -> TestResult {
    expect(
        world,
        "a gate is open, its attempt has ended, its event is there and its sign-off stands: all or none",
        "select count(*) from feature f
         cross join lateral (values
             (f.phase = 'design'),
             (exists (select from gate_attempt a where a.feature_id = f.id and a.phase = 'requirements' and a.outcome = 'opened')),
             (exists (select from gate_attempt a where a.feature_id = f.id and a.phase = 'design' and a.outcome is null)),
             (exists (select from audit.event e where e.feature_id = f.id and e.verb = 'gate.opened')),
             (exists (select from audit.event e where e.feature_id = f.id and e.verb = 'gate.signed')),
             (exists (select from sign_off s where s.feature_id = f.id and s.ended is null))
         ) as said (yes)
         where said.yes <> (f.phase = 'design')",
        0,
    )
    .await?;
    expect(
        world,
        "each row carries an event that was stored",
        "select count(*) from (
             select event_id from feature union all select event_id from record
             union all select event_id from gate_attempt union all select event_id from sign_off
             union all select event_id from dossier union all select until_event from history.feature
             union all select until_event from history.gate_attempt
         ) x where not exists (select from audit.event e where e.id = x.event_id)",
        0,
    )
    .await?;
    expect(
        world,
        "and each record its own",
        "select count(*) from record c
         left join audit.event e on e.id = c.event_id and e.verb in ('record.added', 'feature.rated')
                                and e.feature_id = c.feature_id
         where e.id is null",
        0,
    )
    .await
}
