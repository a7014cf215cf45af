//! One control of the checklist: what the policy asks, what the team said, and the form that says it.

use leptos::prelude::*;
use sluice_domain::{
    access::Action,
    gate::Mark,
    place::Place,
    policy::{Control, Proof},
    record::RecordKind,
    words::{self, Label},
};
use sluice_service::phases::{AttachedEvidence, ControlState};

use super::{OpenControl, Scene, Stands};
use crate::{
    components::{
        Badge, Button, ButtonKind, Card, Choice, Conflict, ConflictField, ErrorSummary, Fact, FactList,
        FormActions, HiddenField, Icon, IconName, LinkButton, PostForm, RadioGroup, TextArea, Timestamp,
        Tone,
    },
    form::Form,
    pages::records::{open_words, shortfall_verb},
};

/// Whether the control can be marked by this reader: what only evidence proves is not marked.
pub(super) fn may_mark(scene: &Scene, state: &ControlState) -> bool {
    scene.stands.is_reached() && state.may_do && marks(&state.control).len() > 1
}

/// The control as a card; `open` is its form, where that is open.
pub(super) fn control_card(scene: &Scene, state: ControlState, open: Option<OpenControl>) -> AnyView {
    let may_mark = may_mark(scene, &state);
    let open = open.filter(|_| may_mark);
    let conflict = open.as_ref().filter(|open| open.conflict).map(|open| both_versions(scene, &state, open));
    let footer = footer(scene, &state, may_mark && open.is_none());
    let form = open.map(|open| form(scene, &state, open));
    let side = badge(scene, &state);
    let facts = facts(scene, &state);
    let facts = (!facts.is_empty()).then(|| view! { <FactList facts /> });
    let lacks = lacks(scene, &state);
    let Control { key, title, guidance, .. } = state.control;
    view! {
        {conflict}
        <Card id=key.to_string() title side nostrip:footer=footer>
            <p class="measure">{guidance}</p>
            {lacks}
            {facts}
            {form}
        </Card>
    }
    .into_any()
}

/// Where the control stands, as a chip.
fn badge(scene: &Scene, state: &ControlState) -> AnyView {
    let (text, tone, icon) = match (state.met, state.mark) {
        (true, Mark::NotApplicable) => ("Does not apply", Tone::Neutral, IconName::Check),
        (true, Mark::Done) => ("Done", Tone::Open, IconName::Check),
        (true, Mark::Open) if is_on_record(&state.control) => ("On record", Tone::Open, IconName::Check),
        (true, Mark::Open) => ("Proved by evidence", Tone::Open, IconName::Check),
        (false, _) if scene.stands.is_reached() => ("Not done", Tone::Blocked, IconName::Cross),
        (false, _) if scene.stands == Stands::Still => ("Not done", Tone::Neutral, IconName::Dot),
        (false, _) => ("Not started", Tone::Neutral, IconName::Dot),
    };
    view! { <Badge text tone icon /> }.into_any()
}

/// Whether records prove the control.
const fn is_on_record(control: &Control) -> bool {
    matches!(control.proof, Proof::Records { .. })
}

/// What its records still lack, each with the way to where it is put right.
fn lacks(scene: &Scene, state: &ControlState) -> Option<AnyView> {
    if state.lacks.is_empty() {
        return None;
    }
    let (name, tone) = if scene.stands.is_reached() {
        (IconName::Cross, Tone::Blocked)
    } else {
        (IconName::Dot, Tone::Neutral)
    };
    let lines = state
        .lacks
        .iter()
        .map(|shortfall| {
            let href = shortfall.place().path(&scene.key);
            view! {
                <li>
                    <Icon name tone />
                    <span>{words::shortfall(shortfall)}</span>
                    <a href=href>{shortfall_verb(shortfall)}</a>
                </li>
            }
        })
        .collect_view();
    Some(view! { <ul class="lacks" aria-label="What is missing">{lines}</ul> }.into_any())
}

