// Every page as every role finds it, by following its links: valid, accessible in light and dark, wide and narrow, light
// enough, usable by keyboard and without JavaScript, and silent.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { launch } from "../lib/browser.js";
import * as checks from "../lib/checks.js";
import { enter } from "../lib/demo.js";
import { RESULTS } from "../lib/paths.js";
import { Person } from "../lib/person.js";
import { Server } from "../lib/server.js";

/** What a browser without a cache may have to load for a page. */
const HEAVIEST = 100_000;

const [WIDE, NARROW] = [1280, 320];

/** Who looks around. Each of them opens one page of each kind. */
const VISITORS = [
  "Product manager",
  "Security reviewer",
  "Administrator",
  "Auditor",
  "Developer",
  "Designer",
  "QA",
  "Release manager",
  "Incident manager",
  "Stakeholder",
];

/** How many links to pages of one kind are tried, beyond those that are looked at. */
const LINKS = 5;

/** Pages that no link leads to, but an address does. */
const UNLINKED = ["/styleguide"];

/** Where everybody begins: the start page, and what the frame of each page offers as a form. */
const BEGINNINGS = ["/", "/account", "/search?q=card"];

/** @type {Server} */ let server;
/** @type {import("playwright-core").Browser} */ let browser;
/** What the scales said, by kind of page. @type {Map<string, number>} */
const weights = new Map();
/** Kinds of page, and parts of pages, that were found accessible before. */
const [kinds, known] = [new Set(), new Set()];

