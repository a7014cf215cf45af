//! A feature's course: hold and resume, cancel and reopen, move back, release in an emergency. Each says first what it
//! does; its form opens on a page of its own address, so that there is one thing to do at a time.

mod back;
mod banner;
mod emergency;
pub mod owed;
mod past;
mod rest;
#[cfg(test)]
mod tests;

pub(in crate::pages) use banner::{banner, chips, rests};
pub use owed::{OwedForms, OwedScreen};

use leptos::prelude::*;
use sluice_domain::{
    access::{Action, Role},
    lifecycle::Progress,
    place::Place,
    words,
};
use sluice_service::{
    course::{CoursePage, EmergencyView},
    features::FeatureSummary,
};

use crate::{
    components::{ButtonKind, Card, LinkButton, Notice, NoticeKind},
    form::Form,
    pages::{FeatureFrame, FeatureSection},
};

/// Something that can be done about a feature's course.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CourseStep {
    /// Put it on hold.
    Hold,
    /// Let it go on.
    Resume,
    /// Cancel it.
    Cancel,
    /// Reopen it.
    Reopen,
    /// Move it back.
    Back,
    /// Ask for a release in an emergency.
    Emergency,
    /// Agree to one.
    Agree,
    /// Call one off.
    CallOff,
}

impl CourseStep {
    const ALL: [Self; 8] = [
        Self::Hold,
        Self::Resume,
        Self::Cancel,
        Self::Reopen,
        Self::Back,
        Self::Emergency,
        Self::Agree,
        Self::CallOff,
    ];

    /// Its name in addresses.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Hold => "hold",
            Self::Resume => "resume",
            Self::Cancel => "cancel",
            Self::Reopen => "reopen",
            Self::Back => "back",
            Self::Emergency => "emergency",
            Self::Agree => "agree",
            Self::CallOff => "call-off",
        }
    }

    /// The step with this name.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.code() == code)
    }

    /// Who may take it, before the policy narrows that.
    #[must_use]
    pub const fn action(self) -> Action {
        match self {
            Self::Hold | Self::Resume => Action::HoldFeature,
            Self::Cancel | Self::Reopen => Action::CancelFeature,
            Self::Back => Action::MoveBack,
            Self::Emergency | Self::Agree | Self::CallOff => Action::ReleaseInEmergency,
        }
    }

    /// Whether the feature stands where the step begins.
    fn fits(self, progress: &Progress) -> bool {
        match self {
            Self::Hold | Self::Back | Self::Emergency | Self::Agree | Self::CallOff => progress.is_active(),
            Self::Resume => matches!(progress, Progress::Held { .. }),
            Self::Cancel => matches!(progress, Progress::Active(_) | Progress::Held { .. }),
            Self::Reopen => matches!(progress, Progress::Cancelled { .. }),
        }
    }
}

/// The page with everything that can be done, or with the form of one step.
#[component]
pub fn CourseScreen(
    /// The feature, and what was done before.
    page: CoursePage,
    /// The step whose form is open.
    step: Option<CourseStep>,
    /// What the form holds.
    form: Form,
    /// Why the last step was refused, in a sentence.
    #[prop(optional_no_strip)]
    notice: Option<String>,
) -> impl IntoView {
    let notice = notice.map(|title| view! { <Notice kind=NoticeKind::Danger title /> });
    let summary = page.summary.clone();
    let step = step.filter(|step| step.fits(&summary.progress) && summary.may(step.action()));
    let unsent = unsent(step, &form);
    let main = match step {
        None => overview(&page),
        Some(CourseStep::Hold) => rest::hold(&summary, form),
        Some(CourseStep::Resume) => rest::resume(&summary, form),
        Some(CourseStep::Cancel) => rest::cancel(&summary, form),
        Some(CourseStep::Reopen) => rest::reopen(&summary, form),
        Some(CourseStep::Back) => back::moving(&page, form),
        Some(CourseStep::Emergency) => emergency::asking(&page, form),
        Some(CourseStep::Agree) => emergency::agreeing(&page, form),
        Some(CourseStep::CallOff) => emergency::calling_off(&page, form),
    };
    let past = past::past(&page);
    let via = step.map(|_| (TITLE.to_owned(), Place::Course.path(&summary.key)));
    let here = step.map_or(TITLE, heading);
    view! {
        <FeatureFrame summary section=FeatureSection::Course here nostrip:via=via>
            {notice}
            {unsent}
            {main}
            {past}
        </FeatureFrame>
    }
}

