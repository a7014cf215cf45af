//! Before a write that voids sign-offs is saved, whoever writes is told whose, and confirms exactly those. That holds for
//! every editor of whatever a dossier lists, because it is asked where every write to a feature ends.

use sluice_domain::{
    access::Role,
    audit::Verb,
    canonical::Digest,
    gate::{Mark, Verdict},
    ids::FeatureKey,
    policy::{EvidenceKind, Tier},
    record::{RecordKind, starters},
};
use sluice_service::{
    Actor, Error, Voids,
    evidence::{SupersedeEvidence, Target},
    gates::Voiding,
    new_form_id,
    records::AddStarters,
};

use crate::{
    line::{new_value, story},
    stale::rename,
    support::{
        TestResult, World,
        cast::{answering, asked},
        fields,
        forms::{command, filled},
        steps::{answers_form, evidence_form, mark_form, parsed, phase_key, threat_form, treat_form, upload},
    },
};

const REVIEWER: Role = Role::SecurityReviewer;

/// Everything with which the dossier of the design gate can be changed from a form. The questionnaire is part of an
/// earlier gate's.
const EDITORS: [&str; 12] = [
    "the feature",
    "a control",
    "the threat model",
    "a new threat",
    "a threat",
    "a new record",
    "a record",
    "starters",
    "new evidence",
    "a new version",
    "attaching",
    "detaching",
];

/// What the editors work on, with the forms as they would be sent twice.
struct Desk {
    key: FeatureKey,
    threat: i32,
    attached: i32,
    loose: i32,
    id: String,
}

async fn desk(world: &World) -> TestResult<Desk> {
    let (service, cast) = (&world.service, world.cast);
    let key = world.in_phase(Tier::High, "design").await?;
    let threat = service.add_threat(&cast.developer, &key, threat_form(&new_form_id())?).await?;
    let on_threat = [Target::Threat(threat)];
    let attached = world.prove(&cast.developer, &key, EvidenceKind::Plan, &on_threat).await?;
    let loose = world.prove(&cast.developer, &key, EvidenceKind::Plan, &[]).await?;
    world.hand_over(&key).await?;
    world.sign(&cast.first, &key, REVIEWER, Verdict::Approve).await?;
    world.tick();
    Ok(Desk { key, threat, attached, loose, id: new_form_id() })
}

/// Sends the form of an editor, as the person who would, with this answer to the question.
async fn edit(world: &World, desk: &Desk, editor: &str, voids: Voids) -> TestResult<Result<(), Error>> {
    let (service, cast, key) = (&world.service, world.cast, &desk.key);
    let by = |actor: &Actor| answering(actor, voids.clone());
    let (manager, developer) = (by(&cast.manager), by(&cast.developer));
    let phase = phase_key("design")?;
    Ok(match editor {
        "the feature" => {
            let version = service.feature_page(&manager, key).await?.version;
            service.edit_feature(&manager, key, rename(world, "Pay by any link", version)?).await
        }
        "a control" => {
            let page = service.phase_page(&developer, key, &phase).await?;
            let control = page.controls.first().ok_or("the phase has no control")?;
            let actor = by(cast.holding(&control.control.done_by)?);
            let command = mark_form(control.control.key.as_str(), Mark::Open, "Said anew.", control.version)?;
            service.mark_control(&actor, key, &phase, command).await
        }
        "the threat model" => {
            let version = service.threat_model_page(&developer, key).await?.version;
            service.answer_threat_model(&developer, key, answers_form("Links and codes.", version)?).await
        }
        "a new threat" => service.add_threat(&developer, key, threat_form(&desk.id)?).await.map(drop),
        "a threat" => {
            let page = service.threat_page(&developer, key, Some(desk.threat)).await?;
            let version = page.threat.ok_or("no threat")?.version;
            service.edit_threat(&developer, key, desk.threat, treat_form(version, "verified")?).await
        }
        "a new record" => {
            let form =
                command(RecordKind::Decision, filled(RecordKind::Decision, world.named(), "Another way."))?;
            service
                .add_record(&by(cast.holding(RecordKind::Decision.spec().editors)?), key, form)
                .await
                .map(drop)
        }
        "a record" => {
            // As somebody else edited it: the form comes from the page.
            let actor = by(cast.holding(RecordKind::Decision.spec().editors)?);
            let page = service.record_page(&actor, key, RecordKind::Decision, Some(1)).await?;
            let item = page.item.ok_or("no record")?;
            let form = crate::support::forms::kept(
                RecordKind::Decision,
                item.version,
                item.state.code,
                "Said with other words",
                &item.values,
            );
            service.edit_record(&actor, key, 1, command(RecordKind::Decision, form)?).await
        }
        "starters" => {
            let code = starters().first().ok_or("there are no starters")?.code;
            let picked = parsed(AddStarters::parse(&fields(&[("starter", code)])))?;
            service.add_starters(&manager, key, picked).await.map(drop)
        }
        "new evidence" => {
            let command = evidence_form(&desk.id, EvidenceKind::Plan, &[Target::Threat(desk.threat)])?;
            service
                .add_evidence(&developer, key, command, upload("a.json", b"{\"new\": 1}").await?)
                .await
                .map(drop)
        }
        "a new version" => {
            let version =
                service.evidence_item(&developer, key, desk.attached).await?.item.version.to_string();
            let command = parsed(SupersedeEvidence::parse(&fields(&[("version", &version), ("note", "")])))?;
            let file = upload("b.json", format!("{{\"after\": {version}}}").as_bytes()).await?;
            service.supersede_evidence(&developer, key, desk.attached, command, file).await.map(drop)
        }
        "attaching" => {
            service.attach_evidence(&developer, key, desk.loose, Target::Threat(desk.threat)).await
        }
        "detaching" => {
            service.detach_evidence(&developer, key, desk.attached, Target::Threat(desk.threat)).await
        }
        other => return Err(format!("there is no editor of {other}").into()),
    })
}

