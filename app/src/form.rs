//! What a form shows: the values typed, and the errors beside their fields. A refused form comes back with both.

use std::sync::Arc;

use sluice_domain::{
    form::{FieldProblem, Fields},
    words,
};

/// Names of fields whose values never go back to the browser.
pub(crate) const SECRETS: [&str; 3] = ["password", "new-password", "new-password-again"];

/// The state of one form. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Form(Arc<State>);

#[derive(Clone, Debug, Default)]
struct State {
    values: Vec<(String, String)>,
    errors: Vec<(String, String)>,
}

impl Form {
    /// An empty form.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The form as it was sent, without its secrets, and with what is wrong with it.
    #[must_use]
    pub fn refused(fields: &Fields, problems: &[FieldProblem]) -> Self {
        let values =
            fields.pairs().iter().filter(|(name, _)| !SECRETS.contains(&name.as_str())).cloned().collect();
        let errors =
            problems.iter().map(|problem| (problem.field.to_owned(), words::problem(problem))).collect();
        Self(Arc::new(State { values, errors }))
    }

    /// Adds a value; a name that is there already gets one more.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        Arc::make_mut(&mut self.0).values.push((name.to_owned(), value.into()));
        self
    }

    /// Puts a value in the place of those that the name has.
    #[must_use]
    pub fn set(mut self, name: &str, value: impl Into<String>) -> Self {
        let state = Arc::make_mut(&mut self.0);
        state.values.retain(|(key, _)| key != name);
        state.values.push((name.to_owned(), value.into()));
        self
    }

    /// Notes an error beside a field; an empty name is the form as a whole.
    #[must_use]
    pub fn fail(mut self, name: &str, sentence: impl Into<String>) -> Self {
        Arc::make_mut(&mut self.0).errors.push((name.to_owned(), sentence.into()));
        self
    }

    /// The first value of a field; empty where there is none.
    #[must_use]
    pub fn value(&self, name: &str) -> String {
        self.0.values.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()).unwrap_or_default()
    }

    /// Every value of a repeated field.
    #[must_use]
    pub fn values(&self, name: &str) -> Vec<String> {
        self.0.values.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone()).collect()
    }

    /// Whether one of the field's values is this one.
    #[must_use]
    pub fn is(&self, name: &str, value: &str) -> bool {
        self.0.values.iter().any(|(key, held)| key == name && held == value)
    }

    /// The sentence beside a field, if there is one.
    #[must_use]
    pub fn error(&self, name: &str) -> Option<String> {
        self.0.errors.iter().find(|(key, _)| key == name).map(|(_, sentence)| sentence.clone())
    }

    /// Every error with its field, in order.
    #[must_use]
    pub fn errors(&self) -> Vec<(String, String)> {
        self.0.errors.clone()
    }
}

#[cfg(test)]
mod tests {
    use sluice_domain::form::Problem;

    use super::*;

    #[test]
    fn a_refused_form_keeps_what_was_typed_and_drops_secrets() {
        let fields = Fields::new(vec![
            ("title".into(), " A ".into()),
            ("target".into(), "1".into()),
            ("target".into(), "2".into()),
            ("password".into(), "hunter2hunter2".into()),
        ]);
        let problem = FieldProblem { field: "password", label: "Password", problem: Problem::WrongPassword };
        let form = Form::refused(&fields, &[problem]);
        assert_eq!(form.value("title"), " A ");
        assert_eq!(form.values("target"), ["1", "2"]);
        assert_eq!(form.value("password"), "");
        assert!(form.error("password").is_some());
    }
}
