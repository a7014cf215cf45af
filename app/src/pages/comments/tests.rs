use sluice_domain::{
    access::Role,
    ids::Id,
    mention::{Mentionable, mentions},
};
use sluice_service::talk::{CommentItem, CommentPage, CommentsPage};

use super::*;
use crate::pages::threats::fixture::{HOSTILE, NOW, html, person, summary};

fn somebody(name: &str) -> Mentionable {
    Mentionable { person: Id::new(person(2).uuid()), name: name.to_owned(), handle: name.to_owned() }
}

fn comment(number: i32, name: &str, text: &str) -> CommentItem {
    CommentItem {
        number,
        author: person(1),
        author_name: name.to_owned(),
        text: text.to_owned(),
        mentions: mentions(text, &[somebody(name)]),
        written_at: NOW,
        edited_at: (number == 2).then_some(NOW),
        version: 2,
        mine: number == 2,
    }
}

fn page(roles: &[Role], name: &str) -> CommentsPage {
    let text = format!("Ask @{name} about {HOSTILE}");
    CommentsPage {
        summary: summary(roles),
        items: vec![comment(2, name, &text), comment(3, name, "**Bold**")],
        earlier: Some(2),
        later: None,
        watching: false,
        people: vec![somebody(name)],
        more_people: true,
    }
}

#[test]
fn what_people_wrote_and_what_they_are_called_is_text_in_every_state() {
    for name in [HOSTILE, "<script>alert(1)</script>", "[a](javascript:alert(1))"] {
        for roles in [&[Role::Stakeholder][..], &[]] {
            let form = new_comment_form(HOSTILE).with("text", HOSTILE).fail("text", HOSTILE);
            let shown = html(|| view! { <CommentsScreen page=page(roles, name) form /> });
            assert!(!shown.contains("<script>alert") && !shown.contains("<img"), "{shown}");
            assert!(!shown.contains("href=\"javascript"), "{shown}");
            assert!(shown.contains("<strong class=\"mention\">@"), "{name} is highlighted: {shown}");
        }
        let form = edit_comment_form(&comment(2, name, HOSTILE)).fail("text", HOSTILE);
        let edited = CommentPage {
            summary: summary(&[Role::Qa]),
            comment: comment(2, name, HOSTILE),
            people: vec![somebody(name)],
            more_people: false,
        };
        let shown = html(|| view! { <EditCommentScreen page=edited form conflict=true /> });
        assert!(!shown.contains("<script>alert") && !shown.contains("<img"), "{shown}");
    }
}

#[test]
fn comments_have_addresses_and_ones_own_can_be_edited() {
    let page = page(&[Role::SecurityReviewer], "Ben Ode");
    let shown = html(|| view! { <CommentsScreen page form=new_comment_form("an-id") /> });
    for words in [
        "id=\"comment-2\"",
        "href=\"/features/PAY-12/comments?at=3#comment-3\"",
        "href=\"/features/PAY-12/comments/2\"",
        "href=\"/features/PAY-12/comments?before=2#comments\"",
        "<strong class=\"mention\">@Ben Ode</strong>",
        "name=\"id\" value=\"an-id\"",
        "edited <time",
        "@Ben Ode<span class=\"muted\"> or @Ben Ode</span>",
        "3 comments",
        "name=\"watching\" value=\"yes\"",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    assert!(!shown.contains("/comments/3\""), "the comment of somebody else: {shown}");
    assert!(!shown.contains("Later comments"), "{shown}");
}

#[test]
fn an_auditor_reads_and_learns_who_can_write() {
    let shown = html(|| view! { <CommentsScreen page=page(&[], "Ben Ode") form=Form::new() /> });
    assert!(shown.contains("Everybody with a role in this product can write comments."), "{shown}");
    assert!(!shown.contains("name=\"text\"") && !shown.contains("name=\"watching\""), "{shown}");
}

#[test]
fn no_comments_teach_and_watching_is_said() {
    let mut page = page(&[Role::Qa], "Ben Ode");
    page.summary.comments = 0;
    page.items.clear();
    page.watching = true;
    let shown = html(|| view! { <CommentsScreen page form=new_comment_form("an-id") /> });
    assert!(shown.contains("No comments yet") && shown.contains("You watch this feature"), "{shown}");
    assert!(shown.contains("Stop watching"), "{shown}");
}
