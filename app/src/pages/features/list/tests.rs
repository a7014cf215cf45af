//! The list and the board, with text that would like to be markup.

use sluice_domain::{access::Role, policy::Tier};
use sluice_service::features::{AtGate, BoardColumn};
use time::{
    OffsetDateTime,
    macros::{date, datetime},
};

use super::*;

const OWNER: &str = "00000000-0000-7000-8000-000000000001";
const NOW: OffsetDateTime = datetime!(2026-11-20 12:00 UTC);

fn item(title: &str) -> FeatureListItem {
    FeatureListItem {
        rest: None,
        owed: 0,
        key: "PAY-12".parse().unwrap(),
        title: title.to_owned(),
        tier: Tier::High,
        phase: Some("Design".to_owned()),
        position: (2, 6),
        blockers: 5,
        team_blockers: 3,
        in_review: false,
        turn_since: datetime!(2026-11-17 12:00 UTC),
        owner_name: "<i>Ana</i>".to_owned(),
        target_date: Some(date!(2026 - 11 - 18)),
        sprint: None,
    }
}

fn choices() -> FilterChoices {
    FilterChoices {
        products: vec![("PAY".to_owned(), "Payments <b>".to_owned())],
        phases: vec![("design".to_owned(), "Design".to_owned())],
        owners: vec![(OWNER.parse().unwrap(), "<i>Ana</i>".to_owned())],
    }
}

fn list(items: Vec<FeatureListItem>) -> FeatureList {
    FeatureList {
        items,
        next: Some("1~\"><script>".to_owned()),
        choices: choices(),
        may_create: true,
        now: NOW,
    }
}

fn render(list: FeatureList, filter: FeatureFilter) -> String {
    view! { <FeatureListPage shown=Shown::Table(list) filter views=Views::default() /> }.to_html()
}

#[test]
fn what_people_typed_stays_text() {
    let filter = FeatureFilter { text: "\"><script>&".to_owned(), ..FeatureFilter::default() };
    let html = render(list(vec![item("<script>alert(1)</script>")]), filter);
    assert!(
        !html.contains("<script") && !html.contains("<i>Ana") && !html.contains("Payments <b>"),
        "{html}"
    );
    assert!(html.contains("&lt;script&gt;alert(1)"), "{html}");
    assert!(html.contains("?q=%22%3E%3Cscript%3E%26&amp;after=1~%22%3E%3Cscript%3E"), "{html}");
}

#[test]
fn a_row_says_where_it_stands_in_words() {
    let html = render(list(vec![item("Card tokenisation")]), FeatureFilter::default());
    for words in
        ["PAY-12", "3 things block", "High risk", "Team", ">3 days</time>", "2 days overdue", "New feature"]
    {
        assert!(html.contains(words), "{words}: {html}");
    }
    let sprint = Some("<i>14</i>".to_owned());
    let html =
        render(list(vec![FeatureListItem { sprint: sprint.clone(), ..item("A") }]), FeatureFilter::default());
    assert!(html.contains("<small>&lt;i&gt;14&lt;/i&gt;</small>"), "{html}");
    let mut planned = board(1, 1);
    planned.columns[0].cards[0].sprint = sprint;
    let html = render_board(planned, FeatureFilter { board: true, ..FeatureFilter::default() });
    assert!(html.contains(" · &lt;i&gt;14&lt;/i&gt;"), "{html}");
    let finished = FeatureListItem { phase: None, position: (6, 6), ..item("Done") };
    assert!(render(list(vec![finished]), FeatureFilter::default()).contains("Every gate is open"));
}

