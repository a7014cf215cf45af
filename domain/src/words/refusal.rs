use super::blocker;
use crate::{
    form::{FieldProblem, Problem},
    lifecycle::Refusal,
    text::TextError,
};

/// Why a step was refused, and what to do.
#[must_use]
pub fn refusal(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Finished => {
            "Every gate of this feature is open, so there is nothing left to do here.".into()
        }
        Refusal::OnHold => {
            "This feature is on hold, so nothing about it changes. A product manager can resume it.".into()
        }
        Refusal::Cancelled => {
            "This feature is cancelled, so nothing about it changes. A product manager can reopen it.".into()
        }
        Refusal::NotOnHold => "This feature is not on hold, so there is nothing to resume.".into(),
        Refusal::NotCancelled => "This feature is not cancelled, so there is nothing to reopen.".into(),
        Refusal::NotEarlier => {
            "A feature moves back to a phase that it has passed. Choose one that comes before the current one."
                .into()
        }
        Refusal::NoEmergencyPath => {
            "The policy of this feature has no emergency path: its gates open when they are signed.".into()
        }
        Refusal::NothingToSkip => {
            "The emergency path ends with the gate before production, and this feature is past it. What is left is signed in its order."
                .into()
        }
        Refusal::Denied => {
            "A reviewer denied this gate, and a denial holds in an emergency as well. Only they can withdraw it."
                .into()
        }
        Refusal::NotAnApprover => {
            "You hold none of the roles that release in an emergency under this policy.".into()
        }
        Refusal::AlreadyAgreed => {
            "You have agreed to this release already. It takes another person as well.".into()
        }
        Refusal::NotAgreed => "Too few people have agreed to this release.".into(),
        Refusal::NotOwed => "Nothing is owed at this gate.".into(),
        Refusal::NotCurrentPhase => {
            "The feature is not in this phase. Phases are worked through in order, none is skipped.".into()
        }
        Refusal::AlreadyInReview => "The review was requested already; the reviewers have the turn.".into(),
        Refusal::NotInReview => {
            "The team has the turn. Reviewers can sign or return once the team has requested a review.".into()
        }
        Refusal::Blocked(blockers) => {
            let list: Vec<String> = blockers.iter().map(blocker).collect();
            format!("The gate stays closed: {}.", list.join("; "))
        }
        Refusal::Contributor => "You wrote part of this dossier, so someone else has to approve it.".into(),
        Refusal::RoleNotAsked => {
            "This gate asks for no sign-off of a role that you hold in this product.".into()
        }
        Refusal::SeatsFilled(_) => "Enough people of your role have signed already.".into(),
        Refusal::AlreadySigned => {
            "You have a standing sign-off on this gate. Withdraw it first to sign anew.".into()
        }
        Refusal::DeniedByOther => {
            "Another reviewer denied this gate. Only they can return it for changes or withdraw their denial."
                .into()
        }
        Refusal::Owed => {
            "An emergency went through a gate that would be closed again, and its sign-offs are owed. They are given first; then the feature can move back.".into()
        }
        Refusal::DossierChanged => {
            "The dossier changed while you were reading. Nothing was signed: read what changed, then sign."
                .into()
        }
        Refusal::PhaseMissing(phase) => {
            format!(
                "That version has no phase “{phase}”, in which the feature is now. It can move once it is in a phase that both have."
            )
        }
        Refusal::GateGone(name) => {
            format!(
                "That version has no phase “{name}”, whose gate this feature has passed: what was signed or is owed there would be lost. It can move once it is back in a phase before that one; until then it stays on its version."
            )
        }
        Refusal::GateLater(name) => {
            format!(
                "That version has the phase “{name}” only later, and this feature has passed its gate already. It can move once it is back in that phase or an earlier one; until then it stays on its version."
            )
        }
        Refusal::GateSkipped(name) => {
            format!(
                "That version has the phase “{name}” before the current one, and this feature has never passed its gate. It can move once it is back in a phase that comes before that one; until then it stays on its version."
            )
        }
        Refusal::NotActive => {
            "That version is not the active one of this policy. A feature moves to the active version and to no other."
                .into()
        }
        Refusal::OtherPath => {
            "This release was asked for when it went through other gates than it would now. Call it off and ask for it anew."
                .into()
        }
        Refusal::Waiver(refused) => super::waiver::refusal(refused),
    }
}

/// Why a text was refused, as a sentence beside the field called `name`.
#[must_use]
pub fn text_error(name: &str, error: TextError) -> String {
    match error {
        TextError::Empty => format!("{name} is empty. Fill it in."),
        TextError::TooLong { max } => format!("{name} is too long. Use at most {max} characters."),
        TextError::TooShort { min } => format!("{name} is too short. Use at least {min} characters."),
        TextError::ControlCharacter => {
            format!(
                "{name} holds invisible control characters. Remove them; typing the text anew is the surest way."
            )
        }
        TextError::Malformed => format!("{name} does not have the right form. See the hint."),
    }
}

