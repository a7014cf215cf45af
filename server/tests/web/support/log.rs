//! Everything that the process logs, kept so that a test can look for what must not be there.

use std::{
    io,
    sync::{Mutex, Once, PoisonError},
};

use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

static LINES: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Keep;

impl io::Write for Keep {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LINES.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Keep {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        Self
    }
}

/// Starts keeping, at a level that tells more than anybody runs with. The driver of the tests themselves stays out.
pub(crate) fn keep() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let filter = EnvFilter::new("debug,tokio_postgres=off");
        let started =
            tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(|| Keep).try_init();
        assert!(started.is_ok(), "somebody else keeps the log");
    });
}

/// What was logged so far, by every test of the process.
pub(crate) fn lines() -> String {
    String::from_utf8_lossy(&LINES.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
}
