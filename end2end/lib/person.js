// Somebody at a browser. What they do is named as they would name it: by the words on the page.
import assert from "node:assert/strict";
import { PATIENCE, openWindow } from "./browser.js";

export const PASSWORD = "violet harbour sandwich";

/** @param {string} text */
const literally = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** The label of a field, with or without the word that it may be left empty. */
const labelled = (label) => new RegExp(`^\\s*${literally(label)}(\\s+optional)?\\s*$`);

export class Person {
  /**
   * @param {import("playwright-core").Browser} browser
   * @param {string} url
   * @param {{ name: string, email: string, password?: string } & import("./browser.js").Look} who
   */
  static async arrive(browser, url, { name, email, password = PASSWORD, ...look }) {
    const person = new Person();
    Object.assign(person, await openWindow(browser, url, look), { name, email, password, url });
    person.javaScript = look.javaScript ?? true;
    return person;
  }

  /** The same person with the same session, in another browser. */
  async again(look) {
    const { cookies } = await this.context.storageState();
    const { name, email, password, url } = this;
    const twin = await Person.arrive(this.context.browser(), url, { name, email, password, ...look });
    await twin.context.addCookies(cookies);
    return twin;
  }

  /** @type {string} */ name;
  /** @type {string} */ email;
  /** @type {string} */ password;
  /** @type {string} */ url;
  /** @type {import("playwright-core").BrowserContext} */ context;
  /** @type {import("playwright-core").Page} */ page;
  /** @type {string[]} */ problems;
  /** Whether the browser runs scripts. */
  javaScript = true;

  /** Opens an address and expects a status. Returns the markup as the server sent it. */
  async open(path, status = 200) {
    const response = await this.page.goto(path, { waitUntil: "load" });
    await this.#alive();
    assert.equal(response?.status(), status, `${this.name} opens ${path}`);
    return response;
  }

