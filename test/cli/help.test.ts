import { describe, expect, test } from 'vitest';
import type { Command } from 'commander';
import { createProgram } from '../../src/cli/program.ts';
import { partOf, writePart } from '../helpers/docs-part.ts';
import { run } from './run.ts';

const PAGE = 'docs/cli.md';
const PART = 'commands';
const UPDATES = process.env['UPDATE_DOCS'] !== undefined;

const program = createProgram(() => Promise.reject(new Error('nothing runs here')), {});
const ALL: readonly string[][] = below(program, []);

function below(command: Command, path: readonly string[]): string[][] {
  return command.commands.flatMap((each) => {
    const own = [...path, each.name()];
    return [own, ...below(each, own)];
  });
}

const helpOf = async (path: readonly string[]): Promise<string> =>
  (await run([...path, '--help'])).out.join('\n');

describe('--help', () => {
  test.each([[[]], ...ALL.map((path) => [path])])(
    '%j has examples and exit codes',
    async (path) => {
      const help = await helpOf(path);
      expect(help).toMatch(/^Examples:\n {2}\S/m);
      expect(help).toMatch(/^Exit codes:\n {2}0 /m);
      expect(help).toMatch(/^ {2}2 +the command line is wrong$/m);
    },
  );

  test.each([[[]], ...ALL.map((path) => [path])])('%j fits 80 columns', async (path) => {
    const lines = (await helpOf(path)).split('\n');
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
  });

  test('every example is a command line that is understood', async () => {
    const texts = await Promise.all([[], ...ALL].map(helpOf));
    const examples = texts.flatMap((text) => text.match(/(?<=^ {2})portico [^|>\n]*/gm) ?? []);
    expect(examples.length).toBeGreaterThan(ALL.length);
    const said: string[] = [];
    const writeErr = (text: string): void => void said.push(text);
    for (const example of examples) {
      const [, ...words] = example.replaceAll(/["']/g, '').trim().split(' ');
      const parsing = createProgram(() => Promise.resolve(), { writeErr, writeOut: () => {} });
      await parsing.parseAsync(words, { from: 'user' }).catch(() => {});
    }
    expect(said).toEqual([]);
  });

  test('docs/cli.md has it, for every command', async () => {
    const parts = await Promise.all(
      ALL.map(async (path) => {
        const help = (await helpOf(path)).trimEnd();
        return `## portico ${path.join(' ')}\n\n\`\`\`text\n${help}\n\`\`\``;
      }),
    );
    const text = parts.join('\n\n');
    if (UPDATES) writePart(PAGE, PART, `\n${text}\n`);
    expect(partOf(PAGE, PART)).toBe(text);
  });

  test('is bold in its titles where colours are wanted, and nowhere else', async () => {
    const coloured = await run(['validate', '--help'], { FORCE_COLOR: '1' });
    expect(coloured.out.join('\n')).toContain('\u001b[1mOptions:\u001b[22m');
    const plain = await run(['validate', '--help'], { FORCE_COLOR: '0' });
    expect(plain.out.join('\n')).not.toContain('\u001b');
  });
});