#[test]
fn nothing_at_all_teaches_and_nothing_found_offers_the_way_back() {
    let empty = FeatureList { next: None, ..list(Vec::new()) };
    let html = render(empty.clone(), FeatureFilter::default());
    assert!(html.contains("No feature is under way"), "{html}");
    assert_eq!(html.matches("New feature").count(), 1, "one primary action: {html}");
    let html = render(empty.clone(), FeatureFilter { mine: true, ..FeatureFilter::default() });
    assert!(html.contains("No feature matches") && html.contains("href=\"/features\""), "{html}");
    let stranger = FeatureList { choices: FilterChoices::default(), may_create: false, ..empty };
    let html = render(stranger, FeatureFilter::default());
    assert!(html.contains("no role in a product") && !html.contains("New feature"), "{html}");
}

fn board(count: i64, cards: usize) -> FeatureBoard {
    let column = |phase: &str, name: &str, count, cards: Vec<FeatureListItem>| BoardColumn {
        phase: phase.to_owned(),
        name: name.to_owned(),
        cards,
        count,
    };
    FeatureBoard {
        columns: vec![
            column("design", "Design <b>", count, vec![item("<script>alert(1)</script>"); cards]),
            column("testing", "Testing", 0, Vec::new()),
        ],
        choices: choices(),
        may_create: false,
        now: NOW,
    }
}

fn render_board(board: FeatureBoard, filter: FeatureFilter) -> String {
    view! { <FeatureListPage shown=Shown::Board(board) filter views=Views::default() /> }.to_html()
}

#[test]
fn the_board_has_a_column_for_each_phase_and_leads_on_where_it_ends() {
    let filter = FeatureFilter { board: true, product: Some("PAY".to_owned()), ..FeatureFilter::default() };
    let html = render_board(board(23, 20), filter.clone());
    assert!(!html.contains("<script") && !html.contains("Design <b>") && !html.contains("<i>Ana"), "{html}");
    assert_eq!(html.matches("board-card").count(), 20, "{html}");
    assert!(html.contains("<h2 id=\"column-1\">") && html.contains("aria-labelledby=\"column-2\""), "{html}");
    assert!(
        html.contains("href=\"/features?product=PAY&amp;phase=design\"") && html.contains("3 more"),
        "{html}"
    );
    assert!(html.contains("Nothing here"), "an empty column stays: {html}");
    assert!(html.contains("name=\"view\" value=\"board\""), "the form stays on the board: {html}");
    assert!(!html.contains("name=\"finished\""), "{html}");
    let html = render_board(board(201, 20), filter);
    assert!(html.contains("200+") && html.contains("More than 200"), "{html}");
    assert!(!render_board(board(20, 20), FeatureFilter::default()).contains("board-more"));
}

#[test]
fn each_filter_that_is_set_can_be_taken_away() {
    let filter = FeatureFilter {
        text: "<b>".to_owned(),
        product: Some("PAY".to_owned()),
        phase: Some("<i>gone</i>".to_owned()),
        owner: OWNER.parse().ok(),
        mine: true,
        tier: Some(Tier::High),
        gate: Some(AtGate::Ready),
        role: Some(Role::Qa),
        overdue: true,
        sprint: "<i>14</i>".parse().ok(),
        included: Included::All,
        ..FeatureFilter::default()
    };
    let html = render(list(vec![item("A")]), filter);
    assert_eq!(html.matches("class=\"chip filter\"").count(), 11, "{html}");
    assert!(
        html.contains("Product: Payments &lt;b&gt;")
            && html.contains("Sprint: &lt;i&gt;14")
            && html.contains("Waits for: QA"),
        "{html}"
    );
    assert!(!html.contains("<i>gone") && !html.contains("<i>14") && !html.contains("<i>Ana"), "{html}");
    assert!(html.contains("<details open class=\"further\""), "{html}");
    let html = render(list(vec![item("A")]), FeatureFilter { overdue: true, ..FeatureFilter::default() });
    assert!(html.contains("href=\"/features\" class=\"chip filter\""), "{html}");
    let html = render(list(vec![item("A")]), FeatureFilter::default());
    assert!(!html.contains("chip filter") && !html.contains("save-view"), "{html}");
    assert!(!html.contains("<details open"), "{html}");
}
