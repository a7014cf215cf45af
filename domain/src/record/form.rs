use std::collections::{BTreeMap, BTreeSet};

use super::{Field, Input, ListKind, RecordKind, RecordRef, Spec, State, TitleFrom, Values};
use crate::{
    access::Role,
    form::{Check, FieldProblem, Fields, Problem},
    ids::{PersonId, RecordId},
    text::{Body, Line, Link, Note, TextError, Title},
};

/// The most values of a field that takes many.
const MOST: usize = 500;

/// A record as its form describes it.
#[derive(Clone, Debug)]
pub struct RecordForm {
    /// What kind of record.
    pub kind: RecordKind,
    /// Id made with the form of a new record: sending it twice adds one. Not used for edits.
    pub id: Option<RecordId>,
    /// The version that was on screen; 0 for a new record.
    pub version: i32,
    /// The state it is to be in.
    pub state: &'static State,
    /// Its title.
    pub title: Title,
    /// What its fields hold.
    pub values: Values,
}

/// What a record is checked against: what there is around it.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// Everybody with a role in the product.
    pub people: BTreeSet<PersonId>,
    /// Whatever a record of the feature may refer to.
    pub references: BTreeSet<RecordRef>,
    /// The product's lists.
    pub points: BTreeMap<ListKind, Vec<String>>,
    /// Artefacts that were verified in staging.
    pub staged: BTreeSet<RecordRef>,
}

/// The record before an edit.
#[derive(Clone, Copy, Debug)]
pub struct Before<'a> {
    /// Its state.
    pub state: &'a str,
    /// Who brought it into that state.
    pub state_by: PersonId,
    /// What its fields held.
    pub values: &'a Values,
    /// Its title.
    pub title: &'a str,
}

impl RecordForm {
    /// Parses the form of a kind of record. Fields that Sluice sets itself are not read.
    ///
    /// # Errors
    /// Every problem of the form.
    pub fn parse(kind: RecordKind, fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        let spec = kind.spec();
        let mut check = Check::default();
        let id = check.optional_choice(fields, "id", "The form", |text| text.parse().ok());
        let version = check.choice(fields, "version", "The version", |text| text.parse().ok());
        let mut values = Values::default();
        for field in spec.fields {
            read(&mut check, fields, field, &mut values);
        }
        let state = if spec.states.len() == 1 {
            Some(spec.first_state())
        } else {
            check.choice(fields, "state", "State", |code| spec.state(code))
        };
        let title = title(&mut check, fields, spec, &values);
        if let Some(state) = state {
            for field in spec.fields.iter().filter(|field| state.needs.contains(&field.key)) {
                if !values.has(field.key) && !matches!(field.input, Input::Set) {
                    check.note(field.key, field.label, Problem::NeededFor(state.label));
                }
            }
        }
        if kind == RecordKind::Requirement && values.text("class") == "security" && !values.has("family") {
            check.note("family", "Control family", Problem::NeededFor("Security"));
        }
        let author = values.text("author");
        if !author.is_empty() && values.many("reviewers").iter().any(|reviewer| reviewer == author) {
            check.note("reviewers", "Reviewed by", Problem::OwnReview);
        }
        let command = (|| Some(Self { kind, id, version: version?, state: state?, title: title?, values }))();
        check.finish(command)
    }

