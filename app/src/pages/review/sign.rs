//! The reader's own part: sign, withdraw, return for changes; or why not, and who can.

use leptos::prelude::*;
use sluice_domain::{
    access::Role,
    canonical::Digest,
    gate::{Blocker, Decision, Verdict},
    ids::SignOffId,
    lifecycle::{Refusal, Seats},
    place::Place,
    words::{self, Label},
};
use sluice_service::{
    features::FeatureSummary,
    gates::{DelegatedSeat, MySeat, PastSignOff, ReviewedAttempt},
};

use crate::{
    components::{
        Button, ButtonKind, Card, Choice, ErrorSummary, FormActions, HiddenField, InputKind, Oath, PostForm,
        RadioGroup, SelectField, TextArea, TextField, Timestamp, counted,
    },
    form::Form,
};

/// The name of the reason in the form that returns for changes. The use case calls it `reason`.
pub const RETURN_REASON: &str = "return-reason";

/// The name of the reason in the form that withdraws a sign-off. The use case calls it `reason`.
pub const WITHDRAW_REASON: &str = "withdraw-reason";

/// What somebody signs, word for word. `next` is the phase after this one, if there is one.
fn statement(
    name: String,
    roles: &[Role],
    product: &str,
    items: usize,
    verdict: Verdict,
    phase: &str,
    next: Option<&str>,
) -> String {
    let roles: Vec<&str> = roles.iter().map(Label::label).collect();
    let role = words::join(&roles, "or");
    let items = counted(items, "item");
    let verdict = verdict.label();
    let step = match next {
        Some(next) => format!("the move from {phase} to {next}"),
        None => format!("the end of {phase}, the last phase"),
    };
    let rest = format!(
        ", {role} for {product}, reviewed the {items} of this dossier and {verdict} {step}. \
         This is my electronic signature."
    );
    ["I, ".to_owned(), name, rest].concat()
}

/// A seat that the reader can sign from.
pub(in crate::pages) struct Offer {
    /// What the form sends: the role, and for whom.
    value: String,
    role: Role,
    /// Whose seat it is, where it was handed on.
    behalf: Option<String>,
    /// Whether it still misses an approval.
    free: bool,
}

impl Offer {
    fn label(&self) -> String {
        let note = if self.free { "" } else { " (its seats are filled: you can only deny)" };
        match &self.behalf {
            None => format!("{}{note}", self.role.title()),
            Some(name) => format!("{} for {name}{note}", self.role.title()),
        }
    }
}

/// The seats that the reader can sign from: their own, then those that were handed to them.
pub(in crate::pages) fn offers(seat: &MySeat, delegated: &[DelegatedSeat]) -> Vec<Offer> {
    let mut offers = Vec::new();
    if let MySeat::Sign(seats) = seat {
        offers.extend(own_seats(seats));
    }
    for seat in delegated {
        if let Ok(seats) = &seat.seats {
            offers.push(Offer {
                value: format!("{}/{}", seat.role.code(), seat.from),
                role: seat.role,
                behalf: Some(seat.name.clone()),
                free: seats.free.contains(&seat.role),
            });
        }
    }
    offers
}

/// The seats as long as there is nothing to approve: from each of them a denial may come.
pub(in crate::pages) fn only_denials(offers: Vec<Offer>) -> Vec<Offer> {
    offers.into_iter().map(|offer| Offer { free: false, ..offer }).collect()
}

/// Whether there is a seat for the reader to sign from.
pub(super) fn can_sign(attempt: &ReviewedAttempt) -> bool {
    !offers(&attempt.seat, &attempt.delegated).is_empty()
}

