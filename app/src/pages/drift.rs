//! What changed after a gate opened, and the form by which a person of that gate accepts it.

use leptos::prelude::*;
use sluice_domain::{access::Role, place::Place, words};
use sluice_service::gates::DriftPage;

use crate::{
    components::{
        Button, Card, Choice, ErrorSummary, Fact, FactList, FormActions, HiddenField, InputKind, Notice,
        NoticeKind, Oath, PostForm, SelectField, TextArea, TextField, Timestamp, counted,
    },
    form::Form,
    pages::{FeatureFrame, FeatureSection, changes::changed_items},
};

/// The drift of one gate.
#[component]
pub fn DriftScreen(
    /// What drifted.
    page: DriftPage,
    /// The name that is printed under the acceptance.
    viewer: String,
    /// What the form holds.
    form: Form,
    /// Why the last step was refused, in a sentence.
    #[prop(optional_no_strip)]
    notice: Option<String>,
) -> impl IntoView {
    let here = format!("What changed after the {} gate", page.phase.name);
    let notice = notice.map(|title| view! { <Notice kind=NoticeKind::Danger title /> });
    let facts = facts(&page);
    let body = if page.items.is_empty() {
        let why = match page.opened {
            Some(_) => "Everything that was signed at this gate still says what it said.",
            None => "This gate has not opened, so nothing could drift away from what was signed at it.",
        };
        view! {
            <Card title="Nothing drifted">
                <p>{why}</p>
            </Card>
        }
        .into_any()
    } else {
        let items = changed_items(&page.summary.key, &page.items);
        let count = counted(page.items.len(), "item");
        let lead = format!(
            "{count} was signed at this gate and says something else now. Until somebody of that gate accepts the change, \
             or it is taken back, the feature’s current gate stays closed."
        );
        let accept = accepting(&page, viewer, form);
        view! {
            <Card title="Signed then, and now" id="drift">
                <div class="stack">
                    <p>{lead}</p>
                    {items}
                </div>
            </Card>
            {accept}
        }
        .into_any()
    };
    let accepted = accepted(&page);
    view! {
        <FeatureFrame summary=page.summary section=FeatureSection::Review here>
            {notice}
            {facts}
            {body}
            {accepted}
        </FeatureFrame>
    }
}

fn facts(page: &DriftPage) -> Option<AnyView> {
    let (cycle, at) = page.opened?;
    let now = page.summary.now;
    let href = Place::Manifest(page.phase.key.clone(), cycle).path(&page.summary.key);
    let facts = vec![
        Fact::view("The gate opened", view! { <Timestamp at now /> }),
        Fact::view("What counts as signed", view! { <a href=href>"The manifest"</a> }),
    ];
    Some(view! { <FactList facts /> }.into_any())
}

/// The form, or why there is none and who can.
fn accepting(page: &DriftPage, viewer: String, form: Form) -> AnyView {
    let asked: Vec<Role> = page.phase.gate.sign_offs_for(page.summary.tier).map(|rule| rule.role).collect();
    let closed = |why: String| {
        let who = format!(
            "A {} of this product can accept it who wrote no part of that gate’s dossier.",
            words::who_can(&asked)
        );
        view! {
            <Card title="Accept the change" id="accept">
                <div class="stack-s">
                    <p>{why}</p>
                    <p class="muted">{who}</p>
                </div>
            </Card>
        }
        .into_any()
    };
    if let Err(rests) = page.summary.progress.attempt() {
        return closed(words::refusal(&rests));
    }
    let roles = match &page.seat {
        None => return closed("Your roles in this product sign no gates.".to_owned()),
        Some(Err(refusal)) => return closed(words::refusal(refusal)),
        Some(Ok(roles)) => roles.clone(),
    };
    let Some(dossier) = page.dossier else { return ().into_any() };
    let action = Place::Drift(page.phase.key.clone()).path(&page.summary.key);
    let role = role_field(&roles, &form);
    let statement = [
        "I, ".to_owned(),
        viewer,
        format!(
            ", reviewed the {} above and accept that this is as good as what was signed at the {} gate. This is my \
             electronic signature.",
            counted(page.items.len(), "change"),
            page.phase.name
        ),
    ]
    .concat();
    let binding = format!("Dossier {}. Your password, given anew, binds you to it.", dossier.short());
    let dossier = dossier.to_string();
    view! {
        <Card title="Accept the change" id="accept">
            <PostForm action>
                <ErrorSummary form=form.clone() />
                <Oath statement binding />
                <HiddenField name="dossier" value=dossier />
                {role}
                <TextArea
                    form=form.clone()
                    name="reason"
                    label="The reason"
                    hint="Why the change is as good as what was signed. Part of the record."
                />
                <TextField
                    form
                    name="password"
                    label="Password"
                    kind=InputKind::Password
                    hint="Your own, once more: it makes this your signature."
                    autocomplete="current-password"
                />
                <FormActions>
                    <Button>"Accept the change"</Button>
                </FormActions>
            </PostForm>
        </Card>
    }
    .into_any()
}

fn role_field(roles: &[Role], form: &Form) -> AnyView {
    if let [role] = roles {
        return view! { <HiddenField name="role" value=role.code() /> }.into_any();
    }
    let options: Vec<Choice> =
        roles.iter().map(|role| Choice::new(role.code(), words::Label::title(role))).collect();
    view! {
        <SelectField
            form=form.clone()
            name="role"
            label="Your role"
            options
            prompt="Choose the role in which you sign"
        />
    }
    .into_any()
}

