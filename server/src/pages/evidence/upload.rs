//! A form with a file: the fields are kept, the file streams into a temporary one. Memory does not grow with it.

use axum::extract::multipart::{Field, Multipart, MultipartError};
use http::StatusCode;
use sluice_domain::form::{FieldProblem, Fields, Problem};
use sluice_service::{
    Error,
    evidence::{Spool, SpoolError, Spooled, Upload, file_problem},
};

use crate::http::FORM_LIMIT;

/// The name of the field that takes the file.
const FILE: &str = "file";

/// The most bytes of one text field. The longest that a form of ours takes is far below.
const LONGEST_FIELD: usize = 64 * 1024;

/// The most fields of one form.
const MOST_FIELDS: usize = 1_000;

/// What a form with a file sent.
pub(super) struct Received {
    /// The fields, as typed.
    pub(super) fields: Fields,
    /// The file.
    pub(super) file: FilePart,
}

/// What became of the file.
pub(super) enum FilePart {
    /// It is there in full.
    Taken(Box<Upload>),
    /// None was chosen.
    Missing,
    /// It could not be taken in.
    Failed(Error),
}

impl Received {
    /// Joins what was parsed of the fields with the file.
    ///
    /// # Errors
    /// Every problem of both.
    pub(super) fn with<T>(
        file: FilePart,
        parsed: Result<T, Vec<FieldProblem>>,
    ) -> Result<(T, Upload), Error> {
        let mut problems = Vec::new();
        let upload = match file {
            FilePart::Taken(upload) => Some(*upload),
            FilePart::Missing => {
                problems.push(file_problem(Problem::FileMissing));
                None
            }
            FilePart::Failed(Error::Invalid(found)) => {
                problems.extend(found);
                None
            }
            FilePart::Failed(error) => return Err(error),
        };
        match (parsed, upload) {
            (Ok(command), Some(upload)) => Ok((command, upload)),
            (Ok(_), None) => Err(Error::Invalid(problems)),
            (Err(more), _) => {
                problems.extend(more);
                Err(Error::Invalid(problems))
            }
        }
    }
}

/// Reads the whole form, whatever the order of its parts. A file that is too large is read on but not kept, so that
/// the fields behind it are not lost.
///
/// # Errors
/// The status for a body that is no form of ours, or whose reading broke off.
pub(super) async fn receive(mut form: Multipart, limit: u64) -> Result<Received, StatusCode> {
    let mut pairs = Vec::new();
    let mut file = FilePart::Missing;
    let mut room = usize::try_from(FORM_LIMIT).unwrap_or(usize::MAX);
    loop {
        let field = match form.next_field().await {
            Ok(Some(field)) => field,
            Ok(None) => break,
            // The body passed its own limit: the file is the reason, and what was typed before it is kept.
            Err(error) if is_too_large(&error) => {
                file = too_large(limit);
                break;
            }
            Err(error) => return Err(broken(&error)),
        };
        let name = field.name().unwrap_or_default().to_owned();
        if name == FILE {
            // A second file is not asked for and not read.
            if matches!(file, FilePart::Missing) {
                let Some(taken) = take_file(field, limit).await? else {
                    // Nothing can be read behind the limit of the body.
                    file = too_large(limit);
                    break;
                };
                file = taken;
            }
            continue;
        }
        if pairs.len() >= MOST_FIELDS {
            return Err(StatusCode::BAD_REQUEST);
        }
        let value = take_text(field, room.min(LONGEST_FIELD)).await?;
        room = room.saturating_sub(name.len() + value.len());
        pairs.push((name, value));
    }
    Ok(Received { fields: Fields::new(pairs), file })
}

async fn take_text(mut field: Field<'_>, most: usize) -> Result<String, StatusCode> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(|error| broken(&error))? {
        if bytes.len() + chunk.len() > most {
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
        bytes.extend_from_slice(&chunk);
    }
    // PostgreSQL cannot store NUL and no keyboard types it.
    String::from_utf8(bytes).ok().filter(|text| !text.contains('\0')).ok_or(StatusCode::BAD_REQUEST)
}

/// Takes the file in; `None` where the body passed its own limit within it.
async fn take_file(mut field: Field<'_>, limit: u64) -> Result<Option<FilePart>, StatusCode> {
    let file_name = field.file_name().unwrap_or_default().to_owned();
    // A browser sends an empty part where no file was chosen.
    if file_name.is_empty() {
        return Ok(Some(FilePart::Missing));
    }
    let media_type = field.content_type().map(ToOwned::to_owned);
    let outcome = match spool(&mut field, limit).await {
        // Read on, piece by piece, to the parts behind the file.
        Err(Broken::Spool(error)) => drain(&mut field).await.and(Err(Broken::Spool(error))),
        outcome => outcome,
    };
    match outcome {
        Ok(spooled) => {
            let upload = Upload::new(&file_name, media_type.as_deref(), spooled);
            Ok(Some(FilePart::Taken(Box::new(upload))))
        }
        Err(Broken::Spool(error)) => Ok(Some(FilePart::Failed(error.into()))),
        Err(Broken::Body(error)) if is_too_large(&error) => Ok(None),
        Err(Broken::Body(error)) => Err(broken(&error)),
    }
}

