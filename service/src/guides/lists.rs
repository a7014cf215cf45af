use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use sluice_domain::{
    access::Action,
    audit::{Object, ObjectKind, Value, Verb},
    canonical::{self, Digest},
    dossier::{Item, ItemKind},
    form::{Check, FieldProblem, Fields, Problem},
    ids::ProductId,
    record::ListKind,
    text::{Point, ProductKey, TextError},
};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{GuidedProduct, open};
use crate::{
    Service,
    actor::Actor,
    clock::fresh_salt,
    db::{
        permit::{InProduct, Permit},
        write::{Write, uncancelled},
    },
    error::{Error, Result},
    features::row::salt,
    jobs::{Ground, ground_changed},
};

/// The lists of a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListsPage {
    /// The product.
    pub product: GuidedProduct,
    /// Its lists, each kind once.
    pub lists: Vec<ProductListItem>,
    /// The instant of reading.
    pub now: OffsetDateTime,
}

/// A list that a product's features go through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductListItem {
    /// Which list.
    pub kind: ListKind,
    /// Its points.
    pub points: Vec<String>,
    /// The version, for edits; 0 while the product has none of its own.
    pub version: i32,
    /// Who wrote it and when; nobody while it is the one that Sluice brings.
    pub written: Option<(String, OffsetDateTime)>,
}

/// A new version of one of a product's lists.
#[derive(Clone, Debug)]
pub struct EditList {
    /// The version that was on screen; 0 where the product had none of its own.
    pub version: i32,
    /// The points, in order.
    pub points: Vec<Point>,
}

impl EditList {
    /// The most points of a list: what is longer nobody goes through.
    pub const MOST: usize = 50;

    /// Parses the fields `version` and `points`, which holds a point a line; empty lines count for nothing.
    ///
    /// # Errors
    /// Every problem of the form.
    pub fn parse(fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        let mut check = Check::default();
        let version = check.choice(fields, "version", "The version", |text| text.parse().ok());
        let mut points: Vec<Point> = Vec::new();
        let mut known = BTreeSet::new();
        let lines = fields.get("points").lines().map(str::trim).filter(|line| !line.is_empty());
        for (index, line) in lines.enumerate() {
            let number = index + 1;
            if number > Self::MOST {
                check.note("points", "Points", Problem::TooManyPoints { max: Self::MOST });
                break;
            }
            match line.parse::<Point>() {
                Ok(point) if known.insert(point.as_str().to_lowercase()) => points.push(point),
                Ok(_) => check.note("points", "Points", Problem::PointRepeated { number }),
                Err(error) => check.note("points", "Points", Problem::Point { number, error }),
            }
        }
        if known.is_empty() && fields.get("points").trim().is_empty() {
            check.note("points", "Points", Problem::Text(TextError::Empty));
        }
        let command = version.map(|version| Self { version, points });
        check.finish(command)
    }
}

/// A list of a product's own.
pub(crate) struct OwnList {
    points: Vec<String>,
    version: i32,
    author: String,
    changed_at: OffsetDateTime,
}

/// The lists that a product has of its own.
pub(crate) async fn own_lists(
    connection: &mut PgConnection,
    product: ProductId,
) -> Result<BTreeMap<ListKind, OwnList>> {
    let rows = sqlx::query!(
        "select l.list, l.points, l.version, l.changed_at, p.name
         from product_list l join person p on p.id = l.author_id
         where l.product_id = $1",
        product.uuid()
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let kind = ListKind::from_code(&row.list).ok_or_else(|| Error::internal("unknown list"))?;
            let own = OwnList {
                points: row.points,
                version: row.version,
                author: row.name,
                changed_at: row.changed_at,
            };
            Ok((kind, own))
        })
        .collect()
}

/// The points of every list of a product: its own, or those that Sluice brings.
pub(crate) async fn points(
    connection: &mut PgConnection,
    product: ProductId,
) -> Result<BTreeMap<ListKind, Vec<String>>> {
    let mut own = own_lists(connection, product).await?;
    let list =
        |kind: &ListKind| (*kind, own.remove(kind).map_or_else(|| defaults(*kind), |list| list.points));
    Ok(ListKind::ALL.iter().map(list).collect())
}

/// A list as gates look at it.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    pub(crate) points: Vec<String>,
    /// What stands for it in dossiers. The lists that Sluice brings are nobody's words, so they need no salt, and version
    /// 0 of one changes with the program.
    pub(crate) item: Item,
}

/// Every list of these products: their own, or those that Sluice brings.
pub(crate) async fn listed(
    connection: &mut PgConnection,
    products: &BTreeSet<ProductId>,
) -> Result<BTreeMap<(ProductId, ListKind), Listed>> {
    let mut found = BTreeMap::new();
    if products.is_empty() {
        return Ok(found);
    }
    let item = |kind: ListKind, version, digest| Item {
        kind: ItemKind::List,
        key: kind.code().to_owned(),
        version,
        digest,
    };
    let content = |points: &[String]| canonical::to_string(&json!(points));
    for product in products {
        for kind in ListKind::ALL {
            let points = defaults(*kind);
            let item = item(*kind, 0, Digest::of(content(&points).as_bytes()));
            found.insert((*product, *kind), Listed { points, item });
        }
    }
    let ids: Vec<Uuid> = products.iter().map(|product| product.uuid()).collect();
    let own = sqlx::query!(
        "select product_id, list, points, version, salt from product_list where product_id = any($1)",
        &ids
    )
    .fetch_all(connection)
    .await?;
    for row in own {
        let kind = ListKind::from_code(&row.list).ok_or_else(|| Error::internal("unknown list"))?;
        let item = item(kind, row.version, salt(row.salt)?.commit(content(&row.points).as_bytes()));
        found.insert((ProductId::new(row.product_id), kind), Listed { points: row.points, item });
    }
    Ok(found)
}