/// Who accepted earlier changes of this gate.
fn accepted(page: &DriftPage) -> Option<AnyView> {
    if page.accepted.is_empty() {
        return None;
    }
    let now = page.summary.now;
    let lines = page
        .accepted
        .iter()
        .map(|(name, at, reason)| {
            let (at, reason) = (*at, reason.clone());
            view! {
                <li>
                    {name.clone()}
                    ", "
                    <Timestamp at now />
                    <p class="pre">{reason}</p>
                </li>
            }
        })
        .collect_view();
    let card = view! {
        <Card title="Accepted before">
            <ul class="stack-s">{lines}</ul>
        </Card>
    };
    Some(card.into_any())
}

/// The flag of drift in the header of a feature: which gates it concerns, and the way to what changed. Nothing where
/// nothing drifted.
pub(super) fn drift_flag(summary: &sluice_service::features::FeatureSummary) -> Option<AnyView> {
    use sluice_domain::gate::Blocker;
    let waived = summary.decision.waived.iter().map(|waived| &waived.blocker);
    let links: Vec<AnyView> = summary
        .decision
        .blockers
        .iter()
        .chain(waived)
        .filter_map(|blocker| match blocker {
            Blocker::Drifted { phase, name, items, .. } => {
                let href = Place::Drift(phase.clone()).path(&summary.key);
                let text = format!("{name}: {}", counted(*items, "item"));
                Some(view! { <li><a href=href>{text}</a></li> }.into_any())
            }
            _ => None,
        })
        .collect();
    if links.is_empty() {
        return None;
    }
    let notice = view! {
        <Notice kind=NoticeKind::Warning title="What was signed at an open gate has changed since">
            <ul>{links.into_iter().collect_view()}</ul>
        </Notice>
    };
    Some(notice.into_any())
}

#[cfg(test)]
mod tests {
    use sluice_domain::{
        canonical::Digest,
        dossier::ItemKind,
        gate::Blocker,
        lifecycle::Refusal,
        policy::{Gate, Phase, Quorum, SignOffRule},
    };
    use sluice_service::gates::{ChangedField, ChangedItem};

    use super::*;
    use crate::pages::threats::fixture::{HOSTILE, NOW, html, summary};

    fn page(seat: Option<Result<Vec<Role>, Refusal>>, items: usize) -> DriftPage {
        let phase = Phase {
            key: "design".parse().unwrap(),
            name: HOSTILE.to_owned(),
            purpose: String::new(),
            controls: Vec::new(),
            gate: Gate {
                conditions: Vec::new(),
                sign_offs: vec![SignOffRule {
                    role: Role::SecurityReviewer,
                    quorum: Quorum { low: 1, medium: 1, high: 2 },
                    meaning: HOSTILE.to_owned(),
                }],
                team_days: None,
                review_days: 3,
            },
        };
        let item = |number| ChangedItem {
            kind: ItemKind::Threat,
            key: format!("T-{number}"),
            place: Place::Threat(4),
            then: Some(1),
            now: Some(2),
            expired: None,
            fields: vec![ChangedField {
                field: "title".to_owned(),
                then: Some(HOSTILE.to_owned()),
                now: Some(HOSTILE.to_owned()),
            }],
        };
        DriftPage {
            summary: summary(&[Role::SecurityReviewer]),
            phase,
            opened: Some((1, NOW)),
            items: (0..items).map(item).collect(),
            dossier: Some(Digest::of(b"now")),
            accepted: vec![(HOSTILE.to_owned(), NOW, HOSTILE.to_owned())],
            seat,
        }
    }

    fn shown(page: DriftPage) -> String {
        html(
            || view! { <DriftScreen page viewer=HOSTILE.to_owned() form=Form::new() notice=Some(HOSTILE.to_owned()) /> },
        )
    }

    #[test]
    fn a_person_of_the_gate_gets_the_form_and_markup_stays_text() {
        let html = shown(page(Some(Ok(vec![Role::SecurityReviewer])), 2));
        assert!(
            html.contains("2 items") && html.contains("action=\"/features/PAY-12/drift/design\""),
            "{html}"
        );
        assert!(html.contains(&Digest::of(b"now").to_string()), "{html}");
        assert!(html.contains("/features/PAY-12/dossiers/design/1"), "{html}");
        assert!(!html.contains("<script>alert"), "{html}");
    }

    #[test]
    fn others_read_why_not_and_who_can() {
        let html = shown(page(Some(Err(Refusal::Contributor)), 1));
        assert!(!html.contains("name=\"password\""), "{html}");
        assert!(
            html.contains("You wrote part of this dossier") && html.contains("security reviewer"),
            "{html}"
        );
        let html = shown(page(None, 1));
        assert!(!html.contains("name=\"password\"") && html.contains("sign no gates"), "{html}");
        assert!(shown(page(None, 0)).contains("still says what it said"));
        let closed = DriftPage { opened: None, dossier: None, ..page(None, 0) };
        assert!(shown(closed).contains("has not opened"));
    }

    #[test]
    fn the_flag_shows_where_something_drifted_and_nowhere_else() {
        let mut summary = summary(&[Role::Developer]);
        summary.decision.blockers.clear();
        assert!(drift_flag(&summary).is_none());
        summary.decision.blockers.push(Blocker::Drifted {
            phase: "design".parse().unwrap(),
            name: HOSTILE.to_owned(),
            items: 2,
            mark: "0123456789abcdef".to_owned(),
            roles: vec![Role::SecurityReviewer],
        });
        let html = drift_flag(&summary).expect("a flag").to_html();
        assert!(
            html.contains("href=\"/features/PAY-12/drift/design\"") && html.contains("2 items"),
            "{html}"
        );
        assert!(!html.contains("<script>alert"), "{html}");
    }
}
