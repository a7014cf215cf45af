//! Settings: what a person may choose when starting Sluice, read once from the command line and the
//! environment, checked as a whole, and handed on as typed values.
//!
//! Nothing else in the program reads the environment, so `docs/configuration.md` can be complete.

use std::{
    ffi::OsString,
    fs,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum, error::ErrorKind};
use secrecy::{ExposeSecret, SecretString};
use time::OffsetDateTime;

use crate::http::{proxies::TrustedProxies, public_url::PublicUrl};

/// The exact words that let Sluice serve plain HTTP outside the local machine.
const PLAIN_HTTP_CONSENT: &str = "yes-i-know";

const EXAMPLES: &str = "\
Examples:
  sluice serve                            start on http://localhost:8080 with a PostgreSQL of its own
  sluice serve --demo-if-empty            the same, with the demo workspace when the database is empty
  PORT=9000 sluice serve                  another port
  DATABASE_URL=postgres://… sluice serve  with a PostgreSQL server that you run
  sluice create-admin --email a@example.org --name 'Ada Admin'
  sluice policy check policies/sdl.toml   check a lifecycle policy before importing it

Behind a reverse proxy that speaks TLS:
  SLUICE_PUBLIC_URL=https://sluice.example.org SLUICE_TRUSTED_PROXIES=127.0.0.1 sluice serve

Every setting has a flag and an environment variable; the flag wins. All of them: docs/configuration.md";

/// Everything that was asked for: how to log, and what to do.
#[derive(Clone, Debug)]
pub struct Config {
    /// How to log.
    pub log: LogConfig,
    /// What to do.
    pub command: Command,
}

/// How to log.
#[derive(Clone, Debug, Args)]
pub struct LogConfig {
    /// What to log: a level (error, warn, info, debug, trace) or directives such as info,sqlx=warn
    #[arg(long = "log", env = "SLUICE_LOG", default_value = "info", global = true, value_name = "FILTER")]
    #[arg(help_heading = "Logging")]
    pub filter: String,
    /// The shape of a log line
    #[arg(long = "log-format", env = "SLUICE_LOG_FORMAT", default_value = "text", global = true)]
    #[arg(help_heading = "Logging")]
    pub format: LogFormat,
}

/// The shape of a log line.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum LogFormat {
    /// One line of `name=value` pairs, for people
    Text,
    /// One JSON object a line, for collectors
    Json,
}

/// What to do.
#[derive(Clone, Debug)]
pub enum Command {
    /// Serve the application.
    Serve(Box<ServeConfig>),
    /// Bring the database to this version's schema, and stop.
    Migrate(Database),
    /// Load the demo workspace into an empty database, and stop.
    Demo(Database),
    /// Make an administrator.
    CreateAdmin(CreateAdmin),
    /// Check lifecycle policy files.
    PolicyCheck(Vec<PathBuf>),
    /// Say what a later version of a lifecycle policy changes.
    PolicyCompare {
        /// The file of the earlier version.
        before: PathBuf,
        /// The file of the later version.
        later: PathBuf,
    },
    /// Print the JSON Schema of lifecycle policies.
    PolicySchema,
    /// Say what a lifecycle policy would have decided at an instant of the past.
    PolicyReplay(PolicyReplay),
}

/// Which Postgres to use.
#[derive(Clone, Debug)]
pub enum Database {
    /// The one that Sluice starts and stops itself, below this data directory.
    Embedded(PathBuf),
    /// A server that somebody else runs.
    External {
        /// What the application connects with at run time. Debug output hides it.
        url: SecretString,
        /// What migrations connect with. Debug output hides it.
        owner_url: SecretString,
    },
}

/// Settings of `sluice serve`.
#[derive(Clone, Debug)]
pub struct ServeConfig {
    /// The address to listen on.
    pub listen: SocketAddr,
    /// The address people type, which also decides what counts as the same origin.
    pub public_url: PublicUrl,
    /// Which Postgres to use.
    pub database: Database,
    /// Where Sluice keeps files of its own.
    pub data_dir: PathBuf,
    /// The folder with the built browser bundle.
    pub assets: PathBuf,
    /// Whose forwarding headers are believed.
    pub trusted_proxies: TrustedProxies,
    /// A session ends after this long without a request.
    pub session_idle: Duration,
    /// A session ends after this long in any case.
    pub session_absolute: Duration,
    /// The largest evidence file, in bytes.
    pub max_upload_bytes: u64,
    /// Load the demo workspace when the database is empty.
    pub demo_if_empty: bool,
}

