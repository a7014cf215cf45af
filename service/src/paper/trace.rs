use std::collections::BTreeMap;

use sluice_domain::{
    form::Fields,
    ids::{FeatureId, FeatureKey},
    record::{RecordKind, RecordRef, State, Tone},
    threat::{Severity, ThreatStatus, Treatment},
    words::Label,
};
use sqlx::PgConnection;

use super::read::MOST;
use crate::{
    Service,
    actor::Actor,
    error::{Error, Result},
    features::{
        FeatureSummary,
        page::{Opened, open},
    },
};

/// Rows on one page.
const PAGE: usize = 100;

/// From which end the trace is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TraceSide {
    /// From requirements and threats to what answers them.
    #[default]
    Owed,
    /// From changes to what they implement.
    Changes,
}

/// What of the trace is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TraceQuery {
    /// From which end.
    pub side: TraceSide,
    /// Only what has a gap.
    pub gaps: bool,
    /// The row after which the page begins.
    pub after: Option<RecordRef>,
}

impl TraceQuery {
    /// Reads the query of an address; what it does not know, it leaves out.
    #[must_use]
    pub fn parse(fields: &Fields) -> Self {
        Self {
            side: if fields.get("from") == "changes" { TraceSide::Changes } else { TraceSide::Owed },
            gaps: fields.get("gaps") == "yes",
            after: fields.get("after").parse().ok(),
        }
    }
}

/// What answers what in a feature.
#[derive(Clone, Debug)]
pub struct TracePage {
    /// The feature's header.
    pub summary: FeatureSummary,
    /// What was asked for.
    pub query: TraceQuery,
    /// The rows of this page: security requirements, then threats, then functional requirements; or the changes.
    pub rows: Vec<TraceRow>,
    /// How many rows the query has on all pages.
    pub matching: usize,
    /// How many there are in all.
    pub total: usize,
    /// How many of them have a gap.
    pub gaps: usize,
    /// Where the next page begins, if there is one.
    pub next: Option<RecordRef>,
    /// What there is more of than was looked at, in words of people.
    pub cut: Vec<&'static str>,
}

/// What a row of the trace stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owed {
    /// A security requirement.
    Security,
    /// A threat.
    Threat,
    /// A functional requirement.
    Functional,
    /// A change.
    Change,
}

/// One thing, with what answers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceRow {
    /// Which group it belongs to.
    pub group: Owed,
    /// The thing itself.
    pub what: Link,
    /// How bad it would be, of a threat.
    pub severity: Option<Severity>,
    /// Why nothing has to answer it, where that is so: it was dropped, or is accepted.
    pub exempt: Option<String>,
    /// Design decisions that answer it.
    pub decisions: Vec<Link>,
    /// Changes that implement it; of a change, what it implements.
    pub links: Vec<Link>,
    /// Checks, findings and evidence that show it.
    pub proofs: Vec<Link>,
    /// What is missing, in words.
    pub gaps: Vec<&'static str>,
}

/// A thing that a row names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Which.
    pub what: RecordRef,
    /// Its title.
    pub title: String,
    /// Its state, as people read it; empty where it has none.
    pub state: &'static str,
    /// How the state looks.
    pub tone: Tone,
}

/// A record as far as the trace needs it.
struct Node {
    link: Link,
    state: &'static State,
    class: String,
    /// What it answers, implements or ran on.
    answers: Vec<RecordRef>,
    /// Where a finding comes from.
    source: Vec<RecordRef>,
}

struct ThreatNode {
    link: Link,
    severity: Severity,
    treatment: Option<Treatment>,
}

/// Everything that the trace is drawn from.
#[derive(Default)]
struct Web {
    records: BTreeMap<RecordKind, Vec<Node>>,
    threats: Vec<ThreatNode>,
    /// Evidence that is attached to a threat.
    attached: BTreeMap<i32, Vec<Link>>,
}

