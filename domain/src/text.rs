//! Text that came from outside, parsed once at the edge. A value of these types is valid by construction
//! (ASVS 2.2.1: lengths and characters are checked on the server).

use std::{fmt, str::FromStr};

use serde::Serialize;

/// Why a text was refused. [`crate::words`] says it in a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nothing was given.
    #[error("empty")]
    Empty,
    /// Longer than allowed, in characters.
    #[error("longer than {max} characters")]
    TooLong {
        /// The most characters allowed.
        max: usize,
    },
    /// Shorter than allowed, in characters.
    #[error("shorter than {min} characters")]
    TooShort {
        /// The fewest characters allowed.
        min: usize,
    },
    /// Holds characters that cannot be shown or stored: control characters, NUL, direction overrides.
    #[error("control characters")]
    ControlCharacter,
    /// Not of the expected form.
    #[error("malformed")]
    Malformed,
}

/// Characters that never belong in what people type: controls, and the marks that reorder text on screen so that
/// it reads as something else ("Trojan Source", CVE-2021-42574).
pub(crate) fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}' | '\u{200E}' | '\u{200F}')
}

fn line(text: &str, min: usize, max: usize) -> Result<String, TextError> {
    let text = text.trim();
    let length = text.chars().count();
    if length == 0 && min > 0 {
        return Err(TextError::Empty);
    }
    if length < min {
        return Err(TextError::TooShort { min });
    }
    if length > max {
        return Err(TextError::TooLong { max });
    }
    if text.chars().any(is_hidden) {
        return Err(TextError::ControlCharacter);
    }
    Ok(text.to_owned())
}

fn block(text: &str, min: usize, max: usize) -> Result<String, TextError> {
    // Browsers send CRLF; one form of line end keeps digests equal however a text arrived.
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let text = text.trim();
    let length = text.chars().count();
    if length < min {
        return Err(if length == 0 { TextError::Empty } else { TextError::TooShort { min } });
    }
    if length > max {
        return Err(TextError::TooLong { max });
    }
    if text.chars().any(|c| is_hidden(c) && c != '\n' && c != '\t') {
        return Err(TextError::ControlCharacter);
    }
    Ok(text.to_owned())
}

