//! The emergency path: ask, agree, call off.

use leptos::prelude::*;
use sluice_domain::{lifecycle::Refusal, place::Place, words};
use sluice_service::course::{CoursePage, EmergencyView, PastEmergency, SkippedGate};

use super::{
    CourseStep, heading,
    past::consents,
    rest::{form_card, reason},
};
use crate::{
    components::{
        ButtonKind, Card, HiddenField, InputKind, LinkButton, Notice, NoticeKind, TextField, Timestamp,
        counted, time_words::moment_words,
    },
    form::Form,
};

/// What the emergency path does, in the policy's numbers.
pub(super) fn effect(emergency: &EmergencyView) -> String {
    let people = emergency.terms.people;
    let roles = words::who_can(&emergency.terms.approvers);
    format!(
        "For a fix that cannot wait. {people} people, each a {roles}, agree with their reasons and passwords; then the \
         feature goes through every gate up to production. What is missing there is not waived: its sign-offs are owed \
         within {}, the feature says so on every page, and once they are overdue nothing else opens.",
        counted(usize::from(emergency.terms.owed_days), "working day")
    )
}

/// Why nobody can ask or agree, as a card.
fn refused(step: CourseStep, refusal: &Refusal) -> AnyView {
    let words = words::refusal(refusal);
    view! { <Card title=heading(step)><p>{words}</p></Card> }.into_any()
}

fn password(form: &Form, hint: &'static str) -> AnyView {
    view! {
        <TextField
            form=form.clone()
            name="password"
            label="Password"
            kind=InputKind::Password
            hint
            autocomplete="current-password"
        />
    }
    .into_any()
}

/// The gates that are skipped, each with what is missing there.
fn skipped(gates: &[SkippedGate]) -> AnyView {
    let gates = gates
        .iter()
        .map(|gate| {
            let missing = match gate.missing.as_slice() {
                [] => view! { <p class="muted">"Nothing is missing there."</p> }.into_any(),
                missing => {
                    let lines = missing
                        .iter()
                        .map(|blocker| view! { <li>{words::blocker(blocker)}</li> })
                        .collect_view();
                    let label = counted(missing.len(), "thing");
                    view! {
                        <details>
                            <summary>{format!("{label} missing")}</summary>
                            <ul>{lines}</ul>
                        </details>
                    }
                    .into_any()
                }
            };
            view! {
                <li>
                    <b>{format!("{} gate", gate.name)}</b>
                    {missing}
                </li>
            }
        })
        .collect_view();
    view! { <ol class="stack-s measure">{gates}</ol> }.into_any()
}

/// What happens, gate by gate, with the day until which it is owed.
fn says(emergency: &EmergencyView, gates: &[SkippedGate]) -> AnyView {
    let lead = effect(emergency);
    let due = format!(
        "If it were released now, the sign-offs would be owed until {}.",
        moment_words(emergency.due)
    );
    let skipped = skipped(gates);
    view! {
        <div class="stack">
            <p class="measure">{lead}</p>
            <p>"It goes through these gates, one after the other:"</p>
            {skipped}
            <p>{due}</p>
        </div>
    }
    .into_any()
}

/// The form that asks for a release.
pub(super) fn asking(page: &CoursePage, form: Form) -> AnyView {
    let step = CourseStep::Emergency;
    let Some(emergency) = &page.emergency else { return refused(step, &Refusal::NoEmergencyPath) };
    if emergency.open.is_some() {
        return open_card(page, emergency);
    }
    let gates = match (&emergency.skipped, &emergency.seat) {
        (Err(refusal), _) | (_, Err(refusal)) => return refused(step, refusal),
        (Ok(gates), Ok(_)) => gates,
    };
    let Some(attempt) = page.summary.progress.stands_in() else { return refused(step, &Refusal::Finished) };
    let id = form.value("id");
    let (phase, cycle) = (attempt.phase.to_string(), attempt.cycle.to_string());
    let reason = reason(&form, "What happens if it waits, and what was checked all the same.", false);
    let password = password(&form, "Your own, once more: asking is agreeing as the first.");
    let fields = view! {
        <HiddenField name="id" value=id />
        <HiddenField name="phase" value=phase />
        <HiddenField name="cycle" value=cycle />
        {reason}
        {password}
    }
    .into_any();
    let says = says(emergency, gates);
    let button = "Ask for the release".to_owned();
    form_card(&page.summary, step, form, says, fields, button, ButtonKind::Danger)
}

/// How many people still have to agree.
fn still_needed(emergency: &EmergencyView, open: &PastEmergency) -> usize {
    let counting = open.consents.iter().filter(|consent| consent.counts).count();
    usize::from(emergency.terms.people.max(2)).saturating_sub(counting)
}

