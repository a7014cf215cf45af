//! The licences of everything that is built in.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use spdx::{Expression, ParseMode};

use crate::workspace::metadata;

/// Licences that ask for no more than keeping their text: the product is under Apache-2.0.
const ALLOWED: [&str; 12] = [
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Copyleft by file: may be used unchanged, changes to these files would have to be published.
const ALLOWED_UNCHANGED: [&str; 1] = ["MPL-2.0"];

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    license: Option<String>,
    source: Option<String>,
}

/// Fails for a dependency with a licence that is not on the list, or with none.
pub(crate) fn run() -> Result<()> {
    let metadata: Metadata = serde_json::from_str(&metadata()?).context("cannot read cargo metadata")?;
    let refused: Vec<String> = metadata.packages.iter().filter_map(refusal).collect();
    if !refused.is_empty() {
        bail!("{} licences need a decision:\n  {}", refused.len(), refused.join("\n  "));
    }
    let kinds: BTreeSet<&str> =
        metadata.packages.iter().filter_map(|package| package.license.as_deref()).collect();
    println!(
        "licences: {} packages under {} kinds of terms, all allowed",
        metadata.packages.len(),
        kinds.len()
    );
    Ok(())
}

/// Why a package may not be used; nothing when it may.
fn refusal(package: &Package) -> Option<String> {
    let Package { name, version, license, source } = package;
    let Some(license) = license else {
        return Some(format!("{name} {version} names no licence"));
    };
    // A slash is how old manifests say "or".
    let expression = match Expression::parse_mode(license, ParseMode::LAX) {
        Ok(expression) => expression,
        Err(error) => {
            return Some(format!("{name} {version}: {license:?} is not understood ({})", error.reason));
        }
    };
    let allowed = expression.evaluate(|requirement| {
        let id = requirement.license.id().map(|id| id.name).unwrap_or_default();
        let plain = requirement.addition.is_none();
        let llvm =
            requirement.addition.as_ref().is_some_and(|addition| addition.to_string() == "LLVM-exception");
        (plain || llvm) && ALLOWED.contains(&id)
            || plain && source.is_some() && ALLOWED_UNCHANGED.contains(&id)
    });
    (!allowed).then(|| format!("{name} {version}: {license}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(license: Option<&str>) -> Option<String> {
        refusal(&Package {
            name: "some".to_owned(),
            version: "1.0.0".to_owned(),
            license: license.map(str::to_owned),
            source: Some("registry".to_owned()),
        })
    }

    #[test]
    fn what_may_be_used_passes() {
        for license in [
            "MIT",
            "MIT OR Apache-2.0",
            "MIT/Apache-2.0",
            "GPL-3.0-only OR MIT",
            "(MIT OR Apache-2.0) AND Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception",
            "MPL-2.0",
        ] {
            assert_eq!(refused(Some(license)), None, "{license}");
        }
    }

    #[test]
    fn what_may_not_be_used_is_named() {
        for license in [
            "GPL-3.0-only",
            "AGPL-3.0-or-later",
            "MIT AND GPL-2.0-only",
            "SSPL-1.0",
            "LicenseRef-ours",
            "nonsense!",
        ] {
            assert!(refused(Some(license)).is_some_and(|text| text.contains("some 1.0.0")), "{license}");
        }
        assert_eq!(refused(None).as_deref(), Some("some 1.0.0 names no licence"));
    }
}
