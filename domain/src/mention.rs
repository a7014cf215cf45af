//! Mentions: `@` with somebody's name in the text of a comment.
//!
//! Whom a name means is decided here and nowhere else: when a comment is stored, to know who is told, and when it is
//! shown, to know what is highlighted. There is nothing to learn and nothing to install: `@` and the full name, or the
//! part of the e-mail address before its `@`. What names nobody stays text.

use std::ops::Range;

use crate::ids::PersonId;

/// Somebody who can be mentioned, and by what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mentionable {
    /// Who it is.
    pub person: PersonId,
    /// The full name, as it is shown.
    pub name: String,
    /// The part of the e-mail address before its `@`.
    pub handle: String,
}

/// One mention in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    /// Where it stands, in bytes, the `@` included.
    pub range: Range<usize>,
    /// Who is meant: one person, or several where they share the name. Nobody who may be meant is left out.
    pub people: Vec<PersonId>,
    /// The full name of the first of them.
    pub name: String,
}

/// The mentions of these people in a text, in order.
///
/// Where several names fit, the longest is meant: `@Ana Diaz` is not Ana. Upper and lower case letters are the same.
/// A name has to end where a word ends, so `@ben.ode` is not Ben; an `@` inside a word or behind a backslash begins no
/// mention, so an e-mail address is none; and what is quoted as code between backticks mentions nobody.
#[must_use]
pub fn mentions(text: &str, people: &[Mentionable]) -> Vec<Mention> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(offset) = text[at..].find(['@', '`']) {
        let start = at + offset;
        at = if text[start..].starts_with('`') {
            end_of_code(text, start)
        } else {
            match mention_at(text, start, people) {
                Some(mention) => {
                    let end = mention.range.end;
                    found.push(mention);
                    end
                }
                None => start + 1,
            }
        };
    }
    found
}

/// Whether a text could mention anybody: it saves looking people up.
#[must_use]
pub fn may_mention(text: &str) -> bool {
    text.contains('@')
}

/// Where the code ends that begins with the backticks at `start`: behind the next run of as many. A run without its
/// like is no code.
fn end_of_code(text: &str, start: usize) -> usize {
    let run = |from: usize| text[from..].bytes().take_while(|byte| *byte == b'`').count();
    let fence = run(start);
    let begin = start + fence;
    let mut at = begin;
    while let Some(offset) = text[at..].find('`') {
        let length = run(at + offset);
        at += offset + length;
        if length == fence {
            return at;
        }
    }
    begin
}

/// The mention that begins with the `@` at `start`.
fn mention_at(text: &str, start: usize, people: &[Mentionable]) -> Option<Mention> {
    if !text[..start].chars().next_back().is_none_or(may_precede) {
        return None;
    }
    let rest = &text[start + 1..];
    let mut longest = 0;
    let mut meant: Vec<&Mentionable> = Vec::new();
    for person in people {
        let fits = [&person.name, &person.handle].into_iter().filter_map(|name| fitting(rest, name)).max();
        let Some(length) = fits else { continue };
        if length > longest {
            longest = length;
            meant.clear();
        }
        if length == longest {
            meant.push(person);
        }
    }
    let name = meant.first()?.name.clone();
    let people = meant.into_iter().map(|person| person.person).collect();
    Some(Mention { range: start..start + 1 + longest, people, name })
}

/// What may stand before a mention: a space, the beginning of a line, and what opens or parts words.
fn may_precede(c: char) -> bool {
    c.is_whitespace() || "()[]{}<>\"'“”‘’«»*_~,;:.!?…–—-|".contains(c)
}

/// How many bytes of the text are this name, when it begins with it and the name ends where a word ends.
fn fitting(text: &str, name: &str) -> Option<usize> {
    let mut rest = text.char_indices();
    for wanted in name.chars() {
        let (_, there) = rest.next()?;
        if !same(wanted, there) {
            return None;
        }
    }
    let after = rest.as_str();
    (!name.is_empty() && ends_word(after)).then(|| text.len() - after.len())
}

/// Whether two letters are the same but for their case.
fn same(a: char, b: char) -> bool {
    a == b || a.to_lowercase().eq(b.to_lowercase())
}

