//! The server process: started, watched, started again when somebody kills it, adopted, and stopped.

use std::{
    fs::{self, File},
    io,
    os::unix::process::CommandExt,
    path::Path,
    process::{ExitStatus, Stdio},
    sync::{
        Arc,
        atomic::{AtomicI32, Ordering},
    },
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    process::{Child, Command},
    sync::oneshot,
    time::{sleep, timeout},
};

use super::{
    cluster::Cluster,
    error::EmbeddedError,
    pid_file::{self, PidFile},
};

/// Recovery after a crash takes as long as the write-ahead log is; this is generous for a small installation.
const START_TIME: Duration = Duration::from_mins(2);
const FAST_STOP: Duration = Duration::from_secs(20);
const IMMEDIATE_STOP: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(20);

/// A Postgres server that runs.
pub(super) enum Server {
    /// Started by us.
    Child(Child, Pid),
    /// Left behind by a server of ours that was killed.
    Adopted(Pid),
}

impl Server {
    /// Adopts the server that already runs on this cluster, or starts one; returns when it takes connections.
    pub(super) async fn bring_up(cluster: &mut Cluster) -> Result<Self, EmbeddedError> {
        if let Some(found) = find_orphan(cluster).await? {
            tracing::info!(
                pid = found.pid.as_raw_nonzero().get(),
                "adopted the database server that was left running"
            );
            if cluster.socket_dir != found.socket_dir {
                release(cluster);
                cluster.socket_dir = found.socket_dir;
            }
            return Ok(Self::Adopted(found.pid));
        }
        Self::start(cluster).await
    }

    /// Starts a server and waits until it takes connections.
    async fn start(cluster: &Cluster) -> Result<Self, EmbeddedError> {
        let program = cluster.installation.program("postgres");
        let words =
            File::create(&cluster.first_words).map_err(EmbeddedError::io("write", &cluster.first_words))?;
        let copy = words.try_clone().map_err(EmbeddedError::io("write", &cluster.first_words))?;
        let mut command = cluster.account.command(&program);
        command.args(cluster.arguments()).stdout(Stdio::from(copy)).stderr(Stdio::from(words));
        // A group of its own: Ctrl-C in the terminal is for us, and we stop the database after the last
        // request.
        command.process_group(0);
        let mut child = Command::from(command).spawn().map_err(EmbeddedError::io("run", &program))?;
        let pid = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        let Some(pid) = pid else {
            let status = child.wait().await.map_err(EmbeddedError::io("wait for", &program))?;
            return Err(exited(cluster, status));
        };
        let begun = Instant::now();
        let mut told = 0;
        while begun.elapsed() < START_TIME {
            if let Some(status) = child.try_wait().map_err(EmbeddedError::io("wait for", &program))? {
                return Err(exited(cluster, status));
            }
            if PidFile::read(&cluster.data).is_some_and(|file| file.pid == pid && file.answers()) {
                return Ok(Self::Child(child, pid));
            }
            if begun.elapsed().as_secs() / 10 > told {
                told += 1;
                tracing::info!(
                    seconds = told * 10,
                    "the database server is still starting (recovering after a crash?)"
                );
            }
            sleep(POLL).await;
        }
        Self::Child(child, pid).stop().await;
        Err(EmbeddedError::NotReady { after: START_TIME, log: cluster.log.clone() })
    }

    /// The process number.
    pub(super) fn pid(&self) -> Pid {
        match self {
            Self::Child(_, pid) | Self::Adopted(pid) => *pid,
        }
    }

    /// Returns when the process has ended.
    async fn ended(&mut self) -> String {
        match self {
            Self::Child(child, _) => match child.wait().await {
                Ok(status) => status.to_string(),
                Err(error) => error.to_string(),
            },
            // Only a parent is told; everybody else has to look.
            Self::Adopted(pid) => {
                while pid_file::alive(*pid) {
                    sleep(POLL * 5).await;
                }
                "gone".into()
            }
        }
    }

    /// Fast shutdown: ends the sessions, writes a checkpoint. Harsher when that takes too long; nothing
    /// committed is lost either way.
    async fn stop(mut self) {
        for (signal, patience) in
            [(Signal::INT, FAST_STOP), (Signal::QUIT, IMMEDIATE_STOP), (Signal::KILL, IMMEDIATE_STOP)]
        {
            if let Err(error) = kill_process(self.pid(), signal) {
                tracing::debug!(%error, "the database server is gone already");
            }
            if timeout(patience, self.ended()).await.is_ok() {
                return;
            }
            tracing::warn!(?signal, "the database server has not stopped yet");
        }
    }
}

