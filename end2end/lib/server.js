// A Sluice of its own for each test file: a free port, a database of its own in a temporary folder, stopped and removed
// at the end.
import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { RESULTS, ROOT, sluice } from "./paths.js";

/** Starting includes making a PostgreSQL cluster and, where asked for, the demo workspace. */
const START_WITHIN = 120_000;

/** Longer than the server gives requests in flight, plus a clean stop of PostgreSQL. */
const STOP_WITHIN = 60_000;

// An interrupted run ends like any other, so that no server outlives it.
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(130));

export class Server {
  /** @type {import("node:child_process").ChildProcess} */ #process;
  /** @type {string} */ #folder;
  /** @type {string[]} */ #said = [];
  /** @type {string[]} */ #log = [];
  /** @type {Promise<number | null>} */ #exit;
  /** Where it listens, as people type it. */
  url = "";

  /** @param {{ demo?: boolean, environment?: Record<string, string> }} options */
  static async start({ demo = false, environment = {} } = {}) {
    const server = new Server();
    await server.#start(demo, environment);
    return server;
  }

  /**
   * @param {boolean} demo
   * @param {Record<string, string>} environment
   */
  async #start(demo, environment) {
    const port = await freePort();
    this.url = `http://localhost:${port}`;
    this.#folder = mkdtempSync(join(tmpdir(), "sluice-end2end-"));
    // As root, PostgreSQL runs as another user, who has to get through.
    chmodSync(this.#folder, 0o755);
    const { PATH = "", HOME = "" } = process.env;
    this.#process = spawn(sluice(), demo ? ["serve", "--demo-if-empty"] : ["serve"], {
      cwd: ROOT,
      // Nothing else of this shell's settings: they are for somebody's own Sluice.
      env: {
        PATH,
        HOME,
        PORT: String(port),
        SLUICE_DATA_DIR: join(this.#folder, "data"),
        SLUICE_ASSETS: join(ROOT, "target/site"),
        SLUICE_LOG_FORMAT: "json",
        ...environment,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    process.once("exit", this.#abandon);
    this.#exit = new Promise((resolve) => this.#process.once("exit", resolve));
    const ready = new Promise((resolve, reject) => {
      createInterface({ input: this.#process.stdout }).on("line", (line) => {
        this.#said.push(line);
        if (line.startsWith("Sluice is ready")) resolve(undefined);
      });
      createInterface({ input: this.#process.stderr }).on("line", (line) => this.#log.push(line));
      this.#process.once("error", reject);
      this.#exit.then((code) => reject(new Error(`it ended with ${code}`)));
      setTimeout(() => reject(new Error("it took too long")), START_WITHIN).unref();
    });
    try {
      await ready;
    } catch (error) {
      await this.stop().catch(() => {});
      throw new Error(`Sluice did not start: ${error.message}\n${[...this.#said, ...this.#log].join("\n")}`);
    }
  }

  /** The one-time link of a workspace without people. The line with it follows the one that says "ready". */
  async setUpLink() {
    const path = await waitFor("the set-up link", () => this.said().match(/\/join\/\w+/)?.[0]);
    return this.url + path;
  }

  /** What it told the person who started it. */
  said() {
    return this.#said.join("\n");
  }

  /** Its log, parsed. Lines that are no JSON are kept as texts. */
  log() {
    return this.#log.map((line) => {
      try {
        return JSON.parse(line);
      } catch {
        return { level: "ERROR", target: "unreadable", message: line };
      }
    });
  }

  /** What no journey may bring about: reports of violated policies, defects, answers with a 5xx status. */
  complaints() {
    return this.log()
      .filter(({ level, target }) => level === "ERROR" || target === "csp" || target === "panic")
      .map((line) => JSON.stringify(line));
  }

  /** Stops it as a service manager does, and removes everything it wrote. */
  async stop() {
    process.removeListener("exit", this.#abandon);
    if (this.#process.exitCode === null && this.#process.signalCode === null) this.#process.kill("SIGTERM");
    let timer;
    const late = new Promise((resolve) => {
      timer = setTimeout(() => resolve("late"), STOP_WITHIN);
    });
    const code = await Promise.race([this.#exit, late]);
    clearTimeout(timer);
    if (code === "late") this.#process.kill("SIGKILL");
    rmSync(this.#folder, { recursive: true, force: true });
    if (code !== 0) {
      const file = this.keepLog();
      throw new Error(`Sluice ended with ${code}; its log is ${file}`);
    }
  }

  /** Keeps the log for people to read. */
  keepLog() {
    mkdirSync(RESULTS, { recursive: true });
    const file = join(RESULTS, `server-${this.#process.pid}.log`);
    writeFileSync(file, [...this.#said, ...this.#log].join("\n"));
    return file;
  }

  /** The test run ends without stopping the server: it must not outlive it. */
  #abandon = () => {
    this.#process.kill("SIGTERM");
  };
}

/** A port that nobody listens on. */
function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

/**
 * Asks until there is an answer: for what another process does and no event tells.
 * @template T
 * @param {string} what
 * @param {() => T | undefined | false | null} ask
 * @returns {Promise<NonNullable<T>>}
 */
export async function waitFor(what, ask, within = 10_000) {
  const end = Date.now() + within;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`${what} did not come`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
