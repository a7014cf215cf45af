//! The version of the policy that a feature follows, and the move to another, its effect first.

use leptos::prelude::*;
use sluice_domain::{
    gate::Blocker,
    place::Place,
    words::{self, Label as _},
};
use sluice_service::{
    gates::{CONFIRM_VOID, VoidedSignOff},
    policies::{MigrationEffect, MigrationPage},
};

use super::{difference::difference_cards, version_path};
use crate::{
    components::{
        Breadcrumb, Button, ButtonKind, Card, EmptyState, ErrorSummary, FormActions, HiddenField, LinkButton,
        Notice, NoticeKind, PageHead, PostForm, TextArea, counted,
    },
    form::Form,
    pages::{FeatureFrame, FeatureSection},
};

/// The version that a feature follows, and the move to another.
#[component]
pub fn MigrationScreen(
    /// The feature, its versions, and the effect of the chosen one.
    page: MigrationPage,
    /// What was typed.
    form: Form,
    /// Why the last step was refused, in a sentence.
    #[prop(optional_no_strip)]
    notice: Option<String>,
) -> impl IntoView {
    let notice = notice.map(|title| view! { <Notice kind=NoticeKind::Danger title /> });
    let text = form.value("reason");
    let unplaced = (page.effect.is_none() && !text.trim().is_empty()).then(|| {
        view! {
            <Notice title="What you wrote was not sent. Here it is, to copy:">
                <p class="pre">{text}</p>
            </Notice>
        }
    });
    let summary = view! { <ErrorSummary form=form.clone() /> };
    let now = current_card(&page);
    let body = match (&page.effect, page.phase.is_some()) {
        (Some(effect), true) => effect_view(&page, effect, form),
        (_, true) => target_card(&page),
        (_, false) => {
            view! { <p class="muted">"The feature is not under way: it stays on this version."</p> }
                .into_any()
        }
    };
    let content = view! {
        {notice}
        {unplaced}
        {summary}
        {now}
        {body}
    };
    if let Some(summary) = page.summary {
        view! {
            <FeatureFrame summary section=FeatureSection::Overview here="Policy">
                {content}
            </FeatureFrame>
        }
        .into_any()
    } else {
        // Who may move features without reading them sees the key, and what the policy says.
        let key = page.key.to_string();
        let trail = vec![("Policies".to_owned(), super::LIST.to_owned())];
        view! {
            <Breadcrumb trail here=key.clone() />
            <PageHead title="Policy of the feature" key />
            {content}
        }
        .into_any()
    }
}

fn current_card(page: &MigrationPage) -> AnyView {
    let policy = &page.current.policy;
    let (href, name) = (version_path(policy), format!("{} {}", policy.title, policy.version));
    let phase = page.phase.as_ref().map(|phase| format!(" It is in the phase {phase}."));
    view! {
        <Card title="The version that it follows">
            <p>
                <a href=href>{name}</a> "." {phase}
                " A feature stays on its version until somebody moves it; the move is part of its history."
            </p>
        </Card>
    }
    .into_any()
}

fn target_card(page: &MigrationPage) -> AnyView {
    let Some(target) = &page.target else {
        let (title, why) = if page.is_active {
            (
                "Nothing to move to",
                "It follows the active version of its policy. When an administrator activates another one, the feature can move to that.",
            )
        } else {
            (
                "Nothing to move to",
                "No version of this policy is active. A feature moves to the active version and to no other.",
            )
        };
        return view! { <EmptyState title why /> }.into_any();
    };
    let who = (!page.may_migrate).then(|| {
        let roles = sluice_domain::access::Action::MigrateFeature.product_roles();
        let words = format!("A {} of the product or an administrator can move it.", words::who_can(roles));
        view! { <p class="muted">{words}</p> }
    });
    let way = match &target.obstacle {
        None => {
            let href = format!("{}?to={}", Place::Policy.path(&page.key), target.id);
            view! { <p><a href=href>"See what a move would change"</a></p> }.into_any()
        }
        Some(refusal) => view! { <p>{words::refusal(refusal)}</p> }.into_any(),
    };
    let name = target.version.clone();
    view! {
        <Card title="The active version">
            <p>
                {name} " is active: new features start under it. This feature can move to it and to no other version."
            </p>
            {way}
            {who}
        </Card>
    }
    .into_any()
}

