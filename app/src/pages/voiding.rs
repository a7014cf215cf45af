//! The question before a write that voids sign-offs: whose they are, and everything that was typed, ready to be sent.

use leptos::prelude::*;
use sluice_domain::{
    form::Fields,
    ids::PersonId,
    place::Place,
    words::{self, Label},
};
use sluice_service::gates::{CONFIRM_VOID, VoidedSignOff, Voiding};

use crate::{
    components::{
        Button, Card, Fact, FactList, FileField, FormActions, HiddenField, InputKind, Notice, NoticeKind,
        PageHead, PostForm, TextField, counted,
    },
    form::{Form, SECRETS},
};

/// Fields that say nothing to people.
const TECHNICAL: [&str; 7] = ["id", "version", "dossier", "cycle", "from", "covers", CONFIRM_VOID];

/// The title of the page: "This voids 2 sign-offs".
#[must_use]
pub fn title(voiding: &Voiding) -> String {
    format!("This voids {}", counted(voiding.sign_offs.len(), "sign-off"))
}

/// Asks before sign-offs are voided. Everything that was typed is in the form; only passwords and files have to be
/// given again, because neither goes back to a browser.
#[component]
pub fn VoidingPage(
    /// What would be voided.
    voiding: Voiding,
    /// Where the form was sent.
    action: String,
    /// What was typed.
    fields: Fields,
    /// A file came with it.
    with_file: bool,
) -> impl IntoView {
    let names: Vec<&str> = voiding.sign_offs.iter().map(|sign_off| sign_off.name.as_str()).collect();
    let count = counted(voiding.sign_offs.len(), "sign-off");
    let who = format!("This voids {count} ({})", names.join(", "));
    let back = Place::Feature.path(&voiding.feature);
    let lead = format!(
        "What you are about to save is part of what was signed at the {} of {}. Nothing is saved yet.",
        gates(&voiding),
        voiding.feature
    );
    let sign_offs = voiding
        .sign_offs
        .iter()
        .map(|VoidedSignOff { name, role, gate }| {
            view! { <li>{format!("{name}, {}, at the {gate} gate", role.label())}</li> }
        })
        .collect_view();
    let sent = fields.pairs().iter().filter(|(name, _)| name != CONFIRM_VOID);
    let (secret, open): (Vec<_>, Vec<_>) = sent.partition(|(name, _)| SECRETS.contains(&name.as_str()));
    let hidden = open
        .iter()
        .map(|(name, value)| view! { <HiddenField name=name.clone() value=value.clone() /> })
        .collect_view();
    let again = secret.iter().map(|(name, _)| password_again(name)).collect_view();
    let file = with_file.then(|| {
        view! {
            <FileField
                form=Form::new()
                name="file"
                label="File"
                hint="Choose the file again: browsers do not keep it when a form comes back."
            />
        }
    });
    let typed = typed(&open);
    let confirm = voiding.confirmation.to_string();
    view! {
        <div class="center-narrow stack">
            <PageHead title=title(&voiding) lead />
            <Notice kind=NoticeKind::Warning title=who>
                <ul>{sign_offs}</ul>
                <p>
                    "A sign-off covers the dossier as it was: it stops counting the moment this is saved, and its gate \
                     waits for a new one. Whoever signed is told, and sees only what changed when they read it again."
                </p>
            </Notice>
            {typed}
            <PostForm action multipart=with_file>
                {hidden}
                <HiddenField name=CONFIRM_VOID value=confirm />
                {again}
                {file}
                <FormActions>
                    <Button>{format!("Save and void {count}")}</Button>
                    <a href=back>"Leave everything as it is"</a>
                </FormActions>
            </PostForm>
            <p class="muted small">
                "To change what you typed first, go back in your browser: the form is still filled in."
            </p>
        </div>
    }
}

/// "Design gate", "Design and Testing gates".
fn gates(voiding: &Voiding) -> String {
    let mut gates: Vec<&str> = voiding.sign_offs.iter().map(|sign_off| sign_off.gate.as_str()).collect();
    gates.dedup();
    let noun = if gates.len() == 1 { "gate" } else { "gates" };
    format!("{} {noun}", words::join(&gates, "and"))
}

