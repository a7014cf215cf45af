//! The work of a phase: its checklist, control by control, and what it puts on record.

mod control;
mod work;

use leptos::prelude::*;
use sluice_domain::{
    access::Action,
    form::{FieldProblem, Fields},
    ids::FeatureKey,
    lifecycle::{Progress, Turn},
    place::Place,
    policy::{Control, PhaseKey},
    words::{self, Label},
};
use sluice_service::{
    features::{FeatureSummary, PhaseState},
    phases::{ControlState, PhasePage},
};
use time::OffsetDateTime;

use self::{
    control::{control_card, may_mark},
    work::work_card,
};
use super::{FeatureFrame, FeatureSection};
use crate::{
    components::{Badge, Card, EmptyState, ErrorSummary, Notice, NoticeKind, Tone},
    form::Form,
};

/// The control whose form is open. Only one is, so that the ids of its fields are unique on the page.
#[derive(Clone, Debug)]
pub struct OpenControl {
    key: String,
    typed: Option<Form>,
    conflict: bool,
}

impl OpenControl {
    /// Somebody opens the form of a control.
    #[must_use]
    pub fn new(key: impl Into<String>) -> Self {
        Self { key: key.into(), typed: None, conflict: false }
    }

    /// The form was refused: it comes back with what was typed and what is wrong with it.
    #[must_use]
    pub fn refused(fields: &Fields, problems: &[FieldProblem]) -> Self {
        let typed = Some(Form::refused(fields, problems));
        Self { key: fields.get("control").to_owned(), typed, conflict: false }
    }

    /// Somebody else saved the control since the form was opened: both versions are shown.
    #[must_use]
    pub fn conflict(fields: &Fields) -> Self {
        Self { conflict: true, ..Self::refused(fields, &[]) }
    }
}

/// What every control of the page needs to know of it.
struct Scene {
    key: FeatureKey,
    phase: PhaseKey,
    now: OffsetDateTime,
    /// Where the feature stands to this phase.
    stands: Stands,
    /// The reader may add evidence here.
    may_add: bool,
}

/// Where a feature stands to a phase.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stands {
    /// The phase comes later.
    Before,
    /// The feature is in it.
    In,
    /// An emergency went through it, and its gate is owed.
    Owes,
    /// Its gate has opened.
    Past,
    /// The feature is finished, or rests: nothing of it changes.
    Still,
}

impl Stands {
    fn of(summary: &FeatureSummary, phase: &PhaseKey) -> Self {
        if summary.progress.attempt().is_err() {
            return Self::Still;
        }
        match summary.steps.iter().find(|step| step.key == *phase).map(|step| &step.state) {
            Some(PhaseState::Here { .. }) => Self::In,
            Some(PhaseState::Owed { .. }) => Self::Owes,
            Some(PhaseState::Passed { .. }) => Self::Past,
            Some(PhaseState::Todo) | None => Self::Before,
        }
    }

    /// Whether its checklist is worked on: what a passed gate asks for and no longer has is put right there as well.
    const fn is_reached(self) -> bool {
        matches!(self, Self::In | Self::Owes | Self::Past)
    }
}

impl Scene {
    fn new(summary: &FeatureSummary, phase: &PhaseKey) -> Self {
        let stands = Stands::of(summary, phase);
        Self {
            key: summary.key.clone(),
            phase: phase.clone(),
            now: summary.now,
            stands,
            may_add: stands != Stands::Still && summary.may(Action::AddEvidence),
        }
    }

    /// The page with the form of a control open.
    fn open(&self, control: &Control) -> String {
        format!("{}?open={}", Place::Phase(self.phase.clone()).path(&self.key), control.key)
    }

    /// The form that adds evidence for a control.
    fn add_evidence(&self, control: &Control) -> String {
        let list = Place::EvidenceList.path(&self.key);
        format!("{list}?for=control:{}/{}#add", self.phase, control.key)
    }
}

