//! The search over all events, for auditors.

use leptos::prelude::*;
use sluice_domain::{
    audit::Verb,
    ids::PersonId,
    words::{self, Label},
};
use sluice_service::history::{HistoryEntry, HistoryPage};
use time::OffsetDateTime;

use super::{changes, object_link, query, role, sentence};
use crate::{
    components::{
        Button, ButtonKind, Card, Choice, Column, EmptyState, ErrorSummary, Fact, FactList, FilterBar,
        HiddenField, IconName, InputKind, PageHead, Pager, PostForm, SelectField, TableHead, TableWrap,
        TextField, Timestamp, time_words::moment_words, timeline::field_changes,
    },
    form::Form,
};

/// The fields of the filter, as addresses and the export carry them.
const FILTERS: [&str; 5] = ["person", "verb", "object", "from", "to"];

/// The history of the whole workspace, for auditors.
#[component]
pub fn HistoryScreen(
    /// One page of it; nothing while the filter cannot be read.
    #[prop(optional_no_strip)]
    page: Option<HistoryPage>,
    /// People who did something, for the filter.
    people: Vec<(PersonId, String)>,
    /// The filter as it was typed.
    form: Form,
) -> impl IntoView {
    let results = page.map(|page| results(page, &form));
    let export = export_card(&form);
    let filter = filter(people, &form);
    view! {
        <PageHead
            title="History"
            lead="Every event of this workspace: who did what, in which role, on what, and what changed. Nothing here can be edited or removed."
        />
        <div class="stack">
            <ErrorSummary form />
            {filter}
            {results}
            {export}
        </div>
    }
}

/// The filters that are set.
fn set_filters(form: &Form) -> Vec<(&'static str, String)> {
    FILTERS.iter().map(|name| (*name, form.value(name))).filter(|(_, value)| !value.is_empty()).collect()
}

fn filter(people: Vec<(PersonId, String)>, form: &Form) -> AnyView {
    let people: Vec<Choice> =
        people.into_iter().map(|(id, name)| Choice::new(id.to_string(), name)).collect();
    let verbs: Vec<Choice> =
        Verb::ALL.iter().map(|verb| Choice::new(verb.code(), verb_label(*verb))).collect();
    let clear = (!set_filters(form).is_empty()).then(|| "/history".to_owned());
    let [by, what, object, from, to] = [(); 5].map(|()| form.clone());
    view! {
        <FilterBar action="/history" label="Filter the history" clear>
            <SelectField form=by name="person" label="Person" options=people prompt="Anyone" optional=true />
            <SelectField form=what name="verb" label="Action" options=verbs prompt="Anything" optional=true />
            <TextField form=object name="object" label="Product or feature" hint="PAY or PAY-12" optional=true />
            <TextField form=from name="from" label="From" kind=InputKind::Date optional=true />
            <TextField form=to name="to" label="To" kind=InputKind::Date optional=true />
        </FilterBar>
    }
    .into_any()
}

/// An action for people, from its code: `gate.review-requested` becomes "Gate: review requested".
fn verb_label(verb: Verb) -> String {
    match verb.code().split_once('.') {
        Some((area, action)) => format!("{}: {}", words::field(area), action.replace('-', " ")),
        None => words::field(verb.code()),
    }
}

fn results(page: HistoryPage, form: &Form) -> AnyView {
    let HistoryPage { items, next, now } = page;
    if items.is_empty() {
        return view! {
            <Card>
                <EmptyState
                    title="No event matches"
                    why="Widen the period, or clear the filter to see everything."
                    icon=IconName::Search
                />
            </Card>
        }
        .into_any();
    }
    let next = next.map(|after| {
        let filters = set_filters(form);
        let pairs = filters.iter().map(|(name, value)| (*name, value.as_str()));
        format!("/history?{}", query(pairs.chain([("after", after.as_str())])))
    });
    let text = match items.len() {
        1 => "1 event, newest first".to_owned(),
        count => format!("{count} events, newest first"),
    };
    let rows = items.iter().map(|entry| row(entry, now)).collect_view();
    let columns = ["Time", "Person", "What happened", "Where", "Details"].map(Column::text).to_vec();
    view! {
        <Card title="Events" flush=true>
            <TableWrap id="events" caption="Events, newest first">
                <TableHead columns />
                <tbody>{rows}</tbody>
            </TableWrap>
        </Card>
        <Pager text next />
    }
    .into_any()
}

fn row(entry: &HistoryEntry, now: OffsetDateTime) -> AnyView {
    let role = role(entry).map(|role| view! { <span class="muted small">{format!(" {role}")}</span> });
    let place = object_link(entry).map(|(label, href)| view! { <a href=href>{label}</a> });
    view! {
        <tr>
            <th scope="row" class="nowrap">
                <Timestamp at=entry.at now />
                <br />
                <span class="muted small">{moment_words(entry.at)}</span>
            </th>
            <td>
                {entry.actor_name.clone()}
                {role}
            </td>
            <td>
                {sentence(entry)}
                {field_changes(changes(entry))}
            </td>
            <td>{place}</td>
            <td>{details(entry)}</td>
        </tr>
    }
    .into_any()
}

/// What an auditor needs to follow an event to the request that brought it about.
fn details(entry: &HistoryEntry) -> AnyView {
    let known = |text: Option<String>| text.unwrap_or_else(|| "none".to_owned());
    let facts = vec![
        Fact::text("Event", entry.id.to_string()),
        Fact::text("Action", entry.verb_code.clone()),
        Fact::text("Request", known(entry.request.map(|id| id.to_string()))),
        Fact::text("Address", known(entry.address.clone())),
        Fact::text("Proved by", known(entry.authentication.map(|how| how.label().to_owned()))),
        Fact::text("Object", format!("{} {}", entry.object_kind_code, entry.object_id)),
    ];
    view! {
        <details>
            <summary>"Details"</summary>
            <FactList facts />
        </details>
    }
    .into_any()
}

fn export_card(form: &Form) -> AnyView {
    let fields = set_filters(form)
        .into_iter()
        .map(|(name, value)| view! { <HiddenField name value /> })
        .collect_view();
    view! {
        <Card title="Export">
            <PostForm action="/history.csv">
                {fields}
                <p>
                    "Takes every event that the filter above selects away as CSV, all pages of it. The export itself is recorded in this history, with your name and the filter."
                </p>
                <div class="form-actions">
                    <Button kind=ButtonKind::Quiet>"Export CSV"</Button>
                </div>
            </PostForm>
        </Card>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_read_as_words() {
        assert_eq!(verb_label(Verb::ReviewRequested), "Gate: review requested");
        assert_eq!(verb_label(Verb::WorkspaceRoleGranted), "Workspace role: granted");
    }
}
