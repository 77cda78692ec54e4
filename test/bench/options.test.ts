/** What `npm run bench` measures, by its arguments and by what is installed. */
import { describe, expect, test } from 'vitest';
import { parseOptions } from '../../bench/options.ts';
import { parseOptions as parseRegress } from '../../bench/compare/options.ts';
import { formatRounds } from '../../bench/report.ts';
import { withWhatIsThere } from '../../bench/skip.ts';

const parsed = (...args: readonly string[]) => parseOptions(args)!;
const namesOf = ({ groups }: ReturnType<typeof parsed>) =>
  groups.map(({ name, heats }) => [name, heats.flat().map((subject) => subject.name)]);

describe('--only', () => {
  test('is the core where it is not given', () => {
    expect(parsed().groups.map(({ name }) => name)).toEqual(['core']);
  });

  test('takes groups, in the order of the table', () => {
    expect(parsed('--only', 'tls,plugins').groups.map(({ name }) => name)).toEqual([
      'plugins',
      'tls',
    ]);
  });

  test('takes all', () => {
    expect(parsed('--only', 'all').groups).toHaveLength(10);
  });

  test('runs subjects together, beside groups', () => {
    expect(namesOf(parsed('--only', 'log, portico-bare, floor'))).toEqual([
      ['log', ['floor', 'portico-bare', 'portico-log']],
      ['chosen', ['floor', 'portico-bare']],
    ]);
  });

  test('names what it does not know, and what it does', () => {
    expect(() => parsed('--only', 'floor,flor')).toThrow(
      /no group or subject "flor" \(groups: all, core, .*subjects: floor, /,
    );
  });
});

describe('an argument', () => {
  test.each([
    [['--rounds', '0'], '--rounds is a whole number from 1 to 100, not "0"'],
    [['--starts', '101'], '--starts is a whole number from 1 to 100, not "101"'],
    [['--seconds', '1.5'], '--seconds is a whole number from 1 to 600, not "1.5"'],
    [['--connections', '129'], '--connections is a whole number from 1 to 128, not "129"'],
    [['--load', 'ab'], '--load is autocannon or wrk, not "ab"'],
    [['--write', '--profile', '/tmp/x'], '--write keeps figures, and those of --profile'],
  ])('%j is refused with what would be right', (args, message) => {
    expect(() => parsed(...args)).toThrow(message);
  });

  test('that starts all several times is told beside the rounds', () => {
    expect(formatRounds(parsed('--starts', '3'))).toBe('3 starts with 5 rounds of 5 s');
    expect(formatRounds(parsed('--rounds', '1'))).toBe('1 round of 5 s');
  });

  test('that bounds the warm-up bounds its least length, too', () => {
    expect(parsed('--warm-up', '2').warmUp).toEqual({ leastMs: 2_000, mostMs: 2_000 });
    expect(parsed().warmUp).toEqual({ leastMs: 4_000, mostMs: 20_000 });
  });
});

describe('a program that is not installed', () => {
  test('is skipped with one line that names its subjects', () => {
    const { options, skipped } = withWhatIsThere(parsed(), (name) => name !== 'caddy');

    expect(skipped).toEqual(['caddy is not installed; skipped: caddy']);
    expect(namesOf(options)[0]![1]).toContain('nginx');
    expect(namesOf(options)[0]![1]).not.toContain('caddy');
  });

  test('takes its group with it, if nothing of that can run', () => {
    const { options, skipped } = withWhatIsThere(
      parsed('--only', 'log,portico-h2'),
      (name) => name !== 'h2load',
    );

    expect(options.groups.map(({ name }) => name)).toEqual(['log']);
    expect(skipped).toEqual(['h2load is not installed; skipped: portico-h2']);
  });

  test('needs setpriv, which ends it with the bench', () => {
    const { skipped } = withWhatIsThere(parsed(), (name) => name !== 'setpriv');

    expect(skipped).toEqual(['setpriv is not installed; skipped: nginx, haproxy, caddy']);
  });

  test('is an error where nothing is left', () => {
    expect(() => withWhatIsThere(parsed('--only', 'nginx'), () => false)).toThrow(
      'nothing to run without nginx, setpriv',
    );
  });

  test('is an error where it should make the load', () => {
    expect(() => withWhatIsThere(parsed('--load', 'wrk'), () => false)).toThrow(
      '--load wrk: wrk is not installed',
    );
  });
});

describe('the rows of bench/regress', () => {
  const rowsOf = (...args: readonly string[]) =>
    parseRegress(['HEAD', ...args])!.rows.map(({ name }) => name);

  test('are the core where nothing else is asked for', () => {
    expect(rowsOf()).toEqual(['bare', 'everything on', 'aggregate', 'page', 'upload of 10 KiB']);
  });

  test('are chosen by name, beside the core or without it', () => {
    expect(rowsOf('--only', 'TLS,bare')).toEqual(['bare', 'TLS']);
    expect(rowsOf('--only', 'core,TLS')).toHaveLength(6);
    expect(rowsOf('--only', 'all')).toHaveLength(10);
  });

  test('are refused where they are unknown', () => {
    expect(() => rowsOf('--only', 'tsl')).toThrow('no row "tsl" (known: core, all, "bare", ');
  });
});

describe('--rate', () => {
  test('is a number, or as many as each can do', () => {
    expect(parsed().rate).toBeUndefined();
    expect(parsed('--rate', '6000').rate).toBe(6_000);
    expect(() => parsed('--rate', '0')).toThrow('--rate is a whole number from 1 to 100000');
  });

  test.each(['--write', '--check', '--half'])('goes not with %s', (other) => {
    expect(() => parsed('--rate', '6000', other)).toThrow('are of full load');
  });
});