/// What is wrong with a field and what to do, as a sentence beside it.
#[must_use]
#[expect(clippy::too_many_lines, reason = "one sentence a problem")]
pub fn problem(problem: &FieldProblem) -> String {
    let label = problem.label;
    match &problem.problem {
        Problem::Text(error) => text_error(label, *error),
        Problem::NotAChoice => format!("Choose one of the values offered for {}.", label.to_lowercase()),
        Problem::NotADay => {
            format!("{label} is not a date. Write it as year-month-day, for example 2027-02-03.")
        }
        Problem::DayOutOfRange => format!("{label} has to lie between the years 2000 and 2100."),
        Problem::DayPassed => format!("{label} is over already. Choose today or a later day."),
        Problem::Taken => format!("{label} is taken already. Choose another one."),
        Problem::PasswordLength => {
            "The password has to have 12 to 256 characters. A few words in a row do well.".into()
        }
        Problem::PasswordCommon => {
            "This password is among those that attackers try first. Choose another one.".into()
        }
        Problem::PasswordPersonal => {
            "The password contains your name or e-mail address. Choose another one.".into()
        }
        Problem::PasswordsDiffer => "The two passwords differ. Type the same one twice.".into(),
        Problem::WrongPassword => "This is not your password. Nothing was changed; try again.".into(),
        Problem::SignInFailed => {
            "The e-mail address and the password do not match an account. Check both and try again.".into()
        }
        Problem::ReasonNeeded => format!("{label} is needed here: it becomes part of the record."),
        Problem::TreatmentNeeded => {
            "Choose a treatment and describe what is done, or leave the status at “Open”.".into()
        }
        Problem::MustApply => {
            "The policy asks for this control in every case; it cannot be set aside.".into()
        }
        Problem::FileMissing => "Choose a file to upload.".into(),
        Problem::FileEmpty => "The file is empty, so it proves nothing. Choose another one.".into(),
        Problem::FileTooLarge { limit } => {
            format!("The file is larger than the limit of {} MiB. Nothing was stored.", limit / (1024 * 1024))
        }
        Problem::SameFile => {
            "This is the same file as the current version, byte for byte. Choose the new one.".into()
        }
        Problem::SentBefore => {
            "This form was sent before, with other content. What it made then stays as it is; open a new form.".into()
        }
        Problem::TierLowered => {
            "A gate was opened under the higher tier already, so the tier can only rise. Keep the present tier, with a reason.".into()
        }
        Problem::DayOver => format!("{label} is over already. Choose a day to come."),
        Problem::DayTooLate { last } => format!(
            "{label} is too far away: the policy allows {} {} {} at the latest.",
            last.day(),
            last.month(),
            last.year()
        ),
        Problem::NeededFor(state) => format!("{label} is needed for “{state}”. Fill it in."),
        Problem::NotYours(roles) => {
            format!("This is for a {} of the product. Ask one of them.", super::who_can(roles))
        }
        Problem::ByAnother => {
            "Somebody else has to take this step: not who brought it into its present state.".into()
        }
        Problem::NotYet(states) if states.is_empty() => {
            "A new record cannot begin in this state. Add it first, then take the step.".into()
        }
        Problem::NotYet(states) => {
            format!("This step comes after “{}”. Take that step first.", super::join(states, "or"))
        }
        Problem::SetByStep(state) => {
            format!("“{state}” comes about by the step itself, not by choosing it here.")
        }
        Problem::IsAlready(state) => {
            format!("{label} is in state “{state}” already, so this step is not open any more.")
        }
        Problem::OwnReview => {
            "The author is among the reviewers. Nobody reviews their own change; take them off the list.".into()
        }
        Problem::StagingFirst => {
            "Production takes only artefacts that were verified in staging. Record that promotion first.".into()
        }
        Problem::NoSuchThing(what) => {
            format!("“{what}” does not exist in this feature, or does not belong in {}. See the hint.", label.to_lowercase())
        }
        Problem::NoSuchFeature => {
            "There is no feature with this key that you may see. Keys look like PAY-12.".into()
        }
        Problem::Circle => {
            "That leads in a circle: the other feature says the same of this one already, perhaps by way of others.".into()
        }
        Problem::HasOne => {
            "It can say this of one feature only, and it says it of another one already. Take that back first.".into()
        }
        Problem::Itself => "This is the feature itself. Type the key of another one.".into(),
        Problem::LastAdministrator => {
            "This is the last administrator. Make somebody else administrator first.".into()
        }
        Problem::NotInProduct => format!("{label} has to be a person with a role in this product."),
        Problem::Unanswered => "Answer this question with yes or no.".into(),
        Problem::Superseded => "A newer edition is in force by now. Go on with that one.".into(),
        Problem::Point { number, error } => text_error(&format!("Point {number}"), *error),
        Problem::PointRepeated { number } => {
            format!("Point {number} says what a point before it says. Remove one of the two.")
        }
        Problem::TooManyPoints { max } => {
            format!("A list has at most {max} points. Keep those that people will go through.")
        }
        Problem::InPolicy(error) => {
            format!("Line {}, column {}: {}", error.line, error.column, error.problem)
        }
        Problem::MoreInPolicy { more } => {
            format!("There are {more} more problems. Put these right first, then check again.")
        }
        Problem::OtherText => {
            "This version is stored already, with another text. A version never changes; give the changed text a new one.".into()
        }
        Problem::NotText => "The file is no text in UTF-8, so it is no policy. Choose another one.".into(),
        Problem::AlreadyActive => "This version is the active one already. Nothing was changed.".into(),
        Problem::ImpactNeeded => {
            "Look at the impact of this version first: it has to be computed for the version that is active now, within the last day.".into()
        }
        Problem::NotYetPast => format!("{label} lies in the future. Choose an instant that has passed."),
        Problem::TooMany { most } => {
            format!("{label}: there are {most} already, and there may not be more. Delete one that is not needed.")
        }
    }
}
