//! People: who has an account, what they may do, and invitations.

pub mod invite;
pub mod person;

pub use invite::{InvitePage, InvitedPage};
pub use person::PersonDetails;

use leptos::prelude::*;
use sluice_domain::{
    access::{Role, WorkspaceRole},
    words::{self, Label},
};
use sluice_service::people::{OpenInvitation, PeopleFilter, PeopleList, PersonListItem};
use time::OffsetDateTime;

use crate::{
    components::{
        Badge, Button, ButtonKind, Card, Choice, Column, EmptyState, FilterBar, IconName, InputKind,
        LinkButton, PageHead, Pager, PostForm, TableHead, TableWrap, TextField, Timestamp, Tone, counted,
    },
    form::Form,
};

/// What each role is for, where somebody is about to grant it.
#[must_use]
pub fn role_words(role: Role) -> &'static str {
    match role {
        Role::ProductManager => "Creates features, plans, keeps stakeholders informed.",
        Role::Designer => "Designs features and their security controls.",
        Role::Developer => "Builds features.",
        Role::Qa => "Tests features and adds the proof.",
        Role::SecurityReviewer => "Reviews threat models and signs gates.",
        Role::ReleaseManager => "Promotes to production and signs the release gate.",
        Role::IncidentManager => "Handles incidents in production.",
        Role::Stakeholder => "Marketing and support: reads and acknowledges.",
    }
}

/// What each role for the workspace is for.
#[must_use]
pub fn workspace_role_words(role: WorkspaceRole) -> &'static str {
    match role {
        WorkspaceRole::Auditor => "Reads everything, the whole history included; writes nothing.",
        WorkspaceRole::Administrator => {
            "Manages people, roles and products; sees no features without a role."
        }
    }
}

/// Every role in a product, to choose from.
#[must_use]
pub fn role_choices() -> Vec<Choice> {
    Role::ALL.iter().map(|role| Choice::new(role.code(), role.title()).hint(role_words(*role))).collect()
}

fn workspace_role_choices(roles: impl Iterator<Item = WorkspaceRole>) -> Vec<Choice> {
    roles.map(|role| Choice::new(role.code(), role.title()).hint(workspace_role_words(role))).collect()
}

/// Everybody with an account and, for administrators, the invitations that are open.
#[component]
pub fn PeoplePage(
    /// The people.
    list: PeopleList,
    /// What narrows the list.
    filter: PeopleFilter,
    /// The open invitations, for somebody who may invite.
    invitations: Option<Vec<OpenInvitation>>,
    /// Now.
    now: OffsetDateTime,
) -> impl IntoView {
    let may_invite = invitations.is_some();
    let action = may_invite
        .then(|| view! { <LinkButton href="/people/invite">"Invite a person"</LinkButton> }.into_any());
    let lead = if may_invite {
        "Who has an account, and what they may do."
    } else {
        "Who has an account, and what they may do. Administrators invite people and grant roles."
    };
    let text = filter.text.to_string();
    let narrowed = !text.is_empty();
    let clear = narrowed.then(|| "/people".to_owned());
    let form = Form::new().with("q", text.clone());
    let next = list.next.map(|after| format!("/people?q={}&after={after}", encoded(&text)));
    let count = list.items.len();
    let people = if count == 0 {
        nobody(narrowed)
    } else {
        let rows = list.items.into_iter().map(|person| person_row(person, now)).collect_view();
        let columns = vec![
            Column::text("Name"),
            Column::text("E-mail address"),
            Column::text("For the workspace"),
            Column::text("In products"),
            Column::text("Last seen"),
        ];
        view! {
            <Card flush=true>
                <TableWrap id="people" caption="People">
                    <TableHead columns />
                    <tbody>{rows}</tbody>
                </TableWrap>
            </Card>
            <Pager text=format!("{} by name", words_people(count)) next />
        }
        .into_any()
    };
    view! {
        <PageHead title="People" lead nostrip:action=action />
        <FilterBar action="/people" label="Find people" clear>
            <TextField form name="q" label="Name or e-mail address" kind=InputKind::Search optional=true maxlength=200 />
        </FilterBar>
        {people}
        {invitations.map(|invitations| invitations_card(invitations, now))}
    }
}

fn words_people(count: usize) -> String {
    if count == 1 { "1 person".to_owned() } else { format!("{count} people") }
}

