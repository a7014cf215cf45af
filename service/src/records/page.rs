use std::collections::BTreeMap;

use sluice_domain::{
    access::{Action, Role},
    form::Fields,
    ids::{FeatureId, FeatureKey, Id, PersonId, ProductId},
    record::{Input, ListKind, RecordKind, RecordRef, State, Tone, Values},
    threat::Severity,
};
use sqlx::PgConnection;
use time::{Date, OffsetDateTime};

use super::{draft, store::values};
use crate::{
    Service,
    actor::Actor,
    error::{Error, Result},
    features::{
        FeatureSummary,
        page::{Opened, open},
    },
    guides,
};

/// Records on one page of a list.
const PAGE: i64 = 100;
/// The most things of one kind that a form offers for a reference; any other can be typed.
const OFFERED: i64 = 100;
/// The most records of one kind that a phase's page shows.
const SHOWN: i64 = 5;

/// The records of one kind.
#[derive(Clone, Debug)]
pub struct RecordsPage {
    /// The feature's header.
    pub summary: FeatureSummary,
    /// The kind.
    pub kind: RecordKind,
    /// The records, by number; of a kind of which a feature has one, at most one.
    pub items: Vec<RecordItem>,
    /// How many there are of each state.
    pub counts: Vec<(&'static State, i64)>,
    /// The state that the list is narrowed to.
    pub state: Option<&'static State>,
    /// The number after which the next page begins, if there is one.
    pub next: Option<i32>,
    /// Names of the people whom the records name.
    pub names: BTreeMap<PersonId, String>,
    /// Whether the reader may write records of this kind now.
    pub may_write: bool,
}

/// One record.
#[derive(Clone, Debug)]
pub struct RecordItem {
    /// Its kind.
    pub kind: RecordKind,
    /// Its number.
    pub number: i32,
    /// Its title.
    pub title: String,
    /// Its state.
    pub state: &'static State,
    /// How bad it is, where the kind says so.
    pub severity: Option<Severity>,
    /// Who sees to it.
    pub owner: Option<String>,
    /// When it is due.
    pub due: Option<Date>,
    /// What its fields hold.
    pub values: Values,
    /// Who brought it into its state.
    pub state_by: String,
    /// When.
    pub state_at: OffsetDateTime,
    /// The version, for edits.
    pub version: i32,
    /// Who wrote this version.
    pub author: String,
    /// When.
    pub changed_at: OffsetDateTime,
}

/// One record with its form, or the form of a new one.
#[derive(Clone, Debug)]
pub struct RecordPage {
    /// The feature's header.
    pub summary: FeatureSummary,
    /// The kind.
    pub kind: RecordKind,
    /// The record; `None` for the form of a new one.
    pub item: Option<RecordItem>,
    /// What the form of a new record begins with, drawn from what the feature already says.
    pub draft: Values,
    /// Everybody with a role in the product, by name: to choose from.
    pub people: Vec<(PersonId, String)>,
    /// Names of the people whom the record names, those without a role any more included.
    pub names: BTreeMap<PersonId, String>,
    /// The product's lists.
    pub points: BTreeMap<ListKind, Vec<String>>,
    /// What the record can refer to, with titles, as far as the form offers it.
    pub candidates: Vec<(RecordRef, String)>,
    /// Records that refer to this one.
    pub referrers: Vec<Referrer>,
    /// States that the reader may choose, the present one included; empty where they may do nothing.
    pub states: Vec<&'static State>,
    /// Whether the reader may write the whole record; otherwise only the fields of the steps they may take.
    pub may_write: bool,
}

/// A record that refers to another one.
#[derive(Clone, Debug)]
pub struct Referrer {
    /// Which.
    pub what: RecordRef,
    /// Its title.
    pub title: String,
    /// Its state.
    pub state: &'static State,
    /// The label of the field that refers.
    pub field: &'static str,
}

/// The records of one kind, in short, for the page of a phase.
#[derive(Clone, Debug)]
pub struct KindSummary {
    /// The kind.
    pub kind: RecordKind,
    /// How many there are.
    pub total: i64,
    /// How many of them wait or hold something up.
    pub open: i64,
    /// The latest ones.
    pub items: Vec<RecordItem>,
    /// Whether the reader may write records of this kind now.
    pub may_write: bool,
}

impl Service {
    /// The records of one kind; `state` narrows them, `after` is where the page before ended.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such feature that the actor may see.
    pub async fn records_page(
        &self,
        actor: &Actor,
        key: &FeatureKey,
        kind: RecordKind,
        query: &Fields,
    ) -> Result<RecordsPage> {
        let mut connection = self.db.reads().acquire().await?;
        let Opened { feature, summary, .. } = open(self, &mut connection, actor, key).await?;
        let state = kind.spec().state(query.get("state"));
        let after = query.get("after").parse::<i32>().unwrap_or(0);
        let mut items =
            items(&mut connection, feature.id, &[kind], None, state.map(|state| state.code), after, PAGE + 1)
                .await?;
        let more = i64::try_from(items.len()).unwrap_or(i64::MAX) > PAGE;
        if more {
            items.pop();
        }
        let next = items.last().filter(|_| more).map(|item| item.number);
        let counts = counts(&mut connection, feature.id, kind).await?;
        let names = names(&mut connection, &items).await?;
        let may_write = may_write(&summary, kind);
        Ok(RecordsPage { summary, kind, items, counts, state, next, names, may_write })
    }