/// Settings of `sluice create-admin`.
#[derive(Clone, Debug)]
pub struct CreateAdmin {
    /// The person's e-mail address, which is also the name to sign in with.
    pub email: String,
    /// The person's printed name.
    pub name: String,
    /// Read the password from standard input; otherwise a one-time link is printed.
    pub password_stdin: bool,
    /// Where the one-time link leads.
    pub public_url: PublicUrl,
    /// Which Postgres to use.
    pub database: Database,
}

/// Settings of `sluice policy replay`.
#[derive(Clone, Debug)]
pub struct PolicyReplay {
    /// The policy file; `-` for standard input.
    pub file: PathBuf,
    /// The instant.
    pub at: OffsetDateTime,
    /// Say it of every gate, not of those alone that are decided otherwise.
    pub all: bool,
    /// Print JSON.
    pub json: bool,
    /// Which Postgres to use.
    pub database: Database,
}

/// Sluice tracks every feature of a product through a secure development lifecycle: six phases, each ending
/// in a gate that opens only when its conditions hold and the right people have signed.
#[derive(Debug, Parser)]
#[command(name = "sluice", version, max_term_width = 110, arg_required_else_help = true)]
#[command(about = "Secure development lifecycle with gates that hold and a history that can be proved")]
#[command(after_help = EXAMPLES)]
struct Cli {
    #[command(flatten)]
    log: LogConfig,
    #[command(subcommand)]
    command: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Serve the application; migrates the database first
    Serve(ServeArgs),
    /// Bring the database to this version's schema, and stop
    Migrate(DatabaseArgs),
    /// Load the demo workspace into an empty database, print its accounts, and stop
    Demo(DatabaseArgs),
    /// Make an administrator: prints a one-time link, or reads the password from standard input
    CreateAdmin(CreateAdminArgs),
    /// Work with lifecycle policies
    Policy {
        #[command(subcommand)]
        verb: PolicyVerb,
    },
}

#[derive(Debug, Subcommand)]
enum PolicyVerb {
    /// Check policy files; errors name line and column. Needs no database
    Check {
        /// The policy files; - reads standard input
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Say what a later version of a policy changes, and whether it asks more or less
    Compare {
        /// The file of the earlier version
        before: PathBuf,
        /// The file of the later version
        later: PathBuf,
    },
    /// Print the JSON Schema of policy files, for editors
    Schema,
    /// Say what a policy file would have decided about each gate at an instant of the past
    Replay {
        /// The policy file; `-` for standard input
        file: PathBuf,
        /// The instant: a day such as 2026-11-20, which means its end in UTC, or one such as 2026-11-20T12:00:00Z
        #[arg(long, value_name = "DATE", value_parser = instant)]
        at: OffsetDateTime,
        /// Say it of every gate, not of those alone about which it would have decided otherwise
        #[arg(long)]
        all: bool,
        /// Print JSON, for programs
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        database: DatabaseArgs,
    },
}

#[derive(Debug, Args)]
struct DatabaseArgs {
    /// The Postgres to use, as `postgres://user:password@host/database`. Without it Sluice runs its own.
    /// Prefer the environment variable: other users of the machine can read a command line
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    #[arg(help_heading = "Database")]
    database_url: Option<SecretString>,
    /// The Postgres role that migrations use, as a URL. Default: the database URL
    #[arg(long, env = "DATABASE_OWNER_URL", hide_env_values = true, value_name = "URL")]
    #[arg(help_heading = "Database")]
    database_owner_url: Option<SecretString>,
    /// Where Sluice keeps its files, the database of its own included.
    /// Default: sluice in the user's data folder, /var/lib/sluice for root
    #[arg(long, env = "SLUICE_DATA_DIR", value_name = "DIR", help_heading = "Database")]
    data_dir: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct AddressArgs {
    /// The TCP port to listen on
    #[arg(long, env = "PORT", default_value_t = 8080, help_heading = "Address")]
    port: u16,
    /// The address that people type into the browser: https, or http on localhost.
    /// Default: http://localhost:PORT
    #[arg(long, env = "SLUICE_PUBLIC_URL", value_name = "URL", help_heading = "Address")]
    public_url: Option<String>,
    /// Say `yes-i-know` to serve plain HTTP outside localhost: passwords then cross the network readable,
    /// and browsers refuse the session cookie
    #[arg(long, env = "SLUICE_ALLOW_PLAIN_HTTP", value_name = "WORDS", help_heading = "Address")]
    allow_plain_http: Option<String>,
}

#[derive(Debug, Args)]
struct ServeArgs {
    #[command(flatten)]
    address: AddressArgs,
    /// The network address to listen on; 0.0.0.0 or :: for all
    #[arg(long, env = "SLUICE_BIND", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST), value_name = "IP")]
    #[arg(help_heading = "Address")]
    bind: IpAddr,
    /// Proxies whose X-Forwarded-For counts: addresses or networks, such as 127.0.0.1,10.0.0.0/8
    #[arg(long, env = "SLUICE_TRUSTED_PROXIES", default_value = "", hide_default_value = true)]
    #[arg(value_name = "LIST", help_heading = "Address")]
    trusted_proxies: TrustedProxies,
    #[command(flatten)]
    database: DatabaseArgs,
    /// The folder with the built browser bundle. Default: found beside the program
    #[arg(long, env = "SLUICE_ASSETS", value_name = "DIR")]
    assets: Option<PathBuf>,
    /// Minutes without a request after which a session ends
    #[arg(long, env = "SLUICE_SESSION_IDLE_MINUTES", default_value_t = 120, value_name = "MINUTES")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=1440))]
    session_idle_minutes: u64,
    /// Hours after which a session ends in any case
    #[arg(long, env = "SLUICE_SESSION_ABSOLUTE_HOURS", default_value_t = 12, value_name = "HOURS")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=168))]
    session_absolute_hours: u64,
    /// The largest evidence file, in MiB
    #[arg(long, env = "SLUICE_MAX_UPLOAD_MIB", default_value_t = 100, value_name = "MIB")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=4096))]
    max_upload_mib: u64,
    /// Load the demo workspace when the database is empty
    #[arg(long)]
    demo_if_empty: bool,
}

#[derive(Debug, Args)]
struct CreateAdminArgs {
    /// The person's e-mail address
    #[arg(long)]
    email: String,
    /// The person's name, as it is printed on sign-offs
    #[arg(long)]
    name: String,
    /// Read the password from standard input instead of printing a one-time link
    #[arg(long)]
    password_stdin: bool,
    #[command(flatten)]
    address: AddressArgs,
    #[command(flatten)]
    database: DatabaseArgs,
}

impl Config {
    /// Reads the command line and the environment. Prints help or what is wrong, and ends the process, when
    /// there is nothing to run.
    #[must_use]
    pub fn parse() -> Self {
        Self::parse_from(std::env::args_os()).unwrap_or_else(|error| error.exit())
    }

