//! Saved views: beside the lists that they open, and the pages on which their owner keeps them.

use leptos::prelude::*;
use sluice_service::{
    features::FilterChoices,
    views::{MOST, OpenedView, SavedView, ViewAddress},
};
use time::OffsetDateTime;

use crate::{
    components::{
        Breadcrumb, Button, ButtonKind, Card, Column, EmptyState, ErrorSummary, FormActions, HiddenField,
        Icon, IconName, LinkButton, Notice, PageHead, PostForm, TableHead, TableWrap, TextField, Timestamp,
        counted,
    },
    form::Form,
    pages::features::filter_words,
};

/// What a list knows of saved views.
#[derive(Clone, Debug, Default)]
pub struct Views {
    /// The reader's own, by name.
    pub own: Vec<SavedView>,
    /// The one that was opened to come here.
    pub opened: Option<OpenedView>,
    /// The id for a view that is saved from here.
    pub form_id: String,
}

/// The reader's own views, beside the filters.
pub(crate) fn saved_views(views: &Views) -> Option<AnyView> {
    if views.own.is_empty() {
        return None;
    }
    let opened = views.opened.as_ref().map(|opened| opened.view.id);
    let links = views
        .own
        .iter()
        .map(|view| {
            let current = (opened == Some(view.id)).then_some("true");
            view! {
                <li>
                    <a href=view.opened() aria-current=current>
                        {view.name.clone()}
                    </a>
                </li>
            }
        })
        .collect_view();
    Some(
        view! {
            <nav class="saved-views" aria-label="Saved views">
                <ul>
                    {links}
                    <li>
                        <a class="muted" href="/views">
                            "Keep views in order"
                        </a>
                    </li>
                </ul>
            </nav>
        }
        .into_any(),
    )
}

/// Whose view this is, and that everybody sees it with their own eyes.
pub(crate) fn view_banner(views: &Views, shown: &ViewAddress) -> Option<AnyView> {
    let OpenedView { view, owner_name, mine } = views.opened.clone()?;
    let changed = (view.address != *shown).then(
        || view! { " The filters were changed since; " <a href=view.opened()>"go back to the view"</a> "." },
    );
    let link = view.link();
    let body = if mine {
        view! {
            <p>
                "Pass on " <a href=link.clone()>"its link"</a>
                ": whoever opens it sees what they themselves may see. You can "
                <a href=format!("{link}/edit")>"rename or delete it"</a> "." {changed}
            </p>
        }
        .into_any()
    } else {
        view! {
            <p>
                {format!(
                    "{owner_name} saved it. It shows you what you may see, which can be more or less than what \
                     {owner_name} sees. To keep it, save a copy below.",
                )} {changed}
            </p>
        }
        .into_any()
    };
    Some(view! { <Notice title=format!("View “{}”", view.name)>{body}</Notice> }.into_any())
}

/// The form that saves what is shown, or a copy of somebody else's view.
pub(crate) fn view_form(views: &Views, shown: &ViewAddress) -> AnyView {
    let foreign = views.opened.as_ref().filter(|opened| !opened.mine);
    let (title, name) = match foreign {
        Some(opened) => ("Save a copy of this view", opened.view.name.clone()),
        None => ("Save these filters as a view", String::new()),
    };
    let form = Form::new().with("id", views.form_id.clone()).with("name", name);
    view! {
        <details class="save-view">
            <summary>{title}</summary>
            {save_form(form, shown)}
        </details>
    }
    .into_any()
}

fn save_form(form: Form, shown: &ViewAddress) -> AnyView {
    let (id, page, query) = (form.value("id"), shown.page(), shown.query());
    view! {
        <PostForm action="/views">
            <ErrorSummary form=form.clone() />
            <HiddenField name="id" value=id />
            <HiddenField name="of" value=page />
            <HiddenField name="query" value=query />
            <TextField form name="name" label="Name of the view" maxlength=120 />
            <FormActions>
                <Button kind=ButtonKind::Quiet>"Save the view"</Button>
            </FormActions>
        </PostForm>
    }
    .into_any()
}

/// What a view looks for, in words.
fn looks_for(address: &ViewAddress) -> String {
    match address {
        ViewAddress::Features(filter) => {
            let words = filter_words(filter, &FilterChoices::default());
            let words: Vec<String> = words.into_iter().map(|(_, words)| words).collect();
            let page = if filter.board { "Features as a board" } else { "Features" };
            if words.is_empty() { page.to_owned() } else { format!("{page}. {}", words.join(", ")) }
        }
        ViewAddress::Search(query) => {
            let kind = query.kind.map(|kind| format!(", only {}", kind.label()));
            let product = query.product.as_ref().map(|key| format!(", in {key}"));
            format!("Search for “{}”{}{}", query.text, kind.unwrap_or_default(), product.unwrap_or_default())
        }
    }
}

/// A view that could not be saved as it was sent.
#[component]
pub fn SaveViewPage(
    /// The form as it was sent.
    form: Form,
    /// What the view would show.
    address: ViewAddress,
) -> impl IntoView {
    view! {
        <PageHead title="Save a view" lead=looks_for(&address) />
        <Card>
            {save_form(form, &address)}
            <p>
                <a href=address.path()>"Back without saving"</a>
            </p>
        </Card>
    }
}