fn password_again(name: &str) -> AnyView {
    view! {
        <TextField
            form=Form::new()
            name=name.to_owned()
            label="Password"
            kind=InputKind::Password
            hint="Once more: it is not kept."
            autocomplete="current-password"
        />
    }
    .into_any()
}

/// What was typed, to read; what was chosen from a list by an id says nothing to people. Nothing where the form was a
/// button.
fn typed(fields: &[&(String, String)]) -> Option<AnyView> {
    let facts: Vec<Fact> = fields
        .iter()
        .filter(|(name, value)| !TECHNICAL.contains(&name.as_str()) && !value.trim().is_empty())
        .filter(|(_, value)| value.parse::<PersonId>().is_err())
        .map(|(name, value)| {
            let value = value.clone();
            Fact { label: words::field(name), value: view! { <span class="pre">{value}</span> }.into_any() }
        })
        .collect();
    if facts.is_empty() {
        return None;
    }
    let card = view! {
        <Card title="What you typed">
            <FactList facts />
        </Card>
    };
    Some(card.into_any())
}

#[cfg(test)]
mod tests {
    use super::*;
    use sluice_domain::{access::Role, canonical::Digest};

    const HOSTILE: &str = "\"><script>alert(1)</script>";

    fn voiding() -> Voiding {
        let sign_off = |gate: &str, name: &str, role| VoidedSignOff {
            gate: gate.to_owned(),
            name: name.to_owned(),
            role,
        };
        Voiding {
            feature: "PAY-12".parse().expect("a key"),
            sign_offs: vec![
                sign_off("Design", "Ben Ode", Role::SecurityReviewer),
                sign_off("Testing", HOSTILE, Role::ReleaseManager),
            ],
            confirmation: Digest::of(b"these two"),
        }
    }

    fn shown(pairs: &[(&str, &str)], with_file: bool) -> String {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let (fields, action) = (Fields::new(pairs), "/features/PAY-12/threats/4".to_owned());
        view! { <VoidingPage voiding=voiding() action fields with_file /> }.to_html()
    }

    #[test]
    fn it_names_whose_sign_offs_go_and_keeps_what_was_typed() {
        let html = shown(&[("version", "3"), ("title", HOSTILE), ("target", "a"), ("target", "b")], false);
        assert!(html.contains("This voids 2 sign-offs"), "{html}");
        assert!(html.contains("signed at the Design and Testing gates of PAY-12"), "{html}");
        assert!(html.contains("Ben Ode, security reviewer, at the Design gate"), "{html}");
        assert!(html.contains("Save and void 2 sign-offs"), "{html}");
        assert!(html.contains("action=\"/features/PAY-12/threats/4\""), "{html}");
        assert!(html.contains(&Digest::of(b"these two").to_string()), "{html}");
        assert_eq!(html.matches("name=\"target\"").count(), 2, "{html}");
        assert!(html.contains("name=\"version\" value=\"3\""), "{html}");
        assert!(!html.contains("<script>alert"), "{html}");
    }

    #[test]
    fn passwords_and_files_are_asked_for_again_and_an_old_answer_is_dropped() {
        let html =
            shown(&[("password", "seven herons"), (CONFIRM_VOID, "old answer"), ("kind", "plan")], true);
        assert!(!html.contains("seven herons") && !html.contains("old answer"), "{html}");
        assert!(html.contains("type=\"password\"") && html.contains("type=\"file\""), "{html}");
        assert!(html.contains("multipart/form-data"), "{html}");
        assert!(html.contains("This voids 2 sign-offs"), "{html}");
    }

    #[test]
    fn lines_stay_lines_and_ids_are_sent_and_not_shown() {
        let id = "019eda10-9788-7680-b4b6-a4e82d16a6cf";
        let html = shown(&[("owner", id), ("description", "One.\nTwo.")], false);
        assert_eq!(html.matches(id).count(), 1, "{html}");
        assert!(html.contains(&format!("name=\"owner\" value=\"{id}\"")), "{html}");
        assert!(html.contains("<span class=\"pre\">One.\nTwo.</span>"), "{html}");
    }

    #[test]
    fn a_button_without_fields_shows_none() {
        assert!(!shown(&[("id", "x")], false).contains("What you typed"));
    }
}
