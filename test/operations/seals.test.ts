import { describe, expect, test } from 'vitest';
import { Seals, withoutSeals } from '../../src/operations/seals.ts';

const keyOf = (id: string, byte: number) => ({
  id,
  key: Buffer.alloc(32, byte).toString('base64'),
});
const [OLD, NEW] = [keyOf('old', 1), keyOf('new', 2)];
const PLACE = { operation: 'o', root: 'input', secret: ['input.card', 'input.list.0.pin', 'a.x'] };
const JSON_TEXT =
  '{"card":{"number":4111111111111111111111,"cvc":"123"},"list":[{"pin":1.10}],"x":1}';

describe('a seal', () => {
  test('hides what is secret, and opens to what it was, with all digits', () => {
    const seals = new Seals([NEW]);
    const sealed = seals.seal(JSON_TEXT, PLACE);
    expect(sealed).not.toMatch(/4111|cvc|1\.1/);
    expect(sealed).toMatch(/"card":\{"\$sealed":"new:[\w-]+"\}.*"x":1\}$/);
    expect(JSON.stringify(seals.open(JSON.parse(sealed), PLACE))).toBe(JSON_TEXT);
    // Equal values look different.
    expect(seals.seal(JSON_TEXT, PLACE)).not.toBe(sealed);
  });

  test('leaves the digits of everything else, and what is not there, alone', () => {
    const seals = new Seals([NEW]);
    const text = '{"total":12345678901234567890,"list":[],"card2":1.10}';
    expect(seals.seal(text, PLACE)).toBe(text);
    expect(seals.seal('{"card" : 1}', { ...PLACE, secret: undefined })).toBe('{"card" : 1}');
    expect(seals.seal('[]', { ...PLACE, secret: ['input.length'] })).toBe('[]');
  });

  test('that an old key made is opened for as long as the key is there', () => {
    const sealed = new Seals([OLD]).seal(JSON_TEXT, PLACE);
    expect(JSON.stringify(new Seals([NEW, OLD]).open(JSON.parse(sealed), PLACE))).toBe(JSON_TEXT);
    expect(() => new Seals([NEW]).open(JSON.parse(sealed), PLACE)).toThrow('no key "old"');
    const other = new Seals([{ ...NEW, id: 'old' }]);
    expect(() => other.open(JSON.parse(sealed), PLACE)).toThrow('does not open it');
  });

  test('opens nothing in another operation, at another place, or if it was changed', () => {
    const seals = new Seals([NEW]);
    const sealed = seals.seal('{"card":"4111","x":1}', PLACE);
    const open = (text: string, more: object = {}) =>
      seals.open(JSON.parse(text), { ...PLACE, ...more });
    expect(() => open(sealed, { operation: 'p' })).toThrow('does not open it');
    const moved = sealed.replace('"card"', '"mail"');
    expect(() => open(moved, { secret: ['input.mail'] })).toThrow('does not open it');
    const cut = sealed.replace(/.{4}"\},"x"/, '"},"x"');
    expect(() => open(cut)).toThrow('does not open it');
    expect(() => open('{"card":{"$sealed":"new:"}}')).toThrow('does not open it');
    expect(() => open('{"card":"4111"}')).toThrow('not sealed');
  });

  test('is a word to whoever looks', () => {
    const sealed = JSON.parse(new Seals([NEW]).seal(JSON_TEXT, PLACE)) as unknown;
    expect(withoutSeals(sealed)).toEqual({ card: '(sealed)', list: [{ pin: '(sealed)' }], x: 1 });
  });

  test('what a request with secrets is known again by cannot be made without a key', () => {
    const [now, before] = new Seals([NEW, OLD]).fingerprints('digest');
    expect(new Seals([OLD]).fingerprints('digest')).toEqual([before]);
    expect(new Set([now, before, 'digest']).size).toBe(3);
  });
});
