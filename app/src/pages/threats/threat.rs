//! One threat: its form, or the threat to read.

use leptos::prelude::*;
use sluice_domain::{
    access::Action,
    ids::FeatureKey,
    place::Place,
    threat::{Severity, Stride, ThreatStatus, Treatment},
    words::Label,
};
use sluice_service::{
    phases::AttachedEvidence,
    threats::{ThreatItem, ThreatPage},
};

use super::{closed_to_reader, last_change, severity_badge, status_badge, typed};
use crate::{
    components::{
        Button, ButtonKind, Card, Choice, Conflict, ConflictField, ErrorSummary, Fact, FactList, FormActions,
        FormRow, HiddenField, LinkButton, PostForm, Prose, SelectField, TextArea, TextField,
    },
    form::Form,
    islands::MarkdownPreview,
    pages::{FeatureFrame, FeatureSection},
};

/// One threat: the form for a new one, the form that edits one, or the threat to read.
#[component]
pub fn ThreatScreen(
    /// The threat, if it is there already, and who can own it.
    page: ThreatPage,
    /// What the form holds.
    form: Form,
    /// Somebody else saved it meanwhile: both versions are shown.
    #[prop(optional)]
    conflict: bool,
) -> impl IntoView {
    let closed = closed_to_reader(&page.summary, Action::EditThreatModel, "edit this threat");
    let both = page.threat.as_ref().filter(|_| conflict).map(|theirs| threat_conflict(&page, theirs, &form));
    let here = page
        .threat
        .as_ref()
        .map_or_else(|| "Add a threat".to_owned(), |threat| format!("T-{}", threat.number));
    let evidence = page.threat.as_ref().map(|threat| evidence_card(&page, threat));
    let main = match (&page.threat, closed) {
        (Some(threat), Some(why)) => reading(&page, threat, why),
        (None, Some(why)) => view! { <Card title="Add a threat"><p>{why}</p></Card> }.into_any(),
        (_, None) => editing(&page, form),
    };
    let summary = page.summary;
    view! {
        <FeatureFrame summary section=FeatureSection::ThreatModel here>
            {both}
            {main}
            {evidence}
        </FeatureFrame>
    }
}

/// The form of a new threat. `id` is its future id, so that sending the form twice adds one threat.
#[must_use]
pub fn new_threat_form(id: impl Into<String>) -> Form {
    Form::new().with("id", id).with("version", "0").with("status", ThreatStatus::Open.code())
}

/// The form with the threat as it is stored.
#[must_use]
pub fn threat_form(threat: &ThreatItem) -> Form {
    Form::new()
        .with("version", threat.version.to_string())
        .with("title", threat.title.as_str())
        .with("element", threat.element.as_str())
        .with("stride", threat.stride.code())
        .with("description", threat.description.as_str())
        .with("severity", threat.severity.code())
        .with("treatment", threat.treatment.map_or("", Treatment::code))
        .with("countermeasure", threat.countermeasure.as_str())
        .with("owner", threat.owner.as_ref().map(|(id, _)| id.to_string()).unwrap_or_default())
        .with("status", threat.status.code())
}

const fn stride_words(kind: Stride) -> &'static str {
    match kind {
        Stride::Spoofing => "somebody pretends to be somebody else",
        Stride::Tampering => "data or code is changed without permission",
        Stride::Repudiation => "somebody denies what they did, and nobody can show otherwise",
        Stride::InformationDisclosure => "somebody sees what they must not see",
        Stride::DenialOfService => "others are kept from using it",
        Stride::ElevationOfPrivilege => "somebody gains rights that were not given",
    }
}

const fn severity_words(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "little harm, or hardly reachable",
        Severity::Medium => "some harm to some people",
        Severity::High => "serious harm",
        Severity::Critical => "the worst that the product can suffer",
    }
}

const fn treatment_words(treatment: Treatment) -> &'static str {
    match treatment {
        Treatment::Mitigate => "reduce it by a countermeasure",
        Treatment::Accept => "live with it, knowingly",
        Treatment::Transfer => "hand it to somebody else, by contract or insurance",
        Treatment::Avoid => "do not build what brings it",
    }
}

