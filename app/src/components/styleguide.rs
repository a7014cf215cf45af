//! Every component in every state, with content as it occurs. Shown at `/styleguide` in debug builds, and the page
//! on which the accessibility checks meet each component once.

use leptos::prelude::*;
use time::{Duration, OffsetDateTime};

use super::{
    Badge, BlockerLine, Breadcrumb, Button, ButtonKind, Card, Checkbox, CheckboxGroup, Choice, ClearanceLine,
    Column, Columns, Conflict, ConflictField, DueDate, EmptyState, ErrorSummary, Fact, FactList, FieldChange,
    FileField, FilterBar, FormActions, FormRow, GatePanel, GateState, HiddenField, Icon, IconName, InputKind,
    LinkButton, NavLink, Notice, NoticeKind, Oath, PageHead, Pager, PhaseLine, PhaseMini, PhaseState,
    PhaseStep, PostForm, Prose, RadioGroup, Rail, SelectField, Standing, TableHead, TableWrap, TextArea,
    TextField, Timeline, TimelineEntry, Timestamp, Tone, Turn,
};
use crate::form::Form;

const PHASES: [&str; 6] = ["Requirements", "Design", "Development", "Testing", "Release", "Post-release"];

/// The style guide. It stands inside a [`super::Shell`] like any page.
#[component]
pub fn StyleGuide(
    /// Now, from which the example times are counted.
    now: OffsetDateTime,
) -> impl IntoView {
    view! {
        <Breadcrumb trail=vec![("My work".to_owned(), "/work".to_owned())] here="Style guide" />
        <PageHead
            title="Style guide"
            key="SLU-1"
            lead="Every component in every state. What looks wrong here is wrong everywhere."
            chips=view! { <Badge text="High risk" tone=Tone::Blocked icon=IconName::Warning /> }.into_any()
            facts=vec![
                Fact::text("Product", "Sluice"),
                Fact::text("Owner", "Ana Diaz"),
                Fact::view("Due", view! { <DueDate date=(now + Duration::weeks(6)).date() today=now.date() /> }),
            ]
            action=view! { <LinkButton href="#forms" kind=ButtonKind::Quiet>"Go to the forms"</LinkButton> }
                .into_any()
        />
        {phase_lines(now)}
        {gates(now)}
        {tables(now)}
        {forms()}
        {broken_form(now)}
        {messages()}
        {history(now)}
        {small_things(now)}
    }
    .into_any()
}

/// A line of six phases with the feature in one of them.
fn line(here: usize, standing: Standing, now: OffsetDateTime) -> AnyView {
    let steps = PHASES
        .into_iter()
        .enumerate()
        .map(|(index, name)| {
            let state = match index.cmp(&here) {
                std::cmp::Ordering::Less if index == 1 => {
                    PhaseState::PassedWithWaiver { at: Some(now - Duration::days(12)), waivers: 2 }
                }
                std::cmp::Ordering::Less => PhaseState::Passed { at: Some(now - Duration::days(30)) },
                std::cmp::Ordering::Equal => PhaseState::Here(standing.clone()),
                std::cmp::Ordering::Greater => PhaseState::Todo,
            };
            PhaseStep::new(name, "#phase-lines", state)
        })
        .collect::<Vec<_>>();
    view! { <PhaseLine steps /> }.into_any()
}

fn phase_lines(now: OffsetDateTime) -> AnyView {
    view! {
        <h2 id="phase-lines">"Phase line"</h2>
        {line(0, Standing::Ready, now)}
        {line(2, Standing::Blocked { blockers: 3, met: 11 }, now)}
        {line(3, Standing::Waiting { on: "2 reviewers".to_owned() }, now)}
        {line(6, Standing::Ready, now)}
    }
    .into_any()
}

