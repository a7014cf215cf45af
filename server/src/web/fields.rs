//! What a form sent, decoded.

use axum::{
    extract::{FromRequest, Request},
    response::{IntoResponse, Response},
};
use http::StatusCode;
use sluice_domain::form::Fields;

use super::Visit;

/// The most fields that a form of ours could have; more is not a form of ours.
const MOST: usize = 2_000;

/// The fields of a form that was sent as `application/x-www-form-urlencoded`. Handlers take the fields that they know
/// by name and never see the others (ASVS 15.3.3).
pub struct FormFields(pub Fields);

impl<S: Send + Sync> FromRequest<S> for FormFields {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let is_form = request
            .headers()
            .get(http::header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
        if !is_form {
            return Err(StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response());
        }
        let visit = request.extensions().get::<Visit>().cloned();
        let body =
            axum::body::Bytes::from_request(request, state).await.map_err(IntoResponse::into_response)?;
        let fields = parse(&body).ok_or_else(|| StatusCode::BAD_REQUEST.into_response())?;
        if let Some(visit) = visit {
            visit.sent(&fields, false);
        }
        Ok(Self(fields))
    }
}

/// Decodes a form's body, or the query of an address. `None` for what no browser sends.
#[must_use]
pub fn parse(body: &[u8]) -> Option<Fields> {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_bytes(body).ok()?;
    // PostgreSQL cannot store it and no keyboard types it.
    let clean = pairs.iter().all(|(name, value)| !name.contains('\0') && !value.contains('\0'));
    (clean && pairs.len() <= MOST).then(|| Fields::new(pairs))
}

/// The fields of a query string; an undecodable one counts as empty.
#[must_use]
pub fn query(query: Option<&str>) -> Fields {
    query.and_then(|text| parse(text.as_bytes())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_fields_are_kept_in_order() {
        let fields = parse(b"a=1&b=%C3%A9&a=2").expect("a form");
        assert_eq!(fields.all("a").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(fields.get("b"), "é");
    }

    #[test]
    fn what_no_browser_sends_is_refused() {
        assert!(parse(b"a=%00").is_none());
        assert!(parse("a=1&".repeat(MOST + 1).as_bytes()).is_none());
    }
}
