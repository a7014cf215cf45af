//! A feature's course: hold and resume, cancel and reopen, move back, release in an emergency.

use axum::{
    extract::{Path, RawQuery, State},
    response::Response,
};
use http::{HeaderValue, StatusCode, header};
use leptos::prelude::*;
use sluice_app::{
    form::Form,
    pages::{
        Section,
        course::{CourseScreen, CourseStep},
    },
};
use sluice_domain::{
    form::{FieldProblem, Fields},
    ids::FeatureKey,
    place::Place,
    words,
};
use sluice_service::{
    Actor, Error, Service,
    course::{
        AgreeToEmergency, CallOffEmergency, CancelFeature, Consented, CoursePage, HoldFeature, MoveBack,
        ProposeEmergency, ReopenFeature, ResumeFeature,
    },
    new_form_id,
};

use super::{feature_key, threats::titled};
use crate::web::{App, Done, FormFields, Reply, Visit, fields};

/// What can be done about a feature's course; the query names the step whose form is open.
///
/// # Errors
/// When there is no feature that the person may see.
pub async fn show(
    State(app): State<App>,
    visit: Visit,
    Path(key): Path<String>,
    RawQuery(query): RawQuery,
) -> Reply {
    let fields = fields::query(query.as_deref());
    let page = app.service.course_page(visit.actor()?, &feature_key(&key)?, &fields).await?;
    let step = CourseStep::from_code(fields.get("do"));
    Ok(screen(&visit, StatusCode::OK, page, step, Form::new().with("id", new_form_id()), None))
}

/// Puts a feature on hold.
///
/// # Errors
/// When the person may not.
pub async fn hold(
    State(app): State<App>,
    visit: Visit,
    Path(key): Path<String>,
    FormFields(fields): FormFields,
) -> Reply {
    let sent = Sent { app, visit, key: feature_key(&key)?, fields, step: CourseStep::Hold };
    sent.take(HoldFeature::parse, async |service, actor, key, command| {
        service.hold_feature(actor, key, command).await.map(|()| Done::HELD)
    })
    .await
}

/// Lets a feature that is on hold go on.
///
/// # Errors
/// When the person may not.
pub async fn resume(
    State(app): State<App>,
    visit: Visit,
    Path(key): Path<String>,
    FormFields(fields): FormFields,
) -> Reply {
    let sent = Sent { app, visit, key: feature_key(&key)?, fields, step: CourseStep::Resume };
    sent.take(ResumeFeature::parse, async |service, actor, key, command| {
        service.resume_feature(actor, key, command).await.map(|()| Done::RESUMED)
    })
    .await
}

/// Gives a feature up.
///
/// # Errors
/// When the person may not.
pub async fn cancel(
    State(app): State<App>,
    visit: Visit,
    Path(key): Path<String>,
    FormFields(fields): FormFields,
) -> Reply {
    let sent = Sent { app, visit, key: feature_key(&key)?, fields, step: CourseStep::Cancel };
    sent.take(CancelFeature::parse, async |service, actor, key, command| {
        service.cancel_feature(actor, key, command).await.map(|()| Done::CANCELLED)
    })
    .await
}

/// Takes a cancellation back.
///
/// # Errors
/// When the person may not.
pub async fn reopen(
    State(app): State<App>,
    visit: Visit,
    Path(key): Path<String>,
    FormFields(fields): FormFields,
) -> Reply {
    let sent = Sent { app, visit, key: feature_key(&key)?, fields, step: CourseStep::Reopen };
    sent.take(ReopenFeature::parse, async |service, actor, key, command| {
        service.reopen_feature(actor, key, command).await.map(|()| Done::REOPENED)
    })
    .await
}

/// Moves a feature back to an earlier phase.
///
/// # Errors
/// When the person may not.
pub async fn back(
    State(app): State<App>,
    visit: Visit,
    Path(key): Path<String>,
    FormFields(fields): FormFields,
) -> Reply {
    let sent = Sent { app, visit, key: feature_key(&key)?, fields, step: CourseStep::Back };
    sent.take(MoveBack::parse, async |service, actor, key, command| {
        service.move_back(actor, key, command).await.map(|()| Done::MOVED_BACK)
    })
    .await
}

/// Asks for a release in an emergency.
///
/// # Errors
/// When the person may not.
pub async fn emergency(
    State(app): State<App>,
    visit: Visit,
    Path(key): Path<String>,
    FormFields(fields): FormFields,
) -> Reply {
    let sent = Sent { app, visit, key: feature_key(&key)?, fields, step: CourseStep::Emergency };
    sent.take(ProposeEmergency::parse, async |service, actor, key, command| {
        service.propose_emergency(actor, key, command).await.map(|()| Done::EMERGENCY_ASKED)
    })
    .await
}

