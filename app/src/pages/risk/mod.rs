//! The risk questionnaire: its questions on one page or one at a time, and what the answers would change.

pub mod effect;
pub mod steps;
#[cfg(test)]
mod tests;

pub use effect::RiskEffectScreen;
pub use steps::{RiskStepScreen, STEPS};

use leptos::prelude::*;
use sluice_domain::{
    access::Action,
    place::Place,
    policy::Tier,
    record::risk::questions,
    words::{self, Label},
};
use sluice_service::{
    features::FeatureSummary,
    risk::{Rated, RiskPage},
};

use super::{features::tier_tone, threats::at_rest};
use crate::{
    components::{
        Badge, Button, ButtonKind, Card, Choice, Conflict, ConflictField, ErrorSummary, Fact, FactList,
        FormActions, HiddenField, LinkButton, PostForm, RadioGroup, SelectField, TextArea, Timestamp,
    },
    form::Form,
    pages::{FeatureFrame, FeatureSection},
};

/// The form as it opens: with the answers that there are.
#[must_use]
pub fn risk_form(page: &RiskPage) -> Form {
    let form = current(Form::new(), page);
    let Some(rated) = &page.rated else { return form };
    let chosen = if page.summary.tier > rated.assessment.tier { page.summary.tier.code() } else { "" };
    questions()
        .fold(form, |form, question| form.with(question.key, rated.answers.text(question.key)))
        .with("reason", rated.answers.text("reason"))
        .with("tier", chosen)
}

/// The same form, made of what is there now: sending it then replaces that knowingly.
#[must_use]
pub fn current(form: Form, page: &RiskPage) -> Form {
    let version = page.rated.as_ref().map_or(0, |rated| rated.version);
    form.set("version", version.to_string()).set("from", page.summary.tier.code())
}

/// The questionnaire of a feature: to answer, or to read.
#[component]
pub fn RiskScreen(
    /// The questionnaire.
    page: RiskPage,
    /// What the form shows.
    form: Form,
    /// Somebody else answered since the form was opened: both versions are shown, and going on puts this one in the place
    /// of theirs.
    #[prop(optional)]
    conflict: bool,
) -> impl IntoView {
    let RiskPage { summary, rated } = page;
    let rests = at_rest(&summary);
    let body = if rests.is_some() || !summary.may(Action::EditFeature) {
        let why = rests.unwrap_or_else(|| {
            let who = words::who_can(Action::EditFeature.product_roles());
            format!("The {who} of {} answers these questions.", summary.product_name)
        });
        reading(&summary, rated, why)
    } else {
        let both = rated.filter(|_| conflict).map(|rated| both_versions(&summary, &rated, &form));
        let card = form_card(&summary, form);
        view! {
            {both}
            {card}
        }
        .into_any()
    };
    view! {
        <FeatureFrame summary section=FeatureSection::Overview here="Risk questionnaire">
            {body}
        </FeatureFrame>
    }
}

/// A tier inside a sentence: “high risk”.
fn tier_words(tier: Tier) -> &'static str {
    Label::label(&tier)
}

/// Why a feature has its tier, in a sentence, and what it rests on.
#[must_use]
pub fn why_words(tier: Tier, rated: Option<&Rated>) -> String {
    let Some(rated) = rated else {
        return "Tier not assessed yet: it is the one that the feature began with.".to_owned();
    };
    let assessed = &rated.assessment;
    if tier > assessed.tier {
        return format!("The answers alone give {}; the tier was raised by hand.", tier_words(assessed.tier));
    }
    if tier < assessed.tier {
        return format!(
            "The answers give {} by now. Answer again to follow them.",
            tier_words(assessed.tier)
        );
    }
    match assessed.because.len() {
        0 => "No question was answered with yes.".to_owned(),
        1 => "One answer of yes sets it:".to_owned(),
        count => format!("{count} answers of yes set it:"),
    }
}

/// The questions that set the tier, as a list; nothing where none did.
#[must_use]
pub fn because_list(because: &[&'static str]) -> Option<AnyView> {
    (!because.is_empty()).then(|| {
        let lines = because.iter().map(|question| view! { <li>{*question}</li> }).collect_view();
        view! { <ul>{lines}</ul> }.into_any()
    })
}

pub(super) fn yes_no() -> Vec<Choice> {
    vec![Choice::new("yes", "Yes"), Choice::new("no", "No")]
}

fn answer_words(code: &str) -> &'static str {
    match code {
        "yes" => "Yes",
        "no" => "No",
        _ => "Not answered",
    }
}