    /// One record, or the form of a new one where `number` is `None`.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none that the actor may see.
    pub async fn record_page(
        &self,
        actor: &Actor,
        key: &FeatureKey,
        kind: RecordKind,
        number: Option<i32>,
    ) -> Result<RecordPage> {
        let mut connection = self.db.reads().acquire().await?;
        let Opened { feature, summary, .. } = open(self, &mut connection, actor, key).await?;
        let item = match number {
            None => None,
            Some(number) => {
                let found =
                    items(&mut connection, feature.id, &[kind], Some(number), None, 0, 1).await?.pop();
                // Of a kind of which a feature has one, the page is there before the record is.
                if found.is_none() && !(kind.is_single() && number == 1) {
                    return Err(Error::NotFound);
                }
                found
            }
        };
        let draft = match &item {
            Some(_) => Values::default(),
            None => draft::draft(&mut connection, &feature, kind, summary.now.date()).await?,
        };
        let people = people(&mut connection, feature.product).await?;
        let names = names(&mut connection, item.as_slice()).await?;
        let points = guides::points(&mut connection, feature.product).await?;
        let candidates = candidates(&mut connection, feature.id, kind).await?;
        let referrers = match &item {
            Some(item) => referrers(&mut connection, feature.id, item).await?,
            None => Vec::new(),
        };
        let states = states(&summary, kind, item.as_ref());
        let may_write = may_write(&summary, kind);
        Ok(RecordPage {
            summary,
            kind,
            item,
            draft,
            people,
            names,
            points,
            candidates,
            referrers,
            states,
            may_write,
        })
    }
}

/// The reader's roles, where they can act on the feature's records at all.
fn acting(summary: &FeatureSummary) -> Option<&std::collections::BTreeSet<Role>> {
    let active = summary.progress.is_active();
    (active && summary.may(Action::EditRecord)).then_some(&summary.grants.product)
}

/// Whether the reader may write records of a kind now.
pub(super) fn may_write(summary: &FeatureSummary, kind: RecordKind) -> bool {
    acting(summary).is_some_and(|roles| kind.spec().editors.iter().any(|role| roles.contains(role)))
}

/// The states that the reader may choose.
fn states(summary: &FeatureSummary, kind: RecordKind, item: Option<&RecordItem>) -> Vec<&'static State> {
    let Some(roles) = acting(summary) else { return Vec::new() };
    let spec = kind.spec();
    spec.states
        .iter()
        .filter(|state| {
            let stays = item.is_some_and(|item| item.state.code == state.code);
            let enters = spec.who_may_enter(state).iter().any(|role| roles.contains(role));
            // What only a step of Sluice sets is no choice of a form.
            let by_step = state
                .needs
                .iter()
                .any(|need| spec.field(need).is_some_and(|field| matches!(field.input, Input::Set)));
            let leads = spec.leads_to(item.map(|item| item.state.code), state);
            enters && (stays || (!by_step && leads))
        })
        .collect()
}