fn effect_view(page: &MigrationPage, effect: &MigrationEffect, form: Form) -> AnyView {
    // Somebody who may not read the feature learns what is asked, and nothing that people wrote.
    let says = |blocker: &Blocker| {
        if page.summary.is_some() { words::blocker(blocker) } else { words::cause(blocker) }
    };
    let list = |blockers: &[Blocker]| blockers.iter().map(says).collect::<Vec<_>>();
    let appears =
        blockers("What would block besides", "Nothing more would block.", &list(&effect.change.appears));
    let vanishes =
        blockers("What would block no more", "Nothing less would block.", &list(&effect.change.vanishes));
    let voids = (!effect.voids.is_empty()).then(|| voids(&effect.voids));
    let calls_off = effect.calls_off.then(|| {
        let title = "Moving it calls off the release in an emergency that was asked for";
        view! {
            <Notice kind=NoticeKind::Warning title>
                <p>"Whoever agreed to it had the gates of the present version in mind. It can be asked for anew."</p>
            </Notice>
        }
    });
    let difference = difference_cards(&effect.difference, &effect.to.policy);
    let confirm = page.may_migrate.then(|| confirm(page, effect, form));
    view! {
        {voids}
        {calls_off}
        {appears}
        {vanishes}
        {confirm}
        <h2>"What the version says otherwise"</h2>
        {difference}
    }
    .into_any()
}

fn blockers(title: &'static str, none: &'static str, sentences: &[String]) -> AnyView {
    let content = if sentences.is_empty() {
        view! { <p>{none}</p> }.into_any()
    } else {
        let items = sentences.iter().map(|sentence| view! { <li>{sentence.clone()}</li> }).collect_view();
        view! { <ul>{items}</ul> }.into_any()
    };
    view! { <Card title=title>{content}</Card> }.into_any()
}

fn voids(sign_offs: &[VoidedSignOff]) -> AnyView {
    let title = format!("Moving it voids {}", counted(sign_offs.len(), "sign-off"));
    let names: Vec<String> = sign_offs
        .iter()
        .map(|VoidedSignOff { name, role, gate }| format!("{name} ({}, {gate} gate)", role.label()))
        .collect();
    let words = format!(
        "They were given under the present version: {}. They stay in the record, and the same people may sign again. A denial stands.",
        words::join(&names, "and")
    );
    view! {
        <Notice kind=NoticeKind::Warning title>
            <p>{words}</p>
        </Notice>
    }
    .into_any()
}

fn confirm(page: &MigrationPage, effect: &MigrationEffect, form: Form) -> AnyView {
    let here = Place::Policy.path(&page.key);
    let button = match effect.voids.len() {
        0 => format!("Move to {}", effect.to.policy.version),
        count => format!("Move to {} and void {}", effect.to.policy.version, counted(count, "sign-off")),
    };
    // The sign-offs are named above, so nobody is asked about them again.
    let confirmed = (!effect.voids.is_empty()).then(|| {
        let value = effect.confirmation.to_string();
        view! { <HiddenField name=CONFIRM_VOID value /> }
    });
    let (from, to, seen) = (page.current.id.to_string(), effect.to.id.to_string(), effect.seen.to_string());
    view! {
        <Card title="Move it?">
            <PostForm action=here.clone()>
                <HiddenField name="from" value=from />
                <HiddenField name="to" value=to />
                <HiddenField name="seen" value=seen />
                {confirmed}
                <TextArea form name="reason" label="Reason" hint="Part of the record." rows=3 maxlength=2000 />
                <FormActions>
                    <Button>{button}</Button>
                    <LinkButton href=here kind=ButtonKind::Link>
                        "Cancel"
                    </LinkButton>
                </FormActions>
            </PostForm>
        </Card>
    }
    .into_any()
}
