//! A person: roles, and the account itself.

use leptos::prelude::*;
use sluice_domain::{access::WorkspaceRole, text::Note, words::Label};
use sluice_service::people::PersonPage;
use time::OffsetDateTime;

use super::{workspace_role_choices, workspace_role_words};
use crate::{
    components::{
        Badge, Breadcrumb, Button, ButtonKind, Card, Choice, Column, EmptyState, ErrorSummary, Fact,
        FormActions, HiddenField, IconName, LinkButton, PageHead, PostForm, SelectField, TableHead,
        TableWrap, TextArea, Timestamp, Tone,
    },
    form::Form,
    pages::account::grant_row,
};

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
}
