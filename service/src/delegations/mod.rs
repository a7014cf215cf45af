//! Seats at the gates of a product that were handed to somebody else for a while.

mod edit;
mod page;
mod seats;

pub use edit::{DelegateSeat, EndDelegation};
pub use page::{DelegationsPage, HandedSeat};
pub(crate) use seats::{hold, seats_of};