    /// Checks the record against what there is: whether the actor, who holds `roles` in the product, may bring it into
    /// its state and change what changes, whether the people and things that it names exist, and the order of
    /// environments. Returns the role in which the actor does it, for the audit trail.
    ///
    /// # Errors
    /// Every problem.
    pub fn check(
        &mut self,
        around: &Surroundings,
        before: Option<Before<'_>>,
        actor: PersonId,
        roles: &BTreeSet<Role>,
    ) -> Result<Role, Vec<FieldProblem>> {
        let spec = self.kind.spec();
        let mut check = Check::default();
        for field in spec.fields.iter().filter(|field| matches!(field.input, Input::Set)) {
            let kept = before.map_or("", |before| before.values.text(field.key)).to_owned();
            self.values.set_text(field.key, kept);
        }
        self.check_state(&mut check, before, actor, roles);
        let may_write = spec.editors.iter().any(|role| roles.contains(role));
        // Whether more changes than what belongs to the step.
        let mut writes = before.is_none_or(|before| before.title != self.title.as_str());
        for field in spec.fields {
            // Compared value by value: joined, “a, b” and “a” with “b” would be the same.
            if before.map_or(!self.values.has(field.key), |before| {
                before.values.text(field.key) == self.values.text(field.key)
                    && before.values.many(field.key) == self.values.many(field.key)
            }) {
                continue;
            }
            // Who only takes a step, such as acknowledging, fills in what belongs to the step and nothing else.
            if !self.state.fills.contains(&field.key) {
                writes = true;
                if !may_write {
                    check.note(field.key, field.label, Problem::NotYours(spec.editors));
                }
            }
            self.check_named(&mut check, field, around);
        }
        if let (TitleFrom::Asked { label, .. }, Some(before), false) = (spec.title, before, may_write)
            && before.title != self.title.as_str()
        {
            check.note("title", label, Problem::NotYours(spec.editors));
        }
        if self.kind == RecordKind::Promotion
            && self.values.text("environment") == "production"
            && self.state.code != "rolled-back"
        {
            let missing = self.values.many("artefacts").iter().any(|text| {
                text.parse::<RecordRef>().map_or(true, |artefact| !around.staged.contains(&artefact))
            });
            if missing {
                check.note("artefacts", "Artefacts", Problem::StagingFirst);
            }
        }
        let enters = before.is_none_or(|before| before.state != self.state.code);
        check.finish(spec.acting_role(self.state, enters, writes, roles))
    }

    fn check_state(
        &self,
        check: &mut Check,
        before: Option<Before<'_>>,
        actor: PersonId,
        roles: &BTreeSet<Role>,
    ) {
        let spec = self.kind.spec();
        let may_enter = spec.who_may_enter(self.state);
        // Nobody but those who may enter a state changes what was said on entering it: who wrote a notice does not
        // rewrite what others acknowledged, but first brings it back to an earlier state.
        if !may_enter.iter().any(|role| roles.contains(role)) {
            check.note("state", "State", Problem::NotYours(may_enter));
        }
        if before.is_some_and(|before| before.state == self.state.code) {
            return;
        }
        let from = before.map(|before| before.state);
        if !spec.leads_to(from, self.state) {
            let steps = self.state.after.iter().filter_map(|code| spec.state(code)).map(|state| state.label);
            check.note("state", "State", Problem::NotYet(steps.collect()));
        } else if self.state.by_another && before.is_some_and(|before| before.state_by == actor) {
            check.note("state", "State", Problem::ByAnother);
        }
        for field in spec.fields.iter().filter(|field| self.state.needs.contains(&field.key)) {
            if matches!(field.input, Input::Set) && !self.values.has(field.key) {
                check.note("state", "State", Problem::SetByStep(self.state.label));
            }
        }
    }

    /// Whether the people, things and points that a field names exist.
    fn check_named(&self, check: &mut Check, field: &'static Field, around: &Surroundings) {
        let known = |text: &str| text.parse().is_ok_and(|person| around.people.contains(&person));
        match field.input {
            Input::Person => {
                let person = self.values.text(field.key);
                if !person.is_empty() && !known(person) {
                    check.note(field.key, field.label, Problem::NotInProduct);
                }
            }
            Input::People if !self.values.many(field.key).iter().all(|person| known(person)) => {
                check.note(field.key, field.label, Problem::NotInProduct);
            }
            Input::References { .. } => {
                let lost = self.values.many(field.key).iter().find(|text| {
                    text.parse().map_or(true, |reference| !around.references.contains(&reference))
                });
                if let Some(lost) = lost {
                    check.note(field.key, field.label, Problem::NoSuchThing(lost.clone()));
                }
            }
            Input::Points(list) => {
                let points = around.points.get(&list).map(Vec::as_slice).unwrap_or_default();
                if !self.values.many(field.key).iter().all(|point| points.contains(point)) {
                    check.note(field.key, field.label, Problem::NotAChoice);
                }
            }
            _ => {}
        }
    }
}

