use std::{
    future::Future,
    time::{Duration, Instant},
};

use super::TestResult;

/// Longer than anything may take that has to come; reaching it is the failure.
const PATIENCE: Duration = Duration::from_secs(30);

/// Waits for something that has to come, without guessing when.
pub(crate) async fn until<F, W>(what: &str, mut done: F) -> TestResult
where
    F: FnMut() -> W,
    W: Future<Output = TestResult<bool>>,
{
    let begun = Instant::now();
    while !done().await? {
        if begun.elapsed() > PATIENCE {
            return Err(format!("waited in vain until {what}").into());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}
