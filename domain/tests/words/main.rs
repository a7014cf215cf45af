//! Every code has its words: each variant renders a sentence that a person can read.

mod problems;

use std::collections::BTreeSet;

use sluice_domain::{
    access::{Role, WorkspaceRole},
    audit::{Authentication, ObjectKind, Verb},
    dossier::ItemKind,
    gate::{Blocker, Mark, Met, Verdict},
    lifecycle::Refusal,
    policy::{ControlKey, EvidenceKind, KeyError, PhaseKey, RecordsSubject, Tier},
    record::{ListKind, RecordKind, RecordRef, Shortfall},
    threat::{Question, Severity, Stride, ThreatStatus, Treatment},
    waiver::{WaiverRefusal, WaiverState},
    words::{self, Label, join},
};

/// Words that are written with a capital letter wherever they stand.
const CAPITALS: &[&str] = &["November", "UTF-8", "PAY-12", "QA", "MiB", "SBOM", "VEX", "Ana", "Lindqvist"];

/// Markup of the program that must not reach a person.
fn assert_clean(text: &str) {
    assert!(!text.trim().is_empty(), "empty");
    assert_eq!(text, text.trim(), "spaces around {text:?}");
    assert!(!text.contains(['{', '}', '"', '_']), "{text}");
    for wrong in ["::", "  ", "Some(", "None", "..", " .", ",,"] {
        assert!(!text.contains(wrong), "{wrong:?} in {text}");
    }
}

/// What stands outside of quotation marks, for what is quoted is written as its author wrote it.
fn without_quotes(text: &str) -> String {
    let mut depth = 0;
    text.chars()
        .filter(|c| {
            depth += i32::from(*c == '“');
            let outside = depth == 0;
            depth -= i32::from(*c == '”');
            outside
        })
        .collect()
}

/// A capital letter or a quotation at the start, and no capitals in the middle.
fn assert_sentence_case(text: &str) {
    assert_clean(text);
    assert!(text.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit() || c == '“'), "{text}");
    assert_eq!(text.matches('“').count(), text.matches('”').count(), "{text}");
    for sentence in without_quotes(text).split_inclusive(['.', '?', ':', ';']) {
        for word in sentence.split_whitespace().skip(1) {
            let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
            let waiver = bare.strip_prefix("W-").is_some_and(|number| number.parse::<i32>().is_ok());
            let known = CAPITALS.contains(&bare) || bare.parse::<RecordRef>().is_ok() || waiver;
            assert!(known || !bare.starts_with(char::is_uppercase), "{bare:?} in {text}");
        }
    }
}

/// One sentence or several, with a full stop at the end.
fn assert_sentences(text: &str) {
    assert_sentence_case(text);
    assert!(text.ends_with('.'), "{text}");
}

/// The samples hold every variant: `number` numbers the variants without a wildcard, so that a new one has to be
/// added there, and with it here.
fn assert_all<T>(samples: &[T], number: impl Fn(&T) -> usize, variants: usize) {
    let found: BTreeSet<usize> = samples.iter().map(number).collect();
    assert_eq!(found, (0..variants).collect());
}

fn keys() -> Result<(PhaseKey, ControlKey), KeyError> {
    Ok((PhaseKey::parse("design")?, ControlKey::parse("code-review")?))
}

/// What records can lack: each form of it, of each kind of record.
fn shortfalls() -> Vec<Shortfall> {
    let title = "Tokens are opaque".to_owned();
    let mut all = vec![
        Shortfall::NoStandard,
        Shortfall::NotAttested { name: "Ana Lindqvist".into() },
        Shortfall::Reviewers { number: 3, have: 0, need: 1 },
        Shortfall::Reviewers { number: 3, have: 1, need: 2 },
        Shortfall::Reviewers { number: 3, have: 2, need: 3 },
    ];
    for list in ListKind::ALL.iter().copied() {
        let kind = RecordKind::Design;
        let points = |count| vec!["Secrets are kept elsewhere".to_owned(); count];
        all.extend([1, 2].map(|count| Shortfall::Unconfirmed { kind, list, points: points(count) }));
    }
    for kind in RecordKind::ALL.iter().copied() {
        let spec = kind.spec();
        let number = 3;
        all.push(Shortfall::Nothing { kind, what: spec.name });
        all.push(Shortfall::NoEvidence { kind, number, title: title.clone() });
        all.extend(spec.fields.iter().map(|field| Shortfall::Unsaid { kind, number, field: field.label }));
        let states = spec.states.iter().map(|state| state.label);
        all.extend(states.map(|state| Shortfall::Waits { kind, number, title: title.clone(), state }));
        let requirement = RecordRef::Record(RecordKind::Requirement, 3);
        for what in
            [RecordRef::Record(kind, number), requirement, RecordRef::Threat(4), RecordRef::Evidence(2)]
        {
            all.push(Shortfall::Unanswered { what, by: kind });
        }
    }
    all
}

