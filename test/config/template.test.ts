import { describe, expect, test } from 'vitest';
import { parseTemplate, renderTemplate } from '../../src/config/schema/template.ts';

describe('a template', () => {
  test('is read into literals and references', () => {
    expect(parseTemplate('/orders/{id}/x/{order.customer.id}')).toEqual({
      text: '/orders/{id}/x/{order.customer.id}',
      literals: ['/orders/', '/x/', ''],
      references: [
        { text: 'id', root: 'id', rest: [] },
        { text: 'order.customer.id', root: 'order', rest: ['customer', 'id'] },
      ],
    });
  });

  test('without references is one literal', () => {
    expect(parseTemplate('')).toEqual({ text: '', literals: [''], references: [] });
    expect(parseTemplate('/a').literals).toEqual(['/a']);
  });

  test('takes names of headers and claims behind a dot', () => {
    const [reference] = parseTemplate('{header.x-request-id}').references;
    expect(reference).toEqual({
      text: 'header.x-request-id',
      root: 'header',
      rest: ['x-request-id'],
    });
  });

  test.each(['{}', '{ id}', '{1a}', '{a.}', '{.a}', '{a..b}', '{a-b}', '{a b}', '{a/b}'])(
    '%s holds no name, and is refused with one',
    (text) => {
      expect(() => parseTemplate(`/x/${text}`)).toThrow(
        new RangeError(`"${text}" is not a name such as {id} or {a.b}`),
      );
    },
  );

  test.each(['/{id', '/id}', '/{{id}}', '{a}{', '}{a}'])('%s has a lone brace', (text) => {
    expect(() => parseTemplate(text)).toThrow(`"${text}" has an unmatched brace`);
  });

  test('is rendered with what each reference stands for, in order', () => {
    const template = parseTemplate('/{a}-{b.c}/{a}');
    expect(renderTemplate(template, ({ text }) => `<${text}>`)).toBe('/<a>-<b.c>/<a>');
    expect(renderTemplate(parseTemplate('/x'), () => 'never')).toBe('/x');
  });
});
