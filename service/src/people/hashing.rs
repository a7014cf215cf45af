//! Password hashing: Argon2id, at a cost that the machine can bear.
//!
//! One hash takes 64 MiB and about a tenth of a second of a core. So there are never more at work than there are
//! cores, a short queue waits for a place, and whoever finds it full is told to come back instead of taking the
//! server's memory.

use std::{sync::Arc, thread::available_parallelism, time::Duration};

use argon2::{
    ARGON2ID_IDENT, Algorithm, Argon2, Params, PasswordHash, PasswordHasher as _, PasswordVerifier as _,
    Version,
    password_hash::{
        self,
        phc::{Output, ParamsString, Salt},
    },
};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::{sync::Semaphore, time::timeout};

use crate::{
    clock::random_bytes,
    error::{Error, Result},
};

/// Memory of one hash, in KiB.
const MEMORY: u32 = 64 * 1024;
/// Passes over that memory.
const PASSES: u32 = 2;
/// Lanes of one hash.
const LANES: u32 = 1;
/// How many may wait while every core is taken.
const QUEUE: usize = 64;
/// How long one waits at most.
const PATIENCE: Duration = Duration::from_secs(5);

/// Hashes and verifies passwords. Cheap to clone; clones share the places and the queue.
#[derive(Clone)]
pub(crate) struct Hasher {
    argon2: Argon2<'static>,
    /// Places at work.
    places: Arc<Semaphore>,
    /// Places at work and in the queue.
    admitted: Arc<Semaphore>,
    /// Stands in for the hash of an account that does not exist.
    nobody: Arc<str>,
}

/// What a verification found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Verified {
    /// The password is the one that was hashed.
    pub(crate) matches: bool,
    /// It was hashed with other parameters than those in force.
    pub(crate) outdated: bool,
}

impl Hasher {
    /// A hasher with as many places as the machine has cores.
    ///
    /// # Errors
    /// Never with the parameters above; the library checks them.
    pub(crate) fn for_this_machine() -> Result<Self> {
        Self::new(available_parallelism().map_or(1, usize::from))
    }

    /// A hasher whose hashes cost nothing and hide nothing, for passwords that everybody knows anyway. They count as
    /// outdated everywhere else: at its first sign-in an account gets a hash at full cost.
    ///
    /// # Errors
    /// Never with the parameters below; the library checks them.
    pub(crate) fn for_published_passwords() -> Result<Self> {
        Self::at_cost(1, Params::MIN_M_COST, Params::MIN_T_COST)
    }

    fn new(cores: usize) -> Result<Self> {
        Self::at_cost(cores, MEMORY, PASSES)
    }

    fn at_cost(cores: usize, memory: u32, passes: u32) -> Result<Self> {
        let params =
            Params::new(memory, passes, LANES, Some(Params::DEFAULT_OUTPUT_LEN)).map_err(Error::internal)?;
        let nobody = PasswordHash {
            algorithm: ARGON2ID_IDENT,
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(&params).map_err(Error::internal)?,
            salt: Some(Salt::new(&random_bytes::<16>()).map_err(Error::internal)?),
            // A random output is the hash of no password that anybody will find, and costs nothing to make.
            hash: Some(Output::new(&random_bytes::<32>()).map_err(Error::internal)?),
        };
        Ok(Self {
            argon2: Argon2::new(Algorithm::Argon2id, Version::V0x13, params),
            places: Arc::new(Semaphore::new(cores)),
            admitted: Arc::new(Semaphore::new(cores + QUEUE)),
            nobody: nobody.to_string().into(),
        })
    }

    /// Hashes a password with a fresh salt, as a PHC string.
    ///
    /// # Errors
    /// [`Error::Busy`] when the queue is full or the wait too long.
    pub(crate) async fn hash(&self, password: SecretString) -> Result<String> {
        self.run(move |argon2| {
            argon2
                .hash_password_with_salt(password.expose_secret().as_bytes(), &random_bytes::<16>())
                .map(|hash: PasswordHash| hash.to_string())
                .map_err(Error::internal)
        })
        .await
    }