fn blockers() -> Result<Vec<Blocker>, KeyError> {
    let (phase, control) = keys()?;
    let title = "Every change was reviewed by another person".to_owned();
    let done_by = vec![Role::Developer];
    let mut all = vec![Blocker::ControlOpen {
        phase: phase.clone(),
        control: control.clone(),
        title: title.clone(),
        done_by: done_by.clone(),
    }];
    let kinds = EvidenceKind::ALL.iter().map(|kind| vec![*kind]);
    all.extend(kinds.chain([EvidenceKind::ALL.to_vec()]).map(|kinds| Blocker::EvidenceMissing {
        phase: phase.clone(),
        control: control.clone(),
        title: title.clone(),
        kinds,
        done_by: done_by.clone(),
    }));
    all.extend(shortfalls().into_iter().map(|shortfall| Blocker::RecordsShort {
        phase: phase.clone(),
        control: control.clone(),
        title: title.clone(),
        shortfall,
        done_by: done_by.clone(),
    }));
    let since = time::macros::datetime!(2026-11-20 12:00 UTC);
    all.push(Blocker::EvidenceExpired {
        phase: phase.clone(),
        control: control.clone(),
        title: title.clone(),
        number: 3,
        since,
        done_by: done_by.clone(),
    });
    for condition in RecordsSubject::ALL.iter().copied() {
        all.push(Blocker::ConditionShort { condition, shortfall: Shortfall::NoStandard });
    }
    for kinds in [vec![EvidenceKind::Sbom], EvidenceKind::ALL.to_vec()] {
        all.push(Blocker::EvidenceWanted { kinds: kinds.clone(), since: None });
        all.push(Blocker::EvidenceWanted { kinds, since: Some(since) });
    }
    all.extend(Severity::ALL.iter().map(|severity| Blocker::FindingOpen { number: 3, severity: *severity }));
    all.extend([Blocker::NotArchived, Blocker::ThreatModelStale { scope: 2 }]);
    for items in [1, 3] {
        let (phase, name, roles) = (phase.clone(), "Design".to_owned(), vec![Role::SecurityReviewer]);
        all.push(Blocker::Drifted { phase, name, items, mark: "7f3a".to_owned(), roles });
    }
    for (from, to) in [(Tier::Low, Tier::Medium), (Tier::Low, Tier::High), (Tier::Medium, Tier::High)] {
        all.push(Blocker::TierRaised { phase: phase.clone(), name: "Design".into(), from, to });
    }
    let roles = vec![Role::SecurityReviewer];
    all.push(Blocker::Owed { phase: phase.clone(), name: "Design".into(), due: since, roles: roles.clone() });
    all.push(Blocker::NeverPassed { phase: phase.clone(), name: "Design".into() });
    all.push(Blocker::OwedOverdue { phase: phase.clone(), name: "Design".into(), since, roles });
    all.extend(Question::ALL.iter().map(|question| Blocker::QuestionOpen { question: *question }));
    for severity in Severity::ALL {
        all.extend(ThreatStatus::ALL.iter().map(|needs| Blocker::ThreatUntreated {
            number: 4,
            severity: *severity,
            needs: *needs,
        }));
    }
    for role in Role::ALL {
        all.push(Blocker::Vetoed { name: "Ana Lindqvist".into(), role: *role });
        all.extend([(0, 1), (0, 2), (1, 2), (1, 3)].map(|(have, need)| Blocker::SignOffsMissing {
            role: *role,
            have,
            need,
        }));
    }
    let of_earlier =
        |what: &Blocker| Blocker::Earlier { name: "Design".into(), what: Box::new(what.clone()) };
    let earlier: Vec<Blocker> = all.iter().map(of_earlier).collect();
    all.extend(earlier);
    Ok(all)
}

