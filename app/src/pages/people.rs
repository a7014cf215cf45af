//! People: who has an account, what they may do, and invitations.

use leptos::prelude::*;
use sluice_domain::{
    access::{Role, WorkspaceRole},
    ids::ProductId,
    text::{Email, Note, PersonName},
    words::{self, Label},
};
use sluice_service::people::{OpenInvitation, PeopleFilter, PeopleList, PersonListItem, PersonPage};
use time::OffsetDateTime;

use super::account::grant_row;
use crate::{
    components::{
        Badge, Breadcrumb, Button, ButtonKind, Card, CheckboxGroup, Choice, Column, EmptyState, ErrorSummary,
        Fact, FilterBar, FormActions, HiddenField, IconName, InputKind, LinkButton, PageHead, Pager,
        PostForm, SelectField, TableHead, TableWrap, TextArea, TextField, Timestamp, Tone, counted,
        time_words::moment_words,
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
            <TableWrap id="people" caption="People">
                <TableHead columns />
                <tbody>{rows}</tbody>
            </TableWrap>
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

/// The form that invites a person.
#[component]
pub fn InvitePage(
    /// What was typed.
    form: Form,
    /// Products to give roles in: id, key and name.
    products: Vec<(ProductId, String, String)>,
) -> impl IntoView {
    let products = products
        .into_iter()
        .map(|(id, key, name)| Choice::new(id.to_string(), format!("{key} {name}")))
        .collect::<Vec<_>>();
    let max = |characters: usize| u32::try_from(characters).unwrap_or(u32::MAX);
    view! {
        <Breadcrumb trail=vec![("People".to_owned(), "/people".to_owned())] here="Invite" />
        <PageHead
            title="Invite a person"
            lead="You get a link to pass on. Whoever opens it chooses a password and has the roles that you pick here."
        />
        <PostForm action="/people/invite">
            <ErrorSummary form=form.clone() />
            <TextField
                form=form.clone()
                name="email"
                label="E-mail address"
                hint="The person signs in with it. Sluice sends no mail: you pass the link on."
                kind=InputKind::Email
                autocomplete="off"
                maxlength=max(Email::MAX)
            />
            <TextField
                form=form.clone()
                name="name"
                label="Name"
                hint="The person can correct it."
                autocomplete="off"
                maxlength=max(PersonName::MAX)
            />
            <CheckboxGroup
                form=form.clone()
                name="workspace-role"
                legend="Roles for the workspace"
                options=workspace_role_choices(WorkspaceRole::ALL.iter().copied())
                optional=true
            />
            <SelectField
                form=form.clone()
                name="product"
                label="Product"
                options=products
                prompt="No product yet"
                hint="Further products can follow on their own pages."
                optional=true
            />
            <CheckboxGroup
                form
                name="product-role"
                legend="Roles in that product"
                options=role_choices()
                optional=true
            />
            <FormActions>
                <Button>"Make the invitation"</Button>
                <a href="/people">"Cancel"</a>
            </FormActions>
        </PostForm>
    }
}

/// The one-time link of a new invitation, shown this once.
#[component]
pub fn InvitedPage(
    /// The link.
    link: String,
    /// For whom.
    name: String,
    /// Until when it works.
    expires_at: OffsetDateTime,
) -> impl IntoView {
    let lead = format!("{name} can join with this link until {}.", moment_words(expires_at));
    view! {
        <Breadcrumb trail=vec![("People".to_owned(), "/people".to_owned())] here="Invitation" />
        <PageHead title="The invitation is ready" lead />
        <Card title="One-time link">
            <div class="stack-s">
                <div class="field">
                    <label for="link">"Link"</label>
                    <span class="hint" id="link-hint">
                        "Copy it now: it is shown this once and stored nowhere. Pass it on so that nobody else reads it, because whoever opens it first has the account."
                    </span>
                    <input
                        class="input mono"
                        type="text"
                        id="link"
                        value=link
                        readonly=true
                        autocomplete="off"
                        spellcheck="false"
                        aria-describedby="link-hint"
                    />
                </div>
                <p>"Lost it? Invite the same address again: the new link works and this one stops working."</p>
                <p>
                    <LinkButton href="/people">"Done, go to the people"</LinkButton>
                </p>
            </div>
        </Card>
    }
}

/// A person: roles, and the account itself.
#[component]
pub fn PersonDetails(
    /// The person.
    page: PersonPage,
    /// The form that was refused, if one was.
    form: Form,
    /// Now.
    now: OffsetDateTime,
) -> impl IntoView {
    let chips = page
        .disabled_at
        .map(|_| view! { <Badge text="Disabled" tone=Tone::Blocked icon=IconName::Lock /> }.into_any());
    let seen = match page.last_seen_at {
        Some(at) => Fact::view("Last seen", view! { <Timestamp at now /> }),
        None => Fact::text("Last seen", "never"),
    };
    let mut facts = vec![
        Fact::text("E-mail address", page.email.clone()),
        Fact::view("Joined", view! { <Timestamp at=page.created_at now /> }),
        seen,
    ];
    if page.may_read_history {
        let href = format!("/history?person={}", page.id);
        facts.push(Fact::view("History", view! { <a href=href>"What this person did"</a> }));
    }
    let whose_turn = (!page.may_manage)
        .then(|| view! { <p class="muted">"Only an administrator can change roles and accounts."</p> });
    view! {
        <Breadcrumb trail=vec![("People".to_owned(), "/people".to_owned())] here=page.name.clone() />
        <PageHead title=page.name.clone() nostrip:chips=chips facts />
        {whose_turn}
        <ErrorSummary form=form.clone() />
        {workspace_card(&page, form.clone())}
        {products_card(&page)}
        {page.may_manage.then(|| account_card(&page, form, now))}
    }
}

fn workspace_card(page: &PersonPage, form: Form) -> AnyView {
    let held = page.workspace_roles.iter().map(|role| workspace_role_row(page, *role)).collect_view();
    let none = page.workspace_roles.is_empty().then(
        || view! { <p class="muted">"None: what this person may do comes from roles in products."</p> },
    );
    let free = WorkspaceRole::ALL.iter().copied().filter(|role| !page.workspace_roles.contains(role));
    let options: Vec<Choice> = workspace_role_choices(free)
        .into_iter()
        .map(|choice| Choice::new(choice.value, with_hint(choice.label, choice.hint)))
        .collect();
    let action = format!("/people/{}/roles", page.id);
    let grant = (page.may_manage && page.disabled_at.is_none() && !options.is_empty()).then(|| {
        view! {
            <PostForm action>
                <SelectField form name="role" label="Grant a role" options prompt="Choose a role" />
                <FormActions>
                    <Button kind=ButtonKind::Quiet>"Grant the role"</Button>
                </FormActions>
            </PostForm>
        }
    });
    view! {
        <Card title="Roles for the workspace">
            <div class="stack-s">
                {none} <ul class="plain stack-s">{held}</ul> {grant}
            </div>
        </Card>
    }
    .into_any()
}

fn with_hint(label: String, hint: Option<String>) -> String {
    match hint {
        Some(hint) => format!("{label}: {hint}"),
        None => label,
    }
}

fn workspace_role_row(page: &PersonPage, role: WorkspaceRole) -> AnyView {
    let action = format!("/people/{}/roles/revoke", page.id);
    let whose = format!(" the role {} of {}", role.label(), page.name);
    let revoke = page.may_manage.then(|| {
        view! {
            <PostForm action>
                <HiddenField name="role" value=role.code() />
                <Button kind=ButtonKind::Danger small=true>
                    "Revoke"
                    <span class="visually-hidden">{whose}</span>
                </Button>
            </PostForm>
        }
    });
    view! {
        <li class="cluster between">
            <span>
                <strong>{role.title()}</strong>
                " "
                <span class="muted">{workspace_role_words(role)}</span>
            </span>
            {revoke}
        </li>
    }
    .into_any()
}

fn products_card(page: &PersonPage) -> AnyView {
    if page.grants.is_empty() {
        return view! {
            <Card title="Roles in products">
                <EmptyState
                    title="No role in a product"
                    why="A role lets a person see a product and work on its features. It is granted by an administrator on the product's page."
                    icon=IconName::Person
                >
                    <LinkButton href="/products" kind=ButtonKind::Quiet>
                        "Go to the products"
                    </LinkButton>
                </EmptyState>
            </Card>
        }
        .into_any();
    }
    let rows = page.grants.iter().cloned().map(grant_row).collect_view();
    view! {
        <Card title="Roles in products" flush=true>
            <TableWrap id="grants" caption="Roles in products">
                <TableHead columns=vec![Column::text("Product"), Column::text("Roles")] />
                <tbody>{rows}</tbody>
            </TableWrap>
        </Card>
    }
    .into_any()
}

fn account_card(page: &PersonPage, form: Form, now: OffsetDateTime) -> AnyView {
    let (verb, effect, kind) = match page.disabled_at {
        None => (
            "disable",
            view! {
                <p>
                    "Disabling ends every session of this person at once, and their roles count for nothing. What they wrote and signed stays, and so do the roles, for when the account is enabled again."
                </p>
            }
            .into_any(),
            ButtonKind::Danger,
        ),
        Some(at) => (
            "enable",
            view! {
                <p>
                    "Disabled " <Timestamp at now />
                    ". Enabling it again gives back the password and the roles that the account had."
                </p>
            }
            .into_any(),
            ButtonKind::Quiet,
        ),
    };
    let action = format!("/people/{}/{verb}", page.id);
    let button = if verb == "disable" { "Disable the account" } else { "Enable the account" };
    let max = u32::try_from(Note::MAX).unwrap_or(u32::MAX);
    let version = page.version.to_string();
    view! {
        <Card title="Account">
            <PostForm action>
                {effect}
                <HiddenField name="version" value=version />
                <TextArea
                    form
                    name="reason"
                    label="Reason"
                    hint="It becomes part of the history."
                    optional=true
                    rows=2
                    maxlength=max
                />
                <FormActions>
                    <Button kind>{button}</Button>
                </FormActions>
            </PostForm>
        </Card>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use sluice_domain::ids::PersonId;
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2027-02-03 14:00 UTC);

    fn person(may_manage: bool) -> PersonPage {
        PersonPage {
            id: "0197a3f0-0000-7000-8000-000000000001".parse::<PersonId>().expect("an id"),
            name: "<b>Ana".to_owned(),
            email: "ana@example.org".to_owned(),
            workspace_roles: vec![WorkspaceRole::Auditor],
            grants: Vec::new(),
            created_at: NOW,
            disabled_at: None,
            last_seen_at: None,
            version: 7,
            may_manage,
            may_read_history: false,
        }
    }

    #[test]
    fn auditors_read_and_administrators_change() {
        let html = view! { <PersonDetails page=person(false) form=Form::new() now=NOW /> }.to_html();
        assert!(!html.contains("<form"), "{html}");
        assert!(html.contains("Only an administrator"), "{html}");
        assert!(!html.contains("<b>Ana"), "{html}");
        let html = view! { <PersonDetails page=person(true) form=Form::new() now=NOW /> }.to_html();
        assert!(html.contains("/disable") && html.contains("/roles/revoke"), "{html}");
        assert!(html.contains("name=\"version\" value=\"7\""), "{html}");
        assert!(!html.contains("value=\"auditor\">Auditor"), "what is held is not offered: {html}");
    }

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

    #[test]
    fn the_link_is_shown_for_copying() {
        let link = "https://sluice.example/join/abc".to_owned();
        let html = view! { <InvitedPage link name="Ana".to_owned() expires_at=NOW /> }.to_html();
        assert!(
            html.contains("value=\"https://sluice.example/join/abc\"") && html.contains("readonly"),
            "{html}"
        );
    }
}
