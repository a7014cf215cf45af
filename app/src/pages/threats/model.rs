//! The four questions, and the list of threats.

use leptos::prelude::*;
use sluice_domain::{
    access::Action,
    ids::FeatureKey,
    place::Place,
    threat::{Question, Treatment},
    words::Label,
};
use sluice_service::threats::{ThreatItem, ThreatModelPage};

use super::{closed_to_reader, last_change, severity_badge, status_badge, typed};
use crate::{
    components::{
        Button, ButtonKind, Card, Column, Conflict, ConflictField, EmptyState, ErrorSummary, FormActions,
        HiddenField, IconName, LinkButton, PostForm, Prose, TableHead, TableWrap, TextArea,
    },
    form::Form,
    islands::MarkdownPreview,
    pages::{FeatureFrame, FeatureSection},
};

/// The threat model of a feature: the four questions in one form, and the threats below.
#[component]
pub fn ThreatModelScreen(
    /// The threat model.
    page: ThreatModelPage,
    /// What the form of the questions holds.
    form: Form,
    /// Somebody else answered meanwhile: both versions are shown.
    #[prop(optional)]
    conflict: bool,
) -> impl IntoView {
    let closed =
        closed_to_reader(&page.summary, Action::EditThreatModel, "answer the questions and add threats");
    let both = conflict.then(|| model_conflict(&page, &form));
    let threats = threat_list(&page, closed.clone());
    let questions = match closed {
        None => question_form(&page, form),
        Some(why) => answers(&page, why),
    };
    let summary = page.summary;
    view! {
        <FeatureFrame summary section=FeatureSection::ThreatModel here="Threat model">
            {both}
            {questions}
            {threats}
        </FeatureFrame>
    }
}

/// The form with the answers that are stored.
#[must_use]
pub fn model_form(page: &ThreatModelPage) -> Form {
    let texts = stored(page);
    Question::ALL
        .iter()
        .zip(texts)
        .fold(Form::new(), |form, (question, text)| form.with(question.code(), text))
        .with("version", page.version.to_string())
}

/// The stored answers in the order of the questions.
fn stored(page: &ThreatModelPage) -> [&str; 4] {
    [&page.scope, &page.threats_answer, &page.response, &page.review]
}

/// What to write, for somebody who never did.
const fn hint(question: Question) -> &'static str {
    match question {
        Question::Scope => {
            "Name what you build or change, the data it handles, who uses it, and what would hurt if it were lost, \
             leaked or changed. Say where the border runs: which systems, networks and people are outside."
        }
        Question::Threats => {
            "Follow the data across each border and ask how somebody could misuse that step. STRIDE keeps you from \
             forgetting a kind: spoofing, tampering, repudiation, information disclosure, denial of service, \
             elevation of privilege. Say here how and with whom you looked; add each threat to the list below."
        }
        Question::Response => {
            "Say how you decide between reducing, avoiding, handing over and accepting a threat, and what is built \
             for several of them at once. The countermeasure for one threat stands with that threat."
        }
        Question::Review => {
            "Say how you know that the model is good enough: who else read it, what you compared it with (the \
             design, the code, earlier incidents), and what you left out on purpose."
        }
    }
}

fn question_form(page: &ThreatModelPage, form: Form) -> AnyView {
    let action = Place::ThreatModel.path(&page.summary.key);
    let side = page.by.as_ref().map(|(who, at)| last_change(who, *at, page.summary.now));
    let version = form.value("version");
    let fields = Question::ALL
        .iter()
        .map(|question| {
            let name = question.code();
            view! {
                <TextArea form=form.clone() name label=question.title() hint=hint(*question) rows=6 />
                <MarkdownPreview textarea=name />
            }
        })
        .collect_view();
    view! {
        <Card title="The four questions" nostrip:side=side>
            <PostForm action>
                <ErrorSummary form />
                <HiddenField name="version" value=version />
                {fields}
                <FormActions>
                    <Button>"Save the answers"</Button>
                </FormActions>
            </PostForm>
        </Card>
    }
    .into_any()
}

fn answers(page: &ThreatModelPage, why: String) -> AnyView {
    let side = page.by.as_ref().map(|(who, at)| last_change(who, *at, page.summary.now));
    let footer = view! { <span>{why}</span> }.into_any();
    let sections = Question::ALL
        .iter()
        .zip(stored(page))
        .map(|(question, text)| {
            let answer = if text.is_empty() {
                view! { <p class="muted">"Not answered yet."</p> }.into_any()
            } else {
                view! { <Prose markdown=text /> }.into_any()
            };
            view! {
                <section class="stack-s">
                    <h3>{question.title()}</h3>
                    {answer}
                </section>
            }
        })
        .collect_view();
    view! {
        <Card title="The four questions" nostrip:side=side footer>
            <div class="stack">{sections}</div>
        </Card>
    }
    .into_any()
}

fn model_conflict(page: &ThreatModelPage, form: &Form) -> AnyView {
    let fields: Vec<ConflictField> = Question::ALL
        .iter()
        .zip(stored(page))
        .map(|(question, theirs)| ConflictField {
            label: question.title(),
            theirs: theirs.to_owned(),
            yours: typed(form, question.code()),
        })
        .collect();
    let now = page.summary.now;
    let (who, at) = page.by.clone().unwrap_or_else(|| ("Somebody".to_owned(), now));
    view! { <Conflict who at now fields /> }.into_any()
}

