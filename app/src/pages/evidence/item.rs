//! One item of evidence with all of its versions.

use leptos::prelude::*;
use sluice_domain::{access::Action, ids::FeatureKey, place::Place};
use sluice_service::evidence::{EvidencePage, EvidenceUse, EvidenceVersion};
use time::OffsetDateTime;

use super::{download_link, file_field, target_choice};
use crate::{
    components::{
        Button, ButtonKind, Card, Choice, Column, Conflict, ConflictField, ErrorSummary, Fact, FactList,
        FormActions, HiddenField, PostForm, SelectField, TableHead, TableWrap, TextArea, Timestamp,
    },
    form::Form,
    islands::readable_size,
    pages::{FeatureFrame, FeatureSection, threats::closed_to_reader},
};

/// What the forms of the page hold.
#[derive(Clone, Debug, Default)]
pub struct ItemForms {
    /// The new version.
    pub supersede: Form,
    /// What to attach it to.
    pub attach: Form,
    /// Detaching it: errors only.
    pub detach: Form,
}

/// One item of evidence with all of its versions.
#[component]
pub fn EvidenceItemScreen(
    /// The item.
    page: EvidencePage,
    /// What the forms hold.
    forms: ItemForms,
    /// The largest file that is taken, in bytes.
    limit: u64,
    /// Somebody else superseded it meanwhile: both versions are shown.
    #[prop(optional)]
    conflict: bool,
) -> impl IntoView {
    let ItemForms { supersede, attach, detach } = forms;
    let key = page.summary.key.clone();
    let here = format!("E-{}", page.item.number);
    let closed = closed_to_reader(&page.summary, Action::AddEvidence, "add versions, attach and detach");
    let both = conflict.then(|| item_conflict(&page, &supersede));
    let item = item_card(&page);
    let versions = version_table(&key, page.item.number, &page.versions, page.summary.now);
    let uses = use_card(&page, closed.is_none(), attach, detach);
    let superseding = match closed {
        None => supersede_form(&page, supersede, limit),
        Some(why) => view! { <Card title="Add a new version"><p>{why}</p></Card> }.into_any(),
    };
    let summary = page.summary;
    view! {
        <FeatureFrame summary section=FeatureSection::Evidence here>
            {both}
            {item}
            {uses}
            {versions}
            {superseding}
        </FeatureFrame>
    }
}

fn item_card(page: &EvidencePage) -> AnyView {
    let (item, now) = (&page.item, page.summary.now);
    let by = view! {
        {format!("{}, ", item.author_name)}
        <Timestamp at=item.uploaded_at now />
    };
    let file = view! {
        {download_link(&page.summary.key, item.number, item.version, &item.file_name)}
        {format!(", {}", readable_size(item.size))}
    };
    let digest = item.digest.to_string();
    let facts = vec![
        Fact::text("Kind", item.kind.label()),
        Fact::text("Version", item.version.to_string()),
        Fact::view("File", file),
        Fact::view("SHA-256", view! { <span class="mono">{digest}</span> }),
        Fact::view("Uploaded by", by),
    ];
    view! {
        <Card title=format!("E-{} {}", item.number, item.title)>
            <FactList facts />
        </Card>
    }
    .into_any()
}

/// What it is attached to, with the forms that detach it and attach it to more.
fn use_card(page: &EvidencePage, may_change: bool, attach: Form, detach: Form) -> AnyView {
    let base = Place::Evidence(page.item.number).path(&page.summary.key);
    let list = if page.item.uses.is_empty() {
        view! { <p class="muted">"It is attached to nothing yet, so no gate counts it."</p> }.into_any()
    } else {
        let lines = page
            .item
            .uses
            .iter()
            .map(|used| use_line(&page.summary.key, &base, used, may_change))
            .collect_view();
        view! { <ul class="plain stack-s">{lines}</ul> }.into_any()
    };
    let attaching = (may_change && !page.targets.is_empty()).then(|| {
        let options: Vec<Choice> = page.targets.iter().map(target_choice).collect();
        attach_form(format!("{base}/attach"), options, attach)
    });
    view! {
        <Card title="Attached to">
            <div class="stack">
                <ErrorSummary form=detach />
                {list}
                {attaching}
            </div>
        </Card>
    }
    .into_any()
}

