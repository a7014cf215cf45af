use sluice_domain::{
    evidence::declared_media_type,
    form::Problem,
    ids::{EvidenceId, PersonId},
    text::{FileName, Note},
};

use super::{
    file_problem,
    spool::{Spooled, io_error},
    target::Target,
};
use crate::{
    clock::fresh_salt,
    db::{
        permit::{InFeature, Permit},
        write::Write,
    },
    error::{Error, Result},
};

/// A file that was taken in, and what its sender calls it.
pub struct Upload {
    /// Its name, cleaned.
    pub(super) file_name: FileName,
    /// The media type that the browser declared, when it is well formed.
    pub(super) media_type: Option<String>,
    /// The bytes.
    pub(super) file: Spooled,
}

impl Upload {
    /// A file with the name and media type that came with it.
    #[must_use]
    pub fn new(file_name: &str, media_type: Option<&str>, file: Spooled) -> Self {
        Self {
            file_name: FileName::from_upload(file_name),
            media_type: media_type.and_then(declared_media_type),
            file,
        }
    }

    /// Demands that there is something in it.
    pub(super) fn demand_content(&self) -> Result<()> {
        if self.file.size() == 0 {
            Err(Error::Invalid(vec![file_problem(Problem::FileEmpty)]))
        } else {
            Ok(())
        }
    }

    /// The size, as the database and the record count.
    pub(super) fn size(&self) -> Result<i64> {
        i64::try_from(self.file.size()).map_err(Error::internal)
    }
}

/// Copies the file into the database, piece by piece; bytes that are there already are not stored again.
pub(crate) async fn store_blob(
    write: &mut Write,
    _permit: &Permit<InFeature>,
    file: &mut Spooled,
) -> Result<()> {
    let digest = file.digest();
    let size = i64::try_from(file.size()).map_err(Error::internal)?;
    let now = write.now;
    // Another transaction that stores the same bytes right now makes this one wait here: until it has committed all of
    // them, and then there is nothing to do, or until it has rolled back.
    let inserted = sqlx::query!(
        "insert into blob (digest, size, created_at) values ($1, $2, $3) on conflict (digest) do nothing",
        digest.as_bytes().as_slice(),
        size,
        now
    )
    .execute(write.connection())
    .await?;
    if inserted.rows_affected() == 0 {
        let stored =
            sqlx::query_scalar!("select size from blob where digest = $1", digest.as_bytes().as_slice())
                .fetch_one(write.connection())
                .await?;
        return if stored == size {
            Ok(())
        } else {
            Err(Error::internal(format!("{digest} is stored with {stored} bytes and came with {size}")))
        };
    }
    let mut position = 0_i32;
    let mut copied = 0_u64;
    loop {
        let bytes = file.next_chunk().await.map_err(io_error)?;
        if bytes.is_empty() {
            break;
        }
        sqlx::query!(
            "insert into blob_chunk (digest, position, bytes) values ($1, $2, $3)",
            digest.as_bytes().as_slice(),
            position,
            bytes.as_slice()
        )
        .execute(write.connection())
        .await?;
        position += 1;
        copied += u64::try_from(bytes.len()).map_err(Error::internal)?;
    }
    if copied == file.size() {
        Ok(())
    } else {
        Err(Error::internal(format!("{copied} bytes of {size} could be read back")))
    }
}

/// Adds a version to an item of evidence.
pub(super) async fn insert_version(
    write: &mut Write,
    _permit: &Permit<InFeature>,
    id: EvidenceId,
    version: i32,
    upload: &Upload,
    note: &Note,
    author: PersonId,
) -> Result<()> {
    let now = write.now;
    let (digest, salt) = (upload.file.digest(), fresh_salt());
    sqlx::query!(
        "insert into evidence_version (evidence_id, version, digest, file_name, media_type, note, author_id,
                                       uploaded_at, salt)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        id.uuid(),
        version,
        digest.as_bytes().as_slice(),
        upload.file_name.as_str(),
        upload.media_type,
        note.as_str(),
        author.uuid(),
        now,
        salt.0.as_slice()
    )
    .execute(write.connection())
    .await?;
    Ok(())
}

/// Attaches evidence to targets of its feature. Returns how many of them it was not attached to before.
pub(super) async fn insert_uses(
    write: &mut Write,
    permit: &Permit<InFeature>,
    id: EvidenceId,
    targets: &[Target],
    author: PersonId,
) -> Result<u64> {
    let now = write.now;
    let (mut kinds, mut phases, mut keys) = (Vec::new(), Vec::new(), Vec::new());
    for target in targets {
        let (kind, phase, key) = target.columns();
        kinds.push(kind.to_owned());
        phases.push(phase);
        keys.push(key);
    }
    let inserted = sqlx::query!(
        "insert into evidence_use (evidence_id, feature_id, target_kind, phase, target, author_id, attached_at)
         select $1::uuid, $2::uuid, u.kind, u.phase, u.target, $6::uuid, $7::timestamptz
         from unnest($3::text[], $4::text[], $5::text[]) as u (kind, phase, target)
         on conflict (evidence_id, target_kind, phase, target) do nothing",
        id.uuid(),
        permit.feature().uuid(),
        &kinds,
        &phases,
        &keys,
        author.uuid(),
        now
    )
    .execute(write.connection())
    .await?;
    Ok(inserted.rows_affected())
}
