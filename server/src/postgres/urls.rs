//! Connection URLs of the embedded Postgres.

use std::{fmt::Write, os::unix::ffi::OsStrExt, path::Path};

/// The database.
pub(super) const DATABASE: &str = "sluice";
/// The role that owns the schema: migrations only.
pub(super) const OWNER: &str = "sluice_owner";
/// The role that the application uses. Migrations make it and grant it what it needs.
pub(super) const RUNTIME: &str = "sluice_runtime";
/// The role that the cluster was made with. Nothing of ours uses it.
pub(super) const SUPERUSER: &str = "postgres";

/// A URL that both our driver and Postgres's own tools read. There is no password: who reaches the socket is
/// trusted, and only the user that runs Postgres (and root) reaches it.
pub(super) fn url(socket_dir: &Path, user: &str, database: &str) -> String {
    let mut host = String::new();
    for byte in socket_dir.as_os_str().as_bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) {
            host.push(char::from(*byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(host, "%{byte:02X}");
        }
    }
    format!("postgres://{user}@localhost:5432/{database}?host={host}")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn folders_with_spaces_survive() {
        let url = super::url(Path::new("/Users/ada/Application Support/run"), "u", "d");
        assert_eq!(url, "postgres://u@localhost:5432/d?host=%2FUsers%2Fada%2FApplication%20Support%2Frun");
    }
}