fn threat_list(page: &ThreatModelPage, closed: Option<String>) -> AnyView {
    let key = page.summary.key.clone();
    let add = Place::NewThreat.path(&key);
    if page.threats.is_empty() {
        return no_threats(add, closed);
    }
    let side = closed.is_none().then(|| {
        view! {
            <LinkButton href=add kind=ButtonKind::Quiet small=true>
                "Add a threat"
            </LinkButton>
        }
        .into_any()
    });
    let columns = [
        "Threat",
        "Element",
        "Kind",
        "Severity",
        "Treatment",
        "Countermeasure",
        "Owner",
        "Status",
        "Evidence",
    ]
    .map(Column::text)
    .to_vec();
    let rows = page.threats.iter().map(|threat| threat_row(&key, threat)).collect_view();
    view! {
        <Card title="Threats" id="threat-list" nostrip:side=side flush=true>
            <TableWrap id="threat-table" caption="Threats, the worst first">
                <TableHead columns />
                <tbody>{rows}</tbody>
            </TableWrap>
        </Card>
    }
    .into_any()
}

fn no_threats(add: String, closed: Option<String>) -> AnyView {
    let why = "A threat is one sentence about what can go wrong, such as “Somebody with the backup reads card numbers”. \
               The gate looks at each: the worse it is, the further its treatment has to be.";
    let body = match closed {
        None => view! {
            <EmptyState title="No threats yet" why icon=IconName::Shield>
                <LinkButton href=add kind=ButtonKind::Quiet>
                    "Add a threat"
                </LinkButton>
            </EmptyState>
        }
        .into_any(),
        Some(closed) => {
            view! { <EmptyState title="No threats yet" why=format!("{why} {closed}") icon=IconName::Shield /> }
                .into_any()
        }
    };
    view! {
        <Card title="Threats" id="threat-list">
            {body}
        </Card>
    }
    .into_any()
}

fn threat_row(key: &FeatureKey, threat: &ThreatItem) -> AnyView {
    let href = Place::Threat(threat.number).path(key);
    let name = format!("T-{} {}", threat.number, threat.title);
    let treatment =
        threat.treatment.map_or_else(|| "Not decided".to_owned(), |treatment: Treatment| treatment.title());
    let owner = threat.owner.as_ref().map_or_else(|| "Nobody yet".to_owned(), |(_, name)| name.clone());
    let evidence = threat
        .evidence
        .iter()
        .map(|item| {
            let href = Place::Evidence(item.number).path(key);
            view! { <li><a href=href title=item.title.clone()>{format!("E-{}", item.number)}</a></li> }
        })
        .collect_view();
    view! {
        <tr>
            <th scope="row">
                <a href=href>{name}</a>
            </th>
            <td>{threat.element.clone()}</td>
            <td>{threat.stride.title()}</td>
            <td>{severity_badge(threat.severity)}</td>
            <td>{treatment}</td>
            <td>{threat.countermeasure.clone()}</td>
            <td>{owner}</td>
            <td>{status_badge(threat.status)}</td>
            <td>
                <ul class="plain">{evidence}</ul>
            </td>
        </tr>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use sluice_domain::access::Role;

    use super::{
        super::fixture::{HOSTILE, NOW, html, summary, threat},
        *,
    };

    fn page(roles: &[Role], text: &str) -> ThreatModelPage {
        ThreatModelPage {
            summary: summary(roles),
            scope: text.to_owned(),
            threats_answer: String::new(),
            response: String::new(),
            review: String::new(),
            version: 3,
            by: Some((text.to_owned(), NOW)),
            threats: vec![threat(text)],
        }
    }

    #[test]
    fn what_people_wrote_is_text_in_every_state() {
        for roles in [&[Role::Developer], &[Role::Stakeholder]] {
            let page = page(roles, HOSTILE);
            let form = model_form(&page).fail("scope", HOSTILE);
            let html = html(|| view! { <ThreatModelScreen page form conflict=true /> });
            assert!(!html.contains("<script>alert"), "{html}");
            assert!(!html.contains("<img"), "{html}");
        }
    }

    #[test]
    fn who_may_not_edit_reads_and_learns_who_can() {
        let page = page(&[Role::Stakeholder], "**Cards**");
        let form = model_form(&page);
        let html = html(|| view! { <ThreatModelScreen page form /> });
        assert!(html.contains("<strong>Cards</strong>"), "{html}");
        assert!(
            html.contains("Any product manager, designer, developer or QA of this product can"),
            "{html}"
        );
        assert!(!html.contains("Save the answers") && !html.contains("/threats/new"), "{html}");
    }

    #[test]
    fn the_form_keeps_what_was_typed_and_the_version_on_screen() {
        let page = page(&[Role::Developer], "stored");
        let form = Form::new().with("scope", "typed").with("version", "2");
        let html = html(|| view! { <ThreatModelScreen page form /> });
        assert!(html.contains(">\ntyped</textarea>"), "{html}");
        assert!(html.contains("name=\"version\" value=\"2\""), "{html}");
        assert!(html.contains("action=\"/features/PAY-12/threat-model\""), "{html}");
    }

    #[test]
    fn an_empty_model_teaches() {
        let page = ThreatModelPage { threats: Vec::new(), by: None, ..page(&[Role::Designer], "") };
        let form = model_form(&page);
        let html = html(|| view! { <ThreatModelScreen page form /> });
        assert!(
            html.contains("No threats yet") && html.contains("href=\"/features/PAY-12/threats/new\""),
            "{html}"
        );
    }
}
