//! Activating a version: what it changes, whom it would concern, and only then the button.

use leptos::prelude::*;
use sluice_domain::policy::RunState;
use sluice_service::policies::{ActivationPage, PolicyRun};

use super::{
    LIST,
    difference::difference_cards,
    run::{run_words, state_badge},
    version_path,
};
use crate::{
    components::{
        Breadcrumb, Button, ButtonKind, Card, ErrorSummary, FormActions, HiddenField, LinkButton, Notice,
        NoticeKind, PageHead, PostForm, TextArea, Timestamp, counted,
    },
    form::Form,
};

/// What there is to know before a version is activated, and the form that does it.
#[component]
pub fn ActivatePolicyPage(
    /// The version, the active one, and the impact.
    page: ActivationPage,
    /// The form; its fields `id`, `run` and `from` were made with the page.
    form: Form,
    /// Another version became active meanwhile.
    #[prop(optional)]
    conflict: bool,
) -> impl IntoView {
    let policy = &page.loaded.policy;
    let here = version_path(policy);
    let name = format!("{} {}", policy.title, policy.version);
    let trail = vec![("Policies".to_owned(), LIST.to_owned()), (name.clone(), here.clone())];
    let is_active = page.active.as_ref().is_some_and(|(active, _)| active.id == page.loaded.id);
    let conflict = conflict.then(conflict_notice);
    let summary = view! { <ErrorSummary form=form.clone() /> };
    let standing = standing(&page);
    let impact = impact_card(&page, &form, &here);
    let confirm = if is_active {
        view! { <p class="muted">"It is the active version. Nothing is left to do here."</p> }.into_any()
    } else {
        confirm_card(&page, form, &here)
    };
    let difference = page.difference.as_ref().filter(|_| !is_active).map(|difference| {
        let cards = difference_cards(difference, &page.loaded.policy);
        view! {
            <h2>"What it changes"</h2>
            {cards}
        }
    });
    view! {
        <Breadcrumb trail here="Activate" />
        <PageHead
            title=format!("Activate {name}")
            lead="New features of products that follow this policy start under the active version. Features that are under way stay on theirs until somebody moves them."
        />
        {conflict}
        {summary}
        <Card title="Where it stands">{standing}</Card>
        {impact}
        {confirm}
        {difference}
    }
}

fn conflict_notice() -> AnyView {
    view! {
        <Notice kind=NoticeKind::Warning title="Another version became active while you were reading">
            <p>"Nothing was changed. Look at the difference and the impact again; your reason is kept below."</p>
        </Notice>
    }
    .into_any()
}

fn standing(page: &ActivationPage) -> AnyView {
    let now = page.now;
    match &page.active {
        None => view! { <p>"No version of this policy is active yet."</p> }.into_any(),
        Some((active, since)) => {
            let href = version_path(&active.policy);
            let version = active.policy.version.clone();
            let at = *since;
            view! {
                <p>
                    "Active now: " <a href=href>{version}</a> ", since " <Timestamp at now /> "."
                </p>
            }
            .into_any()
        }
    }
}

fn impact_card(page: &ActivationPage, form: &Form, here: &str) -> AnyView {
    let now = page.now;
    let last = match &page.run {
        None => view! {
            <p>
                "Nobody has looked yet. Each feature that is under way on this policy is decided by both versions; how many there are decides how long it takes."
            </p>
        }
        .into_any(),
        Some(run) => last_run(run, page.known.is_some(), now),
    };
    let compute = if page.run.is_some() { "Look at the impact again" } else { "Look at the impact" };
    let kind = if page.known.is_some() { ButtonKind::Quiet } else { ButtonKind::Primary };
    let (id, action) = (form.value("run"), format!("{here}/impact"));
    view! {
        <Card title="Impact on features under way" id="impact">
            {last}
            <PostForm action>
                <HiddenField name="id" value=id />
                <FormActions>
                    <Button kind>{compute}</Button>
                </FormActions>
            </PostForm>
        </Card>
    }
    .into_any()
}

fn last_run(run: &PolicyRun, is_known: bool, now: time::OffsetDateTime) -> AnyView {
    let href = format!("/policy-runs/{}", run.id);
    let words = run_words(run);
    let badge = state_badge(run.state);
    let at = run.started_at;
    let stale = (run.state == RunState::Finished && !is_known).then(|| {
        view! {
            <p class="muted">
                "It is too old, or another version has become active since: look again before you activate."
            </p>
        }
    });
    view! {
        <p>
            {badge} " " {words} " " <a href=href>"See what would change for which feature"</a> ", begun "
            <Timestamp at now /> "."
        </p>
        {stale}
    }
    .into_any()
}

fn confirm_card(page: &ActivationPage, form: Form, here: &str) -> AnyView {
    let Some(seen) = &page.known else {
        return view! {
            <p class="muted">"It can be activated once somebody has looked at its impact."</p>
        }
        .into_any();
    };
    let (id, from) = (form.value("id"), form.value("from"));
    // What counts is the look that is finished, not one that was begun since and may have come to nothing.
    let concerned = usize::try_from(seen.more.max(seen.less).max(seen.gone)).unwrap_or_default();
    let effect = match concerned {
        0 => "It would decide the same about every feature under way.".to_owned(),
        count => format!(
            "It would decide otherwise about {} under way or more, if they were moved to it. None of them is moved now.",
            counted(count, "feature")
        ),
    };
    let other = page.run.as_ref().is_some_and(|latest| latest.id != seen.id).then(|| {
        let (href, at, now) = (format!("/policy-runs/{}", seen.id), seen.started_at, page.now);
        view! {
            <p class="muted">
                "By the last look that is finished: " <a href=href>"what would change for which feature"</a> ", begun "
                <Timestamp at now /> "."
            </p>
        }
    });
    let version = page.loaded.policy.version.clone();
    let (action, cancel) = (format!("{here}/activate"), here.to_owned());
    view! {
        <Card title="Activate it?">
            <p>{effect}</p>
            {other}
            <PostForm action>
                <HiddenField name="id" value=id />
                <HiddenField name="from" value=from />
                <TextArea form name="reason" label="Reason" hint="Part of the record." rows=3 maxlength=2000 />
                <FormActions>
                    <Button>{format!("Activate {version}")}</Button>
                    <LinkButton href=cancel kind=ButtonKind::Link>
                        "Cancel"
                    </LinkButton>
                </FormActions>
            </PostForm>
        </Card>
    }
    .into_any()
}