    /// Verifies a password. Without a hash, as for an unknown account, it takes the same time and matches nothing
    /// (ASVS 6.3.8).
    ///
    /// # Errors
    /// [`Error::Busy`] when the queue is full or the wait too long.
    pub(crate) async fn verify(&self, password: SecretString, phc: Option<String>) -> Result<Verified> {
        let phc = phc.unwrap_or_else(|| self.nobody.to_string());
        self.run(move |argon2| {
            let hash = PasswordHash::new(&phc).map_err(Error::internal)?;
            let matches = match argon2.verify_password(password.expose_secret().as_bytes(), &hash) {
                Ok(()) => true,
                Err(password_hash::Error::PasswordInvalid) => false,
                Err(error) => return Err(Error::internal(error)),
            };
            Ok(Verified { matches, outdated: is_outdated(&hash, argon2.params()) })
        })
        .await
    }

    async fn run<T, W>(&self, work: W) -> Result<T>
    where
        W: FnOnce(&Argon2<'static>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let admitted = Arc::clone(&self.admitted).try_acquire_owned().map_err(|_| Error::Busy)?;
        let place = timeout(PATIENCE, Arc::clone(&self.places).acquire_owned())
            .await
            .map_err(|_| Error::Busy)?
            .map_err(Error::internal)?;
        let argon2 = self.argon2.clone();
        // The places go along: a client that disconnects ends the wait, but not the work that has begun.
        tokio::task::spawn_blocking(move || {
            let result = work(&argon2);
            drop((place, admitted));
            result
        })
        .await
        .map_err(Error::internal)?
    }
}

fn is_outdated(hash: &PasswordHash, params: &Params) -> bool {
    let Ok(used) = Params::try_from(hash) else { return true };
    hash.algorithm != ARGON2ID_IDENT
        || hash.version != Some(Version::V0x13.into())
        || (used.m_cost(), used.t_cost(), used.p_cost())
            != (params.m_cost(), params.t_cost(), params.p_cost())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_hash_says_its_parameters_and_verifies_only_its_password() {
        let hasher = Hasher::new(1).expect("a hasher");
        let hash = hasher.hash(SecretString::from("a quiet river bends")).await.expect("a hash");
        assert!(hash.starts_with("$argon2id$v=19$m=65536,t=2,p=1$"), "{hash}");
        let right = hasher
            .verify(SecretString::from("a quiet river bends"), Some(hash.clone()))
            .await
            .expect("an answer");
        assert_eq!(right, Verified { matches: true, outdated: false });
        let wrong =
            hasher.verify(SecretString::from("a quiet river bent"), Some(hash)).await.expect("an answer");
        assert!(!wrong.matches);
    }

    #[tokio::test]
    async fn an_unknown_account_matches_no_password() {
        let hasher = Hasher::new(1).expect("a hasher");
        let nobody = hasher.verify(SecretString::from(""), None).await.expect("an answer");
        assert_eq!(nobody, Verified { matches: false, outdated: false });
    }

    #[tokio::test]
    async fn a_hash_of_lesser_cost_is_outdated() {
        let hasher = Hasher::new(1).expect("a hasher");
        let lesser = Argon2::new(
            Algorithm::Argon2id,
            Version::V0x13,
            Params::new(64, 1, 1, None).expect("parameters"),
        );
        let hash: PasswordHash =
            lesser.hash_password_with_salt(b"a quiet river bends", &[7; 16]).expect("a hash");
        let hash = hash.to_string();
        let verified =
            hasher.verify(SecretString::from("a quiet river bends"), Some(hash)).await.expect("an answer");
        assert_eq!(verified, Verified { matches: true, outdated: true });
    }

    #[tokio::test]
    async fn a_full_queue_turns_away_instead_of_growing() {
        let hasher = Hasher::new(1).expect("a hasher");
        let all = u32::try_from(1 + QUEUE).expect("a small number");
        let _held = hasher.admitted.acquire_many(all).await.expect("all places");
        let refused = hasher.hash(SecretString::from("a quiet river bends")).await;
        assert!(matches!(refused, Err(Error::Busy)));
    }
}
