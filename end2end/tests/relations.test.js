// Features that belong together, and the record that is kept: a product manager relates features, sees both ends, finds a
// duplicate, takes a relation back, and archives the record; a developer reads and downloads. Once without JavaScript and
// once with it.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { after, before, suite, test } from "node:test";
import { launch } from "../lib/browser.js";
import { Person } from "../lib/person.js";
import * as records from "../lib/records.js";
import { Server } from "../lib/server.js";
import * as work from "../lib/workspace.js";

for (const javaScript of [false, true]) {
  suite(`relations and archives, with JavaScript ${javaScript ? "on" : "off"}`, () => belongings(javaScript));
}

function belongings(javaScript) {
  /** @type {Server} */ let server;
  /** @type {import("playwright-core").Browser} */ let browser;
  /** @type {Person} */ let ana;
  /** @type {Person} */ let dana;

  before(async () => {
    [server, browser] = await Promise.all([Server.start(), launch()]);
    const nora = await Person.arrive(browser, server.url, { name: "Nora Lind", email: "nora@example.org", javaScript });
    await nora.join(await server.setUpLink());
    await work.createProduct(nora, { key: "PAY", name: "Payments" });
    const cast = (name, email, role) =>
      work.invite(nora, browser, { name, email, product: "PAY Payments", roles: [role], javaScript });
    ana = await cast("Ana Diaz", "ana@example.org", "Product manager");
    dana = await cast("Dana Reed", "dana@example.org", "Developer");
    for (const title of ["Cards", "Card tokenisation", "Tokens for cards"]) {
      await work.createFeature(ana, { product: "PAY", title });
    }
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  /** Relates a feature to another one. */
  async function relate(feature, relation, other, status = 200) {
    await ana.open(`/features/${feature}/relations`);
    await ana.choose("Relation", relation);
    await ana.fill({ "The other feature": other });
    await ana.press("Relate", status);
  }

  test("both ends show a relation, and the whole counts its parts", async () => {
    await relate("PAY-2", "is part of", "pay-1");
    await ana.sees("The features are related. Both show it.");
    await dana.open("/features/PAY-1");
    await dana.sees("1 of 1 part is open.");
    await dana.follow("PAY-2 Card tokenisation");
    await dana.sees("Part of");
    await dana.follow("PAY-1 Cards");
    await dana.open("/features/PAY-1/relations");
    await dana.misses(dana.page.getByRole("button", { name: /^Take back/ }), "taking a relation back");
  });

  test("a circle is refused beside the field, and what was typed is kept", async () => {
    await relate("PAY-1", "is part of", "PAY-2", 422);
    await ana.isTold(/leads in a circle/, "The other feature");
    assert.equal(await ana.field("The other feature").inputValue(), "PAY-2");
  });

  test("a duplicate suggests cancelling it, until the relation is taken back", async () => {
    await relate("PAY-3", "is a duplicate of", "PAY-2");
    await ana.sees("PAY-3 is a duplicate of PAY-2.");
    await ana.press(/^Take back/);
    await ana.sees("The relation is taken back. The history keeps that it was there.");
    await ana.misses(ana.page.getByText("is a duplicate of PAY-2."), "cancelling what is no duplicate any more");
  });

  test("the record is archived, and whoever may read the feature downloads it", async () => {
    await records.archive(ana, "PAY-2");
    await dana.open("/features/PAY-2/archive");
    await dana.misses(dana.page.getByRole("button", { name: "Archive the record" }), "archiving");
    const [download] = await Promise.all([
      dana.page.waitForEvent("download"),
      dana.page.getByRole("link", { name: "Archive 1" }).click(),
    ]);
    assert.equal(download.suggestedFilename(), "PAY-2-archive-1.json");
    const bytes = await readFile(await download.path());
    const digest = createHash("sha256").update(bytes).digest("hex");
    assert.equal(await dana.page.locator("td.mono").first().getAttribute("title"), digest);
    const archive = JSON.parse(bytes.toString("utf8"));
    assert.equal(archive.now.feature[0].title, "Card tokenisation");
    assert.equal(archive.now.relation[0].kind, "child-of");
  });
}