#[test]
fn every_blocker_is_a_sentence() -> Result<(), KeyError> {
    let all = blockers()?;
    let number = |blocker: &Blocker| match blocker {
        Blocker::ControlOpen { .. } => 0,
        Blocker::EvidenceMissing { .. } => 1,
        Blocker::QuestionOpen { .. } => 2,
        Blocker::ThreatUntreated { .. } => 3,
        Blocker::Vetoed { .. } => 4,
        Blocker::SignOffsMissing { .. } => 5,
        Blocker::RecordsShort { .. } => 6,
        Blocker::EvidenceExpired { .. } => 7,
        Blocker::ConditionShort { .. } => 8,
        Blocker::EvidenceWanted { .. } => 9,
        Blocker::FindingOpen { .. } => 10,
        Blocker::NotArchived => 11,
        Blocker::ThreatModelStale { .. } => 12,
        Blocker::Earlier { .. } => 13,
        Blocker::Drifted { .. } => 14,
        Blocker::OwedOverdue { .. } => 15,
        Blocker::Owed { .. } => 16,
        Blocker::TierRaised { .. } => 17,
        Blocker::NeverPassed { .. } => 18,
    };
    assert_all(&all, number, 19);
    for blocker in &all {
        let sentence = words::blocker(blocker);
        assert_sentence_case(&sentence);
        assert!(!sentence.ends_with('.'), "{sentence}");
    }
    let codes: BTreeSet<&str> = all.iter().map(Blocker::code).collect();
    assert_eq!(codes.len(), 18, "each kind has a code of its own; what an earlier gate asks keeps its own");
    Ok(())
}

#[test]
fn every_shortfall_is_a_sentence() {
    let all = shortfalls();
    let number = |shortfall: &Shortfall| match shortfall {
        Shortfall::Nothing { .. } => 0,
        Shortfall::Unsaid { .. } => 1,
        Shortfall::Waits { .. } => 2,
        Shortfall::Unconfirmed { .. } => 3,
        Shortfall::Unanswered { .. } => 4,
        Shortfall::Reviewers { .. } => 5,
        Shortfall::NoEvidence { .. } => 6,
        Shortfall::NoStandard => 7,
        Shortfall::NotAttested { .. } => 8,
    };
    assert_all(&all, number, 9);
    let said: BTreeSet<String> = all.iter().map(words::shortfall).collect();
    for sentence in &said {
        assert_sentence_case(sentence);
        assert!(!sentence.ends_with('.'), "{sentence}");
    }
    for sentence in [
        "There is no plan yet",
        "No requirement is on record",
        "The plan does not say “Scope”",
        "Requirement R-3 “Tokens are opaque” is proposed",
        "One point of the definition of ready is not confirmed",
        "2 points of the hardening checklist are not confirmed",
        "Requirement R-3 is answered by no design decision",
        "Threat T-4 is implemented by no merged change",
        "Change C-3 has one reviewer; the policy asks for 2 other than its author",
        "Ana Lindqvist has not attested the coding standards",
    ] {
        assert!(said.contains(sentence), "{sentence} is not among {said:#?}");
    }
}

#[test]
fn missing_sign_offs_are_counted() {
    let say = |have, need, role| words::blocker(&Blocker::SignOffsMissing { role, have, need });
    assert_eq!(say(0, 1, Role::SecurityReviewer), "Needs one security reviewer to sign");
    assert_eq!(say(0, 2, Role::SecurityReviewer), "Needs 2 security reviewers to sign");
    assert_eq!(say(1, 2, Role::SecurityReviewer), "Needs one more security reviewer to sign");
    assert_eq!(say(1, 3, Role::Qa), "Needs 2 more QA people to sign");
}

