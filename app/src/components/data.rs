//! Tables, facts and the ways through a long list.

use leptos::prelude::*;

use super::{
    button::{Button, ButtonKind, LinkButton},
    form_parts::FormActions,
};

/// A fact with its name.
pub struct Fact {
    /// The name.
    pub label: String,
    /// The fact.
    pub value: AnyView,
}

impl Fact {
    /// A fact in words.
    #[must_use]
    pub fn text(label: impl Into<String>, value: impl Into<String>) -> Self {
        let value: String = value.into();
        Self { label: label.into(), value: value.into_any() }
    }

    /// A fact that is a link, a time, a chip.
    #[must_use]
    pub fn view(label: impl Into<String>, value: impl IntoView + 'static) -> Self {
        Self { label: label.into(), value: value.into_any() }
    }
}

/// Names and facts in two columns.
#[component]
pub fn FactList(
    /// The facts.
    facts: Vec<Fact>,
) -> impl IntoView {
    let facts = facts
        .into_iter()
        .map(|fact| {
            view! {
                <dt>{fact.label}</dt>
                <dd>{fact.value}</dd>
            }
        })
        .collect_view();
    view! { <dl class="fact-list">{facts}</dl> }
}

/// A table in a region of its own, which scrolls sideways where the page is narrow and takes the keyboard's focus
/// for that.
#[component]
pub fn TableWrap(
    /// The id of the caption, unique on the page.
    #[prop(into)]
    id: String,
    /// What the table shows, for everybody who cannot see that at a glance.
    #[prop(into)]
    caption: String,
    /// Show the caption; otherwise only screen readers get it, because a heading says the same.
    #[prop(optional)]
    show_caption: bool,
    /// [`TableHead`] and a `<tbody>`.
    children: Children,
) -> impl IntoView {
    let caption_id = id.clone();
    view! {
        <div class="table-wrap" role="region" tabindex="0" aria-labelledby=caption_id>
            <table class="table">
                <caption id=id class=(!show_caption).then_some("visually-hidden")>
                    {caption}
                </caption>
                {children()}
            </table>
        </div>
    }
}

/// A column of a table.
#[derive(Clone, Debug)]
pub struct Column {
    label: String,
    number: bool,
    hidden: bool,
}

impl Column {
    /// A column of words. Its cells are plain `<td>`; the cell that names the row is `<th scope="row">`.
    #[must_use]
    pub fn text(label: impl Into<String>) -> Self {
        Self { label: label.into(), number: false, hidden: false }
    }

    /// A column of numbers, aligned to the right. Its cells are `<td class="num">`.
    #[must_use]
    pub fn number(label: impl Into<String>) -> Self {
        Self { label: label.into(), number: true, hidden: false }
    }

    /// A column of buttons or links, whose heading only screen readers get.
    #[must_use]
    pub fn actions(label: impl Into<String>) -> Self {
        Self { label: label.into(), number: false, hidden: true }
    }
}

/// The head of a table.
#[component]
pub fn TableHead(
    /// The columns.
    columns: Vec<Column>,
) -> impl IntoView {
    let cells = columns
        .into_iter()
        .map(|column| {
            let label = if column.hidden {
                view! { <span class="visually-hidden">{column.label}</span> }.into_any()
            } else {
                column.label.into_any()
            };
            view! {
                <th scope="col" class=column.number.then_some("num")>
                    {label}
                </th>
            }
        })
        .collect_view();
    view! {
        <thead>
            <tr>{cells}</tr>
        </thead>
    }
}

/// The way through a long list: what is shown, and links to what comes before and after.
#[component]
pub fn Pager(
    /// What is shown: "Features 51 to 100, by due date".
    #[prop(into)]
    text: String,
    /// The address of what comes before.
    #[prop(optional_no_strip)]
    previous: Option<String>,
    /// The address of what comes after.
    #[prop(optional_no_strip)]
    next: Option<String>,
) -> impl IntoView {
    view! {
        <nav class="pager" aria-label="Pages">
            <span>{text}</span>
            <div>
                {previous
                    .map(|href| {
                        view! {
                            <LinkButton href kind=ButtonKind::Quiet small=true>
                                "Previous"
                            </LinkButton>
                        }
                    })}
                {next
                    .map(|href| {
                        view! {
                            <LinkButton href kind=ButtonKind::Quiet small=true>
                                "Next"
                            </LinkButton>
                        }
                    })}
            </div>
        </nav>
    }
}

/// Fields that narrow a list. They go into the address, so a view can be kept and passed on.
#[component]
pub fn FilterBar(
    /// The address of the list.
    #[prop(into)]
    action: String,
    /// What it filters, for screen readers: "Filter the history".
    #[prop(into)]
    label: String,
    /// The address without filters, when any is set.
    #[prop(optional_no_strip)]
    clear: Option<String>,
    /// The fields.
    children: Children,
) -> impl IntoView {
    view! {
        <search class="filters" aria-label=label>
            <form method="get" action=action>
                {children()}
                <FormActions>
                    <Button kind=ButtonKind::Quiet>"Show"</Button>
                    {clear
                        .map(|href| {
                            view! {
                                <LinkButton href kind=ButtonKind::Link>
                                    "Clear"
                                </LinkButton>
                            }
                        })}
                </FormActions>
            </form>
        </search>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_a_named_region_that_takes_focus() {
        let html = view! {
            <TableWrap id="features" caption="Features <by> due date">
                <TableHead columns=vec![Column::text("Feature"), Column::number("Evidence"), Column::actions("Act")] />
                <tbody></tbody>
            </TableWrap>
        }
        .to_html();
        assert!(html.contains("role=\"region\" tabindex=\"0\" aria-labelledby=\"features\""), "{html}");
        assert!(html.contains("Features &lt;by&gt; due date</caption>"), "{html}");
        assert!(html.contains("<th scope=\"col\" class=\"num\">Evidence</th>"), "{html}");
        assert!(html.contains("<span class=\"visually-hidden\">Act</span></th>"), "{html}");
    }

    #[test]
    fn the_first_page_has_no_way_back() {
        let html = view! { <Pager text="Features 1 to 50" next=Some("/features?after=x&y=1".to_owned()) /> }
            .to_html();
        assert!(!html.contains("Previous"), "{html}");
        assert!(html.contains("href=\"/features?after=x&amp;y=1\""), "{html}");
    }

    #[test]
    fn facts_are_escaped() {
        let html = view! { <FactList facts=vec![Fact::text("Digest", "<i>7f3a</i>")] /> }.to_html();
        assert!(html.contains("<dt>Digest</dt><dd>&lt;i&gt;7f3a&lt;/i&gt;</dd>"), "{html}");
    }
}