async fn drain(field: &mut Field<'_>) -> Result<(), Broken> {
    while field.chunk().await.map_err(Broken::Body)?.is_some() {}
    Ok(())
}

/// Why a file could not be taken in: our side, or theirs.
enum Broken {
    Spool(SpoolError),
    Body(MultipartError),
}

async fn spool(field: &mut Field<'_>, limit: u64) -> Result<Spooled, Broken> {
    let mut spool = Spool::begin(limit).await.map_err(Broken::Spool)?;
    while let Some(chunk) = field.chunk().await.map_err(Broken::Body)? {
        spool.write(&chunk).await.map_err(Broken::Spool)?;
    }
    spool.finish().await.map_err(Broken::Spool)
}

fn too_large(limit: u64) -> FilePart {
    FilePart::Failed(SpoolError::TooLarge { limit }.into())
}

fn is_too_large(error: &MultipartError) -> bool {
    error.status() == StatusCode::PAYLOAD_TOO_LARGE
}

/// The status for a body that could not be read: the sender's fault, or gone.
fn broken(error: &MultipartError) -> StatusCode {
    if is_too_large(error) { StatusCode::PAYLOAD_TOO_LARGE } else { StatusCode::BAD_REQUEST }
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, extract::FromRequest};
    use http::{Request, header};

    use super::*;

    async fn sent(parts: &[(&str, &str)], limit: u64) -> Result<Received, StatusCode> {
        let mut body = String::new();
        for (head, content) in parts {
            body += &["--X\r\nContent-Disposition: form-data; ", head, "\r\n\r\n", content, "\r\n"].concat();
        }
        body.push_str("--X--\r\n");
        let request = Request::post("/")
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=X")
            .body(Body::from(body))
            .expect("a request");
        let form = Multipart::from_request(request, &()).await.expect("a form");
        receive(form, limit).await
    }

    #[tokio::test]
    async fn fields_may_stand_before_and_behind_the_file() {
        let parts = [
            ("name=\"title\"", "Nightly"),
            ("name=\"file\"; filename=\"a.json\"", "{}"),
            ("name=\"target\"", "threat:1"),
            ("name=\"target\"", "threat:2"),
        ];
        let received = sent(&parts, 10).await.expect("received");
        assert_eq!(received.fields.get("title"), "Nightly");
        assert_eq!(received.fields.all("target").collect::<Vec<_>>(), ["threat:1", "threat:2"]);
        assert!(matches!(received.file, FilePart::Taken(_)));
    }

    #[tokio::test]
    async fn a_file_above_the_limit_loses_no_field() {
        let parts = [("name=\"file\"; filename=\"a.json\"", "0123456789x"), ("name=\"title\"", "Nightly")];
        let received = sent(&parts, 10).await.expect("received");
        assert_eq!(received.fields.get("title"), "Nightly");
        let problems = match Received::with(received.file, Ok(())) {
            Err(Error::Invalid(problems)) => problems,
            _ => Vec::new(),
        };
        assert!(matches!(
            problems.as_slice(),
            [FieldProblem { problem: Problem::FileTooLarge { limit: 10 }, .. }]
        ));
    }

    #[tokio::test]
    async fn no_file_is_one_problem_among_the_others() {
        let received = sent(&[("name=\"file\"; filename=\"\"", "")], 10).await.expect("received");
        let parsed: Result<(), _> = Err(vec![file_problem(Problem::NotAChoice)]);
        let problems = match Received::with(received.file, parsed) {
            Err(Error::Invalid(problems)) => problems,
            _ => Vec::new(),
        };
        assert_eq!(problems.len(), 2);
        assert_eq!(problems[0].problem, Problem::FileMissing);
    }

    #[tokio::test]
    async fn what_no_form_of_ours_sends_is_refused() {
        let long = "x".repeat(LONGEST_FIELD + 1);
        assert_eq!(sent(&[("name=\"note\"", &long)], 10).await.err(), Some(StatusCode::PAYLOAD_TOO_LARGE));
        assert_eq!(sent(&[("name=\"note\"", "a\0b")], 10).await.err(), Some(StatusCode::BAD_REQUEST));
        let many = vec![("name=\"a\"", ""); MOST_FIELDS + 1];
        assert_eq!(sent(&many, 10).await.err(), Some(StatusCode::BAD_REQUEST));
    }
}