fn blockers(now: OffsetDateTime) -> Vec<BlockerLine> {
    let link = |label: &str| Some((label.to_owned(), "#gates".to_owned()));
    vec![
        BlockerLine {
            sentence: "Change #418 has one reviewer; a high-risk feature needs two".to_owned(),
            who: "Any developer who did not write it".to_owned(),
            link: link("Add a reviewer"),
            also: link("Ask for a waiver"),
            waived: None,
            later: false,
            since: Some(now - Duration::days(16)),
        },
        BlockerLine {
            sentence: "Static analysis left 1 high finding open: SQL built from a request parameter"
                .to_owned(),
            who: "Any developer of Payments".to_owned(),
            link: link("Open the finding"),
            also: link("Waiver W-2 is asked for"),
            waived: None,
            later: false,
            since: Some(now - Duration::hours(5)),
        },
        BlockerLine {
            sentence: "The penetration test report is missing".to_owned(),
            who: String::new(),
            link: link("Read the waiver"),
            also: None,
            waived: Some("until 3 Feb, approved by Chi Ito".to_owned()),
            later: false,
            since: None,
        },
    ]
}

fn gates(now: OffsetDateTime) -> AnyView {
    let rail = view! {
        <Rail
            label="Feature"
            links=vec![
                NavLink::new("Overview", "#gates").current(true),
                NavLink::new("Requirements", "#gates").count(8),
                NavLink::new("Threat model", "#gates").note("v3"),
                NavLink::new("Evidence", "#gates").count(14),
                NavLink::new("History", "#gates"),
            ]
        />
    }
    .into_any();
    let met = [
        "Every requirement is linked to a change",
        "The threat model is reviewed and not stale",
        "The automated checks of each change are green",
    ]
    .map(str::to_owned)
    .to_vec();
    view! {
        <h2 id="gates">"Gate panel"</h2>
        <Columns rail>
            <GatePanel
                title="Development gate"
                cycle=2
                state=GateState::Blocked
                now
                turn=Some(Turn {
                    whose: "Your turn".to_owned(),
                    since: now - Duration::days(2),
                    left: Some("2 days left".to_owned()),
                })
                blockers=blockers(now)
                met=met.clone()
                clearance=Some(ClearanceLine {
                    sentence: "Not cleared for production: 2 gates come first".to_owned(),
                    left: ["Development", "Testing"]
                        .map(|name| (format!("The {name} gate has to open"), "#gates".to_owned()))
                        .to_vec(),
                })
                footer="You can request the review when nothing above is left, or everything left is waived."
            />
            <GatePanel
                id="gate-ready"
                title="Requirements gate"
                cycle=1
                state=GateState::Ready
                now
                met=met.clone()
                clearance=Some(ClearanceLine { sentence: "Cleared for production".to_owned(), left: Vec::new() })
                footer="Then two security reviewers sign. You and Ana Diaz contributed, so others have to."
                action=view! { <Button>"Request review"</Button> }.into_any()
            />
            <GatePanel
                id="gate-waiting"
                title="Testing gate"
                cycle=1
                state=GateState::Waiting
                now
                turn=Some(Turn {
                    whose: "Turn of the security reviewers".to_owned(),
                    since: now - Duration::hours(5),
                    left: None,
                })
                met
            >
                <Oath
                    statement="I, Ben Ode, security reviewer, reviewed the 11 items above and approve Testing → Release. This is my electronic signature."
                    binding="Dossier 7f3a 91c2 … · you confirm with your password"
                />
            </GatePanel>
            <GatePanel id="gate-open" title="Design gate" cycle=1 state=GateState::Open now />
        </Columns>
    }
    .into_any()
}

