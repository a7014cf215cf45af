//! Evidence: what an uploaded file is called and how it is numbered. Kinds belong to the policy
//! ([`crate::policy::EvidenceKind`]), because policies ask for them.

/// The size limit of one upload when nothing else is configured: 100 MiB.
pub const DEFAULT_LIMIT: u64 = 100 * 1024 * 1024;

/// The media type that a browser named, kept for information only when it is well formed: downloads are always
/// `application/octet-stream` (ASVS 3.2.1), so a wrong one can do no harm.
#[must_use]
pub fn declared_media_type(given: &str) -> Option<String> {
    let well_formed = given.len() <= 100
        && given.split_once('/').is_some_and(|(kind, sub)| {
            [kind, sub].iter().all(|part| {
                !part.is_empty()
                    && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
            })
        });
    well_formed.then(|| given.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_media_type_is_two_tokens() {
        assert_eq!(declared_media_type("Text/XML").as_deref(), Some("text/xml"));
        for wrong in ["", "text", "text/", "text/html; charset=utf-8", "a/b\r\nX: y", "a/b/c"] {
            assert_eq!(declared_media_type(wrong), None, "{wrong:?}");
        }
    }
}