const TITLE: &str = "Hold, move back, emergency";

const fn heading(step: CourseStep) -> &'static str {
    match step {
        CourseStep::Hold => "Put on hold",
        CourseStep::Resume => "Resume",
        CourseStep::Cancel => "Cancel the feature",
        CourseStep::Reopen => "Reopen",
        CourseStep::Back => "Move back",
        CourseStep::Emergency => "Release in an emergency",
        CourseStep::Agree => "Agree to the release",
        CourseStep::CallOff => "Call the release off",
    }
}

/// What was typed into a form that the page no longer has.
fn unsent(step: Option<CourseStep>, form: &Form) -> Option<AnyView> {
    let text = form.value("reason");
    (step.is_none() && !text.trim().is_empty()).then(|| {
        view! {
            <Notice title="What you wrote was not sent. Here it is, to copy:">
                <p class="pre">{text}</p>
            </Notice>
        }
        .into_any()
    })
}

/// Everything that can be done now, each with its effect and the way to its form, or who can.
fn overview(page: &CoursePage) -> AnyView {
    let summary = &page.summary;
    if matches!(summary.progress, Progress::Finished { .. }) {
        return view! {
            <Card title="Nothing can be changed here any more">
                <p class="measure">
                    "Every gate of this feature is open: it went through its whole lifecycle. Its record is complete and stays as it is. Changes to the product start as a new feature."
                </p>
            </Card>
        }
        .into_any();
    }
    let rest = [
        (CourseStep::Resume, rest::RESUME_EFFECT),
        (CourseStep::Reopen, rest::REOPEN_EFFECT),
        (CourseStep::Hold, rest::HOLD_EFFECT),
        (CourseStep::Cancel, rest::CANCEL_EFFECT),
    ]
    .into_iter()
    .filter(|(step, _)| step.fits(&summary.progress))
    .map(|(step, effect)| offer(summary, step, effect.to_owned(), step.action().product_roles()))
    .collect_view();
    let back = (CourseStep::Back.fits(&summary.progress) && !page.earlier.is_empty())
        .then(|| offer(summary, CourseStep::Back, back::EFFECT.to_owned(), Action::MoveBack.product_roles()));
    let emergency = page
        .emergency
        .as_ref()
        .filter(|_| summary.progress.is_active())
        .map(|emergency| emergency_offer(page, emergency));
    view! {
        {rest}
        {back}
        {emergency}
    }
    .into_any()
}

/// The emergency path: what is asked for waits for agreement, or it can be asked for.
fn emergency_offer(page: &CoursePage, emergency: &EmergencyView) -> AnyView {
    if emergency.open.is_some() {
        return emergency::open_card(page, emergency);
    }
    offer(&page.summary, CourseStep::Emergency, emergency::effect(emergency), &emergency.terms.approvers)
}

/// A step with its effect: the way to its form, or who can take it.
fn offer(summary: &FeatureSummary, step: CourseStep, effect: String, roles: &[Role]) -> AnyView {
    let title = heading(step);
    let may = summary.may(step.action()) && roles.iter().any(|role| summary.grants.product.contains(role));
    let way = if may {
        let href = format!("{}?do={}", Place::Course.path(&summary.key), step.code());
        view! {
            <p>
                <LinkButton href kind=ButtonKind::Quiet>
                    {format!("{title}…")}
                </LinkButton>
            </p>
        }
        .into_any()
    } else {
        let who = words::who_can(roles);
        view! { <p class="muted">{format!("Any {who} of this product can do it.")}</p> }.into_any()
    };
    view! {
        <Card title id=step.code()>
            <p class="measure">{effect}</p>
            {way}
        </Card>
    }
    .into_any()
}

/// Where a form of this page is sent.
fn address(summary: &FeatureSummary, step: CourseStep) -> String {
    let base = Place::Course.path(&summary.key);
    match step {
        CourseStep::Agree => format!("{base}/emergency/agree"),
        CourseStep::CallOff => format!("{base}/emergency/call-off"),
        other => format!("{base}/{}", other.code()),
    }
}
