//! The evidence of a feature, and the form that adds an item.

use leptos::prelude::*;
use sluice_domain::{access::Action, ids::FeatureKey, place::Place, policy::EvidenceKind};
use sluice_service::evidence::{EvidenceItem, EvidenceList, EvidenceUse};
use time::OffsetDateTime;

use super::{download_link, file_field, target_choice};
use crate::{
    components::{
        Badge, Button, ButtonKind, Card, CheckboxGroup, Choice, Column, EmptyState, ErrorSummary,
        FormActions, HiddenField, IconName, LinkButton, PostForm, SelectField, TableHead, TableWrap,
        TextArea, TextField, Timestamp, Tone,
    },
    form::Form,
    islands::readable_size,
    pages::{FeatureFrame, FeatureSection, threats::closed_to_reader},
};

/// The evidence of a feature.
#[component]
pub fn EvidenceListScreen(
    /// The items, and what new ones can be attached to.
    page: EvidenceList,
    /// What the form that adds an item holds.
    form: Form,
    /// The largest file that is taken, in bytes.
    limit: u64,
) -> impl IntoView {
    let closed = closed_to_reader(&page.summary, Action::AddEvidence, "add evidence");
    let items = item_table(&page, closed.as_deref());
    let adding = match closed {
        None => add_form(&page, form, limit),
        Some(why) => view! { <Card title="Add evidence" id="add"><p>{why}</p></Card> }.into_any(),
    };
    let summary = page.summary;
    view! {
        <FeatureFrame summary section=FeatureSection::Evidence here="Evidence">
            {items}
            {adding}
        </FeatureFrame>
    }
}

/// The form for a new item. `target` is the code of what it is meant to prove, as a link from there carries it.
#[must_use]
pub fn evidence_form(page: &EvidenceList, target: &str) -> Form {
    let form = Form::new().with("id", page.new_id.to_string());
    let Some(option) = page.targets.iter().find(|option| option.target.code() == target) else { return form };
    let form = form.with("target", target);
    match option.kinds.as_slice() {
        [only] => form.with("kind", only.code()),
        _ => form,
    }
}

fn add_form(page: &EvidenceList, form: Form, limit: u64) -> AnyView {
    let action = Place::EvidenceList.path(&page.summary.key);
    let id = form.value("id");
    let file = file_field(
        &form,
        "A report, a scan result, a design: whatever proves that something was done. Its SHA-256 becomes part of the record.",
        limit,
    );
    let kinds: Vec<Choice> =
        EvidenceKind::all().iter().map(|kind| Choice::new(kind.code(), kind.label())).collect();
    let options: Vec<Choice> = page.targets.iter().map(target_choice).collect();
    let targets = (!options.is_empty()).then(|| {
        let form = form.clone();
        view! {
            <CheckboxGroup
                form
                name="target"
                legend="What it proves"
                options
                hint="The gate counts evidence for the controls and threats that it is attached to. You can attach it later, too."
                optional=true
            />
        }
    });
    view! {
        <Card title="Add evidence" id="add">
            <PostForm action multipart=true>
                <ErrorSummary form=form.clone() />
                <HiddenField name="id" value=id />
                {file}
                <TextField
                    form=form.clone()
                    name="title"
                    label="Title"
                    hint="Left empty, it is named after the file."
                    optional=true
                    maxlength=120
                />
                <SelectField form=form.clone() name="kind" label="Kind" options=kinds prompt="Choose a kind" />
                {targets}
                <TextArea
                    form
                    name="note"
                    label="Note"
                    hint="What a reader should know: which build, which settings, what is left open."
                    optional=true
                />
                <FormActions>
                    <Button>"Add the evidence"</Button>
                </FormActions>
            </PostForm>
        </Card>
    }
    .into_any()
}

fn item_table(page: &EvidenceList, closed: Option<&str>) -> AnyView {
    if page.items.is_empty() {
        return no_items(closed);
    }
    let now = page.summary.now;
    let side = closed.is_none().then(|| {
        view! {
            <LinkButton href="#add" kind=ButtonKind::Quiet small=true>
                "Add evidence"
            </LinkButton>
        }
        .into_any()
    });
    let rows = page.items.iter().map(|item| item_row(&page.summary.key, item, now)).collect_view();
    let columns = vec![
        Column::text("Evidence"),
        Column::text("Kind"),
        Column::number("Version"),
        Column::text("File"),
        Column::number("Size"),
        Column::text("SHA-256"),
        Column::text("By"),
        Column::text("When"),
        Column::text("Attached to"),
    ];
    view! {
        <Card title="Evidence" nostrip:side=side flush=true>
            <TableWrap id="evidence-table" caption="Evidence of this feature, newest first">
                <TableHead columns />
                <tbody>{rows}</tbody>
            </TableWrap>
        </Card>
    }
    .into_any()
}

fn no_items(closed: Option<&str>) -> AnyView {
    let why = "Evidence is a file that proves something: a test report, a scan, a design. Attached to a control or a \
               threat, it is what the gate looks for, and its SHA-256 is in the dossier that reviewers sign.";
    let body = match closed {
        None => view! {
            <EmptyState title="No evidence yet" why icon=IconName::File>
                <LinkButton href="#add" kind=ButtonKind::Quiet>
                    "Add the first file"
                </LinkButton>
            </EmptyState>
        }
        .into_any(),
        Some(_) => view! { <EmptyState title="No evidence yet" why icon=IconName::File /> }.into_any(),
    };
    view! { <Card title="Evidence">{body}</Card> }.into_any()
}

fn item_row(key: &FeatureKey, item: &EvidenceItem, now: OffsetDateTime) -> AnyView {
    let href = Place::Evidence(item.number).path(key);
    let name = format!("E-{} {}", item.number, item.title);
    let digest = item.digest.to_string();
    view! {
        <tr>
            <th scope="row">
                <a href=href>{name}</a>
            </th>
            <td>{item.kind.label()}</td>
            <td class="num">{item.version.to_string()}</td>
            <td>{download_link(key, item.number, item.version, &item.file_name)}</td>
            <td class="num nowrap">{readable_size(item.size)}</td>
            <td class="mono nowrap" title=digest>
                {item.digest.short()}
            </td>
            <td>{item.author_name.clone()}</td>
            <td class="nowrap">
                <Timestamp at=item.uploaded_at now />
            </td>
            <td>{attached_to(key, &item.uses)}</td>
        </tr>
    }
    .into_any()
}

fn attached_to(key: &FeatureKey, uses: &[EvidenceUse]) -> AnyView {
    if uses.is_empty() {
        return view! { <Badge text="Nothing yet" tone=Tone::Waiting icon=IconName::Warning /> }.into_any();
    }
    let links = uses
        .iter()
        .map(|used| {
            let href = used.target.place().path(key);
            view! {
                <li>
                    <a href=href>{used.label.clone()}</a>
                </li>
            }
        })
        .collect_view();
    view! { <ul class="plain">{links}</ul> }.into_any()
}
