// How a workspace comes to have people, and what they do to a feature: through the pages, as people do it.
import assert from "node:assert/strict";
import { Person } from "./person.js";
import { sample } from "./paths.js";

/** Real files of real tools, by the kind of evidence they are; written for the demo where no tool writes such a thing. */
const FILES = {
  Plan: "tokenisation-plan.md",
  "Design document": "webhook-design.md",
  "Threat model file": "threat-dragon-demo-v2.json",
  "Code review record": "webhook-reviews.csv",
  "Test report": "gotestsum.xml",
  "Static analysis": "eslint-9.26.0-suppressions-insource.sarif",
  "Dependency scan": "trivy-alpine-310.sarif",
  "Dynamic scan": "zap-2.17.0-systemic.json",
  VEX: "grype-demo2.openvex.json",
  SBOM: "trivy-npm-1.7.json",
  Provenance: "slsa-v1-sigstore-bundle.intoto.jsonl",
};

/** The administrator invites somebody, who accepts in a browser of their own. */
export async function invite(admin, browser, { name, email, roles = [], workspace = [], product, ...look }) {
  await admin.open("/people/invite");
  await admin.fill({ "E-mail address": email, Name: name });
  for (const role of workspace) await admin.tick("Roles for the workspace", role);
  if (roles.length) await admin.choose("Product", product);
  for (const role of roles) await admin.tick("Roles in that product", role);
  await admin.press("Make the invitation");
  const link = await admin.page.locator("#link").inputValue();
  const person = await Person.arrive(browser, admin.url, { name, email, ...look });
  await person.join(link);
  return person;
}

/** @param {Person} admin */
export async function createProduct(admin, { key, name, description = "" }) {
  await admin.open("/products/new");
  await admin.fill({ Key: key, Name: name, Description: description });
  await admin.press("Create the product");
  await admin.sees("The product is created. Grant roles so that people can work in it.");
}

/** Fills in the form of a new feature and sends it: a title is enough. Returns the feature's key. */
export async function createFeature(person, { product, title, description }) {
  await person.open(`/features/new?product=${product}`);
  await person.fill({ Title: title });
  if (description) {
    await person.page.getByText("Target date and description").click();
    await person.fill({ Description: description });
  }
  await person.press("Create feature");
  await person.sees("The feature is created.");
  return new URL(person.page.url()).pathname.split("/")[2];
}

/**
 * @typedef {{ key: string, title: string, met: boolean, by: string, proof: string, optional: boolean }} Control
 */

/**
 * The checklist of a phase as it stands on its page.
 * @returns {Promise<Control[]>}
 */
export async function checklist(person, feature, phase) {
  await person.open(`/features/${feature}/phases/${phase}`);
  return person.page.locator("section.card[id]").evaluateAll((cards) =>
    // Below the checklist stand the phase's records, in cards of their own.
    cards.filter((card) => [...card.querySelectorAll("dt")].some((term) => term.textContent.trim() === "Done by")).map((card) => {
      const fact = (label) =>
        [...card.querySelectorAll("dt")].find((term) => term.textContent.trim() === label)?.nextElementSibling?.textContent.trim() ?? "";
      return {
        key: card.id,
        title: card.querySelector("h2").textContent.trim(),
        met: !/Not done|Not started/.test(card.querySelector(".card-side").textContent),
        by: fact("Done by"),
        proof: fact("Proof"),
      };
    }),
  );
}

/** Clears a control in the way that the policy asks for. */
export async function clear(person, feature, phase, control, { note = `Done for ${control.title}: see the record.` } = {}) {
  await person.open(`/features/${feature}/phases/${phase}`);
  const card = person.page.locator(`section.card#${control.key}`);
  if (control.proof.startsWith("evidence")) {
    await person.follow(/^Add evidence/, card);
    await addEvidence(person, { kind: control.proof });
  } else {
    await person.follow(/^(Work on it|Change it)/, card);
    await mark(person, "Done", note);
  }
}

/** Fills in the form of the control that is open. */
export async function mark(person, state, note) {
  await person.tick("State", state);
  await person.fill({ Note: note });
  await person.press("Save this control");
  await person.sees("The checklist is saved.");
}

/**
 * Sends the form for new evidence that is open, with the first kind among the words of `kind` for which there is a file.
 */
