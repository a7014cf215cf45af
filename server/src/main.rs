//! The program `sluice`: reads its settings, logs, and does what was asked.

use std::process::ExitCode;

use sluice_server::{cli, config::Config, http::log};

fn main() -> ExitCode {
    let config = Config::parse();
    if let Err(error) = log::install(&config.log) {
        eprintln!("sluice: {error}");
        return ExitCode::FAILURE;
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("sluice: the asynchronous runtime does not start: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(cli::run(config.command)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sluice: {error}");
            ExitCode::FAILURE
        }
    }
}
