//! The workspace of the tests. Whatever people can write in it is hostile.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret as _, SecretString};
use sluice_domain::{
    access::{Role, WorkspaceRole},
    form::{FieldProblem, Fields},
    ids::{FeatureKey, Id, InvitationId, PersonId, PolicyRunId, ProductId, SavedViewId, StandardId},
    policy::{BUILT_IN_KEY, RunState, Tier},
    record::{RecordForm, RecordKind, risk::questions},
};
use sluice_service::{
    Actor, Error, Origin, Service,
    archive::MakeArchive,
    evidence::{AddEvidence, Spool, Upload},
    features::CreateFeature,
    guides::PublishStandard,
    new_form_id,
    people::{Accept, Invite, NewPassword},
    policies::StartPolicyRun,
    products::CreateProduct,
    relations::RelateFeatures,
    risk::RateFeature,
    talk::WriteComment,
    threats::EditThreat,
    views::SaveView,
    waivers::{DecideWaiver, RequestWaiver},
};
use time::Duration;

use super::{HOSTILE, TestResult};

/// Everybody's password.
pub(crate) const PASSWORD: &str = "seven herons over a slow river";

/// The name of the file that is there.
pub(crate) const FILE_NAME: &str = "a\"; filename=\"evil.html\u{202E};\\ é.html";

/// The file that is there.
pub(crate) const FILE: &[u8] = b"<script>alert(1)</script>";

/// One person for each role, one with none, and one from elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Who {
    /// Holds this role in `PAY`.
    In(Role),
    /// Holds this role for the workspace.
    Of(WorkspaceRole),
    /// Has an account and no role.
    Nobody,
    /// Holds every role that there is in the other product, `OPS`.
    Stranger,
}

/// Administrator.
pub(crate) const ADMIN: Who = Who::Of(WorkspaceRole::Administrator);
/// Auditor.
pub(crate) const AUDITOR: Who = Who::Of(WorkspaceRole::Auditor);
/// Product manager of `PAY`.
pub(crate) const MANAGER: Who = Who::In(Role::ProductManager);
/// Developer of `PAY`.
pub(crate) const DEVELOPER: Who = Who::In(Role::Developer);
/// Security reviewer of `PAY`.
pub(crate) const REVIEWER: Who = Who::In(Role::SecurityReviewer);

impl Who {
    /// Everybody, the administrator last: an invitation that is withdrawn is gone for those behind.
    pub(crate) fn all() -> Vec<Self> {
        let mut all: Vec<Self> = Role::ALL.iter().map(|role| Self::In(*role)).collect();
        all.extend([AUDITOR, Self::Nobody, Self::Stranger, ADMIN]);
        all
    }

    /// Roles in `PAY`.
    pub(crate) fn roles(self) -> Vec<Role> {
        if let Self::In(role) = self { vec![role] } else { Vec::new() }
    }

    /// Roles for the workspace.
    pub(crate) fn workspace(self) -> Vec<WorkspaceRole> {
        if let Self::Of(role) = self { vec![role] } else { Vec::new() }
    }

    /// The address that they sign in with.
    pub(crate) fn email(self) -> String {
        let name = match self {
            Self::In(role) => role.code(),
            Self::Of(role) => role.code(),
            Self::Nobody => "nobody",
            Self::Stranger => "stranger",
        };
        format!("{name}@example.org")
    }
}

/// What is in every test's database.
#[derive(Debug)]
pub(crate) struct Seed {
    people: BTreeMap<Who, PersonId>,
    /// A saved view of everybody.
    views: BTreeMap<Who, SavedViewId>,
    /// Where the work is: `PAY`, with `PAY-1` in its first phase, `PAY-2` in review, `PAY-3` ready for it, and
    /// `PAY-4` of high risk.
    pub(crate) product: ProductId,
    /// Where the stranger works: `OPS`, with `OPS-1`.
    pub(crate) other_product: ProductId,
    /// An invitation that is open.
    pub(crate) invitation: InvitationId,
    /// The secret of its link.
    pub(crate) token: String,
    /// A coding standard of `PAY`.
    pub(crate) standard: StandardId,
    /// A look at the active version's impact, which is done.
    pub(crate) run: PolicyRunId,
    /// Something that blocks `PAY-4` and may be waived; nobody asked for it.
    pub(crate) waivable: String,
    /// A day to come on which a waiver may end.
    pub(crate) last_day: String,
}

