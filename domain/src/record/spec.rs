use std::collections::BTreeSet;

use super::{ListKind, RecordKind};
use crate::access::Role;

/// What a kind of record asks for.
#[derive(Debug)]
pub struct Spec {
    /// The kind.
    pub kind: RecordKind,
    /// What people call one: "requirement".
    pub name: &'static str,
    /// What people call many: "requirements".
    pub plural: &'static str,
    /// The letters before its number, as in `R-3`; `None` for kinds of which a feature has one.
    pub prefix: Option<&'static str>,
    /// What belongs here, why it matters for the gate and how to begin: for who sees none yet.
    pub purpose: &'static str,
    /// Where its title comes from.
    pub title: TitleFrom,
    /// Who writes it.
    pub editors: &'static [Role],
    /// Its states, in the order of its life. The first one is that of a new record.
    pub states: &'static [State],
    /// What its form asks, in order.
    pub fields: &'static [Field],
}

/// Where the title of a record comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TitleFrom {
    /// The form asks for it.
    Asked {
        /// The label of the field.
        label: &'static str,
        /// The hint below the label.
        hint: &'static str,
    },
    /// The label of the choice made in this field.
    Choice(&'static str),
    /// The name of the kind.
    Kind,
}

/// A state of a record.
#[derive(Debug)]
pub struct State {
    /// Stable code.
    pub code: &'static str,
    /// As people read it.
    pub label: &'static str,
    /// How it looks.
    pub tone: Tone,
    /// Who may bring a record into it; empty: whoever may write the record.
    pub by: &'static [Role],
    /// Fields that have to be filled in it.
    pub needs: &'static [&'static str],
    /// Fields that belong to the step into it: who may take the step but not write the record fills in only these.
    pub fills: &'static [&'static str],
    /// States from which it is entered; empty: from any, and by a new record.
    pub after: &'static [&'static str],
    /// Whether somebody else than who brought it into the state before has to do so.
    pub by_another: bool,
    /// What it says of a record that was signed in another state.
    pub stands: Stands,
}

/// What a state says of a record that was signed in another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stands {
    /// The record has come this far. To come further is work that goes on; to fall behind takes back what was signed.
    At(u8),
    /// The record stands for nothing any more: what was signed of it is taken back. And who brings back what was signed
    /// as set aside says something else as well.
    SetAside,
}

/// How a state looks, always beside its word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Nothing to be said of it.
    Neutral,
    /// It counts.
    Good,
    /// It waits for somebody.
    Waiting,
    /// It holds something up.
    Bad,
}

/// One field of a kind's form.
#[derive(Debug)]
pub struct Field {
    /// Name in the form and in storage.
    pub key: &'static str,
    /// Label.
    pub label: &'static str,
    /// Hint below the label; may be empty.
    pub hint: &'static str,
    /// What it takes.
    pub input: Input,
    /// Whether a record cannot be without it.
    pub needed: bool,
}

/// What a field takes.
#[derive(Clone, Copy, Debug)]
pub enum Input {
    /// One line, at most 200 characters.
    Line,
    /// Some sentences in Markdown, at most 2,000 characters.
    Note,
    /// A long text in Markdown, at most 20,000 characters.
    Body,
    /// An address that starts with `https://` or `http://`.
    Link,
    /// A SHA-256 as 64 hexadecimal digits.
    Digest,
    /// A day.
    Day,
    /// One of some choices.
    Choice(&'static [Choice]),
    /// A person with a role in the product.
    Person,
    /// Some people with a role in the product.
    People,
    /// Points of one of the product's lists, to confirm.
    Points(ListKind),
    /// References to records of these kinds, to threats (`T-4`) where `threats`, to evidence (`E-2`) where `evidence`.
    References {
        /// Kinds of record.
        records: &'static [RecordKind],
        /// Threats as well.
        threats: bool,
        /// Evidence as well.
        evidence: bool,
    },
    /// A line that a step of Sluice sets; no form asks for it.
    Set,
}

impl Input {
    /// Whether the field holds a list of values.
    #[must_use]
    pub const fn is_many(self) -> bool {
        matches!(self, Self::People | Self::Points(_) | Self::References { .. })
    }

    /// Whether the values are codes of ours rather than words of people: such values enter the log in the clear.
    #[must_use]
    pub const fn is_code(self) -> bool {
        matches!(
            self,
            Self::Digest
                | Self::Day
                | Self::Choice(_)
                | Self::Person
                | Self::People
                | Self::References { .. }
                | Self::Set
        )
    }
}

/// One of the choices of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Stable code.
    pub code: &'static str,
    /// As people read it.
    pub label: &'static str,
}

impl Spec {
    /// The field with this name.
    #[must_use]
    pub fn field(&self, key: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.key == key)
    }

    /// The state with this code.
    #[must_use]
    pub fn state(&self, code: &str) -> Option<&'static State> {
        self.states.iter().find(|state| state.code == code)
    }

    /// The state of a new record.
    #[must_use]
    pub fn first_state(&self) -> &'static State {
        &self.states[0]
    }

    /// Who may bring a record of this kind into a state.
    #[must_use]
    pub fn who_may_enter(&self, state: &'static State) -> &'static [Role] {
        if state.by.is_empty() { self.editors } else { state.by }
    }

    /// The role in which somebody who holds `roles` brings a record into `state` (`enters`) or leaves it there, and
    /// `writes` more of it than belongs to that state. One role that covers both is named before any other; who needs
    /// two acts, where a step is taken, in the role that the step asks for.
    #[must_use]
    pub fn acting_role(
        &self,
        state: &'static State,
        enters: bool,
        writes: bool,
        roles: &BTreeSet<Role>,
    ) -> Option<Role> {
        let may_enter = self.who_may_enter(state);
        let held = |among: &[Role]| among.iter().copied().find(|role| roles.contains(role));
        if !writes {
            return held(may_enter);
        }
        let both = may_enter.iter().copied().find(|role| self.editors.contains(role) && roles.contains(role));
        both.or_else(|| held(if enters { may_enter } else { self.editors }))
    }

    /// Whether a record that was signed in the state `then` and is in the state `now` still says what was signed: it is
    /// where it was, or has gone on. A state that this version of the program does not know takes back.
    #[must_use]
    pub fn goes_on(&self, then: &str, now: &str) -> bool {
        if then == now {
            return true;
        }
        match (self.state(then).map(|state| state.stands), self.state(now).map(|state| state.stands)) {
            (Some(Stands::At(then)), Some(Stands::At(now))) => then < now,
            _ => false,
        }
    }

    /// Whether a record in the state `from` (`None`: a new record) may enter `state`.
    #[must_use]
    pub fn leads_to(&self, from: Option<&str>, state: &'static State) -> bool {
        let step = state.after.is_empty() || from.is_some_and(|from| state.after.contains(&from));
        step && (from.is_some() || !state.by_another)
    }

    /// Whoever may do anything with records of this kind: write them, or bring them into one of their states.
    #[must_use]
    pub fn involves(&self, roles: &BTreeSet<Role>) -> bool {
        self.editors
            .iter()
            .chain(self.states.iter().flat_map(|state| state.by))
            .any(|role| roles.contains(role))
    }

    /// The label of a code in a choice field.
    #[must_use]
    pub fn choice_label(&self, field: &str, code: &str) -> Option<&'static str> {
        match self.field(field)?.input {
            Input::Choice(choices) => {
                choices.iter().find(|choice| choice.code == code).map(|choice| choice.label)
            }
            _ => None,
        }
    }
}
