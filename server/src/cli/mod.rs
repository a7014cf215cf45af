//! The subcommands.

mod admin;
mod backend;
mod policy;
mod replay;
mod serve;

use std::error::Error;

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
        Command::PolicyCheck(files) => policy::check(&files),
        Command::PolicyCompare { before, later } => policy::compare(&before, &later),
        Command::PolicySchema => policy::schema(),
        Command::PolicyReplay(config) => replay::replay(config).await,
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
