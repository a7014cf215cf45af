//! The starter list of security requirements.

use leptos::prelude::*;
use sluice_domain::{
    place::Place,
    record::{FeatureSort, RecordKind, Starter, starters},
};
use sluice_service::records::StartersPage;

use super::labels::closed_words;
use crate::{
    components::{
        Badge, Button, ButtonKind, Card, ErrorSummary, FieldError, FormActions, IconName, LinkButton,
        PostForm, Tone,
    },
    form::Form,
    pages::{FeatureFrame, FeatureSection},
};

/// The starter list: security requirements by what a feature is about, to pick from.
#[component]
pub fn StartersScreen(
    /// Which of them the feature has already.
    page: StartersPage,
    /// What the form holds.
    form: Form,
) -> impl IntoView {
    let via = Some((
        super::kind_title(RecordKind::Requirement),
        Place::Records(RecordKind::Requirement).path(&page.summary.key),
    ));
    let lead = view! {
        <p class="measure">
            "Pick what fits the feature. Each one that you pick becomes a security requirement of its own, accepted and \
            with the priority “Must”; change its words afterwards where they do not fit."
        </p>
    };
    let sorts = FeatureSort::ALL.iter().map(|sort| section(&page, &form, *sort)).collect_view();
    let body = if page.may_write {
        let back = Place::Records(RecordKind::Requirement).path(&page.summary.key);
        view! {
            <PostForm action=Place::Starters.path(&page.summary.key)>
                <ErrorSummary form=form.clone() />
                <FieldError form=form.clone() name="starter" />
                {sorts}
                <FormActions>
                    <Button>"Add what is picked"</Button>
                    <LinkButton href=back kind=ButtonKind::Link>
                        "Back to the requirements"
                    </LinkButton>
                </FormActions>
            </PostForm>
        }
        .into_any()
    } else {
        view! { <div class="stack">{sorts}</div> }.into_any()
    };
    let footer = (!page.may_write)
        .then(|| view! { <span>{closed_words(&page.summary, RecordKind::Requirement)}</span> }.into_any());
    let summary = page.summary;
    view! {
        <FeatureFrame summary section=FeatureSection::Record here="Starter list" nostrip:via=via>
            <Card title="Security requirements to begin with" nostrip:footer=footer>
                {lead}
                {body}
            </Card>
        </FeatureFrame>
    }
}

fn section(page: &StartersPage, form: &Form, sort: FeatureSort) -> AnyView {
    let lines = starters()
        .iter()
        .filter(|starter| starter.sort == sort)
        .map(|starter| line(page, form, starter))
        .collect_view();
    view! {
        <fieldset class="field starters">
            <legend>{sort.label()}</legend>
            <div class="choices">{lines}</div>
        </fieldset>
    }
    .into_any()
}

fn line(page: &StartersPage, form: &Form, starter: &'static Starter) -> AnyView {
    let family = RecordKind::Requirement.spec().choice_label("family", starter.family).unwrap_or_default();
    let badge = view! { <Badge text=family /> };
    let acceptance = starter.acceptance;
    if page.taken.contains(starter.code) || !page.may_write {
        let taken = page
            .taken
            .contains(starter.code)
            .then(|| view! { <Badge text="On record already" tone=Tone::Open icon=IconName::Check /> });
        return view! {
            <div class="starter">
                <p>{starter.title} " " {badge} " " {taken}</p>
                <p class="hint">{acceptance}</p>
            </div>
        }
        .into_any();
    }
    // The error summary leads to the first box of the list.
    let first = starters().iter().find(|starter| !page.taken.contains(starter.code));
    let is_first = first.is_some_and(|first| first.code == starter.code);
    let id = if is_first { "starter".to_owned() } else { format!("starter-{}", starter.code) };
    let help = format!("{id}-help");
    let failed = is_first && form.error("starter").is_some();
    let described = if failed { format!("{help} starter-error") } else { help.clone() };
    view! {
        <div class="choice">
            <input
                type="checkbox"
                id=id.clone()
                name="starter"
                value=starter.code
                checked=form.is("starter", starter.code)
                aria-describedby=described
            />
            <label for=id>{starter.title} " " {badge}</label>
            <span class="hint" id=help>
                {acceptance}
            </span>
        </div>
    }
    .into_any()
}
