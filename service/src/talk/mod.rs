//! Talking about a feature: comments, the people whom they mention, and who watches.
//!
//! A comment is no contribution: it enters no dossier, settles no gate, and can be written when every gate is open.

mod comments;
mod mentions;
mod page;
mod watch;

pub use comments::{EditComment, WriteComment};
pub use page::{CommentAt, CommentItem, CommentPage, CommentsPage};
