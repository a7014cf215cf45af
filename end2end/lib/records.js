// What the phases record, written through the pages: whatever a form asks for is filled in, and what a gate misses is
// put right by the people whose work it is.
import assert from "node:assert/strict";
import * as work from "./workspace.js";

/** Kinds of which a feature has one. */
const SINGLE = new Set(["plan", "design", "test-plan", "test-summary", "hardening", "operations", "release-notes", "lessons"]);

/** Who writes what in these tests; nobody of them signs. */
const WRITERS = {
  plan: "ana",
  requirement: "ana",
  notice: "ana",
  design: "eli",
  decision: "eli",
  "security-test": "gita",
  change: "dana",
  check: "dana",
  "test-plan": "gita",
  finding: "gita",
  "test-summary": "gita",
  hardening: "dana",
  artefact: "dana",
  promotion: "dana",
  operations: "dana",
  "release-notes": "ana",
  feedback: "ana",
  "posture-review": "ana",
  lessons: "ana",
};

/** Who takes a step, and into which state it leads. */
const STEPS = {
  notice: { draft: ["ana", "sent"], sent: ["rosa", "acknowledged"] },
  "security-test": { promised: ["gita", "passed"] },
  promotion: { deployed: ["gita", "verified"] },
  finding: { open: ["dana", "fixed"], fixed: ["gita", "validated"] },
  feedback: { new: ["dana", "analysed"], analysed: ["ana", "closed"] },
  "posture review": { planned: ["ana", "done"] },
  "posture-review": { planned: ["ana", "done"] },
};

/** What a missing thing is called, and what the form of it has to say. */
const MISSING = {
  "security requirement": { class: "security", family: "authentication" },
  "requirement about authentication": { class: "security", family: "authentication" },
  "requirement about encryption of data": { class: "security", family: "data-encryption" },
  "requirement about secure communication": { class: "security", family: "secure-communication" },
  "decision about static analysis": { method: "static-analysis" },
  "decision about a dynamic scan": { method: "dynamic-scan" },
  "decision about a penetration test": { method: "penetration-test" },
  "notice to marketing": { audience: "marketing" },
  "notice to customer support": { audience: "support" },
  "automated security check": { class: "security", title: "CodeQL" },
  "finished posture review": { state: "done" },
  "promotion to staging": { environment: "staging", artefacts: ["A-1"] },
  "promotion to production": { environment: "production", artefacts: ["A-1"] },
};

/** The page of a record; of a new one without `number`. */
const pageOf = (feature, kind, number) =>
  `/features/${feature}/records/${kind}${SINGLE.has(kind) ? "" : number ? `/${number}` : "/new"}`;

/** The form of a record on the page: the one that sends a version. */
const formOf = (person) => person.page.locator("main form:has(input[name=version])").last();

/**
 * Fills the form on the page in: the fields of `values` by their names, everything else that is still empty with
 * something that fits.
 * @param {Record<string, string | string[]>} values
 */
export async function fillIn(person, values = {}, text = undefined) {
  const form = formOf(person);
  const fields = await form.evaluate((form) => {
    const found = new Map();
    for (const field of form.elements) {
      if (!field.name || field.type === "hidden" || field.type === "submit" || field.tagName === "BUTTON" || field.tagName === "FIELDSET") continue;
      const entry = found.get(field.name) ?? { name: field.name, type: field.type, options: [], empty: true };
      if (field.type === "radio" || field.type === "checkbox") {
        entry.options.push(field.value);
        if (field.checked) entry.empty = false;
      } else {
        if (field.tagName === "SELECT") entry.options = [...field.options].map((option) => option.value);
        if (field.value) entry.empty = false;
      }
      found.set(field.name, entry);
    }
    return [...found.values()];
  });
  for (const { name, type, options, empty } of fields) {
    const said = values[name];
    if (said === undefined && !empty) continue;
    const wanted = [said ?? sample(name, type, options, text)].flat().filter((value) => value !== undefined);
    const field = form.locator(`[name="${name}"]`);
    if (type === "checkbox") {
      for (const value of wanted) await form.locator(`[name="${name}"][value="${value.replaceAll('"', '\\"')}"]`).check();
    } else if (type === "radio") {
      if (wanted.length) await form.locator(`[name="${name}"][value="${wanted[0]}"]`).check();
    } else if (type === "select-one") {
      if (wanted.length) await field.selectOption(wanted[0]);
    } else if (wanted.length) {
      await field.fill(wanted.join(", "));
    }
  }
  return form;
}

/** Something that fits a field. */
function sample(name, type, options, text) {
  const chosen = options.filter(Boolean);
  if (type === "checkbox") return name === "reviewers" ? undefined : ["principles", "ready", "hardening"].includes(name) ? chosen : [];
  if (type === "radio" || type === "select-one") return chosen[0];
  if (type === "date") return "2030-06-01";
  if (type === "url") return "https://code.example.org/merge/12";
  if (name === "digest") return `sha256:${"0123456789abcdef".repeat(4)}`;
  if (["implements", "requirements", "evidence", "artefacts", "source", "change", "superseded-by"].includes(name)) return undefined;
  if (text) return text;
  return name === "title" ? "As the team agreed" : "As the team agreed; the details are in the project's notes.";
}

/** Sends the form of a record, and expects that it is stored. */
export async function send(person, form) {
  await person.press(/^(Add|Write|Save|Acknowledge|Confirm|Set)/, 200, form);
  assert.equal(await person.page.getByRole("alert").count(), 0, `${person.name} is told: ${await person.page.getByRole("alert").allInnerTexts()}`);
}

