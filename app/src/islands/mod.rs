//! The interactive parts of pages. An island is compiled twice: for the server, which draws its first state, and for
//! the browser, which brings it to life.
//!
//! An island only ever enhances something that works without JavaScript. What makes sense with JavaScript only
//! (a "Preview" button, the hint to drop a file) is drawn hidden and shown once the island is alive.
//!
//! Every page pays for what stands here, so islands are kept small: they have no properties (which would bring a
//! JSON parser with its number formatting) but take what they need from the markup around them, and they call plain
//! handlers instead of server functions. That saves a third of the bundle.

pub mod drop_zone;
pub mod preview_pane;
mod size;
mod theme;
pub mod theme_buttons;

pub use drop_zone::DropZone;
pub use preview_pane::PreviewPane;
pub use size::readable_size;
pub use theme::{Theme, UnknownTheme};
pub use theme_buttons::ThemeButtons;

#[cfg(feature = "ssr")]
pub mod fields;
#[cfg(feature = "ssr")]
pub use fields::{FileDrop, FileField, MarkdownPreview, ThemeSwitch};

use leptos::{
    prelude::{Effect, RwSignal, Set, window},
    web_sys::{RequestInit, RequestRedirect, Response},
};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// True once the island runs in a browser: effects do not run on the server.
fn alive() -> RwSignal<bool> {
    let alive = RwSignal::new(false);
    Effect::new(move |_| alive.set(true));
    alive
}

/// Posts to the server. A redirect, which is how forms are answered, is not followed.
async fn post(address: &str, request: &RequestInit) -> Result<Response, JsValue> {
    request.set_method("POST");
    request.set_redirect(RequestRedirect::Manual);
    JsFuture::from(window().fetch_with_str_and_init(address, request)).await?.dyn_into()
}
