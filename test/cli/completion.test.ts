import { Argument, Command, Option } from 'commander';
import { beforeAll, expect, test } from 'vitest';
import { SCRIPTS } from '../../src/cli/completion/completion.ts';
import { modelOf } from '../../src/cli/completion/model.ts';
import { run } from './run.ts';
import { describeShells, offered } from './shells.ts';

const OPTIONS_OF_VALIDATE = ['--config', '--help', '--json', '--strict'];

describeShells('portico completion', (shell) => {
  let completion = '';
  beforeAll(async () => {
    const { code, out, err } = await run(['completion', shell]);
    expect([code, err]).toEqual([0, []]);
    completion = out.join('\n');
  });
  const offers = (line: string, ...files: string[]): Promise<string[]> =>
    offered(shell, { completion, line, files });

  test('completes commands', async () => {
    expect(await offers('portico v')).toEqual(['validate']);
    expect(await offers('portico re')).toEqual(['reference', 'reload']);
  });

  test('completes options of the command, and not of others', async () => {
    expect(await offers('portico validate --')).toEqual(OPTIONS_OF_VALIDATE);
  });

  test('completes options behind others with a value', async () => {
    expect(await offers('portico audit -c validate --fa')).toEqual(['--fail-on']);
  });

  test('completes what an option may be', async () => {
    expect(await offers('portico audit --fail-on ')).toEqual(['high', 'low', 'medium']);
    expect(
      (await offers('portico audit --fail-on=h')).map((each) => each.split('=').at(-1)),
    ).toEqual(['high']);
  });

  test('completes configs to compare, and methods', async () => {
    const files = ['new.yaml', 'old.yaml'];
    expect(await offers('portico diff o', ...files)).toEqual(['old.yaml']);
    expect(await offers('portico diff old.yaml n', ...files)).toEqual(['new.yaml']);
    expect(await offers('portico explain P')).toEqual(['PATCH', 'POST', 'PUT']);
    expect(await offers('portico routes --method D')).toEqual(['DELETE']);
  });

  test('completes the rules of the command, not those of another', async () => {
    expect(await offers('portico audit --ignore auth-rem')).toEqual([]);
    const [offer] = await offers('portico diff --ignore auth-rem');
    expect(offer).toBe('auth-removed');
  });

  test('completes one rule after the other', async () => {
    const [offer, ...others] = await offers('portico audit --ignore no-tls,no-b');
    expect(offer).toMatch(/(^|,)no-breaker/);
    expect(others).toEqual([]);
  });

  test('completes files where one is wanted, whatever they are called', async () => {
    const files = ['my gateway.yaml', 'mine.yaml', 'other.yaml'];
    const names = (await offers('portico start -c m', ...files)).map((name) =>
      name.replaceAll('\\', ''),
    );
    expect(names).toEqual(['mine.yaml', 'my gateway.yaml']);
  });

  test('completes no file where none is wanted', async () => {
    expect(await offers('portico load --path o', 'other.yaml')).toEqual([]);
    expect(await offers('portico start o', 'other.yaml')).toEqual([]);
  });

  test('completes shells and commands as arguments', async () => {
    expect(await offers('portico completion ')).toEqual(['bash', 'fish', 'zsh']);
    expect(await offers('portico help hi')).toEqual(['history']);
  });
});

describeShells('completion of any program', (shell) => {
  const offers = (line: string, ...files: string[]): Promise<string[]> =>
    offered(shell, { completion: SCRIPTS[shell](modelOf(anyProgram(), KNOWN)), line, files });

  test('goes into commands of commands', async () => {
    expect(await offers('portico new ')).toEqual(['bff', 'help', 'plugin']);
    expect(await offers('portico new bff --')).toEqual(['--help', '--kind']);
    expect(await offers('portico new bff --kind ')).toEqual(['a', 'b']);
  });

  test('does not take the value of an option for an argument', async () => {
    expect(await offers('portico ask -H x ')).toEqual(['GET', 'POST']);
    expect(await offers('portico ask --header x P')).toEqual(['POST']);
    expect(await offers('portico --where new a')).toEqual(['ask']);
  });

  test('does not take an option without a value for an argument', async () => {
    expect(await offers('portico ask --fast P')).toEqual(['POST']);
  });

  test('completes one argument after the other', async () => {
    expect(await offers('portico ask GET o', 'one.txt', 'other')).toEqual(['one.txt', 'other']);
    expect(await offers('portico ask GET one.txt ot', 'one.txt', 'other')).toEqual(['other']);
  });

  test('keeps what a description says to itself', async () => {
    expect(await offers('portico q')).toEqual(['quoted']);
  });
});

const KNOWN = { file: { kind: 'file' } } as const;

function anyProgram(): Command {
  const program = new Command('portico').option('--where <text>', 'a value').exitOverride();
  const made = program.command('new').description('make one');
  made.command('plugin').description('a plugin');
  made
    .command('bff')
    .description('a BFF')
    .addOption(new Option('--kind <kind>', 'which').choices(['a', 'b']));
  program
    .command('ask')
    .description('ask')
    .option('-H, --header <field>', "'name: value'")
    .option('--fast', 'soon')
    .addArgument(new Argument('<method>', 'how').choices(['GET', 'POST']))
    .argument('<file...>', 'what');
  program.command('quoted').description(`it's [a] "word": $(touch here) \`touch here\` \\`);
  return program;
}

test('names the shells that it knows', async () => {
  const { code, err } = await run(['completion', 'bahs']);
  expect(code).toBe(2);
  expect(err.join('\n')).toContain('Allowed choices are bash, zsh, fish. Did you mean "bash"?');
});