/// The card with the form, or with the reason why there is none.
pub(super) fn signing(
    summary: &FeatureSummary,
    attempt: &ReviewedAttempt,
    viewer: String,
    form: Form,
) -> AnyView {
    let offers = offers(&attempt.seat, &attempt.delegated);
    if offers.is_empty() {
        return closed_seat(&summary.decision, &attempt.seat, &attempt.delegated);
    }
    let phase = attempt.phase.key.to_string();
    let signed = Signed {
        viewer,
        product: &summary.product_name,
        phase: &attempt.phase.name,
        next: attempt.next.as_deref(),
        items: attempt.items.len(),
        dossier: attempt.dossier,
        when: "",
    };
    let phase = view! { <HiddenField name="phase" value=phase /> }.into_any();
    sign_form(Place::Review.path(&summary.key), signed, &offers, form, Some(phase))
}

/// What is signed, and by whom.
pub(in crate::pages) struct Signed<'a> {
    /// The name that is printed on it.
    pub(in crate::pages) viewer: String,
    /// The product's name.
    pub(in crate::pages) product: &'a str,
    /// The name of the phase whose gate it is.
    pub(in crate::pages) phase: &'a str,
    /// The name of the phase after it, if there is one.
    pub(in crate::pages) next: Option<&'a str>,
    /// How many items the dossier has.
    pub(in crate::pages) items: usize,
    /// The dossier.
    pub(in crate::pages) dossier: Digest,
    /// What is said of it besides its digest, as in `, after the emergency`.
    pub(in crate::pages) when: &'static str,
}

/// The card with the form to sign with. `before` comes first in it.
pub(in crate::pages) fn sign_form(
    action: String,
    what: Signed<'_>,
    offers: &[Offer],
    form: Form,
    before: Option<AnyView>,
) -> AnyView {
    let any_free = offers.iter().any(|offer| offer.free);
    let verdict = if any_free { Verdict::Approve } else { Verdict::Deny };
    let typed = form.value("role");
    let meant: Vec<&Offer> = match offers.iter().find(|offer| offer.value == typed) {
        Some(chosen) => vec![chosen],
        None => offers.iter().filter(|offer| offer.free || !any_free).collect(),
    };
    let roles: std::collections::BTreeSet<Role> = meant.iter().map(|offer| offer.role).collect();
    let roles: Vec<Role> = roles.into_iter().collect();
    let Signed { viewer, product, phase, next, items, dossier, when } = what;
    // Both names are in the statement where it is known in whose seat it is made.
    let signer = match meant.as_slice() {
        [Offer { behalf: Some(name), .. }] => [viewer, ", in the seat of ".to_owned(), name.clone()].concat(),
        _ => viewer,
    };
    let statement = statement(signer, &roles, product, items, verdict, phase, next);
    let binding = format!(
        "Dossier {}{when}. Your decision below says whether you approve or deny; your password, given anew, binds it to \
         this dossier.",
        dossier.short()
    );
    let seat = seat_field(offers, &form);
    let decisions = decisions(any_free);
    let dossier = dossier.to_string();
    view! {
        <Card title="Sign" id="sign">
            <PostForm action>
                <ErrorSummary form=form.clone() />
                {before}
                <Oath statement binding />
                <HiddenField name="dossier" value=dossier />
                {seat}
                <RadioGroup form=form.clone() name="verdict" legend="Your decision" options=decisions />
                <TextArea
                    form=form.clone()
                    name="reason"
                    label="Reason"
                    hint="Needed to deny. Part of the record."
                    optional=true
                />
                <TextField
                    form
                    name="password"
                    label="Password"
                    kind=InputKind::Password
                    hint="Your own, once more: it makes this your signature."
                    autocomplete="current-password"
                />
                <FormActions>
                    <Button>"Sign"</Button>
                </FormActions>
            </PostForm>
        </Card>
    }
    .into_any()
}

/// The reader's own seats.
fn own_seats(seats: &Seats) -> Vec<Offer> {
    let offer = |role: &Role| Offer {
        value: role.code().to_owned(),
        role: *role,
        behalf: None,
        free: seats.free.contains(role),
    };
    seats.held.iter().map(offer).collect()
}

