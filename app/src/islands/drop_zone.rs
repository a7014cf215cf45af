//! What a file field can do more with JavaScript: take files by drop and paste, and say what was chosen.

use leptos::{
    ev,
    prelude::*,
    web_sys::{ClipboardEvent, DragEvent, Event, FileList, HtmlElement, HtmlInputElement},
};
use wasm_bindgen::JsCast;

use super::{alive, readable_size};

/// The largest file where the field does not say, in bytes.
pub const DEFAULT_LIMIT: u64 = 100 * 1024 * 1024;

/// A zone around a plain `<input type="file">`, which stays what it is for mouse, keyboard and form. Names and
/// sizes of what was chosen are shown, with a warning before a file is sent that the server would refuse
/// (`data-limit` of the field, in bytes).
#[island]
pub fn DropZone(
    /// The file field.
    children: Children,
) -> impl IntoView {
    let alive = alive();
    let over = RwSignal::new(false);
    let chosen = RwSignal::new(String::new());
    let note = RwSignal::new(String::new());
    let say = move |said: Said| {
        chosen.set(said.chosen);
        note.set(said.warning);
    };

    let on_change = move |event: Event| {
        if let Some(field) = field(&event) {
            say(look(&field));
        }
    };
    let on_drop = move |event: DragEvent| {
        event.prevent_default();
        over.set(false);
        let files = event.data_transfer().and_then(|data| data.files());
        if let (Some(field), Some(files)) = (field(&event), files) {
            say(give(&field, &files));
        }
    };
    let on_paste = move |event: ClipboardEvent| {
        let files = event.clipboard_data().and_then(|data| data.files()).filter(|files| files.length() > 0);
        if let (Some(field), Some(files)) = (field(&event), files) {
            event.prevent_default();
            say(give(&field, &files));
        }
    };
    view! {
        <div
            class="file-drop"
            data-over=move || if over.get() { "true" } else { "false" }
            on:change=on_change
            on:paste=on_paste
            on:drop=on_drop
            on:dragleave=move |_| over.set(false)
            on:dragover=move |event: ev::DragEvent| {
                // Without this the browser would open the file instead of giving it to the page.
                event.prevent_default();
                over.set(true);
            }
        >
            {children()}
            <p class="file-drop-hint" hidden=move || !alive.get()>
                "or drop or paste here"
            </p>
            <p class="file-drop-chosen" role="status">
                {move || chosen.get()}
            </p>
            <p class="file-drop-warning" role="alert">
                {move || note.get()}
            </p>
        </div>
    }
}

/// What the zone tells the person.
#[derive(Debug, Default, PartialEq, Eq)]
struct Said {
    chosen: String,
    warning: String,
}

/// The file field inside the zone.
fn field(event: &Event) -> Option<HtmlInputElement> {
    let zone: HtmlElement = event.current_target()?.dyn_into().ok()?;
    zone.query_selector("input[type=file]").ok()??.dyn_into().ok()
}

/// Puts dropped or pasted files into the field.
fn give(field: &HtmlInputElement, files: &FileList) -> Said {
    match files.length() {
        0 => look(field),
        1 => {
            field.set_files(Some(files));
            look(field)
        }
        _ if field.multiple() => {
            field.set_files(Some(files));
            look(field)
        }
        count => Said {
            warning: format!("This field takes one file; you gave it {count}. Nothing has changed."),
            ..look(field)
        },
    }
}

/// What is in the field now. A file that is too large is said at once and marks the field; the form is sent all the
/// same when the person insists, and the server refuses it with everything typed kept.
fn look(field: &HtmlInputElement) -> Said {
    let limit =
        field.get_attribute("data-limit").and_then(|limit| limit.parse().ok()).unwrap_or(DEFAULT_LIMIT);
    let files = field.files();
    let files: Vec<(String, u64)> = files
        .iter()
        .flat_map(|files| (0..files.length()).filter_map(|index| files.get(index)))
        .map(|file| (file.name(), whole(file.size())))
        .collect();
    let said = describe(&files, limit);
    field.set_custom_validity(&said.warning);
    said
}

/// JavaScript counts bytes in a floating-point number.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a file's size is a whole number, not negative and far below 2^53"
)]
fn whole(size: f64) -> u64 {
    size as u64
}

/// Names and sizes, and which of the files the server would refuse.
fn describe(files: &[(String, u64)], limit: u64) -> Said {
    let mut said = Said::default();
    for (name, size) in files {
        let separator = if said.chosen.is_empty() { "" } else { ", " };
        said.chosen.extend([separator, name, " (", &readable_size(*size), ")"]);
        if *size > limit {
            let space = if said.warning.is_empty() { "" } else { " " };
            let (size, limit) = (readable_size(*size), readable_size(limit));
            said.warning.extend([
                space,
                name,
                " has ",
                &size,
                ", more than the ",
                &limit,
                " that can be uploaded.",
            ]);
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_at_the_limit_passes_and_one_above_is_named() {
        let said = describe(&[("scan.sarif".to_owned(), 1024)], 1024);
        assert_eq!(said, Said { chosen: "scan.sarif (1 KiB)".to_owned(), warning: String::new() });
        let said = describe(&[("scan.sarif".to_owned(), 2048), ("small.txt".to_owned(), 3)], 1024);
        assert_eq!(said.chosen, "scan.sarif (2 KiB), small.txt (3 bytes)");
        assert_eq!(said.warning, "scan.sarif has 2 KiB, more than the 1 KiB that can be uploaded.");
        assert_eq!(describe(&[], 1024), Said::default());
    }
}
