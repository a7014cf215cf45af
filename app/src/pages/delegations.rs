//! Seats at the gates of a product that were handed to somebody else for a while, and the form that hands one on.

use leptos::prelude::*;
use sluice_domain::{
    access::{Action, Role},
    place::ProductPlace,
    words::{self, Label},
};
use sluice_service::delegations::{DelegationsPage, HandedSeat};
use time::OffsetDateTime;

use super::guides::crumbs;
use crate::{
    components::{
        Badge, Button, ButtonKind, Card, Choice, Column, EmptyState, ErrorSummary, FormActions, FormRow,
        HiddenField, IconName, InputKind, PageHead, Pager, PostForm, SelectField, TableHead, TableWrap,
        TextArea, TextField, Timestamp, Tone,
    },
    form::Form,
};

/// The form that hands a seat on, empty.
#[must_use]
pub fn delegation_form(id: &str) -> Form {
    Form::new().with("id", id)
}

/// The delegations of a product.
#[component]
pub fn DelegationsScreen(
    /// The delegations.
    page: DelegationsPage,
    /// What the form holds.
    form: Form,
) -> impl IntoView {
    let DelegationsPage { product, items, next, own_seats, people, zone, now } = page;
    let breadcrumb = crumbs(&product, None, "Handed-on seats");
    let action = ProductPlace::Delegations.path(&product.key);
    let list = if items.is_empty() {
        view! {
            <EmptyState
                title="No seat was handed on"
                why="Whoever signs gates here can hand their seat to somebody else while they are away, so that a gate does not wait for them."
            />
        }
        .into_any()
    } else {
        table(&action, &items, now)
    };
    let form = handing(&action, &own_seats, people, &zone, form);
    let pager = next.map(|next| {
        let next = format!("{action}?after={next}");
        view! { <Pager text="50 on a page" previous=None next=Some(next) /> }
    });
    view! {
        {breadcrumb}
        <PageHead
            title="Handed-on seats"
            key=product.key.to_string()
            lead="Who signs for whom at the gates of this product. Both names are on the record, and neither of the two may have written a part of what is signed."
        />
        {list}
        {pager}
        {form}
    }
}

fn table(action: &str, items: &[HandedSeat], now: OffsetDateTime) -> AnyView {
    let rows = items.iter().map(|item| row(action, item, now)).collect_view();
    let columns = vec![
        Column::text("Whose seat"),
        Column::text("Who signs"),
        Column::text("From"),
        Column::text("Until"),
        Column::text("State"),
    ];
    view! {
        <TableWrap id="delegations" caption="Seats that were handed on">
            <TableHead columns />
            <tbody>{rows}</tbody>
        </TableWrap>
    }
    .into_any()
}

fn row(action: &str, item: &HandedSeat, now: OffsetDateTime) -> AnyView {
    let (from, until) = (item.from_at, item.until_at);
    let state = match item.ended_at {
        Some(_) => view! { <Badge text="Taken back" /> }.into_any(),
        None if now >= item.until_at => view! { <Badge text="Over" /> }.into_any(),
        None if now < item.from_at => {
            view! { <Badge text="To come" tone=Tone::Waiting icon=IconName::Clock /> }.into_any()
        }
        None => view! { <Badge text="In force" tone=Tone::Open icon=IconName::Check /> }.into_any(),
    };
    let end = (item.mine && item.is_open(now)).then(|| {
        let action = format!("{action}/{}/end", item.id);
        let whom = format!(" from {}", item.to);
        view! {
            <PostForm action>
                <Button kind=ButtonKind::Quiet>
                    "Take the seat back"
                    <span class="visually-hidden">{whom}</span>
                </Button>
            </PostForm>
        }
    });
    view! {
        <tr>
            <th scope="row">
                {item.from.clone()}
                <span class="muted small">{format!(" {}", item.role.label())}</span>
                <p class="muted small pre">{item.reason.clone()}</p>
            </th>
            <td>{item.to.clone()}</td>
            <td>
                <Timestamp at=from now />
            </td>
            <td>
                <Timestamp at=until now />
            </td>
            <td>
                {state}
                {end}
            </td>
        </tr>
    }
    .into_any()
}

