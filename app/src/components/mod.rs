//! The component set. Every page is put together from these; the style guide shows all of them in all states.
//!
//! A component takes plain data and draws it: no queries, no rights, no decisions. Slots are values
//! ([`leptos::prelude::AnyView`], made with `.into_any()`), so a page can build them from what it borrows.
//! An optional text that a page holds as `Option<String>` is passed with `nostrip:hint=maybe_text`.

#![expect(
    clippy::needless_pass_by_value,
    reason = "a component owns its props: the view macro builds them by value, also when only a part is shown"
)]

pub mod button;
pub mod conflict;
pub mod data;
pub mod feedback;
pub mod fields;
pub mod form_parts;
pub mod gate;
pub mod icons;
pub mod layout;
pub mod phase_line;
pub mod prose;
pub mod styleguide;
pub mod text_area;
pub mod time_words;
pub mod timeline;

pub use self::{
    button::{Button, ButtonKind, LinkButton},
    conflict::{Conflict, ConflictField},
    data::{Column, Fact, FactList, FilterBar, Pager, TableHead, TableWrap},
    feedback::{Badge, EmptyState, Notice, NoticeKind, Tone},
    fields::{
        Checkbox, CheckboxGroup, Choice, FileField, HiddenField, InputKind, RadioGroup, SelectField,
        TextField,
    },
    form_parts::{ErrorSummary, FieldError, FormActions, FormRow, MoreFields, PostForm},
    gate::{BlockerLine, ClearanceLine, GatePanel, GateState, Oath, Turn, blocked_since},
    icons::{Icon, IconName, Sprite},
    layout::{Avatar, Breadcrumb, Card, Columns, NavLink, PageHead, Rail, Shell},
    phase_line::{PhaseLine, PhaseMini, PhaseState, PhaseStep, Standing},
    prose::{Prose, ProseWithMentions},
    styleguide::StyleGuide,
    text_area::TextArea,
    time_words::{DueDate, Timestamp},
    timeline::{FieldChange, Timeline, TimelineEntry},
};

/// `1 thing`, `2 things`: a count with its noun, for nouns that take an "s".
#[must_use]
pub fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_noun_agrees_with_its_count() {
        assert_eq!(counted(0, "thing"), "0 things");
        assert_eq!(counted(1, "thing"), "1 thing");
        assert_eq!(counted(2, "thing"), "2 things");
    }
}
