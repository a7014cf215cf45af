//! Checks of the architecture: what may depend on what, and what may stand where.

mod arrows;
mod gates;
mod rules;
mod source;

use std::fs;

use anyhow::{Context, Result, bail};

use crate::workspace::{files, metadata, root};

/// Something that breaks a rule.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    /// File and line, or the crate.
    pub(crate) place: String,
    /// What is wrong and what to do instead.
    pub(crate) message: String,
}

/// The crates of the product.
const CRATES: [&str; 5] = ["domain", "service", "app", "server", "frontend"];

/// Reports every violation, fails when there is one.
pub(crate) fn run() -> Result<()> {
    let mut violations = arrows::check(&metadata()?)?;
    let mut count = 0;
    for directory in CRATES.into_iter().chain(["xtask", "style"]) {
        for path in files(&root().join(directory))? {
            let relative = path.strip_prefix(root()).unwrap_or(&path).to_string_lossy().into_owned();
            if !path.extension().is_some_and(|ending| ending == "rs" || ending == "css") {
                continue;
            }
            let text = fs::read_to_string(&path).with_context(|| format!("cannot read {relative}"))?;
            violations.extend(rules::check(&relative, &text));
            count += 1;
        }
    }
    for Violation { place, message } in &violations {
        eprintln!("{place}: {message}");
    }
    if !violations.is_empty() {
        bail!("{} violations of the architecture", violations.len());
    }
    println!("architecture: {count} files and the arrows between crates are in order");
    Ok(())
}
