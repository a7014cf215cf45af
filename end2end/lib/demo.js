// The people of the demo workspace, as the program prints them.
import { Person } from "./person.js";

/**
 * @param {import("./server.js").Server} server
 * @returns {{ role: string, email: string, password: string, name: string }[]}
 */
export function accounts(server) {
  const said = server.said();
  const password = said.match(/has the password: (.+)/)?.[1];
  if (!password) throw new Error(`no accounts were printed:\n${said}`);
  return [...said.matchAll(/^ {2}(\S.*?) {2,}(\S+@\S+)$/gm)].map(([, role, email]) => ({ role, email, password, name: `${role} (${email})` }));
}

/** Signs in the first account of a role, in a browser of their own. */
export async function enter(browser, server, role, look = {}) {
  const account = accounts(server).find((account) => account.role.startsWith(role));
  if (!account) throw new Error(`nobody is ${role}`);
  const person = await Person.arrive(browser, server.url, { ...account, ...look });
  await person.signIn();
  return person;
}
