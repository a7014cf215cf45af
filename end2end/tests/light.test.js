// How light the lifecycle is where little is at risk: one product manager, one developer and one reviewer take a feature
// from its title to Post-release through the pages. Clicks and fields are counted, and the counts are held.
import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { launch } from "../lib/browser.js";
import { sample } from "../lib/paths.js";
import { Person } from "../lib/person.js";
import { Server } from "../lib/server.js";
import * as work from "../lib/workspace.js";

/** What the whole way may take. Who raises a number here makes the lifecycle heavier for everybody. */
const MOST = { clicks: 80, fields: 25 };

/** Seconds that a person takes for a click, and for thinking of and typing what goes into a field. */
const SECONDS = { click: 2, field: 6 };

for (const javaScript of [false, true]) {
  suite(`a low-risk feature, with JavaScript ${javaScript ? "on" : "off"}`, () => journey(javaScript));
}

function journey(javaScript) {
  /** @type {Server} */ let server;
  /** @type {import("playwright-core").Browser} */ let browser;
  /** @type {Record<string, Person>} */ const people = {};
  const did = { clicks: 0, fields: 0 };

  before(async () => {
    [server, browser] = await Promise.all([Server.start(), launch()]);
    const nora = await Person.arrive(browser, server.url, { name: "Nora Lind", email: "nora@example.org", javaScript });
    await nora.join(await server.setUpLink());
    people.nora = nora;
    await work.createProduct(nora, { key: "PAY", name: "Payments" });
    for (const [who, name, role] of [["ana", "Ana Diaz", "Product manager"], ["dana", "Dana Wu", "Developer"], ["ben", "Ben Ode", "Security reviewer"]]) {
      people[who] = await work.invite(nora, browser, { name, email: `${who}@example.org`, product: "PAY Payments", roles: [role], javaScript });
    }
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  /** A person whose clicks and fields are counted. */
  const hand = (person) => ({
    person,
    async go(words, within) {
      did.clicks += 1;
      await person.follow(words, within);
    },
    async press(words, within) {
      did.clicks += 1;
      await person.press(words, 200, within);
    },
    async type(values, within) {
      did.fields += Object.keys(values).length;
      await person.fill(values, within);
    },
    async tick(...choice) {
      did.clicks += 1;
      await person.tick(...choice);
    },
  });

  test("reaches Post-release in little time", async () => {
    const [ana, dana, ben] = [people.ana, people.dana, people.ben].map(hand);
    const feature = "PAY-1";
    const gate = (who) => who.person.page.locator("#gate");

    /** Opens the feature from one's work, as people do, and follows the line of the gate that says this. */
    const follow = async (who, sentence) => {
      did.clicks += 1;
      await who.person.open(`/features/${feature}`);
      // The way on is the last link of the line; a waiver may be offered before it.
      did.clicks += 1;
      await who.person.followOnly(gate(who).locator(".blockers li").filter({ hasText: sentence }).first().getByRole("link").last());
    };
    const review = async () => {
      did.clicks += 1;
      await ana.person.open(`/features/${feature}`);
      await ana.press("Request review");
      did.clicks += 1;
      await ben.person.open(`/features/${feature}/review`);
      const form = ben.person.page.locator("#sign");
      await ben.tick("Your decision", "Approve", form);
      await ben.type({ Password: ben.person.password }, form);
      await ben.press("Sign", form);
      await ben.person.sees("Your sign-off was the last one needed");
    };

    // Requirements and planning.
    did.clicks += 1;
    await ana.person.open("/features/new?product=PAY");
    await ana.type({ Title: "A clearer word on the pay button" });
    await ana.press("Create feature");
    await follow(ana, "risk questionnaire");
    for (const question of await ana.person.page.locator("main input[type=radio][value=no]").all()) {
      did.clicks += 1;
      await question.check();
    }
    await ana.press("Show what this changes");
    did.clicks += 1;
    await ana.person.submit("[name=go][value=save]");
    await follow(ana, "There is no plan yet");
    await ana.type({ Scope: "The button says what it does. Nothing else changes.", Goals: "Fewer people ask support." });
    await ana.press("Save the plan");
    await follow(ana, "No security requirement");
    await ana.go("Add a requirement");
    await ana.type({ Requirement: "The amount on the button is the amount that is charged" });
    await ana.tick("Kind", "Security");
    await ana.person.choose("Control family", "Validation");
    did.fields += 1;
    await ana.tick("Priority", "Must");
    await ana.press("Add a requirement");
    await review();

    // Design, with a threat model of four lines.
    await follow(dana, "There is no feature description yet");
    await dana.type({ Description: "The server renders amount and currency into the label." });
    await dana.press("Save the feature description");
    await follow(dana, "The threat model does not answer");
    await dana.type(work.ANSWERS);
    await dana.press("Save the answers");
    await review();

    // Development.
    await follow(dana, "No merged change");
    await dana.go("Add a change");
    await dana.type({ "Change in a line": "Label with amount", Link: "https://code.example.org/merge/12" });
    await dana.tick("Reviewed by", "Ben Ode");
    await dana.press("Add a change");
    await follow(dana, "No automated security check");
    await dana.go("Add an automated check");
    await dana.type({ Check: "CodeQL", Source: "https://ci.example.org/runs/7" });
    await dana.tick("Kind", "Security");
    await dana.press("Add an automated check");
    await review();

    // Testing.
    await follow(dana, "has no evidence; it needs test report");
    await dana.go(/^Add evidence/, dana.person.page.locator("section.card#test-results"));
    await dana.person.field("File").setInputFiles(sample("gotestsum.xml"));
    await dana.person.choose("Kind", "Test report");
    did.fields += 2;
    await dana.press("Add the evidence");
    await review();

    // Release and monitoring.
    await follow(dana, "There is no secure configuration yet");
    await dana.type({ "Secure settings": "Nothing new: the settings of the last release hold." });
    await dana.press("Save the secure configuration");
    await follow(dana, "There are no release notes yet");
    await dana.press("Save the release notes");
    await follow(dana, "watched in production");
    await dana.go(/^Work on it/, dana.person.page.locator("section.card#production-watched"));
    await dana.tick("State", "Done");
    await dana.type({ Note: "Two days of logs and the error rate: nothing new." });
    await dana.press("Save this control");
    await review();

    await ana.person.open(`/features/${feature}`);
    await ana.person.sees("Post-release gate");
    const seconds = did.clicks * SECONDS.click + did.fields * SECONDS.field;
    console.log(`a low-risk feature to Post-release: ${did.clicks} clicks, ${did.fields} fields, about ${Math.round(seconds / 60)} minutes`);
    assert.ok(did.clicks <= MOST.clicks && did.fields <= MOST.fields, `${did.clicks} clicks, ${did.fields} fields`);
    assert.ok(seconds < 600, "under ten minutes at a person's pace");
  });

  test("no page complained, and the server had nothing to complain about", () => {
    for (const person of Object.values(people)) person.isContent();
    assert.deepEqual(server.complaints(), []);
  });
}
