//! `postmaster.pid`: what a running Postgres says about itself, and whether it still runs.

use std::{
    fs,
    io::ErrorKind,
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
};

use rustix::process::{Pid, test_kill_process};

/// The facts in `postmaster.pid` that we use.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct PidFile {
    pub(super) pid: Pid,
    pub(super) socket_dir: PathBuf,
    pub(super) ready: bool,
}

impl PidFile {
    /// Reads it; nothing when there is none or it is still being written.
    pub(super) fn read(data: &Path) -> Option<Self> {
        Self::parse(&fs::read_to_string(path(data)).ok()?)
    }

    /// Lines: process, data directory, start, port, socket folder, address, shared memory, state.
    fn parse(text: &str) -> Option<Self> {
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        Some(Self {
            // A server in single-user mode writes its number negative.
            pid: Pid::from_raw(lines.first()?.parse::<i32>().ok().filter(|pid| *pid > 0)?)?,
            socket_dir: lines.get(4)?.into(),
            ready: lines.get(7).is_some_and(|state| *state == "ready"),
        })
    }

    /// Whether the server takes connections.
    pub(super) fn answers(&self) -> bool {
        self.ready && UnixStream::connect(self.socket_dir.join(".s.PGSQL.5432")).is_ok()
    }

    /// Whether the process is a server of this data directory, and not a later process with the same number.
    pub(super) fn is_ours(&self, data: &Path) -> bool {
        if !alive(self.pid) {
            return false;
        }
        // A server works in its data directory.
        match fs::read_link(format!("/proc/{}/cwd", self.pid.as_raw_nonzero())) {
            Ok(cwd) => cwd == data,
            Err(error) if error.kind() == ErrorKind::NotFound && Path::new("/proc/self/cwd").exists() => {
                false
            }
            // No such file system here: the private socket is the proof.
            Err(_) => self.answers(),
        }
    }
}

/// Where it is.
pub(super) fn path(data: &Path) -> PathBuf {
    data.join("postmaster.pid")
}

/// Whether the process runs. One that has ended and waits for a parent that never asks does not.
pub(super) fn alive(pid: Pid) -> bool {
    let exists = match test_kill_process(pid) {
        Ok(()) => true,
        Err(error) => error == rustix::io::Errno::PERM,
    };
    let ended = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()))
        .is_ok_and(|stat| stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('Z')));
    exists && !ended
}

#[cfg(test)]
mod tests {
    use super::PidFile;

    #[test]
    fn a_file_that_is_being_written_is_no_file() {
        let full = "4711\n/data\n1700000000\n5432\n/data/run\n\n  123 456\nready   \n";
        let file = PidFile::parse(full);
        assert!(file.as_ref().is_some_and(|file| file.ready && file.pid.as_raw_nonzero().get() == 4711));
        assert!(
            PidFile::parse("4711\n/data\n1700000000\n5432\n/data/run\n\n").is_some_and(|file| !file.ready)
        );
        for part in ["", "4711", "nonsense\n/data\n1\n5432\n/run\n", "-4711\n/data\n1\n5432\n/run\n"] {
            assert_eq!(PidFile::parse(part), None, "{part:?}");
        }
    }
}
