//! The database's own guard over sign-offs, against somebody who has the application's connection and writes SQL: who
//! contributed, who has a seat already, what is covered, and for whom.

use sluice_domain::{
    access::Role,
    gate::Verdict,
    ids::FeatureKey,
    policy::{EvidenceKind, Tier},
    record::RecordKind,
};
use sluice_service::{Actor, evidence::Target, new_form_id};
use tokio_postgres::{Client, error::SqlState};
use uuid::Uuid;

use crate::support::{TestResult, World, steps::threat_form, until};

const CONTRIBUTED: &str = "SLA05";
const GROUNDLESS: &str = "SLA07";
const REWRITTEN: &str = "SLA04";

/// What the database says to a statement, in a transaction that stores its event and is rolled back.
async fn answer(client: &Client, statement: &str) -> TestResult<String> {
    let event: Uuid = new_form_id().parse()?;
    let outcome = client
        .batch_execute(&format!(
            "begin; set local sluice.event = '{event}';
             insert into audit.event (id, at, authentication, verb, object_kind, object_id, object_name, body)
             values ('{event}', now(), 'none', 'gate.signed', 'gate', 'x', 'X', '{{}}');
             {statement}"
        ))
        .await;
    client.batch_execute("rollback").await?;
    match outcome {
        Ok(()) => Ok("taken".to_owned()),
        Err(error) => Ok(error.code().ok_or_else(|| format!("{statement}: {error}"))?.code().to_owned()),
    }
}

/// A sign-off of the gate that a feature stands at, over its newest dossier.
fn sign_off(key: &FeatureKey, person: Uuid, behalf: Option<Uuid>) -> String {
    let behalf = behalf.map_or("null".to_owned(), |person| format!("'{person}'"));
    format!(
        "insert into sign_off (id, feature_id, phase, cycle, person_id, on_behalf_of, role, verdict, printed_name, meaning,
                               dossier, authentication, signed_at)
         select gen_random_uuid(), f.id, f.phase, f.cycle, '{person}', {behalf}, 'security-reviewer', 'approve', 'X', 'x',
                (select d.digest from dossier d where d.feature_id = f.id and d.phase = f.phase and d.cycle = f.cycle
                 order by d.created_at desc limit 1), 'password', now()
         from feature f where f.number = {}",
        key.number
    )
}

fn by(actor: &Actor) -> Uuid {
    actor.person.uuid()
}

/// A feature whose gate of a phase waits for its sign-offs.
async fn waiting(world: &World, phase: &str) -> TestResult<FeatureKey> {
    let key = world.in_phase(Tier::High, phase).await?;
    world.hand_over(&key).await?;
    Ok(key)
}

#[tokio::test]
async fn whoever_contributed_to_anything_that_the_gate_covers_is_refused_and_nobody_else() -> TestResult {
    let world = World::new().await?;
    let cast = world.cast;
    let (mut refused, mut taken) = (0, 0);
    for phase in ["requirements", "design", "development"] {
        let key = waiting(&world, phase).await?;
        let runtime = world.as_runtime().await?;
        let contributors: Vec<Uuid> = runtime
            .query_one(
                "select s.contributors from gate_state s join feature f on f.id = s.feature_id where f.number = $1",
                &[&key.number],
            )
            .await?
            .get(0);
        assert!(contributors.len() > 1, "{contributors:?}");
        for actor in [
            &cast.manager,
            &cast.developer,
            &cast.tester,
            &cast.stakeholder,
            &cast.first,
            &cast.second,
            &cast.releaser,
            &cast.admin,
            &cast.auditor,
            &cast.stranger,
        ] {
            let contributed = contributors.contains(&by(actor));
            let said = answer(&runtime, &sign_off(&key, by(actor), None)).await?;
            let wanted = if contributed { CONTRIBUTED } else { "taken" };
            assert_eq!(said, wanted, "{} at the gate of {phase}", actor.name);
            if contributed { refused += 1 } else { taken += 1 }
        }
    }
    assert!(refused > 5 && taken > 5, "{refused} refused, {taken} taken");
    Ok(())
}

