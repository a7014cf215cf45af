//! The subcommands.

mod admin;
mod backend;
mod serve;

use std::{error::Error, path::Path};

use sluice_domain::policy;

use crate::{
    config::{Command, Database},
    demo,
};

use self::backend::Backend;

/// What ends a subcommand early; shown to the person who ran it.
pub type Failed = Box<dyn Error + Send + Sync>;

/// Does what was asked.
///
/// # Errors
/// With a sentence for the person who asked.
pub async fn run(command: Command) -> Result<(), Failed> {
    match command {
        Command::Serve(config) => serve::serve(*config).await,
        Command::Migrate(database) => migrate(&database).await,
        Command::Demo(database) => load_demo(&database).await,
        Command::CreateAdmin(config) => admin::create(config).await,
        Command::PolicyCheck(file) => check_policy(&file),
    }
}

async fn migrate(database: &Database) -> Result<(), Failed> {
    let backend = Backend::open(database).await?;
    let migrated = backend.migrate().await;
    backend.close().await;
    migrated?;
    println!("The database has this version's schema.");
    Ok(())
}

async fn load_demo(database: &Database) -> Result<(), Failed> {
    let backend = Backend::open(database).await?;
    let loaded = async {
        backend.migrate().await?;
        demo::load(&backend.connect()).await
    }
    .await;
    backend.close().await;
    match loaded? {
        Some(accounts) => println!("{accounts}"),
        None => println!("The database is not empty; nothing was loaded."),
    }
    Ok(())
}

fn check_policy(file: &Path) -> Result<(), Failed> {
    let source = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    match policy::parse(&source) {
        Ok(policy) => {
            let controls: usize = policy.phases.iter().map(|phase| phase.controls.len()).sum();
            println!(
                "{}: policy {} {} is well formed: {} phases, {controls} controls.",
                file.display(),
                policy.key,
                policy.version,
                policy.phases.len()
            );
            Ok(())
        }
        Err(errors) => {
            let lines: Vec<String> = errors
                .errors()
                .iter()
                .map(|error| format!("{}:{}:{}: {}", file.display(), error.line, error.column, error.problem))
                .collect();
            Err(format!("the policy has errors\n{}", lines.join("\n")).into())
        }
    }
}