before(async () => {
  [server, browser] = await Promise.all([Server.start({ demo: true, environment: { SLUICE_MAX_UPLOAD_MIB: "1" } }), launch()]);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

suite("pages", () => {
  test("for people without an account", async () => {
    const somebody = await Person.arrive(browser, server.url, { name: "somebody", email: "", width: NARROW });
    const faults = [];
    for (const [path, status] of [["/sign-in", 200], ["/join/0000", 404], ...UNLINKED.map((path) => [path, 200])]) {
      faults.push(...(await examine(somebody, path, "anonymous", status)));
    }
    await somebody.open("/features");
    assert.equal(new URL(somebody.page.url()).pathname, "/sign-in", "everything else asks who is there");
    somebody.isContent();
    await somebody.leave();
    assert.deepEqual(faults, []);
  });

  // Two people at a time: while the server answers one, the browser draws for the other.
  suite("as a role finds them", { concurrency: 2 }, () => {
    /** @type {Map<string, Person>} */
    const visitors = new Map();
    before(async () => {
      // Before anybody looks around: each sign-in is an event that pages of the history show.
      await Promise.all(VISITORS.map(async (role) => visitors.set(role, await enter(browser, server, role, { width: NARROW }))));
    });
    for (const role of VISITORS) {
      test(`for the role of ${role.toLowerCase()}`, async () => {
        const visitor = visitors.get(role);
        visitor.plain = await visitor.again({ width: NARROW, javaScript: false });
        const faults = await tour(visitor, role);
        visitor.isContent();
        visitor.plain.isContent();
        await Promise.all([visitor.leave(), visitor.plain.leave()]);
        assert.deepEqual(faults, []);
      });
    }
  });

  test("that say no", async () => {
    const dana = await enter(browser, server, "Developer", { width: NARROW });
    const ana = await enter(browser, server, "Product manager", { width: NARROW });
    const faults = [
      ...(await examine(dana, "/features/new", "refused", 403)),
      ...(await examine(dana, "/no/such/page", "refused", 404)),
      ...(await examine(dana, "/features/PAY-999", "refused", 404)),
    ];
    // Forms sent empty: the page again, with what is wrong.
    for (const [who, path, button] of [
      [ana, "/features/new", "Create feature"],
      [ana, "/account", "Change the password"],
    ]) {
      await who.open(path);
      const response = await who.press(button, 422);
      faults.push(...(await lookAt(who, await response.text(), "refused", `422${path}`)));
      const focused = await who.page.evaluate(() => document.activeElement?.className);
      assert.equal(focused, "error-summary", `focus goes to what is wrong on ${path}`);
    }
    // What is refused before anybody knows who asks.
    const foreign = await dana.post("/features/new", {}, { origin: "http://localhost:1", site: "cross-site" });
    assert.equal(foreign.status, 403);
    faults.push(...(await checks.invalidMarkup(foreign.text)));
    dana.isContent();
    ana.isContent();
    await Promise.all([dana.leave(), ana.leave()]);
    assert.deepEqual(faults, []);
  });

  test("and a barrier that is planted is found by these checks", async () => {
    const somebody = await Person.arrive(browser, server.url, { name: "somebody", email: "", width: NARROW });
    const dim = (colours) => `<p class="${colours}">Grey</p>`;
    const body = `<!DOCTYPE html><html lang="en"><title>Canary</title><style>
      .light { color: #999; background: #fff }
      @media (prefers-color-scheme: dark) { .dark { color: #777; background: #888 } }
      .wide { width: 400px } button { height: 20px }
      </style><main><h1>Canary</h1>${dim("light")}${dim("light")}${dim("dark")}<p class="wide">Wide</p><button>x</button><input></main></html>`;
    await somebody.context.route("**/canary", (route) => route.fulfill({ contentType: "text/html", body }));
    await somebody.page.goto("/canary");
    const faults = (await lookAt(somebody, body, "anonymous", "/canary")).join("\n");
    for (const fault of ["label: ", "target-size: ", "at .light:nth-child(2)", "at .dark", "px of 320", "button. x is", "no-implicit-button-type"]) {
      assert.ok(faults.includes(fault), `${fault} in ${faults}`);
    }
    assert.ok(!faults.includes(".light:nth-child(3)"), "of two that are alike, one is measured");
    await somebody.leave();
  });

  test("weigh little", (t) => {
    const [heaviest] = [...weights].sort(([, one], [, other]) => other - one);
    t.diagnostic(`${weights.size} kinds of page; the heaviest is ${heaviest[0]} with ${(heaviest[1] / 1000).toFixed(1)} kB`);
    for (const [page, bytes] of weights) assert.ok(bytes <= HEAVIEST, `${page} loads ${bytes} bytes`);
  });
});

suite("without a mouse", () => {
  for (const [role, path, action] of [
    ["Product manager", "/features", "New feature"],
    ["Product manager", "/features/new", "Create feature"],
    ["Administrator", "/people", "Invite a person"],
    ["Auditor", "/history", "Show"],
  ]) {
    test(`${path} is worked by keyboard: the skip link first, then on to “${action}”`, async () => {
      const person = await enter(browser, server, role);
      await person.open(path);
      const { keyboard } = person.page;
      // Where a page opens with the cursor in a field, the way begins there.
      await person.page.evaluate(() => document.activeElement?.blur());
      await keyboard.press("Tab");
      assert.equal(await focus(person), "Skip to the content");
      await keyboard.press("Enter");
      assert.equal(await person.page.evaluate(() => document.activeElement?.id), "main");
      const seen = [];
      do {
        await keyboard.press("Tab");
        seen.push(await focus(person));
        assert.ok(await isOutlined(person), `${seen.at(-1)} shows that it has the focus`);
      } while (seen.at(-1) !== action && seen.length < 60);
      assert.equal(seen.at(-1), action, `the way: ${seen.join(" → ")}`);
      await person.leave();
    });
  }
});

suite("without JavaScript", () => {
  test("colours are chosen by a form and stay", async () => {
    const plain = await enter(browser, server, "Designer", { javaScript: false });
    await plain.open("/policies");
    await plain.press("Dark");
    assert.equal(new URL(plain.page.url()).pathname, "/policies", "back where it was");
    assert.equal(await theme(plain), "dark");
    await plain.open("/work");
    assert.equal(await theme(plain), "dark");
    await plain.leave();
  });
});

suite("with JavaScript", () => {
  test("colours change at once and stay", async () => {
    const person = await enter(browser, server, "Designer");
    await person.open("/work");
    const [stored] = await Promise.all([
      person.page.waitForResponse((response) => response.url().endsWith("/preferences/theme")),
      person.page.getByRole("button", { name: "Dark", exact: true }).click(),
    ]);
    assert.ok(stored.status() < 400);
    assert.equal(await theme(person), "dark");
    assert.deepEqual(await checks.barriers(person.page, { looks: true }), []);
    await person.open("/features");
    assert.equal(await theme(person), "dark");
    person.isContent();
    await person.leave();
  });

  test("Markdown is shown before it is saved", async () => {
    const person = await enter(browser, server, "Product manager");
    await person.open("/features/new");
    await person.page.getByText("Target date and description").click();
    await person.fill({ Description: "Cards become **tokens**." });
    await person.page.getByRole("button", { name: "Preview" }).click();
    await person.page.locator(".markdown-preview strong", { hasText: "tokens" }).waitFor();
    person.isContent();
    await person.leave();
  });

  test("a chosen file is named with its size, and one that is too large is named before it is sent", async () => {
    const person = await enter(browser, server, "Product manager");
    await person.open(`${await underWay(person)}/evidence`);
    const zone = person.page.locator(".file-drop");
    await person.field("File").setInputFiles({ name: "small.md", mimeType: "text/markdown", buffer: Buffer.from("# Plan\n") });
    await person.sees("small.md (7 bytes)", zone);
    await person.field("File").setInputFiles(tooLarge());
    await person.sees("large.bin has 1.5 MiB, more than the 1 MiB that can be uploaded.", zone);
    person.isContent();
    await person.leave();
  });
});

test("a file above the limit is refused, and what was typed is kept", async () => {
  const person = await enter(browser, server, "Product manager", { javaScript: false });
  await person.open(`${await underWay(person)}/evidence`);
  await person.field("File").setInputFiles(tooLarge());
  await person.fill({ Title: "A large one", Note: "From the build." });
  await person.choose("Kind", "Plan");
  await person.press("Add the evidence", 413);
  await person.isTold("The file is larger than the limit of 1 MiB. Nothing was stored.", "File");
  assert.equal(await person.field("Title").inputValue(), "A large one");
  person.isContent();
  await person.leave();
});

test("the server had nothing to complain about", () => {
  assert.deepEqual(server.complaints(), []);
});

/** The address of a feature that is still worked on: the list leaves out those that are finished. */
async function underWay(person) {
  await person.open("/features");
  return person.page.getByRole("table").getByRole("link").first().getAttribute("href");
}

const tooLarge = () => ({ name: "large.bin", mimeType: "application/octet-stream", buffer: Buffer.alloc(1.5 * 1024 * 1024, "x") });

const theme = (person) => person.page.evaluate(() => document.documentElement.dataset.theme);

/** The words of what has the focus. */
const focus = (person) =>
  person.page.evaluate(() => {
    const element = document.activeElement;
    return (element?.labels?.[0] ?? element)?.innerText?.trim() ?? element?.localName;
  });

/** Whether people see where the focus is. */
const isOutlined = (person) =>
  person.page.evaluate(() => {
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(document.activeElement);
    // Inside of a date, the browser outlines the button of its calendar by itself.
    if (document.activeElement.matches("input[type=date]:not(:focus-visible)")) return true;
    return (outlineStyle !== "none" && parseFloat(outlineWidth) >= 2) || boxShadow !== "none";
  });

/** Everything that can be done on a page: links, buttons, fields. */
const offers = (person) =>
  person.page
    .locator("main")
    .locator("a, button, input:not([type=hidden]), select, textarea")
    .evaluateAll((elements) =>
      elements
        .filter((element) => element.checkVisibility())
        .map((element) => (element.labels?.[0] ?? element).textContent.trim().replaceAll(/\s+/g, " ")),
    );

/**
 * The kind of a page: its address without what tells one feature, person or version from another. Pages of records are
 * alike but for their fields: only the first visitor looks at every kind of them. A list as a board is another page.
 */
function kindOf(address, everyRecord = true) {
  const { pathname, searchParams } = new URL(address, server.url);
  const view = searchParams.get("view");
  return (view ? `${pathname}?view=${view}` : pathname)
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "{id}")
    .replace(/\/[A-Z][A-Z0-9]*-\d+/g, "/{feature}")
    .replace(/\/products\/[A-Z][A-Z0-9]+/, "/products/{key}")
    .replace(/\/(phases|owed|drift)\/[\w-]+/, "/$1/{phase}")
    .replace(/^\/policies\/[\w-]+\/\d[\w.]*/, "/policies/{key}/{version}")
    .replace(/\/frameworks\/[\w-]+/, "/frameworks/{framework}")
    .replace(/\/\d+(?=\/|$)/g, "/{number}")
    .replace(everyRecord ? /$^/ : /\/records\/[\w-]+/, "/records/{kind}");
}

/** Whether an address hands out a file instead of a page: a download, a list for spreadsheets, a dossier as it was signed. */
const isFile = (pathname) => pathname.endsWith("/download") || pathname.endsWith(".csv") || pathname.includes("/dossiers/");

/**
 * Follows the links from the start page on, looks at a page of each kind, and tries other links that it finds.
 * @param {Person} visitor
 */
async function tour(visitor, role) {
  const faults = [];
  const opened = new Set();
  const found = new Set(BEGINNINGS);
  const anchors = new Map();
  const ids = new Map();
  const asked = new Set();
  const tries = new Map();
  for (const address of found) {
    const kind = kindOf(address, role === VISITORS[0]);
    const { pathname } = new URL(address, server.url);
    // A list with a filter is the same page, and a feature in another phase; one of each kind will do.
    if (opened.has(kind) || isFile(pathname)) {
      const tried = tries.get(kind) ?? 0;
      if (asked.has(pathname) || tried >= LINKS) continue;
      asked.add(pathname);
      tries.set(kind, tried + 1);
      const response = await visitor.context.request.get(address, { maxRedirects: 0 });
      if (response.status() >= 400) faults.push(`${address}: a link that ends in ${response.status()}`);
      continue;
    }
    opened.add(kind);
    asked.add(pathname);
    faults.push(...(await examine(visitor, address, role, 200)));
    const page = await visitor.page.evaluate(() => ({
      links: [...document.querySelectorAll("a[href]")].map((link) => link.href),
      ids: [...document.querySelectorAll("[id]")].map(({ id }) => id),
    }));
    ids.set(pathname, new Set(page.ids));
    for (const href of page.links) {
      const link = new URL(href);
      if (link.origin !== server.url) continue;
      if (link.hash) anchors.set(`${link.pathname}${link.hash}`, address);
      found.add(link.pathname + link.search);
    }
  }
  for (const [target, from] of anchors) {
    const [path, id] = target.split("#");
    if (ids.has(path) && !ids.get(path).has(id)) faults.push(`${from}: a link to ${target}, where nothing has this id`);
  }
  return faults;
}

/** Opens a page and looks at it from all sides. */
async function examine(visitor, address, who, status) {
  const kind = kindOf(address);
  const scales = weights.has(kind) ? undefined : await checks.scales(visitor.page);
  const response = await visitor.open(address, status);
  if (scales) weights.set(kind, await scales.read());
  return lookAt(visitor, await response.text(), who, address);
}

/** Looks at the page that is open. Returns what is wrong with it. */
async function lookAt(visitor, html, who, address) {
  const { page } = visitor;
  // While the browser lists the parts, the markup is read here.
  const [parts, faults] = await Promise.all([checks.parts(page), checks.invalidMarkup(html)]);
  faults.push(...(await checks.overflowing(page)), ...(await checks.smallTargets(page)));
  const kind = kindOf(address);
  const fresh = [];
  for (const [place, part] of parts.entries()) {
    if (known.has(part)) continue;
    // At once, so that a page that somebody else opens meanwhile is not looked at for the same.
    known.add(part);
    fresh.push(place);
  }
  if (fresh.length || !kinds.has(kind)) {
    kinds.add(kind);
    if (visitor.plain) faults.push(...(await withoutScripts(visitor, address)));
    faults.push(...(await inBothColours(page, fresh)));
  }
  if (process.env.SCREENSHOTS) await photograph(page, who, address);
  return faults.map((fault) => `${address} (${who}): ${fault}`);
}

/** What people without JavaScript are not offered, or cannot see without scrolling sideways. */
async function withoutScripts(visitor, address) {
  const { plain } = visitor;
  await plain.open(address);
  // The only button that makes sense with JavaScript alone.
  const expected = (await offers(visitor)).filter((words) => words !== "Preview");
  const offered = await offers(plain);
  const faults = await checks.overflowing(plain.page);
  if (offered.join() !== expected.join()) faults.push(`without JavaScript it offers ${offered.join(", ")} instead of ${expected.join(", ")}`);
  return faults;
}

/** What keeps people out of a page: wide and light, then narrow and dark. Leaves it narrow and light, as it was. */
async function inBothColours(page, fresh) {
  await checks.widen(page, WIDE);
  const faults = await checks.barriers(page, { fresh });
  await page.emulateMedia({ colorScheme: "dark" });
  await checks.widen(page, NARROW);
  faults.push(...(await checks.barriers(page, { looks: true, fresh })));
  await page.emulateMedia({ colorScheme: "light" });
  return faults;
}

/** Pictures for people to look at. */
async function photograph(page, who, address) {
  const name = `${who} ${address}`.replaceAll(/[^\w-]+/g, "_").slice(0, 100);
  for (const colours of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme: colours });
    for (const [size, width] of [["wide", WIDE], ["narrow", NARROW]]) {
      await checks.widen(page, width);
      const folder = join(RESULTS, `${size}-${colours}`);
      mkdirSync(folder, { recursive: true });
      await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
    }
  }
  await page.emulateMedia({ colorScheme: "light" });
  await checks.widen(page, NARROW);
}
