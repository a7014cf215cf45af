// The course of a feature besides its gates: returned for changes into a second cycle, moved back, on hold, released in
// an emergency by two people, paid for afterwards, and cancelled, after which it is there to be read.
import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { launch } from "../lib/browser.js";
import { Person } from "../lib/person.js";
import * as records from "../lib/records.js";
import { Server } from "../lib/server.js";
import * as work from "../lib/workspace.js";

for (const javaScript of [false, true]) {
  suite(`an emergency, with JavaScript ${javaScript ? "on" : "off"}`, () => journey(javaScript));
}

function journey(javaScript) {
  /** @type {Server} */ let server;
  /** @type {import("playwright-core").Browser} */ let browser;
  /** @type {Record<string, Person>} */ const people = {};
  const feature = "PAY-1";

  before(async () => {
    [server, browser] = await Promise.all([Server.start(), launch()]);
    const nora = await Person.arrive(browser, server.url, { name: "Nora Lind", email: "nora@example.org", javaScript });
    await nora.join(await server.setUpLink());
    people.nora = nora;
    await work.createProduct(nora, { key: "PAY", name: "Payments" });
    for (const [who, name, role] of [
      ["ana", "Ana Diaz", "Product manager"],
      ["dana", "Dana Wu", "Developer"],
      ["ben", "Ben Ode", "Security reviewer"],
      ["chi", "Chi Ito", "Release manager"],
    ]) {
      people[who] = await work.invite(nora, browser, { name, email: `${who}@example.org`, product: "PAY Payments", roles: [role], javaScript });
    }
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  /** Opens the form of a step of the course. */
  const step = async (person, words) => {
    await person.open(`/features/${feature}`);
    await person.follow("Hold, move back, emergency");
    await person.follow(words);
  };

  /** Does what the team owes at the gate of the first phase, wherever its lines are shown. */
  const catchUp = async (path, panel) => {
    for (let left = 12; left > 0; left -= 1) {
      const lines = (await records.openAt(people.ana, path, panel)).filter((line) => !line.path.endsWith("/review"));
      if (!lines.length) return;
      await records.clear(people, feature, "requirements", lines[0]);
    }
    assert.fail(`the team's part at ${path} has no end`);
  };

  test("a gate that is returned begins a second cycle", async () => {
    const { ana, ben } = people;
    assert.equal(await work.createFeature(ana, { product: "PAY", title: "Refunds within a minute" }), feature);
    await catchUp(`/features/${feature}`, "#gate");
    await work.requestReview(ana, feature);
    await ben.open(`/features/${feature}/review`);
    const form = ben.page.locator("#return");
    await ben.fill({ "The reason": "Say who may ask for a refund." }, form);
    await ben.press("Return for changes", 200, form);
    await ben.sees("The gate is returned.");
    await ana.open(`/features/${feature}`);
    await ana.sees("cycle 2");
    await work.requestReview(ana, feature);
    await work.sign(ben, feature, "Your sign-off was the last one needed");
    await ana.open(`/features/${feature}`);
    await ana.sees("Design gate");
  });

  test("a move back names what it does before it is confirmed", async () => {
    const { ana, dana } = people;
    await dana.open(`/features/${feature}/course`);
    await dana.sees("Any product manager");
    await dana.misses(dana.page.getByRole("link", { name: "Move back…" }), "a move back");
    await step(ana, "Move back…");
    await ana.follow("To Requirements and planning");
    await ana.sees("begins cycle 3 of Requirements and planning");
    await ana.sees("The gate of Requirements and planning is closed again.");
    await ana.press("Move back to Requirements and planning", 422);
    await ana.isTold("The reason is empty. Fill it in.", "The reason");
    await ana.fill({ "The reason": "The plan leaves chargebacks out." });
    await ana.press("Move back to Requirements and planning");
    await ana.sees("The feature is moved back. The team has the turn.");
    await ana.sees("cycle 3");
  });

  test("on hold nothing is offered but the way out", async () => {
    const { ana, dana } = people;
    await step(ana, "Put on hold…");
    await ana.fill({ "The reason": "The bank has not answered." });
    await ana.press("Put on hold");
    await ana.sees("This feature is on hold");
    await dana.open(`/features/${feature}`);
    await dana.sees("The bank has not answered.");
    await dana.misses(dana.page.getByRole("link", { name: "Edit", exact: true }), "an edit");
    await ana.misses(ana.page.getByRole("button", { name: "Request review" }), "a review");
    await step(ana, "Resume…");
    await ana.press("Resume");
    await ana.sees("The feature goes on where it was.");
  });

  test("two people release it, and every page says what is owed", async () => {
    const { ana, ben, chi } = people;
    await step(chi, "Release in an emergency…");
    await chi.sees("Requirements and planning gate");
    await chi.fill({ "The reason": "Refunds are paid out twice.", Password: chi.password });
    await chi.press("Ask for the release");
    await chi.sees("You asked for the release and are the first who agrees.");
    await chi.sees("You have agreed to this release already.");
    await step(ben, "Read it and agree…");
    await ben.sees("Yours is the last agreement");
    await ben.sees("Refunds are paid out twice.");
    await ben.fill({ "The reason": "I read the fix.", Password: "not my password at all" });
    await ben.press("Agree and release", 422);
    await ben.fill({ Password: ben.password });
    await ben.press("Agree and release");
    await ben.sees("The feature is released. The sign-offs that were skipped are owed.");
    for (const page of ["", "/evidence", "/comments", "/history", "/course"]) {
      await ana.open(`/features/${feature}${page}`);
      await ana.sees("Released in an emergency: the sign-offs of 5 gates are owed");
    }
    await ana.open("/features");
    await ana.sees("Emergency: sign-offs owed");
  });

  test("what is owed is signed afterwards, by who wrote no part of it", async () => {
    const { ana, ben } = people;
    const owed = `/features/${feature}/owed/requirements`;
    await catchUp(owed, "#owed");
    await ana.open(owed);
    await ana.sees("Your roles in this product sign no gates.");
    await ben.open(owed);
    const form = ben.page.locator("#sign");
    await ben.tick("Your decision", "Approve", form);
    await ben.fill({ Password: ben.password }, form);
    await ben.press("Sign", 200, form);
    await ben.sees("Your sign-off was the last one owed at this gate.");
    await ana.open(`/features/${feature}`);
    await ana.sees("Released in an emergency: the sign-offs of 4 gates are owed");
  });

  test("cancelled it is there to be read", async () => {
    const { ana, dana } = people;
    await step(ana, "Cancel the feature…");
    await ana.sees("Nothing of its record is lost");
    await ana.fill({ "The reason": "The bank does it now." });
    await ana.press("Cancel the feature");
    await ana.sees("This feature is cancelled");
    for (const page of ["evidence", "threat-model", "review", "record", "phases/design"]) {
      await dana.open(`/features/${feature}/${page}`);
      await dana.sees("This feature is cancelled");
      await dana.misses(dana.page.locator("main form[method=post]:not([action*=watch])"), `a form on ${page}`);
    }
    await step(ana, "Reopen…");
    await ana.fill({ "The reason": "The bank does not." });
    await ana.press("Reopen");
    await ana.sees("The feature is reopened and goes on where it was.");
    for (const person of Object.values(people)) person.isContent();
    assert.deepEqual(server.complaints(), []);
  });
}
