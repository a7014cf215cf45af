//! Takes values out of a TOML document and notes what is wrong with each, instead of stopping at the first.

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::problem::{PolicyProblem, Problems};
use crate::text::is_hidden;

/// How a text may look.
#[derive(Clone, Copy)]
pub(super) struct TextRule {
    /// The most characters.
    pub(super) max: usize,
    /// Whether it may have more than one line.
    pub(super) lines: bool,
}

/// A value and where it begins.
#[derive(Clone, Copy)]
pub(super) struct At<T> {
    pub(super) value: T,
    pub(super) at: usize,
}

/// A table of the document.
#[derive(Clone, Copy)]
pub(super) struct Section<'d> {
    table: &'d DeTable<'d>,
    /// Where its header begins: the place for what is missing in it.
    pub(super) at: usize,
}

/// Reads a document.
pub(super) struct Reader<'s> {
    pub(super) problems: Problems<'s>,
}

impl<'s> Reader<'s> {
    pub(super) const fn new(source: &'s str) -> Self {
        Self { problems: Problems::new(source) }
    }

    pub(super) fn note(&mut self, at: usize, problem: PolicyProblem) {
        self.problems.add(at, problem);
    }

    /// The whole document, refusing keys that are not known.
    pub(super) fn document<'d>(&mut self, table: &'d DeTable<'d>, known: &[&str]) -> Section<'d> {
        self.section(table, 0, known)
    }

    fn section<'d>(&mut self, table: &'d DeTable<'d>, at: usize, known: &[&str]) -> Section<'d> {
        for (key, _) in table {
            if !known.contains(&key.get_ref().as_ref()) {
                let (given, known) = (shown(key.get_ref()), known.join(", "));
                self.note(key.span().start, PolicyProblem::UnknownKey { given, known });
            }
        }
        Section { table, at }
    }