#[tokio::test]
async fn threats_records_and_the_files_that_they_name_count_as_contributions() -> TestResult {
    let world = World::new().await?;
    let (cast, service) = (world.cast, &world.service);
    let key = world.in_phase(Tier::High, "design").await?;
    let runtime = world.as_runtime().await?;
    // Nothing is signed in the team's turn, but the database knows who would be refused.
    let contributed = async |actor: &Actor| -> TestResult<bool> {
        let row = runtime
            .query_one(
                "select contributed_to_gate(f.id, f.phase, f.policy_version_id, f.tier, $2) from feature f
                 where f.number = $1",
                &[&key.number, &by(actor)],
            )
            .await?;
        Ok(row.get(0))
    };
    let tester = &cast.tester;
    assert!(!contributed(tester).await?, "the tester wrote nothing that the design gate looks at yet");
    // A file that belongs to nothing is nobody's contribution to this gate.
    let file = world.prove(tester, &key, EvidenceKind::Plan, &[]).await?;
    assert!(!contributed(tester).await?);
    // Once it proves a threat, it is, whoever attached it.
    let threat = service.add_threat(&cast.developer, &key, threat_form(&new_form_id())?).await?;
    service.attach_evidence(&cast.developer, &key, file, Target::Threat(threat)).await?;
    assert!(contributed(tester).await?);
    service.detach_evidence(&cast.developer, &key, file, Target::Threat(threat)).await?;
    assert!(!contributed(tester).await?, "detached by somebody else, it is no part of the gate any more");
    // Or once a record that the gate reads names it.
    let decision = world.record(&key, RecordKind::Decision, &[]).await?;
    let named = format!("E-{file}");
    let names_it = |key: &FeatureKey| {
        format!(
            "update record set fields = jsonb_set(fields, '{{anything}}', '[\"{named}\"]')
             where kind = 'decision' and number = {decision}
               and feature_id = (select id from feature where number = {})",
            key.number
        )
    };
    world
        .as_superuser()
        .await?
        .batch_execute(&format!("set session_replication_role = replica; {}", names_it(&key)))
        .await?;
    assert!(contributed(tester).await?);
    Ok(())
}

