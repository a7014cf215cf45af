//! What narrows the list: the form, and what is set as chips that take it away again.

use leptos::prelude::*;
use sluice_domain::{access::Role, policy::Tier, words::Label};
use sluice_service::features::{AtGate, FeatureFilter, FilterChoices, Included};

use super::{LIST, address};
use crate::{
    components::{
        Checkbox, Choice, FilterBar, HiddenField, Icon, IconName, InputKind, SelectField, TextField,
    },
    form::Form,
};

/// Filters that are asked for less often: they open by themselves where one is set.
const FURTHER: [&str; 6] = ["tier", "role", "sprint", "overdue", "mine", "finished"];

const fn gate_words(at: AtGate) -> &'static str {
    match at {
        AtGate::Blocked => "Blocked",
        AtGate::Ready => "Ready for review",
        AtGate::InReview => "In review",
    }
}

const fn included_words(included: Included) -> &'static str {
    match included {
        Included::UnderWay => "Under way",
        Included::Finished => "Finished",
        Included::Cancelled => "Cancelled",
        Included::All => "All, whatever came of them",
    }
}

/// The form.
pub(super) fn filter_bar(filter: FeatureFilter, choices: &FilterChoices) -> AnyView {
    let clear = (filter.narrows() || filter.included != Included::UnderWay)
        .then(|| address(&FeatureFilter { board: filter.board, ..FeatureFilter::default() }));
    let pairs = filter.pairs();
    let form = pairs.iter().fold(Form::new(), |form, (name, value)| form.with(name, value.clone()));
    let open = pairs.iter().any(|(name, _)| FURTHER.contains(name));
    let view_kept = filter.board.then(|| view! { <HiddenField name="view" value="board" /> });
    let pairs_of = |pairs: &[(String, String)]| -> Vec<Choice> {
        pairs.iter().map(|(key, name)| Choice::new(key, name)).collect()
    };
    let products = choices
        .products
        .iter()
        .map(|(key, name)| Choice::new(key, format!("{name} ({key})")))
        .collect::<Vec<_>>();
    let phases = pairs_of(&choices.phases);
    let owners =
        choices.owners.iter().map(|(id, name)| Choice::new(id.to_string(), name)).collect::<Vec<_>>();
    let gates = AtGate::ALL.map(|at| Choice::new(at.code(), gate_words(at))).to_vec();
    let tiers = Tier::ALL.iter().map(|tier| Choice::new(tier.code(), tier.title())).collect::<Vec<_>>();
    let roles = Role::ALL.iter().map(|role| Choice::new(role.code(), role.title())).collect::<Vec<_>>();
    let included = [Included::Finished, Included::Cancelled, Included::All]
        .map(|included| Choice::new(included.code(), included_words(included)))
        .to_vec();
    let finished = (!filter.board).then(|| {
        view! {
            <SelectField
                form=form.clone()
                name="finished"
                label="Finished"
                options=included
                prompt="Left out"
                optional=true
            />
        }
    });
    view! {
        <FilterBar action=LIST label="Filter the features" clear>
            {view_kept}
            <TextField form=form.clone() name="q" label="Title or key" kind=InputKind::Search optional=true />
            <SelectField
                form=form.clone()
                name="product"
                label="Product"
                options=products
                prompt="Every product"
                optional=true
            />
            <SelectField form=form.clone() name="phase" label="Phase" options=phases prompt="Every phase" optional=true />
            <SelectField form=form.clone() name="owner" label="Owner" options=owners prompt="Anyone" optional=true />
            <SelectField form=form.clone() name="gate" label="At the gate" options=gates prompt="Any" optional=true />
            <details class="further" open=open>
                <summary>"More filters"</summary>
                <div class="further-fields">
                    <SelectField form=form.clone() name="tier" label="Risk" options=tiers prompt="Any" optional=true />
                    <SelectField
                        form=form.clone()
                        name="role"
                        label="Waits for"
                        options=roles
                        prompt="Any role"
                        optional=true
                    />
                    <TextField form=form.clone() name="sprint" label="Sprint" autocomplete="off" optional=true />
                    {finished}
                    <Checkbox form=form.clone() name="overdue" label="Only overdue" />
                    <Checkbox form name="mine" label="Only mine" />
                </div>
            </details>
        </FilterBar>
    }
    .into_any()
}

/// What is set, in words, with the name of its field.
pub(crate) fn filter_words(filter: &FeatureFilter, choices: &FilterChoices) -> Vec<(&'static str, String)> {
    let named = |pairs: &[(String, String)], key: &str| {
        pairs.iter().find(|(found, _)| found == key).map_or_else(|| key.to_owned(), |(_, name)| name.clone())
    };
    filter
        .pairs()
        .into_iter()
        .filter_map(|(name, value)| {
            let words = match name {
                "q" => format!("“{value}”"),
                "product" => format!("Product: {}", named(&choices.products, &value)),
                "phase" => format!("Phase: {}", named(&choices.phases, &value)),
                "owner" => {
                    let owner = choices.owners.iter().find(|(id, _)| Some(*id) == filter.owner);
                    format!("Owner: {}", owner.map_or("one person", |(_, name)| name.as_str()))
                }
                "mine" => "Mine".to_owned(),
                "tier" => filter.tier.map(|tier| tier.title())?,
                "gate" => filter.gate.map(gate_words)?.to_owned(),
                "role" => format!("Waits for: {}", filter.role?.label()),
                "sprint" => format!("Sprint: {value}"),
                "overdue" => "Overdue".to_owned(),
                "finished" => included_words(filter.included).to_owned(),
                _ => return None,
            };
            Some((name, words))
        })
        .collect()
}

/// A chip for each filter that is set; it leads to the list without it.
pub(super) fn chips(filter: &FeatureFilter, choices: &FilterChoices) -> AnyView {
    let chips = filter_words(filter, choices)
        .into_iter()
        .map(|(name, words)| {
            let href = address(&filter.without(name));
            view! {
                <li>
                    <a class="chip filter" href=href>
                        <span class="visually-hidden">"Remove the filter "</span>
                        <span class="chip-words">{words}</span>
                        <Icon name=IconName::Cross />
                    </a>
                </li>
            }
        })
        .collect::<Vec<_>>();
    if chips.is_empty() {
        return view! { <span></span> }.into_any();
    }
    view! {
        <ul class="plain cluster chips" aria-label="Filters that are set">
            {chips}
        </ul>
    }
    .into_any()
}