    fn required<'d>(&mut self, section: Section<'d>, key: &'static str) -> Option<&'d Spanned<DeValue<'d>>> {
        let value = section.table.get(key);
        if value.is_none() {
            self.note(section.at, PolicyProblem::MissingKey { key });
        }
        value
    }

    fn wrong_type(&mut self, key: &'static str, expected: &'static str, value: &Spanned<DeValue<'_>>) {
        let found = match value.get_ref() {
            DeValue::String(_) => "a text",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a number with a fraction",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date or time",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.note(value.span().start, PolicyProblem::WrongType { key, expected, found });
    }

    /// A table that has to be there.
    pub(super) fn table<'d>(
        &mut self,
        section: Section<'d>,
        key: &'static str,
        known: &[&str],
    ) -> Option<Section<'d>> {
        let value = self.required(section, key)?;
        if let DeValue::Table(table) = value.get_ref() {
            Some(self.section(table, value.span().start, known))
        } else {
            self.wrong_type(key, "a table", value);
            None
        }
    }

    /// A list of tables; an absent list is an empty one, and nothing comes of what is no list. Of a list that is too
    /// long, only the head is read.
    pub(super) fn tables<'d>(
        &mut self,
        section: Section<'d>,
        key: &'static str,
        max: usize,
        known: &[&str],
    ) -> Option<Vec<Section<'d>>> {
        let Some(value) = section.table.get(key) else { return Some(Vec::new()) };
        let DeValue::Array(list) = value.get_ref() else {
            self.wrong_type(key, "a list of tables", value);
            return None;
        };
        let mut sections = Vec::new();
        for (index, item) in list.iter().enumerate() {
            if index == max {
                self.note(item.span().start, PolicyProblem::TooMany { key, max });
                break;
            }
            match item.get_ref() {
                DeValue::Table(table) => sections.push(self.section(table, item.span().start, known)),
                _ => self.wrong_type(key, "a list of tables", item),
            }
        }
        Some(sections)
    }

    /// A text that has to be there, as written.
    pub(super) fn word<'d>(&mut self, section: Section<'d>, key: &'static str) -> Option<At<&'d str>> {
        let value = self.required(section, key)?;
        if let DeValue::String(text) = value.get_ref() {
            Some(At { value: text.as_ref(), at: value.span().start })
        } else {
            self.wrong_type(key, "a text", value);
            None
        }
    }

    /// A text that has to be there, for people to read.
    pub(super) fn text(&mut self, section: Section<'_>, key: &'static str, rule: TextRule) -> Option<String> {
        let At { value, at } = self.word(section, key)?;
        let text = value.trim().replace("\r\n", "\n");
        let problem = if text.is_empty() {
            PolicyProblem::EmptyText { key }
        } else if text.chars().count() > rule.max {
            PolicyProblem::TextTooLong { key, max: rule.max }
        } else if text.chars().any(|c| is_hidden(c) && !(rule.lines && c == '\n')) {
            PolicyProblem::HiddenCharacter { key }
        } else {
            return Some(text);
        };
        self.note(at, problem);
        None
    }

    /// A yes or no; an absent one is no.
    pub(super) fn flag(&mut self, section: Section<'_>, key: &'static str) -> Option<bool> {
        let Some(value) = section.table.get(key) else { return Some(false) };
        if let DeValue::Boolean(flag) = value.get_ref() {
            Some(*flag)
        } else {
            self.wrong_type(key, "true or false", value);
            None
        }
    }

    /// A whole number that has to be there.
    pub(super) fn number(
        &mut self,
        section: Section<'_>,
        key: &'static str,
        min: u16,
        max: u16,
    ) -> Option<At<u16>> {
        let value = self.required(section, key)?;
        let DeValue::Integer(number) = value.get_ref() else {
            self.wrong_type(key, "a whole number", value);
            return None;
        };
        let at = value.span().start;
        match i64::from_str_radix(number.as_str(), number.radix()).ok().and_then(|n| u16::try_from(n).ok()) {
            Some(number) if (min..=max).contains(&number) => Some(At { value: number, at }),
            _ => {
                self.note(at, PolicyProblem::OutOfRange { key, min, max });
                None
            }
        }
    }

    /// Whether the key is there at all, and where its value begins.
    pub(super) fn place_of(section: Section<'_>, key: &str) -> Option<usize> {
        section.table.get(key).map(|value| value.span().start)
    }

    /// A list of words, each read by `read` and named once; nothing when any of it is wrong.
    pub(super) fn words<T: PartialEq>(
        &mut self,
        section: Section<'_>,
        key: &'static str,
        max: usize,
        read: impl Fn(&str) -> Option<T>,
        unknown: impl Fn(String) -> PolicyProblem,
    ) -> Option<Vec<T>> {
        let value = self.required(section, key)?;
        let DeValue::Array(list) = value.get_ref() else {
            self.wrong_type(key, "a list of texts", value);
            return None;
        };
        let mut items: Vec<T> = Vec::new();
        let mut sound = true;
        for (index, item) in list.iter().enumerate() {
            let at = item.span().start;
            if index == max {
                self.note(at, PolicyProblem::TooMany { key, max });
                return None;
            }
            let DeValue::String(word) = item.get_ref() else {
                self.wrong_type(key, "a list of texts", item);
                sound = false;
                continue;
            };
            match read(word) {
                Some(item) if items.contains(&item) => {
                    self.note(at, PolicyProblem::Repeated { given: shown(word) });
                    sound = false;
                }
                Some(item) => items.push(item),
                None => {
                    self.note(at, unknown(shown(word)));
                    sound = false;
                }
            }
        }
        sound.then_some(items)
    }
}

/// What the author wrote, fit to be quoted in a sentence.
pub(super) fn shown(text: &str) -> String {
    const MOST: usize = 60;
    let mut shown: String =
        text.chars().take(MOST).map(|c| if is_hidden(c) { '\u{FFFD}' } else { c }).collect();
    if text.chars().nth(MOST).is_some() {
        shown.push('…');
    }
    shown
}

/// Those of the known words that what was written comes nearest to, the nearest first: a list of dozens helps nobody.
pub(super) fn nearest(text: &str, known: impl Iterator<Item = &'static str>) -> String {
    const MOST: usize = 5;
    // Longer than any known word: what comes after cannot bring it nearer.
    let text: String = text.chars().take(60).collect();
    let mut known: Vec<(usize, &str)> = known.map(|word| (distance(&text, word), word)).collect();
    known.sort_unstable();
    known.into_iter().take(MOST).map(|(_, word)| word).collect::<Vec<_>>().join(", ")
}

/// How many characters have to be added, taken away or changed to come from one word to the other (Levenshtein).
fn distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.chars().count()).collect();
    for (above, a) in from.chars().enumerate() {
        let mut corner = above;
        row[0] = above + 1;
        for (column, b) in to.chars().enumerate() {
            let changed = corner + usize::from(a != b);
            corner = row[column + 1];
            row[column + 1] = changed.min(corner + 1).min(row[column] + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}
