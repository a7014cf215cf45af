//! The embedded Postgres against the real one: started, found again, adopted, revived, refused, removed.

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use sluice_server::postgres::{Embedded, EmbeddedError};

type TestResult<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// Longer than anything here may take; reaching it is the failure.
const PATIENCE: Duration = Duration::from_mins(1);

/// A data directory that is removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> TestResult<Self> {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        // Not in a private TMPDIR, which the user that runs Postgres might not reach.
        let name = format!("sluice-pg-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = PathBuf::from("/tmp").join(name);
        fs::create_dir(&path)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o711))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn pid(folder: &Path) -> TestResult<Pid> {
    let text = fs::read_to_string(folder.join("postgres/data/postmaster.pid"))?;
    let pid = text.lines().next().and_then(|line| Pid::from_raw(line.parse().ok()?));
    Ok(pid.ok_or("no process number")?)
}

/// Runs a statement with Postgres's own client, which thereby also reads our URLs.
fn sql(url: &str, statement: &str) -> TestResult<String> {
    let output = Command::new("psql").args([url, "-XAtqc", statement]).output()?;
    if output.status.success() {
        return Ok(String::from_utf8(output.stdout)?.trim().to_owned());
    }
    Err(String::from_utf8_lossy(&output.stderr).into_owned().into())
}

