// What every page has to stand up to.
import AxeBuilder from "@axe-core/playwright";
import { HtmlValidate } from "html-validate";
import { waitFor } from "./server.js";

/** Without the rules about taste: how tags are written changes nothing for anybody. */
const validator = new HtmlValidate({
  root: true,
  extends: ["html-validate:recommended"],
  rules: {
    // Lists and search landmarks can have names.
    "aria-label-misuse": ["error", { allowAnyNamable: true }],
    "attribute-boolean-style": "off",
    "attribute-empty-style": "off",
    "doctype-style": "off",
    "form-dup-name": ["error", { shared: ["radio", "checkbox", "submit"] }],
    "long-title": "off",
    "no-inline-style": "error",
    "no-trailing-whitespace": "off",
    // A table that scrolls is a named region; a section with the same name would say no more.
    "prefer-native-element": ["error", { exclude: ["region"] }],
    "void-style": "off",
  },
  elements: [
    "html5",
    // What an island is wrapped in: without meaning for readers.
    { "leptos-island": { flow: true, phrasing: true, transparent: true }, "leptos-children": { flow: true, phrasing: true, transparent: true } },
  ],
});

/** What is wrong with the markup, as the server sent it. */
export async function invalidMarkup(html) {
  const { results } = await validator.validateString(html);
  return results.flatMap(({ messages }) =>
    messages.map(({ ruleId, message, line, column }) => `${ruleId}: ${message} at ${excerpt(html, line, column)}`),
  );
}

/** The markup around an error: whole pages are one line. */
function excerpt(html, line, column) {
  const text = html.split("\n")[line - 1] ?? "";
  return text.slice(Math.max(0, column - 40), column + 80);
}

/** The rules whose answer depends on colours and on the width of the window. */
const LOOKS = ["color-contrast", "link-in-text-block", "scrollable-region-focusable", "target-size"];

/**
 * What keeps people with assistive technology out. `looks` asks only what depends on colours and width.
 * @param {import("playwright-core").Page} page
 */
export async function barriers(page, { looks = false } = {}) {
  // Only this document, no helper page: there are no frames.
  const axe = new AxeBuilder({ page }).setLegacyMode(true);
  const asked = looks ? axe.withRules(LOOKS) : axe.withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]);
  const { violations } = await asked.analyze();
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${help} at ${target.join(" ")}: ${failureSummary?.replaceAll(/\s+/g, " ")}`),
  );
}

/** What sticks out to the right, so that people have to scroll sideways. */
export function overflowing(page) {
  return page.evaluate(async () => {
    // The window has just been made narrower: measure what was drawn.
    await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return [];
    const outermost = [...document.body.querySelectorAll("*")].filter(
      (element) => element.getBoundingClientRect().right > clientWidth + 1 && !element.closest(".table"),
    );
    const names = outermost.slice(0, 5).map((element) => `${element.localName}.${element.className} (${Math.round(element.getBoundingClientRect().right)} px)`);
    return [`${scrollWidth} px of ${clientWidth}: ${names.join(", ")}`];
  });
}

/** What is too small to hit: targets below 24 px that are not part of a sentence (WCAG 2.5.8). */
export function smallTargets(page) {
  return page.evaluate(() =>
    [...document.querySelectorAll("button, select, summary, input:not([type=hidden]), a.button")]
      .filter((element) => element.checkVisibility({ visibilityProperty: true }) && !element.classList.contains("link"))
      .map((element) => {
        const own = element.getBoundingClientRect();
        const label = element.labels?.[0]?.getBoundingClientRect();
        return [element, Math.max(own.width, label?.width ?? 0), Math.max(own.height, label?.height ?? 0)];
      })
      .filter(([, width, height]) => width < 24 || height < 24)
      .map(([element, width, height]) => `${element.localName}.${element.className} ${element.textContent.trim().slice(0, 30)} is ${Math.round(width)} × ${Math.round(height)} px`),
  );
}

/** The bones of a page: two pages with the same are equally accessible, whatever their texts. */
export function bones(page) {
  return page.evaluate(() => {
    const copy = document.body.cloneNode(true);
    for (const element of copy.querySelectorAll("*")) {
      for (const { name } of [...element.attributes]) {
        if (!["class", "role", "type", "tabindex", "hidden", "open", "disabled", "scope"].includes(name) && !name.startsWith("aria-")) element.removeAttribute(name);
      }
      for (const name of ["aria-labelledby", "aria-describedby", "aria-label"]) if (element.hasAttribute(name)) element.setAttribute(name, "");
    }
    const walker = document.createTreeWalker(copy, NodeFilter.SHOW_TEXT);
    const texts = [];
    while (walker.nextNode()) texts.push(walker.currentNode);
    for (const text of texts) text.data = text.data.trim() ? "x" : "";
    // However many rows a list has.
    let last;
    let html = copy.innerHTML;
    do {
      last = html;
      html = html.replace(/(<(tr|li|option)\b[^>]*>(?:(?!<\2\b).)*?<\/\2>)\1+/gs, "$1");
    } while (html !== last);
    return html;
  });
}

/**
 * Weighs what a browser without a cache loads for the page that it opens next, as it comes over the wire.
 * @param {import("playwright-core").Page} page
 */
export async function scales(page) {
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  await session.send("Network.setCacheDisabled", { cacheDisabled: true });
  const pending = new Set();
  let bytes = 0;
  session.on("Network.requestWillBeSent", ({ requestId }) => pending.add(requestId));
  session.on("Network.loadingFailed", ({ requestId }) => pending.delete(requestId));
  session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    pending.delete(requestId);
    bytes += encodedDataLength;
  });
  return {
    /** The bytes, once everything has arrived. */
    async read() {
      await waitFor("the rest of the page", () => pending.size === 0);
      await session.detach();
      return bytes;
    },
  };
}