/// The questions with their answers, for readers.
fn reading(summary: &FeatureSummary, rated: Option<Rated>, why: String) -> AnyView {
    let tier = view! { <Badge text=summary.tier.title() tone=tier_tone(summary.tier) /> }.into_any();
    let words = why_words(summary.tier, rated.as_ref());
    let footer = view! { <span>{why}</span> }.into_any();
    let now = summary.now;
    let answers = rated.map(|rated| {
        let mut facts: Vec<Fact> = questions()
            .map(|question| Fact::text(question.label, answer_words(rated.answers.text(question.key))))
            .collect();
        let note = rated.answers.text("reason").to_owned();
        if !note.is_empty() {
            facts.push(Fact::view("What else matters", view! { <span class="pre">{note}</span> }));
        }
        facts.push(Fact::view("Answered by", view! { {rated.author} ", " <Timestamp at=rated.at now /> }));
        let because = because_list(&rated.assessment.because);
        view! {
            {because}
            <FactList facts />
        }
    });
    view! {
        <Card title="Risk questionnaire" side=tier footer>
            <p>{words}</p>
            {answers}
        </Card>
    }
    .into_any()
}

fn form_card(summary: &FeatureSummary, form: Form) -> AnyView {
    let action = Place::Risk.path(&summary.key);
    let one_by_one = format!("{action}?step=1");
    let back = Place::Feature.path(&summary.key);
    let side = view! { <a href=one_by_one>"One question at a time"</a> }.into_any();
    let asked = questions()
        .map(|question| {
            let form = form.clone();
            view! { <RadioGroup form name=question.key legend=question.label options=yes_no() inline=true /> }
        })
        .collect_view();
    let last = last_fields(&form);
    let hidden = hidden_state(&form);
    view! {
        <Card title="Six questions set the risk tier" side>
            <p class="muted measure">
                "The tier decides which controls the feature owes and how many people sign its gates. Nothing is saved before you have seen what the answers change."
            </p>
            <PostForm action>
                <ErrorSummary form=form.clone() />
                {hidden}
                {asked}
                {last}
                <FormActions>
                    <Button>"Show what this changes"</Button>
                    <LinkButton href=back kind=ButtonKind::Link>
                        "Cancel"
                    </LinkButton>
                </FormActions>
            </PostForm>
        </Card>
    }
    .into_any()
}

/// What the form was made of.
fn hidden_state(form: &Form) -> AnyView {
    view! {
        <HiddenField name="version" value=form.value("version") />
        <HiddenField name="from" value=form.value("from") />
    }
    .into_any()
}

/// What comes after the questions: what they do not see, and a higher tier.
fn last_fields(form: &Form) -> AnyView {
    let higher = [Tier::Medium, Tier::High].map(|tier| Choice::new(tier.code(), tier.title()));
    view! {
        <TextArea
            form=form.clone()
            name="reason"
            label="What else matters"
            hint="Anything that the questions do not see. Needed where you choose a higher tier."
            optional=true
            maxlength=2_000
        />
        <SelectField
            form=form.clone()
            name="tier"
            label="A higher tier than the answers give"
            options=higher.to_vec()
            prompt="No, follow the answers"
            hint="You can ask for more than the answers do, never for less."
            optional=true
        />
    }
    .into_any()
}

/// What somebody else answered beside what this person did.
fn both_versions(summary: &FeatureSummary, rated: &Rated, form: &Form) -> AnyView {
    let mut fields: Vec<ConflictField> = questions()
        .map(|question| ConflictField {
            label: question.label.to_owned(),
            theirs: answer_words(rated.answers.text(question.key)).to_owned(),
            yours: answer_words(&form.value(question.key)).to_owned(),
        })
        .collect();
    fields.push(ConflictField {
        label: "What else matters".to_owned(),
        theirs: rated.answers.text("reason").to_owned(),
        // Browsers send other line ends than are stored.
        yours: form.value("reason").replace("\r\n", "\n"),
    });
    let (who, at, now) = (rated.author.clone(), rated.at, summary.now);
    view! { <Conflict who at now fields /> }.into_any()
}
