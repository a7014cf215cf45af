use std::{
    fs,
    net::TcpListener,
    path::PathBuf,
    process::Stdio,
    sync::atomic::{AtomicUsize, Ordering},
};

use http::StatusCode;
use tokio::process::{Child, Command};

use crate::{
    client::get,
    support::{TestResult, World, until},
};

/// A folder with what a server wants to find: a browser bundle as `cargo xtask bundle` lays it out, with nothing in it.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> TestResult<Self> {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name =
            format!("sluice-processes-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = Self(std::env::temp_dir().join(name));
        let assets = folder.0.join("assets");
        fs::create_dir_all(&assets)?;
        let files = ["main.css", "hydrate.js", "islands.js", "islands.wasm", "icon.svg"];
        for file in files {
            for ending in ["", ".br", ".gz"] {
                fs::write(assets.join(format!("{file}{ending}")), "")?;
            }
        }
        let names: Vec<String> = files.iter().map(|file| format!("\"{file}\": \"{file}\"")).collect();
        fs::write(folder.0.join("manifest.json"), format!("{{\"files\": {{{}}}}}", names.join(", ")))?;
        Ok(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A server under way. It dies with the test.
pub(crate) struct Program {
    child: Child,
    /// The port that it listens on.
    pub(crate) port: u16,
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> TestResult<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

impl Program {
    /// Starts `sluice serve` on the database of a test, and returns when it is ready.
    pub(crate) async fn serve(world: &World, folder: &Folder, port: u16) -> TestResult<Self> {
        let mut child = Command::new(env!("CARGO_BIN_EXE_sluice"))
            .arg("serve")
            .env("PORT", port.to_string())
            .env("DATABASE_URL", &world.runtime_url)
            .env("DATABASE_OWNER_URL", &world.owner_url)
            .env("SLUICE_ASSETS", &folder.0)
            .env("SLUICE_DATA_DIR", folder.0.join("data"))
            .env("SLUICE_LOG", "error")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        until("the server is ready", || {
            let ended = child.try_wait();
            async move {
                match ended? {
                    Some(status) => Err(format!("the server ended: {status}").into()),
                    None => {
                        Ok(get(port, "/readyz").await.is_ok_and(|answer| answer.status == StatusCode::OK))
                    }
                }
            }
        })
        .await?;
        Ok(Self { child, port })
    }

    /// Kills it as the kernel does, without a chance to finish anything.
    pub(crate) async fn kill(mut self) -> TestResult {
        self.child.kill().await?;
        Ok(())
    }
}
