//! Reads a policy from its text: everything that is wrong is said at once, each thing at its place.

use toml::de::DeTable;

use super::{
    language::{self, Field as _, Inner, Table, quorum},
    model::{Policy, Quorum, Tier},
    problem::{PolicyErrors, PolicyProblem, Problems},
    read::{At, Reader, Section},
    terms::Framework,
};

mod frameworks;
mod gate;
mod phase;
mod terms;

/// The longest policy that is read, in bytes.
pub const MAX_SOURCE_BYTES: usize = 256 * 1024;

/// Reads a policy from its text.
///
/// # Errors
///
/// Everything that is wrong with the text, each with line and column. A text that is no TOML at all is only checked
/// for that.
pub fn parse(source: &str) -> Result<Policy, PolicyErrors> {
    read(source, &language::policy::TABLE, policy)
}

/// Reads the file of a framework that Sluice knows: like one of the blocks that a policy has for its own.
pub(super) fn parse_catalogue(source: &str) -> Result<Framework, PolicyErrors> {
    read(source, &language::framework::TABLE, |reader, section| frameworks::framework(reader, section).whole)
}

fn read<T>(
    source: &str,
    table: &Table,
    part: impl FnOnce(&mut Reader<'_>, Section<'_>) -> Option<T>,
) -> Result<T, PolicyErrors> {
    if source.len() > MAX_SOURCE_BYTES {
        let mut problems = Problems::new(source);
        problems.add(MAX_SOURCE_BYTES, PolicyProblem::SourceTooLong { max_bytes: MAX_SOURCE_BYTES });
        return Err(problems.into_errors());
    }
    let mut reader = Reader::new(source);
    let (document, errors) = DeTable::parse_recoverable(source);
    if !errors.is_empty() {
        for error in errors {
            let at = error.span().map_or(source.len(), |span| span.start);
            let message = error.message().trim_end_matches('.').to_owned();
            reader.note(at, PolicyProblem::Syntax { message });
        }
        return Err(reader.problems.into_errors());
    }
    let document = reader.document(document.get_ref(), table);
    match part(&mut reader, document) {
        Some(whole) if reader.problems.is_empty() => Ok(whole),
        _ => Err(reader.problems.into_errors()),
    }
}

fn policy(reader: &mut Reader<'_>, section: Section<'_>) -> Option<Policy> {
    use language::policy::{FRAMEWORKS, KEY, PHASES, SUMMARY, TITLE, VERSION};

    let key = reader.formed(section, &KEY);
    let version = reader.formed(section, &VERSION);
    let title = reader.text(section, &TITLE);
    let summary = reader.text(section, &SUMMARY);
    let terms = terms::terms(reader, section);
    let (own, known) = frameworks::of_policy(reader, section, &FRAMEWORKS);
    let mut phases = Vec::new();
    let mut places = Places::default();
    for section in reader.tables(section, &PHASES).unwrap_or_default() {
        let key = reader.formed(section, &language::phase::KEY);
        places.once(reader, key, |key, first_line| {
            let key = key.to_owned();
            PolicyProblem::DuplicatePhase { key, first_line }
        });
        phases.extend(phase::phase(reader, section, key, &known));
    }
    Some(Policy {
        key: key?.value.to_owned(),
        version: version?.value.to_owned(),
        title: title?,
        summary: summary?,
        terms: terms?,
        frameworks: own?,
        phases,
    })
}

/// Where each of several things that have to differ was first.
struct Places<T>(Vec<At<T>>);

impl<T> Default for Places<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Copy + PartialEq> Places<T> {
    /// Notes the problem when the thing was there before: what it is, and on which line it was first.
    fn once(
        &mut self,
        reader: &mut Reader<'_>,
        thing: Option<At<T>>,
        problem: impl FnOnce(T, usize) -> PolicyProblem,
    ) {
        let Some(thing) = thing else { return };
        if let Some(first) = self.0.iter().find(|place| place.value == thing.value) {
            let first_line = reader.problems.line(first.at);
            reader.note(thing.at, problem(thing.value, first_line));
        } else {
            self.0.push(thing);
        }
    }
}

/// A number of people for each tier, never fewer for a higher one.
fn by_tier(reader: &mut Reader<'_>, section: Section<'_>, field: &Inner) -> Option<Quorum> {
    let key = field.key();
    let section = reader.table(section, field)?;
    let mut people = |field| {
        let At { value, at } = reader.number(section, field)?;
        Some(At { value: u8::try_from(value).ok()?, at })
    };
    let (low, medium, high) = (people(&quorum::LOW), people(&quorum::MEDIUM), people(&quorum::HIGH));
    let (low, medium, high) = (low?, medium?, high?);
    if low.value == 0 && medium.value == 0 && high.value == 0 {
        reader.note(section.at, PolicyProblem::QuorumZero { key });
        return None;
    }
    let mut sound = true;
    for (tier, before, now) in [(Tier::Medium, low, medium), (Tier::High, medium, high)] {
        if now.value < before.value {
            let problem = PolicyProblem::QuorumDecreases { key, tier, before: before.value, now: now.value };
            reader.note(now.at, problem);
            sound = false;
        }
    }
    sound.then_some(Quorum { low: low.value, medium: medium.value, high: high.value })
}
