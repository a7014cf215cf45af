//! What answers what, both ways.

use leptos::prelude::*;
use sluice_domain::{ids::FeatureKey, place::Place, record::Tone as StateTone, words::Label};
use sluice_service::paper::{Link, Owed, TracePage, TraceQuery, TraceRow, TraceSide};

use crate::{
    components::{
        Badge, Card, Column, EmptyState, Icon, IconName, Notice, NoticeKind, Pager, TableHead, TableWrap,
        Tone, counted,
    },
    pages::{FeatureFrame, FeatureSection, paper::fields::capital},
};

/// What answers what in a feature.
#[component]
pub fn TraceScreen(
    /// The trace.
    page: TracePage,
) -> impl IntoView {
    let key = page.summary.key.clone();
    let query = page.query;
    let views = views(&key, query);
    let sum = sum(&page);
    let cut = cut(&page.cut);
    let next = page.next.map(|after| address(&key, TraceQuery { after: Some(after), ..query }));
    let first = query.after.map(|_| address(&key, TraceQuery { after: None, ..query }));
    let shown = page.rows.len();
    let empty = page.rows.is_empty().then(|| nothing(&page));
    let tables = match query.side {
        TraceSide::Changes => {
            (!page.rows.is_empty()).then(|| changes(&key, page.rows)).into_iter().collect::<Vec<_>>()
        }
        TraceSide::Owed => [
            (Owed::Security, "Security requirements"),
            (Owed::Threat, "Threats"),
            (Owed::Functional, "Functional requirements"),
        ]
        .into_iter()
        .filter_map(|(group, title)| {
            let rows: Vec<TraceRow> = page.rows.iter().filter(|row| row.group == group).cloned().collect();
            (!rows.is_empty()).then(|| owed(&key, group, title, rows))
        })
        .collect(),
    };
    let pager = (next.is_some() || first.is_some()).then(|| {
        let text = format!("{shown} of {} shown", page.matching);
        view! { <Pager text previous=first next /> }
    });
    view! {
        <FeatureFrame summary=page.summary section=FeatureSection::Trace here="What answers what">
            <Card title="What answers what">
                <p class="measure">
                    "Every requirement and every threat leads to the decisions that answer it, the changes that implement it, and what shows that they work. What is missing is a gap, and is named."
                </p>
                {views}
                <p>{sum}</p>
                {cut}
            </Card>
            {empty}
            {tables}
            {pager}
        </FeatureFrame>
    }
}

/// The address of a view of the trace.
fn address(key: &FeatureKey, query: TraceQuery) -> String {
    let mut pairs = Vec::new();
    if query.side == TraceSide::Changes {
        pairs.push("from=changes".to_owned());
    }
    if query.gaps {
        pairs.push("gaps=yes".to_owned());
    }
    if let Some(after) = query.after {
        pairs.push(format!("after={after}"));
    }
    let base = Place::Trace.path(key);
    if pairs.is_empty() { base } else { format!("{base}?{}", pairs.join("&")) }
}

fn views(key: &FeatureKey, query: TraceQuery) -> AnyView {
    let link = |words: &'static str, target: TraceQuery| {
        let here = (target.side, target.gaps) == (query.side, query.gaps);
        view! {
            <li>
                <a href=address(key, target) aria-current=here.then_some("page")>
                    {words}
                </a>
            </li>
        }
    };
    let to = |side, gaps| TraceQuery { side, gaps, after: None };
    view! {
        <nav class="views" aria-label="Views of the trace">
            <ul>
                {link("Requirements and threats", to(TraceSide::Owed, false))}
                {link("Their gaps only", to(TraceSide::Owed, true))}
                {link("Changes", to(TraceSide::Changes, false))}
                {link("Changes that implement nothing", to(TraceSide::Changes, true))}
            </ul>
        </nav>
    }
    .into_any()
}

/// How much there is and how much of it has gaps, in a sentence.
fn sum(page: &TracePage) -> String {
    let things = match page.query.side {
        TraceSide::Owed => match page.total {
            1 => "1 requirement or threat".to_owned(),
            count => format!("{count} requirements and threats"),
        },
        TraceSide::Changes => counted(page.total, "change"),
    };
    match (page.query.side, page.gaps) {
        (TraceSide::Owed, 0) => format!("{things}, and no gap."),
        (TraceSide::Owed, 1) => format!("{things}; 1 of them has a gap."),
        (TraceSide::Owed, gaps) => format!("{things}; {gaps} of them have gaps."),
        (TraceSide::Changes, 0) => format!("{things}; each one that counts implements or fixes something."),
        (TraceSide::Changes, 1) => format!("{things}; 1 of them implements nothing."),
        (TraceSide::Changes, gaps) => format!("{things}; {gaps} of them implement nothing."),
    }
}