#[tokio::test]
async fn a_seat_is_taken_once_by_a_person_or_for_them() -> TestResult {
    let world = World::new().await?;
    let cast = world.cast;
    let key = world.in_review(Tier::High).await?;
    let runtime = world.as_runtime().await?;
    let (first, second, stand_in) = (by(&cast.first), by(&cast.second), by(&cast.releaser));
    // Nobody handed a seat on.
    assert_eq!(answer(&runtime, &sign_off(&key, stand_in, Some(first))).await?, GROUNDLESS);
    let handed = |from: Uuid, to: Uuid, role: &str, begins: &str, ends: &str| {
        format!(
            "insert into delegation (id, product_id, from_id, to_id, role, reason, from_at, until_at, created_at)
             select gen_random_uuid(), product_id, '{from}', '{to}', '{role}', 'away', now() + interval '{begins}',
                    now() + interval '{ends}', now()
             from feature where number = {}; ",
            key.number
        )
    };
    let seat = |from, to| handed(from, to, "security-reviewer", "-1 hour", "1 hour");
    let for_first = sign_off(&key, stand_in, Some(first));
    assert_eq!(answer(&runtime, &(seat(first, stand_in) + &for_first)).await?, "taken");
    for (what, ground) in [
        ("another role", handed(first, stand_in, "release-manager", "-1 hour", "1 hour")),
        ("not yet", handed(first, stand_in, "security-reviewer", "1 hour", "2 hours")),
        ("over", handed(first, stand_in, "security-reviewer", "-2 hours", "-1 hour")),
        ("another person's", seat(second, stand_in)),
        ("to another person", seat(first, by(&cast.admin))),
        (
            "ended",
            seat(first, stand_in)
                + &format!("update delegation set ended_at = now(), ended_by = '{first}'; "),
        ),
    ] {
        assert_eq!(answer(&runtime, &(ground + &for_first)).await?, GROUNDLESS, "{what}");
    }
    // For ninety days at most, and not to oneself.
    let long = handed(first, stand_in, "security-reviewer", "0", "91 days");
    let own = seat(first, first);
    for refused in [long, own] {
        assert_eq!(answer(&runtime, &refused).await?, SqlState::CHECK_VIOLATION.code());
    }
    // Neither for a contributor nor by one.
    let manager = by(&cast.manager);
    let for_manager = seat(manager, stand_in) + &sign_off(&key, stand_in, Some(manager));
    let by_manager = seat(first, manager) + &sign_off(&key, manager, Some(first));
    for refused in [for_manager, by_manager] {
        assert_eq!(answer(&runtime, &refused).await?, CONTRIBUTED);
    }
    // One seat each: whoever signed is not signed for, and whoever is signed for does not sign.
    let grounds = seat(first, stand_in) + &seat(first, second) + &seat(second, stand_in);
    let own = |person| sign_off(&key, person, None) + "; ";
    let other = |by, person| sign_off(&key, by, Some(person)) + "; ";
    for (what, twice) in [
        ("twice by oneself", own(first) + &own(first)),
        ("by oneself, then for one", own(first) + &other(stand_in, first)),
        ("for one, then by oneself", other(stand_in, first) + &own(first)),
        ("for one, by two", other(stand_in, first) + &other(second, first)),
        ("for another, then by oneself", other(stand_in, first) + &own(stand_in)),
        ("by oneself, then for another", own(stand_in) + &other(stand_in, first)),
        ("for two", other(stand_in, first) + &other(stand_in, second)),
    ] {
        let said = answer(&runtime, &(grounds.clone() + &twice)).await?;
        assert_eq!(said, SqlState::UNIQUE_VIOLATION.code(), "{what}");
    }
    assert_eq!(answer(&runtime, &(own(first) + &own(second))).await?, "taken");
    Ok(())
}

#[tokio::test]
async fn a_sign_off_covers_the_bytes_of_a_dossier_of_its_own_gate() -> TestResult {
    let world = World::new().await?;
    let cast = world.cast;
    let key = world.in_review(Tier::Low).await?;
    let other = world.in_review(Tier::Low).await?;
    let runtime = world.as_runtime().await?;
    let first = by(&cast.first);
    assert_eq!(answer(&runtime, &sign_off(&key, first, None)).await?, "taken");
    // The dossier of another feature, or another cycle.
    let foreign = sign_off(&key, first, None).replace(
        "where d.feature_id = f.id",
        &format!("where d.feature_id = (select id from feature where number = {})", other.number),
    );
    assert_eq!(answer(&runtime, &foreign).await?, GROUNDLESS);
    // One whose digest was made up, so that it says what was never signed.
    let made_up = format!(
        "insert into dossier (digest, feature_id, phase, cycle, manifest, created_at)
         select sha256('x'), f.id, f.phase, f.cycle, '{{}}', now() + interval '1 day' from feature f where number = {}; ",
        key.number
    );
    assert_eq!(answer(&runtime, &(made_up + &sign_off(&key, first, None))).await?, GROUNDLESS);
    // Under an older snapshot, what others committed meanwhile would not be seen.
    let deaf = format!("commit; begin isolation level repeatable read; {}", sign_off(&key, first, None));
    assert_eq!(answer(&runtime, &deaf).await?, GROUNDLESS);
    // What a gate covers cannot be forgotten.
    for statement in ["delete from gate_part", "update gate_part set kind = 'gate'", "truncate gate_part"] {
        assert_eq!(
            answer(&runtime, statement).await?,
            SqlState::INSUFFICIENT_PRIVILEGE.code(),
            "{statement}"
        );
    }
    let owner = world.as_owner().await?;
    owner.batch_execute("alter table gate_part disable trigger append_only; delete from gate_part").await?;
    assert_eq!(answer(&runtime, &sign_off(&key, first, None)).await?, GROUNDLESS);
    // The program fills it in when it starts.
    world.service.import_built_in_policy().await?;
    assert_eq!(answer(&runtime, &sign_off(&key, first, None)).await?, "taken");
    Ok(())
}