/// The form, or who has seats to hand on.
fn handing(
    action: &str,
    own_seats: &[Role],
    people: Vec<(sluice_domain::ids::PersonId, String)>,
    zone: &str,
    form: Form,
) -> AnyView {
    if own_seats.is_empty() {
        let who = words::who_can(Action::DelegateSeat.product_roles());
        let text = format!("Any {who} of this product can hand on their own seat.");
        return view! { <p class="muted">{text}</p> }.into_any();
    }
    let action = action.to_owned();
    let id = form.value("id");
    let role = if let [role] = own_seats {
        view! { <HiddenField name="role" value=role.code() /> }.into_any()
    } else {
        let options: Vec<Choice> =
            own_seats.iter().map(|role| Choice::new(role.code(), Label::title(role))).collect();
        view! {
            <SelectField form=form.clone() name="role" label="The seat" options prompt="Choose one of your seats" />
        }
        .into_any()
    };
    let (first, last) = (form.clone(), form.clone());
    let last_hint = format!("It is over when this day is, in {zone}. 90 days at most.");
    let people: Vec<Choice> =
        people.into_iter().map(|(id, name)| Choice::new(id.to_string(), name)).collect();
    view! {
        <Card title="Hand your seat on" id="delegate">
            <PostForm action>
                <ErrorSummary form=form.clone() />
                <p>
                    "While it lasts, this person can sign in your seat, and you can as well: the seat counts once. What they \
                     sign stands when it is over. You can take the seat back at any time."
                </p>
                <HiddenField name="id" value=id />
                {role}
                <SelectField
                    form=form.clone()
                    name="to"
                    label="Who signs for you"
                    hint="Somebody with a role in this product. They cannot sign what they wrote a part of."
                    options=people
                    prompt="Choose a person"
                />
                <FormRow>
                    <TextField
                        form=first
                        name="first"
                        label="The first day"
                        hint="Left empty, it begins now."
                        kind=InputKind::Date
                        optional=true
                    />
                    <TextField
                        form=last
                        name="last"
                        label="The last day"
                        hint=last_hint
                        kind=InputKind::Date
                    />
                </FormRow>
                <TextArea form=form.clone() name="reason" label="The reason" hint="Part of the record." rows=2 />
                <TextField
                    form
                    name="password"
                    label="Password"
                    hint="Your own, once more: it lets somebody sign for you."
                    kind=InputKind::Password
                    autocomplete="current-password"
                />
                <FormActions>
                    <Button>"Hand the seat on"</Button>
                </FormActions>
            </PostForm>
        </Card>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use sluice_domain::{access::Grants, ids::Id};
    use sluice_service::guides::GuidedProduct;
    use time::Duration;

    use super::*;
    use crate::pages::threats::fixture::{HOSTILE, NOW, html, person};

    fn seat(number: u8, mine: bool, ended_at: Option<OffsetDateTime>) -> HandedSeat {
        HandedSeat {
            id: Id::new(person(number).uuid()),
            from: HOSTILE.to_owned(),
            to: HOSTILE.to_owned(),
            role: Role::SecurityReviewer,
            reason: HOSTILE.to_owned(),
            from_at: NOW - Duration::DAY,
            until_at: NOW + Duration::DAY,
            ended_at,
            mine,
        }
    }

    fn page(items: Vec<HandedSeat>, own_seats: Vec<Role>) -> DelegationsPage {
        DelegationsPage {
            product: GuidedProduct {
                id: Id::new(person(9).uuid()),
                key: "PAY".parse().unwrap(),
                name: HOSTILE.to_owned(),
                grants: Grants::default(),
            },
            items,
            next: None,
            own_seats,
            people: vec![(person(2), HOSTILE.to_owned())],
            zone: "Europe/Berlin".to_owned(),
            now: NOW,
        }
    }

    fn shown(page: DelegationsPage) -> String {
        html(|| view! { <DelegationsScreen page form=delegation_form("x") /> })
    }

    #[test]
    fn only_ones_own_open_seat_can_be_taken_back_and_markup_stays_text() {
        let items = vec![seat(1, true, None), seat(2, true, Some(NOW)), seat(3, false, None)];
        let html = shown(page(items, vec![Role::SecurityReviewer]));
        assert_eq!(html.matches("/end\"").count(), 1, "{html}");
        assert!(html.contains("In force") && html.contains("Taken back"), "{html}");
        assert!(html.contains("name=\"to\"") && html.contains("Hand the seat on"), "{html}");
        assert!(html.contains("over when this day is, in Europe/Berlin"), "{html}");
        assert!(!html.contains("<script>alert"), "{html}");
    }

    #[test]
    fn whoever_has_no_seat_reads_who_has() {
        let html = shown(page(Vec::new(), Vec::new()));
        assert!(!html.contains("name=\"to\"") && html.contains("No seat was handed on"), "{html}");
        assert!(html.contains("security reviewer"), "{html}");
    }
}
