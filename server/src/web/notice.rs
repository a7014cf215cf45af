//! What was just done, said on the page that follows.

use http::HeaderValue;
use sluice_domain::lifecycle::Progress;

/// What was done, said once on the page that follows. Its code travels in a cookie of one minute: no free text, so
/// nobody can put words on our pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Done(&'static str);

const COOKIE: &str = "__Host-done";

macro_rules! notices {
    ($($name:ident = $code:literal: $sentence:literal;)*) => {
        impl Done {
            $(#[doc = $sentence] pub const $name: Self = Self($code);)*

            fn find(code: &str) -> Option<&'static str> {
                match code { $($code => Some($sentence),)* _ => None }
            }
        }
    };
}

notices! {
    SAVED = "saved": "Saved.";
    FEATURE_CREATED = "feature-created": "The feature is created. Its first gate shows what is needed.";
    FEATURE_RATED = "feature-rated": "The answers are saved. The tier is the one shown here.";
    STANDARD_PUBLISHED = "standard-published": "The standard is published. Everybody who works on the product is asked to attest it.";
    STANDARD_ATTESTED = "standard-attested": "Your attestation is on record. It counts for every feature of the product.";
    CONTROL_SAVED = "control-saved": "The checklist is saved.";
    THREAT_ADDED = "threat-added": "The threat is added to the model.";
    RECORD_ADDED = "record-added": "It is on record.";
    STARTERS_ADDED = "starters-added": "What you picked is on record. Change the words where they do not fit.";
    EVIDENCE_ADDED = "evidence-added": "The evidence is stored and attached.";
    EVIDENCE_SUPERSEDED = "evidence-superseded": "The new version is stored; the earlier one stays in the record.";
    ATTACHED = "attached": "The evidence is attached.";
    DETACHED = "detached": "The evidence is detached. It stays in the record.";
    COMMENT_WRITTEN = "comment-written": "Your comment is there. Whom it mentions finds it in their work.";
    WATCHING = "watching": "You watch this feature. What happens to it shows in your work.";
    NOT_WATCHING = "not-watching": "You no longer watch this feature.";
    REVIEW_REQUESTED = "review-requested": "The review is requested. The reviewers have the turn.";
    SIGNED = "signed": "Your sign-off stands. The gate waits for more.";
    GATE_OPENED = "gate-opened": "Your sign-off was the last one needed: the gate is open and the next phase begins.";
    ARCHIVED = "archived": "The record is archived as it is now.";
    RELATED = "related": "The features are related. Both show it.";
    UNRELATED = "unrelated": "The relation is taken back. The history keeps that it was there.";
    FINISHED = "finished": "The last gate is open. The feature went through its whole lifecycle.";
    DENIED = "denied": "Your denial stands. The gate stays closed until you withdraw it.";
    RETURNED = "returned": "The gate is returned. The team has the turn, with your reasons.";
    DRIFT_ACCEPTED = "drift-accepted": "The change is accepted. From now on it counts as what was signed there.";
    SEAT_HANDED_ON = "seat-handed-on": "Your seat is handed on. You can take it back at any time.";
    SEAT_TAKEN_BACK = "seat-taken-back": "Your seat is yours alone again. What was signed in it stands.";
    WITHDRAWN = "withdrawn": "Your sign-off is withdrawn. It stays in the record.";
    HELD = "held": "The feature is on hold. Nothing about it changes before somebody resumes it.";
    RESUMED = "resumed": "The feature goes on where it was.";
    CANCELLED = "cancelled": "The feature is cancelled. Its record stays, and it can be reopened.";
    REOPENED = "reopened": "The feature is reopened and goes on where it was.";
    MOVED_BACK = "moved-back": "The feature is moved back. The team has the turn.";
    EMERGENCY_ASKED = "emergency-asked": "You asked for the release and are the first who agrees. It waits for others.";
    EMERGENCY_AGREED = "emergency-agreed": "You agreed to the release. It waits for others.";
    EMERGENCY_RELEASED = "emergency-released": "The feature is released. The sign-offs that were skipped are owed.";
    EMERGENCY_CALLED_OFF = "emergency-called-off": "The release is called off.";
    OWED_SIGNED = "owed-signed": "Your sign-off stands. More is owed at this gate.";
    OWED_PAID = "owed-paid": "Your sign-off was the last one owed at this gate.";
    WAIVER_REQUESTED = "waiver-requested": "The waiver is asked for. Whoever can decide about it finds it in their work.";
    WAIVER_APPROVED = "waiver-approved": "The waiver is approved. What it names no longer blocks until its last day is over.";
    WAIVER_REFUSED = "waiver-refused": "The waiver is refused. What it names keeps blocking.";
    WAIVER_WITHDRAWN = "waiver-withdrawn": "The request is withdrawn. It stays in the record.";
    WAIVER_ENDED = "waiver-ended": "The waiver is ended. What it named blocks again if it is still missing.";
    PRODUCT_CREATED = "product-created": "The product is created. Grant roles so that people can work in it.";
    ROLE_GRANTED = "role-granted": "The role is granted. It counts from the person's next request on.";
    ROLE_REVOKED = "role-revoked": "The role is revoked.";
    INVITATION_WITHDRAWN = "invitation-withdrawn": "The invitation is withdrawn; its link no longer works.";
    PERSON_DISABLED = "person-disabled": "The account is disabled and its sessions are ended.";
    PERSON_ENABLED = "person-enabled": "The account is enabled.";
    PASSWORD_CHANGED = "password-changed": "The password is changed. Your other sessions are ended.";
    VIEW_SAVED = "view-saved": "The view is saved. Its link can be passed on.";
    VIEW_DELETED = "view-deleted": "The view is deleted.";
    POLICY_IMPORTED = "policy-imported": "The version is imported. It binds nobody until it is activated.";
    POLICY_THERE = "policy-there": "This version is there already, with this very text. Nothing was changed.";
    POLICY_ACTIVATED = "policy-activated": "The version is active. New features start under it; those under way stay on theirs.";
    RUN_BEGUN = "run-begun": "The look at the features has begun.";
    RUN_CANCELLED = "run-cancelled": "It is called off. What was found so far stays here.";
    FEATURE_MIGRATED = "feature-migrated": "The feature follows that version now.";
    SESSION_ENDED = "session-ended": "The session is ended.";
    SIGNED_OUT = "signed-out": "You are signed out.";
    WELCOME = "welcome": "Welcome. Your account is ready.";
}