impl Seed {
    /// Somebody's id.
    pub(crate) fn person(&self, who: Who) -> TestResult<PersonId> {
        Ok(*self.people.get(&who).ok_or("not in the cast")?)
    }

    /// Somebody's saved view.
    pub(crate) fn view(&self, who: Who) -> TestResult<SavedViewId> {
        Ok(*self.views.get(&who).ok_or("not in the cast")?)
    }

    /// Sets the workspace up, as people would.
    pub(crate) async fn plant(service: &Service) -> TestResult<Self> {
        service.import_built_in_policy().await?;
        let password = NewPassword::new(PASSWORD).map_err(|problem| format!("{problem:?}"))?;
        let id = service.create_admin(ADMIN.email().parse()?, HOSTILE.parse()?, password).await?;
        let admin = actor(service, id).await?;
        let product = make_product(service, &admin, "PAY").await?;
        let other_product = make_product(service, &admin, "OPS").await?;
        let mut people = BTreeMap::from([(ADMIN, id)]);
        for who in Who::all().into_iter().filter(|who| *who != ADMIN) {
            let (product, roles) = match who {
                Who::In(role) => (Some(product), vec![role]),
                Who::Stranger => (Some(other_product), Role::ALL.to_vec()),
                Who::Of(_) | Who::Nobody => (None, Vec::new()),
            };
            let invite = Invite {
                email: who.email().parse()?,
                name: HOSTILE.parse()?,
                workspace_roles: who.workspace().into_iter().collect(),
                product,
                product_roles: roles.into_iter().collect(),
            };
            let link = service.invite(&admin, invite).await?;
            people.insert(who, join(service, &link.token).await?);
        }
        let invite = Invite {
            email: "invited@example.org".parse()?,
            name: HOSTILE.parse()?,
            workspace_roles: [].into(),
            product: Some(product),
            product_roles: [Role::Qa].into(),
        };
        let token = service.invite(&admin, invite).await?.token.expose_secret().to_owned();
        let invitation = service.open_invitations(&admin).await?.first().ok_or("no invitation")?.id;
        let standard = publish_standard(service, &admin).await?;
        let mut views = BTreeMap::new();
        for (who, person) in &people {
            let form = fields(&[("id", &new_form_id()), ("name", HOSTILE), ("of", "features")]);
            let view = parsed(SaveView::parse(&form, &fields(&[("q", HOSTILE)])))?;
            views.insert(*who, service.save_view(&actor(service, *person).await?, view).await?);
        }
        let run = look(service, &admin).await?;
        let day = service.now().await?.date().saturating_add(Duration::days(30));
        let last_day = format!("{:04}-{:02}-{:02}", day.year(), u8::from(day.month()), day.day());
        let waivable = String::new();
        let mut seed = Self {
            people,
            views,
            product,
            other_product,
            invitation,
            token,
            standard,
            run,
            waivable,
            last_day,
        };
        seed.features(service).await?;
        seed.waivable = seed.waivers(service).await?;
        Ok(seed)
    }

