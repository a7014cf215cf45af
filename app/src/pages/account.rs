//! One's own account: name, password, roles and sessions.

use leptos::prelude::*;
use sluice_domain::{
    text::PersonName,
    words::{self, Label},
};
use sluice_service::people::{PersonGrant, PersonPage, SessionInfo};
use time::OffsetDateTime;

use crate::{
    components::{
        Badge, Button, ButtonKind, Card, Column, EmptyState, ErrorSummary, FormActions, HiddenField,
        IconName, InputKind, PageHead, PostForm, TableHead, TableWrap, TextField, Timestamp, Tone,
    },
    form::Form,
};

/// One's own account.
#[component]
pub fn AccountPage(
    /// The account.
    page: PersonPage,
    /// Where it is signed in.
    sessions: Vec<SessionInfo>,
    /// The form of the name.
    name_form: Form,
    /// The form of the password.
    password_form: Form,
    /// Now.
    now: OffsetDateTime,
) -> impl IntoView {
    let roles: Vec<String> = page.workspace_roles.iter().map(Label::title).collect();
    let lead = match roles.as_slice() {
        [] => page.email.clone(),
        roles => format!("{} · {}", page.email, words::join(roles, "and")),
    };
    view! {
        <PageHead title="Your account" lead />
        <div class="split">
            {name_card(name_form)} {password_card(password_form)}
        </div>
        {roles_card(page.grants)}
        {sessions_card(sessions, now)}
    }
}

fn name_card(form: Form) -> AnyView {
    let version = form.value("version");
    let max = u32::try_from(PersonName::MAX).unwrap_or(u32::MAX);
    view! {
        <Card title="Name">
            <PostForm action="/account/name">
                <ErrorSummary form=form.clone() />
                <HiddenField name="version" value=version />
                <TextField
                    form
                    name="name"
                    label="Name"
                    hint="It is printed on what you sign from now on. Earlier sign-offs keep the name that you had."
                    autocomplete="name"
                    maxlength=max
                />
                <FormActions>
                    <Button kind=ButtonKind::Quiet>"Save the name"</Button>
                </FormActions>
            </PostForm>
        </Card>
    }
    .into_any()
}

fn password_card(form: Form) -> AnyView {
    view! {
        <Card title="Password">
            <PostForm action="/account">
                <ErrorSummary form=form.clone() />
                <TextField
                    form=form.clone()
                    name="password"
                    label="Current password"
                    kind=InputKind::Password
                    autocomplete="current-password"
                />
                <TextField
                    form=form.clone()
                    name="new-password"
                    label="New password"
                    hint="12 to 256 characters of any kind. A few words in a row do well."
                    kind=InputKind::Password
                    autocomplete="new-password"
                />
                <TextField
                    form
                    name="new-password-again"
                    label="New password, again"
                    kind=InputKind::Password
                    autocomplete="new-password"
                />
                <p class="hint">"Your other sessions end with the old password; this one goes on."</p>
                <FormActions>
                    <Button>"Change the password"</Button>
                </FormActions>
            </PostForm>
        </Card>
    }
    .into_any()
}

fn roles_card(grants: Vec<PersonGrant>) -> AnyView {
    if grants.is_empty() {
        return view! {
            <Card title="Your roles in products">
                <EmptyState
                    title="You hold no role in a product yet"
                    why="A role lets you see a product and work on its features. An administrator grants it on the product's page."
                    icon=IconName::Person
                />
            </Card>
        }
        .into_any();
    }
    view! {
        <Card title="Your roles in products" flush=true>
            <TableWrap id="own-roles" caption="Your roles in products">
                <TableHead columns=vec![Column::text("Product"), Column::text("Roles")] />
                <tbody>{grants.into_iter().map(grant_row).collect_view()}</tbody>
            </TableWrap>
        </Card>
    }
    .into_any()
}

