//! The choice between the system's colours, light and dark.

use leptos::{
    prelude::*,
    task::spawn_local,
    web_sys::{HtmlButtonElement, HtmlFormElement, MouseEvent, RequestInit, ResponseType, UrlSearchParams},
};
use wasm_bindgen::{JsCast, JsValue};

use super::{Theme, post};

/// Where a choice of colours is posted.
pub const ACTION: &str = "/preferences/theme";

/// What the buttons show first: on the server, the component around them has put it into context.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, Default)]
pub(crate) struct Shown {
    /// What is chosen now.
    pub(crate) theme: Theme,
    /// The address of the page, to come back to.
    pub(crate) next: String,
}

#[cfg(feature = "ssr")]
fn shown() -> (Theme, String) {
    let Shown { theme, next } = use_context().unwrap_or_default();
    (theme, next)
}

/// In the browser the document itself says it; the hidden field already holds the address.
#[cfg(not(feature = "ssr"))]
fn shown() -> (Theme, String) {
    let theme = document().document_element().and_then(|root| root.get_attribute("data-theme"));
    (theme.and_then(|theme| theme.parse().ok()).unwrap_or_default(), String::new())
}

/// Three buttons in a plain form. In a browser with JavaScript the page changes its colours at once and the
/// choice is stored behind the scenes; otherwise the form is posted and the server sends back to this page.
#[island]
pub fn ThemeButtons() -> impl IntoView {
    let (theme, next) = shown();
    let chosen = RwSignal::new(theme);
    let button = move |theme: Theme| {
        view! {
            <button
                type="submit"
                name="theme"
                value=theme.as_str()
                aria-pressed=move || if chosen.get() == theme { "true" } else { "false" }
                on:click=move |event| choose(&event, theme, chosen)
            >
                {theme.label()}
            </button>
        }
    };
    view! {
        <form class="theme-switch" method="post" action=ACTION>
            <input type="hidden" name="next" value=next />
            <fieldset>
                <legend class="visually-hidden">"Colours"</legend>
                {Theme::ALL.map(button)}
            </fieldset>
        </form>
    }
}

/// Shows the colours at once, then stores the choice. When that fails the form is posted the plain way, so that
/// the person sees what the server has to say.
fn choose(event: &MouseEvent, theme: Theme, chosen: RwSignal<Theme>) {
    let Some(root) = document().document_element() else { return };
    let Some(form) = event
        .current_target()
        .and_then(|target| target.dyn_into::<HtmlButtonElement>().ok())
        .and_then(|button| button.form())
    else {
        return;
    };
    event.prevent_default();
    // Failing to set the attribute leaves the colours as they are; the choice is stored all the same.
    let _unchanged = root.set_attribute("data-theme", theme.as_str());
    chosen.set(theme);
    spawn_local(async move {
        if !store(theme).await.unwrap_or(false) {
            submit_plainly(&form, theme);
        }
    });
}

/// Posts the form's field; true when the server took it.
async fn store(theme: Theme) -> Result<bool, JsValue> {
    let fields = UrlSearchParams::new()?;
    fields.append("theme", theme.as_str());
    let request = RequestInit::new();
    request.set_body(&fields);
    let answer = post(ACTION, &request).await?;
    Ok(answer.ok() || answer.type_() == ResponseType::Opaqueredirect)
}

/// `form.submit()` leaves out the button that was pressed, so its value goes into the form as a hidden field.
fn submit_plainly(form: &HtmlFormElement, theme: Theme) {
    let field = document().create_element("input").and_then(|field| {
        field.set_attribute("type", "hidden")?;
        field.set_attribute("name", "theme")?;
        field.set_attribute("value", theme.as_str())?;
        form.append_child(&field)
    });
    if field.is_ok() {
        // Nothing is left to try when even this fails.
        let _unsent = form.submit();
    }
}
