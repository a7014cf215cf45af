//! Sessions: the cookie that a browser holds, and the service's sessions behind it.
//!
//! The cookie's value is 128 random bits (ASVS 7.2.3); stored is their SHA-256. How long a session may idle, and how
//! long it may last at all, is enforced where it is loaded, by the clock of the service, so the cookie's own age only
//! tidies up.

use std::fmt;

use async_trait::async_trait;
use axum::response::Response;
use http::{
    HeaderMap, HeaderValue,
    header::{self, Entry},
};
use serde_json::Value;
use sluice_domain::{canonical::Digest, ids::PersonId};
use sluice_service::{
    Error, Service,
    people::{SessionLimits, SessionRow},
};
use tower_sessions::{
    Expiry, Session, SessionManagerLayer, SessionStore,
    cookie::SameSite,
    session::{Id, Record},
    session_store,
};

use super::{App, Failure, state::Settings, visit::PERSON};

/// The name of the cookie. Its prefix makes browsers insist on `Secure`, `Path=/` and this very host.
pub const COOKIE: &str = "__Host-sid";

/// The key of the browser's own name in a session.
const USER_AGENT: &str = "user-agent";

/// The most characters of it that are kept.
const LONGEST_USER_AGENT: usize = 200;

/// How often an id that is taken is replaced. With 128 random bits once is never needed.
const TRIES: usize = 3;

/// The service's sessions as the session layer wants them.
#[derive(Clone)]
pub struct Sessions {
    service: Service,
    limits: SessionLimits,
}

impl fmt::Debug for Sessions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Sessions").field("limits", &self.limits).finish_non_exhaustive()
    }
}

/// The layer that finds the session of a request and keeps its cookie.
#[must_use]
pub fn session_layer(app: &App) -> SessionManagerLayer<Sessions> {
    let limits = limits(&app.settings);
    with_cookie(Sessions { service: app.service.clone(), limits }, limits)
}

/// The cookie of every session. The layer sets it when the session changes, not at each request, so its age is the
/// absolute limit; a shorter one would end sessions that are in use.
fn with_cookie<S: SessionStore>(store: S, limits: SessionLimits) -> SessionManagerLayer<S> {
    SessionManagerLayer::new(store)
        .with_name(COOKIE)
        .with_path("/")
        .with_secure(true)
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_expiry(Expiry::OnInactivity(limits.absolute))
}

/// How long sessions last by the settings.
#[must_use]
pub fn limits(settings: &Settings) -> SessionLimits {
    let length =
        |duration: std::time::Duration| time::Duration::try_from(duration).unwrap_or(time::Duration::MAX);
    SessionLimits { idle: length(settings.session_idle), absolute: length(settings.session_absolute) }
}

/// What a session's id is stored as.
#[must_use]
pub fn current(session: &Session) -> Option<[u8; 32]> {
    session.id().map(hash)
}

fn hash(id: Id) -> [u8; 32] {
    *Digest::of(&id.0.to_le_bytes()).as_bytes()
}

/// Signs a person in who has just proved to be that person. The id is a fresh one, so an id that somebody planted in
/// the browser before is worth nothing (ASVS 7.2.4).
///
/// # Errors
/// When the database is out of reach.
pub async fn begin(session: &Session, headers: &HeaderMap, person: PersonId) -> Result<(), Failure> {
    session.cycle_id().await.map_err(Error::internal)?;
    session.insert(PERSON, person).await.map_err(Error::internal)?;
    session.insert(USER_AGENT, user_agent(headers)).await.map_err(Error::internal)?;
    Ok(())
}

/// Gives a session a fresh id; the old one opens nothing any more.
///
/// # Errors
/// When the database is out of reach.
pub async fn rotate(session: &Session) -> Result<(), Failure> {
    Ok(session.cycle_id().await.map_err(Error::internal)?)
}

/// Ends a session on the server (ASVS 7.4.1). The layer then removes the cookie.
///
/// # Errors
/// When the database is out of reach.
pub async fn end(session: &Session) -> Result<(), Failure> {
    Ok(session.flush().await.map_err(Error::internal)?)
}

/// What the browser calls itself, for a person's list of their sessions.
fn user_agent(headers: &HeaderMap) -> String {
    let text = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    text.chars().filter(|c| !c.is_control()).take(LONGEST_USER_AGENT).collect()
}

