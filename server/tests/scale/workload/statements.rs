//! The statements of a page, heard from the driver.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    Layer,
    layer::{Context, SubscriberExt as _},
};

/// Writes down every statement that the driver logs.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<String>>>);

impl<S: Subscriber> Layer<S> for Heard {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        struct Summary(String);
        impl Visit for Summary {
            fn record_str(&mut self, field: &Field, value: &str) {
                if field.name() == "summary" {
                    value.clone_into(&mut self.0);
                }
            }
            fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
        }
        if event.metadata().target() != "sqlx::query" {
            return;
        }
        let mut summary = Summary(String::new());
        event.record(&mut summary);
        // Transactions are no question; and the pool makes sure that none is open when a connection comes back.
        let word = summary.0.split(' ').next().unwrap_or_default().to_ascii_lowercase();
        if !matches!(word.as_str(), "begin" | "commit" | "rollback") {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(summary.0);
        }
    }
}

/// Listens on this thread, until it is dropped.
pub(crate) struct Listener {
    heard: Heard,
    _listening: tracing::subscriber::DefaultGuard,
}

impl Listener {
    /// Begins to listen.
    pub(crate) fn start() -> Self {
        let heard = Heard::default();
        let subscriber = tracing_subscriber::registry().with(heard.clone());
        Self { heard, _listening: tracing::subscriber::set_default(subscriber) }
    }

    /// The beginnings of the statements since the last call.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.heard.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
