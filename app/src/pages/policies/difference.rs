//! What sets two versions of a policy apart, part by part, and whether it asks more or less.

use leptos::prelude::*;
use sluice_domain::{
    policy::{Effect, Policy, PolicyChange, PolicyDifference},
    words,
};
use sluice_service::policies::PolicyComparison;

use super::{LIST, version_path};
use crate::{
    components::{
        Badge, Breadcrumb, Card, Choice, EmptyState, FilterBar, PageHead, SelectField, Tone, counted,
    },
    form::Form,
};

/// Two versions of a policy, side by side.
#[component]
pub fn PolicyDifferencePage(
    /// Both, and what is different.
    page: PolicyComparison,
) -> impl IntoView {
    let policy = &page.to.policy;
    let here = version_path(policy);
    let trail = vec![
        ("Policies".to_owned(), LIST.to_owned()),
        (format!("{} {}", policy.title, policy.version), here.clone()),
    ];
    let chosen = page.from.policy.version.clone();
    let options = page
        .versions
        .iter()
        .filter(|version| **version != policy.version)
        .map(|version| {
            let active = if page.active.as_ref() == Some(version) { " (active)" } else { "" };
            Choice::new(version.clone(), format!("{version}{active}"))
        })
        .collect::<Vec<_>>();
    let alone = options.is_empty() && chosen == policy.version;
    let form = Form::new().with("from", chosen.clone());
    let (title, lead) = if alone {
        (format!("What {} changes", policy.version), None)
    } else {
        (format!("What {} changes against {chosen}", policy.version), Some(lead(&page.difference)))
    };
    let body = if alone {
        view! {
            <EmptyState
                title="There is no other version yet"
                why="Once a second version of this policy is imported, what sets the two apart stands here, part by part, and whether it asks more or less."
            />
        }
        .into_any()
    } else {
        let changes = difference_cards(&page.difference, policy);
        view! {
            <FilterBar action=format!("{here}/difference") label="Compare with another version" clear=None>
                <SelectField form name="from" label="Compared with" options />
            </FilterBar>
            {changes}
        }
        .into_any()
    };
    view! {
        <Breadcrumb trail here="Difference" />
        <PageHead title key=policy.key.clone() nostrip:lead=lead />
        {body}
    }
}

fn lead(difference: &PolicyDifference) -> String {
    let count = |effect| difference.count(effect);
    let (more, less) = (count(Effect::Tightens), count(Effect::Loosens));
    match (difference.changes.len(), more, less) {
        (0, ..) => "Both versions say the same.".to_owned(),
        (all, more, less) => {
            format!("{}: {more} that ask more, {less} that ask less.", counted(all, "change"))
        }
    }
}

/// The changes, by phase: what concerns the policy as a whole comes first.
pub(super) fn difference_cards(difference: &PolicyDifference, later: &Policy) -> AnyView {
    if difference.is_empty() {
        return view! {
            <EmptyState title="No difference" why="The two versions ask the same of everybody, in the same words." />
        }
        .into_any();
    }
    let general: Vec<&PolicyChange> =
        difference.changes.iter().filter(|change| change.part.phase().is_none()).collect();
    let general = (!general.is_empty()).then(|| changes_card("The policy as a whole".to_owned(), &general));
    let mut keys: Vec<_> = difference.changes.iter().filter_map(|change| change.part.phase()).collect();
    keys.dedup();
    let mut seen = Vec::new();
    keys.retain(|key| {
        let new = !seen.contains(key);
        seen.push(*key);
        new
    });
    let phases = keys
        .into_iter()
        .map(|key| {
            let of: Vec<&PolicyChange> =
                difference.changes.iter().filter(|change| change.part.phase() == Some(key)).collect();
            let name = later.phase(key).map_or_else(|| key.to_string(), |phase| phase.name.clone());
            changes_card(format!("Phase {name}"), &of)
        })
        .collect_view();
    view! {
        {general}
        {phases}
    }
    .into_any()
}

fn changes_card(title: String, changes: &[&PolicyChange]) -> AnyView {
    let lines = changes.iter().map(|change| change_line(change)).collect_view();
    view! {
        <Card title>
            <ul>{lines}</ul>
        </Card>
    }
    .into_any()
}

fn change_line(change: &PolicyChange) -> AnyView {
    let (word, tone) = match change.effect {
        Effect::Tightens => ("Asks more", Tone::Waiting),
        Effect::Loosens => ("Asks less", Tone::Accent),
        Effect::Neutral => ("Neither", Tone::Neutral),
    };
    view! {
        <li>
            <Badge text=word tone />
            " "
            {words::policy_change(change)}
        </li>
    }
    .into_any()
}