/** Adds a record, or changes the one that has the number. `text` goes into whatever takes words. */
export async function record(person, feature, kind, values = {}, number = undefined, text = undefined) {
  await person.open(pageOf(feature, kind, number));
  // Of other kinds the field of this name is a reference or a link.
  const said = kind === "feedback" ? { source: text ?? "A ticket of support", ...values } : values;
  await send(person, await fillIn(person, said, text));
}

/** People by the labels of boxes, as values of the form on the page. */
async function peopleNamed(person, names) {
  const form = formOf(person);
  return Promise.all(names.map((name) => form.locator("[name=reviewers]").and(form.getByLabel(name)).getAttribute("value")));
}

/** Adds a change that two others reviewed. */
export async function change(person, feature, { reviewers, values = {}, number } = {}) {
  await person.open(pageOf(feature, "change", number));
  await send(person, await fillIn(person, { ...values, reviewers: await peopleNamed(person, reviewers) }));
}

/** Answers the risk questionnaire: yes to the questions whose names are given. */
export async function rate(person, feature, yes) {
  await person.open(`/features/${feature}/risk`);
  const form = formOf(person);
  for (const name of await form.locator("input[type=radio][value=yes]").evaluateAll((boxes) => boxes.map((box) => box.name))) {
    await form.locator(`[name="${name}"][value=${yes.includes(name) ? "yes" : "no"}]`).check();
  }
  await person.press("Show what this changes", 200, form);
  await person.submit("[name=go][value=save]");
}

/** What blocks the current gate for the team: the sentence and where it is cleared. */
export function open(person, feature) {
  return openAt(person, `/features/${feature}`, "#gate");
}

/** What the blocker lines of a panel of a page say, and where each is cleared. */
export async function openAt(person, path, panel) {
  await person.open(path);
  return person.page.locator(`${panel} .blockers li`).evaluateAll((lines) =>
    lines
      .filter((line) => line.querySelector("a"))
      .map((line) => {
        const words = [...line.querySelectorAll("div")].flatMap((part) => [...part.childNodes]);
        const sentence = words.filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.textContent.trim()).filter(Boolean)[0];
        // The way on stands last; a second way, such as a waiver, before it.
        const address = new URL([...line.querySelectorAll("a")].at(-1).href);
        return { sentence, path: address.pathname, hash: address.hash.slice(1) };
      }),
  );
}

/**
 * Puts right what one line of the gate panel says.
 * @param {Record<string, import("./person.js").Person>} people
 * @param {{ risk?: string[], reviewers?: string[] }} choices
 */
export async function clear(people, feature, phase, { sentence, path, hash }, { risk = [], reviewers = ["Eli Brandt", "Gita Rao"] } = {}) {
  if (path.endsWith("/risk")) return rate(people.ana, feature, risk);
  if (path.includes("/phases/")) {
    const control = (await work.checklist(people.ana, feature, phase)).find(({ key }) => key === hash);
    return work.clear(doer(people, control), feature, phase, control);
  }
  if (path.endsWith("/archive")) return archive(people.ana, feature);
  if (path.endsWith("/standards")) return standards(people, feature, sentence);
  const [, kind, number] = path.match(/\/records\/([a-z-]+)(?:\/(\d+))?$/) ?? [];
  assert.ok(kind, `“${sentence}” leads to a place where it is cleared: ${path}`);
  const writer = people[WRITERS[kind]];
  const unanswered = sentence.match(/ (R-\d+|T-\d+) is (implemented|answered) by no/)?.[1];
  if (kind === "change") {
    return change(writer, feature, { reviewers, number, values: unanswered ? { implements: [unanswered] } : {} });
  }
  if (unanswered) return record(writer, feature, kind, { requirements: [unanswered] });
  if (sentence.endsWith("names no evidence")) {
    const evidence = await work.attachNothing(writer, feature, "Test report");
    return record(writer, feature, kind, { evidence: [evidence] }, number);
  }
  const state = sentence.match(/” is (.+)$/)?.[1];
  if (state) {
    const [who, next] = STEPS[kind]?.[state.replace(" ", "-")] ?? [];
    assert.ok(who, `somebody takes the step that “${sentence}” waits for`);
    return record(people[who], feature, kind, { state: next }, number);
  }
  const what = sentence.match(/^No (.+) is on record$/)?.[1];
  return record(writer, feature, kind, MISSING[what] ?? {}, number);
}

/** Exports the whole record and keeps it. */
export async function archive(person, feature) {
  await person.open(`/features/${feature}/archive`);
  await person.press("Archive the record");
  await person.sees("The record is archived as it is now.");
}

/** Who of the team does a control: the first role that it names. */
export function doer(people, { by }) {
  const roles = { "product manager": "ana", designer: "eli", developer: "dana", QA: "gita", stakeholder: "rosa" };
  const role = Object.keys(roles).find((role) => by.includes(role));
  assert.ok(role, `somebody of the team can do what is “done by ${by}”`);
  return people[roles[role]];
}

/** The product has a coding standard, and whoever wrote code attested it. */
async function standards(people, feature, sentence) {
  const product = feature.split("-")[0];
  if (sentence.startsWith("The product has no")) {
    await people.ana.open(`/products/${product}/standards`);
    await people.ana.follow(/^Publish/, people.ana.page.locator("main .empty, main .page-head, main").first());
    await people.ana.fill({ Title: "Secure coding", Edition: "2030", Link: "https://example.org/secure-coding", Summary: "Validate what comes in, encode what goes out." });
    return people.ana.press(/^Publish/);
  }
  const name = sentence.replace(" has not attested the coding standards", "");
  const person = Object.values(people).find((person) => person.name === name);
  await person.open(`/products/${product}/standards`);
  await person.follow(/^Read and attest/);
  await person.press("Attest this edition");
}
