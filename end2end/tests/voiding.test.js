// A change under the reviewers' eyes: whoever edits is told whose sign-offs go before anything is saved, and confirms; who
// signed reads only what changed. Once without JavaScript and once with it.
import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { launch } from "../lib/browser.js";
import { Person } from "../lib/person.js";
import * as records from "../lib/records.js";
import { Server } from "../lib/server.js";
import * as work from "../lib/workspace.js";

for (const javaScript of [false, true]) {
  suite(`voiding, with JavaScript ${javaScript ? "on" : "off"}`, () => voiding(javaScript));
}

function voiding(javaScript) {
  /** @type {Server} */ let server;
  /** @type {import("playwright-core").Browser} */ let browser;
  /** @type {Record<string, Person>} */ const people = {};
  const feature = "PAY-1";
  const review = `/features/${feature}/review`;
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
    const nora = await Person.arrive(browser, server.url, { name: "Nora Lind", email: "nora@example.org", javaScript });
    await nora.join(await server.setUpLink());
    people.nora = nora;
    await work.createProduct(nora, { key: "PAY", name: "Payments" });
    const cast = [
      ["ana", "Ana Diaz", "Product manager"],
      ["eli", "Eli Brandt", "Designer"],
      ["dana", "Dana Wolf", "Developer"],
      ["gita", "Gita Rao", "QA"],
      ["rosa", "Rosa Lim", "Stakeholder"],
      ["ben", "Ben Ode", "Security reviewer"],
      ["chi", "Chi Ito", "Security reviewer"],
    ];
    for (const [who, name, role] of cast) {
      people[who] = await work.invite(nora, browser, { name, email: `${who}@example.org`, product: "PAY Payments", roles: [role], javaScript });
    }
    await work.createFeature(people.ana, { product: "PAY", title: "Card tokenisation" });
    for (let left = await records.open(people.ana, feature); left.length > 0; left = await records.open(people.ana, feature)) {
      await records.clear(people, feature, "requirements", left[0]);
    }
    await work.requestReview(people.ana, feature);
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  step("an approval stands beside a veto", async () => {
    const { ben, chi } = people;
    await work.sign(ben, feature, "Your denial stands.", { verdict: "Deny", reason: "Who reads the token store?" });
    await work.sign(chi, feature, "Your sign-off stands. The gate waits for more.");
  });

  step("before it is saved, the editor is told whose sign-off goes, and nothing is lost", async () => {
    const { ana, chi } = people;
    await ana.open(`/features/${feature}/edit`);
    await ana.fill({ Title: "Card tokenisation with a vault", Description: "Tokens stand for <b>card numbers</b>." });
    await ana.press("Save", 409);
    assert.equal(await ana.heading(), "This voids 1 sign-off");
    await ana.sees("Chi Ito, security reviewer");
    await ana.sees("Tokens stand for <b>card numbers</b>.");
    await ana.misses(ana.page.getByText("Ben Ode"), "to void a veto");
    await chi.open(review);
    await chi.misses(chi.page.locator("#changes h3"), "a change that was not saved");
  });

  step("another way out leaves everything as it is", async () => {
    const { ana } = people;
    await ana.follow("Leave everything as it is");
    await ana.sees("Card tokenisation");
    await ana.misses(ana.page.getByText("with a vault"), "what was not saved");
  });

  step("confirmed, it is saved and the sign-off is voided", async () => {
    const { ana } = people;
    await ana.open(`/features/${feature}/edit`);
    await ana.fill({ Title: "Card tokenisation with a vault" });
    await ana.press("Save", 409);
    await ana.press("Save and void 1 sign-off");
    await ana.sees("Card tokenisation with a vault");
    await ana.open(`/features/${feature}/history`);
    await ana.sees(/voided a sign-off of .+ by changing the dossier/);
    for (const [who, told] of [["chi", true], ["ben", false]]) {
      await people[who].open("/notifications");
      const notice = people[who].page.getByText(/Your sign-off of the .+ gate was voided/);
      assert.equal((await notice.count()) > 0, told, `${who}: whose sign-off goes is told, and nobody else`);
    }
  });

  step("the second reading shows the difference, and everything else behind one line", async () => {
    const { chi } = people;
    await chi.open(review);
    const changes = chi.page.locator("#changes");
    await chi.sees("Compared with the dossier that you signed last at this gate", changes);
    await chi.sees("Card tokenisation with a vault", changes);
    assert.equal(await changes.locator("h3").count(), 1, "one item changed");
    const rest = chi.page.locator("#dossier-items details");
    assert.equal(await rest.getAttribute("open"), null, "what was read before is folded away");
    await chi.follow("Manifests of this cycle");
    await chi.sees("Chi Ito");
    await chi.sees("sha256sum");
    await work.sign(chi, feature, "Your sign-off stands. The gate waits for more.");
  });

  step("a manifest goes to paper whole, without the tools of the page", async () => {
    const { page } = people.chi;
    await people.chi.open(review);
    await people.chi.follow("Manifests of this cycle");
    // The width of an A4 sheet between its margins.
    await page.setViewportSize({ width: 680, height: 1000 });
    await page.emulateMedia({ media: "print" });
    for (const tools of [".bar", ".rail", ".foot", ".crumbs"]) {
      assert.equal(await page.locator(tools).first().isVisible(), false, `${tools} is printed`);
    }
    const cut = await page.locator("#manifest, #signed, #items").evaluateAll((parts) =>
      parts.filter((part) => part.clientHeight === 0 || part.scrollWidth > part.clientWidth).map((part) => part.id));
    assert.deepEqual(cut, [], "parts that a sheet does not hold");
    assert.equal((await page.pdf({ format: "A4" })).subarray(0, 5).toString(), "%PDF-");
    await page.emulateMedia({ media: null });
    await page.setViewportSize({ width: 1280, height: 900 });
  });

  step("what changes after the gate opened is flagged, and accepted", async () => {
    const { ana, ben } = people;
    await work.withdraw(ben, feature, "Answered in the review.");
    await ana.open(`/features/${feature}/edit`);
    await ana.fill({ Title: "Card tokenisation with two vaults" });
    await ana.press("Save");
    await ana.open(`/features/${feature}`);
    await ana.sees("What was signed at an open gate has changed since");
    await ben.open(`/features/${feature}/drift/requirements`);
    await ben.sees("Card tokenisation with two vaults");
    await ben.fill({ "The reason": "A second vault changes nothing about the requirements.", Password: ben.password });
    await ben.press("Accept the change");
    await ben.sees("The change is accepted.");
    await ana.open(`/features/${feature}`);
    await ana.misses(ana.page.getByText("has changed since"), "drift that was accepted");
  });

  step("no page complained, and the server had nothing to complain about", async () => {
    for (const person of Object.values(people)) person.isContent();
    assert.deepEqual(server.complaints(), []);
  });
}
