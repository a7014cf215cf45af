// Reads CSV as RFC 4180 has it.

/**
 * The rows as objects, by the words of the first row.
 * @param {string} text
 * @returns {Record<string, string>[]}
 */
export function parseCsv(text) {
  const [head, ...rows] = records(text);
  return rows.map((cells) => Object.fromEntries(head.map((name, column) => [name, cells[column]])));
}

/** @param {string} text */
function records(text) {
  const rows = [];
  let row = [];
  // A quoted cell, or a plain one; then what ends it.
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/gy;
  while (cell.lastIndex < text.length) {
    const at = cell.lastIndex;
    const found = cell.exec(text);
    if (!found) throw new Error(`this is no CSV, from character ${at} on: ${text.slice(at, at + 80)}`);
    row.push(found[1]?.replaceAll('""', '"') ?? found[2]);
    if (found[3] === ",") continue;
    rows.push(row);
    row = [];
  }
  return rows;
}
