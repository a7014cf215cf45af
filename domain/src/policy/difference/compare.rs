use std::collections::BTreeSet;

use super::{
    Change, Effect, PolicyChange, PolicyField as Field, PolicyPart as Part, PolicyValue as Value, effect,
    lists,
};
use crate::policy::{
    condition::{Condition, Wanted},
    model::{Control, Phase, Policy, SignOffRule},
    terms::{Emergency, Framework, Reminders, Resolution, Terms, Waivers},
};

/// Notes what changed in one part.
struct Notes<'c> {
    changes: &'c mut Vec<PolicyChange>,
    part: Part,
}

impl Notes<'_> {
    fn note(&mut self, what: Change, effect: Effect) {
        self.changes.push(PolicyChange { part: self.part.clone(), what, effect });
    }

    /// Notes a field that is another.
    fn field<T: PartialEq>(
        &mut self,
        field: Field,
        (before, after): (&T, &T),
        value: impl Fn(&T) -> Value,
        effect: impl FnOnce(&T, &T) -> Effect,
    ) {
        if before != after {
            let what = Change::Set { field, before: value(before), after: value(after) };
            self.note(what, effect(before, after));
        }
    }

    fn text(&mut self, field: Field, texts: (&String, &String)) {
        self.field(field, texts, |text| Value::Text(text.clone()), |_, _| Effect::Neutral);
    }

    fn number(&mut self, field: Field, numbers: (u16, u16), effect: impl FnOnce(&u16, &u16) -> Effect) {
        self.field(field, (&numbers.0, &numbers.1), |number| Value::Number(*number), effect);
    }

    /// Notes a yes or no of which yes asks more.
    fn flag(&mut self, field: Field, flags: (bool, bool)) {
        self.field(field, (&flags.0, &flags.1), |flag| Value::Flag(*flag), effect::more_tightens);
    }
}

fn notes(changes: &mut Vec<PolicyChange>, part: Part) -> Notes<'_> {
    Notes { changes, part }
}

pub(super) fn policies(before: &Policy, after: &Policy) -> Vec<PolicyChange> {
    let mut changes = Vec::new();
    let mut of = notes(&mut changes, Part::Policy);
    of.text(Field::Key, (&before.key, &after.key));
    of.text(Field::Version, (&before.version, &after.version));
    of.text(Field::Title, (&before.title, &after.title));
    of.text(Field::Summary, (&before.summary, &after.summary));
    terms(&mut changes, &before.terms, &after.terms);
    frameworks(&mut changes, &before.frameworks, &after.frameworks);
    phases(&mut changes, &before.phases, &after.phases);
    changes
}

fn terms(changes: &mut Vec<PolicyChange>, before: &Terms, after: &Terms) {
    let neutral = |_: &_, _: &_| Effect::Neutral;
    let mut of = notes(changes, Part::Calendar);
    let (was, is) = (&before.calendar, &after.calendar);
    of.text(Field::Zone, (&was.zone().to_owned(), &is.zone().to_owned()));
    let days = (&was.days().collect::<Vec<_>>(), &is.days().collect::<Vec<_>>());
    of.field(Field::WorkingDays, days, |days| Value::Weekdays(days.clone()), neutral);
    of.field(
        Field::Hours,
        (&was.hours(), &is.hours()),
        |(from, to)| Value::Hours(*from, *to),
        |_, _| Effect::Neutral,
    );
    let dates = |days: &BTreeSet<_>| Value::Dates(days.iter().copied().collect());
    of.field(Field::Holidays, (was.holidays(), is.holidays()), dates, |_, _| Effect::Neutral);

    reminders(&mut notes(changes, Part::Reminders), &before.reminders, &after.reminders);
    // A way past the gate asks less than none.
    let part = notes(changes, Part::Emergency);
    either(part, before.emergency.as_ref(), after.emergency.as_ref(), Effect::Loosens, emergency);
    let part = notes(changes, Part::Waivers);
    either(part, before.waivers.as_ref(), after.waivers.as_ref(), Effect::Loosens, waivers);

    let kinds: BTreeSet<_> = before.evidence_days.keys().chain(after.evidence_days.keys()).collect();
    for kind in kinds {
        let days = (before.evidence_days.get(kind).copied(), after.evidence_days.get(kind).copied());
        let value = |days: &Option<u16>| days.map_or(Value::Nothing, Value::Number);
        notes(changes, Part::EvidenceDays(*kind)).field(
            Field::Days,
            (&days.0, &days.1),
            value,
            |before, after| effect::limit(*before, *after),
        );
    }
    let severities: BTreeSet<_> = before.resolution.keys().chain(after.resolution.keys()).collect();
    for severity in severities {
        let part = notes(changes, Part::Resolution(*severity));
        let (was, is) = (before.resolution.get(severity), after.resolution.get(severity));
        either(part, was, is, Effect::Tightens, |of, was, is| resolution(of, *was, *is));
    }
}

