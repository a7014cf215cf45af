//! The form that edits a feature, and what happens when two people do so at once.

use leptos::prelude::*;
use sluice_domain::{
    audit::Verb,
    lifecycle::{Progress, Turn},
    place::Place,
};
use sluice_service::features::{FeaturePage, FeatureSummary};

use crate::{
    components::{
        Button, ButtonKind, Card, Choice, Conflict, ConflictField, ErrorSummary, FormActions, HiddenField,
        InputKind, LinkButton, Notice, NoticeKind, PostForm, SelectField, TextArea, TextField,
        time_words::iso_date,
    },
    form::Form,
    islands::MarkdownPreview,
    pages::threats::at_rest,
    pages::{FeatureFrame, FeatureSection},
};

/// The form as it opens: with what is stored.
#[must_use]
pub fn edit_form(page: &FeaturePage) -> Form {
    let summary = &page.summary;
    Form::new()
        .with("version", page.version.to_string())
        .with("title", summary.title.clone())
        .with("description", page.description.clone())
        .with("owner", summary.owner.to_string())
        .with("target-date", summary.target_date.map(iso_date).unwrap_or_default())
        .with("sprint", summary.sprint.as_ref().map(ToString::to_string).unwrap_or_default())
}

/// The form that edits a feature.
#[component]
pub fn EditFeaturePage(
    /// The feature as it is stored now.
    page: FeaturePage,
    /// The people of its product, by id.
    people: Vec<Choice>,
    /// What the form shows.
    form: Form,
    /// Somebody else saved the feature since the form was opened: both versions are shown, and saving again puts
    /// this one in the place of theirs.
    #[prop(optional)]
    conflict: bool,
) -> impl IntoView {
    let people = with_owner(people, &page.summary);
    let back = Place::Feature.path(&page.summary.key);
    let rests = at_rest(&page.summary);
    let both = conflict.then(|| both_versions(&page, &people, &form));
    let notice = review_notice(&page.summary);
    let form = if conflict { form.set("version", page.version.to_string()) } else { form };
    let body = if matches!(page.summary.progress, Progress::Finished { .. }) {
        view! {
            <Notice title="This feature went through its whole lifecycle">
                <p>"Every gate is open, so its record stays as it is. Changes to the product start as a new feature."</p>
            </Notice>
        }
        .into_any()
    } else if let Some(title) = rests {
        view! { <Notice title /> }.into_any()
    } else {
        form_card(form, people, Place::EditFeature.path(&page.summary.key), back, conflict)
    };
    view! {
        <FeatureFrame summary=page.summary section=FeatureSection::Overview here="Edit">
            {both}
            {notice}
            {body}
        </FeatureFrame>
    }
}

/// The owner is a choice even without a role in the product by now: keeping them is no change.
fn with_owner(mut people: Vec<Choice>, summary: &FeatureSummary) -> Vec<Choice> {
    let owner = summary.owner.to_string();
    if !people.iter().any(|person| person.value == owner) {
        people.push(Choice::new(owner, summary.owner_name.clone()));
    }
    people
}

fn form_card(form: Form, people: Vec<Choice>, action: String, back: String, conflict: bool) -> AnyView {
    let title = title_field(&form);
    let fields = further_fields(&form, people);
    let save = if conflict { "Save mine over theirs" } else { "Save" };
    view! {
        <Card title="Edit the feature">
            <PostForm action>
                <ErrorSummary form=form.clone() />
                <HiddenField name="version" value=form.value("version") />
                {title}
                {fields}
                <FormActions>
                    <Button>{save}</Button>
                    <LinkButton href=back kind=ButtonKind::Link>
                        "Cancel"
                    </LinkButton>
                </FormActions>
            </PostForm>
        </Card>
    }
    .into_any()
}

/// What an edit does while reviewers read.
fn review_notice(summary: &FeatureSummary) -> Option<AnyView> {
    let in_review = summary.progress.attempt().is_ok_and(|attempt| attempt.turn != Turn::Team);
    in_review.then(|| {
        view! {
            <Notice kind=NoticeKind::Warning title="The reviewers have the turn">
                <p>
                    "Title and description are part of what they sign. Changing one of them voids the sign-offs given so far at this gate. Owner, target date and sprint are not part of it."
                </p>
            </Notice>
        }
        .into_any()
    })
}

/// What every feature has.
pub(super) fn title_field(form: &Form) -> AnyView {
    view! {
        <TextField
            form=form.clone()
            name="title"
            label="Title"
            hint="What the feature is called, in one line of up to 120 characters."
            autocomplete="off"
        />
    }
    .into_any()
}

