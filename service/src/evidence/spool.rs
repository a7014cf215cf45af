use std::{io, time::Duration};

use sha2::{Digest as _, Sha256};
use sluice_domain::{canonical::Digest, form::Problem};
use tokio::{
    fs::File,
    io::{AsyncReadExt as _, AsyncSeekExt as _, AsyncWriteExt as _},
    sync::{Semaphore, SemaphorePermit},
};

use super::file_problem;
use crate::error::Error;

/// Uploads that are under way at the same time; more wait. It bounds open files and temporary disk, not memory: that
/// does not grow with the size of a file.
static SLOTS: Semaphore = Semaphore::const_new(32);

/// How long an upload waits for its turn.
const PATIENCE: Duration = Duration::from_secs(5);

/// How much is read back at once: the size of a stored piece.
const CHUNK: u64 = 256 * 1024;

/// Why an upload was not taken in.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// More bytes came than allowed; nothing of them is kept.
    #[error("larger than {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: u64,
    },
    /// Too many uploads are under way.
    #[error("busy")]
    Busy,
    /// The temporary file cannot be written.
    #[error("temporary file: {0}")]
    Io(#[from] io::Error),
}

impl From<SpoolError> for Error {
    fn from(error: SpoolError) -> Self {
        match error {
            SpoolError::TooLarge { limit } => {
                Self::Invalid(vec![file_problem(Problem::FileTooLarge { limit })])
            }
            SpoolError::Busy => Self::Busy,
            SpoolError::Io(error) => io_error(error),
        }
    }
}

/// A fault of the temporary file, as what a use case answers.
pub(super) fn io_error(error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Error::StorageFull,
        _ => Error::internal(error),
    }
}

/// An upload on its way in: an unlinked temporary file. A slow client holds no database connection meanwhile, and
/// however this ends, the operating system takes the file away.
pub struct Spool {
    file: File,
    hasher: Sha256,
    size: u64,
    limit: u64,
    slot: SemaphorePermit<'static>,
}

impl Spool {
    /// Begins an upload of at most `limit` bytes.
    ///
    /// # Errors
    /// [`SpoolError::Busy`] when too many are under way, or when no temporary file can be made.
    pub async fn begin(limit: u64) -> Result<Self, SpoolError> {
        let Ok(Ok(slot)) = tokio::time::timeout(PATIENCE, SLOTS.acquire()).await else {
            return Err(SpoolError::Busy);
        };
        let file = tokio::task::spawn_blocking(tempfile::tempfile).await.map_err(io::Error::other)??;
        Ok(Self { file: File::from_std(file), hasher: Sha256::new(), size: 0, limit, slot })
    }

    /// Takes the next bytes in.
    ///
    /// # Errors
    /// [`SpoolError::TooLarge`] as soon as the limit is passed, whatever length the client announced.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), SpoolError> {
        let more = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let size = self.size.saturating_add(more);
        if size > self.limit {
            return Err(SpoolError::TooLarge { limit: self.limit });
        }
        self.file.write_all(bytes).await?;
        self.hasher.update(bytes);
        self.size = size;
        Ok(())
    }

    /// The whole file, from its beginning, with its digest.
    ///
    /// # Errors
    /// When the last bytes cannot be written.
    pub async fn finish(mut self) -> Result<Spooled, SpoolError> {
        // A write error of the last bytes shows at the flush.
        self.file.flush().await?;
        self.file.rewind().await?;
        let digest = Digest::new(self.hasher.finalize().into());
        Ok(Spooled { digest, size: self.size, file: self.file, _slot: self.slot })
    }
}

/// An upload that is there in full.
pub struct Spooled {
    digest: Digest,
    size: u64,
    file: File,
    _slot: SemaphorePermit<'static>,
}

impl Spooled {
    /// SHA-256 of the bytes.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// How many bytes there are.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The next piece; empty at the end.
    pub(super) async fn next_chunk(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(usize::try_from(CHUNK).unwrap_or_default());
        (&mut self.file).take(CHUNK).read_to_end(&mut bytes).await?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_written_is_read_back_in_pieces_with_its_digest() {
        let mut spool = Spool::begin(1_000_000).await.expect("a spool");
        let piece = vec![7_u8; 100_000];
        for _ in 0..6 {
            spool.write(&piece).await.expect("written");
        }
        let mut spooled = spool.finish().await.expect("finished");
        assert_eq!(spooled.size(), 600_000);
        assert_eq!(spooled.digest(), Digest::of(&vec![7_u8; 600_000]));
        let mut sizes = Vec::new();
        loop {
            let bytes = spooled.next_chunk().await.expect("read");
            if bytes.is_empty() {
                break;
            }
            sizes.push(bytes.len());
        }
        assert_eq!(sizes, [262_144, 262_144, 75_712]);
    }

    #[tokio::test]
    async fn the_limit_is_kept_mid_stream() {
        let mut spool = Spool::begin(10).await.expect("a spool");
        spool.write(b"0123456789").await.expect("as large as allowed");
        let refused = spool.write(b"0").await;
        assert!(matches!(refused, Err(SpoolError::TooLarge { limit: 10 })));
    }

    #[test]
    fn a_full_disk_is_no_fault_of_ours() {
        let full: Error = SpoolError::Io(io::Error::from(io::ErrorKind::StorageFull)).into();
        assert!(matches!(full, Error::StorageFull));
    }
}
