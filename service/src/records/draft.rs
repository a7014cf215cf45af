//! What the form of a new record begins with, drawn from what the feature already says.

use std::fmt::Write as _;

use sluice_domain::record::{RecordKind, Values};
use sqlx::PgConnection;
use time::Date;

use super::store::values;
use crate::{error::Result, features::row::Feature};

/// The draft of a new record. Kinds that begin empty cost no query.
pub(super) async fn draft(
    connection: &mut PgConnection,
    feature: &Feature,
    kind: RecordKind,
    today: Date,
) -> Result<Values> {
    let draft = Values::default();
    Ok(match kind {
        RecordKind::Notice => draft.with("text", notice(connection, feature).await?),
        RecordKind::Design => draft.with("description", feature.description.clone()),
        RecordKind::Plan => draft.with("scope", feature.description.clone()).with(
            "timeline",
            feature.target_date.map(|day| format!("Planned for {day}")).unwrap_or_default(),
        ),
        RecordKind::ReleaseNotes => draft.with("notes", release_notes(connection, feature).await?),
        RecordKind::TestSummary => {
            let facts = lines(connection, feature).await?;
            draft
                .with("activities", facts.list("Security tests", "security-test"))
                .with("results", facts.list("Findings", "finding"))
        }
        RecordKind::Check | RecordKind::Promotion => {
            let key = if kind == RecordKind::Check { "ran" } else { "on" };
            draft.with(key, today.to_string())
        }
        _ => draft,
    })
}

/// Timeline, feature and market impact, as the plan says them.
async fn notice(connection: &mut PgConnection, feature: &Feature) -> Result<String> {
    let plan = sqlx::query_scalar!(
        "select fields from record where feature_id = $1 and kind = 'plan' and number = 1",
        feature.id.uuid()
    )
    .fetch_optional(connection)
    .await?
    .map(values)
    .transpose()?
    .unwrap_or_default();
    let or = |key: &str, instead: String| {
        Some(plan.text(key)).filter(|text| !text.is_empty()).map_or(instead, ToOwned::to_owned)
    };
    let timeline = or(
        "timeline",
        feature.target_date.map_or_else(|| "Not fixed yet.".to_owned(), |day| format!("Planned for {day}.")),
    );
    let scope = or("scope", feature.description.clone());
    let market = or("market", "None expected.".to_owned());
    Ok(format!(
        "**Feature**\n\n{}: {}\n\n{scope}\n\n**Timeline**\n\n{timeline}\n\n**Market impact**\n\n{market}",
        feature.key, feature.title
    ))
}

/// Titles of the records that texts are drawn from, by kind.
struct Lines(Vec<(String, i32, String, String)>);

impl Lines {
    /// A heading with one line for each record of the kind; nothing where there is none.
    fn list(&self, heading: &str, kind: &str) -> String {
        let mut text = String::new();
        for (_, number, title, state) in self.0.iter().filter(|line| line.0 == kind) {
            if text.is_empty() {
                let _ = write!(text, "**{heading}**\n\n");
            }
            let kind = RecordKind::from_code(kind);
            let key = kind.map(|kind| kind.key(*number)).unwrap_or_default();
            let state = kind.and_then(|kind| kind.spec().state(state)).map_or("", |state| state.label);
            let _ = writeln!(text, "- {key} {title}: {state}");
        }
        text
    }
}

async fn lines(connection: &mut PgConnection, feature: &Feature) -> Result<Lines> {
    let rows = sqlx::query!(
        "select kind, number, title, state from record
         where feature_id = $1 and kind in ('security-test', 'finding') order by kind, number limit 200",
        feature.id.uuid()
    )
    .fetch_all(connection)
    .await?;
    Ok(Lines(rows.into_iter().map(|row| (row.kind, row.number, row.title, row.state)).collect()))
}

/// What is new, and what was fixed: from requirements, changes and findings.
async fn release_notes(connection: &mut PgConnection, feature: &Feature) -> Result<String> {
    let rows = sqlx::query!(
        "select kind, title from record
         where feature_id = $1
           and (kind = 'requirement' and state = 'accepted' and fields ->> 'class' = 'functional'
                or kind = 'finding' and state = 'validated')
         order by kind, number limit 200",
        feature.id.uuid()
    )
    .fetch_all(connection)
    .await?;
    let mut text = format!("**{}**\n\n", feature.title);
    let list = |kind: &str| {
        let titles = rows.iter().filter(|row| row.kind == kind).map(|row| format!("- {}\n", row.title));
        titles.collect::<String>()
    };
    let (new, fixed) = (list("requirement"), list("finding"));
    if new.is_empty() {
        let _ = writeln!(text, "{}", feature.description);
    } else {
        let _ = write!(text, "What is new:\n\n{new}\n");
    }
    if !fixed.is_empty() {
        let _ = write!(text, "Fixed before release:\n\n{fixed}");
    }
    Ok(text)
}
