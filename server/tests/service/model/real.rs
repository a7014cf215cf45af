//! A feature as people move it through the service, and what there is to see of it.

use std::collections::{BTreeMap, BTreeSet};

use sluice_domain::{
    access::Role,
    canonical::Digest,
    gate::{Blocker, Mark, Verdict},
    ids::FeatureKey,
    policy::{EvidenceKind, Tier},
    record::risk::questions,
};
use sluice_service::{
    Actor, Error,
    course::{AgreeToEmergency, MoveBack, ProposeEmergency},
    evidence::Target,
    features::CreateFeature,
    gates::{AcceptDrift, WithdrawSignOff},
    new_form_id,
    risk::RateFeature,
    waivers::{DecideWaiver, EndWaiver, RequestWaiver},
};
use time::{Date, Duration};
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::{
    Stage,
    ground::SignedRow,
    reference::{Command, Control, PHASES, Seen, State},
};
use crate::{
    course::Step,
    support::{
        TestResult,
        cast::{PASSWORD, password},
        fields,
        steps::{evidence_form, mark_form, parsed, phase_key, sign_form, upload},
    },
};

/// A feature in the database.
pub(super) struct Real<'a> {
    pub(super) stage: &'a Stage,
    pub(super) id: Uuid,
    key: FeatureKey,
    pub(super) tier: usize,
    /// Who wrote something of a phase: the phase, and the person.
    pub(super) wrote: BTreeSet<(usize, usize)>,
    /// Sign-offs that were seen so far.
    pub(super) signed: BTreeMap<Uuid, SignedRow>,
    /// Gates that were found signed so far.
    pub(super) opened: BTreeSet<(String, i32)>,
}

/// The place of a phase.
pub(super) fn index(phase: &str) -> TestResult<usize> {
    Ok(PHASES.iter().position(|key| *key == phase).ok_or("no phase of the policy")?)
}

fn seat(code: &str) -> Result<Role, Error> {
    Role::from_code(code).ok_or_else(|| Error::internal("no such role"))
}

fn verdict(deny: bool) -> Verdict {
    if deny { Verdict::Deny } else { Verdict::Approve }
}

impl<'a> Real<'a> {
    /// The first of the people creates a feature.
    pub(super) async fn begin(stage: &'a Stage, tier: usize) -> TestResult<Self> {
        let (id, product) = (new_form_id(), stage.world.cast.product.to_string());
        let form = [
            ("id", id.as_str()),
            ("product", &product),
            ("title", "Pay by link"),
            ("description", "A link that asks for a payment."),
            ("tier", Tier::ALL[tier].code()),
        ];
        let command = parsed(CreateFeature::parse(&fields(&form)))?;
        let key = stage.world.service.create_feature(&stage.people[0], command).await?;
        Ok(Self {
            stage,
            id: id.parse()?,
            key,
            tier,
            wrote: BTreeSet::new(),
            signed: BTreeMap::new(),
            opened: BTreeSet::new(),
        })
    }

    /// Rows about this feature, whose id is the first parameter.
    pub(super) async fn rows(&self, sql: &str) -> TestResult<Vec<tokio_postgres::Row>> {
        Ok(self.stage.raw.query(sql, &[&self.id]).await?)
    }

    /// A number that something has by now, or the one that it has before there is any of it.
    async fn number_of(&self, sql: &str, of: &[&(dyn ToSql + Sync)], none: i32) -> Result<i32, Error> {
        let mut parameters: Vec<&(dyn ToSql + Sync)> = vec![&self.id];
        parameters.extend(of);
        let row = self.stage.raw.query_opt(sql, &parameters).await.map_err(Error::internal)?;
        Ok(row.map_or(none, |row| row.get(0)))
    }

