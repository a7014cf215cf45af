//! Plays the story: every step of every tale in the order of time, each as the use case that a person would start.

use std::collections::BTreeMap;

use secrecy::SecretString;
use sluice_domain::{
    access::Role,
    gate::{Mark, Verdict},
    ids::FeatureKey,
};
use sluice_service::{
    Clock, Connect, Service, SetClock,
    evidence::{AddEvidence, Spool, SupersedeEvidence, Target, Upload},
    features::CreateFeature,
    gates::{ReturnForChanges, ReviewedAttempt, SignGate},
    new_form_id,
    phases::MarkControl,
    threats::{AnswerThreatModel, EditThreat},
};
use time::{Duration, OffsetDateTime};

use super::{
    calendar::at,
    cast::{Cast, PASSWORD},
    evidence,
    script::{Act, Proof, Tale, Threat, Who},
    tales,
};
use crate::cli::Failed;

/// The largest file of the story is far smaller.
const LIMIT: u64 = 1024 * 1024;

/// The workspace while the story is played.
pub(super) struct Stage {
    service: Service,
    clock: SetClock,
    cast: Cast,
    now: OffsetDateTime,
}

/// A feature, and the versions of its parts as the people who edit it have them on screen.
struct Scene {
    key: FeatureKey,
    model: i32,
    controls: BTreeMap<&'static str, i32>,
    threats: Vec<(Threat, i32)>,
    evidence: BTreeMap<i32, i32>,
}

/// What comes next: a feature begins, or something happens to it.
enum Next {
    Begin,
    Step(Who, &'static Act),
}

impl Stage {
    /// Plays the story from its beginning to now.
    pub(super) async fn play(connect: &Connect, now: OffsetDateTime) -> Result<(), Failed> {
        let clock = SetClock::at(at(36, 9, 0).instant(now));
        let service = Service::connect(connect, Clock::Injected(clock.clone())).await?;
        let played = async {
            // Where it is not there yet, the policy comes before the features that follow it.
            service.import_built_in_policy().await?;
            let cast = Cast::begin(&service).await?;
            let mut stage = Self { service: service.clone(), clock, cast, now };
            stage.prologue().await?;
            stage.tales().await
        }
        .await;
        service.close().await;
        played
    }

    /// Everybody joins on the first day.
    async fn prologue(&mut self) -> Result<(), Failed> {
        for number in 0..Cast::REST {
            self.clock.advance(Duration::seconds(437));
            self.cast.welcome(&self.service, number).await?;
        }
        Ok(())
    }

    async fn tales(&mut self) -> Result<(), Failed> {
        let mut order: Vec<(OffsetDateTime, usize, Next)> = Vec::new();
        for (number, tale) in tales::ALL.iter().enumerate() {
            order.push((tale.begins.instant(self.now), number, Next::Begin));
            for (when, who, act) in tale.steps() {
                order.push((when.instant(self.now), number, Next::Step(*who, act)));
            }
        }
        // Stable: steps of the same minute stay in the order in which they are told.
        order.sort_by_key(|(when, ..)| *when);
        let mut scenes: BTreeMap<usize, Scene> = BTreeMap::new();
        for (when, number, next) in order {
            self.clock.advance((when - self.clock.now()).max(Duration::ZERO));
            match next {
                Next::Begin => {
                    let tale = tales::ALL.get(number).copied().ok_or("a tale is missing")?;
                    scenes.insert(number, self.begin(tale).await?);
                }
                Next::Step(who, act) => {
                    let scene = scenes.get_mut(&number).ok_or("a tale begins with its feature")?;
                    let done = Box::pin(self.perform(scene, who, act)).await;
                    done.map_err(|error| format!("{}, {who:?}, {act:?}: {error}", scene.key))?;
                }
            }
        }
        Ok(())
    }

    async fn begin(&self, tale: &'static Tale) -> Result<Scene, Failed> {
        let command = CreateFeature {
            id: new_form_id().parse()?,
            product: self.cast.product(tale.product)?,
            title: tale.title.parse()?,
            description: tale.description.parse()?,
            owner: Some(self.cast.actor(tale.owner)?.person),
            target_date: tale.due.map(|days| (self.now + Duration::days(days)).date()),
            tier: tale.tier,
        };
        let key = self.service.create_feature(self.cast.actor(Who::Ana)?, command).await?;
        Ok(Scene { key, model: 0, controls: BTreeMap::new(), threats: Vec::new(), evidence: BTreeMap::new() })
    }

