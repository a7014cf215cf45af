//! One record: its form, the step that the reader may take, or the record to read.

use leptos::prelude::*;
use sluice_domain::{
    access::Action,
    lifecycle::Turn,
    place::Place,
    record::{Input, RecordKind, State},
    words,
};
use sluice_service::records::{RecordItem, RecordPage, Referrer};

use super::{
    fields,
    form::both_versions,
    labels::{add_words, capital, closed_words, kind_title, state_badge},
    reading::Known,
};
use crate::{
    components::{
        Button, ButtonKind, Card, EmptyState, ErrorSummary, FormActions, HiddenField, IconName, LinkButton,
        Notice, NoticeKind, PostForm, Timestamp,
    },
    form::Form,
    pages::{FeatureFrame, FeatureSection},
};

/// One record: the form for whoever may write it, the step for whoever may take one, else the record to read. Of a kind
/// of which a feature has one, the page is there before the record is.
#[component]
pub fn RecordScreen(
    /// The record, if it is there already, and what its form needs.
    page: RecordPage,
    /// What the form holds.
    form: Form,
    /// Somebody else saved it meanwhile: both versions are shown.
    #[prop(optional)]
    conflict: bool,
) -> impl IntoView {
    let both = page.item.as_ref().filter(|_| conflict).map(|theirs| both_versions(&page, theirs, &form));
    let kind = page.kind;
    let here = match &page.item {
        Some(item) => capital(&kind.key(item.number)),
        None if kind.is_single() => kind_title(kind),
        None => add_words(kind),
    };
    let via = (!kind.is_single()).then(|| (kind_title(kind), Place::Records(kind).path(&page.summary.key)));
    let main = match &page.item {
        _ if page.may_write => editing(&page, &form, conflict),
        Some(item) => reading(&page, item, &form),
        None => not_there(&page),
    };
    let voids = voids(&page);
    let referrers = referrers(&page);
    let follows = take_up(&page);
    let summary = page.summary;
    view! {
        <FeatureFrame summary section=FeatureSection::Record here nostrip:via=via>
            {both}
            {voids}
            {main}
            {follows}
            {referrers}
        </FeatureFrame>
    }
}

/// What the page is about.
fn heading(page: &RecordPage, item: &RecordItem) -> String {
    if page.kind.is_single() {
        capital(page.kind.spec().name)
    } else {
        format!("{} {}", page.kind.key(item.number), item.title)
    }
}

/// While the reviewers have the turn, an edit may change what they sign.
fn voids(page: &RecordPage) -> Option<AnyView> {
    let reviewing = page.summary.progress.attempt().is_ok_and(|attempt| attempt.turn != Turn::Team);
    (reviewing && !page.states.is_empty()).then(|| {
        view! {
            <Notice kind=NoticeKind::Warning title="The reviewers have the turn">
                <p>
                    "Where this belongs to what they sign, a change here voids the sign-offs given so far at this gate."
                </p>
            </Notice>
        }
        .into_any()
    })
}

fn not_there(page: &RecordPage) -> AnyView {
    let spec = page.kind.spec();
    let title = if page.kind.is_single() {
        format!("There is no {} yet", spec.name)
    } else {
        format!("You cannot {} here", add_words(page.kind).to_lowercase())
    };
    let why = format!("{} {}", spec.purpose, closed_words(&page.summary, page.kind));
    view! {
        <Card title=kind_title(page.kind)>
            <EmptyState title why icon=IconName::File />
        </Card>
    }
    .into_any()
}

/// State, and who wrote this version when.
fn side(page: &RecordPage, item: &RecordItem) -> AnyView {
    let badge = (page.kind.spec().states.len() > 1).then(|| state_badge(item.state));
    view! {
        {badge}
        <span class="muted small">
            {format!("Version {}, written by {}, ", item.version, item.author)}
            <Timestamp at=item.changed_at now=page.summary.now />
        </span>
    }
    .into_any()
}

/// Since when it is in its state, and by whom, where this version did not bring it there.
fn since(page: &RecordPage, item: &RecordItem) -> Option<AnyView> {
    let told = item.state_at == item.changed_at && item.state_by == item.author;
    (page.kind.spec().states.len() > 1 && !told).then(|| {
        view! {
            <p class="muted small">
                {format!("“{}” by {}, ", item.state.label, item.state_by)}
                <Timestamp at=item.state_at now=page.summary.now />
                "."
            </p>
        }
        .into_any()
    })
}

