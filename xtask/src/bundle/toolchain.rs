//! A compiler that can build for the browser.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Result, bail};

use crate::workspace::output;

/// The platform of the bundle.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// How the bundle can be compiled on this machine.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Toolchain {
    /// The compiler.
    pub(crate) rustc: PathBuf,
    /// Whether the standard library has to be compiled too, from the sources beside the compiler.
    pub(crate) build_std: bool,
    /// The linker, where the compiler does not find one by itself.
    pub(crate) linker: Option<PathBuf>,
    /// What `rustc -vV` says; a change means that everything is built anew.
    pub(crate) version: String,
}

impl Toolchain {
    /// The first of: the usual compiler with the target installed; the system's compiler (Debian's `rustc-web`)
    /// with the target; either of them with the sources of the standard library.
    pub(crate) fn find() -> Result<Self> {
        let usual = env::var_os("RUSTC").map_or_else(|| PathBuf::from("rustc"), PathBuf::from);
        let compilers = [usual, PathBuf::from("/usr/bin/rustc")];
        let found: Vec<(PathBuf, PathBuf)> = compilers
            .into_iter()
            .filter_map(|rustc| {
                let root = output(Command::new(&rustc).args(["--print", "sysroot"])).ok()?;
                Some((rustc, PathBuf::from(root.trim())))
            })
            .collect();
        let Some((rustc, build_std)) = choose(&found) else {
            bail!(
                "no compiler here can build for the browser.\n\
                 Install the target (rustup target add {TARGET}) or, on Debian and Ubuntu, the packages \
                 rustc-web, rust-web-src and lld; scripts/setup.sh does either."
            );
        };
        let version = output(Command::new(&rustc).arg("-vV"))?;
        let linker = if build_std { linker() } else { None };
        Ok(Self { rustc, build_std, linker, version })
    }
}

/// The best compiler among (compiler, its root), and whether it has to build the standard library.
fn choose(roots: &[(PathBuf, PathBuf)]) -> Option<(PathBuf, bool)> {
    let library = |root: &Path| root.join("lib/rustlib").join(TARGET).join("lib").is_dir();
    let sources = |root: &Path| root.join("lib/rustlib/src/rust/library/std/Cargo.toml").is_file();
    let with = |test: &dyn Fn(&Path) -> bool| {
        roots.iter().find(|(_, root)| test(root)).map(|(rustc, _)| rustc.clone())
    };
    with(&library).map(|rustc| (rustc, false)).or_else(|| with(&sources).map(|rustc| (rustc, true)))
}

/// Distributions name the linker after its version (`wasm-ld-22`). The newest is taken, unless `rust-lld`, which
/// the compiler looks for itself, is there.
fn linker() -> Option<PathBuf> {
    let folders: Vec<PathBuf> = env::split_paths(&env::var_os("PATH")?).collect();
    if folders.iter().any(|folder| folder.join("rust-lld").is_file()) {
        return None;
    }
    let numbered = (15..40).rev().map(|version| format!("wasm-ld-{version}"));
    let mut names = std::iter::once("wasm-ld".to_owned()).chain(numbered);
    names.find_map(|name| folders.iter().map(|folder| folder.join(&name)).find(|path| path.is_file()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn an_installed_target_comes_before_building_the_library() {
        let directory = tempfile::tempdir().unwrap();
        let root = |name: &str| directory.path().join(name);
        let roots = [("rustc".into(), root("rustup")), ("/usr/bin/rustc".into(), root("usr"))];
        assert_eq!(choose(&roots), None);

        let sources = root("usr").join("lib/rustlib/src/rust/library/std");
        fs::create_dir_all(&sources).unwrap();
        fs::write(sources.join("Cargo.toml"), "").unwrap();
        assert_eq!(choose(&roots), Some(("/usr/bin/rustc".into(), true)));

        fs::create_dir_all(root("usr").join("lib/rustlib").join(TARGET).join("lib")).unwrap();
        assert_eq!(choose(&roots), Some(("/usr/bin/rustc".into(), false)));

        fs::create_dir_all(root("rustup").join("lib/rustlib").join(TARGET).join("lib")).unwrap();
        assert_eq!(choose(&roots), Some(("rustc".into(), false)));
    }
}