/// The reader's own views.
#[component]
pub fn SavedViewsPage(
    /// The views, by name.
    views: Vec<SavedView>,
    /// The instant of reading.
    now: OffsetDateTime,
) -> impl IntoView {
    let body = if views.is_empty() {
        view! {
            <EmptyState
                title="No saved views yet"
                why="A view keeps the filters of the features, or a search, under a name. Set some filters, then choose “Save these filters as a view” below the list. Its link can be passed on."
                icon=IconName::Search
            >
                <LinkButton href="/features">"Go to the features"</LinkButton>
            </EmptyState>
        }
        .into_any()
    } else {
        let footer = format!("{} of at most {MOST}", counted(views.len(), "view"));
        let footer = view! { <span>{footer}</span> }.into_any();
        let rows = views.into_iter().map(|view| row(view, now)).collect_view();
        let columns = vec![
            Column::text("View"),
            Column::text("What it looks for"),
            Column::text("Saved"),
            Column::actions("Link and changes"),
        ];
        view! {
            <Card flush=true footer>
                <TableWrap id="views" caption="Saved views, by name">
                    <TableHead columns />
                    <tbody>{rows}</tbody>
                </TableWrap>
            </Card>
        }
        .into_any()
    };
    view! {
        <PageHead
            title="Saved views"
            lead="Only you have them here. Whoever gets the link of a view sees it with their own rights."
        />
        {body}
    }
}

fn row(view: SavedView, now: OffsetDateTime) -> AnyView {
    let link = view.link();
    view! {
        <tr>
            <th scope="row">
                <a href=view.opened()>{view.name.clone()}</a>
            </th>
            <td>{looks_for(&view.address)}</td>
            <td>
                <Timestamp at=view.created_at now />
            </td>
            <td class="nowrap">
                <a href=link.clone()>
                    <Icon name=IconName::Link />
                    " Link"
                    <span class="visually-hidden">{format!(" to {}", view.name)}</span>
                </a>
                " "
                <a href=format!("{link}/edit")>
                    "Rename or delete"
                    <span class="visually-hidden">{format!(" {}", view.name)}</span>
                </a>
            </td>
        </tr>
    }
    .into_any()
}

/// Renames or deletes one of the reader's views.
#[component]
pub fn EditViewPage(
    /// The view.
    view: SavedView,
    /// The name as it was typed.
    form: Form,
) -> impl IntoView {
    let [rename, delete] = ["edit", "delete"].map(|act| format!("{}/{act}", view.link()));
    let trail = vec![("Saved views".to_owned(), "/views".to_owned())];
    view! {
        <Breadcrumb trail here=view.name.clone() />
        <PageHead title=format!("View “{}”", view.name) lead=looks_for(&view.address) />
        <div class="stack">
            <Card title="Rename">
                <PostForm action=rename>
                    <ErrorSummary form=form.clone() />
                    <TextField form name="name" label="Name of the view" maxlength=120 />
                    <FormActions>
                        <Button>"Save the name"</Button>
                        <LinkButton href=view.opened() kind=ButtonKind::Link>
                            "Back to the view"
                        </LinkButton>
                    </FormActions>
                </PostForm>
            </Card>
            <Card title="Delete">
                <p>
                    "The view goes away and its link leads nowhere, for everybody who has it. What it shows is untouched."
                </p>
                <PostForm action=delete>
                    <FormActions>
                        <Button kind=ButtonKind::Danger>"Delete the view"</Button>
                    </FormActions>
                </PostForm>
            </Card>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use sluice_domain::form::Fields;
    use sluice_service::{find::SearchQuery, new_form_id};
    use time::macros::datetime;

    use super::*;

    const HOSTILE: &str = "\"><script>alert('1')</script>";

    fn view(name: &str) -> SavedView {
        let fields =
            Fields::new(vec![("q".to_owned(), HOSTILE.to_owned()), ("view".to_owned(), "board".to_owned())]);
        SavedView {
            id: new_form_id().parse().unwrap(),
            name: name.to_owned(),
            address: ViewAddress::parse("features", &fields).unwrap(),
            created_at: datetime!(2026-11-01 9:00 UTC),
        }
    }

    fn views(mine: bool) -> Views {
        let view = view(HOSTILE);
        let opened = OpenedView { view: view.clone(), owner_name: HOSTILE.to_owned(), mine };
        Views { own: vec![view], opened: Some(opened), form_id: new_form_id() }
    }

    #[test]
    fn names_and_filters_stay_text() {
        let (views, shown) = (views(false), ViewAddress::Features(Box::default()));
        let saved = views.own[0].clone();
        let now = datetime!(2026-11-20 12:00 UTC);
        let form = Form::new().with("name", HOSTILE).fail("name", HOSTILE);
        let pages = [
            saved_views(&views).unwrap().to_html(),
            view_banner(&views, &shown).unwrap().to_html(),
            view_form(&views, &saved.address).to_html(),
            view! { <SavedViewsPage views=views.own.clone() now /> }.to_html(),
            view! { <EditViewPage view=saved.clone() form=form.clone() /> }.to_html(),
            view! { <SaveViewPage form address=saved.address /> }.to_html(),
        ];
        for html in pages {
            assert!(!html.contains("<script") && html.contains("&lt;script"), "{html}");
        }
    }

    #[test]
    fn somebody_elses_view_says_whose_it_is_and_offers_a_copy() {
        let (foreign, own) = (views(false), views(true));
        let shown = foreign.own[0].address.clone();
        let html = view_banner(&foreign, &shown).unwrap().to_html();
        assert!(html.contains("saved it") && !html.contains("/edit"), "{html}");
        assert!(!html.contains("go back to the view"), "{html}");
        assert!(view_form(&foreign, &shown).to_html().contains("Save a copy"));
        let html = view_banner(&own, &ViewAddress::Search(SearchQuery::default())).unwrap().to_html();
        assert!(html.contains("rename or delete it") && html.contains("go back to the view"), "{html}");
        assert!(view_banner(&Views::default(), &shown).is_none() && saved_views(&Views::default()).is_none());
    }
}
