//! What every handler can reach.

use std::{sync::Arc, time::Duration};

use sluice_app::assets::Assets;
use sluice_service::Service;

use crate::http::public_url::PublicUrl;

/// What every handler can reach. Cheap to clone.
#[derive(Clone)]
pub struct App {
    /// The use cases.
    pub service: Service,
    /// The names of the browser bundle's files.
    pub assets: Assets,
    /// Settings that handlers need.
    pub settings: Arc<Settings>,
}

/// Settings that handlers need.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The address people type.
    pub public_url: PublicUrl,
    /// The largest file that is taken, in bytes.
    pub max_upload_bytes: u64,
    /// A session ends when it was not used for this long.
    pub session_idle: Duration,
    /// A session ends after this long, used or not.
    pub session_absolute: Duration,
}
