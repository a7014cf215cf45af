//! The archives of a feature: its whole record as files that are kept.

use leptos::prelude::*;
use sluice_domain::{access::Action, ids::FeatureKey, place::Place, words};
use sluice_service::archive::{ArchiveItem, ArchivePage};
use time::OffsetDateTime;

use crate::{
    components::{
        Button, Card, Column, EmptyState, ErrorSummary, FormActions, HiddenField, IconName, Notice,
        NoticeKind, Pager, PostForm, TableHead, TableWrap, Timestamp, counted,
    },
    form::Form,
    islands::readable_size,
    pages::{FeatureFrame, FeatureSection},
};

/// The archives of a feature, and the form that makes one.
#[component]
pub fn ArchiveScreen(
    /// The archives.
    page: ArchivePage,
    /// What the form holds: the id of a new archive.
    form: Form,
) -> impl IntoView {
    let making = make_card(&page, form);
    let list = list_card(&page);
    let summary = page.summary;
    view! {
        <FeatureFrame summary section=FeatureSection::Archive here="Archives">
            {making}
            {list}
        </FeatureFrame>
    }
}

fn make_card(page: &ArchivePage, form: Form) -> AnyView {
    let standing = standing(page);
    let making = if page.summary.may(Action::ArchiveFeature) {
        let action = Place::Archive.path(&page.summary.key);
        let id = form.value("id");
        view! {
            <PostForm action>
                <ErrorSummary form />
                <HiddenField name="id" value=id />
                <FormActions>
                    <Button>"Archive the record"</Button>
                </FormActions>
            </PostForm>
        }
        .into_any()
    } else {
        let who = words::who_can(Action::ArchiveFeature.product_roles());
        view! { <p class="muted">{format!("Any {who} of this product can archive it.")}</p> }.into_any()
    };
    view! {
        <Card title="Archive the record">
            <div class="stack">
                <p>
                    "An archive is one file with everything that is on record of the feature: what is there now, every earlier version, the sign-offs with the manifests that they cover, the policy and the whole history. Of files that were added as evidence it has the SHA-256. It stays as it is; archiving changes nothing that was signed."
                </p>
                {standing}
                {making}
            </div>
        </Card>
    }
    .into_any()
}

/// Whether the newest archive is up to date.
fn standing(page: &ArchivePage) -> AnyView {
    let Some(since) = page.since else { return ().into_any() };
    let events = usize::try_from(since).unwrap_or_default();
    match (events, page.covers_gate) {
        (0, _) => view! {
            <Notice kind=NoticeKind::Success title="The newest archive has everything: nothing happened since it was made." />
        }
        .into_any(),
        (_, Some(false)) => view! {
            <Notice kind=NoticeKind::Warning title="The record was changed since the newest archive was made.">
                <p>{format!("{} happened since then. Where the gate asks for an archive, it asks for a new one.", counted(events, "thing"))}</p>
            </Notice>
        }
        .into_any(),
        (_, covers) => {
            let still = if covers.is_some() { " It is only the review of this gate, so the archive holds for it." } else { "" };
            let text = format!("{} happened since the newest archive was made.{still}", counted(events, "thing"));
            view! { <Notice title=text /> }.into_any()
        }
    }
}

fn list_card(page: &ArchivePage) -> AnyView {
    if page.items.is_empty() {
        return view! {
            <EmptyState
                title="There is no archive yet"
                why="The last gate may ask for one, so that the record can still be read when the feature, or Sluice, is long gone."
                icon=IconName::File
            />
        }
        .into_any();
    }
    let (key, now) = (&page.summary.key, page.summary.now);
    let rows = page.items.iter().map(|item| row(key, item, now)).collect_view();
    let columns = vec![
        Column::text("Archive"),
        Column::number("Size"),
        Column::text("SHA-256"),
        Column::text("Dossier of the gate"),
        Column::text("By"),
        Column::text("When"),
    ];
    let pager = page.next.map(|next| {
        let next = Some(format!("{}?before={next}", Place::Archive.path(key)));
        view! { <Pager text="Archives, newest first" next /> }
    });
    view! {
        <Card title="Archives" flush=true>
            <TableWrap id="archive-table" caption="Every archive, newest first">
                <TableHead columns />
                <tbody>{rows}</tbody>
            </TableWrap>
            {pager}
        </Card>
    }
    .into_any()
}

fn row(key: &FeatureKey, item: &ArchiveItem, now: OffsetDateTime) -> AnyView {
    let href = format!("{}/{}/download", Place::Archive.path(key), item.number);
    let (digest, covers) = (item.digest.to_string(), item.covers.to_string());
    view! {
        <tr>
            <th scope="row">
                <a href=href data-no-prefetch="true">
                    {format!("Archive {}", item.number)}
                </a>
            </th>
            <td class="num nowrap">{readable_size(item.size)}</td>
            <td class="mono nowrap" title=digest>
                {item.digest.short()}
            </td>
            <td class="mono nowrap" title=covers>
                {item.covers.short()}
            </td>
            <td>{item.author.clone()}</td>
            <td class="nowrap">
                <Timestamp at=item.made_at now />
            </td>
        </tr>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use sluice_domain::{access::Role, canonical::Digest};

    use super::*;
    use crate::pages::threats::fixture::{HOSTILE, NOW, html, summary};

    fn page(roles: &[Role], items: Vec<ArchiveItem>) -> ArchivePage {
        ArchivePage { summary: summary(roles), covers_gate: Some(true), since: None, items, next: None }
    }

    fn item() -> ArchiveItem {
        ArchiveItem {
            number: 3,
            digest: Digest::of(b"archive"),
            size: 1536,
            covers: Digest::of(b"dossier"),
            author: HOSTILE.to_owned(),
            made_at: NOW,
        }
    }

    fn drawn(page: ArchivePage) -> String {
        let form = Form::new().with("id", HOSTILE);
        html(move || view! { <ArchiveScreen page form /> })
    }

    #[test]
    fn an_archive_is_listed_and_nothing_in_it_becomes_markup() {
        let page = ArchivePage { next: Some(3), ..page(&[Role::ProductManager], vec![item()]) };
        let page = drawn(page);
        assert!(page.contains("href=\"/features/PAY-12/archive/3/download\""), "{page}");
        assert!(page.contains("1.5 KiB") && page.contains("/features/PAY-12/archive?before=3"), "{page}");
        assert!(!page.contains("<script>alert") && !page.contains("<img"), "{page}");
    }

    #[test]
    fn who_may_not_archive_reads_who_can() {
        let page = drawn(page(&[Role::Developer], Vec::new()));
        assert!(!page.contains("<form method=\"post\" action=\"/features/PAY-12/archive\""), "{page}");
        assert!(page.contains("release manager") && page.contains("There is no archive yet"), "{page}");
    }

    #[test]
    fn it_is_said_whether_the_newest_archive_still_has_everything() {
        let with = |since, covers_gate| {
            drawn(ArchivePage {
                since: Some(since),
                covers_gate,
                ..page(&[Role::ReleaseManager], vec![item()])
            })
        };
        assert!(with(0, Some(true)).contains("nothing happened since"));
        let review = with(2, Some(true));
        assert!(
            review.contains("2 things happened since") && review.contains("only the review of this gate")
        );
        assert!(with(1, Some(false)).contains("it asks for a new one"));
        assert!(!with(4, None).contains("only the review of this gate"));
    }
}
