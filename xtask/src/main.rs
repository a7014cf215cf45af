//! Tasks that cargo alone cannot do: the browser bundle, checks of the architecture, the data for checked SQL and
//! the licences of what is built in.

mod bundle;
mod check;
mod cluster;
mod licences;
mod sqlx;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Builds the browser bundle and runs the checks that cargo alone cannot.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Compile the islands, bundle the style sheet, write everything to target/site with hashed names.
    Bundle,
    /// Check the architecture: arrows between crates, and what may stand where in the sources.
    Check,
    /// Write the data for checked SQL (.sqlx) from the migrations and the queries.
    Sqlx {
        /// Compare with what is there and change nothing.
        #[arg(long)]
        check: bool,
    },
    /// Check that every dependency has a licence that may be used.
    Licences,
}

fn main() -> ExitCode {
    let result = match Cli::parse().task {
        Task::Bundle => bundle::run(),
        Task::Check => check::run(),
        Task::Sqlx { check } => sqlx::run(check),
        Task::Licences => licences::run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