/// A text as part of a query.
fn encoded(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

fn nobody(narrowed: bool) -> AnyView {
    let (title, why) = if narrowed {
        ("Nobody is called like that", "Try a part of the name or of the e-mail address.")
    } else {
        ("Nobody has an account yet", "People get accounts by invitation.")
    };
    view! { <EmptyState title why icon=IconName::Person /> }.into_any()
}

fn person_row(person: PersonListItem, now: OffsetDateTime) -> AnyView {
    let disabled = person.disabled_at.is_some();
    let state = disabled.then(|| view! { <Badge text="Disabled" tone=Tone::Blocked icon=IconName::Lock /> });
    let workspace: Vec<String> = person.workspace_roles.iter().map(Label::title).collect();
    let seen = match person.last_seen_at {
        Some(at) => view! { <Timestamp at now /> }.into_any(),
        None => "never".into_any(),
    };
    view! {
        <tr>
            <th scope="row">
                <a href=format!("/people/{}", person.id)>{person.name}</a>
                " "
                {state}
            </th>
            <td>{person.email}</td>
            <td>{workspace.join(", ")}</td>
            <td>{product_words(person.products, person.product_roles)}</td>
            <td>{seen}</td>
        </tr>
    }
    .into_any()
}

/// `3 roles in 2 products`; nothing where there are none.
fn product_words(products: i64, roles: i64) -> String {
    let count = |number: i64| usize::try_from(number).unwrap_or_default();
    if roles == 0 {
        return "none".to_owned();
    }
    format!("{} in {}", counted(count(roles), "role"), counted(count(products), "product"))
}

fn invitations_card(invitations: Vec<OpenInvitation>, now: OffsetDateTime) -> AnyView {
    if invitations.is_empty() {
        return view! {
            <Card title="Open invitations">
                <EmptyState
                    title="No invitation is open"
                    why="An invitation is a link that works once, for seven days. Whoever opens it chooses a password and has the roles that you picked."
                    icon=IconName::Link
                />
            </Card>
        }
        .into_any();
    }
    let rows = invitations.into_iter().map(|invitation| invitation_row(invitation, now)).collect_view();
    let columns = vec![
        Column::text("For"),
        Column::text("Roles"),
        Column::text("Invited by"),
        Column::text("Ends"),
        Column::actions("Withdraw it"),
    ];
    view! {
        <Card title="Open invitations" flush=true>
            <TableWrap id="invitations" caption="Open invitations">
                <TableHead columns />
                <tbody>{rows}</tbody>
            </TableWrap>
        </Card>
    }
    .into_any()
}

fn invitation_row(invitation: OpenInvitation, now: OffsetDateTime) -> AnyView {
    let action = format!("/people/invitations/{}/withdraw", invitation.id);
    let whose = format!(" the invitation of {}", invitation.email);
    let over =
        invitation.expired.then(|| view! { <Badge text="Ended" tone=Tone::Neutral icon=IconName::Clock /> });
    let roles = invitation_roles(&invitation);
    view! {
        <tr>
            <th scope="row">{invitation.name} " · " {invitation.email}</th>
            <td>{roles}</td>
            <td>{invitation.invited_by} " " <Timestamp at=invitation.created_at now /></td>
            <td><Timestamp at=invitation.expires_at now /> " " {over}</td>
            <td>
                <PostForm action>
                    <Button kind=ButtonKind::Danger small=true>
                        "Withdraw"
                        <span class="visually-hidden">{whose}</span>
                    </Button>
                </PostForm>
            </td>
        </tr>
    }
    .into_any()
}

fn invitation_roles(invitation: &OpenInvitation) -> String {
    let mut roles: Vec<String> = invitation.workspace_roles.iter().map(Label::title).collect();
    if let Some(product) = &invitation.product {
        let held: Vec<String> = invitation.product_roles.iter().map(Label::title).collect();
        roles.push(format!("{} in {product}", words::join(&held, "and")));
    }
    if roles.is_empty() { "none yet".to_owned() } else { roles.join(", ") }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2027-02-03 14:00 UTC);

    #[test]
    fn the_list_keeps_its_filter_from_page_to_page() {
        let list = PeopleList { items: Vec::new(), next: Some("x".to_owned()) };
        let filter = PeopleFilter { text: "a&b".parse().expect("a line"), after: None };
        let html = view! { <PeoplePage list=list.clone() filter=filter.clone() invitations=None now=NOW /> }
            .to_html();
        assert!(html.contains("Nobody is called like that"), "{html}");
        assert!(!html.contains("/people/invite"), "{html}");
        let item = PersonListItem {
            id: "0197a3f0-0000-7000-8000-000000000001".parse().expect("an id"),
            name: "Ana".to_owned(),
            email: "ana@example.org".to_owned(),
            workspace_roles: Vec::new(),
            products: 1,
            product_roles: 2,
            disabled_at: Some(NOW),
            last_seen_at: None,
        };
        let list = PeopleList { items: vec![item], ..list };
        let html = view! { <PeoplePage list filter invitations=Some(Vec::new()) now=NOW /> }.to_html();
        assert!(html.contains("q=a%26b&amp;after=x"), "{html}");
        assert!(html.contains("2 roles in 1 product") && html.contains("Disabled"), "{html}");
        assert!(html.contains("href=\"/people/invite\""), "{html}");
    }
}
