// Brings the islands of a page to life: `<leptos-island data-component="Name_number">` is handed to the function of
// that name in the bundle, outer islands before inner ones. The build replaces both file names by hashed ones.
import init, * as bundle from "./islands.js";

// The number is computed by the compiler of each half, and the server and the bundle may come from different compilers.
const base = (name) => name.replace(/_\d+$/, "");
const islands = new Map(
  Object.entries(bundle).filter(([name]) => /_\d+$/.test(name)).map(([name, hydrate]) => [base(name), hydrate]),
);

// The content that an outer island was given belongs to the reactive owner of that island.
const owners = [];

function walk(node) {
  const tag = node.localName;
  if (tag === "leptos-island") {
    owners.at(-1)?.();
    const hydrate = islands.get(base(node.dataset.component));
    if (hydrate) hydrate(node);
    else console.error(`The bundle has no island ${node.dataset.component}.`);
  }
  if (tag === "leptos-children") owners.push(node.$$on_hydrate);
  for (const child of [...node.children]) walk(child);
  if (tag === "leptos-children") owners.pop();
}

// Without WebAssembly the page stays what the server sent, which works.
await init({ module_or_path: new URL("./islands.wasm", import.meta.url) });
bundle.hydrate();
walk(document.body);
document.documentElement.dataset.hydrated = "";