/// The work of one phase.
#[component]
pub fn PhaseWorkPage(
    /// The phase and its checklist.
    page: PhasePage,
    /// The control whose form is open.
    open: Option<OpenControl>,
) -> impl IntoView {
    let PhasePage { summary, phase, mut controls, work, not_owed } = page;
    let scene = Scene::new(&summary, &phase.key);
    let purpose = purpose(&phase.name, &phase.purpose, &controls, not_owed, &summary, !work.is_empty());
    let notice = notice(&scene, &summary);
    let work = work_card(&scene, &work);
    let mut open = open.filter(|open| {
        let state = controls.iter().find(|state| state.control.key.as_str() == open.key);
        open.typed.is_some() || state.is_some_and(|state| may_mark(&scene, state))
    });
    // A form that was refused without a control of this page, or by a reader without the role, still says why.
    let stray = open
        .as_ref()
        .filter(|open| {
            !controls.iter().any(|state| state.control.key.as_str() == open.key && may_mark(&scene, state))
        })
        .and_then(|open| open.typed.clone())
        .map(|form| view! { <ErrorSummary form /> });
    // Both versions stand at the top of the checklist: without a script nothing else leads the reader there.
    if let Some(conflicting) = open.as_ref().filter(|open| open.conflict) {
        controls.sort_by_key(|state| state.control.key.as_str() != conflicting.key);
    }
    let cards = controls
        .into_iter()
        .map(|state| {
            let open = open.take_if(|open| open.key == state.control.key.as_str());
            control_card(&scene, state, open)
        })
        .collect_view();
    view! {
        <FeatureFrame summary section=FeatureSection::Phase here=phase.name>
            {stray}
            {purpose}
            {notice}
            {cards}
            {work}
        </FeatureFrame>
    }
}

fn purpose(
    name: &str,
    purpose: &str,
    controls: &[ControlState],
    not_owed: usize,
    summary: &FeatureSummary,
    has_work: bool,
) -> AnyView {
    if controls.is_empty() {
        let title = format!("{name}: nothing to do for a {} feature", Label::label(&summary.tier));
        return view! { <EmptyState title why="The policy asks for controls of this phase from higher tiers only. Its gate still has to be signed." /> }
            .into_any();
    }
    let met = controls.iter().filter(|state| state.met).count();
    let text = format!("{met} of {} controls met", controls.len());
    let tone = if met == controls.len() { Tone::Open } else { Tone::Neutral };
    let side = view! { <Badge text tone /> }.into_any();
    let left_out = match not_owed {
        0 => None,
        1 => Some("1 more control".to_owned()),
        count => Some(format!("{count} more controls")),
    }
    .map(|count| {
        let words = format!(
            "{count} of this phase apply to other risk tiers, not to this {} feature.",
            Label::label(&summary.tier)
        );
        view! { <p class="muted small">{words}</p> }
    });
    let purpose = purpose.to_owned();
    let work = has_work.then(|| view! { <p><a href="#work">"What this phase puts on record"</a></p> });
    view! {
        <Card title=name.to_owned() side>
            <p class="measure">{purpose}</p>
            {left_out}
            {work}
        </Card>
    }
    .into_any()
}

/// Why the checklist cannot be worked on, or what work on it brings about.
fn notice(scene: &Scene, summary: &FeatureSummary) -> Option<AnyView> {
    let in_review = summary.progress.attempt().is_ok_and(|attempt| attempt.turn != Turn::Team);
    let who = words::who_can(Action::DoControl.product_roles());
    let (kind, title, text) = if scene.stands == Stands::Still {
        // What rests says so at the top of every page.
        let finished = matches!(summary.progress, Progress::Finished { .. });
        let text = "The feature is finished, so its checklist stays as it was signed.".to_owned();
        return finished.then(|| told(NoticeKind::Info, "This phase is passed", text, None));
    } else if scene.stands == Stands::Before {
        let text = "Phases are worked through in order, none is skipped. Below is what will be owed; evidence can be added ahead of time.";
        (NoticeKind::Info, "The feature is not in this phase yet", text.to_owned())
    } else if scene.stands == Stands::Past {
        let text = "Its checklist was signed. What is changed here is shown to its reviewers as a change after signing, and the next gate waits until one of them accepts it.".to_owned();
        (NoticeKind::Info, "This phase is passed", text)
    } else if scene.stands == Stands::Owes {
        let text = "What is missing is done here, as before any gate. Then the gate is signed.".to_owned();
        let link = (Place::Owed(scene.phase.clone()).path(&scene.key), "Open what is owed");
        return Some(told(
            NoticeKind::Warning,
            "An emergency went through this gate, and it is owed",
            text,
            Some(link),
        ));
    } else if !summary.may(Action::DoControl) {
        let text = format!("Its controls are done by the {who} of {}.", summary.product_name);
        (NoticeKind::Info, "You can read this checklist, not work on it", text)
    } else if in_review {
        let text = "A change here changes what they sign: it voids the sign-offs given so far at this gate."
            .to_owned();
        (NoticeKind::Warning, "The reviewers have the turn", text)
    } else {
        return None;
    };
    Some(told(kind, title, text, None))
}