    async fn features(&self, service: &Service) -> TestResult {
        let manager = actor(service, self.person(MANAGER)?).await?;
        let stranger = actor(service, self.person(Who::Stranger)?).await?;
        for _ in 0..3 {
            make_feature(service, &manager, self.product, Tier::Low).await?;
        }
        make_feature(service, &stranger, self.other_product, Tier::Low).await?;
        make_feature(service, &manager, self.product, Tier::High).await?;

        let key = "PAY-1".parse()?;
        let threat = EditThreat::parse(&fields(&[
            ("id", &new_form_id()),
            ("version", "0"),
            ("title", HOSTILE),
            ("element", HOSTILE),
            ("stride", "spoofing"),
            ("description", HOSTILE),
            ("severity", "high"),
            ("countermeasure", HOSTILE),
            ("status", "open"),
        ]));
        service.add_threat(&manager, &key, parsed(threat)?).await?;
        let evidence = AddEvidence::parse(&fields(&[
            ("id", &new_form_id()),
            ("title", HOSTILE),
            ("kind", "plan"),
            ("note", HOSTILE),
        ]));
        let feedback = RecordForm::parse(
            RecordKind::Feedback,
            &fields(&[
                ("id", &new_form_id()),
                ("version", "0"),
                ("state", "new"),
                ("title", HOSTILE),
                ("source", HOSTILE),
                ("text", HOSTILE),
                ("class", "defect"),
            ]),
        );
        service.add_record(&manager, &key, parsed(feedback)?).await?;
        let mut spool = Spool::begin(1024).await?;
        spool.write(FILE).await?;
        let upload = Upload::new(FILE_NAME, Some("text/html"), spool.finish().await?);
        service.add_evidence(&manager, &key, parsed(evidence)?, upload).await?;

        // Everybody bears the same name, so everybody is mentioned.
        let text = format!("@{HOSTILE} {HOSTILE}");
        let comment = WriteComment::parse(&fields(&[("id", &new_form_id()), ("text", &text)]));
        service.write_comment(&manager, &key, parsed(comment)?).await?;
        let developer = actor(service, self.person(DEVELOPER)?).await?;
        service.watch(&developer, &key, true).await?;
        service.add_record(&manager, &key, parsed(requirement("proposed"))?).await?;

        for key in ["PAY-2".parse()?, "PAY-3".parse()?] {
            self.plan(service, &manager, &key).await?;
        }
        service.request_review(&manager, &"PAY-2".parse()?).await?;
        let part = RelateFeatures::parse(&fields(&[("relation", "child-of"), ("other", "PAY-4")]));
        service.relate_features(&manager, &key, parsed(part)?).await?;
        let archive = MakeArchive::parse(&fields(&[("id", &new_form_id())]));
        service.make_archive(&manager, &key, parsed(archive)?).await?;
        Ok(())
    }
}

impl Seed {
    /// Asks for two waivers for `PAY-1`, as the developer; the second is approved. Returns something else of `PAY-4` that
    /// may be waived.
    async fn waivers(&self, service: &Service) -> TestResult<String> {
        let (developer, reviewer) =
            (actor(service, self.person(DEVELOPER)?).await?, actor(service, self.person(REVIEWER)?).await?);
        let key = "PAY-1".parse()?;
        for number in 1..=2 {
            let choices = service.new_waiver_page(&developer, &key, None).await?.choices;
            let request = RequestWaiver::parse(&fields(&[
                ("id", &new_form_id()),
                ("subject", &choices.first().ok_or("nothing may be waived")?.subject),
                ("reason", HOSTILE),
                ("compensation", HOSTILE),
                ("until", &self.last_day),
            ]));
            let asked = service.request_waiver(&developer, &key, parsed(request)?).await?;
            assert_eq!(asked, number, "they are numbered in order");
        }
        let approval =
            fields(&[("verdict", "approve"), ("version", "1"), ("reason", HOSTILE), ("password", PASSWORD)]);
        service.decide_waiver(&reviewer, &key, 2, parsed(DecideWaiver::parse(&approval))?).await?;
        let other = service.new_waiver_page(&developer, &"PAY-4".parse()?, None).await?.choices;
        Ok(other.into_iter().next().ok_or("nothing may be waived")?.subject)
    }

    /// Does what the first gate asks of a feature of low risk.
    async fn plan(&self, service: &Service, manager: &Actor, key: &FeatureKey) -> TestResult {
        let mut answers: Vec<(&str, &str)> = questions().map(|question| (question.key, "no")).collect();
        answers.extend([("from", "low"), ("version", "0"), ("reason", HOSTILE)]);
        service.rate_feature(manager, key, parsed(RateFeature::parse(&fields(&answers)))?).await?;
        let plan =
            fields(&[("id", &new_form_id()), ("version", "0"), ("scope", HOSTILE), ("goals", HOSTILE)]);
        service.add_record(manager, key, parsed(RecordForm::parse(RecordKind::Plan, &plan))?).await?;
        service.add_record(manager, key, parsed(requirement("accepted"))?).await?;
        Ok(())
    }
}

