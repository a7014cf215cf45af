//! The data for checked SQL: what Postgres says about each query in service, kept in `.sqlx`, so that building
//! Sluice needs no database.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    path::Path,
    time::SystemTime,
};

use anyhow::{Context, Result, bail};

use crate::{
    cluster::Cluster,
    workspace::{self, cargo, files, root},
};

/// Asks a fresh database with all migrations about every query, then replaces the data or compares with it.
pub(crate) fn run(check: bool) -> Result<()> {
    let fresh = tempfile::tempdir()?;
    {
        let cluster = Cluster::start()?;
        cluster.create("sluice")?;
        for migration in migrations(&root().join("migrations"))? {
            cluster.apply("sluice", &migration)?;
        }
        build(&cluster.url("sluice"), fresh.path())?;
    }
    let kept = root().join(".sqlx");
    if check {
        let differences = compare(&read(fresh.path())?, &read(&kept)?);
        if !differences.is_empty() {
            bail!(
                "the data for checked SQL is out of date; run `cargo xtask sqlx` and commit .sqlx:\n  {}",
                differences.join("\n  ")
            );
        }
        println!("checked SQL: the data for {} queries is up to date", read(&kept)?.len());
    } else {
        let queries = read(fresh.path())?;
        if kept.exists() {
            fs::remove_dir_all(&kept)?;
        }
        fs::create_dir_all(&kept)?;
        for (name, content) in &queries {
            fs::write(kept.join(name), content)?;
        }
        println!("checked SQL: wrote the data for {} queries", queries.len());
    }
    Ok(())
}

/// The numbered files, in order.
fn migrations(directory: &Path) -> Result<Vec<std::path::PathBuf>> {
    let mut found = files(directory)?;
    found.retain(|file| file.extension().is_some_and(|ending| ending == "sql"));
    if found.is_empty() {
        bail!("there are no migrations in {}", directory.display());
    }
    Ok(found)
}

/// Lets the compiler expand every query: with a database and a directory, the macros of sqlx write the data there.
fn build(url: &str, directory: &Path) -> Result<()> {
    // The compiler does not know that the database is an input, so the crate is made to look changed.
    #[expect(
        clippy::disallowed_methods,
        reason = "a file's time of change is the machine's, not the product's"
    )]
    let now = SystemTime::now();
    let library = root().join("service/src/lib.rs");
    File::options()
        .append(true)
        .open(&library)
        .and_then(|file| file.set_modified(now))
        .with_context(|| format!("cannot touch {}", library.display()))?;
    workspace::run(
        cargo()
            .args(["check", "--quiet", "--package", "sluice-service", "--all-targets"])
            .env("DATABASE_URL", url)
            .env("SQLX_OFFLINE", "false")
            .env("SQLX_OFFLINE_DIR", directory),
    )
}

fn read(directory: &Path) -> Result<BTreeMap<String, String>> {
    if !directory.exists() {
        return Ok(BTreeMap::new());
    }
    let mut queries = BTreeMap::new();
    for file in files(directory)? {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with("query-") {
            // The macros end their files without a line end, editors and tools add one.
            queries.insert(name, format!("{}\n", fs::read_to_string(&file)?.trim_end()));
        }
    }
    Ok(queries)
}

fn compare(fresh: &BTreeMap<String, String>, kept: &BTreeMap<String, String>) -> Vec<String> {
    let mut differences = Vec::new();
    for (name, content) in fresh {
        match kept.get(name) {
            None => differences.push(format!("{name} is missing: {}", query(content))),
            Some(old) if old != content => differences.push(format!("{name} differs: {}", query(content))),
            Some(_) => {}
        }
    }
    let unused = kept.iter().filter(|(name, _)| !fresh.contains_key(*name));
    differences.extend(unused.map(|(name, content)| format!("{name} is of no query: {}", query(content))));
    differences
}

/// The query inside a file, on one line and not too long.
fn query(content: &str) -> String {
    let parsed: serde_json::Value = serde_json::from_str(content).unwrap_or_default();
    let words: Vec<&str> = parsed["query"].as_str().unwrap_or("?").split_whitespace().collect();
    words.join(" ").chars().take(100).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_named() {
        let entry = |name: &str, text: &str| (name.to_owned(), format!("{{\"query\": \"{text}\"}}"));
        let fresh = BTreeMap::from([entry("query-1", "SELECT 1"), entry("query-2", "SELECT 2")]);
        let kept = BTreeMap::from([entry("query-2", "SELECT two"), entry("query-3", "SELECT 3")]);
        assert_eq!(
            compare(&fresh, &kept),
            ["query-1 is missing: SELECT 1", "query-2 differs: SELECT 2", "query-3 is of no query: SELECT 3"]
        );
        assert!(compare(&fresh, &fresh).is_empty());
    }
}