/// The release that was asked for, with who agreed, and the reader's part in it.
pub(super) fn open_card(page: &CoursePage, emergency: &EmergencyView) -> AnyView {
    let Some(open) = &emergency.open else { return ().into_any() };
    let summary = &page.summary;
    let missing = match still_needed(emergency, open) {
        1 => "One more person has to agree.".to_owned(),
        count => format!("{count} more people have to agree."),
    };
    let base = Place::Course.path(&summary.key);
    let agree = match &emergency.seat {
        Ok(_) if summary.may(CourseStep::Agree.action()) => {
            let href = format!("{base}?do=agree");
            view! { <LinkButton href>"Read it and agree…"</LinkButton> }.into_any()
        }
        Ok(_) => ().into_any(),
        Err(refusal) => {
            let words = words::refusal(refusal);
            view! { <p class="muted">{words}</p> }.into_any()
        }
    };
    let call_off = summary.may(CourseStep::CallOff.action()).then(|| {
        let href = format!("{base}?do=call-off");
        view! {
            <LinkButton href kind=ButtonKind::Quiet>
                "Call it off…"
            </LinkButton>
        }
    });
    let told = told(page, open);
    view! {
        <Card title="A release in an emergency waits for agreement" id="emergency">
            <div class="stack">
                {told}
                <p>{missing}</p>
                <div class="form-actions">{agree} {call_off}</div>
            </div>
        </Card>
    }
    .into_any()
}

/// Who asked and why, and who agreed.
fn told(page: &CoursePage, open: &PastEmergency) -> AnyView {
    let (by, at, now) = (open.by.clone(), open.at, page.summary.now);
    let through = format!("From {} through the gate of {}.", open.phase, open.through);
    let consents = consents(open, now);
    view! {
        <p>
            {format!("{by} asked for it ")}
            <Timestamp at now />
            ". "
            {through}
        </p>
        {consents}
    }
    .into_any()
}

/// The form that agrees.
pub(super) fn agreeing(page: &CoursePage, form: Form) -> AnyView {
    let step = CourseStep::Agree;
    let Some((emergency, open)) =
        page.emergency.as_ref().and_then(|emergency| Some((emergency, emergency.open.as_ref()?)))
    else {
        return gone(step);
    };
    let gates = match (&emergency.skipped, &emergency.seat) {
        (Err(refusal), _) | (_, Err(refusal)) => return refused(step, refusal),
        (Ok(gates), Ok(_)) => gates,
    };
    let id = form.value("id");
    let of = open.id.to_string();
    let told = told(page, open);
    let says = says(emergency, gates);
    let last = still_needed(emergency, open) <= 1;
    let warning = last.then(|| {
        view! {
            <Notice
                kind=NoticeKind::Warning
                title="Yours is the last agreement: the feature is released as you send this."
            />
        }
    });
    let effect = view! { {told} {says} {warning} }.into_any();
    let reason = reason(&form, "Why it cannot wait, in your words.", false);
    let password = password(&form, "Your own, once more: it makes this your agreement.");
    let fields = view! {
        <HiddenField name="id" value=id />
        <HiddenField name="emergency" value=of />
        {reason}
        {password}
    }
    .into_any();
    let button = if last { "Agree and release" } else { "Agree" };
    form_card(&page.summary, step, form, effect, fields, button.to_owned(), ButtonKind::Danger)
}

/// The form that calls a release off.
pub(super) fn calling_off(page: &CoursePage, form: Form) -> AnyView {
    let step = CourseStep::CallOff;
    let Some(open) = page.emergency.as_ref().and_then(|emergency| emergency.open.as_ref()) else {
        return gone(step);
    };
    let of = open.id.to_string();
    let told = told(page, open);
    let effect = view! {
        {told}
        <p class="measure">
            "The agreements given so far end with it. They stay in the record; whoever asks again begins anew."
        </p>
    }
    .into_any();
    let reason = reason(&form, "Why it is not needed, or not right.", false);
    let fields = view! {
        <HiddenField name="emergency" value=of />
        {reason}
    }
    .into_any();
    form_card(&page.summary, step, form, effect, fields, "Call it off".to_owned(), ButtonKind::Primary)
}

/// There is no release that waits.
fn gone(step: CourseStep) -> AnyView {
    view! {
        <Card title=heading(step)>
            <p>"No release waits for agreement: it was made, called off, or asked for in an attempt that is over."</p>
        </Card>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::{super::address, *};

    #[test]
    fn each_form_has_an_address_of_its_own() {
        let summary = crate::pages::features::sample::summary("Card tokenisation");
        let mut all: Vec<String> = CourseStep::ALL.iter().map(|step| address(&summary, *step)).collect();
        all.dedup();
        assert_eq!(all.len(), CourseStep::ALL.len());
        assert_eq!(all[6], "/features/PAY-12/course/emergency/agree");
    }
}
