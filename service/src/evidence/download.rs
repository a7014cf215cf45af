use bytes::Bytes;
use futures::{
    StreamExt as _,
    stream::{self, BoxStream},
};
use sha2::{Digest as _, Sha256};
use sluice_domain::{access::Action, canonical::Digest, ids::FeatureKey};

use crate::{
    Service,
    actor::Actor,
    db::{
        Database,
        read::{demand, read_grants},
    },
    error::{Error, Result},
    features::row::{self, digest},
};

/// A stored file on its way out.
pub struct StoredFile {
    /// Its name, as people see it: encode it before it goes into a header.
    pub file_name: String,
    /// How many bytes the stream gives.
    pub size: u64,
    /// Their SHA-256.
    pub digest: Digest,
    /// The bytes. They are hashed on the way, and where they are not those that were stored, the stream breaks off
    /// with an error before its last piece: a reader never gets a whole file that is a wrong one.
    pub stream: BoxStream<'static, Result<Bytes>>,
}

impl Service {
    /// Opens one version of an item of evidence for download.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none that the actor may see.
    pub async fn download(
        &self,
        actor: &Actor,
        key: &FeatureKey,
        number: i32,
        version: i32,
    ) -> Result<StoredFile> {
        let mut connection = self.db.reads().acquire().await?;
        let feature = row::find(&mut connection, &self.policies, key).await?;
        let grants = read_grants(&mut connection, actor, feature.product).await?;
        demand(&grants, actor, Action::ReadProduct).map_err(|_| Error::NotFound)?;
        let row = sqlx::query!(
            "select v.file_name, v.digest, b.size
             from evidence e
             join evidence_version v on v.evidence_id = e.id
             join blob b on b.digest = v.digest
             where e.feature_id = $1 and e.number = $2 and v.version = $3",
            feature.id.uuid(),
            number,
            version
        )
        .fetch_optional(&mut *connection)
        .await?
        .ok_or(Error::NotFound)?;
        let (digest, size) = (digest(&row.digest)?, u64::try_from(row.size).map_err(Error::internal)?);
        Ok(StoredFile {
            file_name: row.file_name,
            size,
            digest,
            stream: stored(self.db.clone(), digest, size),
        })
    }
}

/// The stored bytes with this digest, a piece at a time. No connection is held while a slow client takes a piece.
pub(crate) fn stored(db: Database, digest: Digest, size: u64) -> BoxStream<'static, Result<Bytes>> {
    let start = Reading { db, check: IntegrityCheck::new(digest, size), position: 0 };
    stream::try_unfold(start, |mut reading| async move {
        if reading.check.is_complete() {
            return Ok::<_, Error>(None);
        }
        let bytes = reading.next_chunk().await?;
        Ok(Some((bytes, reading)))
    })
    .boxed()
}

struct Reading {
    db: Database,
    check: IntegrityCheck,
    position: i32,
}

impl Reading {
    async fn next_chunk(&mut self) -> Result<Bytes> {
        let bytes = sqlx::query_scalar!(
            "select bytes from blob_chunk where digest = $1 and position = $2",
            self.check.digest.as_bytes().as_slice(),
            self.position
        )
        .fetch_optional(self.db.reads())
        .await?
        .unwrap_or_default();
        self.position += 1;
        if let Err(fault) = self.check.take(&bytes) {
            let digest = self.check.digest;
            tracing::error!(target: "integrity", %digest, fault, "a stored file is not what came in");
            return Err(Error::internal(format!("stored file {digest} is damaged: {fault}")));
        }
        Ok(Bytes::from(bytes))
    }
}

/// Follows bytes as they pass by, and tells whether they are the promised ones.
struct IntegrityCheck {
    digest: Digest,
    size: u64,
    seen: u64,
    hasher: Sha256,
}

impl IntegrityCheck {
    fn new(digest: Digest, size: u64) -> Self {
        Self { digest, size, seen: 0, hasher: Sha256::new() }
    }

    fn is_complete(&self) -> bool {
        self.seen == self.size
    }

    /// Takes the next piece into account; the last one is right only when all of them are.
    fn take(&mut self, bytes: &[u8]) -> Result<(), &'static str> {
        if bytes.is_empty() {
            return Err("a piece is missing");
        }
        self.seen = self.seen.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        if self.seen > self.size {
            return Err("there are more bytes than there should be");
        }
        self.hasher.update(bytes);
        if self.is_complete() && Digest::new(self.hasher.clone().finalize().into()) != self.digest {
            return Err("the digest differs");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_bytes_that_were_stored_come_to_their_end() {
        let check = || IntegrityCheck::new(Digest::of(b"evidence"), 8);
        let mut right = check();
        assert_eq!((right.take(b"evid"), right.take(b"ence")), (Ok(()), Ok(())));
        assert!(right.is_complete());

        let mut flipped = check();
        assert_eq!((flipped.take(b"evid"), flipped.take(b"encE")), (Ok(()), Err("the digest differs")));
        let mut longer = check();
        assert_eq!(longer.take(b"evidence!"), Err("there are more bytes than there should be"));
        let mut shorter = check();
        assert_eq!((shorter.take(b"evid"), shorter.take(b"")), (Ok(()), Err("a piece is missing")));
    }
}