/// Compares what may be left out. `there` is the effect of its being there.
fn either<T>(
    mut of: Notes<'_>,
    before: Option<&T>,
    after: Option<&T>,
    there: Effect,
    compare: impl FnOnce(&mut Notes<'_>, &T, &T),
) {
    match (before, after) {
        (None, None) => {}
        (None, Some(_)) => of.note(Change::Added, there),
        (Some(_), None) => of.note(Change::Removed, there.back()),
        (Some(before), Some(after)) => compare(&mut of, before, after),
    }
}

fn reminders(of: &mut Notes<'_>, before: &Reminders, after: &Reminders) {
    of.number(Field::BeforeDays, (before.before_days, after.before_days), |_, _| Effect::Neutral);
    of.number(Field::EscalateDays, (before.escalate_days, after.escalate_days), |_, _| Effect::Neutral);
    let roles = (&before.escalate_to, &after.escalate_to);
    of.field(Field::EscalateTo, roles, |roles| Value::Roles(roles.clone()), |_, _| Effect::Neutral);
}

fn emergency(of: &mut Notes<'_>, before: &Emergency, after: &Emergency) {
    let roles = (&before.approvers, &after.approvers);
    of.field(
        Field::Approvers,
        roles,
        |roles| Value::Roles(roles.clone()),
        |before, after| effect::larger_tightens(before, after).back(),
    );
    let people = (before.people.into(), after.people.into());
    of.number(Field::People, people, effect::more_tightens);
    of.number(Field::OwedDays, (before.owed_days, after.owed_days), effect::less_tightens);
}

fn waivers(of: &mut Notes<'_>, before: &Waivers, after: &Waivers) {
    let roles = (&before.approvers, &after.approvers);
    of.field(
        Field::Approvers,
        roles,
        |roles| Value::Roles(roles.clone()),
        |before, after| effect::larger_tightens(before, after).back(),
    );
    of.number(Field::MaxDays, (before.max_days, after.max_days), effect::less_tightens);
}

fn resolution(of: &mut Notes<'_>, before: Resolution, after: Resolution) {
    of.number(Field::Respond, (before.respond_days, after.respond_days), effect::less_tightens);
    of.number(Field::Resolve, (before.resolve_days, after.resolve_days), effect::less_tightens);
}

/// Compares two lists: what is gone, what is new, what changed its place, and then each pair. `there` is the effect of
/// one more.
fn list<T>(
    changes: &mut Vec<PolicyChange>,
    (before, after): (&[T], &[T]),
    ways: &[lists::Way<'_, T>],
    there: Effect,
    part: impl Fn(&T) -> Part,
    mut compare: impl FnMut(&mut Vec<PolicyChange>, &T, &T),
) {
    let matched = lists::matched(before, after, ways);
    for from in matched.removed {
        notes(changes, part(&before[from])).note(Change::Removed, there.back());
    }
    for (to, item) in after.iter().enumerate() {
        if matched.added.contains(&to) {
            notes(changes, part(item)).note(Change::Added, there);
        }
        for (from, _) in matched.moved.iter().filter(|(_, place)| *place == to) {
            let what = Change::Moved { from: from + 1, to: to + 1 };
            notes(changes, part(item)).note(what, Effect::Neutral);
        }
        for (from, _) in matched.pairs.iter().filter(|(_, place)| *place == to) {
            compare(changes, &before[*from], item);
        }
    }
}

fn frameworks(changes: &mut Vec<PolicyChange>, before: &[Framework], after: &[Framework]) {
    let part = |it: &Framework| Part::Framework { key: it.key.clone(), title: it.title.clone() };
    let same = |one: &Framework, two: &Framework| one.key == two.key;
    list(changes, (before, after), &[&same], Effect::Neutral, part, |changes, before, after| {
        let mut of = notes(changes, part(after));
        of.text(Field::Title, (&before.title, &after.title));
        let practices = (&before.practices, &after.practices);
        of.field(Field::Practices, practices, |all| Value::Practices(all.clone()), |_, _| Effect::Neutral);
    });
}

fn phases(changes: &mut Vec<PolicyChange>, before: &[Phase], after: &[Phase]) {
    let part = |it: &Phase| Part::Phase { phase: it.key.clone(), name: it.name.clone() };
    let same = |one: &Phase, two: &Phase| one.key == two.key;
    list(changes, (before, after), &[&same], Effect::Tightens, part, |changes, before, after| {
        let mut of = notes(changes, part(after));
        of.text(Field::Name, (&before.name, &after.name));
        of.text(Field::Purpose, (&before.purpose, &after.purpose));
        let (was, is) = (&before.gate, &after.gate);
        of.number(Field::ReviewDays, (was.review_days, is.review_days), effect::less_tightens);
        let value = |days: &Option<u16>| days.map_or(Value::Nothing, Value::Number);
        of.field(Field::TeamDays, (&was.team_days, &is.team_days), value, |before, after| {
            effect::limit(*before, *after)
        });
        controls(changes, before, after);
        conditions(changes, before, after);
        sign_offs(changes, before, after);
    });
}

fn controls(changes: &mut Vec<PolicyChange>, before: &Phase, after: &Phase) {
    let part = |it: &Control| Part::Control {
        phase: after.key.clone(),
        name: after.name.clone(),
        control: it.key.clone(),
        title: it.title.clone(),
    };
    let same = |one: &Control, two: &Control| one.key == two.key;
    let both = (before.controls.as_slice(), after.controls.as_slice());
    list(changes, both, &[&same], Effect::Tightens, part, |changes, before, after| {
        let mut of = notes(changes, part(after));
        of.text(Field::Title, (&before.title, &after.title));
        of.text(Field::Guidance, (&before.guidance, &after.guidance));
        of.text(Field::Source, (&before.source, &after.source));
        let roles = (&before.done_by, &after.done_by);
        of.field(Field::DoneBy, roles, |roles| Value::Roles(roles.clone()), |_, _| Effect::Neutral);
        let proofs = (&before.proof, &after.proof);
        of.field(Field::Proof, proofs, |proof| Value::Proof(proof.clone()), effect::proof);
        let tiers = (&before.tiers, &after.tiers);
        of.field(Field::Tiers, tiers, |it| Value::Tiers(*it), |before, after| effect::tiers(*before, *after));
        of.flag(Field::BeforeProduction, (before.before_production, after.before_production));
        let set_aside = (&before.can_be_not_applicable, &after.can_be_not_applicable);
        of.field(Field::CanBeNotApplicable, set_aside, |flag| Value::Flag(*flag), effect::less_tightens);
        of.flag(Field::NeverWaived, (!before.waivable, !after.waivable));
        let names = (&before.frameworks, &after.frameworks);
        of.field(Field::Frameworks, names, |names| Value::Names(names.clone()), |_, _| Effect::Neutral);
    });
}

fn conditions(changes: &mut Vec<PolicyChange>, before: &Phase, after: &Phase) {
    let part = |it: &Condition| Part::Condition {
        phase: after.key.clone(),
        name: after.name.clone(),
        wanted: it.wanted.clone(),
    };
    let both = (before.gate.conditions.as_slice(), after.gate.conditions.as_slice());
    // A gate can have several of a kind: those that are most alike belong together.
    let ways: [lists::Way<'_, Condition>; 4] = [
        &|one, two| one == two,
        &|one, two| one.wanted == two.wanted,
        &|one, two| one.code() == two.code() && one.tiers == two.tiers,
        &|one, two| one.code() == two.code(),
    ];
    list(changes, both, &ways, Effect::Tightens, part, |changes, before, after| {
        let mut of = notes(changes, part(after));
        wanted(&mut of, &before.wanted, &after.wanted);
        let tiers = (&before.tiers, &after.tiers);
        of.field(Field::Tiers, tiers, |it| Value::Tiers(*it), |before, after| effect::tiers(*before, *after));
        of.flag(Field::BeforeProduction, (before.before_production, after.before_production));
        of.flag(Field::NeverWaived, (!before.waivable, !after.waivable));
    });
}

/// Compares what two conditions of one kind ask.
fn wanted(of: &mut Notes<'_>, before: &Wanted, after: &Wanted) {
    match (before, after) {
        (
            Wanted::NoUntreatedThreat { at_least, needs },
            Wanted::NoUntreatedThreat { at_least: least_after, needs: needs_after },
        ) => {
            let severities = (at_least, least_after);
            of.field(Field::AtLeast, severities, |it| Value::Severity(*it), effect::less_tightens);
            of.field(Field::Needs, (needs, needs_after), |it| Value::Treatment(*it), effect::more_tightens);
        }
        (Wanted::NoOpenFinding { at_least }, Wanted::NoOpenFinding { at_least: after }) => {
            of.field(Field::AtLeast, (at_least, after), |it| Value::Severity(*it), effect::less_tightens);
        }
        // Any of the kinds will do: one more asks less.
        (Wanted::EvidencePresent { kinds }, Wanted::EvidencePresent { kinds: after }) => {
            let kinds = (kinds, after);
            of.field(
                Field::Evidence,
                kinds,
                |all| Value::Evidence(all.clone()),
                |before, after| effect::larger_tightens(before, after).back(),
            );
        }
        // Each of the kinds has to be there: one more asks more.
        (Wanted::DocumentsPresent { kinds }, Wanted::DocumentsPresent { kinds: after }) => {
            let kinds = (kinds, after);
            of.field(
                Field::Evidence,
                kinds,
                |all| Value::Evidence(all.clone()),
                |before, after| effect::larger_tightens(before, after),
            );
        }
        (Wanted::Records { reviewers, .. }, Wanted::Records { reviewers: after, .. }) => {
            let people = |people: &Option<_>| people.map_or(Value::Nothing, Value::People);
            of.field(Field::Reviewers, (reviewers, after), people, |before, after| match (before, after) {
                (Some(before), Some(after)) => effect::people(*before, *after),
                _ => Effect::Neutral,
            });
        }
        _ => {}
    }
}

fn sign_offs(changes: &mut Vec<PolicyChange>, before: &Phase, after: &Phase) {
    let part = |it: &SignOffRule| Part::SignOff {
        phase: after.key.clone(),
        name: after.name.clone(),
        role: it.role,
    };
    let same = |one: &SignOffRule, two: &SignOffRule| one.role == two.role;
    let both = (before.gate.sign_offs.as_slice(), after.gate.sign_offs.as_slice());
    list(changes, both, &[&same], Effect::Tightens, part, |changes, before, after| {
        let mut of = notes(changes, part(after));
        let quorums = (&before.quorum, &after.quorum);
        of.field(
            Field::Quorum,
            quorums,
            |it| Value::People(*it),
            |before, after| effect::people(*before, *after),
        );
        of.text(Field::Meaning, (&before.meaning, &after.meaning));
    });
}
