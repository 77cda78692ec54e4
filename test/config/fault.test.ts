import { describe, expect, test } from 'vitest';
import {
  ConfigError,
  type Fault,
  formatFault,
  formatPath,
  sortFaults,
} from '../../src/config/fault.ts';

const fault = (more: Partial<Fault> = {}): Fault => ({
  file: 'gateway.config.yaml',
  line: 12,
  column: 5,
  path: 'routes.orders.upstrem',
  message: 'unknown key; did you mean "upstream"?',
  severity: 'error',
  ...more,
});

describe('a fault', () => {
  test('is one line: place, path, message', () => {
    expect(formatFault(fault())).toBe(
      'gateway.config.yaml:12:5  routes.orders.upstrem: unknown key; did you mean "upstream"?',
    );
  });

  test('stays one line, and shows what cannot be seen', () => {
    expect(formatFault(fault({ path: 'a\u00a0b', message: '"1s\n" \u001b[31m' }))).toBe(
      'gateway.config.yaml:12:5  a\\u00a0b: "1s\\n" \\u001b[31m',
    );
  });

  test('of the whole file has no path', () => {
    expect(formatFault(fault({ path: '', message: 'there is no such file' }))).toBe(
      'gateway.config.yaml:12:5  there is no such file',
    );
  });

  test('that lets the config serve says so', () => {
    expect(formatFault(fault({ severity: 'warning', path: 'a', message: 'b' }))).toBe(
      'gateway.config.yaml:12:5  warning: a: b',
    );
  });

  test('writes keys with dots and indexes in brackets', () => {
    expect(formatPath([])).toBe('');
    expect(formatPath(['routes', 'orders', 'match', 0, 'path'])).toBe(
      'routes.orders.match[0].path',
    );
    expect(formatPath(['a', 0, 1])).toBe('a[0][1]');
  });
});

describe('faults', () => {
  test('are told in the order of files, lines and columns', () => {
    const places = [
      { file: 'b.yaml', line: 1, column: 1 },
      { file: 'a.yaml', line: 10, column: 1 },
      { file: 'a.yaml', line: 9, column: 7 },
      { file: 'a.yaml', line: 9, column: 2 },
    ].map(fault);
    expect(sortFaults(places).map(({ file, line, column }) => `${file}:${line}:${column}`)).toEqual(
      ['a.yaml:9:2', 'a.yaml:9:7', 'a.yaml:10:1', 'b.yaml:1:1'],
    );
  });

  test('make one error that tells them all', () => {
    const error = new ConfigError([fault(), fault({ line: 13 })]);
    expect(error.message.split('\n')).toHaveLength(2);
    expect(error).toMatchObject({ name: 'ConfigError', code: 'GW_CONFIG_INVALID' });
    expect(error.faults).toHaveLength(2);
  });
});