fn told(
    kind: NoticeKind,
    title: &'static str,
    text: String,
    link: Option<(String, &'static str)>,
) -> AnyView {
    let link = link.map(|(href, words)| view! { <p><a href=href>{words}</a></p> });
    view! {
        <Notice kind title>
            <p>{text}</p>
            {link}
        </Notice>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use sluice_domain::{
        access::Grants,
        form::Problem,
        gate::Mark,
        policy::Proof,
        record::{RecordKind, Shortfall, State, Values},
    };
    use sluice_service::{
        phases::AttachedEvidence,
        records::{KindSummary, RecordItem},
    };

    use super::*;
    use crate::pages::features::sample;

    const EVIL: &str = "</textarea><script>alert(1)</script>";

    fn page() -> PhasePage {
        let summary = sample::summary("Card <script>");
        let phase = sample::policy().phases.remove(0);
        let controls = phase
            .controls
            .iter()
            .map(|control| ControlState {
                control: Control { proof: Proof::Statement, ..control.clone() },
                mark: Mark::Open,
                note: EVIL.to_owned(),
                version: 2,
                by: Some(("Bo <script>".to_owned(), sample::NOW)),
                evidence: vec![AttachedEvidence { number: 3, title: EVIL.to_owned(), kind: "Plan" }],
                lacks: Vec::new(),
                met: false,
                may_do: true,
            })
            .collect();
        PhasePage { summary, phase, controls, work: Vec::new(), not_owed: 0 }
    }

    fn fields() -> Fields {
        let pairs = [("control", "scope-and-goals"), ("mark", "done"), ("note", EVIL), ("version", "1")];
        Fields::new(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec())
    }

    fn render(page: PhasePage, open: Option<OpenControl>) -> String {
        view! { <PhaseWorkPage page open /> }.to_html()
    }

    #[test]
    fn the_form_opens_for_one_control_and_text_stays_text() {
        let html = render(page(), Some(OpenControl::new("scope-and-goals")));
        assert!(!html.contains("<script"), "{html}");
        assert_eq!(html.matches("<textarea").count(), 1, "{html}");
        assert_eq!(html.matches("</textarea>").count(), 1, "{html}");
        assert_eq!(html.matches("id=\"note\"").count(), 1, "{html}");
        assert!(html.contains("name=\"version\" value=\"2\""), "{html}");
        assert!(
            html.contains("action=\"/features/PAY-12/phases/requirements?open=scope-and-goals\""),
            "{html}"
        );
        assert!(html.contains("?for=control:requirements/scope-and-goals#add"), "{html}");
    }

    #[test]
    fn a_refused_form_comes_back_with_what_was_typed() {
        let problem = FieldProblem { field: "note", label: "What was done", problem: Problem::ReasonNeeded };
        let html = render(page(), Some(OpenControl::refused(&fields(), &[problem])));
        assert!(html.contains("href=\"#note\"") && html.contains("id=\"note-error\""), "{html}");
        assert!(html.contains("value=\"done\" checked"), "{html}");
        assert!(html.contains("name=\"version\" value=\"1\""), "{html}");
        assert!(!html.contains("<script"), "{html}");
    }

    #[test]
    fn a_conflict_shows_both_and_carries_the_new_version() {
        let html = render(page(), Some(OpenControl::conflict(&fields())));
        assert!(html.contains("saved this just now while you were editing"), "{html}");
        assert!(
            html.contains("name=\"version\" value=\"2\"") && html.contains("Save mine over theirs"),
            "{html}"
        );
        assert!(!html.contains("<script"), "{html}");
    }

    #[test]
    fn who_may_not_work_on_it_reads_who_can() {
        let mut page = page();
        page.summary.grants = Grants::default();
        for state in &mut page.controls {
            state.may_do = false;
        }
        let html = render(page, Some(OpenControl::new("scope-and-goals")));
        assert!(!html.contains("<form") && !html.contains("Add evidence"), "{html}");
        assert!(html.contains("The product manager of this product can do it."), "{html}");
    }

    #[test]
    fn a_later_phase_is_read_only_and_says_why() {
        let mut page = page();
        page.phase = sample::policy().phases.remove(1);
        let html = render(page, Some(OpenControl::new("scope-and-goals")));
        assert!(html.contains("not in this phase yet") && html.contains("Not started"), "{html}");
        assert!(!html.contains("<form") && !html.contains("Work on it"), "{html}");
    }

    /// The page of a phase that the feature stands so to.
    fn standing(state: PhaseState) -> String {
        let mut page = page();
        page.summary.steps[0].state = state;
        render(page, Some(OpenControl::new("scope-and-goals")))
    }

    #[test]
    fn what_is_behind_the_feature_is_put_right_where_it_is() {
        let html = standing(PhaseState::Passed { at: sample::NOW, cycle: 1 });
        assert!(html.contains("This phase is passed") && html.contains("a change after signing"), "{html}");
        assert!(html.contains("name=\"mark\"") && html.contains("#add"), "{html}");

        let html = standing(PhaseState::Owed { at: sample::NOW, cycle: 1, due: sample::NOW });
        assert!(html.contains("An emergency went through this gate"), "{html}");
        assert!(html.contains("href=\"/features/PAY-12/owed/requirements\""), "{html}");
        assert!(html.contains("name=\"mark\"") && html.contains("#add"), "{html}");
    }

    #[test]
    fn a_feature_at_rest_and_a_finished_one_stay_as_they_are() {
        let mut page = page();
        let finished = Progress::Finished { at: sample::NOW };
        for (progress, told) in
            [(page.summary.progress.clone().hold(None, sample::NOW).ok(), false), (Some(finished), true)]
        {
            page.summary.progress = progress.unwrap_or_else(|| page.summary.progress.clone());
            let html = render(page.clone(), Some(OpenControl::new("scope-and-goals")));
            assert!(
                !html.contains("<form") && !html.contains("Work on it") && !html.contains("#add"),
                "{html}"
            );
            assert_eq!(html.contains("This phase is passed"), told, "{html}");
        }
    }

    /// The page as the policy has it: records prove its controls.
    fn on_record(lacks: &[Shortfall]) -> PhasePage {
        let mut page = page();
        let controls = sample::policy().phases.remove(0).controls;
        for (state, control) in page.controls.iter_mut().zip(controls) {
            state.control = control;
            (state.note, state.by) = (String::new(), None);
            state.evidence.clear();
            state.lacks = lacks.to_vec();
            state.met = lacks.is_empty();
        }
        page
    }

    fn record(kind: RecordKind, state: &'static State) -> RecordItem {
        RecordItem {
            kind,
            number: 4,
            title: EVIL.to_owned(),
            state,
            severity: None,
            owner: None,
            due: None,
            values: Values::default(),
            state_by: EVIL.to_owned(),
            state_at: sample::NOW,
            version: 1,
            author: EVIL.to_owned(),
            changed_at: sample::NOW,
        }
    }

    #[test]
    fn what_records_still_lack_leads_to_where_it_is_put_right() {
        let lacks = [
            Shortfall::Nothing { kind: RecordKind::Requirement, what: "security requirement" },
            Shortfall::Waits {
                kind: RecordKind::Requirement,
                number: 4,
                title: EVIL.to_owned(),
                state: "Proposed",
            },
        ];
        let html = render(on_record(&lacks), None);
        assert!(html.contains("No security requirement is on record"), "{html}");
        assert!(
            html.contains("href=\"/features/PAY-12/records/requirement\">Add a requirement</a>"),
            "{html}"
        );
        assert!(html.contains("href=\"/features/PAY-12/records/requirement/4\">Open R-4</a>"), "{html}");
        assert!(!html.contains("<script") && !html.contains("Add evidence"), "{html}");
        let html = render(on_record(&[]), None);
        assert!(html.contains("On record") && !html.contains("class=\"lacks\""), "{html}");
        assert!(html.contains("href=\"/features/PAY-12/records/plan\""), "{html}");
        assert!(html.contains("Done by: product manager. Source: SDL 1.1."), "{html}");
    }

    #[test]
    fn records_are_not_marked_as_done_but_set_aside_where_the_policy_lets_them() {
        let html = render(on_record(&[]), Some(OpenControl::new("scope-and-goals")));
        assert!(!html.contains("<form"), "{html}");
        let html = render(on_record(&[]), Some(OpenControl::new("authentication")));
        assert!(html.contains("What is on record proves it.") && !html.contains("value=\"done\""), "{html}");
        assert!(html.contains("value=\"not-applicable\""), "{html}");
    }

    #[test]
    fn the_work_of_a_phase_shows_each_kind_with_its_next_step() {
        let kind = RecordKind::Requirement;
        let requirements = KindSummary {
            kind,
            total: 5,
            open: 2,
            items: vec![record(kind, kind.spec().first_state())],
            may_write: true,
        };
        let plan =
            KindSummary { kind: RecordKind::Plan, total: 0, open: 0, items: Vec::new(), may_write: true };
        let mut page = page();
        page.work = vec![requirements.clone(), plan.clone()];
        let html = render(page.clone(), None);
        assert!(html.contains("5, 2 open") && html.contains("href=\"#work\""), "{html}");
        assert!(html.contains("href=\"/features/PAY-12/records/requirement/new\""), "{html}");
        assert!(html.contains("href=\"/features/PAY-12/starters\""), "{html}");
        assert!(html.contains("Write the plan") && html.contains("What the feature is for"), "{html}");
        assert!(!html.contains("<script"), "{html}");
        page.work =
            vec![KindSummary { may_write: false, ..requirements }, KindSummary { may_write: false, ..plan }];
        let html = render(page, None);
        assert!(!html.contains("/new\"") && !html.contains("Write the plan"), "{html}");
    }
}