export async function addEvidence(person, { kind, title = "", file, note = "" }) {
  const kinds = await person.field("Kind").locator("option").allInnerTexts();
  const word = kinds.find((option) => kind.toLowerCase().includes(option.toLowerCase()));
  assert.ok(word, `there is a kind of evidence for “${kind}” among ${kinds}`);
  await person.field("File").setInputFiles(file ?? fileFor(word));
  await person.fill({ Title: title || word, Note: note });
  await person.choose("Kind", word);
  await person.press("Add the evidence");
  await person.sees("The evidence is stored and attached.");
}

/** Adds evidence that proves nothing by itself, for a record to name. Returns its key. */
export async function attachNothing(person, feature, kind) {
  await person.open(`/features/${feature}/evidence`);
  await addEvidence(person, { kind });
  return `E-${new URL(person.page.url()).pathname.split("/").pop()}`;
}

/** A real file where there is one; else a short text of its own, such as people write. */
function fileFor(kind) {
  const name = Object.entries(FILES).find(([word]) => kind.toLowerCase().includes(word.toLowerCase()))?.[1];
  if (name) return sample(name);
  return { name: `${kind.toLowerCase().replaceAll(" ", "-")}.md`, mimeType: "text/markdown", buffer: Buffer.from(`# ${kind}\n\nWhat was done, by whom and when.\n`) };
}

/** The four answers of a threat model. */
export const ANSWERS = {
  "What are we working on?": "Card numbers leave the shop. They travel from the **browser** to the acquirer.",
  "What can go wrong?": "We went through STRIDE for each connection, with two developers.",
  "What are we going to do about it?": "Serious threats are reduced; the rest is accepted by the product manager.",
  "Did we do a good job?": "Two people compared the model with the code. Physical access was left out on purpose.",
};

/** Answers the four questions. */
export async function answerQuestions(person, feature, answers = ANSWERS) {
  await person.open(`/features/${feature}/threat-model`);
  await person.fill(answers);
  await person.press("Save the answers");
}

/** Adds a threat that is still open. */
export async function addThreat(person, feature, { title, element = "", severity = "High", description = "" }) {
  await person.open(`/features/${feature}/threats/new`);
  await person.fill({ Title: title, Element: element, Description: description });
  await person.choose("Kind of threat", "Information disclosure");
  await person.choose("Severity", `${severity}:`);
  await person.press("Add the threat");
  await person.sees("The threat is added to the model.");
}

/** Decides what is done about a threat; where sign-offs stand, after seeing that this voids them. */
export async function treat(person, feature, number, status, countermeasure, voids = "") {
  await person.open(`/features/${feature}/threats/${number}`);
  await person.choose("Treatment", "Mitigate");
  if (countermeasure) await person.fill({ Countermeasure: countermeasure });
  await person.choose("Status", `${status}:`);
  if (!voids) return person.press("Save the threat");
  await person.press("Save the threat", 409);
  await person.sees(voids);
  await person.press("Save and void 1 sign-off");
}

/** The sentences of the gate panel: what blocks. */
export async function blockers(person, feature) {
  await person.open(`/features/${feature}`);
  return person.page.locator("#gate .blockers li > div").evaluateAll((lines) =>
    lines.map((line) => [...line.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.textContent).join("").trim()),
  );
}

/** Hands the turn to the reviewers, from the feature's own page. */
export async function requestReview(person, feature) {
  await person.open(`/features/${feature}`);
  await person.press("Request review");
  await person.sees("The review is requested. The reviewers have the turn.");
}

/** Fills the form of the signature in. */
export async function decide(person, feature, { verdict = "Approve", reason = "", password = person.password } = {}) {
  await person.open(`/features/${feature}/review`);
  const form = person.page.locator("#sign");
  await person.tick("Your decision", verdict, form);
  await person.fill({ Reason: reason, Password: password }, form);
  return form;
}

/** Signs, and expects the notice. */
export async function sign(person, feature, notice, choices = {}) {
  const form = await decide(person, feature, choices);
  await person.press("Sign", 200, form);
  await person.sees(notice);
}

/** Takes one's own sign-off back, which is signed like giving it. */
export async function withdraw(person, feature, reason) {
  await person.open(`/features/${feature}/review`);
  const form = person.page.locator("#withdraw");
  await person.fill({ "The reason": reason, Password: person.password }, form);
  await person.press("Withdraw your sign-off", 200, form);
  await person.sees("Your sign-off is withdrawn. It stays in the record.");
}