const fn status_words(status: ThreatStatus) -> &'static str {
    match status {
        ThreatStatus::Open => "found; nothing decided or done",
        ThreatStatus::Planned => "what will be done is written down",
        ThreatStatus::Treated => "the treatment is built and works",
        ThreatStatus::Verified => "somebody showed that the treatment works",
    }
}

fn choice(code: &str, title: &str, words: &str) -> Choice {
    Choice::new(code, format!("{title}: {words}"))
}

fn strides() -> Vec<Choice> {
    Stride::ALL.iter().map(|kind| choice(kind.code(), &kind.title(), stride_words(*kind))).collect()
}

/// The worst first, as in the list.
fn severities() -> Vec<Choice> {
    Severity::ALL.iter().rev().map(|it| choice(it.code(), &it.title(), severity_words(*it))).collect()
}

fn treatments() -> Vec<Choice> {
    Treatment::ALL.iter().map(|it| choice(it.code(), &it.title(), treatment_words(*it))).collect()
}

fn statuses() -> Vec<Choice> {
    ThreatStatus::ALL.iter().map(|it| choice(it.code(), &it.title(), status_words(*it))).collect()
}

/// People of the product; an owner who has left it since stays on offer, so that saving does not change them.
fn owners(page: &ThreatPage) -> Vec<Choice> {
    let mut owners: Vec<Choice> =
        page.people.iter().map(|(id, name)| Choice::new(id.to_string(), name.clone())).collect();
    if let Some((id, name)) = page.threat.as_ref().and_then(|threat| threat.owner.as_ref())
        && !page.people.iter().any(|(person, _)| person == id)
    {
        owners.push(Choice::new(id.to_string(), format!("{name} (no longer in this product)")));
    }
    owners
}

fn editing(page: &ThreatPage, form: Form) -> AnyView {
    let key = &page.summary.key;
    let (heading, action, button) = match &page.threat {
        None => ("Add a threat".to_owned(), Place::NewThreat.path(key), "Add the threat"),
        Some(threat) => (
            format!("T-{} {}", threat.number, threat.title),
            Place::Threat(threat.number).path(key),
            "Save the threat",
        ),
    };
    let back = Place::ThreatModel.path(key);
    let side =
        page.threat.as_ref().map(|threat| last_change(&threat.author, threat.changed_at, page.summary.now));
    let id = form.value("id");
    let id = (!id.is_empty()).then(|| view! { <HiddenField name="id" value=id /> });
    let version = form.value("version");
    let what = what_fields(&form);
    let treatment = treatment_fields(&form, owners(page));
    view! {
        <Card title=heading nostrip:side=side>
            <PostForm action>
                <ErrorSummary form />
                {id}
                <HiddenField name="version" value=version />
                {what}
                {treatment}
                <FormActions>
                    <Button>{button}</Button>
                    <LinkButton href=back kind=ButtonKind::Link>
                        "Back to the threat model"
                    </LinkButton>
                </FormActions>
            </PostForm>
        </Card>
    }
    .into_any()
}

/// What can go wrong.
fn what_fields(form: &Form) -> AnyView {
    let in_row = form.clone();
    view! {
        <TextField
            form=form.clone()
            name="title"
            label="Title"
            hint="One sentence: who does what to what. “Somebody with the backup reads card numbers.”"
            maxlength=120
        />
        <TextField
            form=form.clone()
            name="element"
            label="Element"
            hint="Where it happens: a process, a store, a connection, a person outside."
            optional=true
            maxlength=200
        />
        <FormRow>
            <SelectField
                form=in_row.clone()
                name="stride"
                label="Kind of threat"
                options=strides()
                prompt="Choose a kind"
            />
            <SelectField
                form=in_row.clone()
                name="severity"
                label="Severity"
                options=severities()
                prompt="Choose how bad it would be"
            />
        </FormRow>
        <TextArea
            form=form.clone()
            name="description"
            label="Description"
            hint="How it would happen, step by step, and who would be hurt."
            optional=true
            rows=5
        />
        <MarkdownPreview textarea="description" />
    }
    .into_any()
}