fn facts(scene: &Scene, state: &ControlState) -> Vec<Fact> {
    let ControlState { control, note, by, evidence, .. } = state;
    let mut facts = Vec::new();
    // What records prove has its way to them in the foot, and there who does it.
    if !is_on_record(control) {
        facts.push(Fact::text("Done by", words::who_can(&control.done_by)));
        facts.push(Fact::text("Proof", words::proof(&control.proof)));
    }
    if control.before_production {
        facts.push(Fact::text("When", "before the feature goes to production"));
    }
    if !is_on_record(control) {
        facts.push(Fact::text("Source", control.source.clone()));
    }
    if !note.is_empty() {
        facts.push(Fact::view(note_label(state.mark), view! { <p class="pre">{note.clone()}</p> }));
    }
    if let Some((name, at)) = by {
        let (name, at, now) = (name.clone(), *at, scene.now);
        facts.push(Fact::view(
            "Last marked",
            view! {
                {name}
                ", "
                <Timestamp at now />
            },
        ));
    }
    if !evidence.is_empty() {
        facts.push(Fact::view("Evidence", attached(scene, evidence)));
    }
    facts
}

fn note_label(mark: Mark) -> &'static str {
    match mark {
        Mark::Open => "Note",
        Mark::Done => "What was done",
        Mark::NotApplicable => "Why it does not apply",
    }
}

fn attached(scene: &Scene, evidence: &[AttachedEvidence]) -> AnyView {
    let lines = evidence
        .iter()
        .map(|item| {
            let href = Place::Evidence(item.number).path(&scene.key);
            let words = format!("E-{} {}", item.number, item.title);
            view! {
                <li>
                    <a href=href>{words}</a>
                    " "
                    <span class="muted small">{item.kind}</span>
                </li>
            }
        })
        .collect_view();
    view! { <ul class="plain">{lines}</ul> }.into_any()
}

/// What the reader can do here; or, in the current phase, who can.
fn footer(scene: &Scene, state: &ControlState, may_open: bool) -> Option<AnyView> {
    let control = &state.control;
    if let Proof::Records { rule, .. } = control.proof {
        return Some(records_footer(scene, state, rule.kind(), may_open));
    }
    if !may_open && !scene.may_add {
        let words = match (state.may_do, &control.proof) {
            (false, _) => format!("The {} of this product can do it.", words::who_can(&control.done_by)),
            (true, Proof::Evidence(_)) => {
                let who = words::who_can(Action::AddEvidence.product_roles());
                format!("The {who} of this product can add the evidence.")
            }
            (true, _) => return None,
        };
        return scene.stands.is_reached().then(|| view! { <span>{words}</span> }.into_any());
    }
    // The links of all controls read the same; with the title they can be told apart without seeing the page.
    let title = format!(": {}", control.title);
    let work = may_open.then(|| {
        let title = title.clone();
        let label = if state.mark == Mark::Open { "Work on it" } else { "Change it" };
        let href = format!("{}#{}", scene.open(control), control.key);
        view! {
            <LinkButton href kind=ButtonKind::Quiet small=true>
                {label}
                <span class="visually-hidden">{title}</span>
            </LinkButton>
        }
    });
    let add = scene.may_add.then(|| {
        view! {
            <LinkButton href=scene.add_evidence(control) kind=ButtonKind::Quiet small=true>
                "Add evidence"
                <span class="visually-hidden">{title}</span>
            </LinkButton>
        }
    });
    Some(
        view! {
            <div class="cluster">
                {work}
                {add}
            </div>
        }
        .into_any(),
    )
}

