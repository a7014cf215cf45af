//! Plays the story: every step of every tale in the order of time, each as the use case that a person would start.

use std::collections::BTreeMap;

use secrecy::SecretString;
use sluice_domain::{
    access::Role,
    form::{FieldProblem, Fields},
    gate::{Mark, Verdict},
    ids::{FeatureKey, StandardId},
    lifecycle::Refusal,
    policy::Tier,
    record::{ListKind, RecordKind, risk, starters},
    text::ProductKey,
    threat::Treatment,
    words,
};
use sluice_service::{
    Clock, Connect, Error, Service, SetClock,
    archive::MakeArchive,
    evidence::{AddEvidence, Spool, SupersedeEvidence, Target, Upload},
    features::{CreateFeature, EditFeature},
    gates::{ReturnForChanges, ReviewedAttempt, SignGate},
    guides::{EditList, PublishStandard},
    new_form_id,
    phases::MarkControl,
    records::AddStarters,
    risk::RateFeature,
    talk::WriteComment,
    threats::{AnswerThreatModel, EditThreat},
    views::SaveView,
};
use time::{Duration, OffsetDateTime};

use super::{
    calendar::at,
    cast::{Cast, PASSWORD},
    evidence,
    forms::{self, Pairs, Reader},
    guides::{self, Guide},
    script::{Act, Entry, Field, Proof, Said, Story, Threat, Who},
    tales,
};
use crate::cli::Failed;

/// The largest file of the story is far smaller.
const LIMIT: u64 = 1024 * 1024;

/// Up to so many days ahead, features are planned for a sprint.
const SPRINTS_PLANNED: i64 = 60;

/// How many working days ago the story begins.
const BEGINS: u8 = 112;

/// For how long nobody has read what they are told.
const UNREAD: Duration = Duration::days(4);

