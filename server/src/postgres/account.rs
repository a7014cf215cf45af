//! Who Postgres runs as: we ourselves, or, because it refuses to run as root, an unprivileged user.

use std::{
    ffi::OsStr,
    fs::{self, DirBuilder},
    io,
    os::unix::{
        fs::{DirBuilderExt, MetadataExt, lchown},
        process::CommandExt,
    },
    path::Path,
    process::{Command, Stdio},
};

use super::error::EmbeddedError;

/// The user that Postgres's programs run as.
#[derive(Clone, Debug)]
pub(super) struct Account {
    /// Set when we are root and have to become somebody else.
    switch: Option<(u32, u32)>,
    name: String,
}

impl Account {
    /// Ourselves; or, for root, the owner of an existing cluster, `postgres`, or `nobody`, in this order.
    pub(super) fn choose(home: &Path) -> Result<Self, EmbeddedError> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self { switch: None, name: "of this process".into() });
        }
        // PostgreSQL insists that its data directory belongs to the user it runs as.
        if let Ok(metadata) = fs::symlink_metadata(home)
            && metadata.uid() != 0
        {
            let ids = (metadata.uid(), metadata.gid());
            return Ok(Self { switch: Some(ids), name: format!("with id {}", ids.0) });
        }
        for name in ["postgres", "nobody"] {
            if let (Some(uid), Some(gid)) = (id(name, "-u"), id(name, "-g"))
                && uid != 0
            {
                return Ok(Self { switch: Some((uid, gid)), name: name.into() });
            }
        }
        Err(EmbeddedError::NoAccount)
    }

    /// A command that runs as this user, in a folder anybody can enter, and inherits nothing that could
    /// change what Postgres does (`PGDATA`, `PGOPTIONS`, …) or that it need not know (our secrets).
    pub(super) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs([("LC_ALL", "C"), ("TZ", "UTC")]).current_dir("/").stdin(Stdio::null());
        for name in ["PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        if let Some((uid, gid)) = self.switch {
            // The standard library also drops root's supplementary groups here.
            command.uid(uid).gid(gid);
        }
        command
    }

    /// Makes a folder that this user alone can enter, unless it is there.
    pub(super) fn make_private(&self, dir: &Path) -> io::Result<()> {
        match DirBuilder::new().mode(0o700).create(dir) {
            Ok(()) => match self.switch {
                // Not following links: the parent may belong to the user that this program must not obey.
                Some((uid, gid)) => lchown(dir, Some(uid), Some(gid)),
                None => Ok(()),
            },
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Asks as that user, because only the system knows all rules (lists, mounts) about who may pass.
    pub(super) fn check_reach(&self, dir: &Path) -> Result<(), EmbeddedError> {
        let passes = self.command("test").arg("-x").arg(dir).status();
        if passes.map_err(EmbeddedError::io("examine", dir))?.success() {
            Ok(())
        } else {
            Err(EmbeddedError::Unreachable { dir: dir.into(), user: self.name.clone() })
        }
    }

    /// Whether we have to become somebody else.
    pub(super) fn is_other(&self) -> bool {
        self.switch.is_some()
    }
}

fn id(user: &str, flag: &str) -> Option<u32> {
    let output = Command::new("id").args([flag, user]).stderr(Stdio::null()).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

/// Runs a program to its end; its words become the error.
pub(super) fn run(mut command: Command, input: Option<&str>) -> Result<String, EmbeddedError> {
    use std::io::Write;
    let program = command.get_program().to_owned();
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    if input.is_some() {
        command.stdin(Stdio::piped());
    }
    let mut child = command.spawn().map_err(EmbeddedError::io("run", &program))?;
    if let (Some(text), Some(mut pipe)) = (input, child.stdin.take()) {
        // A program that ends early says why itself.
        let _ = pipe.write_all(text.as_bytes());
    }
    let output = child.wait_with_output().map_err(EmbeddedError::io("wait for", &program))?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    // The single-user server reports a failed statement in words only.
    if output.status.success() && !said.contains("ERROR:") {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(EmbeddedError::Tool {
        program: program.to_string_lossy().into_owned(),
        status: output.status.to_string(),
        output: said.trim().replace('\n', "; "),
    })
}