impl Service {
    /// What answers what in a feature, both ways.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such feature that the actor may see.
    pub async fn trace_page(&self, actor: &Actor, key: &FeatureKey, query: TraceQuery) -> Result<TracePage> {
        let mut connection = self.db.reads().acquire().await?;
        let Opened { feature, summary, .. } = open(self, &mut connection, actor, key).await?;
        let (web, cut) = web(&mut connection, feature.id).await?;
        let rows = match query.side {
            TraceSide::Owed => web.owed(),
            TraceSide::Changes => web.changes(),
        };
        let total = rows.len();
        let with_gaps = rows.iter().filter(|row| !row.gaps.is_empty()).count();
        let (rows, matching, next) = page(rows, query);
        Ok(TracePage { summary, query, rows, matching, total, gaps: with_gaps, next, cut })
    }
}

/// Cuts one page out of the rows that the query asks for.
fn page(mut rows: Vec<TraceRow>, query: TraceQuery) -> (Vec<TraceRow>, usize, Option<RecordRef>) {
    // A row that lost its gap since the page before was shown still says where that page ended.
    let after = query.after.and_then(|after| rows.iter().position(|row| row.what.what == after));
    let start = after.map_or(0, |place| place + 1);
    let kept = |row: &TraceRow| !query.gaps || !row.gaps.is_empty();
    let matching = rows.iter().filter(|row| kept(row)).count();
    let mut shown: Vec<TraceRow> = rows.drain(start..).filter(kept).take(PAGE + 1).collect();
    let more = shown.len() > PAGE;
    shown.truncate(PAGE);
    let next = shown.last().filter(|_| more).map(|row| row.what.what);
    (shown, matching, next)
}

const NO_DECISION: &str = "no decision yet";
const NO_CHANGE: &str = "no change yet";
const NO_MERGED_CHANGE: &str = "no merged change yet";
const NO_PROOF: &str = "nothing shows it yet";
const UNDECIDED: &str = "no treatment yet";
const ORPHAN: &str = "implements nothing";

impl Web {
    fn of(&self, kind: RecordKind) -> &[Node] {
        self.records.get(&kind).map(Vec::as_slice).unwrap_or_default()
    }

    /// Links to the records of a kind, by what they answer.
    fn by_answered(&self, kind: RecordKind) -> BTreeMap<RecordRef, Vec<&Node>> {
        let mut found: BTreeMap<RecordRef, Vec<&Node>> = BTreeMap::new();
        for node in self.of(kind) {
            for reference in &node.answers {
                found.entry(*reference).or_default().push(node);
            }
        }
        found
    }

    /// Requirements and threats, with what answers them.
    fn owed(&self) -> Vec<TraceRow> {
        let decisions = self.by_answered(RecordKind::Decision);
        let changes = self.by_answered(RecordKind::Change);
        let checks = self.by_answered(RecordKind::Check);
        let fixed = self.by_answered(RecordKind::Finding);
        let mut found_in: BTreeMap<RecordRef, Vec<&Node>> = BTreeMap::new();
        for finding in self.of(RecordKind::Finding) {
            for source in &finding.source {
                found_in.entry(*source).or_default().push(finding);
            }
        }
        let row = |group, what: &Link, severity, exempt: Option<String>| {
            let implementing = changes.get(&what.what).map(Vec::as_slice).unwrap_or_default();
            let mut proofs: BTreeMap<RecordRef, Link> = BTreeMap::new();
            for change in implementing {
                for shown in [&checks, &fixed] {
                    for node in shown.get(&change.link.what).into_iter().flatten() {
                        proofs.insert(node.link.what, node.link.clone());
                    }
                }
            }
            for node in found_in.get(&what.what).into_iter().flatten() {
                proofs.insert(node.link.what, node.link.clone());
            }
            if let RecordRef::Threat(number) = what.what {
                for link in self.attached.get(&number).into_iter().flatten() {
                    proofs.insert(link.what, link.clone());
                }
            }
            let decided: Vec<&Node> = decisions.get(&what.what).cloned().unwrap_or_default();
            let mut gaps = Vec::new();
            if exempt.is_none() {
                // A functional requirement is often plain enough to be built without a decision.
                if group != Owed::Functional && !decided.iter().any(|node| node.state.code != "superseded") {
                    gaps.push(NO_DECISION);
                }
                if !implementing.iter().any(|node| node.state.code == "merged") {
                    let planned = implementing.iter().any(|node| node.state.code == "open");
                    gaps.push(if planned { NO_MERGED_CHANGE } else { NO_CHANGE });
                }
                if proofs.is_empty() {
                    gaps.push(NO_PROOF);
                }
            }
            TraceRow {
                group,
                what: what.clone(),
                severity,
                exempt,
                decisions: decided.into_iter().map(|node| node.link.clone()).collect(),
                links: implementing.iter().map(|node| node.link.clone()).collect(),
                proofs: proofs.into_values().collect(),
                gaps,
            }
        };
        let mut rows: Vec<TraceRow> = self
            .of(RecordKind::Requirement)
            .iter()
            .map(|node| {
                let group = if node.class == "security" { Owed::Security } else { Owed::Functional };
                let exempt = (node.state.code == "dropped").then(|| "It was dropped.".to_owned());
                row(group, &node.link, None, exempt)
            })
            .collect();
        rows.extend(self.threats.iter().map(|threat| {
            let exempt =
                threat.treatment.filter(|treatment| *treatment != Treatment::Mitigate).map(|treatment| {
                    format!("Its treatment is “{}”, so no change has to answer it.", treatment.label())
                });
            let mut row = row(Owed::Threat, &threat.link, Some(threat.severity), exempt);
            if threat.treatment.is_none() {
                row.gaps.insert(0, UNDECIDED);
            }
            row
        }));
        rows.sort_by_key(|row| (row.group, row.what.what));
        rows
    }

