//! Moving back: choose the phase, see what ends by it, confirm.

use leptos::prelude::*;
use sluice_domain::{
    gate::Verdict,
    place::Place,
    words::{self, Label},
};
use sluice_service::course::{BackEffect, CoursePage};

use super::{
    CourseStep, heading,
    rest::{form_card, reason},
};
use crate::{
    components::{ButtonKind, Card, HiddenField, LinkButton, Notice, NoticeKind, counted},
    form::Form,
};

pub(super) const EFFECT: &str = "The feature returns to a phase that it has passed, and the team has the turn. The gates from there on are closed again and are passed anew; sign-offs of the attempt under way are voided. What an emergency left owed is signed first. You see what that means by name before you confirm.";

/// The choice of the phase; once it is made, the form that names what is voided.
pub(super) fn moving(page: &CoursePage, form: Form) -> AnyView {
    match &page.back {
        Some(Ok(effect)) => confirm(page, effect, form),
        Some(Err(refusal)) => {
            let title = words::refusal(refusal);
            let choose = choose(page);
            view! {
                <Notice kind=NoticeKind::Warning title />
                {choose}
            }
            .into_any()
        }
        None => choose(page),
    }
}

fn choose(page: &CoursePage) -> AnyView {
    let base = Place::Course.path(&page.summary.key);
    if page.earlier.is_empty() {
        return view! {
            <Card title=heading(CourseStep::Back)>
                <p>"The feature is in its first phase: there is none to move back to."</p>
            </Card>
        }
        .into_any();
    }
    let phases = page
        .earlier
        .iter()
        .map(|(key, name)| {
            let href = format!("{base}?do=back&to={key}");
            view! {
                <li>
                    <LinkButton href kind=ButtonKind::Quiet>
                        {format!("To {name}")}
                    </LinkButton>
                </li>
            }
        })
        .collect_view();
    view! {
        <Card title=heading(CourseStep::Back)>
            <div class="stack">
                <p class="measure">{EFFECT}</p>
                <ul class="plain stack-s" aria-label="Phases to move back to">
                    {phases}
                </ul>
            </div>
        </Card>
    }
    .into_any()
}

fn confirm(page: &CoursePage, effect: &BackEffect, form: Form) -> AnyView {
    let id = form.value("id");
    let (to, seen) = (effect.to.to_string(), effect.seen.to_string());
    let reason = reason(&form, "What has to be done again, and why here.", false);
    let fields = view! {
        <HiddenField name="id" value=id />
        <HiddenField name="to" value=to />
        <HiddenField name="seen" value=seen />
        {reason}
    }
    .into_any();
    let button = match effect.voided.len() {
        0 => format!("Move back to {}", effect.name),
        count => format!("Move back to {} and void {}", effect.name, counted(count, "sign-off")),
    };
    let says = says(effect);
    form_card(&page.summary, CourseStep::Back, form, says, fields, button, ButtonKind::Danger)
}

/// What the move does, by name.
fn says(effect: &BackEffect) -> AnyView {
    let voided = match effect.voided.as_slice() {
        [] => "No sign-off is voided: none stands at the gate that the feature is at.".to_owned(),
        voided => {
            let names: Vec<String> = voided
                .iter()
                .map(|(name, role, verdict)| {
                    let said = if *verdict == Verdict::Deny { ", who denied" } else { "" };
                    format!("{name}, {}{said}", role.label())
                })
                .collect();
            let are = if voided.len() == 1 { "is" } else { "are" };
            format!("{} {are} voided: {}.", counted(voided.len(), "sign-off"), names.join("; "))
        }
    };
    let undone: Vec<&str> = effect.undone.iter().map(String::as_str).collect();
    let closed = match undone.as_slice() {
        [one] => format!(
            "The gate of {one} is closed again. What was signed there stays in the record and no longer counts."
        ),
        several => format!(
            "The gates of {} are closed again. What was signed there stays in the record and no longer counts.",
            words::join(several, "and")
        ),
    };
    let start = format!(
        "The feature leaves {} and begins cycle {} of {}, in the team's turn.",
        effect.from, effect.cycle, effect.name
    );
    view! {
        <ul class="measure">
            <li>{start}</li>
            <li>{voided}</li>
            <li>{closed}</li>
            <li>"Nothing is deleted: work, evidence and records stay as they are."</li>
        </ul>
    }
    .into_any()
}
