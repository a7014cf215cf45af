//! What a policy says once, for all its phases.

use std::collections::BTreeMap;

use time::{Date, Time, Weekday};

use crate::{
    calendar::{Calendar, CalendarError},
    policy::{
        language::{self, ByWord, Each, Field as _, date, time_of_day},
        model::EvidenceKind,
        problem::PolicyProblem,
        read::{Reader, Section, shown},
        terms::{Emergency, Reminders, Resolution, Terms, Waivers},
    },
    threat::Severity,
};

pub(super) fn terms(reader: &mut Reader<'_>, policy: Section<'_>) -> Option<Terms> {
    use language::policy::{CALENDAR, EMERGENCY, REMINDERS, WAIVERS};

    let calendar = reader.or(policy, &CALENDAR, Calendar::default(), |reader| calendar(reader, policy));
    let reminders = reader.or(policy, &REMINDERS, Reminders::default(), |reader| reminders(reader, policy));
    let emergency = reader.or(policy, &EMERGENCY, None, |reader| emergency(reader, policy).map(Some));
    let waivers = reader.or(policy, &WAIVERS, None, |reader| waivers(reader, policy).map(Some));
    let evidence_days = evidence_days(reader, policy);
    let resolution = resolution(reader, policy);
    Some(Terms {
        calendar: calendar?,
        reminders: reminders?,
        emergency: emergency?,
        waivers: waivers?,
        evidence_days: evidence_days?,
        resolution: resolution?,
    })
}

fn calendar(reader: &mut Reader<'_>, policy: Section<'_>) -> Option<Calendar> {
    use language::calendar::{HOLIDAYS, HOURS, WORKING_DAYS, ZONE};

    let section = reader.table(policy, &language::policy::CALENDAR)?;
    let usual = Calendar::default();
    let zone = reader.or(section, &ZONE, usual.zone().to_owned(), |reader| {
        reader.formed(section, &ZONE).map(|zone| zone.value.to_owned())
    });
    let days = reader
        .or(section, &WORKING_DAYS, usual.days().collect(), |reader| reader.choices(section, &WORKING_DAYS));
    let hours = reader.or(section, &HOURS, usual.hours(), |reader| hours(reader, section));
    let holidays = reader.or(section, &HOLIDAYS, Vec::new(), |reader| {
        let days = reader.formed_list(section, &HOLIDAYS)?;
        days.into_iter().map(|day| date(day.value)).collect::<Option<Vec<Date>>>()
    });
    // A zone that does not exist is said even where something else is wrong too.
    let noon = Time::from_hms(12, 0, 0).ok()?;
    let exists = zone.filter(|zone| {
        let unknown = Calendar::new(zone, [Weekday::Monday], Time::MIDNIGHT, noon, [])
            == Err(CalendarError::UnknownZone);
        if unknown {
            let at = Reader::place_of(section, &ZONE).unwrap_or(section.at);
            reader.note(at, PolicyProblem::UnknownZone { given: shown(zone) });
        }
        !unknown
    });
    let (from, to) = hours?;
    match Calendar::new(&exists?, days?, from, to, holidays?) {
        Ok(calendar) => Some(calendar),
        Err(CalendarError::EmptyDay) => {
            let at = Reader::place_of(section, &HOURS).unwrap_or(section.at);
            reader.note(at, PolicyProblem::EmptyWorkingDay);
            None
        }
        Err(CalendarError::NoWorkingDay | CalendarError::UnknownZone) => {
            let key = WORKING_DAYS.key();
            let at = Reader::place_of(section, &WORKING_DAYS).unwrap_or(section.at);
            reader.note(at, PolicyProblem::EmptyList { key });
            None
        }
    }
}

fn hours(reader: &mut Reader<'_>, calendar: Section<'_>) -> Option<(Time, Time)> {
    let section = reader.table(calendar, &language::calendar::HOURS)?;
    let from = reader.formed(section, &language::hours::FROM);
    let to = reader.formed(section, &language::hours::TO);
    Some((time_of_day(from?.value)?, time_of_day(to?.value)?))
}

