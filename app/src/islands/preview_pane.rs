//! The look at formatted text before it is saved.

use js_sys::{JSON, Object, Reflect};
use leptos::{
    prelude::*,
    task::spawn_local,
    web_sys::{Headers, HtmlElement, HtmlTextAreaElement, MouseEvent, RequestInit, Response},
};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::{alive, post};

/// Where Markdown is posted as JSON, `{"text": "…"}`; the answer is what `markdown::render` makes of it, a JSON text.
pub const ACTION: &str = "/islands/preview";

/// A button that shows the Markdown typed into a text area as it will look. It finds the text area by the `data-for`
/// of an element around it. Without JavaScript it is not there.
#[island]
pub fn PreviewPane() -> impl IntoView {
    let alive = alive();
    let html = RwSignal::new(String::new());
    let status = RwSignal::new("");
    // Answers may overtake each other; only the one to the last question counts.
    let asked = RwSignal::new(0_u32);

    let ask = move |event: MouseEvent| {
        let Some(text) = typed(&event) else { return };
        let question = asked.get_untracked().wrapping_add(1);
        asked.set(question);
        status.set("Rendering…");
        spawn_local(async move {
            let answer = render(&text).await;
            if asked.get_untracked() != question {
                return;
            }
            match answer {
                Ok(rendered) => {
                    status.set(if rendered.trim().is_empty() { "There is nothing to show yet." } else { "" });
                    html.set(rendered);
                }
                Err(sentence) => status.set(sentence),
            }
        });
    };
    view! {
        <div hidden=move || !alive.get()>
            <button type="button" class="button quiet" on:click=ask>
                "Preview"
            </button>
            <p class="hint" role="status">
                {move || status.get()}
            </p>
            // The server rendered and cleaned this markup: `markdown::render` lets no raw HTML and no dangerous link
            // through, and it is the same code that draws the saved text. Building the elements one by one here
            // would need a second Markdown renderer in the bundle.
            <div class="prose" inner_html=move || html.get()></div>
        </div>
    }
}

/// What stands in the text area now.
fn typed(event: &MouseEvent) -> Option<String> {
    let button: HtmlElement = event.current_target()?.dyn_into().ok()?;
    let id = button.closest("[data-for]").ok()??.get_attribute("data-for")?;
    let area: HtmlTextAreaElement = document().get_element_by_id(&id)?.dyn_into().ok()?;
    Some(area.value())
}

/// The markup of a text, or a sentence that says why there is none.
async fn render(text: &str) -> Result<String, &'static str> {
    let unreachable = "The server cannot be reached. Check your connection and try again.";
    let request = request(text).map_err(|_| "That did not work. Reload the page and try again.")?;
    let answer = post(ACTION, &request).await.map_err(|_| unreachable)?;
    if !answer.ok() {
        return Err(refusal(answer.status()));
    }
    rendered(&answer).await.ok_or(unreachable)
}

/// The browser's own JSON does the encoding.
fn request(text: &str) -> Result<RequestInit, JsValue> {
    let body = Object::new();
    Reflect::set(&body, &"text".into(), &text.into())?;
    let headers = Headers::new()?;
    headers.set("Content-Type", "application/json")?;
    let request = RequestInit::new();
    request.set_headers(&headers);
    request.set_body(&JSON::stringify(&body)?.into());
    Ok(request)
}

async fn rendered(answer: &Response) -> Option<String> {
    JsFuture::from(answer.json().ok()?).await.ok()?.as_string()
}

/// What a refusal means to the person. Redirects come as status 0: the session has ended.
fn refusal(status: u16) -> &'static str {
    match status {
        413 => "The text is too long. Shorten it and try again.",
        0 | 401 | 403 => "You are signed out. Sign in again in another tab, then try again.",
        429 | 503 => "The server is busy. Try again in a moment.",
        _ => "That did not work. Try again in a moment.",
    }
}