fn editing(page: &RecordPage, form: &Form, conflict: bool) -> AnyView {
    let (kind, key) = (page.kind, &page.summary.key);
    let (title, action, button) = match &page.item {
        _ if conflict => (None, String::new(), "Save mine over theirs".to_owned()),
        Some(_) => (None, String::new(), format!("Save the {}", kind.spec().name)),
        None if kind.is_single() => {
            (Some(kind_title(kind)), Place::Records(kind).path(key), format!("Save the {}", kind.spec().name))
        }
        None => (Some(add_words(kind)), Place::NewRecord(kind).path(key), add_words(kind)),
    };
    let title = title.or_else(|| page.item.as_ref().map(|item| heading(page, item))).unwrap_or_default();
    let action = page.item.as_ref().map_or(action, |item| Place::Record(kind, item.number).path(key));
    let side = page.item.as_ref().map(|item| side(page, item));
    let since = page.item.as_ref().and_then(|item| since(page, item));
    let purpose = page.item.is_none().then(|| view! { <p class="measure muted">{kind.spec().purpose}</p> });
    let id = form.value("id");
    let id = (!id.is_empty()).then(|| view! { <HiddenField name="id" value=id /> });
    let version = form.value("version");
    let errors = form.clone();
    let back = (!kind.is_single()).then(|| {
        let href = Place::Records(kind).path(key);
        view! {
            <LinkButton href kind=ButtonKind::Link>
                {format!("Back to the {}", kind.spec().plural)}
            </LinkButton>
        }
    });
    let all = fields::all(page, form);
    let state = fields::state(page, form);
    view! {
        <Card title nostrip:side=side>
            {purpose}
            {since}
            <PostForm action>
                <ErrorSummary form=errors />
                {id}
                <HiddenField name="version" value=version />
                {all}
                {state}
                <FormActions>
                    <Button>{button}</Button>
                    {back}
                </FormActions>
            </PostForm>
        </Card>
    }
    .into_any()
}

fn reading(page: &RecordPage, item: &RecordItem, form: &Form) -> AnyView {
    let side = side(page, item);
    let since = since(page, item);
    let record = Known::of(page).record(item);
    let footer = view! { <span>{closed_words(&page.summary, page.kind)}</span> }.into_any();
    let step = (!page.states.is_empty()).then(|| step(page, item, form));
    view! {
        <Card title=heading(page, item) side footer>
            {since}
            {record}
        </Card>
        {step}
    }
    .into_any()
}

/// What the button of a step says.
fn step_words(state: &'static State) -> String {
    match state.code {
        "acknowledged" => "Acknowledge it".to_owned(),
        "verified" => "Confirm that it works".to_owned(),
        _ => format!("Set it to “{}”", state.label),
    }
}

/// The step that the reader may take: its fields; all others go along as they are.
fn step(page: &RecordPage, item: &RecordItem, form: &Form) -> AnyView {
    let spec = page.kind.spec();
    let action = Place::Record(page.kind, item.number).path(&page.summary.key);
    let own: Vec<&str> =
        page.states.iter().flat_map(|state| state.fills.iter().chain(state.needs)).copied().collect();
    let only = match page.states.as_slice() {
        [state] => Some(*state),
        _ => None,
    };
    let mut hidden = Vec::new();
    let mut shown = Vec::new();
    for field in spec.fields {
        if matches!(field.input, Input::Set) {
            continue;
        }
        if own.contains(&field.key) {
            let needed = field.needed || only.is_some_and(|state| state.needs.contains(&field.key));
            shown.push(fields::one(page, form, field, !needed));
        } else {
            hidden.push(fields::unchanged(form, field));
        }
    }
    let already = only.is_some_and(|state| state.code == item.state.code);
    let (title, button) = match only {
        Some(_) if already => ("What you said".to_owned(), "Save it".to_owned()),
        Some(state) => ("Your step".to_owned(), step_words(state)),
        None => ("Your step".to_owned(), "Save the step".to_owned()),
    };
    let state = match only {
        Some(state) => view! { <HiddenField name="state" value=state.code /> }.into_any(),
        None => fields::state(page, form),
    };
    let (errors, version, old_title) = (form.clone(), form.value("version"), form.value("title"));
    view! {
        <Card title>
            <PostForm action>
                <ErrorSummary form=errors />
                <HiddenField name="version" value=version />
                <HiddenField name="title" value=old_title />
                {hidden}
                {state}
                {shown}
                <FormActions>
                    <Button>{button}</Button>
                </FormActions>
            </PostForm>
        </Card>
    }
    .into_any()
}

/// Feedback that nobody decided about yet can become a feature of its own.
fn take_up(page: &RecordPage) -> Option<AnyView> {
    let item = page.item.as_ref().filter(|_| page.kind == RecordKind::Feedback)?;
    let undecided = matches!(item.state.code, "new" | "analysed");
    let active = page.summary.progress.is_active();
    (undecided && active && page.summary.may(Action::CreateFeature)).then(|| {
        let record = Place::Record(page.kind, item.number).path(&page.summary.key);
        let footer = view! {
            <LinkButton href=format!("{record}/take-up") kind=ButtonKind::Quiet small=true>
                "Make a feature of it"
            </LinkButton>
        }
        .into_any();
        view! {
            <Card title="What follows from it" footer>
                <p class="measure">
                    "It becomes a feature of its own, which goes through the phases like any other, or it is closed with the reason as its analysis."
                </p>
            </Card>
        }
        .into_any()
    })
}

fn referrers(page: &RecordPage) -> Option<AnyView> {
    if page.referrers.is_empty() {
        return None;
    }
    let lines = page
        .referrers
        .iter()
        .map(|Referrer { what, title, state, field }| {
            let href = what.place().path(&page.summary.key);
            view! {
                <li class="cluster">
                    <a href=href>{format!("{} {title}", words::reference(*what))}</a>
                    <span class="muted small">{*field}</span>
                    {state_badge(state)}
                </li>
            }
        })
        .collect_view();
    Some(
        view! {
            <Card title="Referred to by">
                <ul class="plain stack-s">{lines}</ul>
            </Card>
        }
        .into_any(),
    )
}
