//! The islands compiled to WebAssembly, and the JavaScript that wasm-bindgen makes to go with it.

use std::{
    ffi::OsString,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use super::{
    site::digest,
    toolchain::{TARGET, Toolchain},
};
use crate::workspace::{cargo, files, root, run, target};

/// The two halves of the bundle.
pub(crate) struct Islands {
    /// What the compiler made.
    pub(crate) wasm: Vec<u8>,
    /// What connects it with the browser.
    pub(crate) module: String,
}

/// What goes into the bundle. A change anywhere else never builds it anew.
const SOURCES: [&str; 7] = [
    "Cargo.toml",
    "Cargo.lock",
    "frontend/Cargo.toml",
    "frontend/src",
    "app/Cargo.toml",
    "app/src",
    "xtask/src/bundle",
];

/// Builds the islands, or takes those of the last build when nothing that goes into them has changed.
pub(crate) fn build() -> Result<Islands> {
    let toolchain = Toolchain::find()?;
    let kept = target().join("wasm/islands");
    let (stamp, wasm, module) =
        (kept.join("inputs.sha256"), kept.join("islands_bg.wasm"), kept.join("islands.js"));
    let inputs = inputs(&root(), &toolchain)?;
    if fs::read_to_string(&stamp).is_ok_and(|last| last == inputs) && wasm.exists() && module.exists() {
        return read(&wasm, &module);
    }

    println!(
        "compiling the islands with {}{} (about three minutes the first time, seconds later)",
        toolchain.version.lines().next().unwrap_or_default(),
        if toolchain.build_std { " and its standard library" } else { "" }
    );
    let compiled = compile(&toolchain)?;
    if kept.exists() {
        fs::remove_dir_all(&kept)?;
    }
    Bindgen::new()
        .input_path(&compiled)
        .out_name("islands")
        .web(true)?
        .remove_name_section(true)
        .remove_producers_section(true)
        .typescript(false)
        .generate(&kept)
        .context("wasm-bindgen failed")?;
    fs::write(&stamp, inputs)?;
    read(&wasm, &module)
}

fn read(wasm: &Path, module: &Path) -> Result<Islands> {
    Ok(Islands { wasm: fs::read(wasm)?, module: fs::read_to_string(module)? })
}

/// Calls cargo. The compiler is another one than the server's on some machines, hence a directory of its own.
fn compile(toolchain: &Toolchain) -> Result<PathBuf> {
    let directory = target().join("wasm");
    let mut build = cargo();
    build
        .args(["build", "--package", "sluice-frontend", "--lib", "--profile", "wasm", "--target", TARGET])
        .arg("--target-dir")
        .arg(&directory)
        .env("RUSTC", &toolchain.rustc)
        // Flags meant for the server's build have no place in the browser's.
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("RUSTC_WRAPPER");
    if toolchain.build_std {
        // Only nightly compilers build the standard library; this makes a stable one behave like that.
        build.env("RUSTC_BOOTSTRAP", "1").args(["-Z", "build-std=std,panic_abort"]);
    }
    if let Some(linker) = &toolchain.linker {
        let mut flags = OsString::from("-Clinker=");
        flags.push(linker);
        build.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", flags);
    }
    run(&mut build)?;
    Ok(directory.join(TARGET).join("wasm/sluice_frontend.wasm"))
}

/// A digest of everything that the islands are made of.
fn inputs(root: &Path, toolchain: &Toolchain) -> Result<String> {
    let mut all = format!("{}\n{}\n", toolchain.version, toolchain.build_std);
    for source in SOURCES {
        let source = root.join(source);
        let found = if source.is_dir() { files(&source)? } else { vec![source] };
        for file in found {
            let content = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
            let name = file.strip_prefix(root).unwrap_or(&file);
            writeln!(all, "{} {}", digest(&content), name.display())?;
        }
    }
    Ok(digest(all.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_source_changes_the_inputs_and_a_style_does_not() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        for source in SOURCES {
            let path = root.join(source);
            if source.contains('.') {
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, "").unwrap();
            } else {
                fs::create_dir_all(&path).unwrap();
                fs::write(path.join("lib.rs"), "").unwrap();
            }
        }
        let toolchain =
            Toolchain { rustc: "rustc".into(), build_std: false, linker: None, version: "1".to_owned() };
        let before = inputs(root, &toolchain).unwrap();
        fs::create_dir_all(root.join("style")).unwrap();
        fs::write(root.join("style/main.css"), "a{}").unwrap();
        assert_eq!(inputs(root, &toolchain).unwrap(), before);
        fs::write(root.join("app/src/lib.rs"), "//! new").unwrap();
        assert_ne!(inputs(root, &toolchain).unwrap(), before);
    }
}