/// Records of some kinds, by kind and number, after a number.
pub(crate) async fn items(
    connection: &mut PgConnection,
    feature: FeatureId,
    kinds: &[RecordKind],
    number: Option<i32>,
    state: Option<&str>,
    after: i32,
    most: i64,
) -> Result<Vec<RecordItem>> {
    let kinds: Vec<String> = kinds.iter().map(|kind| kind.code().to_owned()).collect();
    let rows = sqlx::query!(
        r#"select r.kind, r.number, r.title, r.state, r.severity, r.due, r.fields, r.state_at, r.version, r.changed_at,
                  o.name as "owner?", s.name as state_by, a.name as author
           from record r
           join person s on s.id = r.state_by
           join person a on a.id = r.author_id
           left join person o on o.id = r.owner_id
           where r.feature_id = $1 and r.kind = any($2) and ($3::int is null or r.number = $3)
             and ($4::text is null or r.state = $4) and r.number > $5
           order by r.kind, r.number limit $6"#,
        feature.uuid(),
        &kinds,
        number,
        state,
        after,
        most
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let kind = kind_of(&row.kind)?;
            Ok(RecordItem {
                kind,
                number: row.number,
                title: row.title,
                state: state_of(kind, &row.state)?,
                severity: row.severity.as_deref().and_then(Severity::from_code),
                owner: row.owner,
                due: row.due,
                values: values(row.fields)?,
                state_by: row.state_by,
                state_at: row.state_at,
                version: row.version,
                author: row.author,
                changed_at: row.changed_at,
            })
        })
        .collect()
}

fn kind_of(code: &str) -> Result<RecordKind> {
    RecordKind::from_code(code).ok_or_else(|| Error::internal("unknown kind of record"))
}

pub(crate) fn state_of(kind: RecordKind, code: &str) -> Result<&'static State> {
    kind.spec().state(code).ok_or_else(|| Error::internal("unknown state of a record"))
}

async fn counts(
    connection: &mut PgConnection,
    feature: FeatureId,
    kind: RecordKind,
) -> Result<Vec<(&'static State, i64)>> {
    let rows = sqlx::query!(
        r#"select state, count(*) as "count!" from record where feature_id = $1 and kind = $2 group by state"#,
        feature.uuid(),
        kind.code()
    )
    .fetch_all(connection)
    .await?;
    let counts: BTreeMap<String, i64> = rows.into_iter().map(|row| (row.state, row.count)).collect();
    Ok(kind.spec().states.iter().map(|state| (state, counts.get(state.code).copied().unwrap_or(0))).collect())
}

/// The records of some kinds in short: the latest of each, and how many there are, with two queries for all kinds.
pub(crate) async fn kind_summaries(
    connection: &mut PgConnection,
    feature: FeatureId,
    summary: &FeatureSummary,
    kinds: &[RecordKind],
) -> Result<Vec<KindSummary>> {
    let codes: Vec<String> = kinds.iter().map(|kind| kind.code().to_owned()).collect();
    let rows = sqlx::query!(
        r#"select kind, state, count(*) as "count!" from record
           where feature_id = $1 and kind = any($2) group by kind, state"#,
        feature.uuid(),
        &codes
    )
    .fetch_all(&mut *connection)
    .await?;
    let latest = sqlx::query!(
        r#"select r.kind, r.number, r.title, r.state, r.severity, r.due, r.fields, r.state_at, r.version, r.changed_at,
                  o.name as "owner?", s.name as state_by, a.name as author
           from unnest($2::text[]) as wanted (kind)
           cross join lateral (
               select * from record
               where feature_id = $1 and kind = wanted.kind order by number desc limit $3
           ) r
           join person s on s.id = r.state_by
           join person a on a.id = r.author_id
           left join person o on o.id = r.owner_id
           order by r.kind, r.number desc"#,
        feature.uuid(),
        &codes,
        SHOWN
    )
    .fetch_all(connection)
    .await?;
    let mut items: BTreeMap<RecordKind, Vec<RecordItem>> = BTreeMap::new();
    for row in latest {
        let kind = kind_of(&row.kind)?;
        items.entry(kind).or_default().push(RecordItem {
            kind,
            number: row.number,
            title: row.title,
            state: state_of(kind, &row.state)?,
            severity: row.severity.as_deref().and_then(Severity::from_code),
            owner: row.owner,
            due: row.due,
            values: values(row.fields)?,
            state_by: row.state_by,
            state_at: row.state_at,
            version: row.version,
            author: row.author,
            changed_at: row.changed_at,
        });
    }
    kinds
        .iter()
        .map(|kind| {
            let (mut total, mut open) = (0, 0);
            for row in rows.iter().filter(|row| row.kind == kind.code()) {
                total += row.count;
                if matches!(state_of(*kind, &row.state)?.tone, Tone::Waiting | Tone::Bad) {
                    open += row.count;
                }
            }
            Ok(KindSummary {
                kind: *kind,
                total,
                open,
                items: items.remove(kind).unwrap_or_default(),
                may_write: may_write(summary, *kind),
            })
        })
        .collect()
}

