//! Two servers on one database, and requests about one gate that reach both of them at the same moment. Whoever wins, no
//! gate opens on ground that was gone: on a sign-off that is void, a role that was revoked, a waiver that is over.

mod approve;
mod edit;
mod lapse;
mod role;

use std::{
    future::Future,
    sync::atomic::{AtomicI64, AtomicUsize, Ordering},
    time::Instant,
};

use futures::future::try_join_all;
use secrecy::SecretString;
use sluice_domain::{
    access::Role,
    gate::{Mark, Verdict},
    ids::FeatureKey,
    policy::Tier,
};
use sluice_service::{Actor, Clock, Connect, Service};
use tokio_postgres::Client;

use crate::{
    client::{Answer, Browser},
    program::{Folder, Program, free_port},
    support::{
        TestResult, World,
        cast::{PASSWORD, join},
        steps::{mark_form, phase_key},
    },
};

/// How many gates are raced for, unless `SLUICE_RACES` says otherwise.
const RACES: usize = 500;
/// How many races are under way at once.
const AT_ONCE: usize = 4;
/// The policy of these races: two phases with one thing to do in each. Low risk takes one reviewer, more takes two.
const POLICY: &str = include_str!("policy.toml");
/// The role in which all of them sign.
const REVIEWER: Role = Role::SecurityReviewer;

/// How many gates are raced for.
fn races() -> TestResult<usize> {
    Ok(match std::env::var("SLUICE_RACES") {
        Ok(number) => number.parse()?,
        Err(_) => RACES,
    })
}

/// Sends the form that approves the gate.
pub(crate) async fn approve(
    browser: &Browser,
    port: u16,
    key: &FeatureKey,
    dossier: &str,
) -> TestResult<Answer> {
    let form = [
        ("verdict", "approve"),
        ("role", "security-reviewer"),
        ("dossier", dossier),
        ("reason", ""),
        ("password", PASSWORD),
    ];
    browser.post(port, &format!("/features/{key}/review"), &form).await
}

/// The number that a question about the database has to be answered with.
pub(crate) async fn expect(world: &World, what: &str, sql: &str, wanted: usize) -> TestResult {
    let found = world.count(sql).await?;
    assert_eq!(usize::try_from(found)?, wanted, "{what}");
    Ok(())
}

/// Two servers, and people at them.
struct Arena {
    world: World,
    servers: [Program; 2],
    /// Looks on.
    watcher: Client,
    /// Moves what only time moves: no trigger holds it back.
    hand: Client,
    _folder: Folder,
}

/// Somebody with a browser in which they are signed in.
struct Signer {
    actor: Actor,
    browser: Browser,
}

impl Arena {
    async fn open() -> TestResult<Self> {
        let mut world = World::new().await?;
        world.put_in_force("races", POLICY).await?;
        // From now on the time is the one that the servers have: the database's.
        let url = SecretString::from(world.runtime_url.as_str());
        let connect = Connect { url, assume_runtime_role: false, connections: 20 };
        world.service = Service::connect(&connect, Clock::Database).await?;
        let folder = Folder::new()?;
        let servers = [
            Program::serve(&world, &folder, free_port()?).await?,
            Program::serve(&world, &folder, free_port()?).await?,
        ];
        let (watcher, hand) = (world.as_superuser().await?, world.as_superuser().await?);
        hand.batch_execute("set session_replication_role = replica").await?;
        Ok(Self { world, servers, watcher, hand, _folder: folder })
    }

    /// The ports of the two servers, the other way round each time.
    fn ports(&self, number: usize) -> (u16, u16) {
        (self.servers[number % 2].port, self.servers[(number + 1) % 2].port)
    }

    async fn browser(&self, actor: &Actor) -> TestResult<Browser> {
        Browser::sign_in(self.servers[0].port, &actor.email).await
    }

    /// Another reviewer. Their password costs nothing to check: a race is about what comes after it.
    async fn reviewer(&self, name: &str) -> TestResult<Signer> {
        let cheap = self.world.service.clone().with_published_passwords()?;
        let (admin, product) = (&self.world.cast.admin, self.world.cast.product);
        let actor = join(&cheap, admin, name, &[], Some(product), &[REVIEWER]).await?;
        let person = actor.person.uuid();
        let sql = "select hash from password where person_id = $1";
        let hash: String = self.watcher.query_one(sql, &[&person]).await?.get(0);
        // Signing in renews the hash at full cost.
        let browser = self.browser(&actor).await?;
        self.hand.execute("update password set hash = $2 where person_id = $1", &[&person, &hash]).await?;
        Ok(Signer { actor, browser })
    }

    /// A feature whose first gate is under review.
    async fn in_review(&self, tier: Tier) -> TestResult<FeatureKey> {
        let (service, cast) = (&self.world.service, self.world.cast);
        let key = self.world.feature(tier).await?;
        let said = mark_form("said", Mark::Done, "As the guidance asks.", 0)?;
        service.mark_control(&cast.developer, &key, &phase_key("build")?, said).await?;
        service.request_review(&cast.manager, &key).await?;
        Ok(key)
    }

    /// Signs as one of two, before the race.
    async fn sign_before(&self, signer: &Signer, key: &FeatureKey) -> TestResult {
        Ok(self.world.sign(&signer.actor, key, REVIEWER, Verdict::Approve).await.map(drop)?)
    }