/// What can be decided: an approval needs a free seat, a denial does not.
fn decisions(any_free: bool) -> Vec<Choice> {
    let approve = Choice::new(Verdict::Approve.code(), "Approve")
        .hint("The gate opens with the last approval that it asks for.");
    let deny = Choice::new(Verdict::Deny.code(), "Deny")
        .hint("A veto: the gate stays closed until you withdraw it. Say why, so that the team knows what would change it.");
    if any_free { vec![approve, deny] } else { vec![deny] }
}

/// The seat: chosen where there are several, else sent along.
fn seat_field(offers: &[Offer], form: &Form) -> AnyView {
    if let [only] = offers {
        return view! { <HiddenField name="role" value=only.value.clone() /> }.into_any();
    }
    let options =
        offers.iter().map(|offer| Choice::new(offer.value.clone(), offer.label())).collect::<Vec<_>>();
    let mut free = offers.iter().filter(|offer| offer.free);
    let form = match (free.next(), free.next()) {
        (Some(only), None) if form.value("role").is_empty() => form.clone().set("role", only.value.clone()),
        _ => form.clone(),
    };
    view! {
        <SelectField
            form
            name="role"
            label="Your role"
            options
            prompt="Choose the role in which you sign"
            hint="One person fills one seat: one's own, or that of somebody who handed it on."
        />
    }
    .into_any()
}

/// Why there is no seat for the reader: neither their own nor one that was handed to them.
pub(in crate::pages) fn closed_seat(
    decision: &Decision,
    seat: &MySeat,
    delegated: &[DelegatedSeat],
) -> AnyView {
    let handed = delegated.iter().find_map(|seat| {
        let refusal = seat.seats.as_ref().err()?;
        let seat = format!("{} handed you a seat, but you cannot sign in it.", seat.name);
        Some(format!("{seat} {}", words::refusal(refusal)))
    });
    match (seat, handed) {
        (MySeat::No(refusal), _) => {
            closed(decision, words::refusal(refusal), *refusal == Refusal::AlreadySigned)
        }
        (_, Some(why)) => closed(decision, why, false),
        _ => closed(decision, "Your roles in this product sign no gates.".to_owned(), false),
    }
}

/// Why the reader cannot sign, and who can.
fn closed(decision: &Decision, why: String, signed: bool) -> AnyView {
    let missing: Vec<Role> = decision
        .blockers
        .iter()
        .filter_map(|blocker| match blocker {
            Blocker::SignOffsMissing { role, .. } => Some(*role),
            _ => None,
        })
        .collect();
    let who = (!missing.is_empty()).then(|| {
        let who = words::who_can(&missing);
        let text = if signed {
            format!("The gate still waits for a {who}.")
        } else {
            format!("Any {who} of this product can sign who wrote no part of the dossier.")
        };
        view! { <p class="muted">{text}</p> }
    });
    view! {
        <Card title="Sign" id="sign">
            <div class="stack-s">
                <p>{why}</p>
                {who}
            </div>
        </Card>
    }
    .into_any()
}

/// The form that ends the cycle and hands the turn back.
pub(super) fn returning(summary: &FeatureSummary, cycle: i32, form: Form) -> AnyView {
    let action = format!("{}/return", Place::Review.path(&summary.key));
    let effect = format!(
        "This ends cycle {cycle} and hands the turn to the team, with your reason. Sign-offs of this cycle stay in the \
         record and do not count in the next one."
    );
    view! {
        <Card title="Return for changes" id="return">
            <PostForm action>
                <ErrorSummary form=form.clone() />
                <p>{effect}</p>
                <HiddenField name="cycle" value=cycle.to_string() />
                <TextArea form name=RETURN_REASON label="The reason" hint="What has to change. Part of the record." />
                <FormActions>
                    <Button kind=ButtonKind::Quiet>"Return for changes"</Button>
                </FormActions>
            </PostForm>
        </Card>
    }
    .into_any()
}

