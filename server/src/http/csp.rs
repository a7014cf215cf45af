//! Reports of violated content security policies (ASVS 3.4.7): browsers post them, the log keeps one line for
//! each.
//!
//! Anybody can post here, so a report is small, parsed with care, shortened, stripped of queries, and the
//! number of lines per minute is bounded.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    body::Body,
    response::{IntoResponse, Response},
    routing::{MethodRouter, post},
};
use http::{HeaderMap, StatusCode, header};
use serde_json::Value;

/// The path that the policy names. It is exempt from the origin check: browsers send reports without our
/// headers.
pub const PATH: &str = "/csp-report";

const LONGEST_REPORT: usize = 16 * 1024;
const LONGEST_FIELD: usize = 200;
const REPORTS_PER_BATCH: usize = 10;
const LINES_PER_MINUTE: u32 = 60;

/// The endpoint, for `Router::route(csp::PATH, csp::endpoint())`.
pub fn endpoint<S: Clone + Send + Sync + 'static>() -> MethodRouter<S> {
    let budget = Arc::new(Budget::default());
    post(move |headers: HeaderMap, body: Body| async move { receive(&budget, &headers, body).await })
}

async fn receive(budget: &Budget, headers: &HeaderMap, body: Body) -> Response {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if !matches!(essence.as_str(), "application/csp-report" | "application/reports+json") {
        return StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response();
    }
    let Ok(bytes) = axum::body::to_bytes(body, LONGEST_REPORT).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    // serde_json bounds the depth by itself.
    let Ok(report) = serde_json::from_slice::<Value>(&bytes) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    match &report {
        Value::Array(batch) => batch.iter().take(REPORTS_PER_BATCH).for_each(|entry| write(budget, entry)),
        single => write(budget, single),
    }
    StatusCode::NO_CONTENT.into_response()
}

/// The two formats name the same facts differently.
fn write(budget: &Budget, report: &Value) {
    let facts = report.get("csp-report").or_else(|| report.get("body")).unwrap_or(report);
    if budget.spend(Instant::now()) {
        tracing::warn!(
            target: "csp",
            directive = field(facts, ["effective-directive", "effectiveDirective"]),
            violated = field(facts, ["violated-directive", "violatedDirective"]),
            blocked = field(facts, ["blocked-uri", "blockedURL"]),
            document = field(facts, ["document-uri", "documentURL"]),
            source = field(facts, ["source-file", "sourceFile"]),
            line = field(facts, ["line-number", "lineNumber"]),
            "content security policy violated"
        );
    }
}

/// A field as short text; a URL loses its query and fragment, which may hold secrets.
fn field(facts: &Value, names: [&str; 2]) -> String {
    let text = match names.iter().find_map(|name| facts.get(name)) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => return String::new(),
    };
    text.split(['?', '#']).next().unwrap_or_default().chars().take(LONGEST_FIELD).collect()
}

/// How many lines were written in the current minute.
#[derive(Default)]
struct Budget(Mutex<Option<(Instant, u32)>>);

impl Budget {
    fn spend(&self, now: Instant) -> bool {
        let mut current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, spent) = match *current {
            Some((since, spent)) if now.duration_since(since) < Duration::from_mins(1) => (since, spent),
            _ => (now, 0),
        };
        *current = Some((since, spent.saturating_add(1)));
        spent < LINES_PER_MINUTE
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use serde_json::json;

    use super::{Budget, LINES_PER_MINUTE, field};

    #[test]
    fn fields_are_short_and_without_queries() {
        let facts = json!({ "blocked-uri": "https://a.example/x?token=canary#canary", "lineNumber": 7 });
        assert_eq!(field(&facts, ["blocked-uri", "blockedURL"]), "https://a.example/x");
        assert_eq!(field(&facts, ["line-number", "lineNumber"]), "7");
        assert_eq!(field(&json!({ "a": "x".repeat(5000) }), ["a", "b"]).len(), 200);
        assert_eq!(field(&json!({ "a": { "b": [] } }), ["a", "b"]), "");
    }

    #[test]
    fn lines_per_minute_are_bounded() {
        let (budget, start) = (Budget::default(), Instant::now());
        let written = (0..1000).filter(|_| budget.spend(start)).count();
        assert_eq!(written, LINES_PER_MINUTE as usize);
        assert!(budget.spend(start + Duration::from_secs(61)));
    }
}
