//! The policy of a product's new features.

use leptos::prelude::*;
use sluice_service::policies::ProductPolicyPage;

use super::version_path;
use crate::{
    components::{
        Breadcrumb, Button, ButtonKind, Card, Choice, ErrorSummary, FormActions, HiddenField, LinkButton,
        Notice, NoticeKind, PageHead, PostForm, RadioGroup,
    },
    form::Form,
};

/// Which policy new features of a product follow, and the form that chooses another.
#[component]
pub fn ProductPolicyScreen(
    /// The product and what there is to choose from.
    page: ProductPolicyPage,
    /// What was chosen.
    form: Form,
    /// Somebody else changed the product meanwhile.
    #[prop(optional)]
    conflict: bool,
) -> impl IntoView {
    let key = page.product.to_string();
    let home = format!("/products/{key}");
    let trail =
        vec![("Products".to_owned(), "/products".to_owned()), (format!("{key} {}", page.name), home.clone())];
    let current = page.choices.iter().find(|choice| choice.is_chosen).map(|choice| {
        let policy = &choice.active.policy;
        let (href, name) = (version_path(policy), format!("{} {}", policy.title, policy.version));
        view! {
            <p>
                "New features of this product start under " <a href=href>{name}</a>
                ". Features that are there stay on the version that they follow."
            </p>
        }
    });
    let conflict = conflict.then(|| {
        view! {
            <Notice kind=NoticeKind::Warning title="Somebody else changed this product while you were reading">
                <p>"Nothing was changed. The page shows it as it is now; choose again if you still want to."</p>
            </Notice>
        }
    });
    let choose = if page.may_choose {
        choose_form(&page, form, home)
    } else {
        view! { <p class="muted">"An administrator chooses the policy of a product."</p> }.into_any()
    };
    view! {
        <Breadcrumb trail here="Policy" />
        <PageHead title="Policy of new features" key />
        {conflict}
        <Card title="Now">{current}</Card>
        {choose}
    }
}

fn choose_form(page: &ProductPolicyPage, form: Form, home: String) -> AnyView {
    let options = page
        .choices
        .iter()
        .map(|choice| {
            let policy = &choice.active.policy;
            Choice::new(policy.key.clone(), format!("{} {}", policy.title, policy.version))
                .hint(policy.summary.clone())
        })
        .collect();
    let version = form.value("version");
    view! {
        <Card title="Choose">
            <PostForm action=format!("{home}/policy")>
                <ErrorSummary form=form.clone() />
                <HiddenField name="version" value=version />
                <RadioGroup form name="policy" legend="Policy" options hint="The active version of each." />
                <FormActions>
                    <Button>"Choose this policy"</Button>
                    <LinkButton href=home kind=ButtonKind::Link>
                        "Cancel"
                    </LinkButton>
                </FormActions>
            </PostForm>
        </Card>
    }
    .into_any()
}
