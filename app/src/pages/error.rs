//! Pages that say what did not work, and the way on.

use std::sync::Arc;

use leptos::prelude::*;
use sluice_domain::{
    access::{Action, Role},
    words::{self, Label},
};
use sluice_service::Error;

use crate::{
    assets::Assets,
    components::{ButtonKind, LinkButton, PageHead, Shell, counted},
    document::{self, Frame, Theme},
};

/// The title of the page for a status.
#[must_use]
pub fn title(status: u16) -> String {
    let title = match status {
        400 => "This request cannot be read",
        401 => "Sign in first",
        403 => "You may not do this",
        404 => "There is nothing here",
        405 => "This page does not do that",
        408 => "The request took too long",
        409 => "This does not work as things stand",
        410 => "This is gone",
        413 => "This is too large",
        415 => "This kind of content is not taken here",
        422 => "Something has to be put right",
        429 => "Too many attempts",
        503 => "Sluice cannot answer right now",
        507 => "There is no room left",
        500..=599 => "Something broke on our side",
        _ => "That did not work",
    };
    title.to_owned()
}

/// How long somebody has to wait after too many attempts, in a sentence.
#[must_use]
pub fn wait_words(seconds: u64) -> String {
    let minutes = usize::try_from(seconds.div_ceil(60)).unwrap_or(usize::MAX).max(1);
    format!("There were too many attempts. Wait {}, then try again.", counted(minutes, "minute"))
}

/// What an action needs, in a sentence: "It takes the role of product manager in the product."
#[must_use]
pub fn needed_words(action: Action) -> String {
    let workspace: Vec<&str> = action.workspace_roles().iter().map(Label::label).collect();
    let workspace = words::join(&workspace, "or");
    let product = match action.product_roles() {
        [] => None,
        Role::ALL => Some("a role in the product".to_owned()),
        roles => Some(format!("the role of {} in the product", words::who_can(roles))),
    };
    match (product, workspace.is_empty()) {
        (None, true) => "It takes an account.".to_owned(),
        (None, false) => format!("It takes the role of {workspace}."),
        (Some(product), true) => format!("It takes {product}."),
        (Some(product), false) => format!("It takes {product}, or that of {workspace}."),
    }
}

/// What somebody may not do, after "You may not".
const fn deed(action: Action) -> &'static str {
    match action {
        Action::UseOwnAccount => "use this account",
        Action::ReadPolicies => "read the policies",
        Action::ReadProduct => "see this product",
        Action::CreateFeature => "create features here",
        Action::EditFeature => "edit this feature",
        Action::DoControl => "do this control",
        Action::EditThreatModel => "edit this threat model",
        Action::EditRecord => "write this kind of record",
        Action::WriteComment => "write comments",
        Action::AttestStandard => "attest a coding standard",
        Action::ManageGuides => "edit the standards and lists of a product",
        Action::AddEvidence => "add evidence here",
        Action::RequestReview => "request a review here",
        Action::SignGate => "sign this gate",
        Action::ReturnForChanges => "return this gate for changes",
        Action::ReadGrants => "see who holds which role",
        Action::ManageProducts => "create or edit products",
        Action::AcceptDrift => "accept a change made after a gate opened",
        Action::SignOwed => "sign what an emergency skipped",
        Action::SignForAnother => "sign for somebody else",
        Action::DelegateSeat => "hand a seat at gates to somebody else",
        Action::HoldFeature => "put a feature on hold",
        Action::CancelFeature => "cancel or reopen a feature",
        Action::MoveBack => "move a feature back",
        Action::ReleaseInEmergency => "release a feature in an emergency",
        Action::RelateFeature => "relate a feature to another",
        Action::ArchiveFeature => "archive a feature’s record",
        Action::MigrateFeature => "move a feature to another version of its policy",
        Action::ReadFeaturePolicy => "see which version of a policy this feature follows",
        Action::ReadPolicyRuns => "see what a version of a policy would decide",
        Action::RequestWaiver => "ask for a waiver",
        Action::ApproveWaiver => "decide about a waiver",
        Action::ManagePolicies => "import and activate policies",
        Action::ManagePeople => "manage people and their roles",
        Action::ReadHistory => "browse the whole history",
    }
}

/// What went wrong, in sentences: the first stands alone, the others explain.
fn explanation(error: &Error) -> (String, Vec<String>) {
    match error {
        Error::NotFound => (
            "No page of yours has this address.".to_owned(),
            vec![
                "The address may be mistyped, or it leads into a product in which you hold no role. An administrator \
                 can grant you one."
                    .to_owned(),
            ],
        ),
        Error::Denied(action) => (
            format!("You may not {}.", deed(*action)),
            vec![needed_words(*action), "An administrator can grant roles.".to_owned()],
        ),
        Error::Invalid(problems) => {
            ("Nothing was changed.".to_owned(), problems.iter().map(words::problem).collect())
        }
        Error::Stale => (
            "Somebody else changed this while you were looking at it.".to_owned(),
            vec!["Nothing of yours was stored. Open the page anew, look at what changed, then do it again.".to_owned()],
        ),
        Error::WouldVoid(_) => (
            "This would void sign-offs.".to_owned(),
            vec!["Nothing was changed. Open the page anew and send the form from there; you are asked first.".to_owned()],
        ),
        Error::Refused(refusal) => (words::refusal(refusal), vec!["Nothing was changed.".to_owned()]),
        Error::Throttled(seconds) => (
            wait_words(*seconds),
            vec!["This keeps others from guessing passwords. Nothing was changed.".to_owned()],
        ),
        Error::Busy => (
            "Too much is asked of the server at this moment.".to_owned(),
            vec!["Nothing was changed. Wait a few seconds, then try again.".to_owned()],
        ),
        Error::StorageFull => (
            "The server has no room to store this.".to_owned(),
            vec!["Nothing was changed. Tell whoever runs this Sluice; reading still works.".to_owned()],
        ),
        Error::Unavailable(_) => (
            "The database does not answer.".to_owned(),
            vec!["Nothing was changed. It usually passes: wait a little, then reload the page.".to_owned()],
        ),
        Error::Internal(_) => (
            "The fault is ours, not yours.".to_owned(),
            vec!["Try again. If it stays, tell whoever runs this Sluice the reference below.".to_owned()],
        ),
    }
}

