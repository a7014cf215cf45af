//! Every form, refused: 422, with all that was typed but for secrets, and the error beside its field, named by it, and
//! in the summary.

use http::Method;
use sluice_server::web::routes::routes;
use sluice_service::new_form_id;

use crate::support::{
    Browser, HOSTILE, PASSWORD, Part, TestResult, Who, World,
    browser::FORM,
    seed::{ADMIN, AUDITOR, DEVELOPER, MANAGER, REVIEWER},
};

/// What is typed where a password belongs, and must not come back.
const SECRET: &str = "canary secret in a field";

/// One form that is refused.
struct Refused {
    who: Option<Who>,
    /// The template of the route, and the address.
    route: &'static str,
    at: String,
    file: bool,
    fields: Vec<(&'static str, String)>,
    /// The fields with an error.
    errors: &'static [&'static str],
    /// Fields that the page draws anew, whatever came.
    fresh: &'static [&'static str],
}

impl Refused {
    fn new(
        who: Who,
        route: &'static str,
        fields: &[(&'static str, &str)],
        errors: &'static [&'static str],
    ) -> Self {
        let at = route
            .replace("/features/{key}", "/features/PAY-1")
            .replace("{key}", "PAY")
            .replace("{number}", "1");
        let at = at.replace("{phase}", "requirements");
        let fields = fields.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        Self { who: Some(who), route, at, file: false, fields, errors, fresh: &[] }
    }

    fn at(self, at: impl Into<String>) -> Self {
        Self { at: at.into(), ..self }
    }

    fn file(self) -> Self {
        Self { file: true, ..self }
    }

    fn signed_out(self) -> Self {
        Self { who: None, ..self }
    }

    fn fresh(self, fresh: &'static [&'static str]) -> Self {
        Self { fresh, ..self }
    }
}