fn defaults(kind: ListKind) -> Vec<String> {
    kind.defaults().iter().map(|point| (*point).to_owned()).collect()
}

impl Service {
    /// The lists of a product.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such product, or the actor may not know of it.
    pub async fn product_lists(&self, actor: &Actor, key: &ProductKey) -> Result<ListsPage> {
        let mut connection = self.db.reads().acquire().await?;
        let now = self.db.now_on(&mut connection).await?;
        let product = open(&mut connection, actor, key).await?;
        let mut own = own_lists(&mut connection, product.id).await?;
        let lists = ListKind::ALL.iter().map(|kind| match own.remove(kind) {
            Some(OwnList { points, version, author, changed_at }) => {
                ProductListItem { kind: *kind, points, version, written: Some((author, changed_at)) }
            }
            None => ProductListItem { kind: *kind, points: defaults(*kind), version: 0, written: None },
        });
        Ok(ListsPage { product, lists: lists.collect(), now })
    }

    /// Writes a new version of one of a product's lists. What features confirmed of earlier versions stays as it is.
    ///
    /// # Errors
    /// [`Error::Stale`] when somebody else edited it meanwhile.
    pub async fn edit_product_list(
        &self,
        actor: &Actor,
        key: &ProductKey,
        list: ListKind,
        command: EditList,
    ) -> Result<()> {
        let (db, actor, key) = (self.db.clone(), actor.clone(), key.clone());
        uncancelled(|token| async move {
            let mut begun = db.begin(&token, &actor.origin).await?;
            // The list may have no row yet: the product's orders its edits.
            let product =
                sqlx::query_scalar!("select id from product where key = $1 for update", key.as_str())
                    .fetch_optional(begun.connection())
                    .await?
                    .map(ProductId::new)
                    .ok_or(Error::NotFound)?;
            let mut write = begun.at_now().await?;
            let permit = write.authorize_product(&actor, Action::ManageGuides, product).await?;
            let own = own_lists(write.connection(), product).await?.remove(&list);
            if own.as_ref().map_or(0, |own| own.version) != command.version {
                return Err(Error::Stale);
            }
            let before = own.map_or_else(|| defaults(list), |own| own.points);
            let after: Vec<String> = command.points.iter().map(ToString::to_string).collect();
            if before == after {
                return Ok(());
            }
            store(&mut write, &permit, &actor, list, command.version, &after).await?;
            let id = format!("{}/{}", permit.product(), list.code());
            let object = Object::new(ObjectKind::ProductList, id, list.code());
            let mut event = write.event(&permit, Verb::ProductListEdited, object);
            event.change("points", Value::text(before.join("\n")), Value::text(after.join("\n")));
            if list.is_signed() {
                ground_changed(&mut write, &permit, Ground::Everybodys).await?;
            }
            write.commit(event, Vec::new()).await
        })
        .await
    }
}

async fn store(
    write: &mut Write,
    permit: &Permit<InProduct>,
    actor: &Actor,
    list: ListKind,
    version: i32,
    points: &[String],
) -> Result<()> {
    let (now, salt) = (write.now, fresh_salt());
    let stored = sqlx::query!(
        "insert into product_list (product_id, list, points, version, author_id, changed_at, salt)
         values ($1, $2, $3, 1, $4, $5, $7)
         on conflict (product_id, list) do update
             set points = excluded.points, version = product_list.version + 1, author_id = excluded.author_id,
                 changed_at = excluded.changed_at, salt = excluded.salt
             where product_list.version = $6",
        permit.product().uuid(),
        list.code(),
        points,
        actor.person.uuid(),
        now,
        version,
        salt.0.as_slice()
    )
    .execute(write.connection())
    .await?;
    if stored.rows_affected() == 1 { Ok(()) } else { Err(Error::Stale) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(points: &str) -> Result<Vec<String>, Vec<Problem>> {
        let fields = Fields::new(vec![("version".into(), "0".into()), ("points".into(), points.into())]);
        EditList::parse(&fields)
            .map(|command| command.points.iter().map(ToString::to_string).collect())
            .map_err(|problems| problems.into_iter().map(|problem| problem.problem).collect())
    }

    #[test]
    fn a_point_is_a_line_and_empty_lines_are_none() {
        assert_eq!(parse(" One thing\r\n\r\n  Another\n"), Ok(vec!["One thing".into(), "Another".into()]));
    }

    #[test]
    fn every_line_that_is_wrong_is_named() {
        let long = "x".repeat(201);
        let problems = parse(&format!("One thing\nab\none THING\n{long}\nb\u{202E}ad"));
        assert_eq!(
            problems,
            Err(vec![
                Problem::Point { number: 2, error: TextError::TooShort { min: 3 } },
                Problem::PointRepeated { number: 3 },
                Problem::Point { number: 4, error: TextError::TooLong { max: 200 } },
                Problem::Point { number: 5, error: TextError::ControlCharacter },
            ])
        );
    }

    #[test]
    fn a_list_has_one_to_fifty_points() {
        assert_eq!(parse(" \r\n "), Err(vec![Problem::Text(TextError::Empty)]));
        let lines = |count: usize| (0..count).map(|n| format!("Point {n}")).collect::<Vec<_>>().join("\n");
        assert_eq!(parse(&lines(50)).map(|points| points.len()), Ok(50));
        assert_eq!(parse(&lines(51)), Err(vec![Problem::TooManyPoints { max: 50 }]));
    }
}
