// The main job from nothing to the end, once without JavaScript and once with it: a team takes a high-risk feature
// through six gates, meets a blocker at each, and an auditor reads how it happened. On the way everything is tried that
// has to be refused.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, suite, test } from "node:test";
import { launch } from "../lib/browser.js";
import { parseCsv } from "../lib/csv.js";
import { Person } from "../lib/person.js";
import { Server } from "../lib/server.js";
import * as records from "../lib/records.js";
import * as work from "../lib/workspace.js";

const PHASES = [
  ["requirements", "Requirements and planning"],
  ["design", "Design"],
  ["development", "Development"],
  ["testing", "Testing"],
  ["release", "Release and monitoring"],
  ["post-release", "Post-release"],
];

/** What the last gate asks for among other things: a feature retires in good order. */
const ASKED = {
  "post-release": ["The feature's data is disposed of", "Users have a way forward", "The feature’s record, as it is now, is not archived"],
};

const OPENED = "Your sign-off was the last one needed: the gate is open and the next phase begins.";
const STANDS = "Your sign-off stands. The gate waits for more.";

/** A spreadsheet would run this, if the export let it. */
const FORMULA = "=HYPERLINK(\"http://127.0.0.1:9/\",\"read every control\")";

for (const javaScript of [false, true]) {
  suite(`the line, with JavaScript ${javaScript ? "on" : "off"}`, () => line(javaScript));
}