/// The way to the records that prove a control; and to its form, where the policy lets it be set aside.
fn records_footer(scene: &Scene, state: &ControlState, kind: RecordKind, may_open: bool) -> AnyView {
    let control = &state.control;
    let title = format!(": {}", control.title);
    let set_aside = may_open.then(|| {
        let label = if state.mark == Mark::Open { "Does it apply?" } else { "Change it" };
        let href = format!("{}#{}", scene.open(control), control.key);
        let title = title.clone();
        view! {
            <LinkButton href kind=ButtonKind::Link small=true>
                {label}
                <span class="visually-hidden">{title}</span>
            </LinkButton>
        }
    });
    let who = format!("Done by: {}. Source: {}.", words::who_can(&control.done_by), control.source);
    let (href, open) = (Place::Records(kind).path(&scene.key), open_words(kind));
    view! {
        <span class="small">{who}</span>
        <div class="cluster">
            <LinkButton href kind=ButtonKind::Quiet small=true>
                {open}
                <span class="visually-hidden">{title}</span>
            </LinkButton>
            {set_aside}
        </div>
    }
    .into_any()
}

/// The ways in which the policy lets a control be marked.
fn marks(control: &Control) -> Vec<Choice> {
    let statement = control.proof == Proof::Statement;
    let open = if statement {
        Choice::new(Mark::Open.code(), "Not done yet").hint("A note is welcome, not needed.")
    } else {
        let proof = if is_on_record(control) {
            "What is on record proves it."
        } else {
            "Evidence proves it, once it is added."
        };
        Choice::new(Mark::Open.code(), "It applies").hint(proof)
    };
    let done = statement.then(|| {
        Choice::new(Mark::Done.code(), "Done").hint("The note says what was done and where to find it.")
    });
    let set_aside = control.can_be_not_applicable.then(|| {
        Choice::new(Mark::NotApplicable.code(), "Does not apply")
            .hint("The note says why, so that a reviewer can agree.")
    });
    [Some(open), done, set_aside].into_iter().flatten().collect()
}

fn form(scene: &Scene, state: &ControlState, open: OpenControl) -> AnyView {
    let OpenControl { typed, conflict, .. } = open;
    let stored = || {
        Form::new()
            .with("mark", state.mark.code())
            .with("note", state.note.clone())
            .with("version", state.version.to_string())
    };
    let form = match typed {
        Some(typed) if conflict => typed.set("version", state.version.to_string()),
        Some(typed) => typed,
        None => stored(),
    };
    let save = if conflict { "Save mine over theirs" } else { "Save this control" };
    let options = marks(&state.control);
    let back = Place::Control(scene.phase.clone(), state.control.key.clone()).path(&scene.key);
    let key = state.control.key.to_string();
    view! {
        // Without an anchor: the error summary takes the focus only where the address does not name another spot.
        <PostForm action=scene.open(&state.control)>
            <ErrorSummary form=form.clone() />
            <HiddenField name="control" value=key />
            <HiddenField name="version" value=form.value("version") />
            <RadioGroup form=form.clone() name="mark" legend="State" options />
            <TextArea
                form=form
                name="note"
                label="Note"
                hint="It becomes part of the record and of what reviewers sign."
                optional=true
            />
            <FormActions>
                <Button>{save}</Button>
                <LinkButton href=back kind=ButtonKind::Link>
                    "Cancel"
                </LinkButton>
            </FormActions>
        </PostForm>
    }
    .into_any()
}

/// What is stored beside what was typed.
fn both_versions(scene: &Scene, state: &ControlState, open: &OpenControl) -> AnyView {
    let typed = open.typed.clone().unwrap_or_default();
    let mark = |mark: Option<Mark>| mark.map(|mark| mark.title()).unwrap_or_default();
    let fields = vec![
        ConflictField {
            label: "State".to_owned(),
            theirs: mark(Some(state.mark)),
            yours: mark(Mark::from_code(&typed.value("mark"))),
        },
        ConflictField {
            label: "Note".to_owned(),
            theirs: state.note.clone(),
            // Browsers send other line ends than are stored.
            yours: typed.value("note").replace("\r\n", "\n"),
        },
    ];
    let (who, at) = state.by.clone().unwrap_or_else(|| ("Somebody".to_owned(), scene.now));
    let now = scene.now;
    view! { <Conflict who at now fields /> }.into_any()
}
