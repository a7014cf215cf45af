//! The name of a downloaded file, in a header that nothing in the name can break out of (ASVS 5.4.1, 5.4.2).

use http::HeaderValue;

/// `Content-Disposition` for a download (RFC 6266): a plain name for old programs, and the real one encoded as RFC 8187
/// has it.
pub(in crate::pages) fn attachment(name: &str) -> HeaderValue {
    let value = format!("attachment; filename=\"{}\"; filename*=UTF-8''{}", plain(name), encoded(name));
    // Both forms are printable ASCII, so this cannot fail; a download without a name is still a download.
    HeaderValue::from_str(&value).unwrap_or_else(|_| HeaderValue::from_static("attachment"))
}

/// Printable ASCII without what has a meaning within the quotes. A percent sign goes too: some browsers decode it.
fn plain(name: &str) -> String {
    let harmless = |c: char| (c.is_ascii_graphic() || c == ' ') && !matches!(c, '"' | '\\' | '%' | '/');
    name.chars().map(|c| if harmless(c) { c } else { '_' }).collect()
}

/// `ext-value` of RFC 8187: everything but `attr-char` is percent-encoded.
fn encoded(name: &str) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    name.bytes().fold(String::with_capacity(name.len()), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(name: &str) -> String {
        attachment(name).to_str().expect("visible ASCII").to_owned()
    }

    #[test]
    fn a_plain_name_stays_readable() {
        assert_eq!(
            header("zap report.json"),
            "attachment; filename=\"zap report.json\"; filename*=UTF-8''zap%20report.json"
        );
    }

    #[test]
    fn a_name_of_the_world_has_both_forms() {
        assert_eq!(
            header("prüfung €.pdf"),
            "attachment; filename=\"pr_fung _.pdf\"; filename*=UTF-8''pr%C3%BCfung%20%E2%82%AC.pdf"
        );
    }

    #[test]
    fn nothing_breaks_out_of_the_header() {
        for name in [
            "a\"; filename=evil.exe; x=\"",
            "a\r\nSet-Cookie: x=y",
            "a\\\"b",
            "..%2f..%2fetc",
            "a;b=c'd",
            "\u{202E}gpj.exe",
            "\0",
            "",
        ] {
            let value = header(name);
            let quoted = value.strip_prefix("attachment; filename=\"").expect("the plain form");
            let (plain, rest) = quoted.split_once('"').expect("the end of the plain form");
            let encoded = rest.strip_prefix("; filename*=UTF-8''").expect("the encoded form");
            assert!(!plain.contains(['\\', '%', '/', '\r', '\n']), "{value}");
            let attr_char = |c: char| c.is_ascii_alphanumeric() || "!#$&+-.^_`|~%".contains(c);
            assert!(encoded.chars().all(attr_char), "{value}");
        }
    }
}
