use leptos::prelude::*;
use sluice_domain::{access::Action, place::Place};
use sluice_service::features::FeatureSummary;

use crate::components::{Button, ButtonKind, HiddenField, PostForm};

/// The button that begins or ends the reader's watch of a feature; nothing for who has no role in the product.
/// `comments` says whether it stands on the page of the comments, to come back to it.
pub(crate) fn watch_control(summary: &FeatureSummary, watching: bool, comments: bool) -> Option<AnyView> {
    if !summary.may(Action::WriteComment) {
        return None;
    }
    let action = Place::Watch.path(&summary.key);
    let (value, words) = if watching { ("no", "Stop watching") } else { ("yes", "Watch") };
    let back = if comments { "comments" } else { "" };
    Some(
        view! {
            <PostForm action>
                <HiddenField name="watching" value />
                <HiddenField name="back" value=back />
                <Button kind=ButtonKind::Quiet small=comments>{words}</Button>
            </PostForm>
        }
        .into_any(),
    )
}
