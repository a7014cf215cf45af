//! The relations of a feature: duplicates, parts and follow-ups, at both ends.

use leptos::prelude::*;
use sluice_domain::{
    access::Action, ids::FeatureKey, place::Place, relation::RelationEnd, words, words::Label,
};
use sluice_service::relations::{Parts, Related, Relations, RelationsPage, Standing};

use super::{paper::relatives, threats::closed_to_reader};
use crate::{
    components::{
        Badge, Button, ButtonKind, Card, Choice, EmptyState, ErrorSummary, FormActions, HiddenField,
        IconName, Notice, NoticeKind, PostForm, SelectField, TextField, Tone, counted,
    },
    form::Form,
    pages::{FeatureFrame, FeatureSection},
};

/// What the forms of the page hold.
#[derive(Clone, Debug, Default)]
pub struct RelationForms {
    /// The form that relates.
    pub relate: Form,
    /// Taking a relation back: errors only.
    pub unrelate: Form,
}

/// The relations of a feature, and the form that adds one.
#[component]
pub fn RelationsScreen(
    /// The relations.
    page: RelationsPage,
    /// What the forms hold.
    forms: RelationForms,
) -> impl IntoView {
    let RelationForms { relate, unrelate } = forms;
    let key = page.summary.key.clone();
    let closed = closed_to_reader(&page.summary, Action::RelateFeature, "relate it to other features");
    let duplicate = duplicate_notice(&page);
    let list = list_card(&page, closed.is_none(), unrelate);
    let lineage = (!page.lineage.is_empty()).then(|| {
        let relatives = relatives(&page.lineage, &key);
        view! { <Card title="By way of feedback">{relatives}</Card> }
    });
    let adding = match closed {
        None => relate_form(&key, relate),
        Some(why) => view! { <Card title="Relate it to another feature"><p>{why}</p></Card> }.into_any(),
    };
    let summary = page.summary;
    view! {
        <FeatureFrame summary section=FeatureSection::Relations here="Relations">
            {duplicate}
            {list}
            {lineage}
            {adding}
        </FeatureFrame>
    }
}

/// A duplicate that still goes its way: cancelling it keeps the work in one place.
fn duplicate_notice(page: &RelationsPage) -> Option<AnyView> {
    let original = page.relations.original()?;
    page.summary.progress.attempt().ok()?;
    let who = words::who_can(Action::CancelFeature.product_roles());
    let says = if page.summary.may(Action::CancelFeature) {
        let href = Place::Course.path(&page.summary.key);
        view! { <p>"Then one of the two is enough: "<a href=href>"cancel this one"</a>". Its record stays."</p> }.into_any()
    } else {
        view! { <p>{format!("Then one of the two is enough. A {who} can cancel this one; its record stays.")}</p> }.into_any()
    };
    let title = format!("{} is a duplicate of {}.", page.summary.key, original.key);
    Some(view! { <Notice kind=NoticeKind::Warning title>{says}</Notice> }.into_any())
}

fn list_card(page: &RelationsPage, may_change: bool, unrelate: Form) -> AnyView {
    if page.relations.is_empty() {
        return view! {
            <ErrorSummary form=unrelate />
            <EmptyState
                title="It is related to no other feature"
                why="Relate a feature to the one that it duplicates, to the larger one that it is part of, or to the one that it follows up on. Both then show the other."
                icon=IconName::Dot
            />
        }
        .into_any();
    }
    let action = format!("{}/remove", Place::Relations.path(&page.summary.key));
    let groups = groups(&page.relations, may_change.then_some(action.as_str()));
    view! {
        <Card title="Relations">
            <div class="stack">
                <ErrorSummary form=unrelate />
                {groups}
            </div>
        </Card>
    }
    .into_any()
}

/// The other features by relation, each group with its name; with forms that take relations back where `remove` is
/// their address.
pub(in crate::pages) fn groups(relations: &Relations, remove: Option<&str>) -> AnyView {
    relations
        .ends
        .iter()
        .map(|(end, others)| {
            let parts = relations.parts.filter(|_| *end == RelationEnd::ParentOf).map(parts_line);
            let lines = others.iter().map(|related| line(*end, related, remove)).collect_view();
            view! {
                <section class="stack-s">
                    <h3>{end.title()}</h3>
                    {parts}
                    <ul class="plain stack-s">{lines}</ul>
                </section>
            }
        })
        .collect_view()
        .into_any()
}

/// How many of the parts are still open.
fn parts_line(parts: Parts) -> AnyView {
    let total = usize::try_from(parts.total).unwrap_or_default();
    let text = match parts.open {
        0 => format!("None of {} is open any more.", counted(total, "part")),
        open => format!(
            "{open} of {} open.",
            if total == 1 { "1 part is".to_owned() } else { format!("{total} parts are") }
        ),
    };
    view! { <p class="muted">{text}</p> }.into_any()
}