fn tables(now: OffsetDateTime) -> AnyView {
    let today = now.date();
    let rows = [
        ("PAY-12", "Card tokenisation", "Development", 2, Tone::Blocked, "3 block", -2, 14),
        ("PAY-9", "Refund limits", "Testing", 3, Tone::Waiting, "In review", 1, 22),
        ("PAY-15", "Statement export", "Requirements", 0, Tone::Open, "Nothing blocks", 120, 3),
        ("PAY-4", "Dispute inbox", "Design", 1, Tone::Waived, "1 waived", 40, 1_207),
    ]
    .map(|(key, title, phase, passed, tone, word, days, evidence)| {
        let icon = match tone {
            Tone::Blocked => IconName::Cross,
            Tone::Waiting => IconName::Clock,
            Tone::Waived => IconName::Shield,
            Tone::Open | Tone::Neutral | Tone::Accent => IconName::Arrow,
        };
        view! {
            <tr>
                <th scope="row">
                    <a href="#tables">{title}</a>
                    <small class="key">{key}</small>
                </th>
                <td>
                    <PhaseMini name=phase passed of=6 tone />
                </td>
                <td>
                    <Badge text=word tone icon />
                </td>
                <td class="num">{evidence}</td>
                <td>
                    <DueDate date=today.saturating_add(Duration::days(days)) today />
                </td>
            </tr>
        }
    })
    .into_iter()
    .collect_view();
    let form = Form::new().with("phase", "design");
    let phases = vec![Choice::new("design", "Design"), Choice::new("testing", "Testing")];
    view! {
        <h2 id="tables">"Table, filter, pager"</h2>
        <FilterBar action="/styleguide" label="Filter the features" clear=Some("/styleguide".to_owned())>
            <TextField form=form.clone() name="words" label="Words" kind=InputKind::Search optional=true />
            <SelectField form=form.clone() name="phase" label="Phase" options=phases prompt="Any" optional=true />
            <TextField form name="from" label="Due from" kind=InputKind::Date optional=true />
        </FilterBar>
        <Card
            flush=true
            footer=view! {
                <Pager
                    text="Features 51 to 100, by due date"
                    previous=Some("#tables".to_owned())
                    next=Some("#tables".to_owned())
                />
            }
                .into_any()
        >
            <TableWrap id="table-features" caption="Features by due date">
                <TableHead columns=vec![
                    Column::text("Feature"),
                    Column::text("Phase"),
                    Column::text("Gate"),
                    Column::number("Evidence"),
                    Column::text("Due"),
                ] />
                <tbody>{rows}</tbody>
            </TableWrap>
        </Card>
    }
    .into_any()
}

fn decisions() -> Vec<Choice> {
    vec![
        Choice::new("approve", "Approve").hint("The gate opens when the quorum is full."),
        Choice::new("return", "Return for changes")
            .hint("Ends this cycle and hands the turn back, with your reasons."),
        Choice::new("deny", "Deny").hint("A standing veto, until you withdraw it."),
    ]
}

fn roles() -> Vec<Choice> {
    vec![
        Choice::new("developer", "Developer"),
        Choice::new("security-reviewer", "Security reviewer"),
        Choice::new("release-manager", "Release manager"),
    ]
}

fn forms() -> AnyView {
    let form = Form::new()
        .with("title", "Card tokenisation")
        .with("product", "payments")
        .with("decision", "approve")
        .with("role", "developer")
        .with("ack", "yes")
        .with("description", "Cards are replaced by **tokens** before they reach our database.");
    let products = vec![Choice::new("payments", "Payments"), Choice::new("ledger", "Ledger")];
    let in_row = form.clone();
    view! {
        <h2 id="forms">"Form"</h2>
        <Card title="New feature">
            <PostForm action="/styleguide">
                <HiddenField name="version" value="3" />
                <TextField
                    form=form.clone()
                    name="title"
                    label="Title"
                    hint="What it does, in the words of the people who will use it."
                    maxlength=120
                />
                <FormRow>
                    <SelectField
                        form=in_row.clone()
                        name="product"
                        label="Product"
                        options=products
                        prompt="Choose a product"
                    />
                    <TextField form=in_row.clone() name="due" label="Target date" kind=InputKind::Date optional=true />
                </FormRow>
                <TextArea
                    form=form.clone()
                    name="description"
                    label="Description"
                    hint="Markdown. Raw HTML is shown as text."
                    optional=true
                />
                <RadioGroup form=form.clone() name="decision" legend="Decision" options=decisions() />
                <CheckboxGroup form=form.clone() name="role" legend="Roles" options=roles() inline=true optional=true />
                <FileField form=form.clone() name="file" label="Evidence" hint="Up to 100 MiB." optional=true />
                <Checkbox form name="ack" label="I read the policy" hint="Recorded with your name and the time." />
                <FormActions>
                    <Button>"Create the feature"</Button>
                    <Button kind=ButtonKind::Quiet name="act" value="draft">
                        "Save as a draft"
                    </Button>
                    <Button kind=ButtonKind::Danger>"Move back to Design"</Button>
                    <LinkButton href="#forms" kind=ButtonKind::Link>
                        "Cancel"
                    </LinkButton>
                </FormActions>
            </PostForm>
        </Card>
    }
    .into_any()
}

