//! The address people type into the browser. It decides what "the same origin" is, whether cookies are sent
//! over TLS only, and where links in messages lead; the `Host` header of a request decides none of these.

use std::fmt;

use http::{Uri, uri::Authority};

/// Scheme, host and port under which the application is reached, without a path.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PublicUrl {
    origin: String,
    host: String,
    https: bool,
}

impl PublicUrl {
    /// Parses `https://host[:port]` or `http://host[:port]`; one closing slash is forgiven.
    ///
    /// # Errors
    /// A phrase that completes "this URL …".
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let uri: Uri = text.trim().parse().map_err(|_| "is not a URL")?;
        let https = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err("must start with https:// or http://"),
        };
        let authority = uri.authority().ok_or("has no host name")?;
        if authority.as_str().contains('@') {
            return Err("must not hold a user name or password");
        }
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            return Err("must have no path: the application lives at the root of its host name");
        }
        let host = authority.host().to_ascii_lowercase();
        if host.is_empty() {
            return Err("has no host name");
        }
        let scheme = if https { "https" } else { "http" };
        let origin = match port(authority)? {
            // Browsers leave the scheme's own port out of `Origin`.
            None => format!("{scheme}://{host}"),
            Some(443) if https => format!("{scheme}://{host}"),
            Some(80) if !https => format!("{scheme}://{host}"),
            Some(port) => format!("{scheme}://{host}:{port}"),
        };
        Ok(Self { origin, host, https })
    }

    /// The URL without a closing slash, which is also the value of the `Origin` header of its own pages.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.origin
    }

    /// The host name, in lower case, without a port.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether browsers reach the application over TLS.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.https
    }

    /// Whether the host is this machine, where browsers accept `Secure` cookies over plain HTTP.
    #[must_use]
    pub fn is_local(&self) -> bool {
        matches!(self.host.as_str(), "localhost" | "127.0.0.1")
    }

    /// The full address of a page, from a path that starts with a slash.
    #[must_use]
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }
}

/// `Authority::port_u16` says nothing both when there is no port and when it is nonsense.
fn port(authority: &Authority) -> Result<Option<u16>, &'static str> {
    let rest = authority.as_str().strip_prefix(authority.host()).unwrap_or_default();
    if rest.is_empty() {
        return Ok(None);
    }
    authority.port_u16().filter(|port| *port > 0).map(Some).ok_or("has no usable port after the colon")
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.origin)
    }
}

#[cfg(test)]
mod tests {
    use super::PublicUrl;

    #[test]
    fn origins_are_what_browsers_send() {
        for (text, origin) in [
            ("https://Sluice.Example.org/", "https://sluice.example.org"),
            ("https://sluice.example.org:443", "https://sluice.example.org"),
            ("https://sluice.example.org:8443", "https://sluice.example.org:8443"),
            ("http://localhost:80", "http://localhost"),
            ("http://localhost:8080", "http://localhost:8080"),
        ] {
            assert_eq!(PublicUrl::parse(text).as_ref().map(PublicUrl::as_str), Ok(origin));
        }
    }

    #[test]
    fn anything_but_an_origin_is_refused() {
        for text in [
            "",
            "sluice.example.org",
            "ftp://sluice.example.org",
            "https://user:password@sluice.example.org",
            "https://sluice.example.org/app",
            "https://sluice.example.org/?x",
            "https://sluice.example.org:99999",
            "https://sluice.example.org:",
            "https://",
        ] {
            assert!(PublicUrl::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn only_this_machine_is_local() {
        let local = |text| PublicUrl::parse(text).is_ok_and(|url| url.is_local());
        assert!(local("http://localhost:8080") && local("http://127.0.0.1"));
        assert!(!local("http://localhost.example.org") && !local("http://127.0.0.1.example.org"));
    }
}