fn question(outcome: Result<(), Error>, editor: &str) -> TestResult<Voiding> {
    match outcome {
        Err(Error::WouldVoid(voiding)) => Ok(*voiding),
        other => Err(format!("{editor}: nobody was asked: {other:?}").into()),
    }
}

#[tokio::test]
async fn every_editor_is_asked_before_sign_offs_are_voided() -> TestResult {
    let world = World::new().await?;
    let mut seen = 0;
    for editor in EDITORS {
        let desk = desk(&world).await?;
        let standing = "select count(*) from sign_off where ended is null";
        let (events, stood) = (world.events().await?, world.count(standing).await?);
        let voiding = question(edit(&world, &desk, editor, Voids::Ask).await?, editor)?;
        assert_eq!(voiding.feature, desk.key);
        let named: Vec<_> =
            voiding.sign_offs.iter().map(|s| (s.gate.as_str(), s.name.as_str(), s.role)).collect();
        assert_eq!(named, [("Design", world.cast.first.name.as_str(), REVIEWER)], "{editor}");
        // Nothing was saved, and another answer than this very one changes nothing about that.
        let other = Voids::Confirmed(Digest::of(b"other sign-offs"));
        let again = question(edit(&world, &desk, editor, other).await?, editor)?;
        assert_eq!(again, voiding);
        assert_eq!((world.events().await?, world.count(standing).await?), (events, stood), "{editor}");
        // Confirmed, it is saved, and the sign-off is voided in the same act.
        edit(&world, &desk, editor, Voids::Confirmed(voiding.confirmation))
            .await?
            .map_err(|error| format!("{editor}: {error:?}"))?;
        assert_eq!(world.count(standing).await?, stood - 1, "{editor}");
        seen += 1;
    }
    assert_eq!(seen, EDITORS.len());
    Ok(())
}

#[tokio::test]
async fn a_confirmation_is_for_these_sign_offs_and_no_later_ones() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.in_phase(Tier::High, "design").await?;
    world.hand_over(&key).await?;
    let manager = asked(&cast.manager);
    // While nobody has signed, nobody is asked.
    let page = service.feature_page(&manager, &key).await?;
    service.edit_feature(&manager, &key, rename(&world, "Pay by code", page.version)?).await?;
    let sign = async |actor: &Actor| -> TestResult {
        world.tick();
        world.sign(actor, &key, REVIEWER, Verdict::Approve).await?;
        Ok(())
    };
    sign(&cast.first).await?;
    let version = service.feature_page(&manager, &key).await?.version;
    // What is no part of the dossier voids nothing.
    let mut owner = rename(&world, "Pay by code", version)?;
    owner.owner = cast.developer.person;
    service.edit_feature(&manager, &key, owner).await?;
    let renamed = || -> TestResult<_> {
        let mut edit = rename(&world, "Pay by any code", version + 1)?;
        edit.owner = cast.developer.person;
        Ok(edit)
    };
    let one = question(service.edit_feature(&manager, &key, renamed()?).await, "the feature")?;
    // Another sign-off takes the place of that one while the editor reads the question: it was not spoken of.
    world.withdraw(&cast.first, &key).await?;
    sign(&cast.second).await?;
    let confirmed = answering(&cast.manager, Voids::Confirmed(one.confirmation));
    let two = question(service.edit_feature(&confirmed, &key, renamed()?).await, "the feature")?;
    assert_ne!(two.confirmation, one.confirmation);
    let confirmed = answering(&cast.manager, Voids::Confirmed(two.confirmation));
    service.edit_feature(&confirmed, &key, renamed()?).await?;
    // The history says what changed for whom.
    let story = story(&world, &key).await?;
    let voided: Vec<_> = story.iter().filter(|entry| entry.verb == Some(Verb::SignOffVoided)).collect();
    assert_eq!(voided.len(), two.sign_offs.len());
    for entry in voided {
        assert_eq!(new_value(entry, "items"), Some("scope"));
    }
    Ok(())
}

#[tokio::test]
async fn what_changes_after_a_gate_opened_is_drift_and_nobody_is_asked() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.in_phase(Tier::Low, "design").await?;
    let manager = asked(&cast.manager);
    let version = service.feature_page(&manager, &key).await?.version;
    let drifted = "select count(*) from audit.event where verb = 'gate.drifted'";
    service.edit_feature(&manager, &key, rename(&world, "Pay by post", version)?).await?;
    assert_eq!(world.count(drifted).await?, 1);
    // Going on with what drifted already is no news.
    service.edit_feature(&manager, &key, rename(&world, "Pay by letter", version + 1)?).await?;
    assert_eq!(world.count(drifted).await?, 1);
    assert_eq!(world.count("select count(*) from sign_off where ended is not null").await?, 0);
    // Back to what was signed, and away again: that is.
    service.edit_feature(&manager, &key, rename(&world, "Pay by link", version + 2)?).await?;
    service.edit_feature(&manager, &key, rename(&world, "Pay by post", version + 3)?).await?;
    assert_eq!(world.count(drifted).await?, 2);
    Ok(())
}