macro_rules! text_types {
    ($($(#[$doc:meta])* $name:ident = $parse:ident($min:expr, $max:expr);)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The most characters it may have.
            pub const MAX: usize = $max;

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl FromStr for $name {
            type Err = TextError;
            fn from_str(text: &str) -> Result<Self, TextError> {
                $parse(text, $min, $max).map(Self)
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )* };
}

text_types! {
    /// A title in one line: of a feature, product, threat, item of evidence.
    Title = line(1, 120);
    /// A person's name as they write it.
    PersonName = line(1, 100);
    /// A line that may be left empty, such as the element of a threat.
    Line = line(0, 200);
    /// A longer text in Markdown that may be left empty.
    Body = block(0, 20_000);
    /// A reason: part of the record, so it has to say something.
    Reason = block(3, 2_000);
    /// A comment in Markdown: it says something.
    Remark = block(1, 10_000);
    /// A note that may be left empty.
    Note = block(0, 2_000);
    /// What tells the editions of a document apart: `2026.1`, `third`.
    Edition = line(1, 40);
    /// The sprint that something is planned for, as its team calls it: `2026-W48`, `Sprint 14`.
    Sprint = line(1, 40);
    /// One point of a list, in one line.
    Point = line(3, 200);
}

/// The address of a page elsewhere. People follow it from our pages, so it is a web address and nothing else: no
/// script, no file, and no name and password before the host, which would make it read as another host's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Link(String);

impl Link {
    /// The most characters it may have.
    pub const MAX: usize = 500;

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Link {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let text = line(text, 1, Self::MAX)?;
        let rest = ["https://", "http://"]
            .iter()
            .find_map(|scheme| {
                let (start, rest) = text.split_at_checked(scheme.len())?;
                start.eq_ignore_ascii_case(scheme).then_some(rest)
            })
            .ok_or(TextError::Malformed)?;
        // Browsers read a backslash as a slash, so it ends the host as well.
        let host = rest.split(['/', '\\', '?', '#']).next().unwrap_or_default();
        let named = host.chars().next().is_some_and(|c| c.is_alphanumeric() || c == '[');
        let whole = !text.chars().any(|c| c.is_whitespace() || matches!(c, '"' | '<' | '>' | '\\' | '`'));
        if named && whole && !host.contains('@') { Ok(Self(text)) } else { Err(TextError::Malformed) }
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An e-mail address, in lower case; one address is one account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Email(String);

impl Email {
    /// The most characters it may have (RFC 5321, 4.5.3.1.3).
    pub const MAX: usize = 254;

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Email {
    type Err = TextError;

    /// Asks for one `@`, a local part, and a domain of letters, digits, dots and hyphens. Whether the address
    /// exists only a mail can tell.
    fn from_str(text: &str) -> Result<Self, TextError> {
        let text = line(text, 1, Self::MAX)?.to_lowercase();
        let (local, domain) = text.split_once('@').ok_or(TextError::Malformed)?;
        let local_ok = !local.is_empty()
            && local.len() <= 64
            && local.chars().all(|c| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c));
        let label_ok = |label: &str| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        };
        if local_ok && domain.split('.').all(label_ok) { Ok(Self(text)) } else { Err(TextError::Malformed) }
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A product's key: 2 to 8 capital letters and digits, a letter first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct ProductKey(String);

impl ProductKey {
    /// The key.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ProductKey {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        match text.len() {
            0 => return Err(TextError::Empty),
            1 => return Err(TextError::TooShort { min: 2 }),
            2..=8 => {}
            _ => return Err(TextError::TooLong { max: 8 }),
        }
        let well_formed = text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
            && text.bytes().next().is_some_and(|b| b.is_ascii_uppercase());
        if well_formed { Ok(Self(text.to_owned())) } else { Err(TextError::Malformed) }
    }
}

impl fmt::Display for ProductKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of an uploaded file as people see it: the last part of what the browser sent. Storage names are
/// digests (ASVS 5.3.2), so this is never a path on the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct FileName(String);

impl FileName {
    /// The most characters it may have.
    pub const MAX: usize = 180;

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Keeps the last path segment, replaces hidden characters, and cuts what is too long in the middle so that
    /// the extension stays. A name that is empty after that becomes `file`.
    #[must_use]
    pub fn from_upload(name: &str) -> Self {
        let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
        let clean: String = last.chars().map(|c| if is_hidden(c) { '_' } else { c }).collect();
        let clean = clean.trim().trim_start_matches('.').trim();
        if clean.is_empty() {
            return Self("file".to_owned());
        }
        let chars: Vec<char> = clean.chars().collect();
        if chars.len() <= Self::MAX {
            return Self(clean.to_owned());
        }
        let tail = 20;
        let head: String = chars[..Self::MAX - tail - 1].iter().collect();
        let end: String = chars[chars.len() - tail..].iter().collect();
        Self(format!("{head}…{end}"))
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_trimmed_and_limited_in_characters() {
        assert_eq!(
            "  Card tokenisation ".parse::<Title>().map(|t| t.to_string()),
            Ok("Card tokenisation".into())
        );
        assert_eq!("   ".parse::<Title>(), Err(TextError::Empty));
        assert_eq!("é".repeat(121).parse::<Title>(), Err(TextError::TooLong { max: 120 }));
        assert!("é".repeat(120).parse::<Title>().is_ok());
    }

    #[test]
    fn hidden_characters_are_refused() {
        for text in ["a\0b", "a\u{202E}b", "a\nb", "a\u{2066}b"] {
            assert_eq!(text.parse::<Title>(), Err(TextError::ControlCharacter), "{text:?}");
        }
        assert_eq!("a\r\nb\tc".parse::<Body>().map(|t| t.to_string()), Ok("a\nb\tc".into()));
        assert_eq!("a\u{202E}b".parse::<Body>(), Err(TextError::ControlCharacter));
    }

    #[test]
    fn an_address_is_one_account_whatever_its_case() {
        assert_eq!("Ana@Example.ORG".parse::<Email>().map(|e| e.to_string()), Ok("ana@example.org".into()));
        for wrong in [
            "ana",
            "@x.org",
            "ana@",
            "ana@x..org",
            "ana@-x.org",
            "a b@x.org",
            "a@x.org\r\nBcc: b@x.org",
            "a@b@c",
        ] {
            assert!(wrong.parse::<Email>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_link_leads_to_a_page_and_says_to_whose() {
        for fine in [
            "https://example.org",
            "http://wiki.example.org:8080/secure coding".replace(' ', "%20").as_str(),
            "HTTPS://example.org/a?b=c#d",
            "https://[2001:db8::1]/standard",
            "https://exämple.org/@team/standard",
        ] {
            assert_eq!(fine.parse::<Link>().map(|link| link.to_string()), Ok(fine.to_owned()));
        }
        assert_eq!(
            " https://example.org/ ".parse::<Link>().map(|l| l.to_string()),
            Ok("https://example.org/".into())
        );
        for wrong in [
            "example.org",
            "//example.org",
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "ftp://example.org",
            "https:example.org",
            "https:///example.org",
            "https://",
            "https://?q",
            "https://-",
            "https://bank.example@evil.example/",
            "https://user:secret@example.org/",
            "https://example.org\\@evil.example",
            "https://example.org/a b",
            "https://example.org/\"onclick=",
            "https://example.org/<script>",
            "é",
        ] {
            assert_eq!(wrong.parse::<Link>(), Err(TextError::Malformed), "{wrong:?}");
        }
        assert_eq!("https://a\u{202E}b".parse::<Link>(), Err(TextError::ControlCharacter));
        assert_eq!("https://a\nb".parse::<Link>(), Err(TextError::ControlCharacter));
        assert_eq!("".parse::<Link>(), Err(TextError::Empty));
        let long = format!("https://example.org/{}", "a".repeat(Link::MAX));
        assert_eq!(long.parse::<Link>(), Err(TextError::TooLong { max: Link::MAX }));
    }

    #[test]
    fn a_file_name_is_never_a_path() {
        assert_eq!(FileName::from_upload("../../etc/passwd").as_str(), "passwd");
        assert_eq!(FileName::from_upload("C:\\reports\\a.sarif").as_str(), "a.sarif");
        assert_eq!(FileName::from_upload("..").as_str(), "file");
        assert_eq!(FileName::from_upload("a\u{202E}fdp.exe").as_str(), "a_fdp.exe");
        let long = FileName::from_upload(&format!("{}.sarif", "x".repeat(400)));
        assert!(long.as_str().ends_with("xxxx.sarif") && long.as_str().chars().count() == FileName::MAX);
    }
}