#[test]
fn every_condition_that_holds_is_a_sentence() -> Result<(), KeyError> {
    let (phase, control) = keys()?;
    let mut all: Vec<Met> = [true, false]
        .map(|not_applicable| Met::Control {
            phase: phase.clone(),
            control: control.clone(),
            title: "Every change was reviewed".into(),
            not_applicable,
        })
        .into();
    all.extend(Question::ALL.iter().map(|question| Met::Question(*question)));
    for at_least in Severity::ALL {
        all.extend(ThreatStatus::ALL.iter().map(|needs| Met::Threats { at_least: *at_least, needs: *needs }));
    }
    for role in Role::ALL {
        all.extend([1, 2].map(|need| Met::SignOffs { role: *role, need }));
    }
    all.extend(RecordsSubject::ALL.iter().map(|subject| Met::Records(*subject)));
    all.extend([vec![EvidenceKind::Sbom], EvidenceKind::ALL.to_vec()].map(|kinds| Met::Evidence { kinds }));
    all.extend(Severity::ALL.iter().map(|at_least| Met::Findings { at_least: *at_least }));
    all.extend([Met::Archived, Met::ThreatModelCurrent]);
    let number = |met: &Met| match met {
        Met::Control { .. } => 0,
        Met::Question(_) => 1,
        Met::Threats { .. } => 2,
        Met::SignOffs { .. } => 3,
        Met::Records(_) => 4,
        Met::Evidence { .. } => 5,
        Met::Findings { .. } => 6,
        Met::Archived => 7,
        Met::ThreatModelCurrent => 8,
    };
    assert_all(&all, number, 9);
    for met in &all {
        let sentence = words::met(met);
        assert_sentence_case(&sentence);
        assert!(!sentence.ends_with('.'), "{sentence}");
    }
    Ok(())
}

#[test]
fn every_refusal_says_why_and_what_to_do() -> Result<(), KeyError> {
    let mut all = vec![
        Refusal::Finished,
        Refusal::NotCurrentPhase,
        Refusal::AlreadyInReview,
        Refusal::NotInReview,
        Refusal::Contributor,
        Refusal::RoleNotAsked,
        Refusal::AlreadySigned,
        Refusal::DossierChanged,
        Refusal::DeniedByOther,
        Refusal::Owed,
        Refusal::OnHold,
        Refusal::Cancelled,
        Refusal::NotOnHold,
        Refusal::NotCancelled,
        Refusal::NotEarlier,
        Refusal::NoEmergencyPath,
        Refusal::NothingToSkip,
        Refusal::Denied,
        Refusal::NotAnApprover,
        Refusal::AlreadyAgreed,
        Refusal::NotAgreed,
        Refusal::NotOwed,
        Refusal::PhaseMissing(keys()?.0),
        Refusal::GateGone("Design".into()),
        Refusal::GateLater("Design".into()),
        Refusal::GateSkipped("Design".into()),
        Refusal::NotActive,
        Refusal::OtherPath,
        Refusal::Blocked(blockers()?),
    ];
    let waivers = [
        WaiverRefusal::None,
        WaiverRefusal::NotBlocking,
        WaiverRefusal::NeverWaived,
        WaiverRefusal::Asked(4),
        WaiverRefusal::Waived(4),
        WaiverRefusal::NotInForce,
        WaiverRefusal::Decided,
        WaiverRefusal::TermOver,
        WaiverRefusal::TermTooLong(1),
        WaiverRefusal::TermTooLong(30),
        WaiverRefusal::NotApprover(vec![Role::SecurityReviewer, Role::ReleaseManager]),
        WaiverRefusal::OwnRequest,
        WaiverRefusal::Contributor,
        WaiverRefusal::OthersRequest,
    ];
    all.extend(waivers.map(Refusal::Waiver));
    all.extend(blockers()?.into_iter().map(|blocker| Refusal::Blocked(vec![blocker])));
    all.extend(Role::ALL.iter().map(|role| Refusal::SeatsFilled(*role)));
    let number = |refusal: &Refusal| match refusal {
        Refusal::Finished => 0,
        Refusal::NotCurrentPhase => 1,
        Refusal::AlreadyInReview => 2,
        Refusal::NotInReview => 3,
        Refusal::Blocked(_) => 4,
        Refusal::Contributor => 5,
        Refusal::RoleNotAsked => 6,
        Refusal::SeatsFilled(_) => 7,
        Refusal::AlreadySigned => 8,
        Refusal::DossierChanged => 9,
        Refusal::DeniedByOther => 10,
        Refusal::Waiver(_) => 11,
        Refusal::OnHold => 12,
        Refusal::Cancelled => 13,
        Refusal::NotOnHold => 14,
        Refusal::NotCancelled => 15,
        Refusal::NotEarlier => 16,
        Refusal::NoEmergencyPath => 17,
        Refusal::NothingToSkip => 18,
        Refusal::Denied => 19,
        Refusal::NotAnApprover => 20,
        Refusal::AlreadyAgreed => 21,
        Refusal::NotAgreed => 22,
        Refusal::NotOwed => 23,
        Refusal::PhaseMissing(_) => 24,
        Refusal::GateGone(_) => 25,
        Refusal::GateLater(_) => 26,
        Refusal::GateSkipped(_) => 27,
        Refusal::NotActive => 28,
        Refusal::OtherPath => 29,
        Refusal::Owed => 30,
    };
    assert_all(&all, number, 31);
    for refusal in &all {
        assert_sentences(&words::refusal(refusal));
    }
    Ok(())
}