fn cut(cut: &[&'static str]) -> Option<AnyView> {
    (!cut.is_empty()).then(|| {
        let title = format!("Only the first 5,000 were looked at of: {}.", cut.join(", "));
        view! { <Notice kind=NoticeKind::Warning title /> }.into_any()
    })
}

fn nothing(page: &TracePage) -> AnyView {
    let (title, why) = match (page.query.side, page.query.gaps, page.total) {
        (TraceSide::Owed, _, 0) => (
            "Nothing to trace yet",
            "Requirements come from the plan, threats from the threat model. As soon as there is one, this page shows what answers it.",
        ),
        (TraceSide::Changes, _, 0) => (
            "No change yet",
            "Changes are recorded while the feature is built, each with the requirements and threats that it implements.",
        ),
        (TraceSide::Owed, true, _) => {
            ("No gap", "Every requirement and threat is answered, implemented and shown.")
        }
        (TraceSide::Changes, true, _) => {
            ("No change without a reason", "Each one implements or fixes something.")
        }
        (_, false, _) => ("Nothing further", "The list ended on the page before this one."),
    };
    view! {
        <Card>
            <EmptyState title why icon=IconName::Link />
        </Card>
    }
    .into_any()
}

fn owed(key: &FeatureKey, group: Owed, title: &'static str, rows: Vec<TraceRow>) -> AnyView {
    let rows = rows
        .into_iter()
        .map(|row| {
            let severity = row
                .severity
                .map(|severity| view! { <small>{format!("{} severity", severity.title())}</small> });
            let state = state(&row.what);
            view! {
                <tr>
                    <th scope="row">{link(key, &row.what)} {severity} {state}</th>
                    <td>{gaps(row.exempt, &row.gaps)}</td>
                    <td>{links(key, &row.decisions)}</td>
                    <td>{links(key, &row.links)}</td>
                    <td>{links(key, &row.proofs)}</td>
                </tr>
            }
        })
        .collect_view();
    let what = if group == Owed::Threat { "Threat" } else { "Requirement" };
    let columns = [what, "Missing", "Decided in", "Implemented by", "Shown by"].map(Column::text).to_vec();
    let id = match group {
        Owed::Security => "trace-security",
        Owed::Threat => "trace-threats",
        Owed::Functional | Owed::Change => "trace-functional",
    };
    view! {
        <Card title flush=true>
            <TableWrap id caption=format!("{title}, with what answers them")>
                <TableHead columns />
                <tbody>{rows}</tbody>
            </TableWrap>
        </Card>
    }
    .into_any()
}

fn changes(key: &FeatureKey, rows: Vec<TraceRow>) -> AnyView {
    let rows = rows
        .into_iter()
        .map(|row| {
            view! {
                <tr>
                    <th scope="row">{link(key, &row.what)} {state(&row.what)}</th>
                    <td>{gaps(row.exempt, &row.gaps)}</td>
                    <td>{links(key, &row.links)}</td>
                    <td>{links(key, &row.proofs)}</td>
                </tr>
            }
        })
        .collect_view();
    let columns =
        ["Change", "Missing", "Implements", "Checks, and findings that it fixes"].map(Column::text).to_vec();
    view! {
        <Card title="Changes" flush=true>
            <TableWrap id="trace-changes" caption="Changes, with what they implement">
                <TableHead columns />
                <tbody>{rows}</tbody>
            </TableWrap>
        </Card>
    }
    .into_any()
}

fn link(key: &FeatureKey, to: &Link) -> AnyView {
    let words = if to.title.is_empty() { to.what.to_string() } else { format!("{} {}", to.what, to.title) };
    view! { <a href=to.what.place().path(key)>{words}</a> }.into_any()
}

/// The state of a thing, beside its name.
fn state(to: &Link) -> Option<AnyView> {
    let tone = match to.tone {
        StateTone::Neutral => Tone::Neutral,
        StateTone::Good => Tone::Open,
        StateTone::Waiting => Tone::Waiting,
        StateTone::Bad => Tone::Blocked,
    };
    (!to.state.is_empty()).then(|| {
        let text = capital(to.state);
        view! {
            <div>
                <Badge text tone />
            </div>
        }
        .into_any()
    })
}

/// The most links in one cell; the thing's own page has the others.
const SHOWN: usize = 10;

fn links(key: &FeatureKey, to: &[Link]) -> AnyView {
    if to.is_empty() {
        return view! { <span class="muted">"None"</span> }.into_any();
    }
    let more = to.len().saturating_sub(SHOWN);
    let more = (more > 0).then(|| view! { <li class="muted">{format!("and {more} more")}</li> });
    let items = to
        .iter()
        .take(SHOWN)
        .map(|to| {
            let state = (!to.state.is_empty())
                .then(|| view! { <small class="muted">{to.state.to_lowercase()}</small> });
            view! { <li>{link(key, to)} " " {state}</li> }
        })
        .collect_view();
    view! { <ul class="plain stack-s">{items} {more}</ul> }.into_any()
}

/// What is missing, in words; or why nothing is owed.
fn gaps(exempt: Option<String>, gaps: &[&'static str]) -> AnyView {
    if gaps.is_empty() {
        let words = exempt.unwrap_or_else(|| "Nothing".to_owned());
        return view! { <span class="muted">{words}</span> }.into_any();
    }
    let items = gaps
        .iter()
        .map(|gap| {
            view! {
                <li class="gap tone-blocked">
                    <Icon name=IconName::Warning />
                    {capital(gap)}
                </li>
            }
        })
        .collect_view();
    view! { <ul class="plain stack-s">{items}</ul> }.into_any()
}
