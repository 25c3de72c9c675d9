// Which features of these pages Outlook, Gmail or Apple Mail lack: node caniemail.mjs MODULE PAGE...
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [folder, ...pages] = process.argv.slice(2);
const { caniemail } = await import(pathToFileURL(`${folder}/dist/index.js`));
const lacking = new Set();
for (const page of pages) {
  const html = readFileSync(page, "utf8");
  const { issues } = caniemail({ clients: ["gmail.*", "outlook.*", "apple-mail.*"], html });
  for (const found of issues.errors.values()) for (const one of found) lacking.add(one.title);
}
console.log(JSON.stringify([...lacking].sort()));