function line(javaScript) {
  /** @type {Server} */ let server;
  /** @type {import("playwright-core").Browser} */ let browser;
  /** @type {Record<string, Person>} */
  const people = {};
  const feature = "PAY-1";
  let broken = false;

  /** The steps build on each other: after one that failed the others say nothing. */
  const step = (name, does) =>
    test(name, async (t) => {
      if (broken) return t.skip("an earlier step failed");
      broken = true;
      await does();
      broken = false;
    });

  before(async () => {
    [server, browser] = await Promise.all([Server.start(), launch()]);
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  step("the set-up link makes the first administrator, once", async () => {
    const link = await server.setUpLink();
    const nora = await Person.arrive(browser, server.url, { name: "Nora Lind", email: "nora@example.org", javaScript });
    people.nora = nora;
    await nora.open(link);
    await nora.fill({ "E-mail address": nora.email, Name: nora.name, Password: "short", "Password, again": "other" });
    await nora.press("Create my account", 422);
    await nora.isTold("The password has to have 12 to 256 characters. A few words in a row do well.", "Password");
    assert.equal(await nora.field("Name").inputValue(), nora.name, "what was typed is kept");
    await nora.join(link);
    assert.equal(await nora.heading(), "People", "an administrator lands where the people are");
    await nora.open(link, 404);
    await nora.sees("This link does not work");
  });

  step("people join by one-time links, each with the roles that they were given", async () => {
    await work.createProduct(people.nora, { key: "PAY", name: "Payments", description: "Checkout and **cards**." });
    const product = "PAY Payments";
    const cast = {
      ana: { name: "Ana Diaz", roles: ["Product manager"] },
      eli: { name: "Eli Brandt", roles: ["Designer"] },
      dana: { name: "Dana Wu", roles: ["Developer"] },
      gita: { name: "Gita Rao", roles: ["QA"] },
      ben: { name: "Ben Ode", roles: ["Security reviewer"] },
      chi: { name: "Chi Ito", roles: ["Security reviewer"] },
      rex: { name: "Rex Holm", roles: ["Developer", "Security reviewer"] },
      hugo: { name: "Hugo Marsh", roles: ["Release manager"] },
      rosa: { name: "Rosa Lim", roles: ["Stakeholder"] },
      victor: { name: "Victor Ames", workspace: ["Auditor"] },
    };
    for (const [who, { name, ...roles }] of Object.entries(cast)) {
      people[who] = await work.invite(people.nora, browser, { name, email: `${who}@example.org`, product, ...roles, javaScript });
    }
    assert.equal(await people.victor.heading(), "History", "an auditor lands in the history");
    assert.equal(await people.ana.heading(), "My work");
  });

  step("the product manager creates a feature: refused while a field is missing, once however often it is sent", async () => {
    const { ana } = people;
    await ana.open("/features/new");
    await ana.page.getByText("Target date and description").click();
    await ana.fill({ Description: "What a card number becomes." });
    await ana.press("Create feature", 422);
    await ana.isTold("Title is empty. Fill it in.", "Title");
    assert.equal(await ana.field("Description").inputValue(), "What a card number becomes.");
    await ana.fill({ Title: "Card tokenisation", "Target date": "2031-02-03" });
    const sent = await ana.filledIn('form[action="/features/new"]');
    const first = await ana.post("/features/new", sent);
    assert.deepEqual([first.status, first.location], [303, `/features/${feature}`]);
    await ana.press("Create feature");
    assert.equal(new URL(ana.page.url()).pathname, `/features/${feature}`, "the second sending leads to the same feature");
    await ana.open("/features");
    assert.equal(await ana.page.getByRole("link", { name: /Card tokenisation/ }).count(), 1);
  });

  step("a role that may not edit is refused, and told who may", async () => {
    const { dana } = people;
    await dana.open(`/features/${feature}`);
    await dana.misses(dana.page.getByRole("link", { name: "Edit", exact: true }), "to edit");
    await dana.sees("The product manager of Payments can edit the feature.");
    await dana.open(`/features/${feature}/edit`, 403);
    await dana.sees("You may not edit this feature.");
    const byHand = await dana.post(`/features/${feature}/edit`, { version: "1", title: "Mine" });
    assert.equal(byHand.status, 403);
    const foreign = await people.ana.post(`/features/${feature}/edit`, {}, { origin: "http://localhost:1", site: "cross-site" });
    assert.equal(foreign.status, 403, "a form of another site");
  });

  step("two people edit at once: both versions are shown, and nothing typed is lost", async () => {
    const { ana } = people;
    await ana.open(`/features/${feature}/edit`);
    const other = await ana.context.newPage();
    await other.goto(`/features/${feature}/edit`);
    await other.getByLabel("Title").fill("Card tokens");
    await Promise.all([other.waitForURL(`**/features/${feature}`), other.getByRole("button", { name: "Save", exact: true }).click()]);
    await other.close();
    await ana.fill({ Title: "Card tokenisation, phase one" });
    await ana.press("Save", 409);
    const conflict = ana.page.locator(".conflict");
    await ana.sees("Card tokens", conflict);
    await ana.sees("Card tokenisation, phase one", conflict);
    assert.equal(await ana.field("Title").inputValue(), "Card tokenisation, phase one");
    await ana.press("Save mine over theirs");
    await ana.sees("Saved.");
    assert.match(await ana.heading(), /phase one/);
  });

  step("a session that ends while a form is filled in loses nothing", async () => {
    const { ana } = people;
    await records.rate(ana, feature, ["money"]);
    await ana.sees("High risk");
    await ana.open(`/features/${feature}/records/plan`);
    await ana.fill({ Scope: "Cards are replaced by tokens;\nnothing else changes.", Goals: "No card number is stored." });
    await ana.context.clearCookies();
    await ana.press("Save the plan", 401);
    await ana.sees("Your session had ended, but what you typed is kept");
    await ana.fill({ "E-mail address": ana.email, Password: "not my password" });
    await ana.press("Sign in", 422);
    await ana.fill({ "E-mail address": ana.email, Password: ana.password });
    await ana.press("Sign in");
    assert.equal(await ana.heading(), "Your entries are kept");
    await ana.press("Send what you typed");
    await ana.open(`/features/${feature}/records/plan`);
    assert.equal(await ana.field("Scope").inputValue(), "Cards are replaced by tokens;\nnothing else changes.");
  });

  step("no phase is skipped and no review is asked for early, not by hand-made requests either", async () => {
    const { ana, ben } = people;
    const early = await ana.post(`/features/${feature}/review/request`, {});
    assert.equal(early.status, 409);
    assert.match(early.text, /The gate stays closed/);
    const ahead = await ana.post(`/features/${feature}/phases/design`, {
      control: "countermeasures",
      mark: "done",
      note: "Ahead of its time.",
      version: "0",
    });
    assert.equal(ahead.status, 409);
    assert.match(ahead.text, /Phases are worked through in order, none is skipped\./);
    await ben.open(`/features/${feature}/review`);
    await ben.misses(ben.page.getByRole("button", { name: "Sign", exact: true }), "to sign");
    const signed = await ben.post(`/features/${feature}/review`, {
      dossier: "0".repeat(64),
      phase: "requirements",
      role: "security-reviewer",
      verdict: "approve",
      reason: "",
      password: ben.password,
    });
    assert.equal(signed.status, 409);
    assert.match(signed.text, /The team has the turn/);
  });

  for (const [phase, name] of PHASES) {
    step(`${name}: the team works the checklist; the last blocker says what is missing and leads to where it is cleared`, () =>
      clearGate(phase, name));
    step(`${name}: the reviewers sign and the gate opens`, () => reviews[phase](phase));
  }

  step("the feature went through its whole lifecycle, and its record is closed", async () => {
    const { ana } = people;
    await ana.open(`/features/${feature}`);
    await ana.sees("Every gate of this feature is open: its record is complete and no longer changes.");
    await ana.misses(ana.page.getByRole("link", { name: "Edit", exact: true }), "to edit");
    const late = await ana.post(`/features/${feature}/review/request`, {});
    assert.equal(late.status, 409);
  });

  step("an auditor reads the story and takes it away", async () => {
    const { victor } = people;
    await victor.open("/history");
    await victor.fill({ "Product or feature": feature });
    await victor.choose("Action", "Gate: opened");
    await victor.press("Show");
    const rowsOf = victor.page.getByRole("table", { name: "Events, newest first" }).locator("tbody tr");
    assert.equal(await rowsOf.count(), PHASES.length);
    await victor.page.getByText("Details").first().click();
    await victor.sees("gate.opened");
    const rows = await exported(victor);
    assert.equal(rows.length, PHASES.length, "the export has what the filter selects");
    assert.ok(rows.every((row) => row.action === "gate.opened" && row.feature === feature));

    await victor.open(`/history?object=${feature}`);
    const story = await exported(victor);
    const count = (action) => story.filter((row) => row.action === action).length;
    assert.equal(count("feature.created"), 1, "sent twice, created once");
    assert.equal(count("gate.opened"), PHASES.length);
    assert.equal(count("gate.returned"), 1);
    assert.equal(count("sign-off.withdrawn"), 1);
    assert.ok(count("evidence.added") >= 8, "every proof is in the story");
    assert.ok(count("record.added") >= 25, "every record is in the story");
    const signed = story.find((row) => row.reason.includes("HYPERLINK"));
    assert.equal(signed.reason, `'${FORMULA}`, "a formula arrives as text");
    for (const row of story) {
      for (const [column, value] of Object.entries(row)) {
        assert.doesNotMatch(value, /^\s*[=+@-]/, `${column} would be run as a formula`);
      }
    }
    await victor.open("/features/new", 403);
  });

  step("no page complained, and the server had nothing to complain about", async () => {
    for (const person of Object.values(people)) person.isContent();
    assert.deepEqual(server.complaints(), []);
  });

  /** The rows that the button takes away. */
  async function exported(auditor) {
    const [download] = await Promise.all([
      auditor.page.waitForEvent("download"),
      auditor.page.getByRole("button", { name: "Export CSV" }).click(),
    ]);
    assert.match(download.suggestedFilename(), /^sluice-history-\d{4}-\d\d-\d\d\.csv$/);
    return parseCsv(await readFile(await download.path(), "utf8"));
  }

  /** Everything that blocks, line by line, at the place where each line leads; then the review is requested. */
  async function clearGate(phase, name) {
    const { ana } = people;
    await workAhead[phase]?.();
    const seen = new Set();
    for (;;) {
      const blocking = (await records.open(ana, feature)).filter(({ path }) => !/threat/.test(path));
      // The archive is of the whole record, so it comes last.
      const next = blocking.find(({ path }) => !path.endsWith("/archive")) ?? blocking[0];
      if (!next) break;
      assert.ok(!seen.has(next.sentence), `“${next.sentence}” is still there after it was cleared`);
      seen.add(next.sentence);
      await ana.misses(ana.page.getByRole("button", { name: "Request review" }), "a review that would be refused");
      if (blocking.length === 1) {
        const refused = await ana.post(`/features/${feature}/review/request`, {});
        assert.equal(refused.status, 409);
        assert.ok(refused.text.includes("The gate stays closed"), "the refusal says what is missing");
      }
      await records.clear(people, feature, phase, next, { risk: ["money"] });
    }
    assert.ok(seen.size > 0, "something blocked");
    for (const wanted of ASKED[phase] ?? []) {
      assert.ok([...seen].some((sentence) => sentence.includes(wanted)), `the gate asks: ${wanted}`);
    }
    await conditions[phase]?.();
    await work.requestReview(ana, feature);
    await ana.sees(`${name} gate`);
  }

  /** What somebody does at the beginning of a phase. */
  const workAhead = {
    // Rex is developer and security reviewer: what he writes here he cannot sign.
    requirements: () =>
      records.record(people.rex, feature, "requirement", {
        title: "Card numbers are never logged",
        class: "security",
        family: "data-encryption",
      }),
  };

  /** What a gate asks for besides its controls: met as a blocker, then cleared. */
  const conditions = {
    design: async () => {
      const { ana, eli } = people;
      const open = await work.blockers(ana, feature);
      for (const question of Object.keys(work.ANSWERS)) {
        const sentence = `The threat model does not answer “${question}”`;
        assert.ok(open.some((line) => line.startsWith(sentence)), `${sentence}: ${open}`);
      }
      await work.answerQuestions(eli, feature);
      await work.addThreat(eli, feature, { title: "Somebody with the backup reads card numbers", element: "Token store" });
      await ana.open(`/features/${feature}`);
      await ana.sees("Threat T-1 (high) has no treatment planned");
      await eli.open(`/features/${feature}`);
      await eli.follow(/Open the threat/, eli.page.locator("#gate"));
      assert.equal(new URL(eli.page.url()).pathname, `/features/${feature}/threats/1`);
      await eli.choose("Status", "Planned:");
      await eli.press("Save the threat", 422);
      await eli.isTold("Choose a treatment and describe what is done, or leave the status at “Open”.");
      await work.treat(eli, feature, 1, "Planned", "Backups are encrypted; the key stays with the acquirer.");
    },
    testing: async () => {
      const { dana } = people;
      const open = await work.blockers(dana, feature);
      assert.ok(open.some((line) => line.startsWith("The treatment of threat T-1 (high) is not in place")), String(open));
      await work.treat(dana, feature, 1, "In place");
    },
  };

  const reviews = {
    requirements: async (phase) => {
      const { ben, rex } = people;
      await rex.open(`/features/${feature}/review`);
      await rex.sees("You wrote part of this dossier, so someone else has to approve it.");
      await rex.misses(rex.page.getByRole("button", { name: "Sign", exact: true }), "to sign");

      const form = await work.decide(ben, feature, { reason: FORMULA, password: "this is not his password" });
      const sent = await ben.filledIn("#sign form");
      await ben.press("Sign", 422, form);
      await ben.isTold("This is not your password. Nothing was changed; try again.", "Password");
      assert.equal(await ben.field("Reason", form).inputValue(), FORMULA, "the reason is kept");
      assert.equal(await ben.field("Password", form).inputValue(), "", "the password is not");
      assert.ok(await ben.page.locator("#verdict").isChecked(), "the decision is kept");

      const own = await rex.post(`/features/${feature}/review`, [...sent.filter(([name]) => name !== "password"), ["password", rex.password]]);
      assert.equal(own.status, 409);
      assert.match(own.text, /You wrote part of this dossier, so someone else has to approve it\./);

      await work.sign(ben, feature, OPENED, { reason: FORMULA });
      const again = await ben.post(`/features/${feature}/review`, [...sent.filter(([name]) => name !== "password"), ["password", ben.password]]);
      assert.equal(again.status, 409, "a signature for a gate that is open by now");
      await ben.open(`/features/${feature}/phases/${phase}`);
      await ben.sees("This phase is passed");
    },
    design: async () => {
      const { ana, ben, chi, eli } = people;
      await ben.open(`/features/${feature}/review`);
      const back = ben.page.locator("#return");
      await ben.press("Return for changes", 422, back);
      await ben.fill({ "The reason": "Say who holds the keys." }, ben.page.locator("#return"));
      await ben.press("Return for changes", 200, ben.page.locator("#return"));
      await ben.sees("The gate is returned. The team has the turn, with your reasons.");
      await eli.open(`/features/${feature}/review`);
      await eli.sees("Say who holds the keys.");
      await work.requestReview(ana, feature);
      await ben.open(`/features/${feature}`);
      await ben.sees("cycle 2");

      await work.sign(ben, feature, STANDS);
      await ben.sees("You have a standing sign-off on this gate. Withdraw it first to sign anew.");
      await chi.open(`/features/${feature}/review`);
      const stale = await work.decide(chi, feature);
      // While Chi reads, somebody changes what is signed.
      await work.treat(eli, feature, 1, "Planned", "Backups are encrypted; the security team holds the keys.", "Ben Ode");
      await chi.press("Sign", 409, stale);
      await chi.sees("The dossier changed while you were reading. Nothing was signed: read what changed, then sign.");
      await ben.open(`/features/${feature}/review`);
      await ben.sees("Voided");
      await ben.sees("What changed");
      await work.sign(chi, feature, STANDS);
      await work.sign(ben, feature, OPENED);
    },
    development: async () => {
      const { ben, chi } = people;
      await work.sign(chi, feature, "Your denial stands. The gate stays closed until you withdraw it.", {
        verdict: "Deny",
        reason: "The scan is of another branch.",
      });
      await work.sign(ben, feature, STANDS);
      await ben.sees("Chi Ito, security reviewer, denied this gate; only they can withdraw the denial");
      await chi.open(`/features/${feature}/review`);
      const reason = "It was the right branch after all.";
      const form = chi.page.locator("#withdraw");
      await chi.fill({ "The reason": reason }, form);
      await chi.press("Withdraw your sign-off", 422, form);
      assert.equal(await chi.field("The reason", form).inputValue(), reason, "the reason is kept");
      await work.withdraw(chi, feature, reason);
      await work.sign(chi, feature, OPENED);
    },
    testing: async () => {
      await work.sign(people.chi, feature, STANDS);
      await work.sign(people.ben, feature, OPENED);
    },
    release: async () => {
      await work.sign(people.ben, feature, STANDS);
      await people.ben.sees("0 of 1");
      await work.sign(people.hugo, feature, OPENED, { reason: "Staging and production are the same build." });
    },
    "post-release": async () => {
      await work.sign(people.chi, feature, "The last gate is open. The feature went through its whole lifecycle.");
    },
  };
}