fn read(check: &mut Check, fields: &Fields, field: &'static Field, values: &mut Values) {
    let (key, label) = (field.key, field.label);
    match field.input {
        Input::Line => {
            if let Some(text) = check.text::<Line>(fields, key, label) {
                values.set_text(key, text.as_str());
            }
        }
        Input::Note => {
            if let Some(text) = check.text::<Note>(fields, key, label) {
                values.set_text(key, text.as_str());
            }
        }
        Input::Body => {
            if let Some(text) = check.text::<Body>(fields, key, label) {
                values.set_text(key, text.as_str());
            }
        }
        Input::Link => {
            if !fields.get(key).trim().is_empty()
                && let Some(text) = check.text::<Link>(fields, key, label)
            {
                values.set_text(key, text.as_str());
            }
        }
        Input::Digest => match digest(fields.get(key)) {
            Ok(text) => values.set_text(key, text),
            Err(error) => check.note(key, label, Problem::Text(error)),
        },
        Input::Day => {
            if let Some(day) = check.optional_day(fields, key, label) {
                values.set_text(key, day.to_string());
            }
        }
        Input::Choice(choices) => {
            let known =
                |code: &str| choices.iter().find(|choice| choice.code == code).map(|choice| choice.code);
            if let Some(code) = check.optional_choice(fields, key, label, known) {
                values.set_text(key, code);
            }
        }
        Input::Person => {
            let person: Option<PersonId> =
                check.optional_choice(fields, key, label, |text| text.parse().ok());
            values.set_text(key, person.map(|person| person.to_string()).unwrap_or_default());
        }
        Input::People => {
            let chosen: Vec<Option<PersonId>> = chosen(fields, key).map(|text| text.parse().ok()).collect();
            if chosen.iter().any(Option::is_none) || chosen.len() > MOST {
                check.note(key, label, Problem::NotAChoice);
            }
            let distinct: BTreeSet<PersonId> = chosen.into_iter().flatten().collect();
            values.set_many(key, distinct.into_iter().map(|person| person.to_string()).collect());
        }
        Input::Points(_) => {
            let mut points: Vec<String> = Vec::new();
            for point in chosen(fields, key).take(MOST) {
                if !points.iter().any(|other| other == point) {
                    points.push(point.to_owned());
                }
            }
            values.set_many(key, points);
        }
        Input::References { records, threats, evidence } => {
            let mut found = BTreeSet::new();
            // Typed as `R-1, T-4`, or ticked one by one.
            let words = chosen(fields, key).flat_map(|text| text.split([',', ';', ' ', '\n', '\r', '\t']));
            for word in words.filter(|word| !word.is_empty()).take(MOST) {
                let fits = |reference: &RecordRef| match reference {
                    RecordRef::Record(kind, _) => records.contains(kind),
                    RecordRef::Threat(_) => threats,
                    RecordRef::Evidence(_) => evidence,
                };
                match word.to_ascii_uppercase().parse::<RecordRef>() {
                    Ok(reference) if fits(&reference) => drop(found.insert(reference)),
                    _ => check.note(key, label, Problem::NoSuchThing(word.chars().take(40).collect())),
                }
            }
            values.set_many(key, found.iter().map(ToString::to_string).collect());
        }
        Input::Set => {}
    }
    if field.needed && !values.has(key) {
        check.note_once(key, label, Problem::Text(TextError::Empty));
    }
}

/// The values of a repeated field, without empty ones.
fn chosen<'a>(fields: &'a Fields, key: &'a str) -> impl Iterator<Item = &'a str> {
    fields.all(key).filter(|value| !value.is_empty())
}

/// Reads a SHA-256: 64 hexadecimal digits, with or without its name before them.
fn digest(text: &str) -> Result<String, TextError> {
    let text = text.trim();
    let digits = text.strip_prefix("sha256:").unwrap_or(text);
    if digits.is_empty() {
        return Ok(String::new());
    }
    if digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Ok(digits.to_ascii_lowercase())
    } else {
        Err(TextError::Malformed)
    }
}

fn title(check: &mut Check, fields: &Fields, spec: &'static Spec, values: &Values) -> Option<Title> {
    match spec.title {
        TitleFrom::Asked { label, .. } => check.text(fields, "title", label),
        TitleFrom::Choice(field) => {
            // A choice that is missing was noted already.
            spec.choice_label(field, values.text(field)).unwrap_or(spec.name).parse().ok()
        }
        TitleFrom::Kind => {
            let mut chars = spec.name.chars();
            let first = chars.next().map(char::to_uppercase).into_iter().flatten();
            first.chain(chars).collect::<String>().parse().ok()
        }
    }
}
