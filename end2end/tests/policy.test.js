// How an administrator changes the rules: a version is imported with an error in it, put right, compared, looked at for
// its impact, and activated; then a feature moves to it, its effect first. Once without JavaScript and once with it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { launch } from "../lib/browser.js";
import { ROOT } from "../lib/paths.js";
import { Person } from "../lib/person.js";
import { Server } from "../lib/server.js";
import * as work from "../lib/workspace.js";

const BUILT_IN = readFileSync(join(ROOT, "policies/sdl.toml"), "utf8");
const [, OLD] = BUILT_IN.match(/^version = "(.+)"$/m);
const NEW = "2099.1";
const CONTROL = [
  "[[phases.controls]]",
  'key = "sponsor"',
  'title = "A sponsor <b>is</b> named"',
  'guidance = "Write who pays for it."',
  'source = "Product"',
  'done_by = ["product-manager"]',
  'proof = "statement"',
  'tiers = ["low", "medium", "high"]',
  "",
  "[[phases.controls]]",
].join("\n");
const SOUND = BUILT_IN.replace(/^version = .+$/m, `version = "${NEW}"`).replace("[[phases.controls]]", CONTROL);
const WRONG = SOUND.replace('proof = "statement"', 'proof = "promise"');

for (const javaScript of [false, true]) {
  suite(`a policy, with JavaScript ${javaScript ? "on" : "off"}`, () => policy(javaScript));
}

function policy(javaScript) {
  /** @type {Server} */ let server;
  /** @type {import("playwright-core").Browser} */ let browser;
  /** @type {Record<string, Person>} */ const people = {};
  const feature = "PAY-1";
  const version = `/policies/sdl/${NEW}`;

  before(async () => {
    [server, browser] = await Promise.all([Server.start(), launch()]);
    const nora = await Person.arrive(browser, server.url, { name: "Nora Lind", email: "nora@example.org", javaScript });
    await nora.join(await server.setUpLink());
    people.nora = nora;
    await work.createProduct(nora, { key: "PAY", name: "Payments" });
    const ana = { name: "Ana Diaz", email: "ana@example.org", product: "PAY Payments", roles: ["Product manager"], javaScript };
    people.ana = await work.invite(nora, browser, ana);
    await work.createFeature(people.ana, { product: "PAY", title: "Card tokenisation" });
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  test("a version with an error is refused where it is wrong, keeps its text, and is imported once it is right", async () => {
    const { nora } = people;
    await nora.open("/policies");
    await nora.follow("Import a policy");
    await nora.fill({ "The policy": WRONG });
    await nora.press("Check and import", 422);
    const line = WRONG.split("\n").findIndex((text) => text === 'proof = "promise"') + 1;
    await nora.isTold(new RegExp(`^Line ${line}, column \\d+: `));
    assert.equal((await nora.field("The policy").inputValue()).trim(), WRONG.trim(), "what was typed is kept");
    const row = nora.page.locator("#main tbody tr").first();
    await nora.sees('proof = "promise"', row);
    await nora.fill({ "The policy": SOUND });
    await nora.press("Check and import");
    await nora.sees("The version is imported. It binds nobody until it is activated.");
    assert.equal(new URL(nora.page.url()).pathname, version);
    await nora.sees("It was never active");
    // The same text from a file is there already; another one under the same name is refused.
    await nora.open("/policies/import");
    await nora.page.locator("#file").setInputFiles({ name: "sdl.toml", mimeType: "application/toml", buffer: Buffer.from(SOUND) });
    await nora.press("Check and import");
    await nora.sees("This version is there already, with this very text.");
    await nora.open("/policies/import");
    await nora.fill({ "The policy": SOUND.replace("A sponsor", "Some sponsor") });
    await nora.press("Check and import", 422);
    await nora.isTold(/stored already, with another text/);
  });

  test("the difference says what asks more", async () => {
    const { nora } = people;
    await nora.open(version);
    await nora.follow(`Compare with ${OLD}`);
    await nora.sees("Asks more");
    await nora.sees(/A sponsor <b>is<\/b> named/);
  });

  test("it is activated only after its impact was looked at", async () => {
    const { nora, ana } = people;
    await nora.open(version);
    await nora.follow("Activate this version");
    await nora.misses(nora.page.getByRole("button", { name: `Activate ${NEW}` }), "the activation before the impact");
    await nora.press("Look at the impact");
    const run = new URL(nora.page.url()).pathname;
    assert.match(run, /^\/policy-runs\//);
    for (let tries = 0; (await nora.page.getByText("Under way", { exact: true }).count()) && tries < 500; tries++) {
      await nora.open(run);
    }
    await nora.sees("Finished");
    await nora.sees("“A sponsor <b>is</b> named” is not done");
    await nora.sees(feature);
    await nora.misses(nora.page.getByRole("link", { name: feature }), "a feature that she may not read");
    await ana.open(run, 403);
    await nora.follow("Go on to the activation");
    await nora.press(`Activate ${NEW}`, 422);
    await nora.isTold(/^Reason is/, "Reason");
    await nora.fill({ Reason: "Every feature has somebody who pays for it." });
    await nora.press(`Activate ${NEW}`);
    await nora.sees("The version is active.");
    await nora.open("/features/new", 403);
    await ana.open("/features/new?product=PAY");
    await ana.sees(new RegExp(`It follows .+ ${NEW.replace(".", "\\.")}\\.`));
  });

  test("a feature moves when somebody moves it, after its effect was shown", async () => {
    const { nora, ana } = people;
    await ana.open(`/features/${feature}`);
    await ana.sees(new RegExp(OLD.replace(".", "\\.")));
    await ana.open(`/features/${feature}/policy`);
    await ana.follow("See what a move would change");
    await ana.sees("“A sponsor <b>is</b> named” is not done");
    const address = new URL(ana.page.url());
    await ana.fill({ Reason: "We name a sponsor." });
    await ana.press(`Move to ${NEW}`);
    await ana.sees("The feature follows that version now.");
    await ana.open(`/features/${feature}`);
    await ana.sees(/A sponsor <b>is<\/b> named/);
    await ana.open(`/features/${feature}/history`);
    await ana.sees(/moved PAY-1 to another version of its policy/);
    // Without a role in the product the page says what the policy asks, and nothing of the feature.
    await nora.open(address.pathname);
    await nora.misses(nora.page.getByText("Card tokenisation"), "the title of a feature that she may not read");
    await nora.open(`/features/${feature}`, 404);
  });

  test("a version is replayed on a day that has passed", async () => {
    const { nora } = people;
    await nora.open(version);
    await nora.follow("Replay it on a day");
    await nora.fill({ Day: "2098-01-01" });
    await nora.press("Replay", 422);
    await nora.isTold(/lies in the future/, "Day");
    await nora.fill({ Day: "2020-01-01" });
    await nora.press("Replay");
    for (let tries = 0; (await nora.page.getByText("Under way", { exact: true }).count()) && tries < 500; tries++) {
      await nora.page.reload();
    }
    await nora.sees("0 features looked at; the same is decided about each of them.");
  });

  test("nothing complained", () => {
    for (const person of Object.values(people)) person.isContent();
    assert.deepEqual(server.complaints(), []);
  });
}