#[test]
fn a_refusal_names_every_blocker() -> Result<(), KeyError> {
    let all = blockers()?;
    let sentence = words::refusal(&Refusal::Blocked(all.clone()));
    for blocker in &all {
        assert!(sentence.contains(&words::blocker(blocker)), "{blocker:?}");
    }
    Ok(())
}

#[test]
fn every_event_is_told_of_every_object() {
    for verb in Verb::ALL {
        for kind in ObjectKind::ALL {
            let sentence = words::sentence(*verb, *kind, "the thing");
            assert_clean(&sentence.replace(['“', '”'], ""));
            // It follows its subject: “Ana Lindqvist added evidence E-3”.
            assert!(sentence.starts_with(|c: char| c.is_lowercase()), "{sentence}");
            assert!(!sentence.ends_with('.'), "{sentence}");
            let verb = sentence.split(' ').next().unwrap_or_default();
            assert!(
                verb.ends_with("ed")
                    || ["set", "withdrew", "wrote", "put", "let", "took", "chose"].contains(&verb),
                "{verb} is no past tense"
            );
        }
    }
    assert_eq!(words::sentence(Verb::EvidenceAdded, ObjectKind::Evidence, "E-3"), "added evidence E-3");
    assert_eq!(words::sentence(Verb::GateOpened, ObjectKind::Gate, "Design"), "opened the Design gate");
    let marked = words::sentence(Verb::ControlMarked, ObjectKind::Control, "Code review");
    assert_eq!(marked, "marked control “Code review”");
}

#[test]
fn every_code_has_a_label() {
    fn check<T: Label>(all: &[T]) {
        let labels: BTreeSet<&str> = all.iter().map(Label::label).collect();
        assert_eq!(labels.len(), all.len(), "two codes share a label: {labels:?}");
        for label in labels {
            assert_clean(label);
            assert!(label == "QA" || label.starts_with(char::is_lowercase), "{label}");
        }
        for title in all.iter().map(Label::title) {
            assert_sentence_case(&title);
        }
    }
    check(Role::ALL);
    check(WorkspaceRole::ALL);
    check(Tier::ALL);
    check(Severity::ALL);
    check(Stride::ALL);
    check(Treatment::ALL);
    check(ThreatStatus::ALL);
    check(Question::ALL);
    check(Mark::ALL);
    check(Verdict::ALL);
    check(ItemKind::ALL);
    check(WaiverState::ALL);
    check(Authentication::ALL);
    check(ObjectKind::ALL);
    for kind in EvidenceKind::ALL {
        assert_sentence_case(kind.label());
    }
    for tier in Tier::ALL {
        // Alone on a badge; as a word inside a sentence it is the trait's label, checked above.
        assert_sentence_case((*tier).label());
    }
}

#[test]
fn words_are_joined_as_in_a_sentence() {
    assert_eq!(join::<&str>(&[], "or"), "");
    assert_eq!(join(&["a plan"], "or"), "a plan");
    assert_eq!(join(&["a plan", "a design"], "or"), "a plan or a design");
    assert_eq!(join(&["a".to_owned(), "b".to_owned(), "c".to_owned()], "and"), "a, b and c");
    assert_eq!(words::who_can(&[Role::Designer, Role::Developer, Role::Qa]), "designer, developer or QA");
    assert_eq!(words::field("target-date"), "Target date");
    assert_eq!(words::field(""), "");
}
