// Every text that somebody can write stays text: a corpus of attempts to run script goes into every field, and every page
// that shows them is looked at.
import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { launch } from "../lib/browser.js";
import { enter } from "../lib/demo.js";
import { hostileSample } from "../lib/paths.js";
import { Person } from "../lib/person.js";
import * as records from "../lib/records.js";
import { Server, waitFor } from "../lib/server.js";
import * as work from "../lib/workspace.js";

/** Each sets a mark or opens a dialog, if it runs. */
const CORPUS = [
  "<script>window.__xss=1</script>",
  "</textarea><script>window.__xss=1</script>",
  "</title><script>window.__xss=1</script>",
  "</script><script>window.__xss=1</script>",
  '"><img src=x onerror=window.__xss=1>',
  "'><img src=x onerror=window.__xss=1>",
  '" autofocus onfocus=window.__xss=1 x="',
  "<svg onload=window.__xss=1>",
  "<svg><style><img src=x onerror=window.__xss=1></style>",
  "<math><mtext></form><form><mglyph><style></math><img src=x onerror=window.__xss=1>",
  "<iframe srcdoc='<script>parent.__xss=1</script>'></iframe>",
  "<details open ontoggle=window.__xss=1>",
  "<a href=javascript:window.__xss=1>x</a>",
  "[x](javascript:window.__xss=1)",
  "[x](JaVaScRiPt&colon;window.__xss=1)",
  "[x](&#106;avascript:window.__xss=1)",
  "![x](javascript:window.__xss=1)",
  '![x](x "onerror=window.__xss=1")',
  "[x](data:text/html,<script>window.__xss=1</script>)",
  "<data:text/html,x> <javascript:window.__xss=1>",
  "[x]: javascript:window.__xss=1\u2028[x]",
  "`</code><script>window.__xss=1</script>`",
  "&lt;script&gt;window.__xss=1&lt;/script&gt;",
  "<!--><script>window.__xss=1</script>-->",
  "<!><leptos-island data-component=ThemeButtons_1>",
  "]]><script>window.__xss=1</script>",
  "{{7*7}} ${7*7} #{7*7} <%= 7*7 %>",
  "x\u2028window.__xss=1\u2029//",
  "<base href=http://127.0.0.1:9/><meta http-equiv=refresh content=0;url=javascript:window.__xss=1>",
  "<link rel=stylesheet href=//127.0.0.1:9/x.css><style>*{background:url(//127.0.0.1:9/)}</style>",
];

/** All of it in one text of several lines, for fields that take Markdown. */
const TEXT = CORPUS.join("\n\n");

/** What no page of ours contains, whatever people wrote. */
const FORBIDDEN = [
  "iframe, object, embed, base, frame, math, applet",
  "meta[http-equiv]",
  "main script, main style, main link, main img",
  "body script, body style",
  "[onerror], [onload], [onfocus], [ontoggle], [onclick]",
  "a[href^='javascript:' i], a[href^='data:' i], form[action^='javascript:' i]",
  "main svg[onload], main .prose details",
];

/** @type {Server} */ let server;
/** @type {import("playwright-core").Browser} */ let browser;
/** @type {Record<string, Person>} */
const people = {};
let feature;

