//! Where a request came from (ASVS 4.1.3): forwarding headers count only when a configured proxy wrote them.
//!
//! `X-Forwarded-Proto` and `X-Forwarded-Host` are never read: the public URL is a setting.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    str::FromStr,
    sync::Arc,
};

use axum::{
    extract::{ConnectInfo, Request, State},
    middleware::Next,
    response::Response,
};
use http::HeaderMap;

use super::Edge;

/// The address of the client, as far as it can be known. Request extension.
///
/// It is 0.0.0.0 when there is no connection at all, as in a test that calls the router directly.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ClientAddress(pub IpAddr);

/// The proxies whose forwarding headers are believed: none, unless configured.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(Arc<[Network]>);

#[derive(Clone, Copy, Debug)]
struct Network {
    base: IpAddr,
    prefix: u8,
}

impl TrustedProxies {
    /// Whether this address belongs to a configured proxy.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(address))
    }

    /// Walks back from the peer through the proxies we trust, to the first address that we do not.
    ///
    /// Everything to the left of that was written by a stranger.
    #[must_use]
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        if !self.contains(client) {
            return client;
        }
        let mut hops: Vec<&str> = Vec::new();
        for value in headers.get_all("x-forwarded-for") {
            match value.to_str() {
                Ok(text) => hops.extend(text.split(',')),
                Err(_) => return client,
            }
        }
        for hop in hops.into_iter().rev() {
            let Some(address) = parse_hop(hop.trim()) else { return client };
            client = address.to_canonical();
            if !self.contains(client) {
                return client;
            }
        }
        client
    }
}

/// Some proxies write the port too.
fn parse_hop(text: &str) -> Option<IpAddr> {
    text.parse::<IpAddr>()
        .or_else(|_| text.parse::<SocketAddr>().map(|socket| socket.ip()))
        .or_else(|_| text.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>())
        .ok()
}

impl FromStr for TrustedProxies {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let entries = text.split([',', ' ']).map(str::trim).filter(|entry| !entry.is_empty());
        entries.map(Network::parse).collect::<Result<Vec<_>, _>>().map(|networks| Self(networks.into()))
    }
}

impl Network {
    fn parse(text: &str) -> Result<Self, String> {
        let (address, prefix) = text.split_once('/').map_or((text, None), |(base, bits)| (base, Some(bits)));
        let base: IpAddr =
            address.parse().map_err(|_| format!("{text} is no address and no network such as 10.0.0.0/8"))?;
        let longest = if base.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => longest,
            Some(bits) => bits
                .parse::<u8>()
                .ok()
                .filter(|bits| *bits <= longest)
                .ok_or_else(|| format!("{text}: the part after the slash is 0 to {longest}"))?,
        };
        Ok(Self { base, prefix })
    }

    fn contains(self, address: IpAddr) -> bool {
        match (self.base, address) {
            (IpAddr::V4(base), IpAddr::V4(address)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.prefix)).unwrap_or(0);
                base.to_bits() & mask == address.to_bits() & mask
            }
            (IpAddr::V6(base), IpAddr::V6(address)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.prefix)).unwrap_or(0);
                base.to_bits() & mask == address.to_bits() & mask
            }
            _ => false,
        }
    }
}

/// Middleware: puts [`ClientAddress`] into the request.
pub(super) async fn apply(State(edge): State<Edge>, mut request: Request, next: Next) -> Response {
    let peer = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(peer)| peer.ip());
    let client = edge.proxies().client(peer, request.headers());
    request.extensions_mut().insert(ClientAddress(client));
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use http::{HeaderMap, HeaderValue};

    use super::TrustedProxies;

    type TestResult = Result<(), Box<dyn std::error::Error>>;

    fn client(proxies: &str, peer: &str, forwarded: &[&'static str]) -> Result<String, String> {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", HeaderValue::from_static(value));
        }
        let peer: IpAddr = peer.parse().map_err(|error| format!("{error}"))?;
        Ok(proxies.parse::<TrustedProxies>()?.client(peer, &headers).to_string())
    }

    #[test]
    fn strangers_cannot_claim_an_address() -> TestResult {
        assert_eq!(client("", "203.0.113.9", &["198.51.100.1"])?, "203.0.113.9");
        assert_eq!(client("10.0.0.0/8", "203.0.113.9", &["198.51.100.1"])?, "203.0.113.9");
        Ok(())
    }

    #[test]
    fn the_rightmost_untrusted_address_counts() -> TestResult {
        let proxies = "10.0.0.0/8, 127.0.0.1";
        assert_eq!(client(proxies, "127.0.0.1", &["198.51.100.1"])?, "198.51.100.1");
        assert_eq!(client(proxies, "127.0.0.1", &["1.1.1.1, 198.51.100.1, 10.2.3.4"])?, "198.51.100.1");
        assert_eq!(client(proxies, "127.0.0.1", &["1.1.1.1", "198.51.100.1"])?, "198.51.100.1");
        assert_eq!(client(proxies, "127.0.0.1", &["198.51.100.1:4711"])?, "198.51.100.1");
        assert_eq!(client("::1", "::1", &["[2001:db8::7]:4711"])?, "2001:db8::7");
        Ok(())
    }

    #[test]
    fn nonsense_stops_the_walk() -> TestResult {
        assert_eq!(client("127.0.0.1", "127.0.0.1", &["unknown"])?, "127.0.0.1");
        assert_eq!(client("10.0.0.0/8", "10.0.0.1", &["1.1.1.1, ' or 1=1, 10.0.0.2"])?, "10.0.0.2");
        assert_eq!(client("127.0.0.1", "127.0.0.1", &[])?, "127.0.0.1");
        Ok(())
    }

    #[test]
    fn mapped_addresses_are_the_same_machine() -> TestResult {
        assert_eq!(client("127.0.0.1", "::ffff:127.0.0.1", &["198.51.100.1"])?, "198.51.100.1");
        Ok(())
    }

    #[test]
    fn networks_are_exact() -> TestResult {
        let proxies: TrustedProxies = "192.168.4.0/22 2001:db8::/32 0.0.0.0/0".parse()?;
        assert!(proxies.contains("8.8.8.8".parse()?) && proxies.contains("2001:db8::1".parse()?));
        assert!(!proxies.contains("2001:db9::1".parse()?));
        let narrow: TrustedProxies = "192.168.4.0/22".parse()?;
        assert!(narrow.contains("192.168.7.255".parse()?) && !narrow.contains("192.168.8.0".parse()?));
        for nonsense in ["10.0.0.0/33", "10.0.0/8", "proxy.example.org", "::/129", "10.0.0.0/-1"] {
            assert!(nonsense.parse::<TrustedProxies>().is_err(), "{nonsense}");
        }
        Ok(())
    }
}