    /// Reads this command line, program name first, and the environment.
    ///
    /// # Errors
    /// What is wrong, in words for a terminal; also when only help was asked for.
    pub fn parse_from<T: Into<OsString> + Clone>(
        arguments: impl IntoIterator<Item = T>,
    ) -> Result<Self, clap::Error> {
        let cli = Cli::try_parse_from(arguments)?;
        let command = Command::check(cli.command)
            .map_err(|sentence| Cli::command().error(ErrorKind::ValueValidation, sentence))?;
        Ok(Self { log: cli.log, command })
    }
}

impl Command {
    fn check(verb: Verb) -> Result<Self, String> {
        Ok(match verb {
            Verb::Serve(arguments) => Self::Serve(Box::new(ServeConfig::check(arguments)?)),
            Verb::Migrate(arguments) => Self::Migrate(arguments.check()?),
            Verb::Demo(arguments) => Self::Demo(arguments.check()?),
            Verb::CreateAdmin(arguments) => Self::CreateAdmin(CreateAdmin {
                public_url: arguments.address.check()?,
                database: arguments.database.check()?,
                email: arguments.email,
                name: arguments.name,
                password_stdin: arguments.password_stdin,
            }),
            Verb::Policy { verb } => match verb {
                PolicyVerb::Check { files } => Self::PolicyCheck(files),
                PolicyVerb::Compare { before, later } => Self::PolicyCompare { before, later },
                PolicyVerb::Schema => Self::PolicySchema,
                PolicyVerb::Replay { file, at, all, json, database } => {
                    Self::PolicyReplay(PolicyReplay { file, at, all, json, database: database.check()? })
                }
            },
        })
    }
}

impl ServeConfig {
    fn check(arguments: ServeArgs) -> Result<Self, String> {
        let idle = Duration::from_secs(arguments.session_idle_minutes * 60);
        let absolute = Duration::from_secs(arguments.session_absolute_hours * 3600);
        if idle > absolute {
            return Err("SLUICE_SESSION_IDLE_MINUTES is longer than SLUICE_SESSION_ABSOLUTE_HOURS: \
                 make the idle time the shorter one"
                .into());
        }
        Ok(Self {
            listen: SocketAddr::new(arguments.bind, arguments.address.port),
            public_url: arguments.address.check()?,
            data_dir: arguments.database.data_dir()?,
            database: arguments.database.check()?,
            assets: arguments.assets.unwrap_or_else(find_assets),
            trusted_proxies: arguments.trusted_proxies,
            session_idle: idle,
            session_absolute: absolute,
            max_upload_bytes: arguments.max_upload_mib * 1024 * 1024,
            demo_if_empty: arguments.demo_if_empty,
        })
    }
}

impl AddressArgs {
    fn check(&self) -> Result<PublicUrl, String> {
        let consent = match set(self.allow_plain_http.as_deref()) {
            None => false,
            Some(PLAIN_HTTP_CONSENT) => true,
            Some(_) => {
                return Err(format!("SLUICE_ALLOW_PLAIN_HTTP is either unset or {PLAIN_HTTP_CONSENT}"));
            }
        };
        let text = set(self.public_url.as_deref())
            .map_or_else(|| format!("http://localhost:{}", self.port), ToOwned::to_owned);
        let url = PublicUrl::parse(&text).map_err(|why| format!("SLUICE_PUBLIC_URL {text}: {why}"))?;
        if !url.is_https() && !url.is_local() && !consent {
            return Err(format!(
                "SLUICE_PUBLIC_URL {url} is plain HTTP outside this machine, where browsers refuse the session \
                 cookie and passwords could be read on the way. Put a proxy with TLS in front and give its https \
                 address, use http://localhost:{}, or set SLUICE_ALLOW_PLAIN_HTTP={PLAIN_HTTP_CONSENT}",
                self.port
            ));
        }
        Ok(url)
    }
}

impl DatabaseArgs {
    fn data_dir(&self) -> Result<PathBuf, String> {
        match &self.data_dir {
            Some(dir) if !dir.as_os_str().is_empty() => std::path::absolute(dir)
                .map_err(|error| format!("SLUICE_DATA_DIR {}: {error}", dir.display())),
            _ => default_data_dir(),
        }
    }

