//! The form that imports a policy: its text stays as it was typed, with everything that is wrong beside it.

use leptos::prelude::*;
use sluice_domain::form::{FieldProblem, Problem};

use super::LIST;
use crate::{
    components::{
        Breadcrumb, Button, ButtonKind, Card, Column, ErrorSummary, FileField, FormActions, LinkButton,
        PageHead, PostForm, TableHead, TableWrap, TextArea,
    },
    form::Form,
};

/// The most characters of a line that is shown again.
const SHOWN: usize = 100;

/// One thing that is wrong, with the line that it is in.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Wrong {
    line: usize,
    column: usize,
    text: String,
    problem: String,
}

/// The form that imports a policy.
#[component]
pub fn ImportPolicyPage(
    /// The text, and what is wrong with it.
    form: Form,
    /// Everything that is wrong, with its place.
    #[prop(optional)]
    problems: Vec<FieldProblem>,
) -> impl IntoView {
    let wrong = wrong_lines(&form.value("source"), &problems);
    let wrong = (!wrong.is_empty()).then(|| wrong_card(wrong));
    view! {
        <Breadcrumb trail=vec![("Policies".to_owned(), LIST.to_owned())] here="Import" />
        <PageHead
            title="Import a policy"
            lead="A version is checked, stored, and binds nobody: new features start under it once it is activated."
        />
        <Card>
            <PostForm action="/policies/import" multipart=true>
                <ErrorSummary form=form.clone() />
                <FileField
                    form=form.clone()
                    name="file"
                    label="File"
                    hint="A TOML file of at most 256 KiB. It takes the place of the text below."
                    optional=true
                    accept=".toml,application/toml,text/plain"
                />
                <TextArea
                    form
                    name="source"
                    label="The policy"
                    hint="Or paste its text here. Key and version name it for ever; a changed text needs a new version."
                    optional=true
                    rows=24
                    code=true
                />
                <FormActions>
                    <Button>"Check and import"</Button>
                    <LinkButton href=LIST kind=ButtonKind::Link>
                        "Cancel"
                    </LinkButton>
                </FormActions>
            </PostForm>
        </Card>
        {wrong}
    }
}

/// The lines that are wrong, in their order.
fn wrong_lines(source: &str, problems: &[FieldProblem]) -> Vec<Wrong> {
    let lines: Vec<&str> = source.lines().collect();
    problems
        .iter()
        .filter_map(|problem| match &problem.problem {
            Problem::InPolicy(error) => {
                let line = lines.get(error.line.saturating_sub(1)).copied().unwrap_or_default();
                let text: String = line.chars().take(SHOWN).collect();
                let text = if line.chars().count() > SHOWN { format!("{text}…") } else { text };
                Some(Wrong {
                    line: error.line,
                    column: error.column,
                    text,
                    problem: error.problem.to_string(),
                })
            }
            _ => None,
        })
        .collect()
}

fn wrong_card(wrong: Vec<Wrong>) -> AnyView {
    let columns = vec![
        Column::number("Line"),
        Column::number("Column"),
        Column::text("Text"),
        Column::text("What is wrong"),
    ];
    let rows = wrong
        .into_iter()
        .map(|wrong| {
            view! {
                <tr>
                    <th scope="row" class="num">
                        {wrong.line}
                    </th>
                    <td class="num">{wrong.column}</td>
                    <td>
                        <code>{wrong.text}</code>
                    </td>
                    <td>{wrong.problem}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <Card title="What is wrong, line by line" flush=true>
            <TableWrap id="wrong-lines" caption="What is wrong with the policy, in the order of its lines">
                <TableHead columns />
                <tbody>{rows}</tbody>
            </TableWrap>
        </Card>
    }
    .into_any()
}
