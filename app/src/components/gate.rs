//! The gate panel: what stands between a feature and its next phase, in words; and the oath of who signs.

use leptos::prelude::*;
use time::OffsetDateTime;

use super::{
    counted,
    feedback::Tone,
    icons::{Icon, IconName},
    layout::onward,
    time_words::{iso_moment, moment_words, span_words},
};

/// How it stands with a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GateState {
    /// Something blocks it.
    Blocked,
    /// Nothing blocks, and a review was asked for.
    Waiting,
    /// Nothing blocks; a review can be asked for.
    Ready,
    /// It opened.
    Open,
    /// Nobody works on it for now.
    Resting,
}

impl GateState {
    const fn class(self) -> &'static str {
        match self {
            Self::Blocked => "card gate-panel blocked",
            Self::Waiting => "card gate-panel waiting",
            Self::Ready | Self::Open => "card gate-panel open",
            Self::Resting => "card gate-panel",
        }
    }

    const fn icon(self) -> IconName {
        match self {
            Self::Blocked => IconName::Cross,
            Self::Waiting | Self::Resting => IconName::Clock,
            Self::Ready => IconName::Arrow,
            Self::Open => IconName::Check,
        }
    }

    fn verdict(self, blockers: usize) -> String {
        match self {
            Self::Blocked if blockers == 1 => "1 thing blocks this gate".to_owned(),
            Self::Blocked => format!("{} block this gate", counted(blockers, "thing")),
            Self::Waiting => "Nothing blocks; the reviewers decide".to_owned(),
            Self::Ready => "Nothing blocks this gate".to_owned(),
            Self::Open => "This gate is open".to_owned(),
            Self::Resting => "Nobody works on this gate for now".to_owned(),
        }
    }
}

/// Whose turn it is.
#[derive(Clone, Debug)]
pub struct Turn {
    /// Whose, in words: "Your turn", "Turn of the security reviewers".
    pub whose: String,
    /// Since when.
    pub since: OffsetDateTime,
    /// How much time is left, in words: "2 days left", "1 day overdue".
    pub left: Option<String>,
}

/// One thing that blocks a gate, or would if it were not waived.
#[derive(Clone, Debug)]
pub struct BlockerLine {
    /// Subject, fact, what is needed: "Threat T-4 (high) has no countermeasure".
    pub sentence: String,
    /// Who can clear it.
    pub who: String,
    /// Where it is cleared: words and address. Nothing for a reader who may not clear it.
    pub link: Option<(String, String)>,
    /// A second way, below the sentence: a waiver that can be or was asked for.
    pub also: Option<(String, String)>,
    /// It is waived: until when and by whom, in words.
    pub waived: Option<String>,
    /// It comes when the work is done, such as a sign-off: not counted as blocking.
    pub later: bool,
    /// Since when it has blocked; nothing for what is new at this moment, or does not block.
    pub since: Option<OffsetDateTime>,
}

/// Whether the feature may go to production, in words.
#[derive(Clone, Debug)]
pub struct ClearanceLine {
    /// "Cleared for production", or how many things keep it back.
    pub sentence: String,
    /// What keeps it back, one sentence each, with the address where it is put right.
    pub left: Vec<(String, String)>,
}

/// The gate of the current phase: verdict, blockers with a link each, what is met, whose turn it is.
#[component]
pub fn GatePanel(
    /// The heading: "Development gate".
    #[prop(into)]
    title: String,
    /// The number of the attempt.
    cycle: u32,
    /// How it stands.
    state: GateState,
    /// Now, as the page's data knows it.
    now: OffsetDateTime,
    /// Whose turn it is.
    #[prop(optional_no_strip)]
    turn: Option<Turn>,
    /// What blocks, and what is waived.
    #[prop(optional)]
    blockers: Vec<BlockerLine>,
    /// What is met, one sentence each.
    #[prop(optional)]
    met: Vec<String>,
    /// Whether the feature may go to production, where that is a question.
    #[prop(optional_no_strip)]
    clearance: Option<ClearanceLine>,
    /// What happens next, or why the reader may not act and who can.
    #[prop(optional, into)]
    footer: Option<String>,
    /// The one primary action.
    #[prop(optional)]
    action: Option<AnyView>,
    /// The id of the panel, for links to it; unique on the page.
    #[prop(default = "gate".to_owned(), into)]
    id: String,
    /// More in the body, such as the sign-offs so far.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let title_id = format!("{id}-title");
    let labelled_by = title_id.clone();
    let blocking = blockers.iter().filter(|blocker| blocker.waived.is_none() && !blocker.later).count();
    let blockers = (!blockers.is_empty()).then(|| {
        let lines = blockers.into_iter().map(|blocker| blocker_line(blocker, now)).collect_view();
        view! { <ul class="blockers">{lines}</ul> }
    });
    let footer = (footer.is_some() || action.is_some()).then(|| {
        view! {
            <footer>
                {footer.map(|footer| view! { <span>{footer}</span> })}
                {action}
            </footer>
        }
    });
    view! {
        <section class=state.class() id=id aria-labelledby=labelled_by>
            <header>
                <h2 id=title_id>
                    {title}
                    " "
                    <span class="key">{format!("cycle {cycle}")}</span>
                </h2>
                {turn.map(|turn| turn_line(turn, now))}
            </header>
            <div class="body">
                <p class="verdict">
                    <Icon name=state.icon() />
                    {state.verdict(blocking)}
                </p>
                <div>
                    {blockers}
                    {met_list(met)}
                    {clearance.map(clearance_line)}
                </div>
                {children.map(|children| children())}
            </div>
            {footer}
        </section>
    }
    .into_any()
}