/// What is done about it.
fn treatment_fields(form: &Form, owners: Vec<Choice>) -> AnyView {
    let in_row = form.clone();
    view! {
        <SelectField
            form=form.clone()
            name="treatment"
            label="Treatment"
            options=treatments()
            prompt="Not decided yet"
            optional=true
        />
        <TextArea
            form=form.clone()
            name="countermeasure"
            label="Countermeasure"
            hint="What exactly is done, or why the threat is accepted. Needed as soon as the status is more than “Open”."
            optional=true
        />
        <FormRow>
            <SelectField
                form=in_row.clone()
                name="owner"
                label="Owner"
                options=owners
                prompt="Nobody yet"
                hint="Who sees to it."
                optional=true
            />
            <SelectField
                form=in_row.clone()
                name="status"
                label="Status"
                options=statuses()
                hint="The gate asks serious threats to get further before it opens."
            />
        </FormRow>
    }
    .into_any()
}

fn reading(page: &ThreatPage, threat: &ThreatItem, why: String) -> AnyView {
    let side = last_change(&threat.author, threat.changed_at, page.summary.now);
    let or = |text: &str, other: &str| if text.is_empty() { other.to_owned() } else { text.to_owned() };
    let owner = threat.owner.as_ref().map_or("Nobody yet", |(_, name)| name);
    let facts = vec![
        Fact::text("Element", or(&threat.element, "Not named")),
        Fact::text("Kind of threat", choice("", &threat.stride.title(), stride_words(threat.stride)).label),
        Fact::view("Severity", severity_badge(threat.severity)),
        Fact::view("Status", status_badge(threat.status)),
        Fact::text(
            "Treatment",
            threat.treatment.map_or_else(|| "Not decided yet".to_owned(), |it| it.title()),
        ),
        Fact::view(
            "Countermeasure",
            view! { <span class="pre">{or(&threat.countermeasure, "None yet")}</span> },
        ),
        Fact::text("Owner", owner),
    ];
    let description = threat.description.clone();
    let footer = view! { <span>{why}</span> }.into_any();
    view! {
        <Card title=format!("T-{} {}", threat.number, threat.title) side footer>
            <div class="stack">
                <FactList facts />
                <Prose markdown=description />
            </div>
        </Card>
    }
    .into_any()
}

fn evidence_card(page: &ThreatPage, threat: &ThreatItem) -> AnyView {
    let key = &page.summary.key;
    let list = if threat.evidence.is_empty() {
        view! { <p class="muted">"Nothing is attached yet. A test or a scan can show that the treatment works."</p> }
            .into_any()
    } else {
        let items = threat.evidence.iter().map(|item| evidence_line(key, item)).collect_view();
        view! { <ul>{items}</ul> }.into_any()
    };
    let footer = if let Some(why) = closed_to_reader(&page.summary, Action::AddEvidence, "attach evidence") {
        view! { <span>{why}</span> }.into_any()
    } else {
        let href = format!("{}?for=threat:{}#add", Place::EvidenceList.path(key), threat.number);
        view! {
            <LinkButton href kind=ButtonKind::Quiet small=true>
                "Add evidence for this threat"
            </LinkButton>
        }
        .into_any()
    };
    view! {
        <Card title="Evidence" footer>
            {list}
        </Card>
    }
    .into_any()
}

fn evidence_line(key: &FeatureKey, item: &AttachedEvidence) -> AnyView {
    let href = Place::Evidence(item.number).path(key);
    let text = format!("E-{} {}", item.number, item.title);
    view! {
        <li>
            <a href=href>{text}</a>
            <span class="muted">{format!(" {}", item.kind)}</span>
        </li>
    }
    .into_any()
}