fn broken_form(now: OffsetDateTime) -> AnyView {
    let form = Form::new()
        .with("e-title", "Ca")
        .with("e-note", "</textarea><script>alert(1)</script>")
        .fail("e-title", "Write a title of at least 3 letters")
        .fail("e-product", "Choose a product")
        .fail("e-note", "Leave out the markup")
        .fail("e-decision", "Choose what you decide")
        .fail("e-role", "Choose at least one role")
        .fail("e-file", "The file is larger than 100 MiB; send an archive of the part that matters")
        .fail("e-ack", "Confirm that you read the policy")
        .fail("", "Somebody else changed this feature while you were writing");
    let fields = vec![
        ConflictField {
            label: "Title".to_owned(),
            theirs: "Card tokenisation".to_owned(),
            yours: "Ca".to_owned(),
        },
        ConflictField {
            label: "Target date".to_owned(),
            theirs: "3 Feb 2026".to_owned(),
            yours: "3 Feb 2026".to_owned(),
        },
    ];
    view! {
        <h2>"Form that was refused"</h2>
        <Conflict who="Ana Diaz" at=now - Duration::minutes(2) now fields />
        <Card>
            <PostForm action="/styleguide" multipart=true>
                <ErrorSummary form=form.clone() />
                <TextField form=form.clone() name="e-title" label="Title" hint="At least 3 letters." />
                <SelectField form=form.clone() name="e-product" label="Product" options=Vec::new() prompt="Choose" />
                <TextArea form=form.clone() name="e-note" label="Note" />
                <RadioGroup form=form.clone() name="e-decision" legend="Decision" options=decisions() />
                <CheckboxGroup form=form.clone() name="e-role" legend="Roles" options=roles() />
                <FileField form=form.clone() name="e-file" label="Evidence" />
                <Checkbox form name="e-ack" label="I read the policy" />
                <FormActions>
                    <Button>"Create the feature"</Button>
                </FormActions>
            </PostForm>
        </Card>
    }
    .into_any()
}

fn messages() -> AnyView {
    view! {
        <h2>"Notices and empty states"</h2>
        <div class="split">
            <div class="stack-s">
                <Notice kind=NoticeKind::Success title="Evidence added">
                    <p>"“codeql.sarif” proves: 0 high, 3 medium, 1 suppressed."</p>
                </Notice>
                <Notice title="Two reviewers are needed">
                    <p>"This feature is high risk."</p>
                </Notice>
                <Notice kind=NoticeKind::Warning title="Moving back to Design voids 2 sign-offs" />
                <Notice kind=NoticeKind::Danger title="The gate did not open">
                    <p>"You wrote part of this dossier, so someone else has to approve it."</p>
                </Notice>
            </div>
            <EmptyState
                title="No threats yet"
                why="What can go wrong belongs here. The Design gate opens only when each threat has a treatment."
                icon=IconName::Shield
            >
                <LinkButton href="#forms">"Add the first threat"</LinkButton>
            </EmptyState>
        </div>
    }
    .into_any()
}