  /** Waits for the islands of the page, so that what they have to complain about is heard. */
  async #alive() {
    if (!this.javaScript) return;
    // Asked once and told by the page: asking again and again would cost more than many a page.
    await this.page.evaluate((patience) => {
      const root = document.documentElement;
      const isAlive = () => !document.querySelector("script[type=module]") || "hydrated" in root.dataset;
      if (isAlive()) return undefined;
      return new Promise((resolve, reject) => {
        const late = setTimeout(() => reject(new Error("the islands do not come alive")), patience);
        const watch = new MutationObserver(() => {
          if (!isAlive()) return;
          clearTimeout(late);
          watch.disconnect();
          resolve(undefined);
        });
        watch.observe(root, { attributes: true });
      });
    }, PATIENCE);
  }

  /** Follows a link by its words. */
  async follow(words, within = this.page) {
    return this.#leave(within.getByRole("link", { name: words, exact: typeof words === "string" }));
  }

  /** Follows the one link that a locator finds, whose words depend on what it leads to. */
  async followOnly(link) {
    return this.#leave(link);
  }

  /** Presses a button by its words, which sends a form, and expects the status of the page that follows. */
  async press(words, status = 200, within = this.page) {
    const response = await this.#leave(within.getByRole("button", { name: words, exact: typeof words === "string" }));
    const told = await this.page.getByRole("alert").allInnerTexts();
    assert.equal(response?.status(), status, `${this.name} presses ${words}: ${await this.heading()} ${told.join(" ")}`);
    return response;
  }

  /** Presses the one button that a selector finds, whose words depend on what it does. */
  async submit(selector, status = 200) {
    const response = await this.#leave(this.page.locator(selector));
    assert.equal(response?.status(), status, `${this.name} presses ${selector}: ${await this.heading()}`);
  }

  /** @param {import("playwright-core").Locator} target */
  async #leave(target) {
    // Both at once: the click may be answered before it returns.
    const [response] = await Promise.all([this.page.waitForNavigation({ waitUntil: "load" }), target.click()]);
    await this.#alive();
    return response;
  }

  /** The field with a label. */
  field(label, within = this.page) {
    return within.getByLabel(labelled(label));
  }

  /** Fills fields in, by their labels. */
  async fill(values, within = this.page) {
    for (const [label, value] of Object.entries(values)) {
      await this.field(label, within).fill(value);
    }
  }

  /** Chooses from a list that opens; the choice may say more than `choice`. */
  async choose(label, choice, within = this.page) {
    const list = this.field(label, within);
    const option = list.locator("option").filter({ hasText: choice });
    await list.selectOption(await option.first().getAttribute("value"));
  }

  /** Ticks a box or a radio button of a group. */
  async tick(group, choice, within = this.page) {
    const labels = typeof choice === "string" ? labelled(choice) : choice;
    const role = new RegExp(`^\\s*${literally(group)}`);
    await within.getByRole("group", { name: role }).or(within.getByRole("radiogroup", { name: role })).getByLabel(labels).check();
  }

  /** The words of the page's first heading. */
  heading() {
    return this.page.getByRole("heading", { level: 1 }).innerText();
  }

  /** Expects words on the page. */
  async sees(words, within = this.page) {
    const found = within.getByText(words).first();
    await found.waitFor({ state: "attached" }).catch(() => {
      throw new assert.AssertionError({ message: `${this.name} does not see “${words}” on ${this.page.url()}` });
    });
  }

  /** Expects that something is not on the page. */
  async misses(locator, what) {
    assert.equal(await locator.count(), 0, `${this.name} is offered ${what} on ${this.page.url()}`);
  }

  /** Expects the summary of errors, with a sentence that leads to its field. */
  async isTold(sentence, field) {
    const summary = this.page.getByRole("alert").first();
    await this.sees(sentence, summary);
    if (field) {
      const link = summary.getByRole("link", { name: sentence });
      assert.equal(await link.getAttribute("href"), `#${await this.field(field).first().getAttribute("id")}`);
    }
  }

  /**
   * Sends a form by hand, as somebody would who skips the page. The headers are those that a browser would send.
   * Returns status, address and markup of the answer; redirects are not followed.
   */
  async post(path, form, { origin = this.url, site = "same-origin" } = {}) {
    const body = new URLSearchParams(Array.isArray(form) ? form : Object.entries(form)).toString();
    const response = await this.context.request.post(path, {
      data: body,
      headers: { "content-type": "application/x-www-form-urlencoded", origin, "sec-fetch-site": site },
      maxRedirects: 0,
    });
    return { status: response.status(), location: response.headers().location, text: await response.text() };
  }

  /** What a form on the page would send now, hidden fields included. */
  async filledIn(selector) {
    return this.page.locator(selector).evaluate((form) => [...new FormData(form)].filter(([, value]) => typeof value === "string"));
  }

  /** The same of a form on a page that is not opened: for forms that are sent by hand, and often. */
  async filledInAt(path, selector) {
    const response = await this.context.request.get(path);
    assert.equal(response.status(), 200, `${this.name} reads ${path}`);
    return this.page.evaluate(
      ([html, selector]) => {
        const form = new DOMParser().parseFromString(html, "text/html").querySelector(selector);
        return [...new FormData(form)].filter(([, value]) => typeof value === "string");
      },
      [await response.text(), selector],
    );
  }

  /** Makes an account from a one-time link. */
  async join(link) {
    await this.open(link);
    if (await this.field("E-mail address").count()) await this.fill({ "E-mail address": this.email });
    await this.fill({ Name: this.name, Password: this.password, "Password, again": this.password });
    await this.press("Create my account");
    await this.sees("Welcome. Your account is ready.");
  }

  /** Signs in. */
  async signIn() {
    await this.open("/sign-in");
    await this.fill({ "E-mail address": this.email, Password: this.password });
    await this.press("Sign in");
  }

  /** The browser noticed nothing. */
  isContent() {
    assert.deepEqual(this.problems, [], `what ${this.name}'s browser complained about`);
  }

  leave() {
    return this.context.close();
  }
}
