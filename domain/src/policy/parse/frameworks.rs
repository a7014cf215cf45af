//! Frameworks of a policy's own, and the practices that its controls name.

use super::Places;
use crate::policy::{
    frameworks,
    language::{List, framework as language, practice},
    problem::PolicyProblem,
    read::{At, Reader, Section, nearest, shown},
    terms::{Framework, FrameworkRef, Practice},
};

/// The frameworks that a control of the policy may name.
pub(super) struct Known {
    frameworks: Vec<(String, Practices)>,
}

/// What is known of a framework's practices.
enum Practices {
    All(Vec<String>),
    /// Some of them could not be read: nobody can say that one does not exist.
    Some,
}

/// As much of a framework as could be read.
pub(super) struct Read<'d> {
    key: Option<At<&'d str>>,
    pub(super) whole: Option<Framework>,
}

/// The frameworks of a policy's own, and all that its controls may name.
pub(super) fn of_policy(
    reader: &mut Reader<'_>,
    policy: Section<'_>,
    field: &List,
) -> (Option<Vec<Framework>>, Known) {
    let mut known: Vec<(String, Practices)> = frameworks()
        .iter()
        .map(|framework| (framework.key.clone(), Practices::All(ids(&framework.practices))))
        .collect();
    let built_in = known.len();
    let sections = reader.tables(policy, field);
    let mut own = sections.as_ref().map(|_| Vec::new());
    let mut places = Places::default();
    for section in sections.unwrap_or_default() {
        let Read { key, whole } = framework(reader, section);
        if let Some(key) = key {
            if known[..built_in].iter().any(|(other, _)| other == key.value) {
                reader.note(key.at, PolicyProblem::BuiltInFramework { key: key.value.to_owned() });
            }
            places.once(reader, Some(key), |key, first_line| {
                let key = key.to_owned();
                PolicyProblem::DuplicateFramework { key, first_line }
            });
            let practices =
                whole.as_ref().map_or(Practices::Some, |whole| Practices::All(ids(&whole.practices)));
            known.push((key.value.to_owned(), practices));
        }
        own = own.zip(whole).map(|(mut own, whole)| {
            own.push(whole);
            own
        });
    }
    (own, Known { frameworks: known })
}

fn ids(practices: &[Practice]) -> Vec<String> {
    practices.iter().map(|practice| practice.id.clone()).collect()
}

/// Reads one framework.
pub(super) fn framework<'d>(reader: &mut Reader<'_>, section: Section<'d>) -> Read<'d> {
    let key = reader.formed(section, &language::KEY);
    let title = reader.text(section, &language::TITLE);
    let sections = reader.tables(section, &language::PRACTICES);
    let mut practices = sections.as_ref().map(|_| Vec::new());
    let mut places = Places::default();
    for section in sections.unwrap_or_default() {
        let id = reader.formed(section, &practice::ID);
        places.once(reader, id, |id, first_line| {
            let id = id.to_owned();
            PolicyProblem::DuplicatePractice { id, first_line }
        });
        let title = reader.text(section, &practice::TITLE);
        practices = practices.zip(id).zip(title).map(|((mut practices, id), title)| {
            practices.push(Practice { id: id.value.to_owned(), title });
            practices
        });
    }
    let whole = key.zip(title).zip(practices).map(|((key, title), practices)| Framework {
        key: key.value.to_owned(),
        title,
        practices,
    });
    Read { key, whole }
}

impl Known {
    /// The practice of this name, where it exists.
    pub(super) fn practice(&self, reader: &mut Reader<'_>, name: At<&str>) -> Option<FrameworkRef> {
        let read: FrameworkRef = name.value.parse().ok()?;
        let Some((_, practices)) = self.frameworks.iter().find(|(key, _)| *key == read.framework) else {
            let known = self.frameworks.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>().join(", ");
            reader.note(name.at, PolicyProblem::UnknownFramework { given: shown(&read.framework), known });
            return None;
        };
        match practices {
            Practices::All(ids) if !ids.contains(&read.practice) => {
                let nearest = nearest(&read.practice, ids.iter().map(String::as_str));
                let (given, framework) = (read.practice, read.framework);
                reader.note(name.at, PolicyProblem::UnknownPractice { given, framework, nearest });
                None
            }
            Practices::All(_) | Practices::Some => Some(read),
        }
    }
}