/// Waits for something that must come, without guessing when.
async fn until(mut done: impl FnMut() -> bool) -> TestResult {
    let begun = Instant::now();
    while !done() {
        if begun.elapsed() > PATIENCE {
            return Err("it never happened".into());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn data_survives_stop_and_start_and_the_settings_are_safe() -> TestResult {
    let folder = Folder::new()?;
    let embedded = Embedded::start(&folder.0).await?;
    let url = embedded.owner_url();
    sql(&url, "create table kept (n int); insert into kept values (7)")?;
    for (setting, value) in [
        ("listen_addresses", ""),
        ("fsync", "on"),
        ("full_page_writes", "on"),
        ("synchronous_commit", "on"),
        ("data_checksums", "on"),
        ("server_encoding", "UTF8"),
        ("TimeZone", "UTC"),
        ("shared_buffers", "256MB"),
        ("unix_socket_permissions", "0700"),
    ] {
        assert_eq!(sql(&url, &format!("show \"{setting}\""))?, value, "{setting}");
    }
    assert_eq!(
        sql(&url, "select rolsuper, rolcreaterole, rolcreatedb from pg_roles where rolname = user")?,
        "f|t|f"
    );
    assert_eq!(sql(&url, "select datcollate from pg_database where datname = 'sluice'")?, "C.UTF-8");
    sql(&url, "create role sluice_runtime login")?;
    assert_eq!(sql(&embedded.runtime_url(), "select user")?, "sluice_runtime");
    for private in ["postgres", "postgres/data", "postgres/run", "postgres/log"] {
        let mode = fs::metadata(folder.0.join(private))?.permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "{private}");
    }
    let process = pid(&folder.0)?;
    embedded.stop().await;
    assert!(test_kill_process(process).is_err(), "it stopped");
    assert!(pid(&folder.0).is_err(), "it stopped cleanly");

    let again = Embedded::start(&folder.0).await?;
    assert!(!again.is_adopted());
    assert_eq!(sql(&again.owner_url(), "select n from kept")?, "7");
    again.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_database_comes_back() -> TestResult {
    let folder = Folder::new()?;
    let embedded = Embedded::start(&folder.0).await?;
    let url = embedded.owner_url();
    sql(&url, "create table kept (n int)")?;
    for round in 0..3 {
        sql(&url, &format!("insert into kept values ({round})"))?;
        let killed = pid(&folder.0)?;
        kill_process(killed, Signal::KILL)?;
        until(|| pid(&folder.0).is_ok_and(|pid| pid != killed) && sql(&url, "select 1").is_ok()).await?;
        assert_eq!(sql(&url, "select count(*) from kept")?, (round + 1).to_string());
    }
    embedded.stop().await;
    assert!(pid(&folder.0).is_err());
    Ok(())
}

/// Not a test by itself: the tests below run it as another process, to be refused by and to kill.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "run by the tests in this file"]
async fn other_process() -> TestResult {
    let Some(folder) = std::env::var_os("SLUICE_TEST_FOLDER") else { return Ok(()) };
    let embedded = if folder.is_empty() {
        Embedded::throwaway().await?
    } else {
        Embedded::start(Path::new(&folder)).await?
    };
    println!("ready {}", embedded.owner_url());
    std::future::pending::<()>().await;
    Ok(())
}

/// Starts that process and waits until its database is there.
fn spawn_other(folder: &Path) -> TestResult<(std::process::Child, String)> {
    let mut other = Command::new(std::env::current_exe()?)
        .args(["--exact", "other_process", "--ignored", "--nocapture"])
        .env("SLUICE_TEST_FOLDER", folder)
        .stdout(Stdio::piped())
        .spawn()?;
    let lines = BufReader::new(other.stdout.take().ok_or("no output")?).lines();
    for line in lines {
        if let Some((_, url)) = line?.split_once("ready ") {
            return Ok((other, url.to_owned()));
        }
    }
    Err("the other process did not start its database".into())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_server_is_told_how_to_share_and_a_killed_ones_database_is_adopted() -> TestResult {
    let folder = Folder::new()?;
    let (mut other, url) = spawn_other(&folder.0)?;
    let running = pid(&folder.0)?;

    let refused = Embedded::start(&folder.0).await;
    let Err(EmbeddedError::Busy { owner_url, .. }) = &refused else {
        return Err(format!("expected a refusal, got {refused:?}").into());
    };
    assert_eq!(owner_url, &url);
    sql(owner_url, "create table kept (n int); insert into kept values (7)")?;

    other.kill()?;
    other.wait()?;
    let adopted = Embedded::start(&folder.0).await?;
    assert!(adopted.is_adopted());
    assert_eq!(pid(&folder.0)?, running, "the same server goes on");
    assert_eq!(sql(&adopted.owner_url(), "select n from kept")?, "7");

    // Adopted means looked after: killed, it comes back; stopped, it stops.
    kill_process(running, Signal::KILL)?;
    until(|| pid(&folder.0).is_ok_and(|pid| pid != running) && sql(&url, "select 1").is_ok()).await?;
    adopted.stop().await;
    assert!(pid(&folder.0).is_err());

    // The other way round: adopted and stopped without a restart in between.
    let (mut other, _) = spawn_other(&folder.0)?;
    let running = pid(&folder.0)?;
    other.kill()?;
    other.wait()?;
    let adopted = Embedded::start(&folder.0).await?;
    assert!(adopted.is_adopted());
    adopted.stop().await;
    assert!(pid(&folder.0).is_err());
    until(|| !Path::new(&format!("/proc/{}/cwd", running.as_raw_nonzero())).join(".").exists()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_now_belongs_to_somebody_else_stops_nobody() -> TestResult {
    let folder = Folder::new()?;
    Embedded::start(&folder.0).await?.stop().await;
    let mut bystander = Command::new("sleep").arg("600").spawn()?;
    let data = folder.0.join("postgres/data");
    let stale =
        format!("{}\n{}\n1\n5432\n{}\n\n1 1\nready\n", bystander.id(), data.display(), folder.0.display());
    fs::write(data.join("postmaster.pid"), stale)?;
    let embedded = Embedded::start(&folder.0).await?;
    assert!(!embedded.is_adopted());
    embedded.stop().await;
    assert!(bystander.try_wait()?.is_none(), "the bystander lives");
    bystander.kill()?;
    bystander.wait()?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn another_major_version_is_refused_and_left_alone() -> TestResult {
    let folder = Folder::new()?;
    let data = folder.0.join("postgres/data");
    fs::create_dir_all(&data)?;
    for part in ["postgres", "postgres/data"] {
        fs::set_permissions(folder.0.join(part), fs::Permissions::from_mode(0o711))?;
    }
    fs::write(data.join("PG_VERSION"), "9\n")?;
    let refused = Embedded::start(&folder.0).await;
    let Err(error @ EmbeddedError::OtherMajor { .. }) = refused else {
        return Err(format!("expected a refusal, got {refused:?}").into());
    };
    assert!(error.to_string().contains("docs/configuration.md"), "{error}");
    assert_eq!(fs::read_dir(&data)?.count(), 1, "nothing was added");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_was_interrupted_is_begun_again() -> TestResult {
    let folder = Folder::new()?;
    Embedded::start(&folder.0).await?.stop().await;
    let home = folder.0.join("postgres");
    fs::rename(home.join("data"), home.join("data.new"))?;
    let embedded = Embedded::start(&folder.0).await?;
    assert_eq!(sql(&embedded.owner_url(), "select current_database()")?, "sluice");
    assert!(!home.join("data.new").exists());
    embedded.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn long_and_strange_paths_work() -> TestResult {
    let folder = Folder::new()?;
    for name in ["a b+c\"d%é", "a,b", &"long/".repeat(20)] {
        let embedded = Embedded::start(&folder.0.join(name)).await?;
        assert_eq!(sql(&embedded.owner_url(), "select 1")?, "1", "{name}");
        let socket_dir = sql(&embedded.superuser_url(), "show unix_socket_directories")?;
        embedded.stop().await;
        let usual = socket_dir.trim_matches('"').ends_with("/postgres/run");
        assert!(usual || !Path::new(&socket_dir).exists(), "{name}: a folder of random name goes away");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_postgresql_cannot_reach_is_named() -> TestResult {
    if !rustix::process::geteuid().is_root() {
        // Then PostgreSQL runs as ourselves and reaches what we reach.
        return Ok(());
    }
    let folder = Folder::new()?;
    fs::set_permissions(&folder.0, fs::Permissions::from_mode(0o700))?;
    let refused = Embedded::start(&folder.0.join("data")).await;
    assert!(matches!(refused, Err(EmbeddedError::Unreachable { .. })), "{refused:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_server_stops() -> TestResult {
    let folder = Folder::new()?;
    let embedded = Embedded::start(&folder.0).await?;
    let process = pid(&folder.0)?;
    drop(embedded);
    until(|| test_kill_process(process).is_err()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_throwaway_server_leaves_nothing_behind_however_it_ends() -> TestResult {
    let embedded = Embedded::throwaway().await?;
    let url = embedded.owner_url();
    sql(&url, "create database another")?;
    assert_eq!(sql(&url, "show fsync")?, "off");
    let folder = home_of(&url)?;
    assert!(folder.exists());
    embedded.stop().await;
    assert!(!folder.exists(), "stopped");

    let dropped = Embedded::throwaway().await?;
    let folder = home_of(&dropped.owner_url())?;
    drop(dropped);
    until(|| !folder.exists()).await?;

    let (mut other, url) = spawn_other(Path::new(""))?;
    let folder = home_of(&url)?;
    assert!(folder.exists());
    other.kill()?;
    other.wait()?;
    until(|| !folder.exists()).await
}

/// The folder that holds everything of a throwaway server, from its URL.
fn home_of(url: &str) -> TestResult<PathBuf> {
    let socket_dir = url.split_once("?host=").ok_or("no socket in the URL")?.1.replace("%2F", "/");
    let folder = Path::new(&socket_dir).ancestors().nth(2).ok_or("no folder")?;
    Ok(folder.to_owned())
}
