//! The waivers, with everything that was said of each.

use leptos::prelude::*;
use sluice_domain::{calendar::Calendar, waiver::last_day, words::Label};
use sluice_service::waivers::WaiverItem;

use super::{exact, part};
use crate::components::{Fact, FactList, time_words::date_words};

/// The waivers that were asked for, by number; nothing where there is none.
pub(super) fn waivers(items: Vec<WaiverItem>, calendar: &Calendar) -> Option<AnyView> {
    if items.is_empty() {
        return None;
    }
    let items = items.into_iter().map(|item| one(item, calendar)).collect_view();
    Some(part("waivers", "Waivers", items.into_any()))
}

fn one(item: WaiverItem, calendar: &Calendar) -> AnyView {
    let key = format!("W-{}", item.number);
    let pre = |text: String| view! { <p class="pre">{text}</p> };
    let mut facts = vec![
        Fact::text("State", item.state.title()),
        Fact::text(
            "Last day",
            format!("{}, in {}", date_words(last_day(item.until, calendar)), calendar.zone()),
        ),
        Fact::view("The reason", pre(item.reason)),
        Fact::view("The compensating control", pre(item.compensation)),
        Fact::text("Asked for by", format!("{}, {}", item.requester, exact(item.requested_at))),
    ];
    if let Some(number) = item.renews {
        facts
            .push(Fact::view("Renews", view! { <a href=format!("#W-{number}")>{format!("W-{number}")}</a> }));
    }
    if let Some(decided) = item.decided {
        let by = format!("{}, {}, {}", decided.name, decided.role.label(), exact(decided.at));
        facts.push(Fact::view("Decided by", view! { <p>{by}</p> {pre(decided.reason)} }));
    }
    if let Some(ended) = item.ended {
        let name = ended.name.map(|name| format!("{name}, ")).unwrap_or_default();
        let by = format!("{name}{}", exact(ended.at));
        facts.push(Fact::view("Ended", view! { <p>{by}</p> {pre(ended.reason)} }));
    }
    view! {
        <article class="filed" id=key.clone()>
            <h3>{format!("{key} {}", item.blocker)}</h3>
            <FactList facts />
        </article>
    }
    .into_any()
}
