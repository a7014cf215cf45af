//! The way in: signing in, and making an account from a one-time link.

use leptos::prelude::*;
use sluice_domain::{
    access::{Role, WorkspaceRole},
    form::Fields,
    text::{Email, PersonName},
    words::{self, Label},
};
use sluice_service::people::InvitationInfo;

use crate::{
    components::{
        Button, ErrorSummary, Fact, FactList, FormActions, HiddenField, InputKind, Notice, NoticeKind,
        PageHead, PostForm, TextField, time_words::moment_words,
    },
    form::Form,
};

/// The hidden field that says where a form goes that was sent without a session.
pub const CARRIED_ACTION: &str = "carried-action";

/// What the names of that form's fields begin with while they are carried through the sign-in.
pub const CARRIED: &str = "carried:";

/// What the hint of a new password says.
const PASSWORD_HINT: &str = "12 to 256 characters of any kind. A few words in a row do well.";

/// Asks who is there.
#[component]
pub fn SignInPage(
    /// What was typed, without the password.
    form: Form,
    /// Where to go afterwards.
    next: String,
    /// A form that was sent without a session: its address and its fields. They come back after signing in.
    carried: Option<(String, Fields)>,
) -> impl IntoView {
    let first_look = form.errors().is_empty();
    let (notice, hidden) = carried.map(|(action, fields)| carry(action, &fields)).unzip();
    view! {
        <div class="center-narrow stack">
            <PageHead title="Sign in" />
            {notice}
            <PostForm action="/sign-in">
                <ErrorSummary form=form.clone() />
                <HiddenField name="next" value=next />
                {hidden}
                <TextField
                    form=form.clone()
                    name="email"
                    label="E-mail address"
                    kind=InputKind::Email
                    autocomplete="username"
                    autofocus=first_look
                />
                <TextField
                    form
                    name="password"
                    label="Password"
                    kind=InputKind::Password
                    autocomplete="current-password"
                />
                <FormActions>
                    <Button>"Sign in"</Button>
                </FormActions>
            </PostForm>
            <p class="muted small">
                "No account yet? Accounts are made by invitation: ask an administrator of this Sluice for a link."
            </p>
        </div>
    }
}

/// What is said about a form that arrived without a session, and its fields, hidden.
fn carry(action: String, fields: &Fields) -> (AnyView, AnyView) {
    let lost = fields.pairs().is_empty();
    let (title, what) = if lost {
        (
            "Your session had ended, so this was not done",
            "Sign in, then do it again. A file has to be chosen again.",
        )
    } else {
        (
            "Your session had ended, but what you typed is kept",
            "Sign in, and you can send it. Passwords and files have to be given again.",
        )
    };
    let notice = view! {
        <Notice kind=NoticeKind::Warning title>
            <p>{what}</p>
        </Notice>
    }
    .into_any();
    let pairs = fields
        .pairs()
        .iter()
        .map(|(name, value)| view! { <HiddenField name=format!("{CARRIED}{name}") value=value.clone() /> })
        .collect_view();
    let hidden = view! {
        <HiddenField name=CARRIED_ACTION value=action />
        {pairs}
    }
    .into_any();
    (notice, hidden)
}

/// Offers to send a form that was carried through the sign-in. The person sends it, so nothing happens unseen.
#[component]
pub fn KeptPage(
    /// Where the form goes: an address of this server, checked before.
    action: String,
    /// Its fields.
    fields: Fields,
) -> impl IntoView {
    let hidden = fields
        .pairs()
        .iter()
        .map(|(name, value)| view! { <HiddenField name=name.clone() value=value.clone() /> })
        .collect_view();
    view! {
        <div class="center-narrow stack">
            <PageHead
                title="Your entries are kept"
                lead="You are signed in again. What you typed before has not been sent yet."
            />
            <PostForm action>
                {hidden}
                <FormActions>
                    <Button>"Send what you typed"</Button>
                    <a href="/">"Leave it"</a>
                </FormActions>
            </PostForm>
        </div>
    }
}

/// Makes an account from a one-time link: an invitation, or the set-up link of a fresh workspace.
#[component]
pub fn JoinPage(
    /// What the link offers.
    info: InvitationInfo,
    /// What was typed, without the passwords.
    form: Form,
    /// The address of the link, to which the form goes.
    action: String,
) -> impl IntoView {
    let (title, lead) = if info.set_up {
        (
            "Set up this Sluice",
            "You become its first administrator: you create products, invite people and grant roles.",
        )
    } else {
        ("Join this Sluice", "Check your name, choose a password, and your account is ready.")
    };
    let until = moment_words(info.expires_at);
    let address = info.set_up.then(|| {
        view! {
            <TextField
                form=form.clone()
                name="email"
                label="E-mail address"
                hint="You sign in with it."
                kind=InputKind::Email
                autocomplete="username"
                maxlength=length(Email::MAX)
            />
        }
    });
    let facts = facts(info);
    view! {
        <div class="center-narrow stack">
            <PageHead title lead />
            <FactList facts />
            <PostForm action>
                <ErrorSummary form=form.clone() />
                {address}
                <TextField
                    form=form.clone()
                    name="name"
                    label="Name"
                    hint="As others should read it: it is printed on what you sign."
                    autocomplete="name"
                    maxlength=length(PersonName::MAX)
                />
                <TextField
                    form=form.clone()
                    name="new-password"
                    label="Password"
                    hint=PASSWORD_HINT
                    kind=InputKind::Password
                    autocomplete="new-password"
                />
                <TextField
                    form
                    name="new-password-again"
                    label="Password, again"
                    kind=InputKind::Password
                    autocomplete="new-password"
                />
                <FormActions>
                    <Button>"Create my account"</Button>
                </FormActions>
            </PostForm>
            <p class="muted small">{format!("This link works once, until {until}.")}</p>
        </div>
    }
}

