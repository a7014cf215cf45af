//! The files beside the pages. Their names hold a digest of their content, so a browser keeps them for good.

use axum::{
    body::{Body, Bytes},
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use sluice_app::assets::AssetFile;

use super::App;

/// The route template, without the cookies that pages have.
pub const ROUTE: &str = "/assets/{name}";

/// A file of the bundle, compressed beforehand as the browser likes it best.
pub async fn file(State(app): State<App>, Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some(file) = app.assets.file(&name) else { return StatusCode::NOT_FOUND.into_response() };
    let accepted: Vec<&str> =
        headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok()).collect();
    answer(file, Coding::choose(&accepted.join(",")))
}

fn answer(file: &AssetFile, coding: Coding) -> Response {
    let mut response = Response::new(Body::from(coding.bytes(file)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    // A cache in between must not hand the compressed form to a client that cannot read it.
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(name) = coding.name() {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(name));
    }
    response
}

/// How a file is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Coding {
    Brotli,
    Gzip,
    Plain,
}

impl Coding {
    /// Chooses by an `Accept-Encoding` header (RFC 9110, 12.5.3): the form with the greatest weight, the smaller one
    /// of two that weigh the same.
    fn choose(accepted: &str) -> Self {
        let (brotli, gzip) = (weight(accepted, "br"), weight(accepted, "gzip"));
        if brotli > 0 && brotli >= gzip {
            Self::Brotli
        } else if gzip > 0 {
            Self::Gzip
        } else {
            Self::Plain
        }
    }

    const fn name(self) -> Option<&'static str> {
        match self {
            Self::Brotli => Some("br"),
            Self::Gzip => Some("gzip"),
            Self::Plain => None,
        }
    }

    fn bytes(self, file: &AssetFile) -> Bytes {
        match self {
            Self::Brotli => file.brotli.clone(),
            Self::Gzip => file.gzip.clone(),
            Self::Plain => file.plain.clone(),
        }
    }
}

/// The weight of a coding in thousandths: its own, else that of `*`, else none.
fn weight(accepted: &str, coding: &str) -> u16 {
    let find = |wanted: &str| {
        accepted.split(',').find_map(|item| {
            let mut parts = item.split(';').map(str::trim);
            let name = parts.next().unwrap_or_default();
            name.eq_ignore_ascii_case(wanted)
                .then(|| parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q="))))
        })
    };
    match find(coding).or_else(|| find("*")) {
        None => 0,
        Some(None) => 1000,
        Some(Some(weight)) => thousandths(weight),
    }
}

/// `1`, `0.8`, `0.125`; what is no weight counts as none.
fn thousandths(weight: &str) -> u16 {
    let (whole, fraction) = weight.trim().split_once('.').unwrap_or((weight.trim(), ""));
    if fraction.len() > 3 || !fraction.bytes().all(|digit| digit.is_ascii_digit()) {
        return 0;
    }
    match whole {
        "1" => 1000,
        "0" => format!("{fraction:0<3}").parse().unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_coding_that_the_browser_reads_is_chosen() {
        for (accepted, coding) in [
            ("gzip, deflate, br, zstd", Coding::Brotli),
            ("gzip, deflate", Coding::Gzip),
            ("BR", Coding::Brotli),
            ("*", Coding::Brotli),
            ("br;q=0, *", Coding::Gzip),
            ("br;q=0.5, gzip;q=0.8", Coding::Gzip),
            ("br;q=0.8,gzip;q=0.8", Coding::Brotli),
            ("br;q=0, gzip;q=0", Coding::Plain),
            ("br;q=0.000, gzip; q=0.001", Coding::Gzip),
            ("br;q=nonsense", Coding::Plain),
            ("identity", Coding::Plain),
            ("brotli, gzipped", Coding::Plain),
            ("", Coding::Plain),
        ] {
            assert_eq!(Coding::choose(accepted), coding, "{accepted}");
        }
    }

    #[test]
    fn a_file_may_be_kept_for_good_and_says_how_it_is_coded() {
        let file = AssetFile {
            content_type: "text/css; charset=utf-8",
            plain: Bytes::from_static(b"plain"),
            brotli: Bytes::from_static(b"br"),
            gzip: Bytes::from_static(b"gz"),
        };
        let response = answer(&file, Coding::Brotli);
        let header = |name: &header::HeaderName| response.headers()[name].to_str().unwrap_or_default();
        assert_eq!(header(&header::CONTENT_ENCODING), "br");
        assert_eq!(header(&header::CACHE_CONTROL), "public, max-age=31536000, immutable");
        assert_eq!(header(&header::VARY), "accept-encoding");
        assert_eq!(header(&header::CONTENT_TYPE), "text/css; charset=utf-8");
        assert!(answer(&file, Coding::Plain).headers().get(header::CONTENT_ENCODING).is_none());
    }
}
