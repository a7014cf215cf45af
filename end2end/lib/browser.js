// A browser that notices what people would not: errors in the console, violated policies, dialogs.
import { chromium as engine } from "playwright-core";
import { chromium } from "./paths.js";

/** Chromium as root, on a machine without a graphics card, and silent on the network. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A condition that does not come within this time does not come. */
export const PATIENCE = 20_000;

export const launch = () => engine.launch({ executablePath: chromium(), args: FLAGS });

/**
 * @typedef {object} Look
 * @property {boolean} [javaScript]
 * @property {number} [width]
 * @property {"light" | "dark"} [colours]
 */

/**
 * A window without a session, watched.
 * @param {import("playwright-core").Browser} browser
 * @param {string} url
 * @param {Look} look
 */
export async function openWindow(browser, url, { javaScript = true, width = 1280, colours = "light" } = {}) {
  const context = await browser.newContext({
    baseURL: url,
    javaScriptEnabled: javaScript,
    viewport: { width, height: 900 },
    colorScheme: colours,
    reducedMotion: "reduce",
    acceptDownloads: true,
  });
  context.setDefaultTimeout(PATIENCE);
  const problems = await watch(context, javaScript);
  return { context, page: await context.newPage(), problems };
}

/**
 * Collects what no page may do. The list is empty in the end, or the test fails.
 * @param {import("playwright-core").BrowserContext} context
 * @param {boolean} javaScript
 * @returns {Promise<string[]>}
 */
async function watch(context, javaScript) {
  /** @type {string[]} */
  const problems = [];
  // Chromium complains in the console about every document whose status is not a success; those are asked for.
  const documents = new Set();
  context.on("request", (request) => {
    if (request.isNavigationRequest()) documents.add(request.url());
  });
  context.on("console", (message) => {
    const refused =
      message.text().startsWith("Failed to load resource: the server responded with a status of 4") &&
      documents.has(message.location().url);
    // Without scripts nothing uses what was fetched ahead for them.
    const unused = !javaScript && message.text().includes("was preloaded using link preload but not used");
    if (["error", "warning"].includes(message.type()) && !refused && !unused) {
      problems.push(`console ${message.type()} on ${message.page()?.url()}: ${message.text()}`);
    }
  });
  context.on("weberror", (error) => problems.push(`uncaught: ${error.error()}`));
  context.on("dialog", (dialog) => {
    problems.push(`dialog: ${dialog.message()}`);
    return dialog.dismiss();
  });
  await context.exposeBinding("reportViolation", (_, text) => problems.push(`policy violated: ${text}`));
  await context.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      window.reportViolation(`${event.effectiveDirective} by ${event.blockedURI} on ${event.documentURI}`);
    });
  });
  return problems;
}