before(async () => {
  [server, browser] = await Promise.all([Server.start({ demo: true }), launch()]);
  const roles = ["Product manager", "Developer", "Security reviewer", "Administrator", "Auditor"];
  await Promise.all(roles.map(async (role) => (people[role] = await enter(browser, server, role))));
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

suite("text stays text", () => {
  test("of a product and its features", async () => {
    const { Administrator: nora, "Product manager": ana } = people;
    for (const [number, attempt] of CORPUS.entries()) {
      await written(nora, "/products/new", { key: `X${number}`, name: attempt, description: attempt });
    }
    await nora.open("/people");
    const link = await nora.page.getByRole("link", { name: "Ana Diaz" }).getAttribute("href");
    const person = link.split("/").at(-1);
    await written(nora, "/products/X0", { person, role: "product-manager" }, "/products/X0/grants");
    await written(nora, "/products/PAY/edit", { name: CORPUS[4], description: TEXT });
    await ana.open("/features/new?product=PAY");
    for (const attempt of CORPUS) {
      await written(ana, "/features/new?product=PAY", { title: attempt, description: attempt }, "/features/new");
    }
    feature = await work.createFeature(ana, { product: "PAY", title: CORPUS[2], description: TEXT });
    const ownPages = ["", "/edit", "/review", "/history"].map((page) => `/features/${feature}${page}`);
    const features = await linksOf(ana, "/features", /\/features\/PAY-\d+$/);
    await Promise.all([
      look(nora, ["/products", "/products/PAY", "/products/PAY/edit", ...CORPUS.map((_, number) => `/products/X${number}`)]),
      look(ana, ["/features", "/work", ...features, ...ownPages]),
    ]);
  });

  test("of controls, threats and answers", async () => {
    const { "Product manager": ana, Developer: dana, "Security reviewer": ben } = people;
    const phase = `/features/${feature}/phases/requirements`;
    await records.rate(ana, feature, []);
    await work.answerQuestions(dana, feature, Object.fromEntries(Object.keys(work.ANSWERS).map((question) => [question, TEXT])));
    for (const attempt of CORPUS) {
      await written(dana, `/features/${feature}/threats/new`, {
        title: attempt,
        element: attempt,
        stride: "tampering",
        severity: "low",
        description: attempt,
        treatment: "accept",
        countermeasure: attempt,
        status: "open",
      });
    }
    const pages = [phase, `${phase}?open=risk-assessed`, `/features/${feature}/threat-model`, `/features/${feature}/threats/1`];
    await Promise.all([look(ana, pages), look(ben, [...pages, ...CORPUS.map((_, number) => `/features/${feature}/threats/${number + 1}`)])]);
  });

  test("of records of every kind, on their own pages, in lists, in the whole record and in search", async () => {
    const { "Product manager": ana, Developer: dana, "Security reviewer": ben } = people;
    const writers = {
      plan: ana, requirement: ana, "security-test": dana, notice: ana, design: ana, decision: dana, change: dana, check: dana,
      "test-plan": dana, finding: dana, "test-summary": dana, hardening: dana, artefact: dana, promotion: dana, operations: dana,
      "release-notes": ana, feedback: ana, "posture-review": ana, lessons: ana,
    };
    const addresses = [];
    for (const [number, [kind, writer]] of Object.entries(writers).entries()) {
      const values = { requirement: { class: "security", family: "privacy" }, promotion: { artefacts: ["A-1"] } }[kind] ?? {};
      await records.record(writer, feature, kind, values, undefined, CORPUS[number]);
      await isInert(writer);
      addresses.push(`/features/${feature}/records/${kind}`, new URL(writer.page.url()).pathname);
    }
    for (const attempt of CORPUS) {
      await written(ana, `/features/${feature}/records/requirement/new`, { title: attempt, class: "functional", priority: "must", acceptance: attempt });
      await written(ben, `/features/${feature}/comments`, { text: attempt });
    }
    for (const page of ["record", "trace", "comments", "starters", "risk", "phases/development", "phases/release"]) addresses.push(`/features/${feature}/${page}`);
    const pages = [...addresses, "/work", "/search?q=script", "/search?q=onerror", "/features?view=board"];
    await Promise.all([ana, ben].map((person) => look(person, pages)));
    for (const attempt of CORPUS.slice(0, 10)) {
      await look(ana, [`/search?q=${encodeURIComponent(attempt)}`, `/features/${feature}/records/requirement/new?title=${encodeURIComponent(attempt)}`]);
    }
  });

  test("of evidence: title, note, the file's name; and the file itself is never shown", async () => {
    const { "Product manager": ana, "Security reviewer": ben } = people;
    for (const [title, file] of [
      [CORPUS[4], { name: `${CORPUS[4].replaceAll("/", "")}.html`, mimeType: "text/html", buffer: Buffer.from(TEXT) }],
      [CORPUS[7], hostileSample("report.html")],
      [CORPUS[8], hostileSample("diagram-with-script.svg")],
    ]) {
      await ana.open(`/features/${feature}/evidence`);
      await work.addEvidence(ana, { kind: "Plan", title, file, note: TEXT.slice(0, 2000) });
    }
    await look(ben, ["/evidence", "/evidence/1", "/evidence/2", "/evidence/3"].map((page) => `/features/${feature}${page}`));
    for (const number of [1, 2, 3]) {
      const [download] = await Promise.all([
        ben.page.waitForEvent("download"),
        // The navigation ends as a download, which is what is asked for.
        ben.page.goto(`/features/${feature}/evidence/${number}/versions/1/download`).catch(() => {}),
      ]);
      await download.cancel();
    }
  });

  test("of reasons at a gate, and in the history and its filters", async () => {
    const { "Product manager": ana, "Security reviewer": ben, Auditor: victor } = people;
    await work.requestReview(ana, feature);
    const form = await work.decide(ben, feature, { verdict: "Deny", reason: TEXT.slice(0, 2000), password: "wrong, so that it is shown again" });
    await ben.press("Sign", 422, form);
    await isInert(ben);
    await work.sign(ben, feature, "Your denial stands.", { verdict: "Deny", reason: TEXT.slice(0, 2000) });
    await work.withdraw(ben, feature, TEXT.slice(0, 2000));
    await ben.fill({ "The reason": TEXT.slice(0, 2000) }, ben.page.locator("#return"));
    await ben.press("Return for changes", 200, ben.page.locator("#return"));
    await look(ana, ["", "/review", "/history"].map((page) => `/features/${feature}${page}`));
    await look(victor, ["/history", `/history?object=${feature}`]);
    for (const attempt of CORPUS) {
      const typed = encodeURIComponent(attempt);
      await look(victor, [`/history?object=${typed}`], 422);
    }
  });

  test("of names and addresses", async () => {
    const { Administrator: nora, Developer: dana, Auditor: victor } = people;
    for (const attempt of CORPUS.slice(0, 8)) {
      await nora.open("/people/invite");
      await nora.fill({ "E-mail address": attempt, Name: attempt });
      await nora.press("Make the invitation", 422);
      await isInert(nora);
      await nora.fill({ "E-mail address": `somebody-${CORPUS.indexOf(attempt)}@example.org`, Name: attempt });
      await nora.press("Make the invitation");
      await isInert(nora);
    }
    await nora.open("/people/invite");
    await nora.fill({ "E-mail address": "mallory@example.org", Name: CORPUS[2] });
    await nora.press("Make the invitation");
    const link = await nora.page.locator("#link").inputValue();
    const mallory = await Person.arrive(browser, server.url, { name: CORPUS[2], email: "mallory@example.org" });
    await mallory.open(link);
    await isInert(mallory);
    await mallory.join(link);
    await isInert(mallory);
    await written(dana, "/account", { name: CORPUS[4] }, "/account/name");
    await look(dana, ["/account", "/work", "/features"]);
    await look(nora, ["/people", ...(await linksOf(nora, "/people", /\/people\/[0-9a-f-]{36}$/))]);
    await look(victor, ["/history", "/people"]);
    mallory.isContent();
  });

  test("of what addresses and refused forms bring back", async () => {
    const { "Product manager": ana } = people;
    const stranger = await Person.arrive(browser, server.url, { name: "a stranger", email: "" });
    for (const attempt of CORPUS) {
      const typed = encodeURIComponent(attempt);
      await Promise.all([
        look(ana, [`/features?q=${typed}&product=${typed}&phase=${typed}`, `/features/${feature}/phases/requirements?open=${typed}`, `/features/${feature}/evidence?for=${typed}`]),
        look(stranger, [`/sign-in?next=${typed}`]),
      ]);
      await look(ana, [`/features/${typed}`, `/no/${typed}`], 404);
    }
    await stranger.open("/sign-in");
    await stranger.fill({ "E-mail address": CORPUS[4], Password: "whatever it is" });
    await stranger.press("Sign in", 422);
    await isInert(stranger);
    // A form that is carried through the sign-in.
    const late = await enter(browser, server, "Product manager");
    await late.open("/features/new");
    await late.page.getByText("Target date and description").click();
    await late.fill({ Title: CORPUS[4], Description: TEXT });
    await late.context.clearCookies();
    await late.press("Create feature", 401);
    await isInert(late);
    await late.fill({ "E-mail address": late.email, Password: late.password });
    await late.press("Sign in");
    await isInert(late);
    late.isContent();
    // Only local addresses are come back to.
    const away = await stranger.post("/sign-in", { next: "//127.0.0.1:9/", email: ana.email, password: ana.password });
    assert.deepEqual([away.status, away.location], [303, "/"]);
    await ana.open("/features/new");
    await ana.page.getByText("Target date and description").click();
    await ana.fill({ Title: "x".repeat(121), Description: TEXT });
    await ana.press("Create feature", 422);
    await isInert(ana);
  });

  test("of Markdown that is shown before it is saved", async () => {
    const { "Product manager": ana } = people;
    await ana.open("/features/new");
    await ana.page.getByText("Target date and description").click();
    for (const attempt of [...CORPUS, TEXT]) {
      await ana.fill({ Description: attempt });
      await Promise.all([
        ana.page.waitForResponse((response) => response.url().endsWith("/islands/preview") && response.ok()),
        ana.page.getByRole("button", { name: "Preview" }).click(),
      ]);
      await ana.page.waitForFunction(() => !document.querySelector(".markdown-preview [role=status]").textContent.includes("Rendering"));
      await isInert(ana);
    }
  });

  test("and no browser complained, and no policy was violated", () => {
    for (const person of Object.values(people)) person.isContent();
    assert.deepEqual(server.complaints(), []);
  });

  test("but one that is planted is found by each of these checks", async () => {
    const { Developer: dana } = people;
    const page = (policy) => ({
      contentType: "text/html",
      headers: policy ? { "content-security-policy": policy } : {},
      body: "<!DOCTYPE html><title>Canary</title><main><img src=x onerror='window.__xss=1;alert(1)'></main>",
    });
    await dana.context.route("**/canary", (route) => route.fulfill(page("")));
    const asked = dana.page.waitForEvent("dialog");
    await dana.page.goto("/canary");
    await asked;
    await assert.rejects(isInert(dana), /AssertionError/);
    await dana.context.route("**/canary", (route) => route.fulfill(page("script-src 'self'; report-uri /csp-report")));
    await dana.page.goto("/canary");
    await waitFor("the report", () => server.complaints().some((line) => line.includes("csp")));
    for (const kind of ["dialog: 1", "policy violated: script-src", "console error"]) {
      assert.ok(dana.problems.some((problem) => problem.startsWith(kind)), `${kind} is among ${dana.problems}`);
    }
  });
});

/** Sends a form by hand with what its page holds, and expects it to be taken. */
async function written(person, page, values, action = page) {
  const held = await person.filledInAt(page, `form[action="${action}"], form[action^="${action}#"]`);
  const fields = [...held.filter(([name]) => !(name in values)), ...Object.entries(values)];
  const { status, text } = await person.post(action, fields);
  assert.equal(status, 303, `${person.name} writes ${JSON.stringify(values)} on ${page}: ${text.match(/error-summary.*?<\/div>/s)?.[0]}`);
}

/** The addresses on a page that look like this. */
async function linksOf(person, page, pattern) {
  await person.open(page);
  const links = await person.page.locator("main a[href]").evaluateAll((links) => links.map((link) => new URL(link.href).pathname));
  return [...new Set(links.filter((link) => pattern.test(link)))];
}

/** Opens pages and expects that nothing on them runs. */
async function look(person, pages, status = 200) {
  for (const page of pages) {
    await person.open(page, status);
    await isInert(person);
  }
}

/** Nothing ran, and nothing is there that could. */
async function isInert({ page }) {
  const found = await page.evaluate(
    (forbidden) => ({
      ran: "__xss" in window,
      elements: forbidden.flatMap((selector) => [...document.querySelectorAll(selector)].map((element) => element.outerHTML.slice(0, 200))),
      strangers: [...document.scripts].filter((script) => !script.nonce).map((script) => script.outerHTML),
    }),
    FORBIDDEN,
  );
  assert.deepEqual(found, { ran: false, elements: [], strangers: [] }, page.url());
}
