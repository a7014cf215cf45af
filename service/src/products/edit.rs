use sluice_domain::{
    access::Action,
    audit::{Object, ObjectKind, Value, Verb},
    form::{Check, FieldProblem, Fields, Problem},
    ids::{Id, ProductId},
    text::{Body, ProductKey, Title},
};

use crate::{
    Service,
    actor::Actor,
    db::write::uncancelled,
    error::{Error, Result, violates},
    people::invalid,
};

/// Creates a product.
#[derive(Clone, Debug)]
pub struct CreateProduct {
    /// Its id, made for the form: the same form sent twice makes one product.
    pub id: ProductId,
    /// Its key, which begins the keys of its features. It never changes.
    pub key: ProductKey,
    /// Its name.
    pub name: Title,
    /// What it is, in Markdown.
    pub description: Body,
}

impl CreateProduct {
    /// Parses the fields `id`, `key`, `name` and `description`. A key in small letters is taken as one in capitals.
    ///
    /// # Errors
    /// Every problem of the form.
    pub fn parse(fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        let mut check = Check::default();
        let id = check.choice(fields, "id", "Form", |text| text.parse::<ProductId>().ok());
        let key = match fields.get("key").trim().to_ascii_uppercase().parse::<ProductKey>() {
            Ok(key) => Some(key),
            Err(error) => {
                check.note("key", "Key", Problem::Text(error));
                None
            }
        };
        let name = check.text(fields, "name", "Name");
        let description = check.text(fields, "description", "Description");
        let command = (|| Some(Self { id: id?, key: key?, name: name?, description: description? }))();
        check.finish(command)
    }
}

/// Changes a product's name and description.
#[derive(Clone, Debug)]
pub struct EditProduct {
    /// The name.
    pub name: Title,
    /// What it is, in Markdown.
    pub description: Body,
    /// The version that was on screen.
    pub version: i32,
}

impl EditProduct {
    /// Parses the fields `name`, `description` and `version`.
    ///
    /// # Errors
    /// Every problem of the form.
    pub fn parse(fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        let mut check = Check::default();
        let name = check.text(fields, "name", "Name");
        let description = check.text(fields, "description", "Description");
        let version = check.choice(fields, "version", "Version", |text| text.parse().ok());
        let command = (|| Some(Self { name: name?, description: description?, version: version? }))();
        check.finish(command)
    }
}

impl Service {
    /// An id for the form that creates a product.
    #[must_use]
    pub fn fresh_product_id(&self) -> ProductId {
        crate::clock::fresh_id(self.db.clock.rough())
    }

    /// Creates a product. Returns its key: for a form that was sent twice, that of the product it made at first.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the key is taken, [`Error::Denied`] for anybody but an administrator.
    pub async fn create_product(&self, actor: &Actor, command: CreateProduct) -> Result<ProductKey> {
        let (db, actor) = (self.db.clone(), actor.clone());
        uncancelled(|token| async move {
            let mut write = db.begin(&token, &actor.origin).await?.at_now().await?;
            let permit = write.authorize_workspace(&actor, Action::ManageProducts).await?;
            let now = write.now;
            let inserted = sqlx::query!(
                "insert into product (id, key, name, description, created_at) values ($1, $2, $3, $4, $5)
                 on conflict (id) do nothing",
                command.id.uuid(),
                command.key.as_str(),
                command.name.as_str(),
                command.description.as_str(),
                now
            )
            .execute(write.connection())
            .await;
            match inserted {
                Ok(inserted) if inserted.rows_affected() == 1 => {}
                Ok(_) => {
                    let key = sqlx::query_scalar!("select key from product where id = $1", command.id.uuid())
                        .fetch_one(write.connection())
                        .await?;
                    return key.parse().map_err(Error::internal);
                }
                Err(error) if violates(&error, "product_key_unique") => {
                    return Err(invalid("key", "Key", Problem::Taken));
                }
                Err(error) => return Err(error.into()),
            }
            let object = Object::new(ObjectKind::Product, command.id, command.key.as_str());
            let mut event = write.event(&permit, Verb::ProductCreated, object);
            event.product = Some(command.id);
            event
                .change("key", Value::None, Value::code(&command.key))
                .change("name", Value::None, Value::text(command.name.as_str()))
                .change("description", Value::None, Value::text(command.description.as_str()));
            write.commit(event, Vec::new()).await?;
            Ok(command.key)
        })
        .await
    }

    /// Changes a product's name and description.
    ///
    /// # Errors
    /// [`Error::Stale`] when it was changed since it was read, [`Error::Denied`] for anybody but an administrator.
    pub async fn edit_product(&self, actor: &Actor, key: &ProductKey, command: EditProduct) -> Result<()> {
        let (db, actor, key) = (self.db.clone(), actor.clone(), key.clone());
        uncancelled(|token| async move {
            let mut begun = db.begin(&token, &actor.origin).await?;
            let product = sqlx::query!(
                "select id, name, description, version from product where key = $1 for update",
                key.as_str()
            )
            .fetch_optional(begun.connection())
            .await?
            .ok_or(Error::NotFound)?;
            let mut write = begun.at_now().await?;
            let permit = write.authorize_product(&actor, Action::ManageProducts, Id::new(product.id)).await?;
            if product.version != command.version {
                return Err(Error::Stale);
            }
            let (name, description) = (command.name.as_str(), command.description.as_str());
            if product.name == name && product.description == description {
                return Ok(());
            }
            sqlx::query!(
                "update product set name = $2, description = $3, version = version + 1 where id = $1",
                permit.product().uuid(),
                name,
                description
            )
            .execute(write.connection())
            .await?;
            let object = Object::new(ObjectKind::Product, permit.product(), key.as_str());
            let mut event = write.event(&permit, Verb::ProductEdited, object);
            event.change("name", Value::text(product.name), Value::text(name)).change(
                "description",
                Value::text(product.description),
                Value::text(description),
            );
            write.commit(event, Vec::new()).await
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(pairs: &[(&str, &str)]) -> Result<CreateProduct, Vec<&'static str>> {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        CreateProduct::parse(&Fields::new(pairs))
            .map_err(|problems| problems.iter().map(|p| p.field).collect())
    }

    #[test]
    fn a_key_may_be_typed_in_small_letters() {
        let id = "0197a3f0-0000-7000-8000-000000000001";
        let product = parse(&[("id", id), ("key", " pay "), ("name", "Payments")]).expect("a product");
        assert_eq!(product.key.as_str(), "PAY");
        assert_eq!(product.id.to_string(), id);
    }

    #[test]
    fn every_problem_is_reported_at_once() {
        assert_eq!(parse(&[("id", "x"), ("key", "P-1")]).err(), Some(vec!["id", "key", "name"]));
    }
}
