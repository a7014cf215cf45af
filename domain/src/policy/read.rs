//! Takes values out of a TOML document and notes what is wrong with each, instead of stopping at the first.

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    language::{Choice, Choices, Field, Flag, Formed, FormedList, Inner, List, ListOf, Number, Table, Text},
    problem::{PolicyProblem, Problems},
};
use crate::text::is_hidden;

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
    pub(super) fn document<'d>(&mut self, table: &'d DeTable<'d>, of: &Table) -> Section<'d> {
        let section = Section { table, at: 0 };
        self.refuse_unknown(section, of.keys());
        section
    }

    /// Refuses the keys that mean nothing in a table.
    pub(super) fn refuse_unknown(&mut self, section: Section<'_>, known: impl Iterator<Item = &'static str>) {
        let known: Vec<&str> = known.collect();
        for (key, _) in section.table {
            if !known.contains(&key.get_ref().as_ref()) {
                let (given, known) = (shown(key.get_ref()), known.join(", "));
                self.note(key.span().start, PolicyProblem::UnknownKey { given, known });
            }
        }
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

    /// Reads what may be left out: `absent` when it is, and nothing when it is there and wrong.
    pub(super) fn or<T>(
        &mut self,
        section: Section<'_>,
        field: &impl Field,
        absent: T,
        read: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<T> {
        match Self::place_of(section, field) {
            None => Some(absent),
            Some(_) => read(self),
        }
    }

    /// A table that has to be there.
    pub(super) fn table<'d>(&mut self, section: Section<'d>, field: &Inner) -> Option<Section<'d>> {
        let inner = self.any_table(section, field.key())?;
        self.refuse_unknown(inner, field.table.keys());
        Some(inner)
    }

    /// A table that has to be there, whatever its keys.
    pub(super) fn any_table<'d>(&mut self, section: Section<'d>, key: &'static str) -> Option<Section<'d>> {
        let value = self.required(section, key)?;
        if let DeValue::Table(table) = value.get_ref() {
            Some(Section { table, at: value.span().start })
        } else {
            self.wrong_type(key, "a table", value);
            None
        }
    }

    /// A list of tables; an absent list is an empty one, and nothing comes of what is no list. Of a list that is too
    /// long, only the head is read.
    pub(super) fn tables<'d>(&mut self, section: Section<'d>, field: &List) -> Option<Vec<Section<'d>>> {
        let (key, max) = (field.key(), field.max);
        let mut sections = Vec::new();
        let value = section.table.get(key);
        if let Some(value) = value {
            let DeValue::Array(list) = value.get_ref() else {
                self.wrong_type(key, "a list of tables", value);
                return None;
            };
            for (index, item) in list.iter().enumerate() {
                if index == max {
                    self.note(item.span().start, PolicyProblem::TooMany { key, max });
                    break;
                }
                let DeValue::Table(table) = item.get_ref() else {
                    self.wrong_type(key, "a list of tables", item);
                    continue;
                };
                let section = Section { table, at: item.span().start };
                if let ListOf::Same(table) = &field.of {
                    self.refuse_unknown(section, table.keys());
                }
                sections.push(section);
            }
            if !list.is_empty() {
                return Some(sections);
            }
        }
        let Some(problem) = &field.empty else { return Some(sections) };
        self.note(value.map_or(section.at, |value| value.span().start), problem.clone());
        None
    }

    fn word<'d>(&mut self, section: Section<'d>, key: &'static str) -> Option<At<&'d str>> {
        let value = self.required(section, key)?;
        if let DeValue::String(text) = value.get_ref() {
            Some(At { value: text.as_ref(), at: value.span().start })
        } else {
            self.wrong_type(key, "a text", value);
            None
        }
    }

    /// A text that has to be there, for people to read.
    pub(super) fn text(&mut self, section: Section<'_>, field: &Text) -> Option<String> {
        let key = field.key();
        let At { value, at } = self.word(section, key)?;
        let text = value.replace("\r\n", "\n");
        let problem = if text.chars().count() > field.max {
            PolicyProblem::TextTooLong { key, max: field.max }
        } else if text.trim().is_empty() {
            PolicyProblem::EmptyText { key }
        } else if text.trim().chars().any(|c| is_hidden(c) && !(field.lines && c == '\n')) {
            PolicyProblem::HiddenCharacter { key }
        } else {
            return Some(text.trim().to_owned());
        };
        self.note(at, problem);
        None
    }

    /// A text of a form of its own that has to be there.
    pub(super) fn formed<'d>(&mut self, section: Section<'d>, field: &Formed) -> Option<At<&'d str>> {
        let word = self.word(section, field.key())?;
        if (field.form.sound)(word.value) {
            Some(word)
        } else {
            self.note(word.at, (field.form.wrong)(shown(word.value)));
            None
        }
    }

    /// A word of an enumeration that has to be there.
    pub(super) fn choice<T: Copy + Sync>(
        &mut self,
        section: Section<'_>,
        field: &Choice<T>,
    ) -> Option<At<T>> {
        let At { value, at } = self.word(section, field.key())?;
        let read = field.of.read(value);
        if read.is_none() {
            self.note(at, field.of.problem(shown(value)));
        }
        read.map(|value| At { value, at })
    }

    /// A yes or no; an absent one is no.
    pub(super) fn flag(&mut self, section: Section<'_>, field: &Flag) -> Option<bool> {
        let key = field.key();
        let Some(value) = section.table.get(key) else { return Some(false) };
        if let DeValue::Boolean(flag) = value.get_ref() {
            Some(*flag)
        } else {
            self.wrong_type(key, "true or false", value);
            None
        }
    }

    /// A whole number that has to be there.
    pub(super) fn number(&mut self, section: Section<'_>, field: &Number) -> Option<At<u16>> {
        self.whole(section, field.key(), field.min, field.max)
    }

    /// A whole number that has to be there, under any key.
    pub(super) fn whole(
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

    /// Whether the field is there at all, and where its value begins.
    pub(super) fn place_of(section: Section<'_>, field: &impl Field) -> Option<usize> {
        Self::place_of_key(section, field.key())
    }

    /// Whether the key is there at all, and where its value begins.
    pub(super) fn place_of_key(section: Section<'_>, key: &str) -> Option<usize> {
        section.table.get(key).map(|value| value.span().start)
    }

    /// A list of words, each of the enumeration and named once, at least one; nothing when any of it is wrong.
    pub(super) fn choices<T: Copy + PartialEq + Sync>(
        &mut self,
        section: Section<'_>,
        field: &Choices<T>,
    ) -> Option<Vec<T>> {
        let key = field.key();
        // No list of different words is longer, so whatever is longer repeats itself or says what does not exist.
        let items = self.words(section, key, field.of.all.len() + SPARE_WORDS, |word| {
            field.of.read(word).ok_or_else(|| field.of.problem(shown(word)))
        })?;
        if items.is_empty() {
            self.note(Self::place_of(section, field).unwrap_or(section.at), PolicyProblem::EmptyList { key });
            return None;
        }
        Some(items.into_iter().map(|item| item.value).collect())
    }

    /// A list of texts of one form, each once; nothing when any of it is wrong.
    pub(super) fn formed_list<'d>(
        &mut self,
        section: Section<'d>,
        field: &FormedList,
    ) -> Option<Vec<At<&'d str>>> {
        self.words(section, field.key(), field.max, |word| {
            if (field.form.sound)(word) { Ok(word) } else { Err((field.form.wrong)(shown(word))) }
        })
    }

    fn words<'d, T: PartialEq>(
        &mut self,
        section: Section<'d>,
        key: &'static str,
        max: usize,
        read: impl Fn(&'d str) -> Result<T, PolicyProblem>,
    ) -> Option<Vec<At<T>>> {
        let value = self.required(section, key)?;
        let DeValue::Array(list) = value.get_ref() else {
            self.wrong_type(key, "a list of texts", value);
            return None;
        };
        let mut items: Vec<At<T>> = Vec::new();
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
                Ok(item) if items.iter().any(|other| other.value == item) => {
                    self.note(at, PolicyProblem::Repeated { given: shown(word) });
                    sound = false;
                }
                Ok(value) => items.push(At { value, at }),
                Err(problem) => {
                    self.note(at, problem);
                    sound = false;
                }
            }
        }
        sound.then_some(items)
    }
}

/// How many words more than there are a list is read for: enough to say which of them do not exist.
const SPARE_WORDS: usize = 20;

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
pub(super) fn nearest<'k>(text: &str, known: impl Iterator<Item = &'k str>) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_of_words_is_how_many_characters_differ() {
        for (from, to, expected) in [
            ("", "", 0),
            ("qa", "qa", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("kitten", "sitting", 3),
            ("flaw", "lawn", 2),
            ("abcdef", "f", 5),
            ("é", "e", 1),
        ] {
            assert_eq!(distance(from, to), expected, "{from} -> {to}");
            assert_eq!(distance(to, from), expected, "{to} -> {from}");
        }
    }

    #[test]
    fn the_nearest_words_come_first_and_no_more_than_five() {
        let known = ["developer", "designer", "auditor", "qa", "tester", "stakeholder"];
        let said = nearest("develper", known.into_iter());
        assert!(said.starts_with("developer, "), "{said}");
        assert_eq!(said.split(", ").count(), 5, "{said}");
    }
}
