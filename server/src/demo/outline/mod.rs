//! Outlines: features told in a few sentences, which unfold into the same steps as a tale, by a script for each phase.

mod phases;
mod shipping;

use sluice_domain::{
    policy::{EvidenceKind, Tier},
    record::{Values, risk},
    threat::{Severity, Stride, ThreatStatus, Treatment},
};

use self::phases::script;
use super::{
    calendar::at,
    script::{Act, Requirement, Step, Story, Threat, Who, approve},
};

/// A feature in outline. What a phase asks for and the outline does not say is left undone.
#[derive(Debug)]
pub(super) struct Outline {
    pub(super) product: &'static str,
    pub(super) title: &'static str,
    pub(super) description: &'static str,
    pub(super) owner: Who,
    /// Who writes the code, and whose merge requests have which two reviewers is settled by it.
    pub(super) builder: Who,
    /// Days from today to the target date.
    pub(super) due: Option<i64>,
    /// How many working days ago the work on each phase began, from the first one to the one where it stands.
    pub(super) days: &'static [u8],
    /// Where it stands in the last of these phases.
    pub(super) stand: Stand,
    /// What happens besides, after all that.
    pub(super) then: &'static [Step],
    /// Reasons that reviewers give as they approve, in order; further ones give none.
    pub(super) remarks: &'static [&'static str],
    /// Questions of the risk questionnaire that are answered with yes, and what else matters.
    pub(super) risk: (&'static [&'static str], &'static str),
    pub(super) plan: Plan,
    pub(super) functional: &'static [Requirement],
    /// Codes of starters that are picked.
    pub(super) starters: &'static [&'static str],
    pub(super) security: &'static [Requirement],
    /// Controls of the first phase that do not apply, with the reason.
    pub(super) spared: &'static [(&'static str, &'static str)],
    pub(super) testing: &'static [SecurityTesting],
    pub(super) notices: &'static [Notice],
    /// How it works, and where each security control acts.
    pub(super) design: (&'static str, &'static str),
    /// Answers to the four questions.
    pub(super) model: [&'static str; 4],
    pub(super) threats: &'static [Threat],
    pub(super) decisions: &'static [Decision],
    /// A picture of the data flow, or a document that has one: file and title.
    pub(super) picture: Option<(&'static str, &'static str)>,
    /// What sums the countermeasures up.
    pub(super) countermeasures: &'static str,
    /// Numbers and titles of the merge requests. The last one completes every control.
    pub(super) changes: &'static [(u16, &'static str)],
    /// The automated checks: class and name.
    pub(super) checks: &'static [(&'static str, &'static str)],
    /// Method and plan of testing.
    pub(super) method: (&'static str, &'static str),
    /// Reports of tests: file, title and note.
    pub(super) reports: &'static [(&'static str, &'static str, &'static str)],
    pub(super) findings: &'static [Finding],
    /// What was tested, and what came of it.
    pub(super) summary: (&'static str, &'static str),
    pub(super) release: Release,
    pub(super) feedback: &'static [Feedback],
    /// What the posture review saw, and in how many days the next one is.
    pub(super) posture: Option<(&'static str, i64)>,
    pub(super) lessons: &'static str,
    /// Further evidence: the place of its phase, file, kind and title.
    pub(super) documents: &'static [(usize, &'static str, EvidenceKind, &'static str)],
    /// What ends the last phase: control and note, or the file of the plan for a transition.
    pub(super) farewell: &'static [(&'static str, &'static str)],
}

/// Where an outline stands in its last phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stand {
    /// So many of a hundred parts of the phase's work are done.
    Begun(usize),
    /// All of it is done.
    Ready,
    /// The review was requested so many working days ago.
    InReview(u8),
    /// The last gate is open, since so many working days.
    Finished(u8),
}

/// What the plan says. Fields that are empty are not said.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    pub(super) scope: &'static str,
    pub(super) goals: &'static str,
    pub(super) resources: &'static str,
    pub(super) timeline: &'static str,
    pub(super) market: &'static str,
}

/// A kind of security testing, and what comes of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct SecurityTesting {
    pub(super) method: &'static str,
    /// Its scope, or why it is not needed.
    pub(super) note: &'static str,
    /// Its report (file, kind and title) and its result; nothing where it is set aside.
    pub(super) outcome: Option<(&'static str, EvidenceKind, &'static str, &'static str)>,
}

