use serde_json::json;
use sluice_domain::{
    audit::{Event, Value},
    canonical::Salt,
    ids::{FeatureId, PersonId, RecordId},
    record::{Field, RecordForm, RecordKind, Values},
};
use sqlx::PgConnection;
use time::{Date, OffsetDateTime, format_description::BorrowedFormatItem, macros::format_description};
use uuid::Uuid;

use crate::{
    clock::fresh_salt,
    db::permit::{InFeature, Permit},
    error::{Error, Result},
};

/// A record as its row says.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) id: Uuid,
    pub(crate) title: String,
    pub(crate) state: String,
    pub(crate) values: Values,
    pub(crate) state_by: Uuid,
    pub(crate) state_at: OffsetDateTime,
    pub(crate) version: i32,
}

/// Reads a record.
pub(crate) async fn find(
    connection: &mut PgConnection,
    feature: FeatureId,
    kind: RecordKind,
    number: i32,
) -> Result<Option<Row>> {
    let row = sqlx::query!(
        "select id, title, state, fields, state_by, state_at, version from record
         where feature_id = $1 and kind = $2 and number = $3",
        feature.uuid(),
        kind.code(),
        number
    )
    .fetch_optional(connection)
    .await?;
    row.map(|row| {
        Ok(Row {
            id: row.id,
            title: row.title,
            state: row.state,
            values: values(row.fields)?,
            state_by: row.state_by,
            state_at: row.state_at,
            version: row.version,
        })
    })
    .transpose()
}

/// Reads the fields of a record from their column.
pub(crate) fn values(fields: serde_json::Value) -> Result<Values> {
    serde_json::from_value(fields).map_err(Error::internal)
}

/// The number of the next record of a kind. The feature's row is locked.
pub(super) async fn next_number(
    connection: &mut PgConnection,
    permit: &Permit<InFeature>,
    kind: RecordKind,
) -> Result<i32> {
    Ok(sqlx::query_scalar!(
        r#"select coalesce(max(number), 0) + 1 as "number!" from record where feature_id = $1 and kind = $2"#,
        permit.feature().uuid(),
        kind.code()
    )
    .fetch_one(connection)
    .await?)
}

/// What of a record its columns repeat, for lists.
struct Columns {
    severity: Option<String>,
    owner: Option<Uuid>,
    due: Option<Date>,
    fields: serde_json::Value,
    salt: Salt,
}

fn columns(form: &RecordForm) -> Result<Columns> {
    const DAY: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");
    let some = |key: &str| Some(form.values.text(key)).filter(|text| !text.is_empty());
    Ok(Columns {
        severity: some("severity").map(ToOwned::to_owned),
        owner: some("owner").map(str::parse).transpose().map_err(Error::internal)?,
        due: some("due").map(|text| Date::parse(text, DAY)).transpose().map_err(Error::internal)?,
        fields: json!(form.values),
        salt: fresh_salt(),
    })
}

/// Stores a new record.
pub(crate) async fn insert(
    connection: &mut PgConnection,
    permit: &Permit<InFeature>,
    id: RecordId,
    number: i32,
    form: &RecordForm,
    author: PersonId,
    now: OffsetDateTime,
) -> Result<()> {
    let columns = columns(form)?;
    sqlx::query!(
        "insert into record (id, feature_id, kind, number, title, state, severity, owner_id, due, fields, state_by,
                             state_at, salt, author_id, changed_at, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $11, $12, $12)",
        id.uuid(),
        permit.feature().uuid(),
        form.kind.code(),
        number,
        form.title.as_str(),
        form.state.code,
        columns.severity,
        columns.owner,
        columns.due,
        columns.fields,
        author.uuid(),
        now,
        columns.salt.0.as_slice()
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Stores the next version of a record.
pub(crate) async fn update(
    connection: &mut PgConnection,
    permit: &Permit<InFeature>,
    before: &Row,
    form: &RecordForm,
    author: PersonId,
    now: OffsetDateTime,
) -> Result<()> {
    let columns = columns(form)?;
    let moved = before.state != form.state.code;
    let (state_by, state_at) = if moved { (author.uuid(), now) } else { (before.state_by, before.state_at) };
    let done = sqlx::query!(
        "update record set title = $3, state = $4, severity = $5, owner_id = $6, due = $7, fields = $8, state_by = $9,
                state_at = $10, version = version + 1, salt = $11, author_id = $12, changed_at = $13
         where id = $1 and feature_id = $2 and version = $14",
        before.id,
        permit.feature().uuid(),
        form.title.as_str(),
        form.state.code,
        columns.severity,
        columns.owner,
        columns.due,
        columns.fields,
        state_by,
        state_at,
        columns.salt.0.as_slice(),
        author.uuid(),
        now,
        before.version
    )
    .execute(connection)
    .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(Error::Stale) }
}

/// Describes in an event what changed: codes in the clear, words of people as text.
pub(super) fn describe(event: &mut Event, form: &RecordForm, before: Option<&Row>) {
    let spec = form.kind.spec();
    let code = |text: &str| if text.is_empty() { Value::None } else { Value::code(text) };
    event.change(
        "title",
        before.map_or(Value::None, |row| Value::text(&row.title)),
        Value::text(form.title.as_str()),
    );
    if spec.states.len() > 1 {
        event.change("state", before.map_or(Value::None, |row| code(&row.state)), code(form.state.code));
    }
    let nothing = Values::default();
    let old = before.map_or(&nothing, |row| &row.values);
    for field in spec.fields {
        event.change(field.key, value(field, old), value(field, &form.values));
    }
}

fn value(field: &Field, values: &Values) -> Value {
    let text = values.joined(field.key);
    if text.is_empty() {
        Value::None
    } else if field.input.is_code() {
        Value::code(text)
    } else {
        Value::text(text)
    }
}
