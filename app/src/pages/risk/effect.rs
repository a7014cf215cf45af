//! What answers to the questionnaire would change, before they are saved.

use leptos::prelude::*;
use sluice_domain::{
    place::Place,
    policy::{PhaseChange, Tier},
    record::risk::questions,
    words::{self, Label},
};
use sluice_service::risk::{RiskEffect, RiskPage};

use super::{because_list, tier_words};
use crate::{
    components::{
        Badge, Button, ButtonKind, Card, FormActions, HiddenField, Notice, NoticeKind, PostForm, counted,
    },
    form::Form,
    pages::{FeatureFrame, FeatureSection, features::tier_tone},
};

/// What the answers would change, and the button that saves them.
#[component]
pub fn RiskEffectScreen(
    /// What they would change.
    effect: RiskEffect,
    /// The answers.
    form: Form,
) -> impl IntoView {
    let result = result_card(&effect);
    let changes = changes(&effect);
    let open = behind(&effect);
    let voids = voids(&effect.voids);
    let confirm = confirm(&effect, &form);
    let RiskPage { summary, .. } = effect.page;
    view! {
        <FeatureFrame summary section=FeatureSection::Overview here="Risk questionnaire">
            {result}
            {voids}
            {changes}
            {open}
            {confirm}
        </FeatureFrame>
    }
}

fn result_card(effect: &RiskEffect) -> AnyView {
    let before = effect.page.summary.tier;
    let side = view! { <Badge text=effect.tier.title() tone=tier_tone(effect.tier) /> }.into_any();
    let words = if effect.tier > effect.assessment.tier {
        format!(
            "You chose {}. The answers alone give {}.",
            tier_words(effect.tier),
            tier_words(effect.assessment.tier)
        )
    } else {
        match effect.assessment.because.len() {
            0 => format!("No question is answered with yes: {}.", tier_words(effect.tier)),
            _ => format!("These answers of yes give {}:", tier_words(effect.tier)),
        }
    };
    let because = because_list(&effect.assessment.because);
    let compared = if effect.tier == before {
        format!("That is the tier that the feature has: {}.", tier_words(before))
    } else {
        format!("Now it is {}.", tier_words(before))
    };
    view! {
        <Card title="What the answers come to" side>
            <p>{words}</p>
            {because}
            <p class="muted">{compared}</p>
        </Card>
    }
    .into_any()
}

fn voids(names: &[String]) -> Option<AnyView> {
    (!names.is_empty()).then(|| {
        let title = format!("Saving this voids {}", counted(names.len(), "sign-off"));
        let words = format!(
            "They stand on the dossier as it is, and this changes it: {}. They stay in the record, and the same people may sign again.",
            words::join(names, "and")
        );
        view! {
            <Notice kind=NoticeKind::Warning title>
                <p>{words}</p>
            </Notice>
        }
        .into_any()
    })
}

fn changes(effect: &RiskEffect) -> AnyView {
    if effect.ahead.is_empty() {
        return view! {
            <Card title="What changes ahead">
                <p>"Nothing: what the current and the later phases ask for stays the same."</p>
            </Card>
        }
        .into_any();
    }
    let count = |lists: fn(&PhaseChange) -> &Vec<String>| -> usize {
        effect.ahead.iter().map(|change| lists(change).len()).sum()
    };
    let (added, dropped) = (count(|change| &change.added), count(|change| &change.dropped));
    let words = match (added, dropped) {
        (0, 0) => "The same controls are owed; other sign-offs or conditions are asked for.".to_owned(),
        (added, 0) => {
            format!("{} more to do, in the current and the later phases.", counted(added, "control"))
        }
        (0, dropped) => {
            format!("{} less to do, in the current and the later phases.", counted(dropped, "control"))
        }
        (added, dropped) => format!(
            "{} more to do and {dropped} less, in the current and the later phases.",
            counted(added, "control")
        ),
    };
    let phases = effect.ahead.iter().map(phase).collect_view();
    view! {
        <Card title="What changes ahead">
            <p>{words}</p>
            {phases}
        </Card>
    }
    .into_any()
}

/// Gates that are open already and would ask for more now.
fn behind(effect: &RiskEffect) -> Option<AnyView> {
    if effect.behind.is_empty() {
        return None;
    }
    let phases = effect
        .behind
        .iter()
        .map(|(under, change)| {
            let words = format!("Opened under {}.", tier_words(*under));
            let phase = phase(change);
            view! {
                {phase}
                <p class="muted small">{words}</p>
            }
        })
        .collect_view();
    let title = match effect.behind.len() {
        1 => "1 gate that is open is passed anew".to_owned(),
        count => format!("{count} gates that are open are passed anew"),
    };
    Some(
        view! {
            <Card title>
                <p>
                    "Nobody has signed what the new tier asks of these gates besides. The gate that the feature is at stays closed until the feature is moved back to the first of them, or a waiver lets that pass."
                </p>
                {phases}
            </Card>
        }
        .into_any(),
    )
}

fn phase(change: &PhaseChange) -> AnyView {
    let plus = |text: String| line("Added", text);
    let minus = |text: String| line("No longer owed", text);
    let sign_offs = change.sign_offs.iter().map(|(role, before, after)| {
        let word = if after > before { "More sign-offs" } else { "Fewer sign-offs" };
        line(word, format!("{}: {after} instead of {before}", role.title()))
    });
    let lines: Vec<AnyView> = change
        .added
        .iter()
        .cloned()
        .map(plus)
        .chain(change.conditions_added.iter().map(|condition| plus(words::condition(&condition.wanted))))
        .chain(change.dropped.iter().cloned().map(minus))
        .chain(change.conditions_dropped.iter().map(|condition| minus(words::condition(&condition.wanted))))
        .chain(sign_offs)
        .collect();
    view! {
        <section class="stack-s">
            <h3>{change.name.clone()}</h3>
            <ul>{lines}</ul>
        </section>
    }
    .into_any()
}

fn line(word: &'static str, text: String) -> AnyView {
    view! {
        <li>
            <strong>{word}</strong>
            ": "
            {text}
        </li>
    }
    .into_any()
}

fn confirm(effect: &RiskEffect, form: &Form) -> AnyView {
    let action = Place::Risk.path(&effect.page.summary.key);
    let save = save_words(effect.page.summary.tier, effect.tier);
    let carried: Vec<AnyView> = questions()
        .map(|question| question.key)
        .chain(["reason", "tier", "version", "from"])
        .map(|name| view! { <HiddenField name value=form.value(name) /> }.into_any())
        .collect();
    view! {
        <Card title="Save it?">
            <PostForm action>
                {carried}
                <FormActions>
                    <Button name="go" value="save">
                        {save}
                    </Button>
                    <Button kind=ButtonKind::Quiet name="go" value="edit">
                        "Change the answers"
                    </Button>
                </FormActions>
            </PostForm>
        </Card>
    }
    .into_any()
}

fn save_words(before: Tier, after: Tier) -> String {
    match after.cmp(&before) {
        std::cmp::Ordering::Greater => format!("Raise to {} and save", tier_words(after)),
        std::cmp::Ordering::Less => format!("Lower to {} and save", tier_words(after)),
        std::cmp::Ordering::Equal => "Save the answers".to_owned(),
    }
}