/// Whether a word has ended where this follows. A dot, hyphen and the like go on with it when a letter comes next:
/// `@ben.` ends a sentence, `@ben.ode` is another name.
fn ends_word(after: &str) -> bool {
    let mut chars = after.chars();
    match chars.next() {
        Some(c) if c.is_alphanumeric() => false,
        Some(c) if ".-_+@".contains(c) => !chars.next().is_some_and(char::is_alphanumeric),
        Some(_) | None => true,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::ids::Id;

    fn people(names: &[(&str, &str)]) -> Vec<Mentionable> {
        (1..)
            .zip(names)
            .map(|(number, (name, handle))| Mentionable {
                person: Id::new(Uuid::from_u128(number)),
                name: (*name).to_owned(),
                handle: (*handle).to_owned(),
            })
            .collect()
    }

    /// What is mentioned, as it is written in the text.
    fn spots<'a>(text: &'a str, people: &[Mentionable]) -> Vec<&'a str> {
        mentions(text, people).into_iter().map(|mention| &text[mention.range]).collect()
    }

    #[test]
    fn a_person_is_mentioned_by_name_or_address() {
        let people = people(&[("Ben Ode", "ben"), ("Ana Diaz", "ana.diaz")]);
        assert_eq!(spots("@Ben Ode, please look", &people), ["@Ben Ode"]);
        assert_eq!(spots("Ask @ana.diaz.", &people), ["@ana.diaz"]);
        assert_eq!(spots("(@BEN) and\n@ana diaz's idea", &people), ["@BEN", "@ana diaz"]);
        assert_eq!(spots("**@Ben Ode** _@ben_ [@ben](/work)", &people), ["@Ben Ode", "@ben", "@ben"]);
        assert_eq!(mentions("@ben", &people)[0].name, "Ben Ode");
    }

    #[test]
    fn the_longest_name_is_meant() {
        let people = people(&[("Ana", "a1"), ("Ana Diaz", "a2"), ("Ana Diaz Ruiz", "a3")]);
        let of = |text: &str| mentions(text, &people).into_iter().map(|found| found.name).collect::<Vec<_>>();
        assert_eq!(of("@Ana Diaz and @Ana and @Ana Diaz Ruiz"), ["Ana Diaz", "Ana", "Ana Diaz Ruiz"]);
        assert_eq!(of("@Ana Diazepam"), ["Ana"]);
    }

    #[test]
    fn those_who_share_a_name_are_all_told() {
        let people = people(&[("Ben Ode", "ben"), ("Ben Ode", "b.ode"), ("Ben", "x")]);
        assert_eq!(mentions("@ben ode", &people)[0].people.len(), 2);
        assert_eq!(mentions("@ben", &people)[0].people.len(), 2, "a name and an address");
        assert_eq!(mentions("@b.ode", &people)[0].people.len(), 1);
    }

    #[test]
    fn what_names_nobody_is_text() {
        let people = people(&[("Ben Ode", "ben"), ("", "")]);
        for text in [
            "@",
            "@nobody",
            "@benn",
            "@ben.ode",
            "@ben-ode",
            "@ben_o",
            "@ben@example.org",
            "a@ben",
            "7@ben",
            "me@ben.example",
            "/@ben",
            "\\@ben",
            "=@ben",
            "@ ben",
            "ben",
            "",
            "@@",
            "é@ben",
        ] {
            assert_eq!(spots(text, &people), Vec::<&str>::new(), "{text:?}");
        }
    }

    #[test]
    fn code_mentions_nobody() {
        let people = people(&[("Ben Ode", "ben")]);
        assert_eq!(spots("`@ben` ``a ` @ben`` @ben", &people).len(), 1);
        assert_eq!(spots("```\n@ben\n```\n@ben", &people), ["@ben"]);
        assert_eq!(spots("a ` alone, @ben", &people), ["@ben"], "a single backtick quotes nothing");
    }

    proptest! {
        #[test]
        fn each_mention_is_where_it_says_and_none_overlaps(
            text in "[@`a-c ._\\-\\\\é\n]{0,60}",
            names in prop::collection::vec(("[a-c é]{0,4}", "[a-c.]{0,3}"), 0..5),
        ) {
            let names: Vec<(&str, &str)> = names.iter().map(|(n, h)| (n.as_str(), h.as_str())).collect();
            let people = people(&names);
            let mut end = 0;
            for mention in mentions(&text, &people) {
                prop_assert!(mention.range.start >= end && mention.range.end > mention.range.start + 1);
                end = mention.range.end;
                let written = &text[mention.range.clone()];
                prop_assert!(written.starts_with('@'));
                for id in &mention.people {
                    let person = people.iter().find(|person| person.person == *id).expect("one of them");
                    let is = |name: &str| name.to_lowercase() == written[1..].to_lowercase();
                    prop_assert!(is(&person.name) || is(&person.handle), "{written:?} is not {person:?}");
                }
            }
        }

        #[test]
        fn any_text_is_read_without_a_panic(text in "\\PC{0,80}", name in "\\PC{0,6}") {
            let people = people(&[(&name, "x"), ("<script>", "y")]);
            let _read = mentions(&text, &people);
        }

        #[test]
        fn a_name_between_spaces_is_found_whatever_it_is_made_of(name in "[^\\s`]{1,3}( [^\\s`]{1,3})?") {
            let people = people(&[(&name, "q")]);
            let text = format!("see @{name} now");
            prop_assert_eq!(spots(&text, &people), [format!("@{name}")]);
        }

        #[test]
        fn who_is_not_among_the_people_is_never_mentioned(text in "[@a-d .]{0,40}") {
            let inside = people(&[("a b", "ab"), ("c", "c.d")]);
            let all: Vec<PersonId> = inside.iter().map(|person| person.person).collect();
            for mention in mentions(&text, &inside) {
                prop_assert!(mention.people.iter().all(|person| all.contains(person)));
            }
            prop_assert!(mentions(&text, &[]).is_empty());
        }
    }
}