/// Layer outside of the session layer, whose removal cookies lack the attributes without which browsers ignore a
/// cookie of such a name, and keep the one that was to be removed.
pub async fn complete_cookies(mut response: Response) -> Response {
    if let Entry::Occupied(mut cookies) = response.headers_mut().entry(header::SET_COOKIE) {
        for cookie in cookies.iter_mut() {
            if let Some(complete) = completed(cookie) {
                *cookie = complete;
            }
        }
    }
    response
}

fn completed(cookie: &HeaderValue) -> Option<HeaderValue> {
    let text = cookie.to_str().ok()?;
    let ours = text.strip_prefix(COOKIE).is_some_and(|rest| rest.starts_with('='));
    let secure = text.split(';').any(|attribute| attribute.trim().eq_ignore_ascii_case("secure"));
    (ours && !secure)
        .then(|| HeaderValue::from_str(&format!("{text}; Secure; HttpOnly; SameSite=Lax")).ok())?
}

impl Sessions {
    /// Until when a session that is stored now lasts at most, by the service's clock and not by that of the layer.
    async fn expiry(&self) -> session_store::Result<time::OffsetDateTime> {
        let now = self.service.now().await.map_err(|error| backend(&error))?;
        Ok(now.saturating_add(self.limits.absolute))
    }
}

#[async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> session_store::Result<()> {
        let row = SessionRow {
            data: data(record),
            person: person(record),
            user_agent: record.data.get(USER_AGENT).and_then(Value::as_str).unwrap_or_default().to_owned(),
            expires_at: self.expiry().await?,
        };
        for _ in 0..TRIES {
            if self.service.create_session(&hash(record.id), &row).await.map_err(|error| backend(&error))? {
                return Ok(());
            }
            record.id = Id::default();
        }
        Err(session_store::Error::Backend("every id is taken".to_owned()))
    }

    async fn save(&self, record: &Record) -> session_store::Result<()> {
        let expires_at = self.expiry().await?;
        let saved = self
            .service
            .save_session(&hash(record.id), &data(record), person(record), expires_at)
            .await
            .map_err(|error| backend(&error))?;
        if !saved {
            // It was ended while this request ran. It stays ended; the next request finds nobody signed in.
            tracing::info!(target: "session", "not saved: it was ended meanwhile");
        }
        Ok(())
    }

    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        let stored =
            self.service.load_session(&hash(*id), self.limits).await.map_err(|error| backend(&error))?;
        let Some(stored) = stored else { return Ok(None) };
        let data = serde_json::from_value(stored.data)
            .map_err(|error| session_store::Error::Decode(error.to_string()))?;
        let mut record = Record { id: *id, data, expiry_date: stored.expires_at };
        // The column decides who this is: it is what ends a person's sessions, so the two must never differ.
        match stored.person {
            Some(person) => drop(record.data.insert(PERSON.to_owned(), Value::String(person.to_string()))),
            None => drop(record.data.remove(PERSON)),
        }
        Ok(Some(record))
    }

    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        self.service.delete_session(&hash(*id)).await.map_err(|error| backend(&error))
    }
}

fn data(record: &Record) -> Value {
    record.data.iter().map(|(key, value)| (key.clone(), value.clone())).collect()
}

fn person(record: &Record) -> Option<PersonId> {
    record.data.get(PERSON).and_then(Value::as_str).and_then(|id| id.parse().ok())
}

fn backend(error: &Error) -> session_store::Error {
    session_store::Error::Backend(error.to_string())
}

#[cfg(test)]
mod tests {
    use std::{
        collections::HashMap,
        sync::{Arc, Mutex, PoisonError},
    };

    use axum::{Router, body::Body, middleware::map_response, routing::post};
    use http::{Request, StatusCode};
    use tower::ServiceExt;

    use super::*;

    #[derive(Clone, Debug, Default)]
    struct InMemory(Arc<Mutex<HashMap<Id, Record>>>);

    impl InMemory {
        fn with<T>(&self, work: impl FnOnce(&mut HashMap<Id, Record>) -> T) -> T {
            work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
        }
    }

    #[async_trait]
    impl SessionStore for InMemory {
        async fn create(&self, record: &mut Record) -> session_store::Result<()> {
            self.save(record).await
        }

