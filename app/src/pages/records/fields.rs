//! The fields of a record's form, by what they take.

use leptos::prelude::*;
use sluice_domain::{
    place::Place,
    record::{Field, Input, ListKind, RecordKind, RecordRef, State, TitleFrom},
    words,
};
use sluice_service::records::RecordPage;

use super::{labels::add_words, reading::Known};
use crate::{
    components::{
        CheckboxGroup, Choice, FieldError, FormRow, HiddenField, InputKind, RadioGroup, SelectField,
        TextArea, TextField,
    },
    form::Form,
    islands::MarkdownPreview,
};

/// The most things that are offered as boxes to tick; of more, people type the keys.
const BOXES: usize = 12;
/// The most choices that are all in sight.
const RADIOS: usize = 4;
/// The most boxes that are shown without scrolling within the field.
const UNROLLED: usize = 8;

/// Every field of the form, short ones side by side.
pub(super) fn all(page: &RecordPage, form: &Form) -> AnyView {
    let spec = page.kind.spec();
    let title = match spec.title {
        TitleFrom::Asked { label, hint } => Some(view! {
            <TextField form=form.clone() name="title" label nostrip:hint=some(hint) maxlength=120 />
        }),
        TitleFrom::Choice(_) | TitleFrom::Kind => None,
    };
    let mut rows = Vec::new();
    let mut fields = spec.fields;
    while let [first, rest @ ..] = fields {
        fields = rest;
        match fields {
            [second, rest @ ..] if is_short(first) && is_short(second) => {
                fields = rest;
                let (first, second) =
                    (one(page, form, first, !first.needed), one(page, form, second, !second.needed));
                rows.push(view! { <FormRow>{first}{second}</FormRow> }.into_any());
            }
            _ => rows.push(one(page, form, first, !first.needed)),
        }
    }
    view! {
        {title}
        {rows}
    }
    .into_any()
}