    fn check(&self) -> Result<Database, String> {
        let url = postgres_url("DATABASE_URL", self.database_url.as_ref())?;
        let owner_url = postgres_url("DATABASE_OWNER_URL", self.database_owner_url.as_ref())?;
        match (url, owner_url) {
            (Some(url), owner) => {
                Ok(Database::External { owner_url: owner.unwrap_or_else(|| url.clone()), url })
            }
            (None, None) => Ok(Database::Embedded(self.data_dir()?)),
            (None, Some(_)) => {
                Err("DATABASE_OWNER_URL is set without DATABASE_URL: set both, or neither to let \
                     Sluice run its own PostgreSQL"
                    .into())
            }
        }
    }
}

/// A day, which means its end, or an instant with its zone.
fn instant(text: &str) -> Result<OffsetDateTime, String> {
    sluice_service::policies::instant(text).ok_or_else(|| {
        "write a day such as 2026-11-20, or an instant such as 2026-11-20T12:00:00Z".to_owned()
    })
}

/// An empty environment variable means "not set", as people expect from `PORT= sluice serve` and compose
/// files.
fn set(value: Option<&str>) -> Option<&str> {
    value.map(str::trim).filter(|text| !text.is_empty())
}

/// Checks only the scheme, and never repeats the value: it holds a password.
fn postgres_url(name: &str, value: Option<&SecretString>) -> Result<Option<SecretString>, String> {
    match value.map(|secret| secret.expose_secret().trim()) {
        None | Some("") => Ok(None),
        Some(url) if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
            Ok(Some(SecretString::from(url)))
        }
        Some(_) => Err(format!("{name} must look like postgres://user:password@host:5432/database")),
    }
}

/// The platform's folder for application data. Root's home is closed to the unprivileged user that has to run
/// Postgres, so root gets the system's folder.
fn default_data_dir() -> Result<PathBuf, String> {
    if rustix::process::geteuid().is_root() {
        return Ok(PathBuf::from("/var/lib/sluice"));
    }
    let variable = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let home = variable("HOME");
    let data_home = if cfg!(target_os = "macos") {
        home.map(|home| home.join("Library/Application Support"))
    } else {
        variable("XDG_DATA_HOME").or_else(|| home.map(|home| home.join(".local/share")))
    };
    data_home
        .map(|dir| dir.join("sluice"))
        .ok_or_else(|| "no home folder to keep data in: set SLUICE_DATA_DIR".into())
}

/// The bundle lies next to an installed program, or in `target/site` of the repository the program was built
/// in.
fn find_assets() -> PathBuf {
    let program = std::env::current_exe().and_then(fs::canonicalize).unwrap_or_default();
    let folder = program.parent().unwrap_or_else(|| Path::new(""));
    let candidates = [
        folder.join("site"),
        folder.join("../site"),
        folder.join("../../site"),
        folder.join("../share/sluice/site"),
        PathBuf::from("target/site"),
    ];
    let found = candidates.iter().find(|candidate| candidate.is_dir()).unwrap_or(&candidates[0]);
    fs::canonicalize(found).unwrap_or_else(|_| found.clone())
}

#[cfg(test)]
mod tests {
    use super::{Command, Config, Database, ServeConfig};

