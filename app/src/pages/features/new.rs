//! The form for a new feature.

use leptos::prelude::*;

use super::edit::{further_fields, title_field};
use crate::{
    components::{
        Breadcrumb, Button, ButtonKind, Card, Choice, ErrorSummary, FormActions, HiddenField, LinkButton,
        MoreFields, PageHead, PostForm, SelectField,
    },
    form::Form,
};

/// The form for a new feature: a product and a title make one. Whoever creates it owns it until somebody edits that.
#[component]
pub fn NewFeaturePage(
    /// The products in which the person may create features.
    products: Vec<Choice>,
    /// The form; its field `id` holds the id of the feature to come.
    form: Form,
) -> impl IntoView {
    let trail = vec![("Features".to_owned(), "/features".to_owned())];
    let more = ["target-date", "description"];
    // What was typed, or has to be put right, is in sight.
    let open = more.iter().any(|name| !form.value(name).is_empty() || form.error(name).is_some());
    let (title, fields) = (title_field(&form), further_fields(&form, Vec::new()));
    view! {
        <Breadcrumb trail here="New feature" />
        <PageHead
            title="New feature"
            lead="A product and a title are enough. Everything else is asked for where it is due: the first gate begins with six questions that set the risk tier."
        />
        <Card>
            <PostForm action="/features/new">
                <ErrorSummary form=form.clone() />
                <HiddenField name="id" value=form.value("id") />
                <SelectField
                    form=form.clone()
                    name="product"
                    label="Product"
                    options=products
                    prompt="Choose a product"
                    hint="It decides who sees the feature and gives it its key. It cannot be changed later."
                />
                {title}
                <MoreFields label="Target date and description" open>
                    {fields}
                </MoreFields>
                <FormActions>
                    <Button>"Create feature"</Button>
                    <LinkButton href="/features" kind=ButtonKind::Link>
                        "Cancel"
                    </LinkButton>
                </FormActions>
            </PostForm>
        </Card>
        <p class="muted measure">
            "You will own it. It follows the current lifecycle policy, also when a newer version comes out."
        </p>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Frame, render};

    #[test]
    fn a_refused_form_keeps_what_was_typed_as_text() {
        let form = Form::new()
            .with("id", "0190b7d4-0000-7000-8000-000000000001")
            .with("product", "p1")
            .with("title", "\"><script>alert(1)</script>")
            .with("description", "</textarea><script>alert(2)</script>")
            .fail("target-date", "Target date is not a date.");
        let products = vec![Choice::new("p1", "Payments <script>"), Choice::new("p2", "Ledger")];
        let html = render(&Frame::for_tests("New"), move || view! { <NewFeaturePage products form /> });
        assert!(!html.contains("<script>alert") && !html.contains("Payments <script>"), "{html}");
        assert_eq!(html.matches("</textarea>").count(), 1, "{html}");
        assert!(html.contains("<option value=\"p1\" selected>"), "{html}");
        assert!(html.contains("<details open class=\"more\""), "{html}");
        assert!(html.contains("href=\"#target-date\""), "{html}");
    }

    #[test]
    fn a_product_and_a_title_are_all_that_is_in_sight() {
        let form = Form::new().with("id", "0190b7d4-0000-7000-8000-000000000001");
        let products = vec![Choice::new("p1", "Payments")];
        let html = render(&Frame::for_tests("New"), move || view! { <NewFeaturePage products form /> });
        assert!(html.contains("<details class=\"more\">"), "{html}");
        assert!(!html.contains("name=\"tier\"") && !html.contains("name=\"owner\""), "{html}");
    }
}
