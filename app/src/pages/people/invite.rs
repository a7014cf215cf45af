//! Inviting a person: the form, and the link that it makes.

use leptos::prelude::*;
use sluice_domain::{
    access::WorkspaceRole,
    ids::ProductId,
    text::{Email, PersonName},
};
use time::OffsetDateTime;

use super::{role_choices, workspace_role_choices};
use crate::{
    components::{
        Breadcrumb, Button, Card, CheckboxGroup, Choice, ErrorSummary, FormActions, InputKind, LinkButton,
        PageHead, PostForm, SelectField, TextField, time_words::moment_words,
    },
    form::Form,
};

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

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2027-02-03 14:00 UTC);

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