/// What a feature may have besides. Without people to choose from, the feature is new: neither owner nor sprint is
/// asked for.
pub(super) fn further_fields(form: &Form, people: Vec<Choice>) -> AnyView {
    let sprint = (!people.is_empty()).then(|| {
        view! {
            <TextField
                form=form.clone()
                name="sprint"
                label="Sprint"
                hint="The sprint it is planned for, as your team calls it: 2026-W48, Sprint 14. Features can be listed by it."
                autocomplete="off"
                optional=true
            />
        }
    });
    let owner = (!people.is_empty()).then(|| {
        view! {
            <SelectField
                form=form.clone()
                name="owner"
                label="Owner"
                options=people
                hint="A person with a role in this product. What is due comes to them first."
            />
        }
    });
    view! {
        {owner}
        <TextField
            form=form.clone()
            name="target-date"
            label="Target date"
            kind=InputKind::Date
            hint="When it should be done, as year-month-day."
            optional=true
        />
        {sprint}
        <TextArea
            form=form.clone()
            name="description"
            label="Description"
            hint="What it does, for whom, and what it leaves out. Markdown works."
            rows=8
            optional=true
        />
        <MarkdownPreview textarea="description".to_owned() />
    }
    .into_any()
}

/// What is stored beside what was typed.
fn both_versions(page: &FeaturePage, people: &[Choice], form: &Form) -> AnyView {
    let summary = &page.summary;
    let person =
        |id: &str| people.iter().find(|person| person.value == id).map(|person| person.label.clone());
    let day = |text: String| if text.is_empty() { "No date".to_owned() } else { text };
    let sprint = |text: String| if text.is_empty() { "No sprint".to_owned() } else { text };
    let field =
        |label: &str, theirs: String, yours: String| ConflictField { label: label.to_owned(), theirs, yours };
    let fields = vec![
        field("Title", summary.title.clone(), form.value("title")),
        field("Owner", summary.owner_name.clone(), person(&form.value("owner")).unwrap_or_default()),
        field(
            "Target date",
            day(summary.target_date.map(iso_date).unwrap_or_default()),
            day(form.value("target-date")),
        ),
        field(
            "Sprint",
            sprint(summary.sprint.as_ref().map(ToString::to_string).unwrap_or_default()),
            sprint(form.value("sprint")),
        ),
        // Browsers send other line ends than are stored.
        field("Description", page.description.clone(), form.value("description").replace("\r\n", "\n")),
    ];
    let last = page.latest.iter().find(|entry| entry.verb == Some(Verb::FeatureEdited));
    let (who, at) = last
        .map_or_else(|| ("Somebody".to_owned(), summary.now), |entry| (entry.actor_name.clone(), entry.at));
    let now = summary.now;
    view! { <Conflict who at now fields /> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        document::{Frame, render},
        pages::features::sample,
    };

    fn html(page: FeaturePage, form: Form, conflict: bool) -> String {
        let people = vec![Choice::new("0190b7d4-0000-7000-8000-000000000009", "Bo <script>")];
        render(&Frame::for_tests("Edit"), move || view! { <EditFeaturePage page people form conflict /> })
    }

    #[test]
    fn the_stored_text_stays_text_and_the_owner_stays_chosen() {
        let page = sample::page("<script>alert(1)</script>", "</textarea><script>alert(2)</script>");
        let form = edit_form(&page);
        let html = html(page, form, false);
        assert!(!html.contains("<script>alert") && !html.contains("Bo <script>"), "{html}");
        assert_eq!(html.matches("</textarea>").count(), 1, "{html}");
        assert!(html.contains("name=\"version\" value=\"3\""), "{html}");
        assert!(html.contains("selected>Ana Diaz</option>"), "{html}");
        let mut planned = sample::page("Planned", "");
        planned.summary.sprint = "\"><script>14".parse().ok();
        let form = edit_form(&planned);
        let html = self::html(planned, form, false);
        assert!(html.contains("name=\"sprint\" value=\"&quot;&gt;&lt;script&gt;14\""), "{html}");
        assert!(html.contains("href=\"/features?sprint=%22%3E%3Cscript%3E14\""), "{html}");
        assert!(!html.contains("<script>14"), "{html}");
    }

    #[test]
    fn a_conflict_shows_both_and_carries_the_new_version() {
        let page = sample::page("Theirs", "");
        let form = edit_form(&page).set("title", "Mine").set("version", "2");
        let html = html(page, form, true);
        assert!(html.contains("<td>Theirs</td><td>Mine</td>"), "{html}");
        assert!(html.contains("name=\"version\" value=\"3\""), "{html}");
        assert!(html.contains("value=\"Mine\"") && html.contains("Save mine over theirs"), "{html}");
    }
}
