// What people do every day: find things, keep a view and pass it on, talk with mentions, see why something is with them,
// and meet somebody else who edits the same record. Once without JavaScript and once with it.
import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { launch } from "../lib/browser.js";
import { Person } from "../lib/person.js";
import * as records from "../lib/records.js";
import { Server } from "../lib/server.js";
import * as work from "../lib/workspace.js";

for (const javaScript of [false, true]) {
  suite(`every day, with JavaScript ${javaScript ? "on" : "off"}`, () => days(javaScript));
}

function days(javaScript) {
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
    await work.createProduct(nora, { key: "OPS", name: "Operations" });
    const cast = [
      ["ana", "Ana Diaz", "Product manager", "PAY Payments"],
      ["eli", "Eli Brandt", "Designer", "PAY Payments"],
      ["rosa", "Rosa Lim", "Stakeholder", "PAY Payments"],
      ["leo", "Leo Strand", "Product manager", "OPS Operations"],
    ];
    for (const [who, name, role, product] of cast) {
      people[who] = await work.invite(nora, browser, { name, email: `${who}@example.org`, product, roles: [role], javaScript });
    }
    await work.createFeature(people.ana, { product: "PAY", title: "Card tokenisation" });
    await work.createFeature(people.ana, { product: "PAY", title: "Refund reasons" });
    await records.record(people.ana, feature, "requirement", { title: "Card numbers are never written to logs", class: "security", family: "logging" });
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  test("searching finds by words, by key and in spite of a typing mistake, and only what one may see", async () => {
    const { ana, leo } = people;
    const results = (person) => person.page.locator("main");
    await ana.open("/work");
    await ana.page.locator("#site-search").fill("tokenisation");
    await ana.submit(".site-search button, .site-search [type=submit]");
    await ana.sees("Card tokenisation", results(ana));
    for (const typed of ["PAY-1", "tokenistaion", "never written to logs", "logs"]) {
      await ana.open(`/search?q=${encodeURIComponent(typed)}`);
      await ana.sees(/tokenisation|never written/, results(ana));
    }
    const [hit] = await ana.page.locator("main a[href*='/records/requirement/1']").all();
    assert.ok(hit, "a requirement is found, with the way to it");
    await leo.open("/search?q=tokenisation");
    await leo.misses(leo.page.getByText("Card tokenisation"), "what belongs to another product");
    await ana.open("/search?q=zzzzqqqq");
    await ana.sees(/No|Nothing/, results(ana));
  });

  test("a view is saved, passed on by its link, and shows each person what they may see", async () => {
    const { ana, eli, leo } = people;
    await ana.open("/features?q=refund&product=PAY");
    await ana.sees("Refund reasons");
    await ana.misses(ana.page.locator("main").getByText("Card tokenisation"), "what the filter leaves out");
    await ana.page.getByText("Save these filters as a view").click();
    await ana.fill({ "Name of the view": "Refunds" });
    await ana.press("Save the view");
    const link = await ana.page.getByRole("link", { name: "its link" }).getAttribute("href");
    assert.match(link, /^\/views\//);
    await eli.open(link);
    await eli.sees("Ana Diaz saved it.");
    await eli.sees("Refund reasons");
    await eli.page.getByText("Save a copy of this view").click();
    await eli.press("Save the view");
    await eli.open("/views");
    await eli.sees("Refunds");
    await leo.open(link);
    await leo.misses(leo.page.getByText("Refund reasons"), "what belongs to another product");
    await leo.open(`${link}/edit`, 404);
    await ana.open(`${link}/edit`);
    await ana.press("Delete the view");
    await eli.open(link, 404);
  });

  test("table and board tell the same", async () => {
    const { ana } = people;
    await ana.open("/features?view=board");
    const board = ana.page.getByRole("region", { name: "Features by phase" });
    assert.equal(await board.getByText(/Card tokenisation|Refund reasons/).count(), 2);
    await ana.open("/features?gate=ready");
    await ana.misses(ana.page.locator("main").getByText("Card tokenisation"), "what is not ready");
  });

  test("a mention reaches whom it names, and nobody outside of the product", async () => {
    const { ana, eli, leo } = people;
    await ana.open(`/features/${feature}/comments`);
    const text = "@Eli Brandt please look at R-1; @Leo Strand cannot see this. <b>not bold</b>";
    await ana.field("Comment").fill(text);
    await ana.press("Comment");
    await ana.sees("please look at R-1");
    await eli.open("/work");
    await eli.sees("Ana Diaz mentioned you in a comment on PAY-1");
    await leo.open("/work");
    await leo.misses(leo.page.getByText("mentioned you"), "a mention in another product");
    await eli.follow(/mentioned you/).catch(() => eli.open(`/features/${feature}/comments`));
    await eli.sees("please look at R-1");
    await eli.sees("<b>not bold</b>");
    await eli.open("/work");
    await eli.press(/^Seen/);
    await eli.open("/work");
    await eli.misses(eli.page.getByText("mentioned you"), "a mention that was seen");
    await leo.open(`/features/${feature}/comments`, 404);
  });

  test("two people edit one record: both versions are shown, and nothing typed is lost", async () => {
    const { ana, eli } = people;
    const page = `/features/${feature}/records/requirement/1`;
    await ana.open(page);
    await eli.open(page);
    await eli.fill({ Acceptance: "A search of a day's logs finds no card number." });
    await eli.press("Save the requirement");
    await ana.fill({ Acceptance: "The log filter is tested with real formats of cards." });
    await ana.press("Save the requirement", 409);
    const conflict = ana.page.locator(".conflict");
    await ana.sees("A search of a day's logs finds no card number.", conflict);
    await ana.sees("The log filter is tested with real formats of cards.", conflict);
    await ana.press("Save mine over theirs");
    await ana.open(page);
    assert.equal(await ana.field("Acceptance").inputValue(), "The log filter is tested with real formats of cards.");
  });

  test("a notice that was sent waits for marketing and support, who take no more than their step", async () => {
    const { ana, rosa } = people;
    await records.record(ana, feature, "notice", { audience: "support", state: "sent" });
    await rosa.open("/work");
    await rosa.sees(/otice/);
    await rosa.open(`/features/${feature}/records/notice/1`);
    await rosa.misses(rosa.page.getByLabel("Notice", { exact: true }), "to rewrite what was sent");
    await rosa.fill({ "Their answer": "We expect questions about old cards." });
    await rosa.press("Acknowledge it");
    await ana.open(`/features/${feature}/records/notice/1`);
    await ana.sees("Acknowledged");
    await ana.sees("We expect questions about old cards.");
  });

  test("feedback becomes a feature of its own, linked both ways", async () => {
    const { ana, rosa } = people;
    await records.record(rosa, feature, "feedback", { title: "Old cards are asked for twice", class: "defect" });
    await ana.open(`/features/${feature}/records/feedback/1`);
    await ana.follow("Make a feature of it");
    await ana.submit("main form button[type=submit], main form .button-primary, main form button");
    const made = new URL(ana.page.url()).pathname;
    assert.match(made, /^\/features\/PAY-\d+$/);
    await ana.sees("Came out of");
    await ana.open(`/features/${feature}`);
    await ana.page.locator(`main a[href="${made}"]`).first().waitFor({ state: "attached" });
  });

  test("the whole record stands on one page, and what answers what on another", async () => {
    const { ana } = people;
    await ana.open(`/features/${feature}/record`);
    for (const words of ["Card numbers are never written to logs", "Requirements and planning", "Post-release"]) await ana.sees(words);
    await ana.open(`/features/${feature}/trace`);
    await ana.sees("Card numbers are never written to logs");
  });

  test("no page complained, and the server had nothing to complain about", () => {
    for (const person of Object.values(people)) person.isContent();
    assert.deepEqual(server.complaints(), []);
  });
}