fn turn_line(turn: Turn, now: OffsetDateTime) -> AnyView {
    let words = format!("for {}", span_words((now - turn.since).whole_seconds()));
    view! {
        <div class="card-side">
            <span class="turn">
                <Icon name=IconName::Clock />
                <span>
                    {format!("{} ", turn.whose)}
                    <time datetime=iso_moment(turn.since) title=moment_words(turn.since)>
                        {words}
                    </time>
                </span>
            </span>
            {turn.left.map(|left| view! { <span class="muted">{left}</span> })}
        </div>
    }
    .into_any()
}

/// Since when something has blocked, quietly: "blocking for 3 days", "new".
#[must_use]
pub fn blocked_since(since: OffsetDateTime, now: OffsetDateTime) -> AnyView {
    since_words("blocking", since, now)
}

/// How long it has lasted, the exact instant behind it.
fn since_words(what: &'static str, since: OffsetDateTime, now: OffsetDateTime) -> AnyView {
    let seconds = (now - since).whole_seconds();
    let words = if seconds < NEW { "new".to_owned() } else { format!("{what} for {}", span_words(seconds)) };
    view! {
        <time class="since" datetime=iso_moment(since) title=format!("Since {}", moment_words(since))>
            {words}
        </time>
    }
    .into_any()
}

/// So many seconds something is new.
const NEW: i64 = 45;

fn blocker_line(blocker: BlockerLine, now: OffsetDateTime) -> AnyView {
    let BlockerLine { sentence, who, link, also, waived, later, since } = blocker;
    let lasts = since.map(|since| since_words(if later { "waiting" } else { "blocking" }, since, now));
    let between = (!who.is_empty() && lasts.is_some()).then_some(" · ");
    let small =
        (!who.is_empty() || lasts.is_some()).then(|| view! { <small>{who} {between} {lasts}</small> });
    let (icon, tone, word) = match waived {
        Some(_) => (IconName::Shield, Tone::Waived, "Waived: "),
        None if later => (IconName::Clock, Tone::Waiting, "Then: "),
        None => (IconName::Cross, Tone::Blocked, "Blocks: "),
    };
    view! {
        <li>
            <Icon name=icon tone />
            <div>
                <span class="visually-hidden">{word}</span>
                {sentence}
                {waived.map(|waived| view! { <small class="tone-waived">{format!("Waived {waived}")}</small> })}
                {small}
                {also.map(|(label, href)| view! { <small class="also"><a href=href>{label}</a></small> })}
            </div>
            {link.map(|(label, href)| onward(href, label))}
        </li>
    }
    .into_any()
}

fn met_list(met: Vec<String>) -> Option<AnyView> {
    if met.is_empty() {
        return None;
    }
    let words = match met.len() {
        1 => "1 condition is met".to_owned(),
        count => format!("{} are met", counted(count, "condition")),
    };
    let lines = met
        .into_iter()
        .map(|sentence| {
            view! {
                <li>
                    <Icon name=IconName::Check tone=Tone::Open />
                    <span>{sentence}</span>
                </li>
            }
        })
        .collect_view();
    let details = view! {
        <details class="met">
            <summary>
                <Icon name=IconName::Check tone=Tone::Open />
                <span>{words}</span>
                <span class="met-show">"Show"</span>
            </summary>
            <ul>{lines}</ul>
        </details>
    };
    Some(details.into_any())
}

/// Whether the feature may go to production: one line, and what keeps it back behind it.
fn clearance_line(clearance: ClearanceLine) -> AnyView {
    let ClearanceLine { sentence, left } = clearance;
    if left.is_empty() {
        return view! {
            <p class="clearance">
                <Icon name=IconName::Check tone=Tone::Open />
                <span>{sentence}</span>
            </p>
        }
        .into_any();
    }
    let lines = left
        .into_iter()
        .map(|(sentence, href)| {
            view! {
                <li>
                    <Icon name=IconName::Cross tone=Tone::Blocked />
                    <a href=href>{sentence}</a>
                </li>
            }
        })
        .collect_view();
    view! {
        <details class="met clearance-left">
            <summary>
                <Icon name=IconName::Gate tone=Tone::Waiting />
                <span>{sentence}</span>
                <span class="met-show">"Show"</span>
            </summary>
            <ul>{lines}</ul>
        </details>
    }
    .into_any()
}

