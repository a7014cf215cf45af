//! Saved views: the filters of a list, or something to search for, under a name.
//!
//! A view holds no features, only what to look for. Whoever opens it, by a link that its owner passed on, sees what
//! they themselves may see. It is its owner's own arrangement and no part of the record, so it leaves no event.

mod address;

use sluice_domain::{
    access::Action,
    form::{Check, FieldProblem, Fields, Problem},
    ids::{Id, SavedViewId},
    text::{TextError, Title},
};
use time::OffsetDateTime;

pub use address::{ViewAddress, encode};

use crate::{
    Service,
    actor::Actor,
    error::{Error, Result, violates},
    people::invalid,
};

/// The most views that a person can save.
pub const MOST: usize = 50;

/// The most bytes of what a view looks for.
const LONGEST: usize = 2_000;

/// A view to save.
#[derive(Debug)]
pub struct SaveView {
    /// Its id, made with the form: sending the form twice saves one view.
    pub id: SavedViewId,
    /// What it is called.
    pub name: Title,
    /// What it shows.
    pub address: ViewAddress,
}

impl SaveView {
    /// Parses the form: `id`, `name`, the page (`of`) and its query. Only filters that the page knows are kept.
    ///
    /// # Errors
    /// Every problem of the form.
    pub fn parse(fields: &Fields, query: &Fields) -> Result<Self, Vec<FieldProblem>> {
        let mut check = Check::default();
        let id = check.choice(fields, "id", "The form", |text| text.parse().ok());
        let name = check.text(fields, "name", "Name");
        let address = check.choice(fields, "of", "The form", |page| ViewAddress::parse(page, query));
        if address.as_ref().is_some_and(|address| address.path().len() > LONGEST) {
            check.note("", "What it looks for", Problem::Text(TextError::TooLong { max: LONGEST }));
        }
        let command = (|| Some(Self { id: id?, name: name?, address: address? }))();
        check.finish(command)
    }
}

/// A new name for a view.
#[derive(Debug)]
pub struct RenameView {
    /// The name.
    pub name: Title,
}

impl RenameView {
    /// Parses the form.
    ///
    /// # Errors
    /// Every problem of the form.
    pub fn parse(fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        let mut check = Check::default();
        let name = check.text(fields, "name", "Name");
        check.finish(name.map(|name| Self { name }))
    }
}

/// A view as it is stored.
pub(crate) struct NewView {
    pub(crate) id: SavedViewId,
    pub(crate) name: Title,
    pub(crate) address: String,
}

/// A saved view.
#[derive(Clone, Debug)]
pub struct SavedView {
    /// Its id.
    pub id: SavedViewId,
    /// What it is called.
    pub name: String,
    /// What it shows.
    pub address: ViewAddress,
    /// When it was saved.
    pub created_at: OffsetDateTime,
}

impl SavedView {
    /// The link to pass on.
    #[must_use]
    pub fn link(&self) -> String {
        format!("/views/{}", self.id)
    }

    /// The page that it opens, which then knows that it came from here.
    #[must_use]
    pub fn opened(&self) -> String {
        let path = self.address.path();
        let joint = if path.contains('?') { '&' } else { '?' };
        format!("{path}{joint}saved={}", self.id)
    }
}

/// A view that somebody opened.
#[derive(Clone, Debug)]
pub struct OpenedView {
    /// The view.
    pub view: SavedView,
    /// The name of its owner.
    pub owner_name: String,
    /// Whether it is the reader's own.
    pub mine: bool,
}

impl Service {
    /// The actor's own views, by name.
    ///
    /// # Errors
    /// When the database is out of reach.
    pub async fn saved_views(&self, actor: &Actor) -> Result<Vec<SavedView>> {
        Self::demand_workspace(actor, Action::UseOwnAccount)?;
        let rows = sqlx::query!(
            "select id, name, query, created_at from saved_view where owner_id = $1 order by name, id limit $2",
            actor.person.uuid(),
            i64::try_from(MOST * 2).unwrap_or(i64::MAX)
        )
        .fetch_all(self.db.reads())
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| SavedView {
                id: Id::new(row.id),
                name: row.name,
                address: ViewAddress::stored(&row.query),
                created_at: row.created_at,
            })
            .collect())
    }

    /// A view that somebody passed on, or one's own: everybody who is signed in may open any.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none.
    pub async fn saved_view(&self, actor: &Actor, id: SavedViewId) -> Result<OpenedView> {
        Self::demand_workspace(actor, Action::UseOwnAccount)?;
        let row = sqlx::query!(
            "select v.owner_id, v.name, v.query, v.created_at, o.name as owner_name
             from saved_view v join person o on o.id = v.owner_id where v.id = $1",
            id.uuid()
        )
        .fetch_optional(self.db.reads())
        .await?
        .ok_or(Error::NotFound)?;
        let view = SavedView {
            id,
            name: row.name,
            address: ViewAddress::stored(&row.query),
            created_at: row.created_at,
        };
        Ok(OpenedView { view, owner_name: row.owner_name, mine: row.owner_id == actor.person.uuid() })
    }

    /// Saves a view of the actor's.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the actor has a view of that name, or as many as anybody may have.
    pub async fn save_view(&self, actor: &Actor, command: SaveView) -> Result<SavedViewId> {
        Self::demand_workspace(actor, Action::UseOwnAccount)?;
        let id = command.id;
        let view = NewView { id, name: command.name, address: command.address.path() };
        if self.db.save_view(actor.person, &view, i64::try_from(MOST).unwrap_or(i64::MAX)).await? {
            return Ok(id);
        }
        let mine = self.saved_views(actor).await?;
        if let Some(earlier) = mine.iter().find(|earlier| earlier.id == id) {
            let same = earlier.name == view.name.as_str() && earlier.address.path() == view.address;
            return if same { Ok(id) } else { Err(invalid("name", "Name", Problem::SentBefore)) };
        }
        if mine.iter().any(|other| other.name == view.name.as_str()) {
            return Err(invalid("name", "Name", Problem::Taken));
        }
        Err(invalid("", "Saved views", Problem::TooMany { most: MOST }))
    }

    /// Renames a view of the actor's.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the actor has none of that id, [`Error::Invalid`] when another one has that name.
    pub async fn rename_view(&self, actor: &Actor, id: SavedViewId, command: &RenameView) -> Result<()> {
        Self::demand_workspace(actor, Action::UseOwnAccount)?;
        match self.db.rename_view(actor.person, id, &command.name).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Error::NotFound),
            Err(error) if violates(&error, "saved_view_name_unique") => {
                Err(invalid("name", "Name", Problem::Taken))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Deletes a view of the actor's. What it showed is untouched.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the actor has none of that id.
    pub async fn delete_view(&self, actor: &Actor, id: SavedViewId) -> Result<()> {
        Self::demand_workspace(actor, Action::UseOwnAccount)?;
        if self.db.delete_view(actor.person, id).await? { Ok(()) } else { Err(Error::NotFound) }
    }
}
