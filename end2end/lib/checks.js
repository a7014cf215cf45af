// What every page has to stand up to.
import axe from "axe-core";
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

/** What is asked of a page. */
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** The rule that costs more than all others together. */
const CONTRAST = "color-contrast";

/** The rules whose answer depends on colours and on the width of the window. */
const LOOKS = ["link-in-text-block", "scrollable-region-focusable", "target-size"];

/**
 * What keeps people with assistive technology out. `looks` asks only what depends on colours and width.
 * @param {import("playwright-core").Page} page
 * @param {{ looks?: boolean, fresh?: number[] }} options With `fresh`, contrast is measured only at these
 *   places among the page's parts.
 * @returns {Promise<string[]>}
 */
export async function barriers(page, { looks = false, fresh } = {}) {
  // It reads half a megabyte: once for each page, however often it is asked.
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe.source);
  return page.evaluate(
    async ([runOnly, contrast, fresh]) => {
      // Details of what is well would cost more than finding what is not.
      const ask = (context, runOnly, rules = {}) => window.axe.run(context, { runOnly, rules, resultTypes: ["violations"] });
      const results = [await ask(document, runOnly, { [contrast]: { enabled: false } })];
      /** @type {Element[]} What contrast is not measured in: elements without anything fresh, as large as possible. */
      const exclude = [];
      const there = new Set(fresh);
      let place = 0;
      const isFresh = (element) => {
        const own = there.has(place++);
        const stale = [...element.children].filter((child) => !isFresh(child));
        const any = own || stale.length < element.children.length;
        if (any) exclude.push(...stale);
        return any;
      };
      if (!fresh || isFresh(document.body)) results.push(await ask({ include: [document.body], exclude }, [contrast]));
      return results.flatMap(({ violations }) =>
        violations.flatMap(({ id, help, nodes }) =>
          nodes.map(({ target, failureSummary }) => `${id}: ${help} at ${target.join(" ")}: ${failureSummary?.replaceAll(/\s+/g, " ")}`),
        ),
      );
    },
    [looks ? { type: "rule", values: LOOKS } : { type: "tag", values: TAGS }, CONTRAST, fresh],
  );
}

/** Gives a window a width, and waits until the page is drawn in it. */
export async function widen(page, width) {
  await page.setViewportSize({ width, height: 900 });
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
}

/** What sticks out to the right, so that people have to scroll sideways. */
export function overflowing(page) {
  return page.evaluate(() => {
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

/**
 * What a page is built of: for each element of the body, in order, a number that stands for the element with all that it
 * stands in. Two with the same number have the same styles, so that they look the same whatever their texts.
 * @param {import("playwright-core").Page} page
 * @returns {Promise<number[]>}
 */
export function parts(page) {
  return page.evaluate(() => {
    const telling = ["class", "role", "type", "tabindex", "hidden", "open", "disabled", "readonly", "required", "scope"];
    /** Those that hold names and words: it only matters that they are there. */
    const worded = ["label", "labelledby", "describedby", "description", "controls", "owns", "details", "errormessage"].map((name) => `aria-${name}`);
    const hash = (text, seed) => {
      let [high, low] = [seed ^ 0xdeadbeef, seed ^ 0x41c6ce57];
      for (let at = 0; at < text.length; at++) {
        high = Math.imul(high ^ text.charCodeAt(at), 2654435761);
        low = Math.imul(low ^ text.charCodeAt(at), 1597334677);
      }
      return (high >>> 0) * 0x200000 + (low >>> 11);
    };
    const found = [];
    const walk = (element, path) => {
      const attributes = [...element.attributes].filter(({ name }) => telling.includes(name) || name.startsWith("aria-"));
      const own = `${path}>${element.localName} ${attributes.map(({ name, value }) => (worded.includes(name) ? name : `${name}=${value}`)).join(" ")}`;
      const speaks = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
      found.push(hash(own, speaks ? 1 : 0));
      for (const child of element.children) walk(child, own);
    };
    walk(document.body, "");
    return found;
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