        async fn save(&self, record: &Record) -> session_store::Result<()> {
            self.with(|records| drop(records.insert(record.id, record.clone())));
            Ok(())
        }

        async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
            Ok(self.with(|records| records.get(id).cloned()))
        }

        async fn delete(&self, id: &Id) -> session_store::Result<()> {
            self.with(|records| drop(records.remove(id)));
            Ok(())
        }
    }

    async fn enter(session: Session, headers: HeaderMap) -> StatusCode {
        let person = PersonId::new(uuid::Uuid::nil());
        begin(&session, &headers, person).await.map_or(StatusCode::INTERNAL_SERVER_ERROR, |()| StatusCode::OK)
    }

    async fn leave(session: Session) -> StatusCode {
        end(&session).await.map_or(StatusCode::INTERNAL_SERVER_ERROR, |()| StatusCode::OK)
    }

    fn app(store: InMemory) -> Router {
        Router::new()
            .route("/in", post(enter))
            .route("/out", post(leave))
            .layer(with_cookie(store, SessionLimits::default()))
            .layer(map_response(complete_cookies))
    }

    async fn send(app: &Router, path: &str, cookie: Option<&str>) -> Vec<String> {
        let mut request = Request::post(path);
        if let Some(cookie) = cookie {
            request = request.header(header::COOKIE, cookie);
        }
        let request = request.body(Body::empty()).expect("a request");
        let response = app.clone().oneshot(request).await.expect("an answer");
        assert_eq!(response.status(), StatusCode::OK);
        let cookies = response.headers().get_all(header::SET_COOKIE);
        cookies.iter().map(|value| value.to_str().expect("text").to_owned()).collect()
    }

    fn attributes(cookie: &str) -> Vec<&str> {
        let mut attributes: Vec<&str> = cookie.split("; ").skip(1).collect();
        attributes.sort_unstable();
        attributes
    }

    #[tokio::test]
    async fn the_cookie_is_for_this_host_over_tls_and_out_of_reach_of_scripts() {
        let cookies = send(&app(InMemory::default()), "/in", None).await;
        assert_eq!(cookies.len(), 1, "{cookies:?}");
        assert!(cookies[0].starts_with("__Host-sid="), "{cookies:?}");
        assert_eq!(
            attributes(&cookies[0]),
            ["HttpOnly", "Max-Age=43200", "Path=/", "SameSite=Lax", "Secure"]
        );
    }

    #[tokio::test]
    async fn signing_in_changes_the_id_and_signing_out_removes_session_and_cookie() {
        let store = InMemory::default();
        let app = app(store.clone());
        let pair = |cookies: &[String]| cookies[0].split(';').next().unwrap_or_default().to_owned();
        let first = pair(&send(&app, "/in", None).await);
        let second = pair(&send(&app, "/in", Some(&first)).await);
        assert_ne!(first, second);
        assert_eq!(store.with(|records| records.len()), 1, "the planted id is gone");

        let removal = send(&app, "/out", Some(&second)).await;
        assert_eq!(store.with(|records| records.len()), 0);
        assert_eq!(removal.len(), 1, "{removal:?}");
        assert!(removal[0].starts_with("__Host-sid=;"), "{removal:?}");
        let attributes = attributes(&removal[0]);
        for needed in ["Max-Age=0", "Path=/", "Secure", "HttpOnly", "SameSite=Lax"] {
            assert!(attributes.contains(&needed), "{needed} is missing: {removal:?}");
        }
    }

    #[test]
    fn only_our_own_incomplete_cookie_is_completed() {
        let completed = |text| completed(&HeaderValue::from_static(text));
        assert!(completed("__Host-sid=; Path=/; Max-Age=0").is_some());
        assert!(completed("__Host-sid=x; Path=/; Secure").is_none());
        assert!(completed("__Host-sidekick=; Path=/").is_none());
        assert!(completed("__Host-done=; Path=/").is_none());
    }

    #[test]
    fn what_a_browser_calls_itself_is_kept_short() {
        let mut headers = HeaderMap::new();
        assert_eq!(user_agent(&headers), "");
        if let Ok(value) = HeaderValue::from_str(&"x\t".repeat(500)) {
            headers.insert(header::USER_AGENT, value);
        }
        assert_eq!(user_agent(&headers), "x".repeat(LONGEST_USER_AGENT));
    }
}