/// Looks at the impact of the active version, and waits until it is done: it is before there is a feature.
async fn look(service: &Service, admin: &Actor) -> TestResult<PolicyRunId> {
    let form = parsed(StartPolicyRun::parse(&fields(&[("id", &new_form_id())])))?;
    let policies = service.policies(admin).await?.items;
    let built_in = policies.iter().find(|item| item.is_active && item.loaded.policy.key == BUILT_IN_KEY);
    let version = built_in.ok_or("no policy")?.loaded.policy.version.clone();
    let run = service.start_policy_run(admin, BUILT_IN_KEY, &version, form).await?;
    for _ in 0..1_000 {
        if service.policy_run_page(admin, run, None).await?.run.state == RunState::Finished {
            return Ok(run);
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    Err("the look at the impact does not end".into())
}

/// A security requirement in a state.
fn requirement(state: &str) -> Result<RecordForm, Vec<FieldProblem>> {
    let form = [
        ("id", &*new_form_id()),
        ("version", "0"),
        ("state", state),
        ("title", HOSTILE),
        ("class", "security"),
        ("family", "logging"),
        ("priority", "must"),
        ("acceptance", HOSTILE),
        ("note", HOSTILE),
    ];
    RecordForm::parse(RecordKind::Requirement, &fields(&form))
}

/// A form's fields.
pub(crate) fn fields(pairs: &[(&str, &str)]) -> Fields {
    Fields::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
}

/// The command of a form that has no problem.
pub(crate) fn parsed<T, E: std::fmt::Debug>(command: Result<T, E>) -> TestResult<T> {
    command.map_err(|problems| format!("the form is refused: {problems:?}").into())
}

/// Accepts an invitation with everybody's password.
pub(crate) async fn join(service: &Service, token: &SecretString) -> TestResult<PersonId> {
    let form = fields(&[("name", HOSTILE), ("new-password", PASSWORD), ("new-password-again", PASSWORD)]);
    Ok(service.accept(&Origin::default(), token, parsed(Accept::parse(&form, false))?).await?.person)
}

async fn actor(service: &Service, person: PersonId) -> TestResult<Actor> {
    Ok(service.actor(person, Origin::default()).await?.ok_or("no such person")?)
}

async fn make_product(service: &Service, admin: &Actor, key: &str) -> TestResult<ProductId> {
    let id = service.fresh_product_id();
    let command =
        CreateProduct { id, key: key.parse()?, name: HOSTILE.parse()?, description: HOSTILE.parse()? };
    service.create_product(admin, command).await?;
    Ok(id)
}

async fn publish_standard(service: &Service, admin: &Actor) -> TestResult<StandardId> {
    let standard = PublishStandard::parse(&fields(&[
        ("id", &new_form_id()),
        ("title", HOSTILE),
        ("edition", "2026"),
        ("link", "https://example.org/standard"),
        ("summary", HOSTILE),
    ]));
    Ok(service.publish_standard(admin, &"PAY".parse()?, parsed(standard)?).await?)
}

async fn make_feature(service: &Service, actor: &Actor, product: ProductId, tier: Tier) -> Result<(), Error> {
    let description = format!("{HOSTILE}\n\n[a](javascript:alert(1)) ![b](data:text/html,x)");
    let form = [
        ("id", new_form_id()),
        ("product", Id::to_string(&product)),
        ("title", HOSTILE.to_owned()),
        ("description", description),
        ("tier", tier.code().to_owned()),
    ];
    let pairs = form.map(|(name, value)| (name.to_owned(), value));
    service.create_feature(actor, CreateFeature::parse(&Fields::new(pairs.into()))?).await?;
    Ok(())
}