    /// Changes, with what they implement.
    fn changes(&self) -> Vec<TraceRow> {
        let requirements = self.of(RecordKind::Requirement).iter().map(|node| &node.link);
        let known: BTreeMap<RecordRef, &Link> = requirements
            .chain(self.threats.iter().map(|threat| &threat.link))
            .map(|link| (link.what, link))
            .collect();
        let checks = self.by_answered(RecordKind::Check);
        let fixed = self.by_answered(RecordKind::Finding);
        self.of(RecordKind::Change)
            .iter()
            .map(|node| {
                let exempt = (node.state.code == "abandoned").then(|| "It was abandoned.".to_owned());
                let proofs: Vec<Link> = [&checks, &fixed]
                    .into_iter()
                    .flat_map(|shown| shown.get(&node.link.what).into_iter().flatten())
                    .map(|node| node.link.clone())
                    .collect();
                // A change that fixes a finding is there for a reason, too.
                let has_cause = fixed.contains_key(&node.link.what);
                let orphan = exempt.is_none() && node.answers.is_empty() && !has_cause;
                TraceRow {
                    group: Owed::Change,
                    what: node.link.clone(),
                    severity: None,
                    exempt,
                    decisions: Vec::new(),
                    links: node
                        .answers
                        .iter()
                        .map(|answered| {
                            let unseen = || Link {
                                what: *answered,
                                title: String::new(),
                                state: "",
                                tone: Tone::Neutral,
                            };
                            known.get(answered).map_or_else(unseen, |link| (*link).clone())
                        })
                        .collect(),
                    proofs,
                    gaps: if orphan { vec![ORPHAN] } else { Vec::new() },
                }
            })
            .collect()
    }
}

/// The kinds of record that the trace goes through.
const KINDS: [RecordKind; 5] = [
    RecordKind::Requirement,
    RecordKind::Decision,
    RecordKind::Change,
    RecordKind::Check,
    RecordKind::Finding,
];