    async fn perform(&self, scene: &mut Scene, who: Who, act: &'static Act) -> Result<(), Failed> {
        match act {
            Act::Done(control, note) => self.mark(scene, who, control, Mark::Done, note).await,
            Act::NotApplicable(control, reason) => {
                self.mark(scene, who, control, Mark::NotApplicable, reason).await
            }
            Act::Prove(proof) => self.prove(scene, who, proof).await,
            Act::Supersede(number, file, note) => self.supersede(scene, who, *number, file, note).await,
            Act::Model(answers) => self.answer(scene, who, answers).await,
            Act::Fear(threat) => {
                let command = self.threat(threat, None, 0)?;
                self.service.add_threat(self.cast.actor(who)?, &scene.key, command).await?;
                scene.threats.push((*threat, 1));
                Ok(())
            }
            Act::Treat(number, status) => {
                let index = usize::try_from(*number - 1)?;
                let (threat, version) = scene.threats.get_mut(index).ok_or("there is no such threat")?;
                threat.status = *status;
                let command = self.threat(threat, Some(*number), *version)?;
                *version += 1;
                self.service.edit_threat(self.cast.actor(who)?, &scene.key, *number, command).await?;
                Ok(())
            }
            Act::Ask => Ok(self.service.request_review(self.cast.actor(who)?, &scene.key).await?),
            Act::Approve(role, reason) => self.sign(scene, who, Verdict::Approve, *role, reason).await,
            Act::Deny(role, reason) => self.sign(scene, who, Verdict::Deny, *role, reason).await,
            Act::Return(reason) => {
                let cycle = self.attempt(scene, who).await?.attempt.cycle;
                let command = ReturnForChanges { reason: reason.parse()?, cycle };
                Ok(self.service.return_for_changes(self.cast.actor(who)?, &scene.key, command).await?)
            }
        }
    }

    /// The attempt at the gate, as a person has it on screen.
    async fn attempt(&self, scene: &Scene, who: Who) -> Result<ReviewedAttempt, Failed> {
        let page = self.service.review_page(self.cast.actor(who)?, &scene.key).await?;
        page.attempt.ok_or_else(|| "all gates are open".into())
    }

    async fn mark(
        &self,
        scene: &mut Scene,
        who: Who,
        control: &'static str,
        mark: Mark,
        note: &str,
    ) -> Result<(), Failed> {
        let phase = self.attempt(scene, who).await?.attempt.phase;
        let version = scene.controls.entry(control).or_default();
        let command = MarkControl { control: control.parse()?, mark, note: note.parse()?, version: *version };
        *version += 1;
        Ok(self.service.mark_control(self.cast.actor(who)?, &scene.key, &phase, command).await?)
    }

    async fn prove(&self, scene: &mut Scene, who: Who, proof: &Proof) -> Result<(), Failed> {
        let targets: Option<Vec<Target>> = proof.targets.iter().map(|code| Target::parse(code)).collect();
        let command = AddEvidence {
            id: new_form_id().parse()?,
            title: Some(proof.title.parse()?),
            kind: proof.kind,
            note: proof.note.parse()?,
            targets: targets.ok_or("a target has no such code")?,
        };
        let file = upload(proof.file).await?;
        let number = self.service.add_evidence(self.cast.actor(who)?, &scene.key, command, file).await?;
        scene.evidence.insert(number, 1);
        Ok(())
    }

    async fn supersede(
        &self,
        scene: &mut Scene,
        who: Who,
        number: i32,
        file: &str,
        note: &str,
    ) -> Result<(), Failed> {
        let version = scene.evidence.get_mut(&number).ok_or("there is no such evidence")?;
        let command = SupersedeEvidence { version: *version, note: note.parse()? };
        let file = upload(file).await?;
        *version =
            self.service.supersede_evidence(self.cast.actor(who)?, &scene.key, number, command, file).await?;
        Ok(())
    }

    async fn answer(&self, scene: &mut Scene, who: Who, answers: &[&str; 4]) -> Result<(), Failed> {
        let [scope, threats, response, review] = answers;
        let command = AnswerThreatModel {
            version: scene.model,
            scope: scope.parse()?,
            threats: threats.parse()?,
            response: response.parse()?,
            review: review.parse()?,
        };
        scene.model += 1;
        Ok(self.service.answer_threat_model(self.cast.actor(who)?, &scene.key, command).await?)
    }

    fn threat(&self, threat: &Threat, number: Option<i32>, version: i32) -> Result<EditThreat, Failed> {
        let id = if number.is_none() { Some(new_form_id().parse()?) } else { None };
        let owner = threat.owner.map(|who| self.cast.actor(who)).transpose()?;
        Ok(EditThreat {
            id,
            version,
            title: threat.title.parse()?,
            element: threat.element.parse()?,
            stride: threat.stride,
            description: threat.description.parse()?,
            severity: threat.severity,
            treatment: threat.treatment,
            countermeasure: threat.countermeasure.parse()?,
            owner: owner.map(|actor| actor.person),
            status: threat.status,
        })
    }

    async fn sign(
        &self,
        scene: &Scene,
        who: Who,
        verdict: Verdict,
        role: Role,
        reason: &str,
    ) -> Result<(), Failed> {
        let covers = self.attempt(scene, who).await?.dossier;
        let password = SecretString::from(PASSWORD);
        let command = SignGate { verdict, role, reason: reason.to_owned(), covers, password };
        self.service.sign_gate(self.cast.actor(who)?, &scene.key, command).await?;
        Ok(())
    }
}

async fn upload(name: &str) -> Result<Upload, Failed> {
    let bytes = evidence::bytes(name).ok_or_else(|| format!("there is no file {name}"))?;
    let mut spool = Spool::begin(LIMIT).await?;
    spool.write(bytes).await?;
    Ok(Upload::new(name, evidence::media_type(name), spool.finish().await?))
}
