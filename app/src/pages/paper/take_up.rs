//! The form that makes a feature out of a piece of feedback.

use leptos::prelude::*;
use sluice_domain::{place::Place, record::RecordKind};
use sluice_service::records::RecordPage;

use crate::{
    components::{
        Breadcrumb, Button, ButtonKind, Card, ErrorSummary, Fact, FactList, FormActions, HiddenField,
        LinkButton, PageHead, PostForm, Prose, TextField,
    },
    form::Form,
};

/// Makes a feature out of a piece of feedback.
#[component]
pub fn TakeUpScreen(
    /// The feedback.
    page: RecordPage,
    /// The form; its field `id` holds the id of the feature to come.
    form: Form,
) -> impl IntoView {
    let key = page.summary.key.clone();
    let (number, title, values) =
        page.item.map(|item| (item.number, item.title, item.values)).unwrap_or_default();
    let name = RecordKind::Feedback.key(number);
    let back = Place::Record(RecordKind::Feedback, number).path(&key);
    let action = format!("{back}/take-up");
    let trail = vec![
        ("Features".to_owned(), "/features".to_owned()),
        (format!("{key} {}", page.summary.title), Place::Feature.path(&key)),
        (format!("{name} {title}"), back.clone()),
    ];
    let said = values.text("text").to_owned();
    let spec = RecordKind::Feedback.spec();
    let class = spec.choice_label("class", values.text("class")).unwrap_or_default();
    let facts = vec![
        Fact::text("Source", values.text("source")),
        Fact::text("Kind", class),
        Fact::view("What was said", view! { <Prose markdown=said /> }),
    ];
    let lead = format!(
        "A new feature of {} begins with this feedback in its description. You will own it, and its first gate asks for the questionnaire that sets its risk tier. The feedback then says which feature it became.",
        page.summary.product_name
    );
    view! {
        <Breadcrumb trail here="Make it a feature" />
        <PageHead title=format!("Make {name} a feature") lead />
        <Card title=format!("{name} {title}")>
            <FactList facts />
        </Card>
        <PostForm action>
            <ErrorSummary form=form.clone() />
            <HiddenField name="id" value=form.value("id") />
            <TextField form=form.clone() name="title" label="Title" hint="What the feature is called. It can be edited later." />
            <FormActions>
                <Button>"Create feature"</Button>
                <LinkButton href=back kind=ButtonKind::Link>
                    "Cancel"
                </LinkButton>
            </FormActions>
        </PostForm>
    }
}