/// A server of this cluster whose starter died: we hold the lock, so nobody else answers for it.
async fn find_orphan(cluster: &Cluster) -> Result<Option<PidFile>, EmbeddedError> {
    let begun = Instant::now();
    while let Some(file) = PidFile::read(&cluster.data) {
        if !file.is_ours(&cluster.data) {
            if pid_file::alive(file.pid) {
                // A later process has the number, after a reboot for example: PostgreSQL would refuse to
                // start.
                let path = pid_file::path(&cluster.data);
                fs::remove_file(&path).map_err(EmbeddedError::io("remove", &path))?;
            }
            return Ok(None);
        }
        if file.answers() {
            return Ok(Some(file));
        }
        // Starting, or stopping: either way it will be clear soon.
        if begun.elapsed() > START_TIME {
            return Err(EmbeddedError::NotReady { after: START_TIME, log: cluster.log.clone() });
        }
        sleep(POLL).await;
    }
    Ok(None)
}

fn exited(cluster: &Cluster, status: ExitStatus) -> EmbeddedError {
    EmbeddedError::Exited {
        status: status.to_string(),
        output: last_words(&cluster.first_words),
        log: cluster.log.clone(),
    }
}

fn last_words(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines[lines.len().saturating_sub(5)..].join("; ")
}

/// Keeps a server running until asked to stop: a Postgres that was killed comes back by itself.
pub(super) async fn supervise(
    cluster: Cluster,
    mut server: Server,
    current: Arc<AtomicI32>,
    mut stop: oneshot::Receiver<()>,
) {
    loop {
        current.store(server.pid().as_raw_nonzero().get(), Ordering::Relaxed);
        // A sender that is gone means the same as one that asked.
        let ended = tokio::select! {
            biased;
            _ = &mut stop => None,
            status = server.ended() => Some(status),
        };
        let Some(status) = ended else {
            server.stop().await;
            current.store(0, Ordering::Relaxed);
            break;
        };
        current.store(0, Ordering::Relaxed);
        tracing::error!(status, log = %cluster.log.display(), "the database server ended by itself; starting it again");
        match restart(&cluster, &mut stop).await {
            Some(again) => server = again,
            None => break,
        }
    }
    release(&cluster);
}

/// Tries until it works or nobody wants it any more. The first attempts can fail while the last processes of
/// the killed server are still going.
async fn restart(cluster: &Cluster, stop: &mut oneshot::Receiver<()>) -> Option<Server> {
    let mut pause = Duration::from_millis(100);
    loop {
        tokio::select! {
            biased;
            _ = &mut *stop => return None,
            () = sleep(pause) => {}
        }
        // Not inside the select: a start that is cut in the middle would leave a server without an owner.
        match Server::start(cluster).await {
            Ok(server) => {
                tracing::info!("the database server is back");
                return Some(server);
            }
            Err(error) => tracing::error!(%error, "the database server does not start; trying again"),
        }
        pause = (pause * 2).min(Duration::from_secs(5));
    }
}

/// Removes a socket folder of random name; the usual one stays for the next start.
fn release(cluster: &Cluster) {
    let usual = cluster.data.with_file_name("run");
    if cluster.socket_dir != usual
        && let Err(error) = fs::remove_dir(&cluster.socket_dir)
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::debug!(%error, "the socket's folder stays");
    }
}

/// The watchdog, as a shell script. A line on its standard input never comes; the end of it does.
const WATCHDOG: &str = r#"
folder=$1
shift
"$@" &
server=$!
read -r _
kill -QUIT "$server"
wait "$server"
rm -rf -- "$folder"
"#;

/// Starts a server under a watchdog that outlives us: when our end of its input closes, however we end, it
/// stops the server and removes the folder. So a test run leaves nothing behind, even when it is killed.
pub(super) async fn start_watched(cluster: &Cluster, folder: &Path) -> Result<Child, EmbeddedError> {
    let words =
        File::create(&cluster.first_words).map_err(EmbeddedError::io("write", &cluster.first_words))?;
    let mut command = cluster.account.command("sh");
    command.args(["-c", WATCHDOG, "sh"]).arg(folder).arg(cluster.installation.program("postgres"));
    command.args(cluster.arguments()).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::from(words));
    command.process_group(0);
    let child = Command::from(command).spawn().map_err(EmbeddedError::io("run", "sh"))?;
    let ready = async {
        while !PidFile::read(&cluster.data).is_some_and(|file| file.answers()) {
            sleep(POLL).await;
        }
    };
    let after = Duration::from_mins(1);
    match timeout(after, ready).await {
        Ok(()) => Ok(child),
        Err(_) => Err(EmbeddedError::Exited {
            status: format!("not ready after {} seconds", after.as_secs()),
            output: last_words(&cluster.first_words),
            log: cluster.log.clone(),
        }),
    }
}

/// Stops a server under a watchdog and waits until its folder is gone.
pub(super) async fn stop_watched(mut child: Child) {
    drop(child.stdin.take());
    if timeout(FAST_STOP, child.wait()).await.is_err() {
        tracing::warn!("the throwaway database server has not stopped yet");
    }
}