fn threat_conflict(page: &ThreatPage, theirs: &ThreatItem, form: &Form) -> AnyView {
    let titled = |title: Option<String>, other: &str| title.unwrap_or_else(|| other.to_owned());
    let chosen = |name: &str| form.value(name);
    let owner = chosen("owner");
    let owner = owners(page).into_iter().find(|choice| choice.value == owner).map(|choice| choice.label);
    let field =
        |label: &str, theirs: String, yours: String| ConflictField { label: label.to_owned(), theirs, yours };
    let fields = vec![
        field("Title", theirs.title.clone(), typed(form, "title")),
        field("Element", theirs.element.clone(), typed(form, "element")),
        field(
            "Kind of threat",
            theirs.stride.title(),
            titled(Stride::from_code(&chosen("stride")).map(|it| it.title()), "Not chosen"),
        ),
        field(
            "Severity",
            theirs.severity.title(),
            titled(Severity::from_code(&chosen("severity")).map(|it| it.title()), "Not chosen"),
        ),
        field("Description", theirs.description.clone(), typed(form, "description")),
        field(
            "Treatment",
            titled(theirs.treatment.map(|it| it.title()), "Not decided yet"),
            titled(Treatment::from_code(&chosen("treatment")).map(|it| it.title()), "Not decided yet"),
        ),
        field("Countermeasure", theirs.countermeasure.clone(), typed(form, "countermeasure")),
        field(
            "Owner",
            titled(theirs.owner.as_ref().map(|(_, name)| name.clone()), "Nobody yet"),
            titled(owner, "Nobody yet"),
        ),
        field(
            "Status",
            theirs.status.title(),
            titled(ThreatStatus::from_code(&chosen("status")).map(|it| it.title()), "Not chosen"),
        ),
    ];
    view! { <Conflict who=theirs.author.clone() at=theirs.changed_at now=page.summary.now fields /> }
        .into_any()
}

#[cfg(test)]
mod tests {
    use sluice_domain::access::Role;

    use super::{
        super::fixture::{HOSTILE, html, person, summary, threat},
        *,
    };

    fn page(roles: &[Role], text: &str) -> ThreatPage {
        ThreatPage {
            summary: summary(roles),
            threat: Some(threat(text)),
            people: vec![(person(1), text.to_owned()), (person(2), "Ben Ode".to_owned())],
        }
    }

    #[test]
    fn a_threat_is_text_in_every_state() {
        for roles in [&[Role::Developer], &[Role::Stakeholder]] {
            let page = page(roles, HOSTILE);
            let form = threat_form(&threat(HOSTILE)).fail("title", HOSTILE);
            let html = html(|| view! { <ThreatScreen page form conflict=true /> });
            assert!(!html.contains("<script>alert"), "{html}");
        }
    }

    #[test]
    fn the_form_shows_what_is_stored_and_where_to_add_evidence() {
        let page = page(&[Role::Developer], "Key theft");
        let form = threat_form(&threat("Key theft"));
        let html = html(|| view! { <ThreatScreen page form /> });
        assert!(html.contains("action=\"/features/PAY-12/threats/4\""), "{html}");
        assert!(html.contains("<option value=\"high\" selected>High: serious harm</option>"), "{html}");
        assert!(html.contains("href=\"/features/PAY-12/evidence?for=threat:4#add\""), "{html}");
        assert!(!html.contains("name=\"id\""), "{html}");
    }

    #[test]
    fn a_new_threat_has_an_id_of_its_own_and_starts_open() {
        let page = ThreatPage { threat: None, ..page(&[Role::Developer], "x") };
        let form = new_threat_form("01890a5d-ac96-774b-bcce-b302099a8057");
        let html = html(|| view! { <ThreatScreen page form /> });
        assert!(html.contains("name=\"id\" value=\"01890a5d-ac96-774b-bcce-b302099a8057\""), "{html}");
        assert!(html.contains("<option value=\"open\" selected>"), "{html}");
        assert!(html.contains("Add the threat"), "{html}");
    }

    #[test]
    fn both_versions_name_choices_in_words() {
        let page = page(&[Role::Developer], "Theirs");
        let form = threat_form(&threat("Mine")).set("owner", person(2).to_string()).set("status", "planned");
        let html = html(|| view! { <ThreatScreen page form conflict=true /> });
        assert!(html.contains("<td>Ben Ode</td>") && html.contains("<td>Planned</td>"), "{html}");
    }
}
