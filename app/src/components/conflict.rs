//! Two people edited the same thing: both versions side by side, and nothing lost.

use leptos::prelude::*;
use time::OffsetDateTime;

use super::{
    data::{Column, TableHead, TableWrap},
    feedback::{Badge, Tone},
    icons::IconName,
    time_words::relative_words,
};

/// A field in both versions.
#[derive(Clone, Debug)]
pub struct ConflictField {
    /// The field.
    pub label: String,
    /// What the other person saved.
    pub theirs: String,
    /// What this person typed.
    pub yours: String,
}

/// What somebody else saved and what this person typed, field by field.
#[component]
pub fn Conflict(
    /// Who saved first.
    #[prop(into)]
    who: String,
    /// When they saved.
    at: OffsetDateTime,
    /// Now, as the page's data knows it.
    now: OffsetDateTime,
    /// The fields in both versions.
    fields: Vec<ConflictField>,
    /// What to do, when it is not the form below with the person's own words in it.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let title = format!("{who} saved this {} while you were editing", relative_words(at, now));
    let theirs = format!("Saved by {who}");
    let rows = fields
        .into_iter()
        .map(|field| {
            let differs = field.theirs != field.yours;
            let chip =
                differs.then(|| view! { <Badge text="differs" tone=Tone::Waiting icon=IconName::Warning /> });
            view! {
                <tr class=differs.then_some("differs")>
                    <th scope="row">{field.label} " " {chip}</th>
                    <td>{field.theirs}</td>
                    <td>{field.yours}</td>
                </tr>
            }
        })
        .collect_view();
    let advice = match children {
        Some(children) => children(),
        None => view! {
            <p>
                "Nothing is lost. The form below holds your words; take over what you want to keep from the other version, then save again."
            </p>
        }
        .into_any(),
    };
    view! {
        <section class="card conflict" aria-labelledby="conflict-title">
            <header>
                <h2 id="conflict-title">{title}</h2>
            </header>
            <div class="body">{advice}</div>
            <div class="body flush">
                <TableWrap id="conflict-table" caption="Both versions">
                    <TableHead columns=vec![Column::text("Field"), Column::text(theirs), Column::text("Yours")] />
                    <tbody>{rows}</tbody>
                </TableWrap>
            </div>
        </section>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn both_versions_are_shown_as_text_and_the_difference_is_marked_once() {
        let now = datetime!(2026-02-03 14:02 UTC);
        let fields = vec![
            ConflictField { label: "Title".into(), theirs: "<b>A</b>".into(), yours: "B".into() },
            ConflictField { label: "Due".into(), theirs: "3 Feb".into(), yours: "3 Feb".into() },
        ];
        let html =
            view! { <Conflict who="Ana Diaz" at=datetime!(2026-02-03 14:00 UTC) now fields /> }.to_html();
        assert!(html.contains("Ana Diaz saved this 2 minutes ago while you were editing"), "{html}");
        assert!(html.contains("<td>&lt;b&gt;A&lt;/b&gt;</td><td>B</td>"), "{html}");
        assert_eq!(html.matches("class=\"differs\"").count(), 1, "{html}");
    }
}
