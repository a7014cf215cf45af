//! For each route an address and two forms. With the first, somebody who may take it gets through the authorization
//! without changing what the other requests of a sweep meet: the step is then refused for another reason, or changes
//! nothing. With the second it would be done: it is for those who may not, whom nothing else must keep from it.

use http::Method;
use sluice_domain::{access::Role, canonical::Digest, record::risk::questions};
use sluice_service::new_form_id;

use crate::support::{
    PASSWORD, Part, Seed, TestResult, Who,
    seed::{AUDITOR, MANAGER},
};

/// Who writes requirements.
const WRITERS: &[Role] = &[Role::ProductManager, Role::Designer, Role::Developer, Role::Qa];

/// Whose roles count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Roles for the workspace only.
    Workspace,
    /// These, and those in `PAY`, which the address or the form names.
    Product,
    /// These, and those in whatever product.
    AnyProduct,
}

/// What is sent.
#[derive(Clone, Debug)]
pub(crate) enum Sent {
    /// No fields: there are none.
    Nothing,
    /// A form.
    Form(Vec<(&'static str, String)>),
    /// A form with a file.
    File(Vec<Part>),
    /// What an island sends.
    Json(&'static str),
}

/// One request of a route.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    /// The address.
    pub(crate) at: String,
    /// What is sent with it.
    pub(crate) sent: Sent,
    /// Whose roles count.
    pub(crate) scope: Scope,
    /// What somebody gets who is allowed.
    pub(crate) allowed: u16,
    /// The roles that the policy narrows the action to.
    pub(crate) narrowed: Option<&'static [Role]>,
}

impl Sample {
    fn get(at: impl Into<String>, scope: Scope) -> Self {
        Self { at: at.into(), sent: Sent::Nothing, scope, allowed: 200, narrowed: None }
    }

    fn post(at: impl Into<String>, scope: Scope, allowed: u16, form: &[(&'static str, &str)]) -> Self {
        let sent = Sent::Form(form.iter().map(|(name, value)| (*name, (*value).to_owned())).collect());
        Self { at: at.into(), sent, scope, allowed, narrowed: None }
    }

    fn nothing(at: impl Into<String>, scope: Scope, allowed: u16) -> Self {
        Self { at: at.into(), sent: Sent::Nothing, scope, allowed, narrowed: None }
    }
}

/// The request of a route. A route that is not here fails the sweep: write its sample.
pub(crate) fn sample(seed: &Seed, path: &str, method: &Method, who: Who, spare: &str) -> TestResult<Sample> {
    request(seed, path, method, who, spare, false)
}

/// The request of a route that would be granted to somebody who may.
pub(crate) fn effective(seed: &Seed, path: &str, method: &Method, who: Who) -> TestResult<Sample> {
    request(seed, path, method, who, "", true)
}

fn request(
    seed: &Seed,
    path: &str,
    method: &Method,
    who: Who,
    spare: &str,
    effective: bool,
) -> TestResult<Sample> {
    let sample = if method == Method::GET {
        reading(seed, path, who)?
    } else {
        writing(seed, path, who, spare, effective)?
    };
    sample.ok_or_else(|| format!("{method} {path} has no sample: write one in samples.rs").into())
}

fn reading(seed: &Seed, path: &str, who: Who) -> TestResult<Option<Sample>> {
    use Scope::{AnyProduct, Product, Workspace};
    let auditor = seed.person(AUDITOR)?;
    Ok(Some(match path {
        "/" => Sample { allowed: 303, ..Sample::get(path, Workspace) },
        "/healthz" | "/readyz" | "/sign-in" | "/account" | "/work" | "/notifications" | "/features"
        | "/history" | "/products" | "/products/new" | "/people" | "/people/invite" | "/policies"
        | "/policies/import" | "/views" | "/styleguide" => Sample::get(path, Workspace),
        "/features/new" => Sample::get(path, AnyProduct),
        "/search" => Sample::get("/search?q=xss+canary&kind=threat", Workspace),
        "/views/{id}" => {
            Sample { allowed: 303, ..Sample::get(format!("/views/{}", seed.view(who)?), Workspace) }
        }
        "/views/{id}/edit" => Sample::get(format!("/views/{}/edit", seed.view(who)?), Workspace),
        "/join/{token}" => Sample::get(format!("/join/{}", seed.token), Workspace),
        "/people/{id}" => Sample::get(format!("/people/{auditor}"), Workspace),
        "/products/{key}/standards/{id}" => {
            Sample::get(format!("/products/PAY/standards/{}", seed.standard), Product)
        }
        "/policies/{key}/{version}" => Sample::get("/policies/sdl/2026.3", Workspace),
        "/policies/{key}/{version}/difference" => {
            Sample::get("/policies/sdl/2026.3/difference?from=2026.3", Workspace)
        }
        "/policies/{key}/{version}/activate" => Sample::get("/policies/sdl/2026.3/activate", Workspace),
        "/policies/{key}/{version}/replay" => Sample::get("/policies/sdl/2026.3/replay", Workspace),
        "/policy-runs/{id}" => Sample::get(format!("/policy-runs/{}", seed.run), Workspace),
        "/policies/{key}/{version}/frameworks/{framework}" => {
            Sample::get("/policies/connector/2026.1/frameworks/idsa?show=gaps", Workspace)
        }
        "/policies/{key}/{version}/frameworks/{framework}/coverage.csv" => {
            Sample::get("/policies/sdl/2026.3/frameworks/samm/coverage.csv", Workspace)
        }
        // Its author's own form.
        "/features/{key}/comments/{number}" => Sample {
            narrowed: Some(&[Role::ProductManager]),
            ..Sample::get("/features/PAY-1/comments/1", Product)
        },
        "/features/{key}/owed/{phase}" => Sample::get("/features/PAY-1/owed/requirements", Product),
        "/features/{key}/drift/{phase}" => Sample::get("/features/PAY-1/drift/requirements", Product),
        // Of the feature whose gate is in review: what would be signed was written down.
        "/features/{key}/dossiers/{phase}/{cycle}" => {
            Sample::get("/features/PAY-2/dossiers/requirements/1", Product)
        }
        "/features/{key}/phases/{phase}" => {
            Sample::get("/features/PAY-4/phases/requirements?open=authentication", Product)
        }
        _ if path.starts_with("/features/{key}") || path.starts_with("/products/{key}") => {
            let key = if path.starts_with("/features") { "PAY-1" } else { "PAY" };
            let at = path.replace("{key}", key).replace("{number}", "1").replace("{version}", "1");
            let at = at.replace("{kind}", "requirement");
            if at.contains('{') {
                return Ok(None);
            }
            Sample::get(at, Product)
        }
        _ => return Ok(None),
    }))
}

fn writing(seed: &Seed, path: &str, who: Who, spare: &str, effective: bool) -> TestResult<Option<Sample>> {
    use Scope::{Product, Workspace};

    if let Some(below) = path.strip_prefix("/features/{key}") {
        return feature_form(seed, below, who, effective);
    }
    if path.starts_with("/people") || path.starts_with("/products") {
        return people_and_products(seed, path, who, effective);
    }
    let (id, product) = (new_form_id(), seed.product.to_string());
    let owner = seed.person(if effective { MANAGER } else { Who::Stranger })?.to_string();
    let owner = owner.as_str();
    Ok(Some(match path {
        // An address of its own for each, or the throttle answers the last of them.
        "/sign-in" => {
            let email = format!("not-{}", who.email());
            Sample::post(path, Workspace, 422, &[("email", &email), ("password", "wrong")])
        }
        "/sign-out" => Sample::nothing(path, Workspace, 303),
        "/join/{token}" => Sample::post(
            format!("/join/{}", seed.token),
            Workspace,
            422,
            &[("name", "A"), ("new-password", "short")],
        ),
        "/preferences/theme" => Sample::post(path, Workspace, 303, &[("theme", "dark")]),
        "/islands/preview" => {
            let sent = Sent::Json("{\"text\":\"*a*\"}");
            Sample { at: path.to_owned(), sent, scope: Workspace, allowed: 200, narrowed: None }
        }
        "/account" => {
            let form =
                [("password", PASSWORD), ("new-password", PASSWORD), ("new-password-again", "differs")];
            Sample::post(path, Workspace, 422, &form)
        }
        "/account/name" => Sample::post(path, Workspace, 409, &[("name", "A"), ("version", "999")]),
        "/account/sessions/end" => Sample::post(path, Workspace, 303, &[("session", spare)]),
        "/features/new" => Sample::post(
            path,
            Product,
            422,
            &[("id", &id), ("product", &product), ("title", "A"), ("owner", owner)],
        ),
        "/notifications/read" => Sample::post(path, Workspace, 303, &[("notification", &id)]),
        "/work/mentions/seen" => Sample::post(path, Workspace, 303, &[("comment", &id)]),
        "/views" => {
            let form = [("id", id.as_str()), ("name", ""), ("of", "features"), ("query", "mine=yes")];
            Sample::post(path, Workspace, 422, &form)
        }
        "/views/{id}/edit" => {
            Sample::post(format!("/views/{}/edit", seed.view(who)?), Workspace, 422, &[("name", "")])
        }
        // One that is not theirs: nothing is deleted.
        "/views/{id}/delete" => Sample::nothing(format!("/views/{id}/delete"), Workspace, 404),
        "/history.csv" => Sample::post(path, Workspace, 200, &[("object", "PAY-1")]),
        "/policies/import" => {
            let source = if effective { sluice_domain::policy::BUILT_IN } else { "key = 1" };
            let parts = vec![Part::field("source", source)];
            Sample { sent: Sent::File(parts), ..Sample::nothing(path, Workspace, 422) }
        }
        // It is the active version already.
        "/policies/{key}/{version}/activate" => {
            let form = [("id", id.as_str()), ("reason", "A reason"), ("from", "")];
            Sample::post("/policies/sdl/2026.3/activate", Workspace, 422, &form)
        }
        "/policies/{key}/{version}/impact" => {
            Sample::post("/policies/sdl/2026.3/impact", Workspace, 422, &[("id", "none")])
        }
        "/policies/{key}/{version}/replay" => {
            let form = [("id", id.as_str()), ("at", "yesterday")];
            Sample::post("/policies/sdl/2026.3/replay", Workspace, 422, &form)
        }
        "/policy-runs/{id}/cancel" => {
            Sample::nothing(format!("/policy-runs/{}/cancel", seed.run), Workspace, 303)
        }
        _ => return Ok(None),
    }))
}

#[expect(clippy::too_many_lines, reason = "a table of forms, one entry each")]
fn feature_form(seed: &Seed, below: &str, who: Who, effective: bool) -> TestResult<Option<Sample>> {
    use Scope::Product;
    let (id, manager) = (new_form_id(), seed.person(MANAGER)?.to_string());
    let version = |current| if effective { current } else { "999" };
    // Somebody without a role in the product owns nothing in it.
    let owner = if effective { manager.as_str() } else { "00000000-0000-7000-8000-000000000000" };
    let at = |below: &str| format!("/features/PAY-1{below}");
    let threat = |version| {
        [
            ("id", id.as_str()),
            ("version", version),
            ("title", "A"),
            ("stride", "spoofing"),
            ("severity", "low"),
            ("owner", owner),
            ("status", "open"),
        ]
    };
    Ok(Some(match below {
        "/edit" => {
            let form = [("version", version("1")), ("title", "A"), ("owner", owner)];
            Sample::post(at("/edit"), Product, 409, &form)
        }
        "/risk" => {
            let mut form =
                vec![("version", version("0")), ("from", "low"), ("go", "save"), ("reason", "A reason")];
            form.extend(questions().map(|question| (question.key, "no")));
            Sample::post(at("/risk"), Product, 409, &form)
        }
        "/phases/{phase}" => {
            let form = [
                ("control", "security-requirements"),
                ("mark", "open"),
                ("note", "Soon."),
                ("version", version("0")),
            ];
            let sample = Sample::post(at("/phases/requirements"), Product, 409, &form);
            Sample { narrowed: Some(&[Role::ProductManager, Role::Designer, Role::Developer]), ..sample }
        }
        "/threat-model" => {
            let form = [("version", version("0")), ("scope", "A")];
            Sample::post(at("/threat-model"), Product, 409, &form)
        }
        "/records/{kind}" => {
            let goals = if effective { "B" } else { "" };
            let form = [("id", id.as_str()), ("version", "0"), ("scope", "A"), ("goals", goals)];
            let sample = Sample::post(at("/records/plan"), Product, 422, &form);
            Sample { narrowed: Some(&[Role::ProductManager, Role::Designer, Role::Developer]), ..sample }
        }
        "/records/{kind}/new" | "/records/{kind}/{number}" => {
            let (below, current, allowed) = match below {
                "/records/{kind}/new" => ("/records/requirement/new", "0", 422),
                _ => ("/records/requirement/1", "1", 409),
            };
            // Without a priority a requirement is refused, with another version it is stale.
            let priority = if effective || allowed == 409 { "must" } else { "" };
            let form = [
                ("id", id.as_str()),
                ("version", if allowed == 422 { current } else { version(current) }),
                ("state", "accepted"),
                ("title", "A"),
                ("class", "functional"),
                ("priority", priority),
            ];
            Sample { narrowed: Some(WRITERS), ..Sample::post(at(below), Product, allowed, &form) }
        }
        "/starters" => {
            let picked = if effective { "throttle" } else { "none" };
            let sample = Sample::post(at("/starters"), Product, 422, &[("starter", picked)]);
            Sample { narrowed: Some(WRITERS), ..sample }
        }
        "/threats/new" => Sample::post(at("/threats/new"), Product, 422, &threat("0")),
        "/threats/{number}" => Sample::post(at("/threats/1"), Product, 409, &threat(version("1"))),
        "/evidence" => {
            let content = if effective { "content" } else { "" };
            let parts =
                vec![Part::field("id", id), Part::field("kind", "plan"), Part::file("a.txt", content)];
            Sample { sent: Sent::File(parts), ..Sample::nothing(at("/evidence"), Product, 422) }
        }
        "/evidence/{number}" => {
            let parts = vec![Part::field("version", version("1")), Part::file("a.txt", "a")];
            Sample { sent: Sent::File(parts), ..Sample::nothing(at("/evidence/1"), Product, 409) }
        }
        "/evidence/{number}/attach" => {
            let target = if effective { "threat:1" } else { "threat:999" };
            Sample::post(at("/evidence/1/attach"), Product, 422, &[("target", target)])
        }
        "/records/feedback/{number}/take-up" => {
            let title = if effective { "A" } else { "" };
            Sample::post(at("/records/feedback/1/take-up"), Product, 422, &[("id", &id), ("title", title)])
        }
        "/evidence/{number}/detach" => {
            Sample::post(at("/evidence/1/detach"), Product, 303, &[("target", "threat:1")])
        }
        // `W-1` waits to be decided, as the developer asked; `W-2` is in force.
        "/waivers/new" => {
            let reason = if effective { "A reason" } else { "" };
            let form = [
                ("id", id.as_str()),
                ("subject", seed.waivable.as_str()),
                ("reason", reason),
                ("compensation", "A control"),
                ("until", &seed.last_day),
            ];
            Sample::post("/features/PAY-4/waivers/new", Product, 422, &form)
        }
        "/waivers/{number}" => {
            let form = [("version", version("1")), ("verdict", "approve"), ("password", PASSWORD)];
            let sample = Sample::post(at("/waivers/1"), Product, 409, &form);
            Sample { narrowed: Some(&[Role::SecurityReviewer]), ..sample }
        }
        "/waivers/{number}/withdraw" => {
            Sample::post(at("/waivers/1/withdraw"), Product, 409, &[("version", version("1"))])
        }
        "/waivers/{number}/end" => {
            let form = [("version", version("2")), ("reason", "A reason")];
            let sample = Sample::post(at("/waivers/2/end"), Product, 409, &form);
            // Who owns the feature, and who approves.
            Sample { narrowed: Some(&[Role::ProductManager, Role::SecurityReviewer]), ..sample }
        }
        "/comments" => {
            let text = if effective { "A" } else { "" };
            Sample::post(at("/comments"), Product, 422, &[("id", &id), ("text", text)])
        }
        "/comments/{number}" => {
            let form = [("version", version("1")), ("text", "A")];
            let sample = Sample::post(at("/comments/1"), Product, 409, &form);
            Sample { narrowed: Some(&[Role::ProductManager]), ..sample }
        }
        "/relations" => {
            let other = if effective { "PAY-2" } else { "PAY-999" };
            let form = [("relation", "follows"), ("other", other)];
            Sample::post(at("/relations"), Product, 422, &form)
        }
        // What is not there is taken back already.
        "/relations/remove" => {
            let relation = if effective { "child-of" } else { "follows" };
            let form = [("relation", relation), ("other", "PAY-4")];
            Sample::post(at("/relations/remove"), Product, 303, &form)
        }
        "/archive" => {
            let id = if effective { id.as_str() } else { "none" };
            Sample::post(at("/archive"), Product, 422, &[("id", id)])
        }
        // A version of another policy, or of none.
        "/policy" => {
            let shown = Digest::of(b"").to_string();
            let form = [("from", id.as_str()), ("to", id.as_str()), ("seen", &shown), ("reason", "A reason")];
            Sample::post(at("/policy"), Product, 409, &form)
        }
        "/watch" => Sample::post(at("/watch"), Product, 303, &[("watching", "no")]),
        "/review" => {
            let role = who.roles().first().copied().unwrap_or(Role::SecurityReviewer).code();
            let dossier = Digest::of(b"").to_string();
            let form =
                [("verdict", "approve"), ("role", role), ("dossier", &dossier), ("password", PASSWORD)];
            Sample::post(at("/review"), Product, 409, &form)
        }
        // `PAY-3` has nothing left to do for the team, and `PAY-2` is with the reviewers.
        "/review/request" if effective => Sample::nothing("/features/PAY-3/review/request", Product, 303),
        "/review/request" => Sample::nothing(at("/review/request"), Product, 409),
        "/review/return" => {
            let key = if effective { "PAY-2" } else { "PAY-1" };
            let form = [("return-reason", "A reason"), ("cycle", "1")];
            Sample::post(format!("/features/{key}/review/return"), Product, 409, &form)
        }
        "/owed/{phase}" => {
            let role = who.roles().first().copied().unwrap_or(Role::SecurityReviewer).code();
            let dossier = Digest::of(b"").to_string();
            let form =
                [("verdict", "approve"), ("role", role), ("dossier", &dossier), ("password", PASSWORD)];
            Sample::post(at("/owed/requirements"), Product, 409, &form)
        }
        "/owed/{phase}/withdraw" => {
            let form = [("sign-off", id.as_str()), ("withdraw-reason", "A reason"), ("password", PASSWORD)];
            Sample::post(at("/owed/requirements/withdraw"), Product, 409, &form)
        }
        "/course/hold" => {
            // A day that is over is refused once it is known who asks.
            let until = if effective { "" } else { "2001-01-01" };
            let form = [("id", id.as_str()), ("reason", "A reason"), ("until", until)];
            Sample::post(at(below), Product, 422, &form)
        }
        "/course/cancel" => {
            let reason = if effective { "A reason" } else { "" };
            Sample::post(at(below), Product, 422, &[("id", &id), ("reason", reason)])
        }
        "/course/resume" | "/course/reopen" => {
            Sample::post(at(below), Product, 409, &[("id", &id), ("reason", "A reason")])
        }
        "/course/back" => {
            let shown = Digest::of(b"").to_string();
            let form = [("id", id.as_str()), ("reason", "A reason"), ("to", "release"), ("seen", &shown)];
            Sample::post(at(below), Product, 409, &form)
        }
        "/course/emergency" => {
            let cycle = if effective { "1" } else { "99" };
            let form = [
                ("id", id.as_str()),
                ("reason", "A reason"),
                ("phase", "requirements"),
                ("cycle", cycle),
                ("password", PASSWORD),
            ];
            Sample::post(at(below), Product, 409, &form)
        }
        "/course/emergency/agree" | "/course/emergency/call-off" => {
            let emergency = new_form_id();
            let form = [
                ("id", id.as_str()),
                ("emergency", emergency.as_str()),
                ("reason", "A reason"),
                ("password", PASSWORD),
            ];
            Sample::post(at(below), Product, 409, &form)
        }
        // Nothing drifted there: the gate is not open.
        "/drift/{phase}" => {
            let role = who.roles().first().copied().unwrap_or(Role::SecurityReviewer).code();
            let dossier = Digest::of(b"").to_string();
            let form =
                [("role", role), ("dossier", &dossier), ("reason", "A reason"), ("password", PASSWORD)];
            Sample::post(at("/drift/requirements"), Product, 409, &form)
        }
        "/review/withdraw" => {
            let form = [("sign-off", id.as_str()), ("withdraw-reason", "A reason"), ("password", PASSWORD)];
            Sample::post(at("/review/withdraw"), Product, 409, &form)
        }
        _ => return Ok(None),
    }))
}

fn people_and_products(seed: &Seed, path: &str, who: Who, effective: bool) -> TestResult<Option<Sample>> {
    use Scope::{Product, Workspace};
    let (id, auditor) = (new_form_id(), seed.person(AUDITOR)?.to_string());
    let manager = seed.person(MANAGER)?.to_string();
    let somebody = if effective { manager.clone() } else { new_form_id() };
    let version = if effective { "1" } else { "999" };
    let (key, email) = if effective { ("NEW", "new@example.org") } else { ("PAY", "auditor@example.org") };
    let (granted, revoked) =
        if effective { ("administrator", "auditor") } else { ("auditor", "administrator") };
    let taken = if effective { "product-manager" } else { "qa" };
    let at = path.replace("{key}", "PAY").replace("{id}", &auditor);
    let change = [("version", version), ("reason", "A reason")];
    Ok(Some(match path {
        "/products/new" => Sample::post(at, Workspace, 422, &[("id", &id), ("key", key), ("name", "A")]),
        "/products/{key}/edit" => Sample::post(at, Product, 409, &[("name", "A"), ("version", version)]),
        "/products/{key}/standards/new" => {
            let edition = if effective { "2027" } else { "" };
            let form =
                [("id", id.as_str()), ("title", "Mine"), ("edition", edition), ("summary", "Read it.")];
            Sample::post(at, Product, 422, &form)
        }
        // Attesting twice is attesting once.
        "/products/{key}/standards/{id}" => {
            Sample::nothing(format!("/products/PAY/standards/{}", seed.standard), Product, 303)
        }
        "/products/{key}/lists/{list}" => {
            let version = if effective { "0" } else { "999" };
            let at = at.replace("{list}", "hardening");
            Sample::post(at, Product, 409, &[("version", version), ("points", "One point")])
        }
        "/products/{key}/delegations" => {
            let role = match who {
                Who::In(role @ (Role::ReleaseManager | Role::IncidentManager)) => role,
                _ => Role::SecurityReviewer,
            }
            .code();
            let form = [
                ("id", id.as_str()),
                ("role", role),
                ("to", &somebody),
                ("last", "2026-11-10"),
                ("reason", "Away for a week."),
                ("password", PASSWORD),
            ];
            Sample::post(at, Product, 422, &form)
        }
        // Nobody handed this one on.
        "/products/{key}/delegations/{id}/end" => Sample::nothing(at, Product, 404),
        "/products/{key}/policy" => {
            Sample::post(at, Product, 422, &[("policy", "nobodys"), ("version", "1")])
        }
        "/products/{key}/grants" => Sample::post(at, Product, 422, &[("person", &somebody), ("role", "qa")]),
        "/products/{key}/grants/revoke" => {
            Sample::post(at, Product, 303, &[("person", &manager), ("role", taken)])
        }
        "/people/invite" => Sample::post(at, Workspace, 422, &[("email", email), ("name", "A")]),
        "/people/invitations/{id}/withdraw" => {
            Sample::nothing(format!("/people/invitations/{}/withdraw", seed.invitation), Workspace, 303)
        }
        "/people/{id}/disable" | "/people/{id}/enable" => Sample::post(at, Workspace, 409, &change),
        "/people/{id}/roles" => Sample::post(at, Workspace, 303, &[("role", granted)]),
        "/people/{id}/roles/revoke" => Sample::post(at, Workspace, 303, &[("role", revoked)]),
        _ => return Ok(None),
    }))
}