/// What somebody signs, word for word as it is recorded.
#[component]
pub fn Oath(
    /// The statement: "I, Ben Ode, security reviewer, …".
    #[prop(into)]
    statement: String,
    /// What binds it: the digest of the dossier, how the signer confirms.
    #[prop(optional, into)]
    binding: Option<String>,
) -> impl IntoView {
    view! {
        <p class="oath">
            {statement}
            {binding.map(|binding| view! { <small>{binding}</small> })}
        </p>
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-02-03 14:02 UTC);

    fn blocker(sentence: &str) -> BlockerLine {
        BlockerLine {
            sentence: sentence.to_owned(),
            who: "Any developer".to_owned(),
            link: Some(("Add a reviewer".to_owned(), "/x?a=1&b=2".to_owned())),
            also: Some(("Ask for a waiver".to_owned(), "/waive?a=1&b=2".to_owned())),
            waived: None,
            later: false,
            since: Some(datetime!(2026-01-30 9:05 UTC)),
        }
    }

    #[test]
    fn the_panel_says_what_blocks_and_where_to_go() {
        let html = view! {
            <GatePanel
                title="Development gate"
                cycle=2
                state=GateState::Blocked
                now=NOW
                turn=Some(Turn {
                    whose: "Your turn".to_owned(),
                    since: datetime!(2026-02-01 14:00 UTC),
                    left: Some("2 days left".to_owned()),
                })
                blockers=vec![
                    blocker("Change <#418> has one reviewer"),
                    BlockerLine { waived: Some("until 3 Feb by Ana Diaz".to_owned()), ..blocker("No report") },
                ]
                met=vec!["The threat model is reviewed".to_owned()]
            />
        }
        .to_html();
        assert!(html.contains("1 thing blocks this gate"), "{html}");
        assert!(html.contains("Change &lt;#418&gt; has one reviewer"), "{html}");
        assert!(html.contains("href=\"/x?a=1&amp;b=2\""), "{html}");
        assert!(html.contains("Waived until 3 Feb by Ana Diaz"), "{html}");
        assert!(html.contains("href=\"/waive?a=1&amp;b=2\">Ask for a waiver</a>"), "{html}");
        assert!(html.contains("1 condition is met"), "{html}");
        assert!(html.contains(">for 2 days</time>"), "{html}");
        assert!(!html.contains("<footer"), "{html}");
    }

    fn listed(blockers: Vec<BlockerLine>, clearance: Option<ClearanceLine>) -> String {
        view! { <GatePanel title="Release gate" cycle=1 state=GateState::Blocked now=NOW blockers clearance /> }
            .to_html()
    }

    #[test]
    fn a_blocker_says_since_when_it_has_blocked() {
        let of = |since, later| BlockerLine { later, since, ..blocker("No report") };
        let html = listed(vec![of(Some(datetime!(2026-01-30 9:05 UTC)), false)], None);
        assert!(
            html.contains("datetime=\"2026-01-30T09:05:00Z\" title=\"Since 30 Jan 2026, 09:05 UTC\" class=\"since\">blocking for 4 days</time>"),
            "{html}"
        );
        assert!(html.contains("Any developer"), "{html}");
        let html = listed(vec![of(Some(NOW - time::Duration::seconds(44)), false)], None);
        assert!(html.contains("class=\"since\">new</time>"), "{html}");
        let html = listed(vec![of(Some(NOW - time::Duration::seconds(45)), true)], None);
        assert!(html.contains(">waiting for 1 minute</time>"), "{html}");
        let html = listed(vec![of(None, false)], None);
        assert!(!html.contains("<time") && !html.contains("·"), "{html}");
        let nobody = BlockerLine { who: String::new(), ..blocker("No report") };
        let html = listed(vec![nobody], None);
        assert!(html.contains("<time") && !html.contains("·"), "{html}");
    }

    #[test]
    fn clearance_is_one_line_with_what_is_left_behind_it() {
        let line = |left| Some(ClearanceLine { sentence: "<b>Not</b> cleared".to_owned(), left });
        let left = vec![("The <Design> gate has to open".to_owned(), "/x?a=1&b=2".to_owned())];
        let html = listed(Vec::new(), line(left));
        assert!(html.contains("<details") && html.contains("&lt;b&gt;Not&lt;/b&gt; cleared"), "{html}");
        assert!(html.contains("href=\"/x?a=1&amp;b=2\">The &lt;Design&gt; gate has to open</a>"), "{html}");
        let html = listed(Vec::new(), line(Vec::new()));
        assert!(html.contains("class=\"clearance\"") && !html.contains("<details"), "{html}");
        assert!(!listed(Vec::new(), None).contains("clearance"));
    }

    #[test]
    fn an_open_gate_lists_no_blockers() {
        let html =
            view! { <GatePanel title="Design gate" cycle=1 state=GateState::Open now=NOW /> }.to_html();
        assert!(html.contains("This gate is open") && !html.contains("blockers"), "{html}");
    }

    #[test]
    fn an_oath_is_text() {
        let html = view! { <Oath statement="I, <b>Ben</b>" binding="Dossier 7f3a" /> }.to_html();
        assert!(
            html.contains("I, &lt;b&gt;Ben&lt;/b&gt;") && html.contains("<small>Dossier 7f3a</small>"),
            "{html}"
        );
    }
}
