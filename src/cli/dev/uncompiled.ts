/**
 * Finds the line of a module that does not compile. V8's error for it has no place: Node shows one only when
 * it ends because of it, as `node --check` does.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { localPath } from '../../assembly/thrown-at.ts';
import type { Position } from '../../config/fault.ts';

/** The longest that the check of one file may take, and how many are checked. */
const CHECK_MS = 5_000;
const MOST_CHECKED = 20;

/** `[stdin]:2`, a few lines, and `^^^` below the column. */
const PLACE = /^\[stdin\]:(\d+)\n(?:.*\n){1,3}?([ \t]*)\^/m;

/** The place in the first of `files` that does not compile; `undefined` where all of them do. */
export async function uncompiled(files: readonly string[]): Promise<Position | undefined> {
  const modules = files.filter((file) => /\.[cm]?[jt]s$/.test(file));
  for (const file of modules.slice(0, MOST_CHECKED)) {
    const [, line, before] = PLACE.exec(await check(file)) ?? [];
    if (line !== undefined) {
      return { file: localPath(file), line: Number(line), column: before!.length + 1 };
    }
  }
  return undefined;
}

/** What Node says of a file that it only compiles. It takes types for an error there. */
async function check(file: string): Promise<string> {
  const source = textOf(file);
  const type = /\.c[jt]s$/.test(file) ? 'commonjs' : 'module';
  const script = file.endsWith('ts') ? (await node(STRIPPING, source)).out : source;
  return (await node(['--check', `--input-type=${type}`, '-'], script)).err;
}

/** In a process of its own: Node warns once that this function is experimental. */
const STRIPPING = [
  '--no-warnings',
  '--eval',
  `process.stdout.write(require('node:module').stripTypeScriptTypes(fs.readFileSync(0, 'utf8')))`,
];

/** Runs Node with `args` and `input`; what fails has said nothing. */
async function node(
  args: readonly string[],
  input: string,
): Promise<{ readonly out: string; readonly err: string }> {
  const child = spawn(process.execPath, args, { stdio: 'pipe', timeout: CHECK_MS });
  child.on('error', () => undefined);
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { out, err };
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
