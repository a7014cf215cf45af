//! A look at what a version of a policy would decide: how far it is, and what it found.

use leptos::prelude::*;
use sluice_domain::policy::{RunKind, RunState};
use sluice_service::policies::{Cause, CauseCount, PolicyRun, PolicyRunPage as Run, RunRow};
use time::OffsetDateTime;

use super::{LIST, version_path};
use crate::{
    components::{
        Badge, Breadcrumb, Button, ButtonKind, Card, Column, EmptyState, ErrorSummary, Fact, FormActions,
        HiddenField, InputKind, LinkButton, PageHead, Pager, PostForm, TableHead, TableWrap, TextField,
        Timestamp, Tone, counted,
    },
    form::Form,
};

/// A run with what it found.
#[component]
pub fn PolicyRunScreen(
    /// The run.
    page: Run,
) -> impl IntoView {
    let policy = &page.loaded.policy;
    let here = version_path(policy);
    let name = format!("{} {}", policy.title, policy.version);
    let trail = vec![("Policies".to_owned(), LIST.to_owned()), (name.clone(), here.clone())];
    let (title, lead) = match page.run.kind {
        RunKind::Impact => (
            format!("Impact of {name}"),
            "What this version would decide about the features under way and on hold, if they were moved to it. For one on hold it counts once it goes on.",
        ),
        RunKind::Replay => (
            format!("Replay of {name}"),
            "What this version would have decided about each gate at that instant.",
        ),
    };
    let chips = state_badge(page.run.state);
    let facts = facts(&page.run, page.now);
    let progress = progress_card(&page);
    let onward = (page.run.state == RunState::Finished
        && page.run.kind == RunKind::Impact
        && page.may_manage)
        .then(|| {
            let href = format!("{here}/activate");
            view! { <LinkButton href>"Go on to the activation"</LinkButton> }.into_any()
        });
    let causes = causes_card(&page.causes);
    let rows = rows_card(&page);
    view! {
        <Breadcrumb trail here=if page.run.kind == RunKind::Impact { "Impact" } else { "Replay" } />
        <PageHead title lead chips facts nostrip:action=onward />
        {progress}
        {causes}
        {rows}
    }
}

pub(super) fn state_badge(state: RunState) -> AnyView {
    let (text, tone) = match state {
        RunState::Running => ("Under way", Tone::Waiting),
        RunState::Finished => ("Finished", Tone::Open),
        RunState::Cancelled => ("Called off", Tone::Neutral),
        RunState::Broken => ("Failed", Tone::Blocked),
    };
    view! { <Badge text tone /> }.into_any()
}

fn facts(run: &PolicyRun, now: OffsetDateTime) -> Vec<Fact> {
    let (at, began) = (run.at, run.started_at);
    let mut facts = vec![Fact::text("Begun by", run.started_by.clone())];
    facts.push(Fact::view("Begun", view! { <Timestamp at=began now /> }));
    if run.kind == RunKind::Replay {
        facts.push(Fact::view("As of", view! { <Timestamp at now /> }));
    }
    facts
}

fn count(number: i32) -> usize {
    usize::try_from(number).unwrap_or_default()
}

/// What a run came to so far, in a sentence.
pub(super) fn run_words(run: &PolicyRun) -> String {
    let looked = match run.state {
        RunState::Finished => format!("{} looked at", counted(count(run.total), "feature")),
        _ => format!("{} of {} looked at", run.done, counted(count(run.total), "feature")),
    };
    if run.more == 0 && run.less == 0 && run.gone == 0 {
        return match run.state {
            RunState::Finished => format!("{looked}; the same is decided about each of them."),
            _ if run.done == 0 => format!("{looked}."),
            _ => format!("{looked}; so far, the same is decided about each of them."),
        };
    }
    let mut parts = vec![format!("it asks something more of {}", run.more)];
    parts.push(format!("something less of {}", run.less));
    if run.gone > 0 {
        parts.push(format!("{} are in a phase that it does not have", run.gone));
    }
    format!("{looked}: {}.", parts.join(", "))
}

fn progress_card(page: &Run) -> AnyView {
    let run = &page.run;
    let words = run_words(run);
    let bar = (run.state == RunState::Running).then(|| {
        let (max, value) = (run.total.max(1).to_string(), run.done.to_string());
        view! {
            <p>
                <progress class="progress" max=max value=value aria-label="Features looked at"></progress>
            </p>
            <p class="muted">
                "This page shows anew by itself every few seconds until it is done. You can leave it; the work goes on."
            </p>
        }
    });
    let broken = (run.state == RunState::Broken).then(|| {
        view! { <p>"It failed for a reason on our side, which is in the server’s log. Begin another one."</p> }
    });
    let cancel = (run.state == RunState::Running && page.may_manage).then(|| {
        let action = format!("/policy-runs/{}/cancel", run.id);
        view! {
            <PostForm action>
                <FormActions>
                    <Button kind=ButtonKind::Quiet>"Call it off"</Button>
                </FormActions>
            </PostForm>
        }
    });
    view! {
        <Card title="Progress">
            <p role="status">{words}</p>
            {bar}
            {broken}
            {cancel}
        </Card>
    }
    .into_any()
}

