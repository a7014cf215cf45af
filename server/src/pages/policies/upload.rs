//! The form that imports a policy: its text, or a file that takes the text's place.

use axum::extract::multipart::{Field, Multipart};
use http::StatusCode;
use sluice_domain::{
    form::{FieldProblem, Fields, Problem},
    policy::MAX_SOURCE_BYTES,
};

/// A text is read a little beyond the most that a policy may have, so that it can be refused as what it is: too long.
const LONGEST: usize = 2 * MAX_SOURCE_BYTES;

/// The most parts of a form: it has two fields.
const MOST_PARTS: usize = 50;

/// What was sent.
pub(super) struct Received {
    /// The fields, with the file's text as the field `source`.
    pub(super) fields: Fields,
    /// What is wrong with the file.
    pub(super) problems: Vec<FieldProblem>,
}

/// Reads the form.
///
/// # Errors
/// The status for a body that is no form of ours.
pub(super) async fn receive(mut form: Multipart) -> Result<Received, StatusCode> {
    let (mut typed, mut file) = (None, None);
    for _ in 0..MOST_PARTS {
        let Some(field) = form.next_field().await.map_err(|error| error.status())? else {
            return Ok(received(typed, file));
        };
        match field.name() {
            Some("source") if typed.is_none() => {
                let bytes = take(field).await?;
                // PostgreSQL cannot store NUL and no keyboard types it.
                let text = String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'));
                typed = Some(text.ok_or(StatusCode::BAD_REQUEST)?);
            }
            // A browser sends an empty part where no file was chosen.
            Some("file") if file.is_none() && field.file_name().is_some_and(|name| !name.is_empty()) => {
                file = Some(take(field).await?);
            }
            _ => drop(take(field).await?),
        }
    }
    Err(StatusCode::BAD_REQUEST)
}

async fn take(mut field: Field<'_>) -> Result<Vec<u8>, StatusCode> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(|error| error.status())? {
        if bytes.len() + chunk.len() > LONGEST {
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn received(typed: Option<String>, file: Option<Vec<u8>>) -> Received {
    let typed = typed.unwrap_or_default();
    let fields = |text| Fields::new(vec![("source".to_owned(), text)]);
    let wrong = |problem| vec![FieldProblem { field: "file", label: "The file", problem }];
    match file.map(String::from_utf8) {
        None => Received { fields: fields(typed), problems: Vec::new() },
        Some(Ok(text)) if text.trim().is_empty() => {
            Received { fields: fields(typed), problems: wrong(Problem::FileEmpty) }
        }
        Some(Ok(text)) if !text.contains('\0') => Received { fields: fields(text), problems: Vec::new() },
        Some(_) => Received { fields: fields(typed), problems: wrong(Problem::NotText) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(received: &Received) -> Vec<&Problem> {
        received.problems.iter().map(|problem| &problem.problem).collect()
    }

    #[test]
    fn a_file_takes_the_place_of_the_text() {
        let both = received(Some("typed".into()), Some(b"from the file".to_vec()));
        assert_eq!((both.fields.get("source"), problems(&both)), ("from the file", vec![]));
        let typed = received(Some("typed".into()), None);
        assert_eq!((typed.fields.get("source"), problems(&typed)), ("typed", vec![]));
    }

    #[test]
    fn a_file_that_is_no_text_leaves_what_was_typed() {
        for (file, problem) in [
            (b"\xff\xfe\x00".to_vec(), Problem::NotText),
            (b"a\0b".to_vec(), Problem::NotText),
            (b" \n".to_vec(), Problem::FileEmpty),
        ] {
            let refused = received(Some("typed".into()), Some(file));
            assert_eq!((refused.fields.get("source"), problems(&refused)), ("typed", vec![&problem]));
        }
    }
}
