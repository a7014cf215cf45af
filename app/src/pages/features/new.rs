//! The form for a new feature.

use leptos::prelude::*;

use super::edit::common_fields;
use crate::{
    components::{
        Breadcrumb, Button, ButtonKind, Choice, ErrorSummary, FormActions, HiddenField, LinkButton, PageHead,
        PostForm, SelectField,
    },
    form::Form,
};

/// The form for a new feature. Whoever creates it owns it until somebody edits that.
#[component]
pub fn NewFeaturePage(
    /// The products in which the person may create features.
    products: Vec<Choice>,
    /// The form; its field `id` holds the id of the feature to come.
    form: Form,
) -> impl IntoView {
    let trail = vec![("Features".to_owned(), "/features".to_owned())];
    let fields = common_fields(&form, None);
    view! {
        <Breadcrumb trail here="New feature" />
        <PageHead
            title="New feature"
            lead="You will own it. It starts in the first phase of the current lifecycle policy, which it keeps even when a newer version comes out."
        />
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
            {fields}
            <FormActions>
                <Button>"Create feature"</Button>
                <LinkButton href="/features" kind=ButtonKind::Link>
                    "Cancel"
                </LinkButton>
            </FormActions>
        </PostForm>
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
            .with("tier", "high")
            .fail("target-date", "Target date is not a date.");
        let products = vec![Choice::new("p1", "Payments <script>"), Choice::new("p2", "Ledger")];
        let html = render(&Frame::for_tests("New"), move || view! { <NewFeaturePage products form /> });
        assert!(!html.contains("<script>alert") && !html.contains("Payments <script>"), "{html}");
        assert_eq!(html.matches("</textarea>").count(), 1, "{html}");
        assert!(html.contains("<option value=\"p1\" selected>"), "{html}");
        assert!(html.contains("value=\"high\" checked"), "{html}");
        assert!(html.contains("href=\"#target-date\""), "{html}");
    }
}
