use std::{io::Write as _, sync::Arc, time::Duration};

use secrecy::ExposeSecret as _;
use sluice_app::assets::Assets;
use sluice_service::{Clock, Service, jobs::Ran, people::SessionLimits};
use tokio::{net::TcpListener, time::MissedTickBehavior};

use super::{Failed, backend::Backend};
use crate::{
    config::ServeConfig,
    demo,
    http::{
        panic,
        serve::{Bounds, Stop, raise_file_limit, serve as serve_connections, signals},
    },
    web::{
        App,
        router::{edge, router},
        sessions,
        state::Settings,
    },
};

/// How often ended sessions and old throttle counters are removed.
const SWEEP: Duration = Duration::from_mins(10);

/// How often looks at policies that nobody works on are gone on with.
const RESUME: Duration = Duration::from_secs(20);

/// How often the server looks for work whose time has come. The decision itself knows the time to the instant; this is
/// how long lists and reminders may lag behind.
const JOBS: Duration = Duration::from_secs(10);

pub(super) async fn serve(config: ServeConfig) -> Result<(), Failed> {
    if config.demo_if_empty && !(config.public_url.is_local() && config.listen.ip().is_loopback()) {
        return Err("the demo workspace has published passwords, so it is loaded on localhost only. \
                    Leave out --demo-if-empty, or serve on localhost."
            .into());
    }
    raise_file_limit();
    let stop = signals()?;
    let assets = Assets::load(&config.assets)?;
    let backend = Backend::open(&config.database).await?;
    let served = serve_with(&config, &backend, assets, stop).await;
    backend.close().await;
    served
}

async fn serve_with(
    config: &ServeConfig,
    backend: &Backend,
    assets: Assets,
    stop: Stop,
) -> Result<(), Failed> {
    backend.migrate().await?;
    let service = Service::connect(&backend.connect(), Clock::Database).await?;
    if config.demo_if_empty
        && let Some(accounts) = demo::load(&backend.connect()).await?
    {
        announce(&accounts);
    }
    // Listening comes before the set-up link, or a port that is taken would use the link up.
    let listener = TcpListener::bind(config.listen)
        .await
        .map_err(|error| format!("cannot listen on {}: {error}. Set PORT to a free one.", config.listen))?;
    let app = App {
        service: service.clone(),
        assets,
        settings: Arc::new(Settings {
            public_url: config.public_url.clone(),
            max_upload_bytes: config.max_upload_bytes,
            session_idle: config.session_idle,
            session_absolute: config.session_absolute,
        }),
    };
    let limits = sessions::limits(&app.settings);
    let edge = edge(&app, config.trusted_proxies.clone());
    let router = router(app, &edge);
    announce(&format!("\nSluice is ready at {}", config.public_url.as_str()));
    if let Some(link) = service.set_up_link().await? {
        let address = config.public_url.join(&format!("/join/{}", link.token.expose_secret()));
        announce(&format!(
            "The workspace has no people yet. Set it up within a day, with this link, which works once:\n\n  {address}\n"
        ));
    }
    let sweeper = tokio::spawn(sweep(service.clone(), limits));
    let resumer = tokio::spawn(resume_policy_runs(service.clone()));
    let worker = tokio::spawn(work(service.clone()));
    panic::install_hook();
    serve_connections(listener, router, Bounds::default(), stop).await;
    // What is under way is not cut off: it runs in a task of its own, and closing the service waits for it.
    sweeper.abort();
    resumer.abort();
    worker.abort();
    service.close().await;
    Ok(())
}

/// Says something to the person who started the server: not a log line, so not in the log's form.
fn announce(text: &str) {
    // Standard output may be closed; the server serves all the same.
    let mut out = std::io::stdout().lock();
    if writeln!(out, "{text}").and_then(|()| out.flush()).is_err() {
        tracing::debug!("standard output is closed");
    }
}

/// Goes on with looks at policies whose process has ended: this server's, before it was started again, or another's.
async fn resume_policy_runs(service: Service) {
    let mut ticks = tokio::time::interval(RESUME);
    loop {
        ticks.tick().await;
        if let Err(error) = service.resume_policy_runs().await {
            tracing::warn!(%error, "policy runs were not resumed");
        }
    }
}

async fn sweep(service: Service, limits: SessionLimits) {
    let mut ticks = tokio::time::interval(SWEEP);
    loop {
        ticks.tick().await;
        if let Err(error) = service.sweep_expired(limits).await {
            tracing::warn!(%error, "ended sessions were not removed");
        }
        if let Err(error) = service.sweep_told().await {
            tracing::warn!(%error, "old jobs and notifications were not removed");
        }
    }
}

/// Does what is due, for as long as the server runs. Servers that share a database share the work.
async fn work(service: Service) {
    let mut ticks = tokio::time::interval(JOBS);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match service.run_due_jobs().await {
            Ok(ran) if ran != Ran::default() => tracing::info!(
                target: "job",
                decided = ran.decided,
                done = ran.done,
                dropped = ran.dropped,
                failed = ran.failed,
                "did what was due"
            ),
            Ok(_) => {}
            Err(error) => tracing::warn!(target: "job", %error, "what is due was not done"),
        }
    }
}
