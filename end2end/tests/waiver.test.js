// The life of a waiver: a blocker that the team cannot clear in time is waived by somebody else, shows as waived, is
// renewed, and comes back when the waiver is ended. Once without JavaScript and once with it.
import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { launch } from "../lib/browser.js";
import { barriers, invalidMarkup, overflowing, smallTargets, widen } from "../lib/checks.js";
import { Person } from "../lib/person.js";
import * as records from "../lib/records.js";
import { Server } from "../lib/server.js";
import * as work from "../lib/workspace.js";

/** A day so many days from now, as a form takes it. */
const day = (days) => new Date(Date.now() + days * 24 * 60 * 60 * 1000).toISOString().slice(0, 10);

const MISSING = "No security requirement is on record";
const COMPENSATION = "Two people read every change of the sign-in <script>alert(1)</script>";

for (const javaScript of [false, true]) {
  suite(`the life of a waiver, with JavaScript ${javaScript ? "on" : "off"}`, () => life(javaScript));
}

function life(javaScript) {
  /** @type {Server} */ let server;
  /** @type {import("playwright-core").Browser} */ let browser;
  /** @type {Record<string, Person>} */ const people = {};
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

  /** Opens a page, and expects that it stands up to validator, assistive technology and a narrow window. */
  const opens = async (person, path) => {
    const response = await person.open(path);
    assert.deepEqual(await invalidMarkup(await response.text()), [], path);
    if (!javaScript) return;
    assert.deepEqual(await barriers(person.page), [], path);
    await widen(person.page, 320);
    assert.deepEqual([await overflowing(person.page), await smallTargets(person.page)].flat(), [], `${path} at 320 px`);
    await widen(person.page, 1280);
  };

  const gate = (person) => person.page.locator("#gate");

  before(async () => {
    [server, browser] = await Promise.all([Server.start(), launch()]);
    const nora = await Person.arrive(browser, server.url, { name: "Nora Lind", email: "nora@example.org", javaScript });
    await nora.join(await server.setUpLink());
    people.nora = nora;
    await work.createProduct(nora, { key: "PAY", name: "Payments" });
    const cast = [
      ["ana", "Ana Diaz", ["Product manager"]],
      ["dana", "Dana Wu", ["Developer", "Security reviewer"]],
      ["ben", "Ben Ode", ["Security reviewer"]],
    ];
    for (const [who, name, roles] of cast) {
      people[who] = await work.invite(nora, browser, { name, email: `${who}@example.org`, product: "PAY Payments", roles, javaScript });
    }
    await work.createFeature(people.ana, { product: "PAY", title: "Card tokenisation" });
    await records.rate(people.ana, feature, []);
    await records.record(people.ana, feature, "plan");
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  step("a developer asks from the gate: refused while something is missing, and nothing typed is lost", async () => {
    const { dana } = people;
    await dana.open(`/features/${feature}`);
    await dana.sees(MISSING, gate(dana));
    await dana.follow("Ask for a waiver", gate(dana).locator("li", { hasText: MISSING }));
    await opens(dana, dana.page.url());
    await dana.fill({ "The reason": "The requirements workshop is next week.", "The compensating control": COMPENSATION });
    await dana.press("Ask for the waiver", 422);
    await dana.isTold("The last day is empty. Fill it in.", "The last day");
    assert.equal(await dana.field("The compensating control").inputValue(), COMPENSATION);
    await dana.fill({ "The last day": day(400) });
    await dana.press("Ask for the waiver", 422);
    await dana.sees(/The last day is too far away/);
    await dana.fill({ "The last day": day(10) });
    await dana.press("Ask for the waiver");
    await dana.sees("The waiver is asked for. Whoever can decide about it finds it in their work.");
    assert.equal(new URL(dana.page.url()).pathname, `/features/${feature}/waivers/1`);
    await dana.sees(COMPENSATION);
  });

  step("a request changes nothing, and who asked cannot decide", async () => {
    const { dana } = people;
    await dana.sees("You asked for this waiver, so someone else has to decide about it.");
    await dana.misses(dana.page.locator("#decide input[type=password]"), "to decide");
    const byHand = await dana.post(`/features/${feature}/waivers/1`, { verdict: "approve", version: "1", password: dana.password });
    assert.equal(byHand.status, 409);
    await opens(dana, `/features/${feature}/waivers/1`);
    await dana.open(`/features/${feature}`);
    await dana.sees("1 thing blocks this gate", gate(dana));
    await dana.sees("Waiver W-1 is asked for", gate(dana));
  });

  step("a reviewer finds it in their work and approves it with their password", async () => {
    const { ben } = people;
    await ben.open("/work");
    await ben.follow(/^Decide about waiver W-1/);
    const form = ben.page.locator("#decide");
    await ben.tick("Your decision", "Approve", form);
    await ben.fill({ Password: "not this one, surely" }, form);
    await ben.press("Decide", 422, form);
    await ben.isTold("This is not your password. Nothing was changed; try again.", "Password");
    await ben.fill({ Password: ben.password }, ben.page.locator("#decide"));
    await ben.press("Decide", 200, ben.page.locator("#decide"));
    await ben.sees("The waiver is approved. What it names no longer blocks until its last day is over.");
    await opens(ben, `/features/${feature}/waivers/1`);
    await ben.open("/work");
    await ben.misses(ben.page.getByRole("link", { name: /waiver W-1/ }), "what is decided");
  });

  step("the blocker shows as waived, on the gate and on the line, and the review can be requested", async () => {
    const { ana } = people;
    await opens(ana, `/features/${feature}`);
    await ana.sees("Nothing blocks this gate", gate(ana));
    await ana.sees(/^Waived until the end of/, gate(ana));
    await ana.sees(", 1 waived", ana.page.locator(".sluice"));
    await ana.press("Request review");
    await ana.sees(/W-1 waives: No security requirement/);
  });

  step("a renewal is asked for and approved anew", async () => {
    const { dana, ben } = people;
    await dana.open(`/features/${feature}/waivers/1`);
    await dana.follow("Ask for a renewal");
    assert.equal(await dana.field("The compensating control").inputValue(), COMPENSATION);
    await dana.fill({ "The reason": "The workshop was moved.", "The last day": day(30) });
    await dana.press("Ask for the renewal");
    await opens(dana, `/features/${feature}/waivers`);
    await ben.open(`/features/${feature}/waivers/2`);
    const form = ben.page.locator("#decide");
    await ben.tick("Your decision", "Approve", form);
    await ben.fill({ Password: ben.password }, form);
    await ben.press("Decide", 200, form);
    await ben.sees("The waiver is approved. What it names no longer blocks until its last day is over.");
    await opens(ben, "/products/PAY/waivers");
    await ben.sees("PAY-1 W-1");
    await ben.sees("PAY-1 W-2");
    await ben.sees("Renewal W-2");
  });

  step("ended, the blocker is back", async () => {
    const { ana } = people;
    for (const number of [1, 2]) {
      await ana.open(`/features/${feature}/waivers/${number}`);
      const form = ana.page.locator("#end");
      await ana.fill({ "The reason": "The workshop took place." }, form);
      await ana.press("End the waiver", 200, form);
      await ana.sees("The waiver is ended. What it named blocks again if it is still missing.");
    }
    await ana.open(`/features/${feature}`);
    await ana.sees(MISSING, gate(ana));
    await ana.misses(gate(ana).getByText(/^Waived until/), "a waiver that was ended");
    await ana.open(`/features/${feature}/history`);
    await ana.sees(/ended waiver W-2/);
    await ana.sees(/approved waiver W-1/);
  });

  step("the browsers had nothing to complain about", async () => {
    for (const person of Object.values(people)) person.isContent();
    assert.deepEqual(server.complaints(), []);
  });
}