    type TestResult = Result<(), Box<dyn std::error::Error>>;

    fn serve(arguments: &[&str]) -> Result<ServeConfig, String> {
        let mut line = vec!["sluice", "serve"];
        // The environment of whoever runs the tests must not decide them: a flag wins, an empty one means
        // "not set".
        for (flag, value) in [
            ("--data-dir", "/srv/sluice"),
            ("--port", "8080"),
            ("--bind", "127.0.0.1"),
            ("--public-url", ""),
            ("--allow-plain-http", ""),
            ("--database-url", ""),
            ("--database-owner-url", ""),
            ("--max-upload-mib", "100"),
        ] {
            if !arguments.contains(&flag) {
                line.extend([flag, value]);
            }
        }
        line.extend(arguments);
        match Config::parse_from(line).map_err(|error| error.to_string())?.command {
            Command::Serve(serve) => Ok(*serve),
            other => Err(format!("{other:?}")),
        }
    }

    #[test]
    fn defaults_are_local_and_embedded() -> TestResult {
        let config = serve(&[])?;
        assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(config.public_url.as_str(), "http://localhost:8080");
        assert!(matches!(config.database, Database::Embedded(dir) if dir.ends_with("sluice")));
        assert_eq!(config.max_upload_bytes, 104_857_600);
        Ok(())
    }

    #[test]
    fn the_public_url_follows_the_port() -> TestResult {
        assert_eq!(serve(&["--port", "9000"])?.public_url.as_str(), "http://localhost:9000");
        Ok(())
    }

    #[test]
    fn plain_http_outside_localhost_needs_consent() -> TestResult {
        let refused = serve(&["--public-url", "http://sluice.example.org"]).err().unwrap_or_default();
        assert!(refused.contains("SLUICE_ALLOW_PLAIN_HTTP"), "{refused}");
        assert!(serve(&["--public-url", "http://sluice.example.org", "--allow-plain-http", "yes"]).is_err());
        let allowed =
            serve(&["--public-url", "http://sluice.example.org", "--allow-plain-http", "yes-i-know"])?;
        assert!(!allowed.public_url.is_https());
        assert!(serve(&["--public-url", "https://sluice.example.org/"])?.public_url.is_https());
        Ok(())
    }

    #[test]
    fn passwords_never_show() -> TestResult {
        let config = serve(&["--database-url", "postgres://u:canary@db/sluice"])?;
        assert!(!format!("{config:?}").contains("canary"));
        let refused = serve(&["--database-url", "mysql://u:canary@db/sluice"]).err().unwrap_or_default();
        assert!(refused.contains("DATABASE_URL") && !refused.contains("canary"), "{refused}");
        Ok(())
    }

    #[test]
    fn the_owner_is_the_run_time_user_unless_named() -> TestResult {
        use secrecy::ExposeSecret;
        let Database::External { url, owner_url } = serve(&["--database-url", "postgres://a@db/s"])?.database
        else {
            return Err("expected an external database".into());
        };
        assert_eq!(url.expose_secret(), owner_url.expose_secret());
        assert!(serve(&["--database-owner-url", "postgres://a@db/s"]).is_err());
        Ok(())
    }

    #[test]
    fn sessions_idle_no_longer_than_they_live() {
        assert!(serve(&["--session-idle-minutes", "120", "--session-absolute-hours", "1"]).is_err());
    }

    #[test]
    fn help_teaches() {
        for line in [&["sluice"][..], &["sluice", "--help"], &["sluice", "serve", "--help"]] {
            let help = Config::parse_from(line).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(help.contains("Usage: sluice"), "{help}");
        }
        let nonsense = Config::parse_from(["sluice", "serve", "--trusted-proxies", "10.0.0.0/99"]);
        assert!(nonsense.is_err());
    }
}
