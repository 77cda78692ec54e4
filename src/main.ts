#!/usr/bin/env node
/**
 * Says which Node.js is needed if this one is too old; otherwise cli/process.ts runs.
 *
 * An old Node.js reads this file too: nothing is imported before the check, and nothing is written in
 * syntax that it would not understand.
 */

/** As `engines` of package.json says. */
const NEEDED = 24;
const [major] = process.versions.node.split('.');

if (Number(major) < NEEDED) {
  process.stderr.write(
    `portico needs Node.js ${NEEDED} or newer; this is ${process.version}. Update it, or give this project its own: npm install --save-dev node@${NEEDED}\n`,
  );
  process.exitCode = 1;
} else {
  void import('./cli/process.ts');
}