/// An acceptance of what changed after the gate of requirements opened, over a dossier that the statement makes.
fn acceptance(key: &FeatureKey, person: Uuid, role: &str) -> String {
    format!(
        "insert into dossier (digest, feature_id, phase, cycle, manifest, created_at)
         select sha256('{{}}'), id, 'requirements', 1, '{{}}', now() from feature where number = {0}
         on conflict do nothing;
         insert into drift_acceptance (id, feature_id, phase, cycle, person_id, role, printed_name, reason, signed, dossier,
                                       authentication, accepted_at)
         select gen_random_uuid(), f.id, a.phase, a.cycle, '{person}', '{role}', 'X', 'As good.', a.dossier, sha256('{{}}'),
                'password', now()
         from feature f join gate_attempt a on a.feature_id = f.id and a.phase = 'requirements'
         where f.number = {0}; ",
        key.number
    )
}

#[tokio::test]
async fn drift_is_accepted_once_by_somebody_of_the_gate_who_wrote_no_part_of_it() -> TestResult {
    let world = World::new().await?;
    let cast = world.cast;
    let key = world.in_phase(Tier::Low, "design").await?;
    let runtime = world.as_runtime().await?;
    let (first, second, manager) = (by(&cast.first), by(&cast.second), by(&cast.manager));
    let accept = |person| acceptance(&key, person, "security-reviewer");
    assert_eq!(answer(&runtime, &accept(first)).await?, "taken");

    // Nobody without the role, and in no role that has no seat at that gate.
    for (what, person, role) in [
        ("without a role", by(&cast.admin), "security-reviewer"),
        ("another role", by(&cast.developer), "security-reviewer"),
        ("a role without a seat", by(&cast.releaser), "release-manager"),
        ("of another product", by(&cast.stranger), "security-reviewer"),
    ] {
        assert_eq!(answer(&runtime, &acceptance(&key, person, role)).await?, GROUNDLESS, "{what}");
    }
    // Nobody who wrote a part of it, whatever role they were given since.
    let granted = format!(
        "insert into product_grant (person_id, product_id, role)
         select '{manager}', product_id, 'security-reviewer' from feature where number = {}; ",
        key.number
    );
    assert_eq!(answer(&runtime, &(granted + &accept(manager))).await?, CONTRIBUTED);

    // Once, by the same person or another: from then on it counts as signed, and there is nothing to accept.
    let again = SqlState::CHECK_VIOLATION.code();
    assert_eq!(answer(&runtime, &(accept(first) + &accept(first))).await?, again);
    assert_eq!(answer(&runtime, &(accept(first) + &accept(second))).await?, again);
    let from_before = accept(second).replace(
        "a.dossier, sha256('{}')",
        "(select d.digest from dossier d where d.feature_id = f.id and d.phase = 'requirements'
          and d.digest <> a.dossier order by d.created_at limit 1), sha256('{}')",
    );
    assert_eq!(answer(&runtime, &(accept(first) + &from_before)).await?, GROUNDLESS);
    let counts = format!(
        "{} do $$ begin
             if not exists (select from gate_attempt where phase = 'requirements' and dossier = sha256('{{}}')) then
                 raise exception 'it does not count';
             end if;
         end $$",
        accept(first)
    );
    assert_eq!(answer(&runtime, &counts).await?, "taken");

    // Of a dossier of that gate, and only where something was signed.
    let elsewhere = accept(first).replace("'requirements', 1, '{}'", "'design', 1, '{}'");
    assert_eq!(answer(&runtime, &elsewhere).await?, GROUNDLESS);
    let made_up = accept(first).replace("sha256('{}')", "sha256('x')");
    assert_eq!(answer(&runtime, &made_up).await?, GROUNDLESS);
    let undone = "update gate_attempt set undone_at = now() where phase = 'requirements'; ".to_owned();
    assert_eq!(answer(&runtime, &(undone + &accept(first))).await?, GROUNDLESS);
    let accepting = accept(first);
    let (dossier, row) = accepting.split_once("insert into drift_acceptance").ok_or("no acceptance")?;
    let deaf =
        format!("{dossier} commit; begin isolation level repeatable read; insert into drift_acceptance{row}");
    assert_eq!(answer(&runtime, &deaf).await?, GROUNDLESS);

    // And in no other way.
    let over =
        format!("{dossier} update gate_attempt set dossier = sha256('{{}}') where phase = 'requirements'");
    assert_eq!(answer(&runtime, &over).await?, REWRITTEN);
    for statement in ["update drift_acceptance set reason = 'x'", "delete from drift_acceptance"] {
        let said = answer(&runtime, &(accept(first) + statement)).await?;
        assert_eq!(said, SqlState::INSUFFICIENT_PRIVILEGE.code(), "{statement}");
    }
    // A version whose seats were never written down takes no acceptance; the program fills them in when it starts.
    let owner = world.as_owner().await?;
    owner
        .batch_execute(
            "alter table gate_part disable trigger append_only; delete from gate_part where kind = 'seat';
             alter table gate_part enable trigger append_only",
        )
        .await?;
    assert_eq!(answer(&runtime, &accept(first)).await?, GROUNDLESS);
    world.service.import_built_in_policy().await?;
    assert_eq!(answer(&runtime, &accept(first)).await?, "taken");
    Ok(())
}

