//! The entry of the browser bundle. `hydrate.js` starts it and then calls each island's own function.
#![cfg(target_arch = "wasm32")]

use wasm_bindgen::prelude::wasm_bindgen;

// Exports the islands' functions.
use sluice_app as _;

/// Prepares the page for its islands.
#[wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}