/// A notice to marketing or support.
#[derive(Clone, Copy, Debug)]
pub(super) struct Notice {
    pub(super) audience: &'static str,
    pub(super) text: &'static str,
    /// What they answered, where they did.
    pub(super) answer: Option<&'static str>,
}

/// A design decision.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_field_names, reason = "the fields are called as the form calls them")]
pub(super) struct Decision {
    pub(super) title: &'static str,
    pub(super) context: &'static str,
    pub(super) decision: &'static str,
    pub(super) alternatives: &'static str,
    pub(super) implementation: &'static str,
    pub(super) verification: &'static str,
}

/// Something that testing found, fixed and validated.
#[derive(Clone, Copy, Debug)]
pub(super) struct Finding {
    pub(super) severity: &'static str,
    pub(super) title: &'static str,
    pub(super) description: &'static str,
    pub(super) fix: &'static str,
    pub(super) validation: &'static str,
}

/// What a release takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Release {
    pub(super) settings: &'static str,
    pub(super) distribution: &'static str,
    /// Name and version of what ships.
    pub(super) artefact: &'static str,
    /// The bill of materials: file and title.
    pub(super) components: Option<(&'static str, &'static str)>,
    pub(super) updates: &'static str,
    pub(super) incident: &'static str,
    pub(super) signals: &'static str,
    pub(super) triage: &'static str,
    pub(super) staging: &'static str,
    pub(super) notes: &'static str,
    pub(super) known: &'static str,
    pub(super) production: &'static str,
    pub(super) watched: &'static str,
    pub(super) vulnerabilities: &'static str,
    /// Why there was no incident to handle, where that is asked.
    pub(super) incidents: &'static str,
}

/// What a user said, and what became of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Feedback {
    pub(super) title: &'static str,
    pub(super) source: &'static str,
    pub(super) text: &'static str,
    pub(super) class: &'static str,
    pub(super) analysis: &'static str,
    /// The state in which it is left: `new`, `analysed` or `closed`.
    pub(super) state: &'static str,
}

/// Nothing yet: what outlines begin with.
pub(super) const BLANK: Outline = Outline {
    product: "",
    title: "",
    description: "",
    owner: Who::Ana,
    builder: Who::Ana,
    due: None,
    days: &[],
    stand: Stand::Ready,
    then: &[],
    remarks: &[],
    risk: (&[], ""),
    plan: Plan { scope: "", goals: "", resources: "", timeline: "", market: "" },
    functional: &[],
    starters: &[],
    security: &[],
    spared: &[],
    testing: &[],
    notices: &[],
    design: ("", ""),
    model: [""; 4],
    threats: &[],
    decisions: &[],
    picture: None,
    countermeasures: "",
    changes: &[],
    checks: &[],
    method: ("", ""),
    reports: &[],
    findings: &[],
    summary: ("", ""),
    release: Release {
        settings: "",
        distribution: "",
        artefact: "",
        components: None,
        updates: "",
        incident: "",
        signals: "",
        triage: "",
        staging: "",
        notes: "",
        known: "",
        production: "",
        watched: "",
        vulnerabilities: "",
        incidents: "",
    },
    feedback: &[],
    posture: None,
    lessons: "",
    documents: &[],
    farewell: &[],
};

/// A functional requirement.
pub(super) const fn does(title: &'static str, acceptance: &'static str) -> Requirement {
    Requirement { family: "", title, acceptance }
}

/// A security requirement.
pub(super) const fn keeps(
    family: &'static str,
    title: &'static str,
    acceptance: &'static str,
) -> Requirement {
    Requirement { family, title, acceptance }
}

impl Outline {
    /// The tier that follows from the answers of the risk questionnaire; the lowest where it is still open.
    pub(super) fn tier(&self) -> Tier {
        let answers = self.risk.0.iter().fold(Values::default(), |answers, key| answers.with(key, "yes"));
        risk::assess(&answers).tier
    }