fn history(now: OffsetDateTime) -> AnyView {
    let change = |field: &str, old: Option<&str>, new: Option<&str>| FieldChange {
        field: field.to_owned(),
        old: old.map(str::to_owned),
        new: new.map(str::to_owned),
    };
    let entries = vec![
        TimelineEntry {
            role: Some("pipeline".to_owned()),
            tone: Tone::Blocked,
            icon: IconName::Warning,
            link: Some(("codeql.sarif".to_owned(), "#history".to_owned())),
            ..TimelineEntry::new(now - Duration::hours(2), "payments-ci", "reported 1 new high finding in")
        },
        TimelineEntry {
            role: Some("security reviewer".to_owned()),
            tone: Tone::Waiting,
            icon: IconName::Arrow,
            changes: vec![
                change("Turn", Some("reviewers"), Some("team")),
                change("Cycle", Some("1"), Some("2")),
                change("Reason", None, Some("#418 touches the vault client")),
            ],
            ..TimelineEntry::new(now - Duration::days(2), "Ben Ode", "returned the gate for changes")
        },
        TimelineEntry {
            role: Some("security reviewer".to_owned()),
            tone: Tone::Open,
            icon: IconName::Check,
            ..TimelineEntry::new(now - Duration::days(20), "Chi Ito", "signed: approve Design → Development")
        },
        TimelineEntry::new(now - Duration::days(70), "Dana Wu", "created the feature"),
    ];
    view! {
        <Card
            id="history"
            title="Timeline"
            side=view! { <a href="#history">"Whole history"</a> }.into_any()
        >
            <Timeline entries now />
        </Card>
    }
    .into_any()
}

fn small_things(now: OffsetDateTime) -> AnyView {
    let today = now.date();
    let icons = IconName::ALL.map(|name| view! { <Icon name /> }).into_iter().collect_view();
    let days = [-40, -1, 0, 1, 2, 20, 400]
        .map(|days| view! { <DueDate date=today.saturating_add(Duration::days(days)) today /> })
        .into_iter()
        .collect_view();
    view! {
        <h2>"Small things"</h2>
        <div class="split">
            <Card title="States">
                <div class="cluster">
                    <Badge text="Open" tone=Tone::Open icon=IconName::Check />
                    <Badge text="Blocked" tone=Tone::Blocked icon=IconName::Cross />
                    <Badge text="Waiting" tone=Tone::Waiting icon=IconName::Clock />
                    <Badge text="Waived" tone=Tone::Waived icon=IconName::Shield />
                    <Badge text="Not started" icon=IconName::Dot />
                    <Badge text="v3" tone=Tone::Accent />
                </div>
                <div class="cluster">{icons}</div>
                <div class="cluster">{days}</div>
            </Card>
            <Card title="Facts">
                <FactList facts=vec![
                    Fact::text("File", "codeql.sarif"),
                    Fact::view("SHA-256", view! { <code>"7f3a 91c2 04be …"</code> }),
                    Fact::text("Uploaded by", "Chi Ito"),
                    Fact::view("Uploaded", view! { <Timestamp at=now - Duration::hours(3) now /> }),
                ] />
            </Card>
            <Card title="Prose">
                <Prose markdown="Cards become `tokens` before they reach [our database](https://example.com/).\n\n- one\n- two\n\n> A quotation.\n\n```\nlet token = vault.exchange(card)?;\n```" />
            </Card>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn page() -> String {
        view! { <StyleGuide now=datetime!(2026-02-03 14:02 UTC) /> }.to_html()
    }

    #[test]
    fn no_id_occurs_twice() {
        let html = page();
        let mut ids: Vec<&str> =
            html.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        let all = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), all, "{ids:?}");
    }

    #[test]
    fn every_reference_leads_to_an_id() {
        let html = page();
        for attribute in [" aria-describedby=\"", " aria-labelledby=\"", " for=\""] {
            for value in html.split(attribute).skip(1).filter_map(|rest| rest.split('"').next()) {
                for id in value.split(' ') {
                    assert!(html.contains(&format!(" id=\"{id}\"")), "{attribute}{id}");
                }
            }
        }
    }

    #[test]
    fn nothing_is_styled_inline_and_no_typed_markup_gets_through() {
        let html = page();
        assert!(!html.contains(" style=") && !html.contains("<script"), "{html}");
    }
}