fn causes_card(causes: &[CauseCount]) -> Option<AnyView> {
    if causes.is_empty() {
        return None;
    }
    let columns = vec![
        Column::text("What is asked"),
        Column::number("Would block"),
        Column::number("Would block no more"),
    ];
    let rows = causes
        .iter()
        .map(|count| {
            view! {
                <tr>
                    <th scope="row">{count.cause.words.clone()}</th>
                    <td class="num">{count.more}</td>
                    <td class="num">{count.less}</td>
                </tr>
            }
        })
        .collect_view();
    Some(
        view! {
            <Card title="What it asks, and of how many features" flush=true>
                <TableWrap id="causes" caption="What would block, and what would block no more, by number of features">
                    <TableHead columns />
                    <tbody>{rows}</tbody>
                </TableWrap>
            </Card>
        }
        .into_any(),
    )
}

fn rows_card(page: &Run) -> AnyView {
    if page.rows.is_empty() {
        if page.run.state != RunState::Finished {
            return ().into_any();
        }
        return view! {
            <EmptyState
                title="No feature is concerned"
                why="About every feature that was looked at, this version decides what its own version decides."
            />
        }
        .into_any();
    }
    let columns =
        ["Feature", "Phase", "Blockers", "Would block", "Would block no more"].map(Column::text).to_vec();
    let rows = page.rows.iter().map(run_row).collect_view();
    let text = format!("{}, the oldest first", counted(page.rows.len(), "feature"));
    let next = page.next.as_ref().map(|after| format!("/policy-runs/{}?after={after}", page.run.id));
    view! {
        <Card title="Features about which it decides otherwise" flush=true>
            <TableWrap id="concerned" caption="Features about which this version decides otherwise">
                <TableHead columns />
                <tbody>{rows}</tbody>
            </TableWrap>
        </Card>
        <Pager text next />
    }
    .into_any()
}

fn run_row(row: &RunRow) -> AnyView {
    let key = row.feature.to_string();
    let name = if row.may_open {
        view! { <a href=format!("/features/{key}")>{key.clone()}</a> }.into_any()
    } else {
        view! { <span class="key">{key}</span> }.into_any()
    };
    let blockers = row.after.map_or_else(
        || "the phase is not there".to_owned(),
        |after| format!("{} by its own version, {after} by this one", row.before),
    );
    let held = row.held.then(|| view! { <Badge text="On hold" tone=Tone::Waiting /> });
    view! {
        <tr>
            <th scope="row">{name}</th>
            <td>{row.phase.clone()} {held}</td>
            <td>{blockers}</td>
            <td>{cause_list(&row.appears)}</td>
            <td>{cause_list(&row.vanishes)}</td>
        </tr>
    }
    .into_any()
}

fn cause_list(causes: &[Cause]) -> AnyView {
    if causes.is_empty() {
        return view! { <span class="muted">"nothing"</span> }.into_any();
    }
    let items = causes.iter().map(|cause| view! { <li>{cause.words.clone()}</li> }).collect_view();
    view! { <ul>{items}</ul> }.into_any()
}

/// The form that replays a version at an instant of the past.
#[component]
pub fn ReplayPolicyPage(
    /// The title and version of the policy.
    #[prop(into)]
    name: String,
    /// The address of the version.
    #[prop(into)]
    here: String,
    /// What was typed; its field `id` was made with the page.
    form: Form,
) -> impl IntoView {
    let trail = vec![("Policies".to_owned(), LIST.to_owned()), (name.clone(), here.clone())];
    let id = form.value("id");
    view! {
        <Breadcrumb trail here="Replay" />
        <PageHead
            title=format!("Replay {name}")
            lead="Every feature that followed this policy on that day is decided by this version and by the one that it followed then, from the record of that day."
        />
        <Card>
            <PostForm action=format!("{here}/replay")>
                <ErrorSummary form=form.clone() />
                <HiddenField name="id" value=id />
                <TextField form name="at" label="Day" kind=InputKind::Date hint="The end of that day counts, in UTC." />
                <FormActions>
                    <Button>"Replay"</Button>
                    <LinkButton href=here kind=ButtonKind::Link>
                        "Cancel"
                    </LinkButton>
                </FormActions>
            </PostForm>
        </Card>
    }
}