#[tokio::test]
async fn a_contribution_that_is_being_written_is_waited_for() -> TestResult {
    let world = World::new().await?;
    let cast = world.cast;
    let key = world.in_review(Tier::Low).await?;
    let (writer, signer, watcher) =
        (world.as_runtime().await?, world.as_runtime().await?, world.as_owner().await?);
    let first = by(&cast.first);
    // Not committed yet: somebody writes over the program's head, in the name of a reviewer.
    let event: Uuid = new_form_id().parse()?;
    writer
        .batch_execute(&format!(
            "begin; set local sluice.event = '{event}';
             insert into audit.event (id, at, authentication, verb, object_kind, object_id, object_name, body)
             values ('{event}', now(), 'none', 'control.marked', 'control', 'x', 'X', '{{}}');
             update record set author_id = '{first}' where feature_id = (select id from feature where number = {})",
            key.number
        ))
        .await?;
    let statement = sign_off(&key, first, None);
    let (said, committed) = tokio::join!(answer(&signer, &statement), async {
        until("the sign-off waits", async || {
            let waiting = watcher
                .query_one("select count(*) from pg_stat_activity where wait_event_type = 'Lock'", &[])
                .await?;
            Ok(waiting.get::<_, i64>(0) > 0)
        })
        .await?;
        writer.batch_execute("commit").await?;
        TestResult::Ok(())
    });
    committed?;
    assert_eq!(said?, CONTRIBUTED);
    // And the program refuses the same person.
    let refused = world.sign(&cast.first, &key, Role::SecurityReviewer, Verdict::Approve).await;
    assert!(refused.is_err());
    Ok(())
}

/// A waiver of whatever blocks, as somebody with the application's connection would write it.
fn waiver(key: &FeatureKey, asker: Uuid, state: &str, decided: Option<Uuid>) -> String {
    let (by, role, at) = match decided {
        Some(person) => (format!("'{person}'"), "'security-reviewer'", "now()"),
        None => ("null".to_owned(), "null", "null"),
    };
    format!(
        "insert into waiver (id, feature_id, product_id, number, phase, subject, code, blocker, reason, compensation, until,
                             state, requested_by, requested_at, decided_by, decided_role, decided_at, salt)
         select gen_random_uuid(), f.id, f.product_id, 900, f.phase, 'archive', 'record.not-archived', 'X', 'Why', 'Instead',
                now() + interval '1 day', '{state}', '{asker}', now(), {by}, {role}, {at}, sha256('x')
         from feature f where f.number = {}; ",
        key.number
    )
}

