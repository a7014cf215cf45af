//! The style sheet: imports put in place, comments and white space gone, meaning untouched.

use std::{fs, path::Path};

use anyhow::{Context, Result, anyhow, ensure};
use lightningcss::stylesheet::{MinifyOptions, ParserOptions, PrinterOptions, StyleSheet};

/// Bundles the file with everything it imports. Without a list of target browsers nothing is rewritten for old
/// ones, so layers, `light-dark()` and `oklch()` reach the browser as they were written.
pub(crate) fn bundle(main: &Path) -> Result<String> {
    let css = inline(main)?;
    let mut sheet =
        StyleSheet::parse(&css, ParserOptions::default()).map_err(|error| anyhow!("style sheet: {error}"))?;
    sheet.minify(MinifyOptions::default()).map_err(|error| anyhow!("style sheet: {error}"))?;
    let printed = sheet
        .to_css(PrinterOptions { minify: true, ..PrinterOptions::default() })
        .map_err(|error| anyhow!("style sheet: {error}"))?;
    Ok(printed.code)
}

/// Puts each imported file where its `@import "file.css" layer(name);` stands. Only this form is understood, one to a
/// line and in the main file alone: enough for layers, and without the bundler's own fifty dependencies.
fn inline(main: &Path) -> Result<String> {
    let folder = main.parent().unwrap_or(Path::new("."));
    let text = read(main)?;
    let mut css = String::new();
    for line in text.lines() {
        if !line.trim_start().starts_with("@import") {
            css.push_str(line);
            css.push('\n');
            continue;
        }
        let (file, layer) = import(line).with_context(|| {
            format!("{}: write @import \"file.css\" layer(name); not {line}", main.display())
        })?;
        let part = folder.join(file);
        let content = read(&part)?;
        ensure!(!content.contains("@import"), "{}: only {} may import", part.display(), main.display());
        // Parsed alone first: an error then names the file, and an open brace cannot swallow the next one.
        let options = ParserOptions { filename: part.display().to_string(), ..ParserOptions::default() };
        StyleSheet::parse(&content, options).map_err(|error| anyhow!("{error}"))?;
        for piece in ["@layer ", layer, "{\n", content.as_str(), "}\n"] {
            css.push_str(piece);
        }
    }
    Ok(css)
}

/// File and layer of an import.
fn import(line: &str) -> Option<(&str, &str)> {
    let (file, rest) = line.trim().strip_prefix("@import \"")?.split_once('"')?;
    let layer = rest.trim().strip_prefix("layer(")?.strip_suffix(");")?;
    Some((file, layer))
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::bundle;

    /// The bundle of a main file and one part, or why there is none.
    fn bundled(main: &str, part: &str) -> Result<String, String> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("main.css");
        fs::write(&path, main).unwrap();
        fs::write(directory.path().join("part.css"), part).unwrap();
        bundle(&path).map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn layers_and_modern_colours_survive() {
        let css = bundled(
            "@layer tokens, base;\n@import \"part.css\" layer(tokens);\n/* gone */",
            ":root { color-scheme: light dark; --ink: light-dark(oklch(0.23 0.025 240), #fff); }\n\
             @view-transition { navigation: auto; }\n\
             .a { color: light-dark(oklch(0.5 0.1 158), white); .b & { inset-inline: 0; } }",
        )
        .unwrap();
        for kept in [
            "@layer tokens{",
            "--ink:light-dark(oklch(",
            "color:light-dark(oklch(",
            "@view-transition{navigation:auto}",
            "inset-inline:0",
        ] {
            assert!(css.contains(kept), "{kept} is missing in {css}");
        }
        assert!(!css.contains("gone") && !css.contains("@import"), "{css}");
    }

    #[test]
    fn the_order_of_layers_stays_as_declared() {
        let css = bundled(
            "@layer first, second;\n@import \"part.css\" layer(second);\n@layer first { a { top: 0; } }",
            "a { top: 1px; }",
        )
        .unwrap();
        assert!(css.find("@layer first").unwrap() < css.find("@layer second").unwrap(), "{css}");
    }

    #[test]
    fn what_cannot_be_bundled_is_an_error_with_its_place() {
        let error = bundled("@import \"nowhere.css\" layer(a);", "").unwrap_err();
        assert!(error.contains("nowhere.css"), "{error}");
        let error = bundled("@import url(part.css);", "").unwrap_err();
        assert!(error.contains("layer(name)"), "{error}");
        let error = bundled("@import \"part.css\" layer(a);", "@import \"main.css\" layer(b);").unwrap_err();
        assert!(error.contains("may import"), "{error}");
        let error = bundled("@import \"part.css\" layer(a);", "a { color: red; }\n}").unwrap_err();
        assert!(error.contains("part.css"), "{error}");
    }
}