    fn person(&self, number: usize) -> &'a Actor {
        &self.stage.people[number]
    }

    /// Tries a step, as the person's form would send it.
    pub(super) async fn run(&mut self, command: &Command) -> Result<(), Error> {
        let (world, key) = (&self.stage.world, &self.key);
        let service = &world.service;
        match command {
            Command::Wait { hours } => {
                world.clock.advance(Duration::hours(*hours));
                let ran = service.run_due_jobs().await?;
                return if ran.failed == 0 { Ok(()) } else { Err(Error::internal(format!("{ran:?}"))) };
            }
            Command::Mark { by, phase, control, done } => {
                self.mark(*by, *phase, *control, *done).await?;
                self.wrote.insert((*phase, *by));
            }
            Command::Prove { by, phase } => {
                self.prove(*by, *phase).await?;
                self.wrote.insert((*phase, *by));
            }
            Command::Request { by } => service.request_review(self.person(*by), key).await?,
            Command::Sign { by, role, deny, stale } => {
                let covers = match service.review_page(&world.cast.auditor, key).await?.attempt {
                    Some(attempt) if !stale => attempt.dossier,
                    _ => Digest::of(b"another one"),
                };
                let form = sign_form(verdict(*deny), seat(role)?, covers);
                service.sign_gate(self.person(*by), key, form).await?;
            }
            Command::Withdraw { by } => drop(world.withdraw(self.person(*by), key).await?),
            Command::Return { by } => {
                let cycle = self.stands().await?.1;
                world.hand_back(self.person(*by), key, cycle).await?;
            }
            Command::Hold { by } => self.rest(*by, Step::Hold).await?,
            Command::Resume { by } => self.rest(*by, Step::Resume).await?,
            Command::Cancel { by } => self.rest(*by, Step::Cancel).await?,
            Command::Reopen { by } => self.rest(*by, Step::Reopen).await?,
            Command::Back { by, to } => self.back(*by, PHASES[*to]).await?,
            Command::Accept { by, phase, role } => {
                let phase = phase_key(PHASES[*phase])?;
                let page = service.drift_page(&world.cast.auditor, key, &phase).await;
                let now = page.ok().and_then(|page| page.dossier);
                let form = AcceptDrift {
                    role: seat(role)?,
                    reason: "It is as good as before.".parse().map_err(Error::internal)?,
                    covers: now.unwrap_or_else(|| Digest::of(b"another one")),
                    password: password(),
                };
                service.accept_drift(self.person(*by), key, &phase, form).await?;
            }
            Command::Rate { by, tier } => {
                self.rate(*by, *tier).await?;
                self.tier = *tier;
            }
            Command::Propose { by } => self.propose(*by).await?,
            Command::Agree { by } => self.agree(*by).await?,
            Command::SignOwed { by, phase, role, deny } => {
                let phase = phase_key(PHASES[*phase])?;
                let page = service.owed_page(&world.cast.auditor, key, &phase).await;
                let owed = page.ok().and_then(|page| page.owed).map(|owed| owed.dossier);
                let covers = owed.unwrap_or_else(|| Digest::of(b"another one"));
                let form = sign_form(verdict(*deny), seat(role)?, covers);
                service.sign_owed(self.person(*by), key, &phase, form).await?;
            }
            Command::WithdrawOwed { by, phase } => {
                let (by, phase) = (self.person(*by), phase_key(PHASES[*phase])?);
                let page = service.owed_page(by, key, &phase).await;
                let own = page.ok().and_then(|page| page.owed).and_then(|owed| owed.own);
                let id = own.map_or_else(new_form_id, |own| own.id.to_string());
                let form =
                    fields(&[("sign-off", &id), ("reason", "I read it again."), ("password", PASSWORD)]);
                service.withdraw_owed(by, key, &phase, WithdrawSignOff::parse(&form)?).await?;
            }
            Command::Ask { by, subject, days } => self.ask(*by, subject, *days).await?,
            Command::Decide { by, waiver, approve } => self.decide(*by, *waiver, *approve).await?,
            Command::End { by, waiver } => self.end(*by, *waiver).await?,
        }
        Ok(())
    }

    async fn mark(&self, by: usize, phase: usize, control: Control, done: bool) -> Result<(), Error> {
        let sql = "select version from control where feature_id = $1 and phase = $2 and control = $3";
        let version = self.number_of(sql, &[&PHASES[phase], &control.key()], 0).await?;
        // The model knows whether it is said, not how: so it is said in the same words each time.
        let (mark, note) = if done { (Mark::Done, "As the guidance asks.") } else { (Mark::Open, "") };
        let form = mark_form(control.key(), mark, note, version).map_err(Error::internal)?;
        let service = &self.stage.world.service;
        service.mark_control(self.person(by), &self.key, &phase_key(PHASES[phase])?, form).await
    }

    async fn prove(&self, by: usize, phase: usize) -> Result<(), Error> {
        let target = format!("control:{}/{}", PHASES[phase], Control::Shown.key());
        let target = Target::parse(&target).ok_or_else(|| Error::internal("no such control"))?;
        let bytes = format!("{{\"report\": \"{}\"}}", new_form_id());
        let file = upload("report.json", bytes.as_bytes()).await.map_err(Error::internal)?;
        let form = evidence_form(&new_form_id(), EvidenceKind::TestReport, &[target]);
        let form = form.map_err(Error::internal)?;
        self.stage.world.service.add_evidence(self.person(by), &self.key, form, file).await.map(drop)
    }

    async fn rest(&self, by: usize, step: Step) -> Result<(), Error> {
        self.stage.world.rest(self.person(by), &self.key, step, &new_form_id()).await
    }

    /// Moves back after reading what that does, as far as it is told.
    async fn back(&self, by: usize, to: &str) -> Result<(), Error> {
        let (service, actor) = (&self.stage.world.service, self.person(by));
        let page = service.course_page(actor, &self.key, &fields(&[("to", to)])).await?;
        let effect = page.back.and_then(Result::ok);
        let seen = effect.map_or_else(|| "0".repeat(64), |effect| effect.seen.to_string());
        let form =
            [("id", &*new_form_id()), ("to", to), ("seen", &seen), ("reason", "The design is too small.")];
        service.move_back(actor, &self.key, MoveBack::parse(&fields(&form))?).await
    }

    /// Answers the questionnaire so that this tier follows.
    async fn rate(&self, by: usize, tier: usize) -> Result<(), Error> {
        let sql = "select version from record where feature_id = $1 and kind = 'risk'";
        let version = self.number_of(sql, &[], 0).await?.to_string();
        let yes = [None, Some("exposed"), Some("money")][tier];
        let mut form: Vec<(&str, &str)> = questions()
            .map(|question| (question.key, if yes == Some(question.key) { "yes" } else { "no" }))
            .collect();
        form.extend([("from", Tier::ALL[self.tier].code()), ("version", &version)]);
        let form = RateFeature::parse(&fields(&form))?;
        self.stage.world.service.rate_feature(self.person(by), &self.key, form).await
    }

    async fn propose(&self, by: usize) -> Result<(), Error> {
        let (phase, cycle) = self.stands().await?;
        let form = [
            ("id", &*new_form_id()),
            ("phase", &phase),
            ("cycle", &cycle.to_string()),
            ("reason", "Cards are charged twice."),
            ("password", PASSWORD),
        ];
        let form = ProposeEmergency::parse(&fields(&form))?;
        self.stage.world.service.propose_emergency(self.person(by), &self.key, form).await
    }

    /// Agrees to the release that was asked for last.
    async fn agree(&self, by: usize) -> Result<(), Error> {
        let latest =
            "select id from emergency where feature_id = $1 order by proposed_at desc, id desc limit 1";
        let latest = self.stage.raw.query_opt(latest, &[&self.id]).await.map_err(Error::internal)?;
        let latest = latest.map_or_else(new_form_id, |row| row.get::<_, Uuid>(0).to_string());
        let form = [
            ("id", &*new_form_id()),
            ("emergency", &latest),
            ("reason", "The fix was read by two."),
            ("password", PASSWORD),
        ];
        let form = AgreeToEmergency::parse(&fields(&form))?;
        self.stage.world.service.agree_to_emergency(self.person(by), &self.key, form).await.map(drop)
    }

    async fn ask(&self, by: usize, subject: &str, days: i64) -> Result<(), Error> {
        let day: Date = self.stage.world.clock.now().date() + Duration::days(days);
        let form = [
            ("id", &*new_form_id()),
            ("subject", subject),
            ("reason", "The author is away."),
            ("compensation", "The team reviews every change together."),
            ("until", &day.to_string()),
            ("renews", ""),
        ];
        let form = RequestWaiver::parse(&fields(&form))?;
        self.stage.world.service.request_waiver(self.person(by), &self.key, form).await.map(drop)
    }

    /// Number and version of a waiver of the model.
    async fn waiver(&self, waiver: usize) -> Result<(i32, String), Error> {
        let number = i32::try_from(waiver + 1).map_err(Error::internal)?;
        let sql = "select version from waiver where feature_id = $1 and number = $2";
        Ok((number, self.number_of(sql, &[&number], 1).await?.to_string()))
    }

    async fn decide(&self, by: usize, waiver: usize, approve: bool) -> Result<(), Error> {
        let (number, version) = self.waiver(waiver).await?;
        let form = [
            ("verdict", if approve { "approve" } else { "refuse" }),
            ("version", &version),
            ("reason", "It is no risk for a few days."),
            ("password", PASSWORD),
        ];
        let form = DecideWaiver::parse(&fields(&form))?;
        self.stage.world.service.decide_waiver(self.person(by), &self.key, number, form).await
    }

    async fn end(&self, by: usize, waiver: usize) -> Result<(), Error> {
        let (number, version) = self.waiver(waiver).await?;
        let form = fields(&[("version", &version), ("reason", "It was put right.")]);
        let form = EndWaiver::parse(&form)?;
        self.stage.world.service.end_waiver(self.person(by), &self.key, number, form).await
    }

    /// The phase and the attempt, as the feature's row has them.
    async fn stands(&self) -> Result<(String, i32), Error> {
        let sql = "select phase, cycle from feature where id = $1";
        let row = self.stage.raw.query_one(sql, &[&self.id]).await.map_err(Error::internal)?;
        Ok((row.get(0), row.get(1)))
    }

    /// What there is to see: rows as they are in the database, and what blocks as the feature's page says it.
    pub(super) async fn seen(&self) -> TestResult<Seen> {
        let row = self.rows("select status, phase, cycle, turn from feature where id = $1").await?;
        let row = row.first().ok_or("the feature is gone")?;
        let state = match row.get(0) {
            "active" => State::Active,
            "held" => State::Held,
            "cancelled" => State::Cancelled,
            "finished" => State::Finished,
            other => return Err(format!("a feature is {other}").into()),
        };
        let here = (index(row.get(1))?, row.get(2), row.get::<_, &str>(3) == "reviewers");
        let standing = self
            .rows(
                "select s.phase, s.cycle, s.person_id, s.role, s.verdict = 'deny'
                 from sign_off s
                 join feature f on f.id = s.feature_id
                 join gate_attempt a on (a.feature_id, a.phase, a.cycle) = (s.feature_id, s.phase, s.cycle)
                 where s.feature_id = $1 and s.ended is null and f.status <> 'finished'
                   and (a.outcome is null
                        or a.outcome = 'owed' and a.paid_at is null and a.undone_at is null)",
            )
            .await?;
        let standing = standing.iter().map(|row| {
            let person = self.stage.number(row.get(2))?;
            Ok((index(row.get(0))?, row.get(1), person, row.get(3), row.get(4)))
        });
        let owed = self
            .rows(
                "select phase, cycle, floor(extract(epoch from owed_until))::bigint from gate_attempt
                 where feature_id = $1 and outcome = 'owed' and paid_at is null and undone_at is null",
            )
            .await?;
        let owed = owed.iter().map(|row| Ok((index(row.get(0))?, row.get(1), row.get(2))));
        let world = &self.stage.world;
        let page = world.service.feature_page(&world.cast.auditor, &self.key).await?;
        Ok(Seen {
            state,
            stands: (state != State::Finished).then_some(here),
            standing: standing.collect::<TestResult<_>>()?,
            owed: owed.collect::<TestResult<_>>()?,
            blockers: page.summary.decision.blockers.iter().map(Blocker::subject).collect(),
        })
    }

    /// What blocks as lists say it, who do not decide but read what was decided last.
    pub(super) async fn projected(&self) -> TestResult<BTreeSet<String>> {
        let rows = self.rows("select subject from gate_blocker where feature_id = $1").await?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }
}