/// Reads everything that the trace is drawn from, with three queries, and says of which kinds there is more.
async fn web(connection: &mut PgConnection, feature: FeatureId) -> Result<(Web, Vec<&'static str>)> {
    let kinds: Vec<String> = KINDS.iter().map(|kind| kind.code().to_owned()).collect();
    // Only references and codes: what the records say at length stays in the database.
    let rows = sqlx::query!(
        r#"select r.kind, r.number, r.title, r.state, r.fields ->> 'class' as class,
                  coalesce(r.fields -> 'requirements', r.fields -> 'implements', r.fields -> 'change') as answers,
                  r.fields -> 'source' as source
           from unnest($2::text[]) as wanted (kind)
           cross join lateral (
               select * from record where feature_id = $1 and kind = wanted.kind order by number limit $3
           ) r
           order by r.kind, r.number"#,
        feature.uuid(),
        &kinds,
        MOST + 1
    )
    .fetch_all(&mut *connection)
    .await?;
    let most = usize::try_from(MOST).unwrap_or(usize::MAX);
    let mut web = Web::default();
    for row in rows {
        let kind =
            RecordKind::from_code(&row.kind).ok_or_else(|| Error::internal("unknown kind of record"))?;
        let state = kind.spec().state(&row.state).ok_or_else(|| Error::internal("unknown state"))?;
        let what = RecordRef::Record(kind, row.number);
        web.records.entry(kind).or_default().push(Node {
            link: Link { what, title: row.title, state: state.label, tone: state.tone },
            state,
            class: row.class.unwrap_or_default(),
            answers: references(row.answers),
            source: references(row.source),
        });
    }
    let rows = sqlx::query!(
        "select number, title, severity, treatment, status from threat where feature_id = $1
         order by number limit $2",
        feature.uuid(),
        MOST + 1
    )
    .fetch_all(&mut *connection)
    .await?;
    for row in rows {
        let unknown = || Error::internal("unknown code in a threat");
        let status = ThreatStatus::from_code(&row.status).ok_or_else(unknown)?;
        let tone = match status {
            ThreatStatus::Open => Tone::Bad,
            ThreatStatus::Planned => Tone::Waiting,
            ThreatStatus::Treated | ThreatStatus::Verified => Tone::Good,
        };
        let what = RecordRef::Threat(row.number);
        web.threats.push(ThreatNode {
            link: Link { what, title: row.title, state: status.label(), tone },
            severity: Severity::from_code(&row.severity).ok_or_else(unknown)?,
            treatment: row.treatment.as_deref().and_then(Treatment::from_code),
        });
    }
    let rows = sqlx::query!(
        "select u.target, e.number, e.title from evidence_use u join evidence e on e.id = u.evidence_id
         where u.feature_id = $1 and u.target_kind = 'threat' order by e.number limit $2",
        feature.uuid(),
        MOST
    )
    .fetch_all(connection)
    .await?;
    for row in rows {
        let what = RecordRef::Evidence(row.number);
        let link = Link { what, title: row.title, state: "", tone: Tone::Neutral };
        web.attached.entry(row.target.parse().map_err(Error::internal)?).or_default().push(link);
    }
    let mut cut = Vec::new();
    for (kind, nodes) in &mut web.records {
        if nodes.len() > most {
            nodes.truncate(most);
            cut.push(kind.spec().plural);
        }
    }
    if web.threats.len() > most {
        web.threats.truncate(most);
        cut.push("threats");
    }
    Ok((web, cut))
}

