//! Just enough of Rust's grammar to know code from comments, texts and tests.

/// A source file seen two ways, each with as many characters and lines as the file.
pub(super) struct Source {
    /// Code only: comments and the content of texts are blank.
    pub(super) code: String,
    /// Code and texts: only comments are blank.
    pub(super) texts: String,
}

impl Source {
    /// Reads a file; modules under `#[cfg(test)]` are blank in both views.
    pub(super) fn parse(text: &str) -> Self {
        let mut source = mask(text);
        for (start, end) in test_modules(&source.code) {
            blank(&mut source.code, start, end);
            blank(&mut source.texts, start, end);
        }
        source
    }

    /// The number of the line at a place.
    pub(super) fn line(&self, place: usize) -> usize {
        self.code[..place].matches('\n').count() + 1
    }
}

/// Replaces bytes by spaces and keeps line ends, so that places and lines stay what they are.
fn blank(text: &mut String, start: usize, end: usize) {
    let blanked: String =
        text[start..end].bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect();
    text.replace_range(start..end, &blanked);
}

fn mask(text: &str) -> Source {
    let bytes = text.as_bytes();
    let (mut code, mut texts) = (bytes.to_vec(), bytes.to_vec());
    let wipe = |view: &mut Vec<u8>, from: usize, to: usize| {
        view[from..to].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
    };
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        if rest.starts_with(b"//") {
            let end = at + rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
            wipe(&mut code, at, end);
            wipe(&mut texts, at, end);
            at = end;
        } else if rest.starts_with(b"/*") {
            let end = at + block_comment(rest);
            wipe(&mut code, at, end);
            wipe(&mut texts, at, end);
            at = end;
        } else if let Some((open, close, end)) = string(rest).filter(|_| !continues_name(bytes, at)) {
            wipe(&mut code, at + open, at + close);
            at += end;
        } else if rest[0] == b'\'' {
            let length = character(rest);
            if length > 2 {
                wipe(&mut code, at + 1, at + length - 1);
            }
            at += length;
        } else {
            at += 1;
        }
    }
    let view = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Source { code: view(code), texts: view(texts) }
}

/// Whether the place is inside a name, so that `r` or `b` there opens no text.
fn continues_name(bytes: &[u8], at: usize) -> bool {
    at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_')
}

fn block_comment(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0_u32, 0);
    while at < rest.len() {
        if rest[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                break;
            }
        } else {
            at += 1;
        }
    }
    at
}

/// Where the content of a text starts and ends and where the text ends, when one begins here.
fn string(rest: &[u8]) -> Option<(usize, usize, usize)> {
    let prefix = rest.iter().take_while(|byte| matches!(byte, b'b' | b'r' | b'c')).count().min(2);
    let raw = rest[..prefix].contains(&b'r');
    let hashes = if raw { rest[prefix..].iter().take_while(|byte| **byte == b'#').count() } else { 0 };
    let open = prefix + hashes + 1;
    if rest.get(open - 1) != Some(&b'"') {
        return None;
    }
    let mut at = open;
    while at < rest.len() {
        match rest[at] {
            b'\\' if !raw => at += 2,
            b'"' if rest[at + 1..].iter().take(hashes).filter(|byte| **byte == b'#').count() == hashes => {
                return Some((open, at, at + 1 + hashes));
            }
            _ => at += 1,
        }
    }
    Some((open, rest.len(), rest.len()))
}

/// The length of a character such as `'"'`; a lifetime counts as its tick alone.
fn character(rest: &[u8]) -> usize {
    match rest {
        [_, b'\\', ..] => rest.iter().skip(3).position(|byte| *byte == b'\'').map_or(1, |end| end + 4),
        [_, first, ..] => {
            let width = match first {
                0xf0.. => 4,
                0xe0.. => 3,
                0xc0.. => 2,
                _ => 1,
            };
            if rest.get(1 + width) == Some(&b'\'') { width + 2 } else { 1 }
        }
        _ => 1,
    }
}

/// The modules that exist in tests only, by their braces.
fn test_modules(code: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for (start, _) in code.match_indices("#[cfg(") {
        let Some(condition) = code[start..].lines().next() else { continue };
        if !condition.contains("(test") {
            continue;
        }
        let after = &code[start..];
        let Some(open) = after.find('{') else { continue };
        if !after[..open].contains("mod ") || after[..open].contains(';') {
            continue;
        }
        let mut depth = 0_u32;
        for (at, byte) in after.bytes().enumerate().skip(open) {
            match byte {
                b'{' => depth += 1,
                b'}' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                found.push((start, start + at + 1));
                break;
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::Source;

    #[test]
    fn comments_and_texts_are_told_from_code() {
        let source = Source::parse("let a = \"in \\\" text\"; // note\n/* a /* b */ c */ let b = 'x';");
        assert_eq!(source.code, "let a = \"          \";        \n                  let b = ' ';");
        assert_eq!(source.texts, "let a = \"in \\\" text\";        \n                  let b = 'x';");
    }

    #[test]
    fn raw_texts_ticks_and_quotes_do_not_confuse() {
        let source = Source::parse(
            "r#\"a \" b\"# + c; let q = '\"'; fn f<'a>(x: &'a str) { g(\"s\") } b\"x\"; var\"y\"",
        );
        assert!(
            source.code.contains("+ c; let q = ' '; fn f<'a>(x: &'a str) { g(\" \") } b\" \";"),
            "{}",
            source.code
        );
        let source = Source::parse("f(r##\"a\"# b\"##, '\\'', '\\u{1f}', 'ä') // c");
        assert!(source.code.starts_with("f(r##\"     \"##, '  ', '      ', '  ') "), "{}", source.code);
    }

    #[test]
    fn test_modules_are_blank_and_code_after_them_is_not() {
        let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() { \"}\" }\n}\nfn c() {}\n";
        let source = Source::parse(text);
        assert!(
            source.code.contains("fn a()")
                && source.code.contains("fn c()")
                && !source.code.contains("fn b()")
        );
        assert_eq!(source.code.lines().count(), text.lines().count());
        let place = source.code.find("fn c").unwrap();
        assert_eq!(source.line(place), 6);
    }
}
