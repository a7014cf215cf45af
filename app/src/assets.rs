//! The files beside the pages: style, browser bundle and icon, by the names that `cargo xtask bundle` gave them.
//!
//! A name holds a digest of the file's content, so a browser may keep it forever. All of them together are small;
//! they are read once and served from memory, which leaves no path for a request to reach the file system.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use serde::Deserialize;

/// Where the files are served.
pub const PREFIX: &str = "/assets/";

/// The bundle as the server knows it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Assets(Arc<Bundle>);

#[derive(Debug)]
struct Bundle {
    links: Links,
    files: BTreeMap<String, AssetFile>,
}

/// The addresses that a page needs.
#[derive(Debug)]
struct Links {
    style: String,
    hydrate: String,
    islands: String,
    wasm: String,
    icon: String,
}

/// One file with its compressed forms.
#[derive(Clone, Debug)]
pub struct AssetFile {
    /// The `Content-Type` to serve it with.
    pub content_type: &'static str,
    /// The file as it is.
    pub plain: Bytes,
    /// Compressed with Brotli.
    pub brotli: Bytes,
    /// Compressed with gzip.
    pub gzip: Bytes,
}

/// `manifest.json`: from the name that the code uses to the name on disk.
#[derive(Deserialize)]
struct Manifest {
    files: BTreeMap<String, String>,
}

/// Why the bundle cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AssetsError {
    /// A file is missing or unreadable.
    #[error("cannot read {path}: {source} (run `cargo xtask bundle`)")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The manifest is not what `cargo xtask bundle` writes.
    #[error("{path} is not a bundle manifest: {reason}")]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

impl Assets {
    /// Reads the bundle from the directory that holds `manifest.json` and `assets/`.
    ///
    /// # Errors
    /// When the bundle was never built or is incomplete.
    pub fn load(directory: &Path) -> Result<Self, AssetsError> {
        let path = directory.join("manifest.json");
        let wrong = |reason: String| AssetsError::Manifest { path: path.clone(), reason };
        let manifest: Manifest =
            serde_json::from_slice(&read(&path)?).map_err(|error| wrong(error.to_string()))?;
        let named = |name: &str| {
            manifest
                .files
                .get(name)
                .map(|hashed| format!("{PREFIX}{hashed}"))
                .ok_or_else(|| wrong(format!("it does not name {name}")))
        };
        let links = Links {
            style: named("main.css")?,
            hydrate: named("hydrate.js")?,
            islands: named("islands.js")?,
            wasm: named("islands.wasm")?,
            icon: named("icon.svg")?,
        };
        let mut files = BTreeMap::new();
        for hashed in manifest.files.values() {
            let content_type =
                content_type(hashed).ok_or_else(|| wrong(format!("{hashed} is of no known type")))?;
            let file = directory.join("assets").join(hashed);
            let with = |ending: &str| read(&directory.join("assets").join(format!("{hashed}.{ending}")));
            files.insert(
                hashed.clone(),
                AssetFile { content_type, plain: read(&file)?, brotli: with("br")?, gzip: with("gz")? },
            );
        }
        Ok(Self(Arc::new(Bundle { links, files })))
    }

    /// Stands in where nothing was built, as in tests: pages get plausible addresses, no file is served.
    #[must_use]
    pub fn unbuilt() -> Self {
        let address = |name: &str| format!("{PREFIX}{name}");
        let links = Links {
            style: address("main.css"),
            hydrate: address("hydrate.js"),
            islands: address("islands.js"),
            wasm: address("islands.wasm"),
            icon: address("icon.svg"),
        };
        Self(Arc::new(Bundle { links, files: BTreeMap::new() }))
    }

    /// The file served at [`PREFIX`] + `name`.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<&AssetFile> {
        self.0.files.get(name)
    }

    /// The names of all files.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.files.keys().map(String::as_str)
    }

    /// The address of the style sheet.
    #[must_use]
    pub fn style(&self) -> &str {
        &self.0.links.style
    }

    /// The address of the module that brings islands to life.
    #[must_use]
    pub fn hydrate(&self) -> &str {
        &self.0.links.hydrate
    }

    /// The address of the islands' JavaScript half.
    #[must_use]
    pub fn islands(&self) -> &str {
        &self.0.links.islands
    }

    /// The address of the islands' WebAssembly half.
    #[must_use]
    pub fn wasm(&self) -> &str {
        &self.0.links.wasm
    }

    /// The address of the icon.
    #[must_use]
    pub fn icon(&self) -> &str {
        &self.0.links.icon
    }
}

fn read(path: &Path) -> Result<Bytes, AssetsError> {
    fs::read(path)
        .map(Bytes::from)
        .map_err(|source| AssetsError::Unreadable { path: path.to_owned(), source })
}

fn content_type(name: &str) -> Option<&'static str> {
    Some(match name.rsplit_once('.')?.1 {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundle(manifest: &str, names: &[&str]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("manifest.json"), manifest).unwrap();
        fs::create_dir(directory.path().join("assets")).unwrap();
        for name in names {
            for ending in ["", ".br", ".gz"] {
                fs::write(directory.path().join("assets").join(format!("{name}{ending}")), name).unwrap();
            }
        }
        directory
    }

    const MANIFEST: &str = r#"{"files":{"main.css":"main-1.css","hydrate.js":"hydrate-2.js",
        "islands.js":"islands-3.js","islands.wasm":"islands-4.wasm","icon.svg":"icon-5.svg"}}"#;
    const NAMES: [&str; 5] = ["main-1.css", "hydrate-2.js", "islands-3.js", "islands-4.wasm", "icon-5.svg"];

    #[test]
    fn a_bundle_is_read_whole() {
        let directory = bundle(MANIFEST, &NAMES);
        let assets = Assets::load(directory.path()).unwrap();
        assert_eq!(assets.style(), "/assets/main-1.css");
        assert_eq!(assets.wasm(), "/assets/islands-4.wasm");
        assert_eq!(assets.names().count(), 5);
        let file = assets.file("islands-4.wasm").unwrap();
        assert_eq!(file.content_type, "application/wasm");
        assert_eq!(&file.brotli[..], b"islands-4.wasm");
        assert!(assets.file("../manifest.json").is_none());
    }

    #[test]
    fn what_is_missing_is_named() {
        let directory = bundle(MANIFEST, &NAMES[..4]);
        let error = Assets::load(directory.path()).unwrap_err().to_string();
        assert!(error.contains("icon-5.svg") && error.contains("cargo xtask bundle"), "{error}");
        let directory = bundle(r#"{"files":{}}"#, &[]);
        let error = Assets::load(directory.path()).unwrap_err().to_string();
        assert!(error.contains("does not name main.css"), "{error}");
        let error = Assets::load(Path::new("/nonexistent")).unwrap_err().to_string();
        assert!(error.contains("manifest.json"), "{error}");
    }
}
