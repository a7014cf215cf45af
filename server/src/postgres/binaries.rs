//! Finding Postgres's programs, and the installation that fits the data.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::error::EmbeddedError;

/// The oldest major version that the schema works with.
const OLDEST: u32 = 15;

/// A folder with Postgres's server programs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Installation {
    bin: PathBuf,
    major: u32,
}

impl Installation {
    /// The path of one of its programs.
    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.bin.join(name)
    }
}

/// The installation to use for this data directory, which need not exist yet.
pub(super) fn find(data: &Path) -> Result<Installation, EmbeddedError> {
    let folders = folders();
    let found: Vec<Installation> = folders.iter().filter_map(|bin| examine(bin)).collect();
    match fs::read_to_string(data.join("PG_VERSION")) {
        Ok(version) => matching(&found, version.trim(), data),
        Err(_) => newest(&found, &folders),
    }
}

fn matching(found: &[Installation], version: &str, data: &Path) -> Result<Installation, EmbeddedError> {
    let fits = found.iter().find(|installation| installation.major.to_string() == version);
    fits.cloned().ok_or_else(|| EmbeddedError::OtherMajor {
        data: data.into(),
        wanted: version.into(),
        found: match found {
            [] => "no PostgreSQL".into(),
            some => format!("PostgreSQL {}", majors(some)),
        },
    })
}

/// The one on the search path if it will do, else the newest.
fn newest(found: &[Installation], searched: &[PathBuf]) -> Result<Installation, EmbeddedError> {
    found.iter().find(|installation| installation.major >= OLDEST).cloned().ok_or_else(|| {
        EmbeddedError::NotInstalled {
            searched: match searched {
                [] => "PATH, /usr/lib/postgresql, Homebrew's folders".into(),
                some => some.iter().map(|dir| dir.display().to_string()).collect::<Vec<_>>().join(", "),
            },
            too_old: match found {
                [] => String::new(),
                some => format!(". PostgreSQL {} is too old", majors(some)),
            },
        }
    })
}

fn majors(found: &[Installation]) -> String {
    let mut majors: Vec<u32> = found.iter().map(|installation| installation.major).collect();
    majors.sort_unstable();
    majors.dedup();
    majors.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ")
}

/// The search path first, then where Debian, Red Hat and Homebrew put server programs, newest first.
///
/// Debian's `/usr/bin` has client programs only, and is left out by asking for the server's.
fn folders() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).filter(|dir| dir.is_absolute()).collect();
    for (parent, prefix) in [
        ("/usr/lib/postgresql", ""),
        ("/usr", "pgsql-"),
        ("/opt/homebrew/opt", "postgresql@"),
        ("/usr/local/opt", "postgresql@"),
    ] {
        folders.extend(versioned(Path::new(parent), prefix));
    }
    folders.retain(|bin| ["initdb", "postgres"].iter().all(|program| bin.join(program).is_file()));
    folders
}

/// `parent/prefixN/bin` for every number N, the greatest first.
fn versioned(parent: &Path, prefix: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    let mut versions: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| {
            let name = entry.file_name();
            let version = name.to_str()?.strip_prefix(prefix)?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .collect();
    versions.sort_unstable_by(|left, right| right.cmp(left));
    versions.into_iter().map(|(_, bin)| bin).collect()
}

fn examine(bin: &Path) -> Option<Installation> {
    let output = Command::new(bin.join("postgres")).arg("--version").output().ok()?;
    Some(Installation { bin: bin.into(), major: major(&String::from_utf8_lossy(&output.stdout))? })
}

/// From `postgres (Postgres) 15.13 (Debian 15.13-0+deb12u1)`, or `… 18beta1`.
fn major(version: &str) -> Option<u32> {
    let number = version.split_once("(PostgreSQL)")?.1.trim_start();
    let end = number.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(number.len());
    number[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Installation, major, matching, newest};

    fn installed(majors: &[u32]) -> Vec<Installation> {
        majors
            .iter()
            .map(|major| Installation { bin: format!("/pg/{major}").into(), major: *major })
            .collect()
    }

    #[test]
    fn versions_are_read() {
        assert_eq!(major("postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)"), Some(15));
        assert_eq!(major("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(major("something else"), None);
    }

    #[test]
    fn the_data_decides_which_version_runs() {
        let found = installed(&[17, 15]);
        let data = Path::new("/data");
        assert_eq!(matching(&found, "15", data).ok().map(|fits| fits.major), Some(15));
        let refused = matching(&found, "16", data).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(refused.contains("PostgreSQL 16") && refused.contains("15 and 17"), "{refused}");
        assert!(refused.contains("docs/configuration.md"), "{refused}");
    }

    #[test]
    fn new_data_gets_the_first_that_will_do() {
        assert_eq!(newest(&installed(&[13, 17, 15]), &[]).ok().map(|fits| fits.major), Some(17));
        let refused = newest(&installed(&[13]), &[]).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(refused.contains("PostgreSQL 13 is too old"), "{refused}");
    }
}