/// The workspace while the story is played.
pub(super) struct Stage {
    service: Service,
    clock: SetClock,
    cast: Cast,
    now: OffsetDateTime,
    /// The points of the lists that products wrote themselves.
    lists: BTreeMap<(&'static str, ListKind), Vec<&'static str>>,
    /// The editions in force of coding standards, by product and title.
    standards: BTreeMap<(&'static str, &'static str), StandardId>,
}

/// A feature, and the versions of its parts as the people who edit it have them on screen.
struct Scene {
    key: FeatureKey,
    product: &'static str,
    model: i32,
    rated: i32,
    tier: Tier,
    /// The tier that the story promises.
    promised: Tier,
    controls: BTreeMap<&'static str, i32>,
    threats: Vec<(Threat, i32)>,
    evidence: BTreeMap<i32, i32>,
    records: BTreeMap<(RecordKind, i32), Kept>,
}

/// A record as its author left it.
struct Kept {
    version: i32,
    title: &'static str,
    sent: Pairs,
}

/// What comes next: a product's guides change, a feature begins, or something happens to it.
#[derive(Clone, Copy)]
enum Next<'a> {
    Guide(Who, &'static str, &'static Guide),
    Begin(usize),
    Step(usize, Who, &'a Act),
}

impl Stage {
    /// Plays the story from its beginning to now.
    pub(super) async fn play(connect: &Connect, now: OffsetDateTime) -> Result<(), Failed> {
        let clock = SetClock::at(at(BEGINS, 9, 0).instant(now));
        let service =
            Service::connect(connect, Clock::Injected(clock.clone())).await?.with_published_passwords()?;
        let played = async {
            // Where it is not there yet, the policy comes before the features that follow it.
            service.import_built_in_policy().await?;
            let cast = Cast::begin(&service).await?;
            let (lists, standards) = (BTreeMap::new(), BTreeMap::new());
            let mut stage = Self { service: service.clone(), clock, cast, now, lists, standards };
            stage.prologue().await?;
            stage.stories().await
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

    async fn stories(&mut self) -> Result<(), Failed> {
        let stories = tales::all();
        let mut order: Vec<(OffsetDateTime, Next<'_>)> = Vec::new();
        for (when, who, product, guide) in guides::ALL {
            order.push((when.instant(self.now), Next::Guide(*who, product, guide)));
        }
        for (number, story) in stories.iter().enumerate() {
            order.push((story.begins.instant(self.now), Next::Begin(number)));
            for (when, who, act) in &story.steps {
                order.push((when.instant(self.now), Next::Step(number, *who, act)));
            }
        }
        // Stable: steps of the same minute stay in the order in which they are told.
        order.sort_by_key(|(when, _)| *when);
        let mut scenes: BTreeMap<usize, Scene> = BTreeMap::new();
        let mut caught_up = false;
        for (when, next) in order {
            // People read what they are told, but for the last days.
            if !caught_up && when > self.now - UNREAD {
                for actor in self.cast.everybody() {
                    self.service.mark_read(actor, None).await?;
                }
                caught_up = true;
            }
            self.clock.advance((when - self.clock.now()).max(Duration::ZERO));
            match next {
                Next::Guide(who, product, guide) => self.guide(who, product, guide).await?,
                Next::Begin(number) => {
                    let story = stories.get(number).ok_or("a story is missing")?;
                    scenes.insert(number, self.begin(story).await?);
                }
                Next::Step(number, who, act) => {
                    let scene = scenes.get_mut(&number).ok_or("a story begins with its feature")?;
                    let done = Box::pin(self.perform(scene, who, act)).await;
                    done.map_err(|error| format!("{}, {who:?}, {act:?}: {error}", scene.key))?;
                }
            }
        }
        for (who, name, filters) in guides::VIEWS {
            let sent = |pairs: &[(&str, &str)]| {
                Fields::new(
                    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
                )
            };
            let id = new_form_id();
            let form = sent(&[("id", &id), ("name", name), ("of", "features")]);
            let command = refused(SaveView::parse(&form, &sent(filters)))?;
            self.service.save_view(self.cast.actor(*who)?, command).await?;
        }
        Ok(())
    }

    async fn guide(&mut self, who: Who, product: &'static str, guide: &'static Guide) -> Result<(), Failed> {
        let (key, actor): (ProductKey, _) = (product.parse()?, self.cast.actor(who)?);
        match guide {
            Guide::Publish { title, edition, summary } => {
                let earlier = self.standards.get(&(product, title)).map(ToString::to_string);
                let fields = vec![
                    ("id".to_owned(), new_form_id()),
                    ("title".to_owned(), (*title).to_owned()),
                    ("replaces".to_owned(), earlier.unwrap_or_default()),
                    ("edition".to_owned(), (*edition).to_owned()),
                    ("link".to_owned(), forms::code_host(product, "handbook")),
                    ("summary".to_owned(), (*summary).to_owned()),
                ];
                let command = refused(PublishStandard::parse(&Fields::new(fields)))?;
                let id = self.service.publish_standard(actor, &key, command).await?;
                self.standards.insert((product, title), id);
                Ok(())
            }
            Guide::Attest(title) => {
                let id = *self.standards.get(&(product, title)).ok_or("there is no such standard")?;
                Ok(self.service.attest_standard(actor, &key, id).await?)
            }
            Guide::List(list, points) => {
                let fields =
                    vec![("version".to_owned(), "0".to_owned()), ("points".to_owned(), points.join("\n"))];
                let command = refused(EditList::parse(&Fields::new(fields)))?;
                self.service.edit_product_list(actor, &key, *list, command).await?;
                self.lists.insert((product, *list), points.to_vec());
                Ok(())
            }
        }
    }

    async fn begin(&self, story: &Story) -> Result<Scene, Failed> {
        let tier = Tier::Low;
        let command = CreateFeature {
            id: new_form_id().parse()?,
            product: self.cast.product(story.product)?,
            title: story.title.parse()?,
            description: story.description.parse()?,
            owner: Some(self.cast.actor(story.owner)?.person),
            target_date: story.due.map(|days| (self.now + Duration::days(days)).date()),
            tier,
        };
        let key = self.service.create_feature(self.cast.actor(Who::Ana)?, command).await?;
        self.plan(story, &key).await?;
        Ok(Scene {
            key,
            product: story.product,
            model: 0,
            rated: 0,
            tier,
            promised: story.tier,
            controls: BTreeMap::new(),
            threats: Vec::new(),
            evidence: BTreeMap::new(),
            records: BTreeMap::new(),
        })
    }

    /// What is due within some weeks is planned for the sprint of its week, some minutes after it was created.
    async fn plan(&self, story: &Story, key: &FeatureKey) -> Result<(), Failed> {
        let Some(days) = story.due.filter(|days| (0..=SPRINTS_PLANNED).contains(days)) else {
            return Ok(());
        };
        self.clock.advance(Duration::minutes(7));
        let date = (self.now + Duration::days(days)).date();
        let (year, week, _) = date.to_iso_week_date();
        let command = EditFeature {
            version: 1,
            title: story.title.parse()?,
            description: story.description.parse()?,
            owner: self.cast.actor(story.owner)?.person,
            target_date: Some(date),
            sprint: Some(format!("{year}-W{week:02}").parse()?),
        };
        Ok(self.service.edit_feature(self.cast.actor(Who::Ana)?, key, command).await?)
    }

    async fn perform(&self, scene: &mut Scene, who: Who, act: &Act) -> Result<(), Failed> {
        match act {
            Act::Rate(yes, reason) => self.rate(scene, who, yes, reason).await,
            Act::Record(entry) => self.record(scene, who, entry, None).await,
            Act::Require(requirement) => {
                self.record(scene, who, &forms::requirement(requirement), None).await
            }
            Act::Merge(change) => {
                let link = forms::code_host(scene.product, &format!("merge_requests/{}", change.number));
                self.record(scene, who, &forms::change(change), Some(("link", link))).await
            }
            Act::Check(class, name, run) => {
                let entry = Entry {
                    kind: RecordKind::Check,
                    state: "passed",
                    title: name,
                    fields: vec![("class", Said::T(class))].into(),
                };
                let run = forms::code_host(scene.product, &format!("pipelines/{run}"));
                self.record(scene, who, &entry, Some(("source", run))).await
            }
            Act::Starters(codes) => self.starters(scene, who, codes).await,
            Act::Edit(kind, number, state, fields) => {
                self.edit_record(scene, who, (*kind, *number), state, fields).await
            }
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
            Act::Say(text) => {
                let command = WriteComment { id: new_form_id().parse()?, text: text.parse()?, watch: false };
                self.service.write_comment(self.cast.actor(who)?, &scene.key, command).await?;
                Ok(())
            }
            Act::Watch => Ok(self.service.watch(self.cast.actor(who)?, &scene.key, true).await?),
            Act::Archive => {
                let command = MakeArchive { id: new_form_id().parse()? };
                self.service.make_archive(self.cast.actor(who)?, &scene.key, command).await?;
                Ok(())
            }
            Act::Ask => self.ask(scene, who).await,
            Act::Approve(role, reason) => self.sign(scene, who, Verdict::Approve, *role, reason).await,
            Act::Deny(role, reason) => self.sign(scene, who, Verdict::Deny, *role, reason).await,
            Act::Return(reason) => {
                let cycle = self.attempt(scene, who).await?.attempt.cycle;
                let command = ReturnForChanges { reason: reason.parse()?, cycle };
                Ok(self.service.return_for_changes(self.cast.actor(who)?, &scene.key, command).await?)
            }
        }
    }

    /// Requests the review. Where the policy asks for more than the story tells, it says what.
    async fn ask(&self, scene: &Scene, who: Who) -> Result<(), Failed> {
        match self.service.request_review(self.cast.actor(who)?, &scene.key).await {
            Err(Error::Refused(Refusal::Blocked(blockers))) => {
                let sentences: Vec<String> = blockers.iter().map(words::blocker).collect();
                Err(sentences.join("; ").into())
            }
            other => Ok(other?),
        }
    }

    async fn rate(&self, scene: &mut Scene, who: Who, yes: &[&str], reason: &str) -> Result<(), Failed> {
        let mut fields: Vec<(String, String)> = risk::questions()
            .map(|question| {
                let answer = if yes.contains(&question.key) { "yes" } else { "no" };
                (question.key.to_owned(), answer.to_owned())
            })
            .collect();
        fields.extend([
            ("reason".to_owned(), reason.to_owned()),
            ("version".to_owned(), scene.rated.to_string()),
            ("from".to_owned(), scene.tier.code().to_owned()),
        ]);
        let command = refused(RateFeature::parse(&Fields::new(fields)))?;
        scene.tier = command.tier();
        if scene.tier != scene.promised {
            return Err(format!("the answers come to {:?}", scene.tier).into());
        }
        scene.rated += 1;
        Ok(self.service.rate_feature(self.cast.actor(who)?, &scene.key, command).await?)
    }

    /// Adds a record, perhaps with one field that only the stage can fill in.
    async fn record(
        &self,
        scene: &mut Scene,
        who: Who,
        entry: &Entry,
        more: Option<(&'static str, String)>,
    ) -> Result<(), Failed> {
        let mut sent = self.read(scene, &entry.fields)?;
        sent.extend(more);
        if entry.kind == RecordKind::Check {
            sent.push(("ran", self.clock.now().date().to_string()));
        }
        let form = forms::form(entry.kind, entry.state, entry.title, 0, Some(new_form_id()), &sent)?;
        let number = self.service.add_record(self.cast.actor(who)?, &scene.key, form).await?;
        scene.records.insert((entry.kind, number), Kept { version: 1, title: entry.title, sent });
        Ok(())
    }

    async fn edit_record(
        &self,
        scene: &mut Scene,
        who: Who,
        record: (RecordKind, i32),
        state: &str,
        fields: &[Field],
    ) -> Result<(), Failed> {
        let changed = self.read(scene, fields)?;
        let kept = scene.records.get_mut(&record).ok_or("there is no such record")?;
        kept.sent.retain(|(key, _)| !fields.iter().any(|(field, _)| field == key));
        kept.sent.extend(changed);
        let form = forms::form(record.0, state, kept.title, kept.version, None, &kept.sent)?;
        kept.version += 1;
        Ok(self.service.edit_record(self.cast.actor(who)?, &scene.key, record.1, form).await?)
    }

    async fn starters(&self, scene: &mut Scene, who: Who, codes: &[&'static str]) -> Result<(), Failed> {
        let fields = codes.iter().map(|code| ("starter".to_owned(), (*code).to_owned())).collect();
        let command = refused(AddStarters::parse(&Fields::new(fields)))?;
        self.service.add_starters(self.cast.actor(who)?, &scene.key, command).await?;
        // They are added in the order of the list that they are picked from.
        for starter in starters().iter().filter(|starter| codes.contains(&starter.code)) {
            let sent = vec![("class", "security".to_owned())];
            let number = next_number(scene, RecordKind::Requirement);
            let kept = Kept { version: 1, title: starter.title, sent };
            scene.records.insert((RecordKind::Requirement, number), kept);
        }
        Ok(())
    }

    fn read(&self, scene: &Scene, fields: &[Field]) -> Result<Pairs, Failed> {
        let secures = |kept: &Kept| kept.sent.iter().any(|pair| *pair == ("class", "security".to_owned()));
        let requirements = scene
            .records
            .iter()
            .filter(|((kind, _), kept)| *kind == RecordKind::Requirement && secures(kept))
            .map(|((kind, number), _)| kind.key(*number));
        let threats = (1..)
            .zip(&scene.threats)
            .filter(|(_, (threat, _))| threat.treatment == Some(Treatment::Mitigate))
            .map(|(number, _)| format!("T-{number}"));
        let everything: Vec<String> = requirements.chain(threats).collect();
        let reader = Reader {
            cast: &self.cast,
            product: scene.product,
            lists: &self.lists,
            now: self.now,
            everything: &everything,
            last_evidence: scene.evidence.keys().next_back().copied().unwrap_or_default(),
        };
        reader.read_all(fields)
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
        let command =
            SignGate { verdict, role, on_behalf_of: None, reason: reason.to_owned(), covers, password };
        self.service.sign_gate(self.cast.actor(who)?, &scene.key, command).await?;
        Ok(())
    }
}

/// The number that the next record of a kind will get.
fn next_number(scene: &Scene, kind: RecordKind) -> i32 {
    let last = scene.records.keys().rev().find(|(other, _)| *other == kind);
    last.map_or(1, |(_, number)| number + 1)
}

/// A form that the story filled in wrongly.
fn refused<T>(form: Result<T, Vec<FieldProblem>>) -> Result<T, Failed> {
    form.map_err(|problems| format!("{problems:?}").into())
}

async fn upload(name: &str) -> Result<Upload, Failed> {
    let bytes = evidence::bytes(name).ok_or_else(|| format!("there is no file {name}"))?;
    let mut spool = Spool::begin(LIMIT).await?;
    spool.write(bytes).await?;
    Ok(Upload::new(name, evidence::media_type(name), spool.finish().await?))
}