/// The references in a field; what is none is left out, because other kinds keep plain text under such names.
fn references(field: Option<serde_json::Value>) -> Vec<RecordRef> {
    let Some(serde_json::Value::Array(texts)) = field else { return Vec::new() };
    texts.iter().filter_map(|text| text.as_str()?.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(text: &str) -> Link {
        Link { what: text.parse().unwrap(), title: text.to_owned(), state: "", tone: Tone::Neutral }
    }

    fn node(what: &str, state: &str, answers: &[&str]) -> Node {
        let link = link(what);
        let RecordRef::Record(kind, _) = link.what else { panic!("a record") };
        Node {
            link,
            state: kind.spec().state(state).unwrap(),
            class: String::new(),
            answers: answers.iter().map(|text| text.parse().unwrap()).collect(),
            source: Vec::new(),
        }
    }

    fn threat(number: i32, treatment: Option<Treatment>) -> ThreatNode {
        ThreatNode { link: link(&format!("T-{number}")), severity: Severity::High, treatment }
    }

    fn keys(links: &[Link]) -> Vec<String> {
        links.iter().map(|link| link.what.to_string()).collect()
    }

    /// R-1 is answered in full, R-2 waits for its change, R-3 was dropped, R-10 has nothing; C-3 implements nothing.
    fn sample() -> Web {
        let security = |node: Node| Node { class: "security".to_owned(), ..node };
        let finding = Node { source: vec![RecordRef::Threat(1)], ..node("F-1", "validated", &["C-4"]) };
        Web {
            records: [
                (
                    RecordKind::Requirement,
                    vec![
                        security(node("R-1", "accepted", &[])),
                        node("R-2", "accepted", &[]),
                        security(node("R-3", "dropped", &[])),
                        security(node("R-10", "proposed", &[])),
                    ],
                ),
                (
                    RecordKind::Decision,
                    vec![node("D-1", "accepted", &["R-1", "T-1"]), node("D-2", "superseded", &["R-10"])],
                ),
                (
                    RecordKind::Change,
                    vec![
                        node("C-1", "merged", &["R-1", "T-1"]),
                        node("C-2", "open", &["R-2"]),
                        node("C-3", "merged", &[]),
                        node("C-4", "merged", &[]),
                        node("C-5", "abandoned", &[]),
                    ],
                ),
                (RecordKind::Check, vec![node("K-1", "passed", &["C-1", "C-2"])]),
                (RecordKind::Finding, vec![finding]),
            ]
            .into(),
            threats: vec![
                threat(1, Some(Treatment::Mitigate)),
                threat(2, Some(Treatment::Accept)),
                threat(3, None),
            ],
            attached: [(1, vec![link("E-2")])].into(),
        }
    }

    #[test]
    fn what_is_owed_comes_in_the_order_of_its_weight_with_its_gaps_in_words() {
        let rows = sample().owed();
        let shown: Vec<(String, Vec<&str>)> =
            rows.iter().map(|row| (row.what.what.to_string(), row.gaps.clone())).collect();
        let none: Vec<&str> = Vec::new();
        assert_eq!(
            shown,
            [
                ("R-1".to_owned(), none.clone()),
                ("R-3".to_owned(), none.clone()),
                ("R-10".to_owned(), vec![NO_DECISION, NO_CHANGE, NO_PROOF]),
                ("T-1".to_owned(), none.clone()),
                ("T-2".to_owned(), none),
                ("T-3".to_owned(), vec![UNDECIDED, NO_DECISION, NO_CHANGE, NO_PROOF]),
                ("R-2".to_owned(), vec![NO_MERGED_CHANGE]),
            ]
        );
        assert_eq!(keys(&rows[0].decisions), ["D-1"]);
        assert_eq!(keys(&rows[0].links), ["C-1"]);
        assert_eq!(keys(&rows[0].proofs), ["K-1"]);
        assert_eq!(keys(&rows[3].proofs), ["K-1", "F-1", "E-2"], "checks, findings, evidence");
        assert!(rows[1].exempt.is_some() && rows[4].exempt.is_some());
    }

    #[test]
    fn a_change_that_implements_nothing_and_fixes_nothing_is_an_orphan() {
        let rows = sample().changes();
        let orphans: Vec<String> =
            rows.iter().filter(|row| !row.gaps.is_empty()).map(|row| row.what.what.to_string()).collect();
        assert_eq!(orphans, ["C-3"]);
        assert_eq!(keys(&rows[0].links), ["R-1", "T-1"]);
    }

    #[test]
    fn pages_show_each_row_once_and_gaps_can_be_shown_alone() {
        let requirements = (1..=250).map(|number| node(&format!("R-{number}"), "accepted", &[])).collect();
        let answered = (1..=250).filter(|number| number % 2 == 0).map(|number| format!("R-{number}"));
        let answered: Vec<String> = answered.collect();
        let answered: Vec<&str> = answered.iter().map(String::as_str).collect();
        let web = Web {
            records: [
                (RecordKind::Requirement, requirements),
                (RecordKind::Change, vec![node("C-1", "merged", &answered)]),
                (RecordKind::Check, vec![node("K-1", "passed", &["C-1"])]),
            ]
            .into(),
            ..Web::default()
        };
        for (gaps, expected, pages) in [(false, 250, 3), (true, 125, 2)] {
            let (mut seen, mut count, mut after) = (Vec::new(), 0, None);
            loop {
                let query = TraceQuery { gaps, after, ..TraceQuery::default() };
                let (rows, matching, next) = page(web.owed(), query);
                assert_eq!(matching, expected);
                seen.extend(rows.iter().map(|row| row.what.what));
                count += 1;
                after = next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!((seen.len(), count), (expected, pages));
            seen.sort_unstable();
            seen.dedup();
            assert_eq!(seen.len(), expected);
        }
    }

    #[test]
    fn a_field_with_other_content_refers_to_nothing() {
        assert!(references(Some(serde_json::json!("https://example.org/run/1"))).is_empty());
        assert_eq!(references(Some(serde_json::json!(["R-1", "nonsense"]))), ["R-1".parse().unwrap()]);
    }
}