#[expect(clippy::too_many_lines, reason = "a table of forms, one entry each")]
fn of_features(product: &str, owner: &str, dossier: &str) -> Vec<Refused> {
    let id = new_form_id();
    let long = HOSTILE.repeat(20_000 / HOSTILE.len() + 1);
    let note = HOSTILE.repeat(2_000 / HOSTILE.len() + 1);
    let threat: &[(&'static str, &str)] = &[
        ("id", &id),
        ("version", "1"),
        ("title", HOSTILE),
        ("element", HOSTILE),
        ("stride", "tampering"),
        ("severity", "high"),
        ("description", HOSTILE),
        ("countermeasure", HOSTILE),
        ("owner", owner),
        ("status", "treated"),
    ];
    vec![
        Refused::new(
            MANAGER,
            "/features/new",
            &[
                ("id", &id),
                ("product", product),
                ("title", HOSTILE),
                ("description", HOSTILE),
                ("target-date", "31.12.2026"),
            ],
            &["target-date"],
        ),
        Refused::new(
            MANAGER,
            "/features/{key}/risk",
            &[
                ("version", "0"),
                ("from", "low"),
                ("personal-data", "yes"),
                ("money", ""),
                ("access", "no"),
                ("exposed", "no"),
                ("code", "no"),
                ("new-parts", "no"),
                ("reason", HOSTILE),
                ("tier", "high"),
            ],
            &["money"],
        ),
        Refused::new(
            MANAGER,
            "/features/{key}/relations",
            &[("relation", "child-of"), ("other", "OPS-1 <b>")],
            &["other"],
        ),
        Refused::new(
            MANAGER,
            "/features/{key}/records/feedback/{number}/take-up",
            &[("id", &id), ("title", &"x".repeat(121))],
            &["title"],
        ),
        Refused::new(
            DEVELOPER,
            "/features/{key}/records/{kind}",
            &[
                ("id", &id),
                ("version", "0"),
                ("scope", HOSTILE),
                ("goals", &long),
                ("resources", HOSTILE),
                ("timeline", HOSTILE),
                ("market", &note),
            ],
            &["goals", "market"],
        )
        .at("/features/PAY-1/records/plan"),
        Refused::new(
            DEVELOPER,
            "/features/{key}/records/{kind}/new",
            &[
                ("id", &id),
                ("version", "0"),
                ("state", "merged"),
                ("title", HOSTILE),
                ("link", "javascript:alert(1)"),
                ("author", owner),
                ("reviewers", owner),
                ("implements", "R-1"),
                ("implements", "R-99"),
                ("note", HOSTILE),
            ],
            &["link", "reviewers"],
        )
        .at("/features/PAY-1/records/change/new"),
        Refused::new(
            DEVELOPER,
            "/features/{key}/records/{kind}/{number}",
            &[
                ("version", "1"),
                ("state", "dropped"),
                ("title", HOSTILE),
                ("class", "security"),
                ("family", ""),
                ("priority", "must"),
                ("acceptance", HOSTILE),
                ("owner", owner),
            ],
            &["family", "note"],
        )
        .at("/features/PAY-1/records/requirement/1"),
        Refused::new(
            MANAGER,
            "/features/{key}/edit",
            &[
                ("version", "1"),
                ("title", &"x".repeat(121)),
                ("description", HOSTILE),
                ("owner", owner),
                ("target-date", "2026-13-01"),
                ("sprint", &"x".repeat(41)),
            ],
            &["title", "target-date", "sprint"],
        ),
        Refused::new(
            DEVELOPER,
            "/features/{key}/phases/{phase}",
            &[("control", "authentication"), ("mark", "not-applicable"), ("note", &note), ("version", "0")],
            &["note"],
        )
        .at("/features/PAY-4/phases/requirements"),
        Refused::new(
            DEVELOPER,
            "/features/{key}/threat-model",
            &[
                ("version", "0"),
                ("scope", &long),
                ("threats", HOSTILE),
                ("response", HOSTILE),
                ("review", HOSTILE),
            ],
            &["scope"],
        ),
        Refused::new(DEVELOPER, "/features/{key}/comments", &[("id", &id), ("text", "")], &["text"]),
        Refused::new(
            MANAGER,
            "/features/{key}/comments/{number}",
            &[("version", "1"), ("text", &long)],
            &["text"],
        ),
        Refused::new(DEVELOPER, "/features/{key}/threats/new", threat, &["treatment"]),
        Refused::new(DEVELOPER, "/features/{key}/threats/{number}", threat, &["treatment"]),
        Refused::new(
            DEVELOPER,
            "/features/{key}/evidence",
            &[("id", &id), ("kind", "plan"), ("title", HOSTILE), ("note", HOSTILE), ("target", "threat:1")],
            &["file"],
        )
        .file(),
        Refused::new(
            DEVELOPER,
            "/features/{key}/evidence/{number}",
            &[("version", "1"), ("note", HOSTILE)],
            &["file"],
        )
        .file(),
        Refused::new(
            DEVELOPER,
            "/features/{key}/evidence/{number}/attach",
            &[("target", "threat:999")],
            &["target"],
        )
        .fresh(&["target"]),
        Refused::new(
            REVIEWER,
            "/features/{key}/review",
            &[
                ("verdict", "approve"),
                ("role", "security-reviewer"),
                ("dossier", dossier),
                ("reason", HOSTILE),
                ("password", SECRET),
            ],
            &["password"],
        )
        .at("/features/PAY-2/review"),
        Refused::new(
            REVIEWER,
            "/features/{key}/review/return",
            &[("return-reason", "x"), ("cycle", "1")],
            &["return-reason"],
        )
        .at("/features/PAY-2/review/return"),
        Refused::new(
            REVIEWER,
            "/features/{key}/review/withdraw",
            &[("sign-off", &id), ("withdraw-reason", "x"), ("password", SECRET)],
            &["withdraw-reason"],
        )
        .fresh(&["sign-off"])
        .at("/features/PAY-2/review/withdraw"),
        Refused::new(
            MANAGER,
            "/features/{key}/course/hold",
            &[("id", &id), ("reason", "x"), ("until", "2030-02-30")],
            &["reason", "until"],
        ),
        Refused::new(MANAGER, "/features/{key}/course/cancel", &[("id", &id), ("reason", "x")], &["reason"]),
        Refused::new(
            REVIEWER,
            "/features/{key}/course/emergency",
            &[
                ("id", &id),
                ("phase", "requirements"),
                ("cycle", "1"),
                ("reason", HOSTILE),
                ("password", SECRET),
            ],
            &["password"],
        )
        .fresh(&["phase", "cycle"]),
        Refused::new(
            DEVELOPER,
            "/features/{key}/waivers/new",
            &[
                ("id", &id),
                ("subject", ""),
                ("reason", HOSTILE),
                ("compensation", HOSTILE),
                ("until", "31.12.2026"),
            ],
            &["subject", "until"],
        ),
        // Whoever refuses says why.
        Refused::new(
            REVIEWER,
            "/features/{key}/waivers/{number}",
            &[("version", "1"), ("verdict", "refuse"), ("reason", "x"), ("password", SECRET)],
            &["reason"],
        ),
        Refused::new(
            REVIEWER,
            "/features/{key}/waivers/{number}/end",
            &[("version", "2"), ("reason", "x")],
            &["reason"],
        )
        .at("/features/PAY-1/waivers/2/end"),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table of forms, one entry each")]
fn of_people(world: &World, product: &str, manager: &str, view: &str) -> Vec<Refused> {
    let id = new_form_id();
    let note = HOSTILE.repeat(2_000 / HOSTILE.len() + 1);
    let person = |below: &str| format!("/people/{manager}{below}");
    vec![
        Refused::new(
            ADMIN,
            "/products/new",
            &[("id", &id), ("key", "1<b>"), ("name", HOSTILE), ("description", HOSTILE)],
            &["key"],
        ),
        Refused::new(
            ADMIN,
            "/products/{key}/edit",
            &[("version", "1"), ("name", ""), ("description", HOSTILE)],
            &["name"],
        ),
        Refused::new(ADMIN, "/policies/import", &[("source", HOSTILE)], &["source"]).file(),
        Refused::new(
            ADMIN,
            "/policies/{key}/{version}/activate",
            &[("id", &id), ("from", ""), ("reason", HOSTILE)],
            &[],
        )
        .at("/policies/sdl/2026.3/activate")
        .fresh(&["id", "from", "reason"]),
        Refused::new(ADMIN, "/policies/{key}/{version}/replay", &[("id", &id), ("at", "\"><b>")], &["at"])
            .at("/policies/sdl/2026.3/replay"),
        Refused::new(
            ADMIN,
            "/products/{key}/policy",
            &[("policy", "nobodys"), ("version", "1")],
            &["policy"],
        )
        .fresh(&["policy"]),
        Refused::new(
            MANAGER,
            "/features/{key}/policy",
            &[("from", &id), ("to", &id), ("seen", &"0".repeat(64)), ("reason", "")],
            &[],
        )
        .fresh(&["from", "to", "seen"]),
        Refused::new(
            MANAGER,
            "/products/{key}/standards/new",
            &[
                ("id", &id),
                ("title", ""),
                ("edition", "<b>\"2027"),
                ("link", "javascript:alert(1)"),
                ("summary", HOSTILE),
            ],
            &["title", "link"],
        ),
        Refused::new(
            REVIEWER,
            "/products/{key}/delegations",
            &[
                ("id", &id),
                ("role", "security-reviewer"),
                ("to", manager),
                ("first", "tomorrow"),
                ("last", "2026-11-40"),
                ("reason", HOSTILE),
                ("password", SECRET),
            ],
            &["first", "last"],
        ),
        Refused::new(
            MANAGER,
            "/products/{key}/lists/{list}",
            &[("version", "0"), ("points", &HOSTILE.repeat(200 / HOSTILE.len() + 1))],
            &["points"],
        )
        .at("/products/PAY/lists/hardening"),
        Refused::new(ADMIN, "/products/{key}/grants", &[("person", manager), ("role", "")], &["role"]),
        Refused::new(
            ADMIN,
            "/people/invite",
            &[
                ("email", "<b>\"@"),
                ("name", HOSTILE),
                ("workspace-role", "auditor"),
                ("product", product),
                ("product-role", "qa"),
                ("product-role", "developer"),
            ],
            &["email"],
        ),
        Refused::new(ADMIN, "/people/{id}/disable", &[("version", "1"), ("reason", &note)], &["reason"])
            .at(person("/disable")),
        Refused::new(ADMIN, "/people/{id}/enable", &[("version", "1"), ("reason", &note)], &["reason"])
            .at(person("/enable")),
        Refused::new(ADMIN, "/people/{id}/roles", &[("role", "emperor")], &["role"])
            .at(person("/roles"))
            .fresh(&["role"]),
        Refused::new(
            DEVELOPER,
            "/account",
            &[("password", SECRET), ("new-password", "short"), ("new-password-again", SECRET)],
            &["new-password"],
        ),
        Refused::new(DEVELOPER, "/account/name", &[("version", "1"), ("name", &"é".repeat(101))], &["name"]),
        Refused::new(
            Who::Nobody,
            "/join/{token}",
            &[("name", HOSTILE), ("new-password", SECRET), ("new-password-again", "another secret")],
            &["new-password-again"],
        )
        .at(format!("/join/{}", world.seed.token))
        .signed_out(),
        Refused::new(
            Who::Nobody,
            "/sign-in",
            &[("email", "who\"<b>@example.org"), ("password", SECRET), ("next", "/features?q=a")],
            &["password"],
        )
        .signed_out(),
        Refused::new(
            DEVELOPER,
            "/views",
            &[("id", &id), ("of", "features"), ("query", "q=%3Cb%3E"), ("name", "")],
            &["name"],
        )
        .fresh(&["query"]),
        Refused::new(DEVELOPER, "/views/{id}/edit", &[("name", "")], &["name"])
            .at(format!("/views/{view}/edit")),
        Refused::new(
            AUDITOR,
            "/history.csv",
            &[("object", "?<b>\""), ("from", "yesterday"), ("to", "2026-11-03"), ("person", manager)],
            &["object", "from"],
        ),
    ]
}

/// Forms without a field that somebody fills in, and what is no form of a page.
const NOTHING_TYPED: [&str; 28] = [
    "/sign-out",
    "/preferences/theme",
    "/islands/preview",
    "/account/sessions/end",
    "/features/{key}/evidence/{number}/detach",
    "/features/{key}/review/request",
    // These fit a feature only that rests, was released, or moved on; their tests are those of the service and the
    // journey in the browser.
    "/features/{key}/course/resume",
    "/features/{key}/course/reopen",
    "/features/{key}/course/back",
    "/features/{key}/course/emergency/agree",
    "/features/{key}/course/emergency/call-off",
    "/features/{key}/owed/{phase}",
    "/features/{key}/owed/{phase}/withdraw",
    "/features/{key}/starters",
    "/features/{key}/archive",
    "/features/{key}/relations/remove",
    "/features/{key}/watch",
    "/features/{key}/waivers/{number}/withdraw",
    "/views/{id}/delete",
    "/work/mentions/seen",
    "/notifications/read",
    "/products/{key}/standards/{id}",
    "/products/{key}/delegations/{id}/end",
    "/products/{key}/grants/revoke",
    "/people/invitations/{id}/withdraw",
    "/people/{id}/roles/revoke",
    "/policies/{key}/{version}/impact",
    "/policy-runs/{id}/cancel",
];

/// Forms that are refused in a test of their own: what they are about is not there in every workspace.
const ELSEWHERE: [&str; 1] = ["/features/{key}/drift/{phase}"];

#[tokio::test]
async fn a_refused_form_keeps_what_was_typed_and_says_what_is_wrong_beside_the_field() -> TestResult {
    let world = World::new().await?;
    let product = world.seed.product.to_string();
    let manager = world.seed.person(MANAGER)?.to_string();
    let mut forms = of_features(&product, &manager, &dossier(&world).await?);
    let view = world.seed.view(DEVELOPER)?.to_string();
    forms.extend(of_people(&world, &product, &manager, &view));
    for route in routes() {
        if route.methods.iter().any(|(method, _)| *method == Method::POST) {
            let tried = forms.iter().any(|form| form.route == route.path);
            assert!(
                tried != (NOTHING_TYPED.contains(&route.path) || ELSEWHERE.contains(&route.path)),
                "{} belongs into one of the lists",
                route.path
            );
        }
    }
    let before = world.digest().await?;
    let mut wrong = Vec::new();
    for form in &forms {
        if form.route.ends_with("/withdraw") {
            // There is something to withdraw only now.
            deny(&world).await?;
        }
        let mut browser = match form.who {
            Some(who) => Browser::signed_in(&world, who).await?,
            None => Browser::new(&world),
        };
        let answer = if form.file {
            let parts: Vec<Part> =
                form.fields.iter().map(|(name, value)| Part::field(name, value.as_str())).collect();
            browser.upload(&form.at, &parts).await?
        } else {
            browser.post_body(&form.at, FORM, serde_urlencoded::to_string(&form.fields)?).await?
        };
        if answer.code() != 422 {
            wrong.push(format!("{}: {}", form.at, answer.code()));
            continue;
        }
        let page = answer.page();
        for field in form.errors {
            wrong.extend(page.missing_of_error(field).into_iter().map(|what| format!("{}: {what}", form.at)));
        }
        for (name, value) in &form.fields {
            if name.contains("password") {
                if !value.is_empty() && answer.text().contains(value.as_str()) {
                    wrong.push(format!("{}: {name} came back", form.at));
                }
            } else if !value.is_empty() && !form.fresh.contains(name) && !page.holds(name, value) {
                wrong.push(format!("{}: {name} lost {value:.60}", form.at));
            }
        }
        let title = page.all("title").map(|title| title.text.clone()).next().unwrap_or_default();
        if !title.starts_with("Error: ") {
            wrong.push(format!("{}: the title is {title:?}", form.at));
        }
        if !page.0.iter().any(|element| element.attribute("role") == Some("alert")) {
            wrong.push(format!("{}: no summary", form.at));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let now: Vec<_> =
        world.digest().await?.into_iter().zip(before).filter(|(now, then)| now != then).collect();
    let names: Vec<String> = now.into_iter().map(|((name, _), _)| name).collect();
    // People signed in, and one of them denied.
    let written = |name: &String| {
        name.starts_with("audit.")
            || name.contains("sign_off")
            || name.contains("gate")
            || name.contains("dossier")
    };
    assert!(names.iter().all(written), "{names:?}");
    Ok(())
}

/// The dossier that the reviewer is shown.
async fn dossier(world: &World) -> TestResult<String> {
    let page = Browser::signed_in(world, REVIEWER).await?.get("/features/PAY-2/review").await?.page();
    Ok(page.hidden("dossier").first().ok_or("no form to sign with")?.to_string())
}

/// The reviewer denies the gate that waits for review.
async fn deny(world: &World) -> TestResult {
    let dossier = dossier(world).await?;
    let form = [
        ("verdict", "deny"),
        ("role", "security-reviewer"),
        ("dossier", &dossier),
        ("reason", "The refunds are missing."),
        ("password", PASSWORD),
    ];
    let answer = Browser::signed_in(world, REVIEWER).await?.post("/features/PAY-2/review", &form).await?;
    assert_eq!(answer.code(), 303, "{}", answer.text());
    Ok(())
}
