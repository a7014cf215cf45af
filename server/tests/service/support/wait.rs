use std::{
    future::Future,
    time::{Duration, Instant},
};

use super::TestResult;

/// Longer than anything may take that has to come; reaching it is the failure.
const PATIENCE: Duration = Duration::from_secs(30);

/// Waits for something that has to come, without guessing when.
pub(crate) async fn until<F, W>(what: &str, done: F) -> TestResult
where
    F: FnMut() -> W,
    W: Future<Output = TestResult<bool>>,
{
    within(PATIENCE, what, done).await
}

/// The same where something else would bring it about later.
pub(crate) async fn within<F, W>(patience: Duration, what: &str, mut done: F) -> TestResult
where
    F: FnMut() -> W,
    W: Future<Output = TestResult<bool>>,
{
    let begun = Instant::now();
    while !done().await? {
        if begun.elapsed() > patience {
            return Err(format!("waited in vain until {what}").into());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}
