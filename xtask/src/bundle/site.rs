//! The directory that the server reads: `manifest.json` and `assets/` with hashed names.

use std::{
    collections::{BTreeMap, HashSet},
    fmt::Write as _,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use flate2::{Compression, write::GzEncoder};
use sha2::{Digest, Sha256};

/// The site under construction.
pub(crate) struct Site {
    directory: PathBuf,
    /// From the name in the code to the name on disk.
    files: BTreeMap<String, String>,
}

impl Site {
    pub(crate) fn open(directory: &Path) -> Result<Self> {
        let assets = directory.join("assets");
        fs::create_dir_all(&assets).with_context(|| format!("cannot create {}", assets.display()))?;
        Ok(Self { directory: directory.to_owned(), files: BTreeMap::new() })
    }

    /// Writes a file and its compressed copies under a name that holds its digest, unless they are there: the
    /// same name means the same content. Gives the hashed name.
    pub(crate) fn put(&mut self, name: &str, content: &[u8]) -> Result<String> {
        let (stem, ending) = name.rsplit_once('.').with_context(|| format!("{name} has no ending"))?;
        let hashed = format!("{stem}-{}.{ending}", &digest(content)[..16]);
        for (ending, compress) in
            [("", plain as fn(&[u8]) -> Result<Vec<u8>>), (".br", brotli), (".gz", gzip)]
        {
            let path = self.directory.join("assets").join(format!("{hashed}{ending}"));
            if !path.exists() {
                write(&path, &compress(content)?)?;
            }
        }
        self.files.insert(name.to_owned(), hashed.clone());
        Ok(hashed)
    }

    /// Writes the manifest, removes what it no longer names, and says how large everything is.
    pub(crate) fn finish(self) -> Result<String> {
        let manifest = serde_json::to_string_pretty(&serde_json::json!({ "files": self.files }))?;
        write(&self.directory.join("manifest.json"), format!("{manifest}\n").as_bytes())?;

        let assets = self.directory.join("assets");
        let kept: HashSet<String> = self
            .files
            .values()
            .flat_map(|name| ["", ".br", ".gz"].map(|ending| format!("{name}{ending}")))
            .collect();
        for entry in fs::read_dir(&assets)? {
            let entry = entry?;
            if !kept.contains(entry.file_name().to_string_lossy().as_ref()) {
                fs::remove_file(entry.path())?;
            }
        }
        let mut summary = String::new();
        for (name, hashed) in &self.files {
            let size =
                |ending: &str| fs::metadata(assets.join(format!("{hashed}{ending}"))).map(|file| file.len());
            writeln!(summary, "  {name:<14}{:>8} bytes{:>8} with brotli", size("")?, size(".br")?)?;
        }
        Ok(summary)
    }
}

/// SHA-256 in hexadecimal.
pub(crate) fn digest(content: &[u8]) -> String {
    Sha256::digest(content).iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _never = write!(text, "{byte:02x}");
        text
    })
}

/// Writes beside the file and renames, so that nobody ever reads half of it.
fn write(path: &Path, content: &[u8]) -> Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    fs::write(&beside, content)
        .and_then(|()| fs::rename(&beside, path))
        .with_context(|| format!("cannot write {}", path.display()))
}

// The three share one type, so that they can stand in one list.
#[expect(clippy::unnecessary_wraps, reason = "stands in a list with functions that can fail")]
fn plain(content: &[u8]) -> Result<Vec<u8>> {
    Ok(content.to_vec())
}

fn brotli(mut content: &[u8]) -> Result<Vec<u8>> {
    let parameters = brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, ..Default::default() };
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut content, &mut compressed, &parameters)?;
    Ok(compressed)
}

fn gzip(content: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content)?;
    Ok(encoder.finish()?)
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn a_site_holds_what_its_manifest_names_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let mut site = Site::open(directory.path()).unwrap();
        let old = site.put("main.css", b"old").unwrap();
        site.finish().unwrap();

        let mut site = Site::open(directory.path()).unwrap();
        let css = b"body{color:red}".repeat(50);
        let new = site.put("main.css", &css).unwrap();
        assert_ne!(old, new);
        site.finish().unwrap();

        let assets = directory.path().join("assets");
        let mut names: Vec<_> = fs::read_dir(&assets)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, [new.clone(), format!("{new}.br"), format!("{new}.gz")]);
        let manifest = fs::read_to_string(directory.path().join("manifest.json")).unwrap();
        assert!(manifest.contains(&format!("\"main.css\": \"{new}\"")), "{manifest}");

        let mut unpacked = Vec::new();
        flate2::read::GzDecoder::new(fs::File::open(assets.join(format!("{new}.gz"))).unwrap())
            .read_to_end(&mut unpacked)
            .unwrap();
        assert_eq!(unpacked, css);
        let mut unpacked = Vec::new();
        brotli::BrotliDecompress(
            &mut fs::File::open(assets.join(format!("{new}.br"))).unwrap(),
            &mut unpacked,
        )
        .unwrap();
        assert_eq!(unpacked, css);
    }

    #[test]
    fn a_name_holds_the_digest_of_the_content() {
        let directory = tempfile::tempdir().unwrap();
        let mut site = Site::open(directory.path()).unwrap();
        assert_eq!(site.put("icon.svg", b"").unwrap(), "icon-e3b0c44298fc1c14.svg");
    }
}