fn use_line(key: &FeatureKey, base: &str, used: &EvidenceUse, may_change: bool) -> AnyView {
    let href = used.target.place().path(key);
    let label = used.label.clone();
    let detaching = match (may_change, used.open) {
        (false, _) => ().into_any(),
        (true, false) => view! { <span class="muted small">"stays: its phase is passed"</span> }.into_any(),
        (true, true) => {
            let (action, target) = (format!("{base}/detach"), used.target.code());
            view! {
                <form method="post" action=action>
                    <HiddenField name="target" value=target />
                    <Button kind=ButtonKind::Link small=true>
                        "Detach"
                        <span class="visually-hidden">{format!(" from {label}")}</span>
                    </Button>
                </form>
            }
            .into_any()
        }
    };
    view! {
        <li class="cluster">
            <a href=href>{used.label.clone()}</a>
            {detaching}
        </li>
    }
    .into_any()
}

fn attach_form(action: String, options: Vec<Choice>, form: Form) -> AnyView {
    view! {
        <PostForm action>
            <ErrorSummary form=form.clone() />
            <SelectField
                form
                name="target"
                label="Attach it to"
                options
                prompt="Choose a control or threat"
                hint="One file can prove several things. Detaching takes nothing out of the record."
            />
            <FormActions>
                <Button kind=ButtonKind::Quiet>"Attach"</Button>
            </FormActions>
        </PostForm>
    }
    .into_any()
}

fn version_table(
    key: &FeatureKey,
    number: i32,
    versions: &[EvidenceVersion],
    now: OffsetDateTime,
) -> AnyView {
    let rows = versions.iter().map(|version| version_row(key, number, version, now)).collect_view();
    let columns = vec![
        Column::number("Version"),
        Column::text("File"),
        Column::number("Size"),
        Column::text("Type as sent"),
        Column::text("SHA-256"),
        Column::text("Note"),
        Column::text("By"),
        Column::text("When"),
    ];
    view! {
        <Card title="Versions" flush=true>
            <TableWrap id="version-table" caption="Every version, newest first">
                <TableHead columns />
                <tbody>{rows}</tbody>
            </TableWrap>
        </Card>
    }
    .into_any()
}

fn version_row(key: &FeatureKey, number: i32, version: &EvidenceVersion, now: OffsetDateTime) -> AnyView {
    let digest = version.digest.to_string();
    let media_type = version.media_type.clone().unwrap_or_else(|| "none".to_owned());
    view! {
        <tr>
            <th scope="row" class="num">
                {version.version.to_string()}
            </th>
            <td>{download_link(key, number, version.version, &version.file_name)}</td>
            <td class="num nowrap">{readable_size(version.size)}</td>
            <td>{media_type}</td>
            <td class="mono nowrap" title=digest>
                {version.digest.short()}
            </td>
            <td class="pre">{version.note.clone()}</td>
            <td>{version.author_name.clone()}</td>
            <td class="nowrap">
                <Timestamp at=version.uploaded_at now />
            </td>
        </tr>
    }
    .into_any()
}

fn supersede_form(page: &EvidencePage, form: Form, limit: u64) -> AnyView {
    let action = Place::Evidence(page.item.number).path(&page.summary.key);
    let typed = form.value("version");
    let version = if typed.is_empty() { page.item.version.to_string() } else { typed };
    let file = file_field(
        &form,
        "The new file takes the place of the current one; the earlier versions stay.",
        limit,
    );
    view! {
        <Card title="Add a new version" id="supersede">
            <PostForm action multipart=true>
                <ErrorSummary form=form.clone() />
                <p>
                    "A new version changes the dossier: sign-offs that were given on the current one no longer count."
                </p>
                <HiddenField name="version" value=version />
                {file}
                <TextArea form name="note" label="Note" hint="What is different, and why." optional=true rows=3 />
                <FormActions>
                    <Button>"Add the new version"</Button>
                </FormActions>
            </PostForm>
        </Card>
    }
    .into_any()
}

fn item_conflict(page: &EvidencePage, form: &Form) -> AnyView {
    let now = page.summary.now;
    let theirs = page.versions.first();
    let field =
        |label: &str, theirs: String, yours: String| ConflictField { label: label.to_owned(), theirs, yours };
    let fields = vec![
        field("Version", page.item.version.to_string(), "Not stored".to_owned()),
        field("File", page.item.file_name.clone(), "Your file was not stored".to_owned()),
        field("Note", theirs.map(|version| version.note.clone()).unwrap_or_default(), form.value("note")),
    ];
    view! {
        <Conflict who=page.item.author_name.clone() at=page.item.uploaded_at now fields>
            <p>
                "Look at their version first. To put yours on top of it, choose your file again below; browsers do not keep files."
            </p>
        </Conflict>
    }
    .into_any()
}