#[tokio::test]
async fn a_waiver_begins_undecided_and_is_decided_by_somebody_who_wrote_no_part() -> TestResult {
    const STATES: &str = "SLA08";
    let world = World::new().await?;
    let cast = world.cast;
    let key = world.in_phase(Tier::Low, "design").await?;
    let runtime = world.as_runtime().await?;
    let (asker, first) = (by(&cast.tester), by(&cast.first));
    let ask = |state, decided| waiver(&key, asker, state, decided);
    assert_eq!(answer(&runtime, &ask("requested", None)).await?, "taken");

    // It begins as a request, whatever else is said of it, and by whomever.
    for state in ["approved", "refused", "withdrawn", "ended", "lapsed"] {
        for decided in [None, Some(first), Some(asker)] {
            assert_eq!(answer(&runtime, &ask(state, decided)).await?, STATES, "{state} by {decided:?}");
        }
    }
    assert_eq!(answer(&runtime, &ask("requested", Some(first))).await?, STATES);

    let decide = |state: &str, person: &str| {
        let step = format!(
            "update waiver set state = '{state}', decided_by = {person}, decided_role = 'security-reviewer',
                    decided_at = now() where number = 900; "
        );
        ask("requested", None) + &step
    };
    let person = |actor: &Actor| format!("'{}'", by(actor));
    assert_eq!(answer(&runtime, &decide("approved", &person(&cast.first))).await?, "taken");
    assert_eq!(answer(&runtime, &decide("refused", &person(&cast.first))).await?, "taken");
    for state in ["approved", "refused"] {
        assert_eq!(answer(&runtime, &decide(state, "null")).await?, CONTRIBUTED, "{state} by nobody");
        assert_eq!(
            answer(&runtime, &decide(state, &person(&cast.tester))).await?,
            CONTRIBUTED,
            "by who asked"
        );
        assert_eq!(
            answer(&runtime, &decide(state, &person(&cast.manager))).await?,
            CONTRIBUTED,
            "the scope's author"
        );
    }
    // What the gate where it drifted covers counts as well, for an approval.
    world.tick();
    world
        .service
        .attach_evidence(
            &cast.developer,
            &key,
            world.prove(&cast.releaser, &key, EvidenceKind::Plan, &[]).await?,
            Target::Control("requirements".parse()?, "security-requirements".parse()?),
        )
        .await?;
    let releaser = person(&cast.releaser);
    assert_eq!(
        answer(&runtime, &decide("approved", &releaser)).await?,
        "taken",
        "no part of the gate at hand"
    );
    for subject in ["drift:requirements/0123456789abcdef", "control:requirements/scope-and-goals#x"] {
        let named = |state| decide(state, &releaser).replace("'archive'", &format!("'{subject}'"));
        assert_eq!(answer(&runtime, &named("approved")).await?, CONTRIBUTED, "{subject}");
        assert_eq!(answer(&runtime, &named("refused")).await?, "taken", "{subject}");
    }

    // What was decided stays so.
    let rewritten = "update waiver set decided_by = requested_by where number = 900;";
    let said = answer(&runtime, &(decide("approved", &person(&cast.first)) + rewritten)).await?;
    assert_eq!(said, STATES);
    let ended = "update waiver set state = 'ended', decided_by = null, ended_at = now() where number = 900;";
    let said = answer(&runtime, &(decide("approved", &person(&cast.first)) + ended)).await?;
    assert_eq!(said, STATES);
    // Nor is it decided by who does not see what others committed meanwhile.
    let deciding = decide("approved", &person(&cast.first));
    let (beginning, step) = deciding.split_once("update waiver").ok_or("no step")?;
    let deaf = format!("{beginning} commit; begin isolation level repeatable read; update waiver{step}");
    assert_eq!(answer(&runtime, &deaf).await?, GROUNDLESS);
    Ok(())
}