    /// Unfolds it. `place` is its place among the outlines: it varies the hours, and who reviews.
    pub(super) fn unfold(&self, place: usize) -> Story {
        let mut diary = Diary { place, day: u8::MAX, minute: 0, steps: Vec::new() };
        let begin = self.days.first().copied().unwrap_or(1);
        for (phase, from) in self.days.iter().copied().enumerate() {
            let work = script(self, phase);
            let next = self.days.get(phase + 1);
            let (until, count) = match (next, self.stand) {
                (Some(next), _) => (next + 2, work.len()),
                (None, Stand::Begun(parts)) => (1, work.len() * parts / 100),
                (None, Stand::Ready) => (1, work.len()),
                (None, Stand::InReview(day)) => (day, work.len()),
                (None, Stand::Finished(day)) => (day + 1, work.len()),
            };
            let until = until.min(from);
            for (part, who, act) in work.into_iter().take(count) {
                diary.write(
                    from - u8::try_from(usize::from(from - until) * part / 100).unwrap_or(0),
                    who,
                    act,
                );
            }
            match (next, self.stand) {
                (Some(_), _) | (None, Stand::InReview(_) | Stand::Finished(_)) => {
                    diary.write(until, self.asks(phase), Act::Ask);
                }
                (None, _) => {}
            }
            if next.is_some() || matches!(self.stand, Stand::Finished(_)) {
                self.sign(&mut diary, phase, until - 1);
            }
        }
        let mut steps = diary.steps;
        steps.extend(self.then.iter().cloned());
        steps.sort_by_key(|(when, ..)| when.order());
        Story {
            product: self.product,
            title: self.title,
            description: self.description,
            owner: self.owner,
            tier: self.tier(),
            due: self.due,
            begins: at(begin, 8, 20 + u8::try_from(place % 30).unwrap_or(0)),
            steps,
        }
    }

    /// Who hands the gate of a phase over.
    fn asks(&self, phase: usize) -> Who {
        match phase {
            0 => Who::Ana,
            3 => Who::Gita,
            _ => self.builder,
        }
    }

    /// Everybody signs whose seat the built-in policy has at this gate.
    fn sign(&self, diary: &mut Diary, phase: usize, day: u8) {
        let (one, other) =
            if (diary.place + phase).is_multiple_of(2) { (Who::Ben, Who::Chi) } else { (Who::Chi, Who::Ben) };
        let remark = self.remarks.get(phase).copied().unwrap_or_default();
        diary.write(day, one, approve(remark));
        if self.tier() == Tier::High && (1..=3).contains(&phase) {
            diary.write(day, other, approve(""));
        }
        if self.tier() > Tier::Low && phase == 4 {
            let act =
                Act::Approve(sluice_domain::access::Role::ReleaseManager, "Went through staging as planned.");
            diary.write(day, Who::Hugo, act);
        }
    }
}

/// Steps, as they are written down one after the other.
struct Diary {
    place: usize,
    day: u8,
    minute: u16,
    steps: Vec<Step>,
}

impl Diary {
    /// Writes the next step down, some minutes after the one before or in the morning of another day.
    fn write(&mut self, day: u8, who: Who, act: Act) {
        let varied =
            |most: usize| u16::try_from((self.place * 7 + self.steps.len() * 11) % most).unwrap_or(0);
        if day == self.day {
            self.minute += 4 + varied(13);
        } else {
            self.day = day;
            self.minute = 9 * 60 + varied(75);
        }
        let (hour, minute) = (self.minute / 60, self.minute % 60);
        let when = at(day, u8::try_from(hour).unwrap_or(17), u8::try_from(minute).unwrap_or(0));
        self.steps.push((when, who, act));
    }
}

/// A threat that is to be mitigated.
pub(super) const fn threat(
    title: &'static str,
    element: &'static str,
    stride: Stride,
    severity: Severity,
    description: &'static str,
    countermeasure: &'static str,
    owner: Who,
) -> Threat {
    Threat {
        title,
        element,
        stride,
        severity,
        description,
        treatment: Some(Treatment::Mitigate),
        countermeasure,
        owner: Some(owner),
        status: ThreatStatus::Planned,
    }
}

/// A kind of security testing that is promised, its report and its result.
pub(super) const fn promised(
    method: &'static str,
    note: &'static str,
    report: (&'static str, EvidenceKind, &'static str),
    result: &'static str,
) -> SecurityTesting {
    SecurityTesting { method, note, outcome: Some((report.0, report.1, report.2, result)) }
}

/// A kind of security testing that is set aside.
pub(super) const fn set_aside(method: &'static str, note: &'static str) -> SecurityTesting {
    SecurityTesting { method, note, outcome: None }
}
