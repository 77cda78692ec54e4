/** Runs openapi-typescript, which is installed apart: it needs TypeScript 5. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { text } from 'node:stream/consumers';

/** `tools/types` of the package: three levels up from the sources, four from `dist`. */
export const TOOL = ['../../../tools/types', '../../../../tools/types']
  .map((path) => fileURLToPath(new URL(path, import.meta.url)))
  .find((folder) => existsSync(`${folder}/package.json`));

const PROGRAM = 'node_modules/openapi-typescript/bin/cli.js';

/** Why it cannot run, with what to do; `undefined` if it can. */
export function missingTool(tool = TOOL): string | undefined {
  if (tool !== undefined && existsSync(`${tool}/${PROGRAM}`)) return undefined;
  return `openapi-typescript is not installed: run npm ci --prefix ${tool ?? 'tools/types'}`;
}

/** TypeScript declarations for a document in JSON. @throws {Error} with what it says of a document that it refuses */
export async function declarationsOf(document: string, tool = TOOL): Promise<string> {
  const child = spawn(process.execPath, [`${tool}/${PROGRAM}`], { stdio: 'pipe' });
  // A program that ends at once must not end this one.
  child.stdin.on('error', () => undefined);
  child.stdin.end(document);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (code !== 0) throw new Error(err.trim() || `openapi-typescript ended with ${code}`);
  return out;
}