impl Done {
    /// The notice for where a feature stands after a sign-off.
    #[must_use]
    pub fn after_signing(before_phase: &str, progress: &Progress) -> Self {
        match progress {
            Progress::Finished { .. } => Self::FINISHED,
            Progress::Active(attempt) if attempt.phase.as_str() != before_phase => Self::GATE_OPENED,
            // Nobody signs what rests; the words fit all the same.
            Progress::Active(_) | Progress::Held { .. } | Progress::Cancelled { .. } => Self::SIGNED,
        }
    }

    /// The cookie that carries it to the next page.
    #[must_use]
    pub fn cookie(self) -> Option<HeaderValue> {
        HeaderValue::from_str(&format!(
            "{COOKIE}={}; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Lax",
            self.0
        ))
        .ok()
    }

    /// The cookie that ends it, once it was shown.
    #[must_use]
    pub fn shown() -> HeaderValue {
        HeaderValue::from_static("__Host-done=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax")
    }

    /// The sentence that a request's cookies ask for.
    #[must_use]
    pub fn sentence(cookies: &str) -> Option<&'static str> {
        cookie(cookies, COOKIE).and_then(Self::find)
    }
}

/// The value of a cookie in a `Cookie` header.
#[must_use]
pub fn cookie<'a>(cookies: &'a str, name: &str) -> Option<&'a str> {
    cookies.split(';').find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sentences_of_ours_are_shown() {
        assert_eq!(Done::sentence("a=b; __Host-done=saved"), Some("Saved."));
        assert_eq!(Done::sentence("__Host-done=<script>"), None);
        assert_eq!(Done::sentence("x__Host-done=saved"), None);
    }
}
