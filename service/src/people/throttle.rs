//! The throttle before a password is hashed (ASVS 6.3.1): at most so many guesses per account and per address within
//! a window. An attempt is counted first and given back when it succeeds, so attempts at the same time all count.

use std::net::IpAddr;

use sluice_domain::{canonical::Digest, ids::PersonId};
use time::Duration;

use crate::{
    Service,
    actor::Origin,
    error::{Error, Result},
};

/// How long failures count.
pub(super) const WINDOW: Duration = Duration::minutes(15);
/// Failures that an account may have within a window.
const PER_ACCOUNT: i32 = 10;
/// Failures that an address may have within a window; an office shares one.
const PER_ADDRESS: i32 = 50;

/// An attempt that was counted and admitted.
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    account: Digest,
    address: Option<Digest>,
}

/// The tag keeps an account from sharing a key with an address of the same spelling. Addresses are stored as digests,
/// so the table is no list of who tried to come in.
fn key(tag: &str, value: &str) -> Digest {
    Digest::of(format!("sluice sign-in {tag}\0{value}").as_bytes())
}

/// What counts as one address: of IPv6 the network of 64 bits, because a single line usually has all of one.
fn neighbourhood(address: &str) -> String {
    match address.parse() {
        Ok(IpAddr::V6(address)) if address.to_ipv4_mapped().is_none() => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        _ => address.to_owned(),
    }
}

impl Service {
    /// Counts an attempt to sign in to an account, by its e-mail address in lower case, and admits it or not.
    pub(super) async fn admit_sign_in(&self, origin: &Origin, email: &str) -> Result<Attempt> {
        self.admit(origin, key("account", email)).await
    }

    /// Counts an attempt of a signed-in person to prove anew who they are. It is counted apart from the door, or
    /// anybody who knows an address could keep its owner from signing.
    pub(super) async fn admit_step_up(&self, origin: &Origin, person: PersonId) -> Result<Attempt> {
        self.admit(origin, key("step-up", &person.to_string())).await
    }

    async fn admit(&self, origin: &Origin, account: Digest) -> Result<Attempt> {
        let address = origin.address.as_deref().map(|address| key("address", &neighbourhood(address)));
        let attempt = Attempt { account, address };
        // The address comes first: one that is over its limit cannot use up the attempts of further accounts.
        if let Some(address) = &attempt.address {
            self.count(address, PER_ADDRESS, "address").await?;
        }
        self.count(&attempt.account, PER_ACCOUNT, "account").await?;
        Ok(attempt)
    }

    async fn count(&self, key: &Digest, limit: i32, what: &'static str) -> Result<()> {
        let attempts = self.db.count_attempt(key, WINDOW).await?;
        if attempts.count <= limit {
            return Ok(());
        }
        tracing::warn!(target: "sign-in", by = what, attempts = attempts.count, "throttled");
        Err(Error::Throttled(attempts.seconds_left.unsigned_abs()))
    }

    /// The attempt succeeded: the account begins anew. The address gets this one attempt back and no more, or an
    /// attacker would clear it by signing in to an account of their own.
    pub(super) async fn attempt_succeeded(&self, attempt: &Attempt) -> Result<()> {
        self.db.forget_attempts(&attempt.account).await?;
        if let Some(address) = &attempt.address {
            self.db.uncount_attempt(address).await?;
        }
        Ok(())
    }

    /// The attempt was not carried out, so it was no guess.
    pub(super) async fn attempt_unmade(&self, attempt: &Attempt) -> Result<()> {
        self.db.uncount_attempt(&attempt.account).await?;
        if let Some(address) = &attempt.address {
            self.db.uncount_attempt(address).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::neighbourhood;

    #[test]
    fn a_line_with_many_addresses_is_one_address() {
        assert_eq!(neighbourhood("2001:db8:1:2:3:4:5:6"), neighbourhood("2001:db8:1:2::1"));
        assert_ne!(neighbourhood("2001:db8:1:2::1"), neighbourhood("2001:db8:1:3::1"));
        assert_eq!(neighbourhood("192.0.2.7"), "192.0.2.7");
    }
}
