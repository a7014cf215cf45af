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
    /// The policy that new features of each product start under: the product's name, and the policy's.
    policies: Vec<(String, String)>,
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
        <p class="muted measure">{policy_words(&policies)}</p>
    }
}

/// Which policy the feature will follow: one sentence where the products agree, else one for each.
fn policy_words(policies: &[(String, String)]) -> String {
    let stays = "A newer version does not change that by itself.";
    let same = |first: &(String, String)| policies.iter().all(|(_, policy)| *policy == first.1);
    match policies.first() {
        None => format!("You will own it. It follows the lifecycle policy of its product. {stays}"),
        Some(first) if same(first) => format!("You will own it. It follows {}. {stays}", first.1),
        Some(_) => {
            let each: Vec<String> = policies
                .iter()
                .map(|(product, policy)| format!("in {product} it follows {policy}"))
                .collect();
            format!("You will own it. Its policy depends on the product: {}. {stays}", each.join("; "))
        }
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
        let html = render(
            &Frame::for_tests("New"),
            move || view! { <NewFeaturePage products policies=Vec::new() form /> },
        );
        assert!(!html.contains("name=\"sprint\""), "a new feature is planned later: {html}");
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
        let html = render(
            &Frame::for_tests("New"),
            move || view! { <NewFeaturePage products policies=Vec::new() form /> },
        );
        assert!(html.contains("<details class=\"more\">"), "{html}");
        assert!(!html.contains("name=\"tier\"") && !html.contains("name=\"owner\""), "{html}");
    }

    #[test]
    fn the_policy_is_named_before_the_feature_is_made() {
        let of = |product: &str, policy: &str| (product.to_owned(), policy.to_owned());
        let one = [of("Payments (PAY)", "SDL 2026.3"), of("Ledger (LED)", "SDL 2026.3")];
        assert!(policy_words(&one).contains("It follows SDL 2026.3."));
        let two = [of("Payments (PAY)", "SDL 2026.3"), of("Ledger (LED)", "Connector 2026.1")];
        let words = policy_words(&two);
        assert!(
            words.contains("in Payments (PAY) it follows SDL 2026.3; in Ledger (LED) it follows Connector")
        );
    }
}
