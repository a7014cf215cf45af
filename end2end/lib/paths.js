// Where things are, wherever the tests are started from.
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the whole project. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** What the tests leave behind for people: screenshots, the log of a server that misbehaved. */
export const RESULTS = fileURLToPath(new URL("../results", import.meta.url));

/** Real files of real tools; their origin and licences are in the README beside them. */
const EVIDENCE = join(ROOT, "server/src/demo/evidence");

/** Files that try to harm whoever shows them. */
const HOSTILE = join(ROOT, "server/tests/samples/hostile");

/** @param {string} name */
export const sample = (name) => join(EVIDENCE, name);

/** @param {string} name */
export const hostileSample = (name) => join(HOSTILE, name);

/** The program under test. */
export const sluice = () => process.env.SLUICE_BIN ?? join(ROOT, "target/debug/sluice");

/** The browser: the one in CHROMIUM, or else the first of the usual ones. */
export function chromium() {
  const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
  const folders = (process.env.PATH ?? "").split(delimiter);
  const found = [
    process.env.CHROMIUM,
    ...names.flatMap((name) => folders.map((folder) => join(folder, name))),
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  ].find((path) => path && isProgram(path));
  if (!found) throw new Error("There is no Chromium. Install it, or set CHROMIUM to its program.");
  return found;
}

/** @param {string} path */
function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
