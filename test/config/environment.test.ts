import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { expand, hasPlaceholder } from '../../src/config/yaml/environment.ts';
import { folderOf } from './config-files.ts';

const environment = { NAME: 'value', EMPTY: '', _a1: 'low', DOLLAR: '${NAME}', TAIL: '$$ }' };
const textOf = (text: string): string => expand(text, environment).text;

describe('a placeholder', () => {
  test.each([
    ['${NAME}', 'value'],
    ['a ${NAME} b ${_a1}', 'a value b low'],
    ['${NAME}${NAME}', 'valuevalue'],
    ['${EMPTY}', ''],
    ['${NAME:-other}', 'value'],
    ['${NONE:-other}', 'other'],
    ['${EMPTY:-other}', 'other'],
    ['${NONE:-}', ''],
    ['${NONE:-http://a:1/b}', 'http://a:1/b'],
    ['${NONE:-$x:-y}', '$x:-y'],
    ['$NAME {NAME} $ {NAME}', '$NAME {NAME} $ {NAME}'],
  ])('%s becomes "%s"', (text, expected) => {
    expect(textOf(text)).toBe(expected);
  });

  test('$${ is a literal ${', () => {
    expect(textOf('$${NAME}')).toBe('${NAME}');
    expect(textOf('$${NAME} ${NAME} $$${NAME}')).toBe('${NAME} value $${NAME}');
  });

  test('what it is replaced by is not read again', () => {
    expect(textOf('${DOLLAR}')).toBe('${NAME}');
    expect(textOf('${TAIL}${NAME}')).toBe('$$ }value');
  });

  test('a variable that is not set is refused, and the way out is named', () => {
    expect(() => textOf('x ${NONE}')).toThrow(
      'environment variable NONE is not set (or write ${NONE:-default})',
    );
  });

  test('what is no variable is refused', () => {
    for (const name of ['1A', 'a-b', 'a b', ' NAME', '{']) {
      expect(() => textOf(`\${${name}}`), name).toThrow(
        `"\${${name}}" is not a variable: use \${NAME} or \${NAME:-default}`,
      );
    }
  });

  test.each([
    ['${NAME:hunter2}', '"${NAME:…}" is not a variable: use ${NAME} or ${NAME:-default}'],
    ['${NAME:?hunter2}', '"${NAME:…}" is not a variable: use ${NAME} or ${NAME:-default}'],
    ['${NAME:}', '"${NAME:}" is not a variable: use ${NAME} or ${NAME:-default}'],
    ['${}', '"${}" is not a variable: use ${NAME} or ${NAME:-default}'],
    ['a ${NAME', '"${" has no "}": for a literal ${ write $${'],
    ['${NAME} ${', '"${" has no "}": for a literal ${ write $${'],
    ['${NONE:-${NAME}}', 'the default of ${NONE} cannot hold another placeholder'],
  ])('%s is refused: it would have been the value itself', (text, message) => {
    expect(() => textOf(text)).toThrow(new RangeError(message));
  });

  test('only what is one whole placeholder is whole', () => {
    expect(expand('${NAME}', environment)).toEqual({
      text: 'value',
      from: ['${NAME}'],
      whole: true,
    });
    expect(expand('${NAME} ', environment).whole).toBe(false);
    expect(expand('${NAME}${NAME}', environment).whole).toBe(false);
    expect(expand('$${NAME}', environment)).toEqual({ text: '${NAME}', from: [], whole: false });
  });

  test('a text without ${ holds none', () => {
    expect(hasPlaceholder('$NAME {x}')).toBe(false);
    expect(hasPlaceholder('a${')).toBe(true);
  });
});

describe('a secret in a file', () => {
  const read = (content: string | Buffer): string => {
    const file = join(folderOf({}), 'secret');
    writeFileSync(file, content);
    return textOf(`<\${file:${file}}>`);
  };

  test('is what the file holds, without its last line break', () => {
    expect(read('hunter2')).toBe('<hunter2>');
    expect(read('hunter2\n')).toBe('<hunter2>');
    expect(read('hunter2\r\n')).toBe('<hunter2>');
    expect(read('')).toBe('<>');
  });

  test('loses one line break and no other space', () => {
    expect(read('\n a \n\n')).toBe('<\n a \n>');
  });

  test('is not read for placeholders', () => {
    expect(read('${NAME}')).toBe('<${NAME}>');
  });

  test('is 64 KiB at most', () => {
    expect(read('x'.repeat(65_536))).toHaveLength(65_538);
    expect(() => read('x'.repeat(65_537))).toThrow('is larger than 64 KiB');
  });

  test('that cannot be read is refused by its name', () => {
    expect(() => textOf('${file:/nowhere/secret}')).toThrow('file /nowhere/secret cannot be read');
    expect(() => textOf(`\${file:${folderOf({})}}`)).toThrow('cannot be read');
  });
});
