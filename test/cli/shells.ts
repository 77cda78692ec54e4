/**
 * What real shells offer for a command line that ends at the cursor.
 *
 * A shell that is not there is skipped by name; in CI its tests fail.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, onTestFinished } from 'vitest';
import { SHELLS, type Shell } from '../../src/cli/commands/completion.ts';
import { folderOf } from '../config/config-files.ts';

/** A shell starts, on a machine that others use too. */
const PATIENCE = { timeout: 10_000, interval: 10 };

/** zsh completes on a terminal only, which `script` (util-linux) provides. */
const isThere = (shell: Shell): boolean =>
  (shell === 'zsh' ? [shell, 'script'] : [shell]).every(
    (command) => spawnSync(command, ['--version']).status === 0,
  );

export const describeShells = (what: string, tests: (shell: Shell) => void): void => {
  for (const shell of SHELLS) {
    const isSkipped = !isThere(shell) && process.env['CI'] === undefined;
    describe.skipIf(isSkipped)(`${what}: ${shell}`, () => tests(shell));
  }
};

/** What `shell`, with `completion` loaded, offers at the end of `line`; its folder has `files`. */
export async function offered(
  shell: Shell,
  { completion, line, files = [] }: Asked,
): Promise<string[]> {
  const folder = folderOf(Object.fromEntries(files.map((file) => [file, ''])));
  const script = join(folderOf({}), 'completion');
  writeFileSync(script, completion);
  const offers = await ASK[shell]({ script, line, folder });
  return [...new Set(offers.filter((offer) => offer !== ''))].toSorted();
}

export interface Asked {
  readonly completion: string;
  readonly line: string;
  readonly files?: readonly string[];
}

interface Question {
  readonly script: string;
  readonly line: string;
  readonly folder: string;
}

const ASK: Readonly<Record<Shell, (question: Question) => string[] | Promise<string[]>>> = {
  bash: askBash,
  fish: askFish,
  zsh: askZsh,
};

/** As readline calls it: words are cut at blanks and at `=`. */
function askBash({ script, line, folder }: Question): string[] {
  const words = line.split(/ |(=)/).filter((word) => word !== undefined);
  const commands = [
    'source "$1"; shift',
    'COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))',
    '_portico 2>&1; printf "%s\\n" "${COMPREPLY[@]}"',
  ];
  const args = ['--norc', '-c', commands.join('\n'), 'bash', script, ...words];
  return spawnSync('bash', args, { cwd: folder, encoding: 'utf8' }).stdout.split('\n');
}

function askFish({ script, line, folder }: Question): string[] {
  const commands = ['source $argv[1]', 'complete --do-complete $argv[2]'];
  const args = ['--no-config', '-c', commands.join('\n'), script, line];
  const env = { ...process.env, HOME: folder };
  const { stdout, stderr } = spawnSync('fish', args, { cwd: folder, env, encoding: 'utf8' });
  return `${stdout}${stderr}`.split('\n').map((offer) => offer.split('\t')[0]!);
}

/** What is offered goes through `compadd`: it is written to a file, and at last a line with its end. */
const ZSHRC = `
compadd() {
  local -a offers
  case " \${@[1,(i)(-|--)]} " in (*' -'[OAD]' '*) ;; (*)
    builtin compadd -A offers "$@"
    print -rl -- $offers >>$OFFERS
  esac
  builtin compadd "$@"
}
end-of-offers() { print END >>$OFFERS }
autoload -Uz compinit && compinit -u -d $DUMP
source $COMPLETION
comppostfuncs=(end-of-offers)
PROMPT='ready> '
`;

/** What zsh found when it first looked through its functions, which takes a while. */
const DUMP = resolve('node_modules/.cache/portico/zcompdump');

async function askZsh({ script, line, folder }: Question): Promise<string[]> {
  const home = folderOf({ '.zshrc': ZSHRC, offers: '' });
  const offers = join(home, 'offers');
  mkdirSync(dirname(DUMP), { recursive: true });
  const child = spawn('script', ['-qefc', 'exec zsh -i', '/dev/null'], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'],
      TERM: 'dumb',
      ZDOTDIR: home,
      HOME: home,
      DUMP,
      COMPLETION: script,
      OFFERS: offers,
    },
    stdio: 'pipe',
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
  await expect.poll(() => said, PATIENCE).toContain('ready> ');
  child.stdin.write(`${line}\t`);
  const read = (): string[] => readFileSync(offers, 'utf8').split('\n');
  await expect.poll(read, PATIENCE).toContain('END');
  child.kill('SIGKILL');
  return read().filter((offer) => offer !== 'END');
}