/// Agrees to a release in an emergency.
///
/// # Errors
/// When the person may not.
pub async fn agree(
    State(app): State<App>,
    visit: Visit,
    Path(key): Path<String>,
    FormFields(fields): FormFields,
) -> Reply {
    let sent = Sent { app, visit, key: feature_key(&key)?, fields, step: CourseStep::Agree };
    sent.take(AgreeToEmergency::parse, async |service, actor, key, command| {
        Ok(match service.agree_to_emergency(actor, key, command).await? {
            Consented::Waits => Done::EMERGENCY_AGREED,
            Consented::Released => Done::EMERGENCY_RELEASED,
        })
    })
    .await
}

/// Calls a release off that was asked for.
///
/// # Errors
/// When the person may not.
pub async fn call_off(
    State(app): State<App>,
    visit: Visit,
    Path(key): Path<String>,
    FormFields(fields): FormFields,
) -> Reply {
    let sent = Sent { app, visit, key: feature_key(&key)?, fields, step: CourseStep::CallOff };
    sent.take(CallOffEmergency::parse, async |service, actor, key, command| {
        service.call_off_emergency(actor, key, command).await.map(|()| Done::EMERGENCY_CALLED_OFF)
    })
    .await
}

/// A form that was sent to take a step.
struct Sent {
    app: App,
    visit: Visit,
    key: FeatureKey,
    fields: Fields,
    step: CourseStep,
}

impl Sent {
    /// Takes the step: on to the feature, or the form again with what was typed and why nothing was done.
    async fn take<C>(
        self,
        parse: fn(&Fields) -> Result<C, Vec<FieldProblem>>,
        take: impl AsyncFnOnce(&Service, &Actor, &FeatureKey, C) -> Result<Done, Error>,
    ) -> Reply {
        let Self { app, visit, key, fields, step } = self;
        let actor = visit.actor()?;
        let outcome = match parse(&fields) {
            Ok(command) => take(&app.service, actor, &key, command).await,
            Err(problems) => Err(problems.into()),
        };
        match outcome {
            Ok(done) => {
                let place = match done {
                    Done::EMERGENCY_ASKED | Done::EMERGENCY_AGREED | Done::EMERGENCY_CALLED_OFF => {
                        Place::Course
                    }
                    _ => Place::Feature,
                };
                Ok(visit.done(done, &place.path(&key)))
            }
            Err(error) => refused(&app, &visit, actor, &key, step, &fields, error).await,
        }
    }
}

async fn refused(
    app: &App,
    visit: &Visit,
    actor: &Actor,
    key: &FeatureKey,
    step: CourseStep,
    fields: &Fields,
    error: Error,
) -> Reply {
    let wait = if let Error::Throttled(seconds) = &error { Some(*seconds) } else { None };
    let (status, notice, problems) = because(error)?;
    let page = app.service.course_page(actor, key, fields).await?;
    if !page.summary.may(step.action()) {
        return Err(Error::Denied(step.action()).into());
    }
    let form = Form::refused(fields, &problems);
    let mut response = screen(visit, status, page, Some(step), form, notice);
    if let Some(seconds) = wait {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    Ok(response)
}

/// Why a step was not taken: the status, the sentence, and what is wrong with fields. What no page of ours can say goes
/// on as it is.
pub(super) fn because(error: Error) -> Result<(StatusCode, Option<String>, Vec<FieldProblem>), Error> {
    Ok(match error {
        Error::Invalid(problems) => (StatusCode::UNPROCESSABLE_ENTITY, None, problems),
        Error::Refused(refusal) => (StatusCode::CONFLICT, Some(words::refusal(&refusal)), Vec::new()),
        Error::Stale => {
            let notice =
                "Something changed since you opened this page, so nothing was done. Read how it stands now.";
            (StatusCode::CONFLICT, Some(notice.to_owned()), Vec::new())
        }
        Error::Throttled(seconds) => {
            let minutes = seconds.div_ceil(60).max(1);
            let unit = if minutes == 1 { "minute" } else { "minutes" };
            let notice =
                format!("Too many wrong passwords. Nothing was done; try again in {minutes} {unit}.");
            (StatusCode::TOO_MANY_REQUESTS, Some(notice), Vec::new())
        }
        Error::Busy => {
            let notice = "The server is busy right now. Nothing was done; try again in a moment.";
            (StatusCode::SERVICE_UNAVAILABLE, Some(notice.to_owned()), Vec::new())
        }
        other => return Err(other),
    })
}

fn screen(
    visit: &Visit,
    status: StatusCode,
    page: CoursePage,
    step: Option<CourseStep>,
    form: Form,
    notice: Option<String>,
) -> Response {
    let title = titled(status, format!("Course of {}", page.summary.key));
    visit.page(status, Section::Features, title, move || view! { <CourseScreen page step form notice /> })
}
