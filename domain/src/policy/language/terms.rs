//! The tables that a policy has once, for all its phases.

use super::{
    Choices, Form, Formed, FormedList, Inner, List, ListOf, Number, Table, Text, name, needed, optional,
    sentence, table, words,
};
use crate::access::Role;

const MOST_DAYS: u16 = 30;

table! {
    /// Working time.
    calendar => {
        ZONE: Formed =
            Formed { head: optional("zone", "The time zone, as the IANA database names it."), form: &words::ZONE };
        WORKING_DAYS: Choices<time::Weekday> =
            Choices { head: optional("working_days", "The working days of the week."), of: &words::WEEKDAYS };
        HOURS: Inner = Inner { head: optional("hours", "When a working day begins and ends."), table: &hours::TABLE };
        HOLIDAYS: FormedList = FormedList {
            head: optional("holidays", "Days on which nobody works, as year-month-day."),
            form: &words::DATE,
            max: 400,
        };
    }
}

const fn time(head: super::Head) -> Formed {
    const FORM: &Form = &words::TIME;
    Formed { head, form: FORM }
}

table! {
    /// The hours of a working day.
    hours => {
        FROM: Formed = time(needed("from", "When it begins, as hours and minutes."));
        TO: Formed = time(needed("to", "When it ends, as hours and minutes; 00:00 is the midnight after."));
    }
}

table! {
    /// When people hear of a turn that runs out.
    reminders => {
        BEFORE_DAYS: Number = Number {
            head: optional("before_days", "Working days before a turn runs out."),
            min: 0,
            max: MOST_DAYS,
        };
        ESCALATE_DAYS: Number = Number {
            head: optional("escalate_days", "Working days after it did, when it is escalated."),
            min: 0,
            max: MOST_DAYS,
        };
        ESCALATE_TO: Choices<Role> =
            Choices { head: optional("escalate_to", "The roles that hear of it then."), of: &words::ROLES };
    }
}

table! {
    /// The emergency path.
    emergency => {
        APPROVERS: Choices<Role> =
            Choices { head: needed("approvers", "The roles, of which people release together."), of: &words::EMERGENCY_APPROVERS };
        PEOPLE: Number = Number { head: needed("people", "How many distinct people it takes."), min: 2, max: 5 };
        OWED_DAYS: Number = Number {
            head: needed("owed_days", "Working days until the skipped sign-offs are due."),
            min: 1,
            max: 60,
        };
    }
}

table! {
    /// What may be accepted for a while.
    waivers => {
        APPROVERS: Choices<Role> =
            Choices { head: needed("approvers", "The roles that approve a waiver."), of: &words::WAIVER_APPROVERS };
        MAX_DAYS: Number =
            Number { head: needed("max_days", "The most calendar days that a waiver lasts."), min: 1, max: 400 };
    }
}

table! {
    /// How fast findings are dealt with.
    resolution => {
        RESPOND: Number =
            Number { head: needed("respond", "Working days until somebody has answered."), min: 1, max: 365 };
        RESOLVE: Number =
            Number { head: needed("resolve", "Working days until it is put right."), min: 1, max: 365 };
    }
}

table! {
    /// A framework.
    framework => {
        KEY: Formed = Formed { head: needed("key", "Names the framework."), form: &words::KEY };
        TITLE: Text = name(needed("title", "What people call it, with its edition."));
        PRACTICES: List = List {
            head: needed("practices", "Its practices, in its own order."),
            of: ListOf::Same(&practice::TABLE),
            max: 300,
            empty: Some(crate::policy::problem::PolicyProblem::EmptyList { key: "practices" }),
        };
    }
}

table! {
    /// A practice of a framework.
    practice => {
        ID: Formed = Formed { head: needed("id", "Its number in the framework."), form: &words::PRACTICE_ID };
        TITLE: Text = sentence(needed("title", "What it asks."));
    }
}