    /// Races again and again, some at once, each lane one after the other.
    async fn race<F: AsyncFn(usize, usize) -> TestResult>(&self, what: &str, race: F) -> TestResult {
        let (races, next, begun) = (races()?, AtomicUsize::new(0), Instant::now());
        let lanes = (0..AT_ONCE).map(|lane| {
            let (next, race) = (&next, &race);
            async move {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= races {
                        return TestResult::Ok(());
                    }
                    race(lane, number).await?;
                }
            }
        });
        try_join_all(lanes).await?;
        println!("{what}: {races} races in {:.1} s", begun.elapsed().as_secs_f64());
        Ok(())
    }

    /// Lets two requests meet.
    async fn meet<A, B>(
        &self,
        balance: &Balance,
        one: impl Future<Output = TestResult<A>>,
        other: impl Future<Output = TestResult<B>>,
    ) -> TestResult<(A, B)> {
        let lead = balance.lead.load(Ordering::Relaxed);
        let late = async |round_trips: i64| -> TestResult {
            for _ in 0..round_trips {
                self.watcher.simple_query("select 1").await?;
            }
            Ok(())
        };
        let one = async {
            late(-lead).await?;
            one.await
        };
        let other = async {
            late(lead).await?;
            other.await
        };
        tokio::try_join!(one, other)
    }

    /// Every gate that opened stood on firm ground at that instant: its sign-offs were there and not void, by as many
    /// different people as it takes, who held the role and wrote none of it; they cover the very dossier on which it
    /// opened; nobody denied it; and no waiver that the dossier lists was over.
    async fn stands_on_firm_ground(&self) -> TestResult {
        let wrong = self
            .watcher
            .query(
                "with held as (
                     select g.person_id, g.role, g.product_id, b.at as since, u.at as until
                     from (select person_id, role, product_id, event_id, null::uuid as until_event from product_grant
                           union all
                           select person_id, role, product_id, event_id, until_event from history.product_grant) g
                     join audit.event b on b.id = g.event_id
                     left join audit.event u on u.id = g.until_event
                 ), standing as (
                     select s.*, a.ended_at as opened_at
                     from sign_off s
                     join gate_attempt a on (a.feature_id, a.phase, a.cycle) = (s.feature_id, s.phase, s.cycle)
                     where a.outcome = 'opened' and s.signed_at <= a.ended_at
                       and (s.ended is null or s.ended_at > a.ended_at)
                 )
                 select f.number, c.counting, o.denied, w.over
                 from gate_attempt a
                 join feature f on f.id = a.feature_id
                 join dossier d on d.digest = a.dossier
                 cross join lateral (
                     select count(distinct s.person_id) as counting from standing s
                     where (s.feature_id, s.phase, s.cycle) = (a.feature_id, a.phase, a.cycle)
                       and s.verdict = 'approve' and s.dossier = a.dossier
                       and not contributed_to_gate(f.id, a.phase, f.policy_version_id, a.tier, s.person_id)
                       and exists (select from held h
                                   where (h.person_id, h.role, h.product_id) = (s.person_id, s.role, f.product_id)
                                     and h.since <= a.ended_at and (h.until is null or h.until > a.ended_at))
                 ) c
                 cross join lateral (
                     select count(*) as denied from standing s
                     where (s.feature_id, s.phase, s.cycle) = (a.feature_id, a.phase, a.cycle) and s.verdict = 'deny'
                 ) o
                 cross join lateral (
                     select count(*) as over from waiver w
                     where w.feature_id = a.feature_id and (w.until <= a.ended_at or w.ended_at <= a.ended_at)
                       and d.manifest::jsonb -> 'items' @> jsonb_build_array(jsonb_build_object('key', 'W-' || w.number))
                 ) w
                 where a.outcome = 'opened'
                   and (c.counting < case a.tier when 'low' then 1 else 2 end or o.denied > 0 or w.over > 0)",
                &[],
            )
            .await?;
        let wrong: Vec<(i32, i64, i64, i64)> =
            wrong.iter().map(|row| (row.get(0), row.get(1), row.get(2), row.get(3))).collect();
        assert!(
            wrong.is_empty(),
            "feature, sign-offs that count, denials, waivers that were over: {wrong:?}"
        );
        expect(
            &self.world,
            "each transition is in the log with the sign-off that brought it about",
            "select count(*) from gate_attempt a
             where a.outcome = 'opened' and not exists (
                 select from audit.event s join audit.event o on o.xid = s.xid and o.feature_id = s.feature_id
                 where s.id = a.event_id and s.verb = 'gate.signed' and o.verb = 'gate.opened')",
            0,
        )
        .await
    }

    async fn close(self) -> TestResult {
        for server in self.servers {
            server.kill().await?;
        }
        Ok(())
    }
}

/// Which of two requests is sent ahead, and by how many round trips. Whoever won is sent a little later the next time:
/// so they meet, and both win.
#[derive(Default)]
struct Balance {
    lead: AtomicI64,
    won: [AtomicUsize; 2],
}

impl Balance {
    /// The longest way ahead.
    const MOST: i64 = 400;
    /// How much later whoever won is sent.
    const STEP: i64 = 4;

    /// Takes note of who won: the one, or the other.
    fn note(&self, one: bool) {
        self.won[usize::from(!one)].fetch_add(1, Ordering::Relaxed);
        let by = if one { -Self::STEP } else { Self::STEP };
        let lead = self.lead.load(Ordering::Relaxed) + by;
        self.lead.store(lead.clamp(-Self::MOST, Self::MOST), Ordering::Relaxed);
    }

    /// How often each won; it is no race where one always does.
    fn both_won(&self) -> TestResult<(usize, usize)> {
        let [one, other] = [&self.won[0], &self.won[1]].map(|won| won.load(Ordering::Relaxed));
        let enough = races()? / 50;
        assert!(one >= enough && other >= enough, "{one} to {other}");
        Ok((one, other))
    }
}
