//! Two people edit the same thing: who saves second is shown both versions, and can then save with open eyes.

use crate::support::{
    Answer, Browser, Part, TestResult, Who, World,
    browser::FORM,
    seed::{ADMIN, DEVELOPER, MANAGER},
};

struct Both {
    who: Who,
    at: &'static str,
    /// The fields, with `%` where the two versions differ.
    fields: Vec<(&'static str, String)>,
    /// The version that both saw.
    version: &'static str,
}

fn both(who: Who, at: &'static str, version: &'static str, fields: &[(&'static str, &str)]) -> Both {
    Both {
        who,
        at,
        version,
        fields: fields.iter().map(|(name, value)| (*name, (*value).to_owned())).collect(),
    }
}

impl Both {
    async fn send(&self, browser: &mut Browser, words: &str, version: &str) -> TestResult<Answer> {
        let mut fields: Vec<(&'static str, String)> =
            self.fields.iter().map(|(name, value)| (*name, value.replace('%', words))).collect();
        fields.push(("version", version.to_owned()));
        if self.at.contains("/evidence/") {
            let mut parts: Vec<Part> =
                fields.into_iter().map(|(name, value)| Part::Field(name, value)).collect();
            parts.push(Part::file("a.txt", words));
            return browser.upload(self.at, &parts).await;
        }
        browser.post_body(self.at, FORM, serde_urlencoded::to_string(fields)?).await
    }
}

#[tokio::test]
async fn a_stale_form_shows_theirs_and_yours_and_can_be_saved_again() -> TestResult {
    let world = World::new().await?;
    let manager = world.seed.person(MANAGER)?.to_string();
    let forms = [
        both(
            MANAGER,
            "/features/PAY-1/edit",
            "1",
            &[("title", "% title"), ("description", "% words"), ("owner", &manager)],
        ),
        both(MANAGER, "/products/PAY/lists/hardening", "0", &[("points", "% points")]),
        both(
            MANAGER,
            "/features/PAY-1/risk",
            "0",
            &[
                ("personal-data", "no"),
                ("money", "no"),
                ("access", "no"),
                ("exposed", "no"),
                ("code", "no"),
                ("new-parts", "no"),
                ("reason", "% reason"),
                ("from", "low"),
                ("go", "save"),
            ],
        ),
        both(
            DEVELOPER,
            "/features/PAY-1/records/requirement/1",
            "1",
            &[
                ("state", "accepted"),
                ("title", "% requirement"),
                ("class", "functional"),
                ("priority", "must"),
                ("acceptance", "% words"),
            ],
        ),
        both(
            DEVELOPER,
            "/features/PAY-1/threat-model",
            "0",
            &[("scope", "% scope"), ("threats", "% threats")],
        ),
        both(
            DEVELOPER,
            "/features/PAY-1/threats/1",
            "1",
            &[("title", "% threat"), ("stride", "tampering"), ("severity", "low"), ("status", "open")],
        ),
        both(
            DEVELOPER,
            "/features/PAY-4/phases/requirements",
            "0",
            &[("control", "authentication"), ("mark", "not-applicable"), ("note", "% note")],
        ),
        both(MANAGER, "/features/PAY-1/comments/1", "1", &[("text", "% words")]),
        both(ADMIN, "/products/PAY/edit", "1", &[("name", "% name"), ("description", "% words")]),
        both(ADMIN, "/account/name", "1", &[("name", "% name")]),
        both(DEVELOPER, "/features/PAY-1/evidence/1", "1", &[("note", "% note")]),
    ];
    for form in forms {
        let (mut first, mut second) =
            (Browser::signed_in(&world, form.who).await?, Browser::signed_in(&world, form.who).await?);
        let saved = form.send(&mut first, "Theirs", form.version).await?;
        assert_eq!(saved.code(), 303, "{}: {}", form.at, saved.text());
        let before = world.digest().await?;
        let answer = form.send(&mut second, "Yours", form.version).await?;
        assert_eq!(answer.code(), 409, "{}", form.at);
        assert_eq!(world.digest().await?, before, "{}: nothing was saved", form.at);
        for (name, value) in form.fields.iter().filter(|(_, value)| value.contains('%')) {
            let (theirs, yours) = (value.replace('%', "Theirs"), value.replace('%', "Yours"));
            assert!(answer.text().contains(&theirs), "{}: {name} of theirs", form.at);
            assert!(answer.page().holds(name, &yours), "{}: {name} of yours", form.at);
        }
        let page = answer.page();
        let next = page.hidden("version").into_iter().find(|version| *version != form.version);
        let next = next.ok_or_else(|| format!("{}: no new version", form.at))?;
        let answer = form.send(&mut second, "Yours", next).await?;
        assert_eq!(answer.code(), 303, "{}: saved knowingly", form.at);
    }
    Ok(())
}