/// The form that takes the reader's own sign-off back.
pub(super) fn withdrawing(summary: &FeatureSummary, own: &PastSignOff, form: Form) -> AnyView {
    let effect = match own.verdict {
        Verdict::Approve => "It then no longer counts; you can sign anew. It stays in the record.",
        Verdict::Deny => {
            "Your veto then ends, and the gate opens if nothing else is missing. It stays in the record."
        }
    };
    let (at, now) = (own.signed_at, summary.now);
    let said = view! {
        {format!("You {} as {}, ", past(own.verdict), own.role.label())}
        <Timestamp at now />
        ". "
        {effect}
    };
    withdraw_form(&Place::Review.path(&summary.key), own.id, said.into_any(), form)
}

/// What somebody did who signed so.
pub(in crate::pages) const fn past(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Approve => "approved",
        Verdict::Deny => "denied",
    }
}

/// The card with the form that takes this sign-off back which was given at `place`.
pub(in crate::pages) fn withdraw_form(place: &str, id: SignOffId, said: AnyView, form: Form) -> AnyView {
    let (action, id) = (format!("{place}/withdraw"), id.to_string());
    view! {
        <Card title="Your sign-off" id="withdraw">
            <PostForm action>
                <ErrorSummary form=form.clone() />
                <p>{said}</p>
                <HiddenField name="sign-off" value=id />
                <TextArea
                    form=form.clone()
                    name=WITHDRAW_REASON
                    label="The reason"
                    hint="Why you take it back. Part of the record."
                    rows=2
                />
                <TextField
                    form
                    name="password"
                    label="Password"
                    hint="Your own, once more: taking a signature back is as much an act as giving it."
                    kind=InputKind::Password
                    autocomplete="current-password"
                />
                <FormActions>
                    <Button kind=ButtonKind::Danger>"Withdraw your sign-off"</Button>
                </FormActions>
            </PostForm>
        </Card>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statement_names_person_role_product_dossier_and_step() {
        let said = statement(
            "Ben Ode".to_owned(),
            &[Role::SecurityReviewer],
            "Payments",
            14,
            Verdict::Approve,
            "Development",
            Some("Testing"),
        );
        assert_eq!(
            said,
            "I, Ben Ode, security reviewer for Payments, reviewed the 14 items of this dossier and approve the move from \
             Development to Testing. This is my electronic signature."
        );
        let roles = [Role::SecurityReviewer, Role::ReleaseManager];
        let said =
            statement("Ben Ode".to_owned(), &roles, "Payments", 1, Verdict::Deny, "Post-release", None);
        assert_eq!(
            said,
            "I, Ben Ode, security reviewer or release manager for Payments, reviewed the 1 item of this dossier and deny the \
             end of Post-release, the last phase. This is my electronic signature."
        );
    }

    fn offer(role: Role, behalf: Option<&str>, free: bool) -> Offer {
        let value = match behalf {
            None => role.code().to_owned(),
            Some(name) => format!("{}/{name}", role.code()),
        };
        Offer { value, role, behalf: behalf.map(ToOwned::to_owned), free }
    }

    #[test]
    fn without_a_free_seat_only_a_denial_is_offered() {
        let values: Vec<String> = decisions(false).into_iter().map(|choice| choice.value).collect();
        assert_eq!(values, ["deny"]);
    }

    #[test]
    fn one_seat_is_not_asked_for_and_several_are() {
        let one = [offer(Role::SecurityReviewer, None, true)];
        let html = seat_field(&one, &Form::new()).to_html();
        assert!(html.contains("type=\"hidden\" name=\"role\" value=\"security-reviewer\""), "{html}");
        let two = [
            offer(Role::SecurityReviewer, None, false),
            offer(Role::ReleaseManager, Some("Ben <Ode>"), true),
        ];
        let html = seat_field(&two, &Form::new()).to_html();
        assert!(html.contains("Release manager for Ben &lt;Ode&gt;"), "{html}");
        assert!(html.contains("selected"), "{html}");
        assert!(html.contains("Security reviewer (its seats are filled"), "{html}");
    }
}