/// What went wrong where nothing but the status is known.
const fn plain_explanation(status: u16) -> &'static str {
    match status {
        400 | 422 => "The server did not understand what was sent. Go back, reload the page and try again.",
        403 => "It did not come from a page of this Sluice. Open the page anew and send the form from there.",
        404 | 410 => "The address may be mistyped, or what was here has another address now.",
        405 => "The address exists, but not for this. Start from the page that links to it.",
        408 => "The connection went silent before everything had arrived. Nothing was changed; try again.",
        413 => "It is larger than this server takes. Nothing was stored.",
        415 => {
            "The server takes forms of its own pages only. Open the page anew and send the form from there."
        }
        429 => "Wait a few minutes, then try again.",
        503 => "Nothing was changed. It usually passes: wait a little, then reload the page.",
        500..=599 => "Try again. If it stays, tell whoever runs this Sluice the reference below.",
        _ => "Go back, reload the page and try again.",
    }
}

/// The page for something that did not work.
#[component]
pub fn FailurePage(
    /// The status of the answer.
    status: u16,
    /// Why. Of faults on our side nothing is shown.
    error: Arc<Error>,
    /// The id of the request, by which the log knows it.
    request: String,
) -> impl IntoView {
    let (lead, details) = explanation(&error);
    body(status, lead, details, request)
}

fn body(status: u16, lead: String, details: Vec<String>, request: String) -> AnyView {
    let details = details.into_iter().map(|detail| view! { <p>{detail}</p> }).collect_view();
    let reference = (status >= 500 && !request.is_empty()).then(|| {
        view! {
            <p class="muted small">
                "Reference: "
                <span class="mono">{request}</span>
            </p>
        }
    });
    view! {
        <PageHead title=title(status) lead />
        <div class="stack-s measure">
            {details} {reference}
            <p>
                <LinkButton href="/" kind=ButtonKind::Quiet>
                    "Go to your start page"
                </LinkButton>
            </p>
        </div>
    }
    .into_any()
}

/// A whole document for answers that are made before anybody knows who asks. It needs no script and no nonce.
#[must_use]
pub fn plain_error_page(status: u16, request: &str, assets: &Assets) -> String {
    let frame =
        Frame { title: title(status), nonce: String::new(), theme: Theme::System, assets: assets.clone() };
    let lead = plain_explanation(status).to_owned();
    let request = request.to_owned();
    document::render(&frame, move || {
        view! { <Shell>{body(status, lead, Vec::new(), request)}</Shell> }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(status: u16, error: Error) -> String {
        let request = "0197a3f0-0000-7000-8000-000000000001".to_owned();
        view! { <FailurePage status error=Arc::new(error) request /> }.to_html()
    }

    #[test]
    fn a_denial_says_what_and_who_can() {
        let html = shown(403, Error::Denied(Action::CreateFeature));
        assert!(html.contains("You may not create features here."), "{html}");
        assert!(html.contains("the role of product manager in the product"), "{html}");
        let html = shown(403, Error::Denied(Action::ManagePeople));
        assert!(html.contains("the role of administrator."), "{html}");
        let html = shown(403, Error::Denied(Action::ReadGrants));
        assert!(html.contains("a role in the product, or that of administrator or auditor."), "{html}");
    }

    #[test]
    fn a_fault_of_ours_shows_its_reference_and_nothing_else() {
        let html = shown(500, Error::internal("relation \"person\" does not exist"));
        assert!(!html.contains("relation"), "{html}");
        assert!(html.contains("0197a3f0-0000-7000-8000-000000000001"), "{html}");
        assert!(!shown(404, Error::NotFound).contains("0197a3f0"));
    }

    #[test]
    fn waiting_is_told_in_minutes() {
        assert!(wait_words(1).contains("Wait 1 minute,"));
        assert!(wait_words(61).contains("Wait 2 minutes,"));
        assert!(wait_words(0).contains("Wait 1 minute,"));
    }

    #[test]
    fn the_plain_page_is_a_whole_document_without_scripts() {
        let html = plain_error_page(500, "0197a3f0", &Assets::unbuilt());
        assert!(html.starts_with("<!DOCTYPE html>"), "{html}");
        assert!(html.contains("/assets/main.css") && html.contains("0197a3f0"), "{html}");
        assert!(!html.contains("<script") && !html.contains("nonce"), "{html}");
        assert_eq!(html.matches("<h1>").count(), 1, "{html}");
    }

    #[test]
    fn every_status_has_a_title_and_a_way_on() {
        for status in 400..600 {
            assert!(!title(status).is_empty() && !plain_explanation(status).is_empty());
        }
    }
}