/// What an invitation says about the account to be.
fn facts(info: InvitationInfo) -> Vec<Fact> {
    let mut facts = Vec::new();
    if let Some(email) = info.email {
        facts.push(Fact::text("E-mail address", email));
    }
    if !info.workspace_roles.is_empty() {
        let roles: Vec<String> = info.workspace_roles.iter().map(WorkspaceRole::title).collect();
        facts.push(Fact::text("Role for the workspace", words::join(&roles, "and")));
    }
    if let Some(product) = info.product {
        let roles: Vec<String> = info.product_roles.iter().map(Role::title).collect();
        facts.push(Fact::text(format!("Role in {product}"), words::join(&roles, "and")));
    }
    facts
}

/// A limit in characters for an input.
fn length(max: usize) -> u32 {
    u32::try_from(max).unwrap_or(u32::MAX)
}

/// Says that a one-time link does not work, and what to do. Whether it ever did, it does not tell.
#[component]
pub fn LinkOverPage() -> impl IntoView {
    view! {
        <div class="center-narrow stack">
            <PageHead
                title="This link does not work"
                lead="One-time links work once and for a limited time."
            />
            <ul>
                <li>"If you used it already, your account exists: sign in with the password that you chose."</li>
                <li>"If it is too old or was withdrawn, ask the person who invited you for a new one."</li>
                <li>
                    "If it is the set-up link of a new Sluice, restart the server: it prints a fresh one as long as nobody has an account."
                </li>
            </ul>
            <p>
                <a href="/sign-in">"Go to the sign-in page"</a>
            </p>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn fields() -> Fields {
        Fields::new(vec![
            ("title".into(), "\"><b>A".into()),
            ("target".into(), "1".into()),
            ("target".into(), "2".into()),
        ])
    }

    #[test]
    fn a_form_without_a_session_is_carried_in_order() {
        let carried = Some(("/features/PAY-1/edit".to_owned(), fields()));
        let html = view! { <SignInPage form=Form::new() next=String::new() carried /> }.to_html();
        assert!(html.contains("name=\"carried-action\" value=\"/features/PAY-1/edit\""), "{html}");
        assert_eq!(html.matches("name=\"carried:target\"").count(), 2, "{html}");
        assert!(html.contains("what you typed is kept"), "{html}");
        assert!(!html.contains("\"><b>"), "{html}");
    }

    #[test]
    fn nothing_is_promised_where_nothing_could_be_kept() {
        let carried = Some(("/features/PAY-1/evidence".to_owned(), Fields::default()));
        let html = view! { <SignInPage form=Form::new() next=String::new() carried /> }.to_html();
        assert!(html.contains("A file has to be chosen again."), "{html}");
    }

    #[test]
    fn kept_entries_wait_for_the_person_to_send_them() {
        let html = view! { <KeptPage action="/features/PAY-1/edit".to_owned() fields=fields() /> }.to_html();
        assert!(
            html.contains("action=\"/features/PAY-1/edit\"") && html.contains("Send what you typed"),
            "{html}"
        );
        assert_eq!(html.matches("type=\"hidden\"").count(), 3, "{html}");
    }

    #[test]
    fn only_the_set_up_link_asks_for_an_address() {
        let info = |set_up: bool| InvitationInfo {
            email: (!set_up).then(|| "ana@example.org".to_owned()),
            name: "Ana".to_owned(),
            set_up,
            workspace_roles: vec![WorkspaceRole::Auditor],
            product: Some("Payments".to_owned()),
            product_roles: vec![Role::Qa, Role::Designer],
            expires_at: datetime!(2027-02-03 14:00 UTC),
        };
        let page = |set_up| {
            view! { <JoinPage info=info(set_up) form=Form::new() action="/join/x".to_owned() /> }.to_html()
        };
        assert!(page(true).contains("name=\"email\""));
        let html = page(false);
        assert!(!html.contains("name=\"email\"") && html.contains("QA and Designer"), "{html}");
        assert!(html.contains("until 3 Feb 2027, 14:00 UTC"), "{html}");
    }
}
