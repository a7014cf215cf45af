//! What a form sent, and the problems found while parsing it. All problems of a form are reported at once.

use std::str::FromStr;

use time::{Date, format_description::BorrowedFormatItem, macros::format_description};

use crate::text::TextError;

/// The fields that a form sent, in order, as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// Wraps decoded name and value pairs.
    #[must_use]
    pub fn new(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    /// The first value of a field; empty where it was not sent.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// Every value of a repeated field.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// All pairs.
    #[must_use]
    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }
}

/// What is wrong with a field. [`crate::words`] says it in a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The text does not parse.
    Text(TextError),
    /// Nothing was chosen, or something that is not offered.
    NotAChoice,
    /// Not a day in the form YYYY-MM-DD.
    NotADay,
    /// A day outside of the years 2000 to 2100.
    DayOutOfRange,
    /// A day that is over.
    DayPassed,
    /// Somebody or something else has this name already.
    Taken,
    /// A password of fewer than 12 or more than 256 bytes.
    PasswordLength,
    /// A password that attackers try first.
    PasswordCommon,
    /// The password contains the account's own name or address.
    PasswordPersonal,
    /// The two passwords differ.
    PasswordsDiffer,
    /// The password is not the account's.
    WrongPassword,
    /// Address and password do not match an account; which of the two is wrong stays unsaid.
    SignInFailed,
    /// A reason is needed for this choice.
    ReasonNeeded,
    /// A treatment and what is done are needed for this status.
    TreatmentNeeded,
    /// The policy does not let this control be not applicable.
    MustApply,
    /// A file is needed.
    FileMissing,
    /// The file is empty.
    FileEmpty,
    /// The file is larger than the limit, in bytes.
    FileTooLarge {
        /// The limit.
        limit: u64,
    },
    /// The file is byte for byte the one that is there already.
    SameFile,
    /// A day that is over, where one to come is asked for.
    DayOver,
    /// A day that is too far away.
    DayTooLate {
        /// The last day that is allowed.
        last: Date,
    },
    /// The state that was chosen asks for this field.
    NeededFor(&'static str),
    /// This step belongs to people who hold one of these roles.
    NotYours(&'static [crate::access::Role]),
    /// Somebody else than who took the step before has to take this one.
    ByAnother,
    /// The step comes after one of these states.
    NotYet(Vec<&'static str>),
    /// A state that Sluice sets when the step is done elsewhere.
    SetByStep(&'static str),
    /// It is in this state already, and the step leads on from earlier ones only.
    IsAlready(&'static str),
    /// The author of a change is among its reviewers.
    OwnReview,
    /// Production takes only artefacts that were verified in staging.
    StagingFirst,
    /// What was referred to does not exist in this feature, or does not belong here.
    NoSuchThing(String),
    /// There is no feature of this key that the actor may see.
    NoSuchFeature,
    /// The relation would lead back to where it began.
    Circle,
    /// There is one already, and there can be no second one.
    HasOne,
    /// It is the feature itself.
    Itself,
    /// The form was sent before and made something with other content.
    SentBefore,
    /// The risk tier cannot be lowered once a gate is open.
    TierLowered,
    /// The last administrator cannot lose that role or be disabled.
    LastAdministrator,
    /// The person has no role in the product.
    NotInProduct,
    /// A question that takes a yes or a no has neither.
    Unanswered,
    /// Another edition took the place of this one.
    Superseded,
    /// A point of a list does not parse.
    Point {
        /// Its place in the list, from 1.
        number: usize,
        /// Why.
        error: TextError,
    },
    /// A point of a list says what one before it says.
    PointRepeated {
        /// Its place in the list, from 1.
        number: usize,
    },
    /// A list has more points than allowed.
    TooManyPoints {
        /// The most points.
        max: usize,
    },
    /// A policy text is wrong in one place.
    InPolicy(Box<crate::policy::PolicyError>),
    /// A policy text is wrong in more places than are named.
    MoreInPolicy {
        /// How many more.
        more: usize,
    },
    /// This version of the policy is stored with another text.
    OtherText,
    /// A file that is no text.
    NotText,
    /// This version of the policy is active already.
    AlreadyActive,
    /// Nobody has looked at what the version changes since the active one became so, or it was too long ago.
    ImpactNeeded,
    /// The past to ask about lies in the future.
    NotYetPast,
    /// There are as many as there may be.
    TooMany {
        /// The most.
        most: usize,
    },
}

/// One problem, with the field it belongs to and what the field is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldProblem {
    /// Name of the field in the form; empty for the form as a whole.
    pub field: &'static str,
    /// What people call the field.
    pub label: &'static str,
    /// What is wrong.
    pub problem: Problem,
}

/// Collects problems while a form is parsed.
#[derive(Debug, Default)]
pub struct Check(Vec<FieldProblem>);

impl Check {
    /// Notes a problem.
    pub fn note(&mut self, field: &'static str, label: &'static str, problem: Problem) {
        self.0.push(FieldProblem { field, label, problem });
    }

    /// Notes a problem of a field that has none yet.
    pub fn note_once(&mut self, field: &'static str, label: &'static str, problem: Problem) {
        if !self.0.iter().any(|noted| noted.field == field) {
            self.note(field, label, problem);
        }
    }

    /// Parses a text field.
    pub fn text<T: FromStr<Err = TextError>>(
        &mut self,
        fields: &Fields,
        field: &'static str,
        label: &'static str,
    ) -> Option<T> {
        match fields.get(field).parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.note(field, label, Problem::Text(error));
                None
            }
        }
    }

    /// Parses a text that may be left empty, where its type has no empty text.
    pub fn optional_text<T: FromStr<Err = TextError>>(
        &mut self,
        fields: &Fields,
        field: &'static str,
        label: &'static str,
    ) -> Option<T> {
        if fields.get(field).trim().is_empty() { None } else { self.text(fields, field, label) }
    }

    /// Parses a choice by its code.
    pub fn choice<T>(
        &mut self,
        fields: &Fields,
        field: &'static str,
        label: &'static str,
        from_code: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let chosen = from_code(fields.get(field));
        if chosen.is_none() {
            self.note(field, label, Problem::NotAChoice);
        }
        chosen
    }

    /// Parses a choice that may be left empty.
    pub fn optional_choice<T>(
        &mut self,
        fields: &Fields,
        field: &'static str,
        label: &'static str,
        from_code: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        if fields.get(field).is_empty() { None } else { self.choice(fields, field, label, from_code) }
    }

    /// Parses a day that may be left empty.
    pub fn optional_day(
        &mut self,
        fields: &Fields,
        field: &'static str,
        label: &'static str,
    ) -> Option<Date> {
        const FORM: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");
        let text = fields.get(field).trim();
        if text.is_empty() {
            return None;
        }
        match Date::parse(text, FORM) {
            Ok(day) if (2000..=2100).contains(&day.year()) => Some(day),
            Ok(_) => {
                self.note(field, label, Problem::DayOutOfRange);
                None
            }
            Err(_) => {
                self.note(field, label, Problem::NotADay);
                None
            }
        }
    }

    /// The parsed value, when nothing was noted and it is there.
    ///
    /// # Errors
    /// All problems that were noted.
    pub fn finish<T>(self, value: Option<T>) -> Result<T, Vec<FieldProblem>> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => Err(self.0),
        }
    }
}