fn reminders(reader: &mut Reader<'_>, policy: Section<'_>) -> Option<Reminders> {
    use language::reminders::{BEFORE_DAYS, ESCALATE_DAYS, ESCALATE_TO};

    let section = reader.table(policy, &language::policy::REMINDERS)?;
    let usual = Reminders::default();
    let before_days = reader.or(section, &BEFORE_DAYS, usual.before_days, |reader| {
        reader.number(section, &BEFORE_DAYS).map(|days| days.value)
    });
    let escalate_days = reader.or(section, &ESCALATE_DAYS, usual.escalate_days, |reader| {
        reader.number(section, &ESCALATE_DAYS).map(|days| days.value)
    });
    let escalate_to =
        reader.or(section, &ESCALATE_TO, usual.escalate_to, |reader| reader.choices(section, &ESCALATE_TO));
    Some(Reminders { before_days: before_days?, escalate_days: escalate_days?, escalate_to: escalate_to? })
}

fn emergency(reader: &mut Reader<'_>, policy: Section<'_>) -> Option<Emergency> {
    use language::emergency::{APPROVERS, OWED_DAYS, PEOPLE};

    let section = reader.table(policy, &language::policy::EMERGENCY)?;
    let approvers = reader.choices(section, &APPROVERS);
    let people = reader.number(section, &PEOPLE);
    let owed_days = reader.number(section, &OWED_DAYS);
    Some(Emergency {
        approvers: approvers?,
        people: u8::try_from(people?.value).ok()?,
        owed_days: owed_days?.value,
    })
}

fn waivers(reader: &mut Reader<'_>, policy: Section<'_>) -> Option<Waivers> {
    use language::waivers::{APPROVERS, MAX_DAYS};

    let section = reader.table(policy, &language::policy::WAIVERS)?;
    let approvers = reader.choices(section, &APPROVERS);
    let max_days = reader.number(section, &MAX_DAYS);
    Some(Waivers { approvers: approvers?, max_days: max_days?.value })
}

fn evidence_days(reader: &mut Reader<'_>, policy: Section<'_>) -> Option<BTreeMap<EvidenceKind, u16>> {
    let field = &language::policy::EVIDENCE_DAYS;
    let Each::Number(min, max) = field.each else { return None };
    by_word(reader, policy, field, |reader, section, key| Some(reader.whole(section, key, min, max)?.value))
}

fn resolution(reader: &mut Reader<'_>, policy: Section<'_>) -> Option<BTreeMap<Severity, Resolution>> {
    use language::resolution::{RESOLVE, RESPOND, TABLE};

    by_word(reader, policy, &language::policy::RESOLUTION, |reader, section, key| {
        let section = reader.any_table(section, key)?;
        reader.refuse_unknown(section, TABLE.keys());
        let respond = reader.number(section, &RESPOND);
        let resolve = reader.number(section, &RESOLVE);
        let (respond, resolve) = (respond?, resolve?);
        if resolve.value < respond.value {
            reader.note(resolve.at, PolicyProblem::ResolvedBeforeAnswered { respond: respond.value });
            return None;
        }
        Some(Resolution { respond_days: respond.value, resolve_days: resolve.value })
    })
}

/// A table whose keys are words; one that is absent is empty.
fn by_word<T: Copy + Ord + Sync, V>(
    reader: &mut Reader<'_>,
    policy: Section<'_>,
    field: &ByWord<T>,
    mut each: impl FnMut(&mut Reader<'_>, Section<'_>, &'static str) -> Option<V>,
) -> Option<BTreeMap<T, V>> {
    let section = reader.or(policy, field, None, |reader| reader.any_table(policy, field.key()).map(Some))?;
    let Some(section) = section else { return Some(BTreeMap::new()) };
    reader.refuse_unknown(section, field.of.codes());
    let mut read = BTreeMap::new();
    let mut sound = true;
    for word in field.of.all.iter().copied() {
        let key = (field.of.code)(word);
        if Reader::place_of_key(section, key).is_none() {
            continue;
        }
        match each(reader, section, key) {
            Some(value) => {
                read.insert(word, value);
            }
            None => sound = false,
        }
    }
    sound.then_some(read)
}
