//! Bodies of forms with a file, as a browser writes them, and as no browser would.

/// The content type of such a body.
pub(crate) const CONTENT_TYPE: &str = "multipart/form-data; boundary=boundary-of-tests";

/// A part of the body.
#[derive(Clone, Debug)]
pub(crate) enum Part {
    /// A field of text.
    Field(&'static str, String),
    /// A file: its name as it stands between the quotes of the header, and its bytes.
    File(String, Vec<u8>),
}

impl Part {
    /// A field.
    pub(crate) fn field(name: &'static str, value: impl Into<String>) -> Self {
        Self::Field(name, value.into())
    }

    /// A file.
    pub(crate) fn file(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self::File(name.into(), bytes.into())
    }

    /// What stands before the bytes of the part.
    pub(crate) fn head(&self) -> String {
        match self {
            Self::Field(name, _) => {
                format!("--boundary-of-tests\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n")
            }
            Self::File(name, _) => format!(
                "--boundary-of-tests\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
                 Content-Type: text/html\r\n\r\n"
            ),
        }
    }
}

/// What ends a body.
pub(crate) const END: &[u8] = b"--boundary-of-tests--\r\n";

/// The whole body.
pub(crate) fn body(parts: &[Part]) -> Vec<u8> {
    let mut body = Vec::new();
    for part in parts {
        body.extend_from_slice(part.head().as_bytes());
        match part {
            Part::Field(_, value) => body.extend_from_slice(value.as_bytes()),
            Part::File(_, bytes) => body.extend_from_slice(bytes),
        }
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(END);
    body
}
