//! Single steps, each one use case, with what its form would send.

use sluice_domain::{
    access::Role,
    canonical::Digest,
    form::Fields,
    gate::{Mark, Verdict},
    ids::FeatureKey,
    lifecycle::Progress,
    policy::{EvidenceKind, PhaseKey, Tier},
};
use sluice_service::{
    Actor, Error, Service,
    archive::MakeArchive,
    evidence::{AddEvidence, Spool, Target, Upload},
    features::CreateFeature,
    gates::{ReturnForChanges, SignGate, WithdrawSignOff},
    new_form_id,
    phases::MarkControl,
    threats::{AnswerThreatModel, EditThreat},
};

use super::{
    TestResult, World,
    cast::{PASSWORD, password},
    line::fields,
};

/// The command of a form that has no problem.
pub(crate) fn parsed<T, E: std::fmt::Debug>(command: Result<T, E>) -> TestResult<T> {
    command.map_err(|problems| format!("the form is refused: {problems:?}").into())
}

/// A file as an upload brings it.
pub(crate) async fn upload(name: &str, bytes: &[u8]) -> TestResult<Upload> {
    let mut spool = Spool::begin(16 * 1024 * 1024).await?;
    for piece in bytes.chunks(64 * 1024) {
        spool.write(piece).await?;
    }
    Ok(Upload::new(name, Some("application/json"), spool.finish().await?))
}

/// The command that adds evidence.
pub(crate) fn evidence_form(id: &str, kind: EvidenceKind, targets: &[Target]) -> TestResult<AddEvidence> {
    let mut form = vec![
        ("id".to_owned(), id.to_owned()),
        ("kind".to_owned(), kind.code().to_owned()),
        ("note".to_owned(), "From the nightly run.".to_owned()),
    ];
    form.extend(targets.iter().map(|target| ("target".to_owned(), target.code())));
    parsed(AddEvidence::parse(&Fields::new(form)))
}

/// The command that says something of a control.
pub(crate) fn mark_form(control: &str, mark: Mark, note: &str, version: i32) -> TestResult<MarkControl> {
    let version = version.to_string();
    let form = [("control", control), ("mark", mark.code()), ("note", note), ("version", &version)];
    parsed(MarkControl::parse(&fields(&form)))
}

/// The command that answers the four questions.
pub(crate) fn answers_form(scope: &str, version: i32) -> TestResult<AnswerThreatModel> {
    let version = version.to_string();
    let form = [
        ("version", version.as_str()),
        ("scope", scope),
        ("threats", "Somebody replays a payment."),
        ("response", "Every payment has an id that counts once."),
        ("review", "The team read it aloud."),
    ];
    parsed(AnswerThreatModel::parse(&fields(&form)))
}