fn line(end: RelationEnd, related: &Related, remove: Option<&str>) -> AnyView {
    let href = Place::Feature.path(&related.key);
    let (text, tone) = match &related.standing {
        Standing::Under(phase) => (phase.clone(), Tone::Accent),
        Standing::OnHold(phase) => (format!("on hold in {phase}"), Tone::Waiting),
        Standing::Finished => ("finished".to_owned(), Tone::Open),
        Standing::Cancelled => ("cancelled".to_owned(), Tone::Neutral),
    };
    let removing = remove.map(|action| {
        let (action, key) = (action.to_owned(), related.key.to_string());
        view! {
            <form method="post" action=action>
                <HiddenField name="relation" value=end.code() />
                <HiddenField name="other" value=key.clone() />
                <Button kind=ButtonKind::Link small=true>
                    "Take back"
                    <span class="visually-hidden">{format!(" the relation to {key}")}</span>
                </Button>
            </form>
        }
    });
    view! {
        <li class="cluster">
            <a href=href>{format!("{} {}", related.key, related.title)}</a>
            <Badge text tone />
            <span class="muted small">{related.product_name.clone()}</span>
            {removing}
        </li>
    }
    .into_any()
}

/// The relation as the second half of a sentence that begins with "This feature".
const fn says(end: RelationEnd) -> &'static str {
    match end {
        RelationEnd::DuplicateOf => "is a duplicate of",
        RelationEnd::ChildOf => "is part of",
        RelationEnd::Follows => "follows up on",
        RelationEnd::DuplicatedBy => "has this duplicate",
        RelationEnd::ParentOf => "has this part",
        RelationEnd::FollowedBy => "has this follow-up",
    }
}

fn relate_form(key: &FeatureKey, form: Form) -> AnyView {
    let action = Place::Relations.path(key);
    let options: Vec<Choice> =
        RelationEnd::ALL.iter().map(|end| Choice::new(end.code(), format!("{key} {}", says(*end)))).collect();
    view! {
        <Card title="Relate it to another feature" id="relate">
            <PostForm action>
                <ErrorSummary form=form.clone() />
                <SelectField
                    form=form.clone()
                    name="relation"
                    label="Relation"
                    options
                    prompt="Choose a relation"
                    hint="Both features show it. It changes nothing that is signed."
                />
                <TextField form name="other" label="The other feature" hint="Its key, such as PAY-12." />
                <FormActions>
                    <Button>"Relate"</Button>
                </FormActions>
            </PostForm>
        </Card>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use sluice_domain::access::Role;
    use sluice_service::features::{Lineage, Relative};

    use super::*;
    use crate::pages::threats::fixture::{HOSTILE, html, summary};

    fn related(key: &str, standing: Standing) -> Related {
        Related {
            key: key.parse().unwrap(),
            title: HOSTILE.to_owned(),
            product_name: HOSTILE.to_owned(),
            standing,
        }
    }

    fn page(roles: &[Role], ends: BTreeMap<RelationEnd, Vec<Related>>) -> RelationsPage {
        let parts = ends
            .get(&RelationEnd::ParentOf)
            .map(|parts| Parts { total: i64::try_from(parts.len()).unwrap(), open: 1 });
        RelationsPage {
            summary: summary(roles),
            relations: Relations { ends, parts },
            lineage: Lineage::default(),
        }
    }

    fn drawn(page: RelationsPage, forms: RelationForms) -> String {
        html(move || view! { <RelationsScreen page forms /> })
    }

    #[test]
    fn both_directions_are_shown_and_nothing_becomes_markup() {
        let ends = BTreeMap::from([
            (RelationEnd::ChildOf, vec![related("PAY-1", Standing::Under(HOSTILE.to_owned()))]),
            (
                RelationEnd::ParentOf,
                vec![
                    related("PAY-2", Standing::Finished),
                    related("OPS-3", Standing::OnHold("Design".into())),
                ],
            ),
        ]);
        let mut page = page(&[Role::ProductManager], ends);
        let taken = Relative { key: "PAY-9".parse().unwrap(), title: HOSTILE.to_owned(), feedback: Some(2) };
        page.lineage = Lineage { origins: vec![taken], successors: Vec::new() };
        let forms = RelationForms {
            relate: Form::new().with("other", HOSTILE).fail("other", HOSTILE),
            unrelate: Form::new().fail("", HOSTILE),
        };
        let page = drawn(page, forms);
        for expected in [
            "Part of",
            "Parts",
            "1 of 2 parts are open.",
            "/features/OPS-3",
            "on hold in Design",
            "/features/PAY-9",
        ] {
            assert!(page.contains(expected), "{expected} in {page}");
        }
        assert!(page.contains("action=\"/features/PAY-12/relations/remove\""), "{page}");
        assert!(!page.contains("<script>alert") && !page.contains("<img"), "{page}");
    }

    #[test]
    fn a_duplicate_suggests_cancelling_it() {
        let ends =
            || BTreeMap::from([(RelationEnd::DuplicateOf, vec![related("PAY-3", Standing::Cancelled)])]);
        let manager = drawn(page(&[Role::ProductManager], ends()), RelationForms::default());
        assert!(manager.contains("PAY-12 is a duplicate of PAY-3."), "{manager}");
        assert!(manager.contains("href=\"/features/PAY-12/course\""), "{manager}");
        let developer = drawn(page(&[Role::Developer], ends()), RelationForms::default());
        assert!(developer.contains("A product manager can cancel this one"), "{developer}");
        // The way to the course of every feature is in the frame as well.
        let ways = |page: &str| page.matches("href=\"/features/PAY-12/course\"").count();
        assert!(ways(&developer) < ways(&manager) && !developer.contains("/relations/remove"), "{developer}");
    }

    #[test]
    fn an_empty_page_teaches() {
        let page = drawn(page(&[Role::Developer], BTreeMap::new()), RelationForms::default());
        assert!(page.contains("It is related to no other feature"), "{page}");
        assert!(page.contains("product manager"), "{page}");
    }
}