fn is_short(field: &Field) -> bool {
    match field.input {
        Input::Day | Input::Person => true,
        Input::Choice(choices) => choices.len() > RADIOS,
        _ => false,
    }
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// One field of the form.
pub(super) fn one(page: &RecordPage, form: &Form, field: &'static Field, optional: bool) -> AnyView {
    let (name, label, hint) = (field.key, field.label, some(field.hint));
    let form = form.clone();
    match field.input {
        Input::Line => {
            view! { <TextField form name label nostrip:hint=hint optional maxlength=200 /> }.into_any()
        }
        Input::Note => view! { <TextArea form name label nostrip:hint=hint optional rows=3 /> }.into_any(),
        Input::Body => view! {
            <TextArea form name label nostrip:hint=hint optional rows=8 />
            <MarkdownPreview textarea=name />
        }
        .into_any(),
        Input::Link => view! {
            <TextField form name label nostrip:hint=hint optional kind=InputKind::Url autocomplete="off" />
        }
        .into_any(),
        Input::Digest => view! {
            <TextField form name label nostrip:hint=hint optional maxlength=71 autocomplete="off" />
        }
        .into_any(),
        Input::Day => {
            view! { <TextField form name label nostrip:hint=hint optional kind=InputKind::Date /> }.into_any()
        }
        Input::Choice(choices) => {
            let mut options: Vec<Choice> =
                choices.iter().map(|choice| Choice::new(choice.code, choice.label)).collect();
            if choices.len() > RADIOS {
                let prompt = if optional { "None" } else { "Choose one" };
                return view! { <SelectField form name label nostrip:hint=hint optional options prompt /> }
                    .into_any();
            }
            if optional {
                options.push(Choice::new("", "None"));
            }
            view! { <RadioGroup form name legend=label nostrip:hint=hint optional options inline=true /> }
                .into_any()
        }
        Input::Person => {
            let options = people(page, &form.values(name));
            let prompt = if optional { "Nobody yet" } else { "Choose a person" };
            view! { <SelectField form name label nostrip:hint=hint optional options prompt /> }.into_any()
        }
        Input::People => {
            let options = people(page, &form.values(name));
            let class = (options.len() > UNROLLED).then_some("scroll-choices");
            view! {
                <div class=class>
                    <CheckboxGroup form name legend=label nostrip:hint=hint optional options />
                </div>
            }
            .into_any()
        }
        Input::Points(list) => points(page, form, field, list, optional),
        Input::References { records, threats, evidence } => {
            references(page, form, field, (records, threats, evidence), optional)
        }
        Input::Set => {
            let item = page.item.as_ref().filter(|item| item.values.has(name));
            let line = item.map(|item| {
                let value = Known::of(page).set(item.values.text(name));
                view! { <p>{format!("{label}: ")} {value}</p> }
            });
            line.into_any()
        }
    }
}

/// A field that goes along unchanged and unseen.
pub(super) fn unchanged(form: &Form, field: &'static Field) -> AnyView {
    let values = form.values(field.key);
    values.into_iter().map(|value| view! { <HiddenField name=field.key value /> }).collect_view().into_any()
}

/// People to choose from. Who was chosen and has left the product stays on offer, so that saving does not change it.
fn people(page: &RecordPage, chosen: &[String]) -> Vec<Choice> {
    let mut options: Vec<Choice> =
        page.people.iter().map(|(id, name)| Choice::new(id.to_string(), name.clone())).collect();
    for (id, name) in &page.names {
        let id = id.to_string();
        if chosen.contains(&id) && !options.iter().any(|option| option.value == id) {
            options.push(Choice::new(id, format!("{name} (no longer in this product)")));
        }
    }
    options
}

fn points(page: &RecordPage, form: Form, field: &'static Field, list: ListKind, optional: bool) -> AnyView {
    let points = page.points.get(&list).map(Vec::as_slice).unwrap_or_default();
    let chosen = form.values(field.key);
    let confirmed = points.iter().filter(|point| chosen.contains(point)).count();
    let gone = chosen.iter().filter(|point| !points.contains(point)).count();
    let mut hint = format!("{} {confirmed} of {} are confirmed.", field.hint, points.len());
    if gone > 0 {
        hint.push_str(
            " The list was changed since: points that it no longer has leave the record when you save.",
        );
    }
    let options = points.iter().map(|point| Choice::new(point.clone(), point.clone())).collect();
    let (name, legend) = (field.key, field.label);
    view! { <CheckboxGroup form name legend hint=hint.trim() optional options /> }.into_any()
}

/// The references that a form holds, typed or ticked.
pub(super) fn chosen_references(form: &Form, name: &str) -> Vec<String> {
    let mut chosen: Vec<String> = Vec::new();
    for value in form.values(name) {
        for word in value.split([',', ';', ' ', '\n', '\r', '\t']).filter(|word| !word.is_empty()) {
            let word = word.to_ascii_uppercase();
            if !chosen.contains(&word) {
                chosen.push(word);
            }
        }
    }
    chosen
}

fn references(
    page: &RecordPage,
    form: Form,
    field: &'static Field,
    (records, threats, evidence): (&'static [RecordKind], bool, bool),
    optional: bool,
) -> AnyView {
    let (name, label) = (field.key, field.label);
    let myself = page.item.as_ref().map(|item| RecordRef::Record(item.kind, item.number));
    let offered: Vec<(String, String)> = page
        .candidates
        .iter()
        .filter(|(what, _)| match what {
            RecordRef::Record(kind, _) => records.contains(kind) && Some(*what) != myself,
            RecordRef::Threat(_) => threats,
            RecordRef::Evidence(_) => evidence,
        })
        .map(|(what, title)| (what.to_string(), format!("{what} {title}")))
        .collect();
    let chosen = chosen_references(&form, name);
    if offered.is_empty() && chosen.is_empty() {
        return nothing_yet(page, form, field, (records, threats, evidence), optional);
    }
    let error = form.error(name);
    let fail = |form: Form| match &error {
        Some(error) => form.fail(name, error.as_str()),
        None => form,
    };
    if offered.len() <= BOXES {
        let form = fail(chosen.iter().fold(Form::new(), |form, value| form.with(name, value.as_str())));
        let unknown = chosen.iter().filter(|value| !offered.iter().any(|(key, _)| key == *value));
        let unknown = unknown.map(|value| Choice::new(value.as_str(), format!("{value} (not found)")));
        let options = offered.iter().map(|(key, words)| Choice::new(key.as_str(), words.as_str()));
        let options: Vec<Choice> = options.chain(unknown).collect();
        let class = (options.len() > UNROLLED).then_some("scroll-choices");
        let hint = some(field.hint);
        return view! {
            <div class=class>
                <CheckboxGroup form name legend=label nostrip:hint=hint optional options />
            </div>
        }
        .into_any();
    }
    let example: Vec<&str> = offered.iter().take(2).map(|(key, _)| key.as_str()).collect();
    let hint = format!("{} Keys, separated by commas, such as {}.", field.hint, example.join(", "));
    let form = fail(Form::new().with(name, chosen.join(", ")));
    let lines = offered.into_iter().map(|(_, words)| view! { <li>{words}</li> }).collect_view();
    view! {
        <div class="stack-s">
            <TextField form name label hint=hint.trim() optional autocomplete="off" />
            <details class="offered">
                <summary>"Show what there is"</summary>
                <ul class="plain">{lines}</ul>
            </details>
        </div>
    }
    .into_any()
}

/// There is nothing that the field could refer to; where the record needs it, a link says where to begin.
fn nothing_yet(
    page: &RecordPage,
    form: Form,
    field: &'static Field,
    (records, threats, evidence): (&'static [RecordKind], bool, bool),
    optional: bool,
) -> AnyView {
    let mut names: Vec<&str> = records
        .iter()
        // A decision that none can supersede yet names itself.
        .map(|kind| if *kind == page.kind { "other" } else { kind.spec().name })
        .collect();
    names.extend(threats.then_some("threat"));
    names.extend(evidence.then_some("evidence"));
    let words = format!("There is no {} to name yet.", words::join(&names, "or"));
    let first = records.iter().find(|kind| !optional && **kind != page.kind).map(|kind| {
        let href = Place::NewRecord(*kind).path(&page.summary.key);
        view! { <a href=href>{add_words(*kind)}</a> }
    });
    let name = field.key;
    let described = form.error(name).is_some().then(|| format!("{name}-error"));
    view! {
        <div class="field" id=name tabindex="-1" role="group" aria-label=field.label aria-describedby=described>
            <span class="label">{field.label}</span>
            <p class="muted">{words} " " {first}</p>
            <FieldError form name />
        </div>
    }
    .into_any()
}

/// The states that the reader may choose, and who may bring the record into the others.
pub(super) fn state(page: &RecordPage, form: &Form) -> AnyView {
    let spec = page.kind.spec();
    if spec.states.len() == 1 {
        return ().into_any();
    }
    let present = page.item.as_ref().map(|item| item.state.code);
    let options = page.states.iter().map(|state| {
        let choice = Choice::new(state.code, state.label);
        match state_hint(page.kind, state, present) {
            Some(hint) => choice.hint(hint),
            None => choice,
        }
    });
    let options: Vec<Choice> = options.collect();
    let hint = others(page);
    view! { <RadioGroup form=form.clone() name="state" legend="State" options nostrip:hint=hint /> }
        .into_any()
}

/// What a state asks for.
fn state_hint(kind: RecordKind, state: &'static State, present: Option<&str>) -> Option<String> {
    let labels: Vec<String> = state
        .needs
        .iter()
        .filter_map(|need| kind.spec().field(need))
        .filter(|field| !matches!(field.input, Input::Set))
        .map(|field| format!("“{}”", field.label))
        .collect();
    let needs = (!labels.is_empty()).then(|| format!("Needs {}.", words::join(&labels, "and")));
    let another = (state.by_another && present != Some(state.code))
        .then(|| "By somebody other than who brought it where it is now.".to_owned());
    let hint: Vec<String> = [needs, another].into_iter().flatten().collect();
    (!hint.is_empty()).then(|| hint.join(" "))
}

/// What else there is to say of states: where the present one is not the reader's, and who brings the record into the
/// others.
fn others(page: &RecordPage) -> Option<String> {
    let spec = page.kind.spec();
    let offered = |state: &State| page.states.iter().any(|other| other.code == state.code);
    let present = page.item.as_ref().map(|item| item.state);
    let mut sentences = Vec::new();
    if let Some(state) = present.filter(|state| !offered(state)) {
        let who = words::who_can(spec.who_may_enter(state));
        sentences.push(format!(
            "It is “{}” now, by a {who}. To change it, bring it back into one of these states.",
            state.label
        ));
    }
    for state in spec.states.iter().filter(|state| !offered(state)) {
        if present.is_some_and(|present| present.code == state.code) {
            continue;
        }
        let by_step = state
            .needs
            .iter()
            .any(|need| spec.field(need).is_some_and(|field| matches!(field.input, Input::Set)));
        if by_step {
            sentences.push(format!("“{}” comes about by its own step.", state.label));
            continue;
        }
        let after: Vec<String> = state
            .after
            .iter()
            .filter_map(|code| spec.state(code))
            .map(|state| format!("“{}”", state.label))
            .collect();
        let who = words::who_can(spec.who_may_enter(state));
        sentences.push(if after.is_empty() {
            format!("“{}” is for the {who}.", state.label)
        } else {
            format!("“{}” comes after {}, by a {who}.", state.label, words::join(&after, "or"))
        });
    }
    (!sentences.is_empty()).then(|| sentences.join(" "))
}
