//! What is wrong with a field, and what to do.

use sluice_domain::{
    access::Role,
    form::{FieldProblem, Problem},
    text::TextError,
    words,
};

use super::{assert_all, assert_sentences};

#[test]
#[expect(clippy::too_many_lines, reason = "one line for each problem, twice")]
fn every_problem_of_a_field_says_what_to_do() {
    let texts = [
        TextError::Empty,
        TextError::TooLong { max: 120 },
        TextError::TooShort { min: 3 },
        TextError::ControlCharacter,
        TextError::Malformed,
    ];
    let number = |error: &TextError| match error {
        TextError::Empty => 0,
        TextError::TooLong { .. } => 1,
        TextError::TooShort { .. } => 2,
        TextError::ControlCharacter => 3,
        TextError::Malformed => 4,
    };
    assert_all(&texts, number, 5);
    let mut all = vec![
        Problem::NotAChoice,
        Problem::NotADay,
        Problem::DayOutOfRange,
        Problem::DayPassed,
        Problem::Taken,
        Problem::PasswordLength,
        Problem::PasswordCommon,
        Problem::PasswordPersonal,
        Problem::PasswordsDiffer,
        Problem::WrongPassword,
        Problem::SignInFailed,
        Problem::SameFile,
        Problem::SentBefore,
        Problem::TierLowered,
        Problem::ReasonNeeded,
        Problem::TreatmentNeeded,
        Problem::MustApply,
        Problem::FileMissing,
        Problem::FileEmpty,
        Problem::FileTooLarge { limit: 100 * 1024 * 1024 },
        Problem::LastAdministrator,
        Problem::NotInProduct,
        Problem::Superseded,
        Problem::Unanswered,
        Problem::Point { number: 3, error: TextError::TooLong { max: 200 } },
        Problem::PointRepeated { number: 4 },
        Problem::TooManyPoints { max: 50 },
        Problem::TooMany { most: 50 },
        Problem::NeededFor("Dropped"),
        Problem::NotYours(&[Role::Developer, Role::Qa]),
        Problem::ByAnother,
        Problem::NotYet(vec![]),
        Problem::NotYet(vec!["Sent", "Draft"]),
        Problem::SetByStep("Became a feature"),
        Problem::OwnReview,
        Problem::StagingFirst,
        Problem::NoSuchThing("R-9".into()),
        Problem::IsAlready("Closed"),
        Problem::MoreInPolicy { more: 12 },
        Problem::OtherText,
        Problem::NotText,
        Problem::AlreadyActive,
        Problem::ImpactNeeded,
        Problem::NotYetPast,
        Problem::DayOver,
        Problem::DayTooLate { last: time::macros::date!(2027 - 11 - 03) },
        Problem::NoSuchFeature,
        Problem::Circle,
        Problem::HasOne,
        Problem::Itself,
    ];
    let wrong = sluice_domain::policy::parse("key = 1").err();
    all.extend(
        wrong
            .iter()
            .flat_map(sluice_domain::policy::PolicyErrors::errors)
            .map(|error| Problem::InPolicy(Box::new(error.clone()))),
    );
    all.extend(texts.map(Problem::Text));
    let number = |problem: &Problem| match problem {
        Problem::Text(_) => 0,
        Problem::NotAChoice => 1,
        Problem::NotADay => 2,
        Problem::DayOutOfRange => 3,
        Problem::Taken => 4,
        Problem::PasswordLength => 5,
        Problem::PasswordCommon => 6,
        Problem::PasswordPersonal => 7,
        Problem::PasswordsDiffer => 8,
        Problem::WrongPassword => 9,
        Problem::ReasonNeeded => 10,
        Problem::TreatmentNeeded => 11,
        Problem::MustApply => 12,
        Problem::FileMissing => 13,
        Problem::FileEmpty => 14,
        Problem::FileTooLarge { .. } => 15,
        Problem::LastAdministrator => 16,
        Problem::NotInProduct => 17,
        Problem::SignInFailed => 18,
        Problem::SameFile => 19,
        Problem::SentBefore => 20,
        Problem::TierLowered => 21,
        Problem::Superseded => 22,
        Problem::Point { .. } => 23,
        Problem::PointRepeated { .. } => 24,
        Problem::TooManyPoints { .. } => 25,
        Problem::NeededFor(_) => 26,
        Problem::NotYours(_) => 27,
        Problem::ByAnother => 28,
        Problem::NotYet(_) => 29,
        Problem::SetByStep(_) => 30,
        Problem::OwnReview => 31,
        Problem::StagingFirst => 32,
        Problem::NoSuchThing(_) => 33,
        Problem::Unanswered => 34,
        Problem::TooMany { .. } => 35,
        Problem::IsAlready(_) => 36,
        Problem::InPolicy(_) => 37,
        Problem::MoreInPolicy { .. } => 38,
        Problem::OtherText => 39,
        Problem::NotText => 40,
        Problem::AlreadyActive => 41,
        Problem::ImpactNeeded => 42,
        Problem::NotYetPast => 43,
        Problem::DayOver => 44,
        Problem::DayTooLate { .. } => 45,
        Problem::DayPassed => 46,
        Problem::NoSuchFeature => 47,
        Problem::Circle => 48,
        Problem::HasOne => 49,
        Problem::Itself => 50,
    };
    assert_all(&all, number, 51);
    for problem in all {
        let sentence =
            words::problem(&FieldProblem { field: "title", label: "The title", problem: problem.clone() });
        assert_sentences(&sentence);
        // In the middle of a sentence a field's name is written small.
        assert!(!sentence.get(1..).is_some_and(|rest| rest.contains("The title")), "{sentence}");
    }
}