/// The fields of a threat that nobody treats yet.
pub(crate) fn threat_fields(id: &str, version: &str) -> Vec<(String, String)> {
    [
        ("id", id),
        ("version", version),
        ("title", "A payment is replayed"),
        ("element", "Payment API"),
        ("stride", "spoofing"),
        ("description", "An old request is sent again."),
        ("severity", "high"),
        ("status", "open"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

/// The command that adds such a threat.
pub(crate) fn threat_form(id: &str) -> TestResult<EditThreat> {
    parsed(EditThreat::parse(&Fields::new(threat_fields(id, "0"))))
}

/// The command that brings such a threat to a status.
pub(crate) fn treat_form(version: i32, status: &str) -> TestResult<EditThreat> {
    let mut form = threat_fields("", &version.to_string());
    form.retain(|(name, _)| name != "status");
    for (name, value) in
        [("status", status), ("treatment", "mitigate"), ("countermeasure", "An id that counts once.")]
    {
        form.push((name.to_owned(), value.to_owned()));
    }
    parsed(EditThreat::parse(&Fields::new(form)))
}

/// The command that signs what was shown.
pub(crate) fn sign_form(verdict: Verdict, role: Role, covers: Digest) -> SignGate {
    let reason = match verdict {
        Verdict::Approve => String::new(),
        Verdict::Deny => "The scope leaves the refunds out.".to_owned(),
    };
    SignGate { verdict, role, on_behalf_of: None, reason, covers, password: password() }
}

impl World {
    /// The manager creates a feature of `PAY`.
    pub(crate) async fn feature(&self, tier: Tier) -> TestResult<FeatureKey> {
        Ok(self.service.create_feature(&self.cast.manager, self.feature_form(tier)?).await?)
    }

    /// The command that creates one.
    pub(crate) fn feature_form(&self, tier: Tier) -> TestResult<CreateFeature> {
        let (id, product) = (new_form_id(), self.cast.product.to_string());
        let form = [
            ("id", id.as_str()),
            ("product", &product),
            ("title", "Pay by link"),
            ("description", "A link that asks for a payment."),
            ("tier", tier.code()),
        ];
        parsed(CreateFeature::parse(&fields(&form)))
    }

    /// Leaves a note on a control of which nobody said anything before: what most controls ask for stands on record.
    pub(crate) async fn mark(
        &self,
        actor: &Actor,
        key: &FeatureKey,
        phase: &str,
        control: &str,
    ) -> Result<(), Error> {
        let command =
            mark_form(control, Mark::Open, "Done as the guidance asks.", 0).map_err(Error::internal)?;
        self.service.mark_control(actor, key, &phase_key(phase)?, command).await
    }

    /// Adds a small file as evidence.
    pub(crate) async fn prove(
        &self,
        actor: &Actor,
        key: &FeatureKey,
        kind: EvidenceKind,
        targets: &[Target],
    ) -> TestResult<i32> {
        let bytes = format!("{{\"report\": \"{}\"}}", new_form_id());
        let command = evidence_form(&new_form_id(), kind, targets)?;
        let upload = upload("report.json", bytes.as_bytes()).await?;
        Ok(self.service.add_evidence(actor, key, command, upload).await?)
    }

    /// Exports the whole record and keeps it. Returns the archive's number.
    pub(crate) async fn archive(&self, actor: &Actor, key: &FeatureKey) -> TestResult<i32> {
        let command = parsed(MakeArchive::parse(&fields(&[("id", &new_form_id())])))?;
        Ok(self.service.make_archive(actor, key, command).await?)
    }

    /// The dossier that a reviewer is shown now.
    pub(crate) async fn dossier(&self, key: &FeatureKey) -> TestResult<Digest> {
        let page = self.service.review_page(&self.cast.auditor, key).await?;
        Ok(page.attempt.ok_or("all gates are open")?.dossier)
    }

    /// Reads the dossier and signs it.
    pub(crate) async fn sign(
        &self,
        actor: &Actor,
        key: &FeatureKey,
        role: Role,
        verdict: Verdict,
    ) -> Result<Progress, Error> {
        let covers = self.dossier(key).await.map_err(Error::internal)?;
        self.service.sign_gate(actor, key, sign_form(verdict, role, covers)).await
    }

    /// Takes a sign-off back.
    pub(crate) async fn withdraw(&self, actor: &Actor, key: &FeatureKey) -> Result<Progress, Error> {
        self.withdraw_with(PASSWORD, actor, key).await
    }

    /// The same with this password.
    pub(crate) async fn withdraw_with(
        &self,
        password: &str,
        actor: &Actor,
        key: &FeatureKey,
    ) -> Result<Progress, Error> {
        let past = self.service.review_page(actor, key).await.map(|page| page.sign_offs).unwrap_or_default();
        let own = past.iter().find(|past| past.mine && past.current && past.ended.is_none());
        let id = own.map_or_else(new_form_id, |own| own.id.to_string());
        let form = fields(&[("sign-off", &id), ("reason", "I read it again."), ("password", password)]);
        self.service.withdraw_sign_off(actor, key, WithdrawSignOff::parse(&form)?).await
    }

    /// Hands the gate back to the team.
    pub(crate) async fn hand_back(&self, actor: &Actor, key: &FeatureKey, cycle: i32) -> Result<(), Error> {
        let cycle = cycle.to_string();
        let form = fields(&[("reason", "Name the refunds."), ("cycle", &cycle)]);
        self.service.return_for_changes(actor, key, ReturnForChanges::parse(&form)?).await
    }
}

/// A phase by its key.
pub(crate) fn phase_key(key: &str) -> Result<PhaseKey, Error> {
    key.parse().map_err(Error::internal)
}

/// Asks for the review, as the manager.
pub(crate) async fn request(service: &Service, manager: &Actor, key: &FeatureKey) -> Result<(), Error> {
    service.request_review(manager, key).await
}