/// A row of a person's roles in one product.
pub(super) fn grant_row(grant: PersonGrant) -> AnyView {
    let roles: Vec<String> = grant.roles.iter().map(Label::title).collect();
    view! {
        <tr>
            <th scope="row">
                <span class="key">{grant.key.to_string()}</span>
                " "
                <a href=format!("/products/{}", grant.key)>{grant.name}</a>
            </th>
            <td>{roles.join(", ")}</td>
        </tr>
    }
    .into_any()
}

fn sessions_card(sessions: Vec<SessionInfo>, now: OffsetDateTime) -> AnyView {
    let rows = sessions.into_iter().map(|session| session_row(session, now)).collect_view();
    let columns = vec![
        Column::text("Browser"),
        Column::text("Began"),
        Column::text("Last used"),
        Column::actions("End it"),
    ];
    view! {
        <Card title="Where you are signed in" flush=true>
            <TableWrap id="sessions" caption="Your sessions">
                <TableHead columns />
                <tbody>{rows}</tbody>
            </TableWrap>
        </Card>
    }
    .into_any()
}

fn session_row(session: SessionInfo, now: OffsetDateTime) -> AnyView {
    let browser = browser_words(&session.user_agent);
    let which = format!(" the session in {browser}");
    let end = if session.current {
        view! { <Badge text="This browser" tone=Tone::Accent icon=IconName::Check /> }.into_any()
    } else {
        view! {
            <PostForm action="/account/sessions/end">
                <HiddenField name="session" value=session.handle />
                <Button kind=ButtonKind::Danger small=true>
                    "End"
                    <span class="visually-hidden">{which}</span>
                </Button>
            </PostForm>
        }
        .into_any()
    };
    view! {
        <tr>
            <th scope="row" title=session.user_agent>
                {browser}
            </th>
            <td>
                <Timestamp at=session.created_at now />
            </td>
            <td>
                <Timestamp at=session.last_seen_at now />
            </td>
            <td>{end}</td>
        </tr>
    }
    .into_any()
}

/// What a browser is called, from what it calls itself: enough for people to know theirs.
fn browser_words(user_agent: &str) -> String {
    // The order matters: most of them claim to be several others too.
    let name = [
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ]
    .into_iter()
    .find(|(mark, _)| user_agent.contains(mark))
    .map_or("Unknown browser", |(_, name)| name);
    let system = [
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ]
    .into_iter()
    .find(|(mark, _)| user_agent.contains(mark))
    .map(|(_, system)| system);
    system.map_or_else(|| name.to_owned(), |system| format!("{name} on {system}"))
}

#[cfg(test)]
mod tests {
    use sluice_domain::ids::PersonId;
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2027-02-03 14:00 UTC);

    #[test]
    fn browsers_are_called_as_people_call_them() {
        for (user_agent, words) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
            (
                "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1",
                "Safari on iPhone",
            ),
            ("", "Unknown browser"),
        ] {
            assert_eq!(browser_words(user_agent), words);
        }
    }

    #[test]
    fn the_session_in_use_has_no_button_that_ends_it() {
        let session = |handle: &str, current| SessionInfo {
            handle: handle.to_owned(),
            created_at: NOW,
            last_seen_at: NOW,
            user_agent: "<script>".to_owned(),
            current,
        };
        let page = PersonPage {
            id: "0197a3f0-0000-7000-8000-000000000001".parse::<PersonId>().expect("an id"),
            name: "Ana".to_owned(),
            email: "ana@example.org".to_owned(),
            workspace_roles: Vec::new(),
            grants: Vec::new(),
            created_at: NOW,
            disabled_at: None,
            last_seen_at: None,
            version: 1,
            may_manage: false,
            may_read_history: false,
        };
        let sessions = vec![session("here", true), session("there", false)];
        let html =
            view! { <AccountPage page sessions name_form=Form::new() password_form=Form::new() now=NOW /> }
                .to_html();
        assert!(!html.contains("value=\"here\"") && html.contains("value=\"there\""), "{html}");
        assert!(!html.contains("<script>"), "{html}");
        assert!(html.contains("You hold no role in a product yet"), "{html}");
    }
}