/// Everybody with a role in the product.
async fn people(connection: &mut PgConnection, product: ProductId) -> Result<Vec<(PersonId, String)>> {
    let rows = sqlx::query!(
        "select id, name from person p
         where disabled_at is null
           and exists (select from product_grant g where g.person_id = p.id and g.product_id = $1)
         order by name limit 500",
        product.uuid()
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (Id::new(row.id), row.name)).collect())
}

/// Names of the people whom some records name in their fields.
pub(crate) async fn names(
    connection: &mut PgConnection,
    items: &[RecordItem],
) -> Result<BTreeMap<PersonId, String>> {
    let mut people: Vec<uuid::Uuid> = Vec::new();
    for item in items {
        for field in item.kind.spec().fields {
            let texts: &[String] = item.values.many(field.key);
            match field.input {
                Input::Person => people.extend(item.values.text(field.key).parse::<uuid::Uuid>().ok()),
                Input::People => {
                    people.extend(texts.iter().filter_map(|text| text.parse::<uuid::Uuid>().ok()));
                }
                _ => {}
            }
        }
    }
    people.sort_unstable();
    people.dedup();
    let rows =
        sqlx::query!("select id, name from person where id = any($1)", &people).fetch_all(connection).await?;
    Ok(rows.into_iter().map(|row| (Id::new(row.id), row.name)).collect())
}

/// What records of a kind can refer to, newest first, as far as a form offers it.
async fn candidates(
    connection: &mut PgConnection,
    feature: FeatureId,
    kind: RecordKind,
) -> Result<Vec<(RecordRef, String)>> {
    let (mut kinds, mut with_threats, mut with_evidence) = (Vec::new(), false, false);
    for field in kind.spec().fields {
        if let Input::References { records, threats, evidence } = field.input {
            kinds.extend(records.iter().map(|kind| kind.code().to_owned()));
            with_threats |= threats;
            with_evidence |= evidence;
        }
    }
    let rows = sqlx::query!(
        r#"select kind as "kind!", number as "number!", title as "title!" from (
               select wanted.kind, r.number, r.title
               from unnest($2::text[]) as wanted (kind)
               cross join lateral (
                   select number, title from record
                   where feature_id = $1 and kind = wanted.kind order by number desc limit $5
               ) r
               union all
               (select 'threat', number, title from threat
                where feature_id = $1 and $3 order by number desc limit $5)
               union all
               (select 'evidence', number, title from evidence
                where feature_id = $1 and $4 order by number desc limit $5)
           ) as offered
           order by kind, number"#,
        feature.uuid(),
        &kinds,
        with_threats,
        with_evidence,
        OFFERED
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let reference = match row.kind.as_str() {
                "threat" => RecordRef::Threat(row.number),
                "evidence" => RecordRef::Evidence(row.number),
                code => RecordRef::Record(kind_of(code)?, row.number),
            };
            Ok((reference, row.title))
        })
        .collect()
}

/// Records of the feature whose fields refer to this one.
async fn referrers(
    connection: &mut PgConnection,
    feature: FeatureId,
    item: &RecordItem,
) -> Result<Vec<Referrer>> {
    let me = RecordRef::Record(item.kind, item.number);
    let mut kinds = Vec::new();
    let mut fields = Vec::new();
    for kind in RecordKind::ALL {
        for field in kind.spec().fields {
            if let Input::References { records, .. } = field.input
                && records.contains(&item.kind)
            {
                kinds.push(kind.code().to_owned());
                fields.push(field.key.to_owned());
            }
        }
    }
    let rows = sqlx::query!(
        r#"select r.kind, r.number, r.title, r.state, wanted.field as "field!"
           from unnest($2::text[], $3::text[]) as wanted (kind, field)
           join record r on r.feature_id = $1 and r.kind = wanted.kind and r.fields -> wanted.field ? $4
           order by r.kind, r.number limit 200"#,
        feature.uuid(),
        &kinds,
        &fields,
        me.to_string()
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let kind = kind_of(&row.kind)?;
            Ok(Referrer {
                what: RecordRef::Record(kind, row.number),
                title: row.title,
                state: state_of(kind, &row.state)?,
                field: kind.spec().field(&row.field).map_or("", |field| field.label),
            })
        })
        .collect()
}
