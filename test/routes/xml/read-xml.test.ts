import { describe, expect, test } from 'vitest';
import { loadSax } from '../../../src/routes/xml/load-sax.ts';
import { readFeed } from '../../../src/routes/xml/read-feed.ts';
import { readXml } from '../../../src/routes/xml/read-xml.ts';

const sax = loadSax();
const read = (text: string | Buffer) => readXml(Buffer.from(text as string), sax);

describe('XML', () => {
  test.each<readonly [string, unknown]>([
    ['<a>text</a>', { a: 'text' }],
    ['<a/>', { a: '' }],
    ['<a><b>1</b><c>2</c></a>', { a: { b: '1', c: '2' } }],
    ['<a><b>1</b><b>2</b><b/></a>', { a: { b: ['1', '2', ''] } }],
    ['<a>\n  <b>1</b>\n</a>', { a: { b: '1' } }],
    ['<a id="7">text</a>', { a: { '@id': '7', $: 'text' } }],
    ['<a id="7"/>', { a: { '@id': '7' } }],
    ['<a>one <b>two</b> three</a>', { a: { b: 'two', $: 'one  three' } }],
    ['<a><![CDATA[<b>&amp;]]></a>', { a: '<b>&amp;' }],
    ['<a>&lt;&amp;&gt;&quot;&apos;&#65;&#x42;</a>', { a: '<&>"\'AB' }],
    [
      '<?xml version="1.0"?><!-- c --><x:a xmlns:x="u"><x:b>1</x:b></x:a>',
      { 'x:a': { '@xmlns:x': 'u', 'x:b': '1' } },
    ],
    ['<!DOCTYPE a><a>1</a>', { a: '1' }],
    ['<n>9007199254740993.10</n>', { n: '9007199254740993.10' }],
    ['<a>caf\u00e9 \ud83d\ude00</a>', { a: 'caf\u00e9 \ud83d\ude00' }],
  ])('%s is %j', (text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  test.each([
    ['{"a":1}'],
    ['text'],
    ['<a>'],
    ['<a></b>'],
    ['<a/><b/>'],
    ['<a b=c/>'],
    ['<html><br></html>'],
    ['<a>&nbsp;</a>'],
  ])('%s is not well-formed', (text) => {
    expect(() => read(text)).toThrow('not well-formed XML');
  });

  test('an entity that a document type declares is not one, so nothing is read and nothing grows', () => {
    const laughs = Array.from(
      { length: 9 },
      (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`,
    );
    for (const declared of [
      `<!ENTITY l0 "lol">${laughs.join('')}`,
      '<!ENTITY l9 SYSTEM "file:///etc/passwd">',
      '<!ENTITY % p SYSTEM "http://127.0.0.1:1/"> %p;',
    ]) {
      expect(() => read(`<!DOCTYPE a [${declared}]><a>&l9;</a>`)).toThrow('not well-formed XML');
    }
  });

  test('as deep as 128 is read, deeper is not', () => {
    const nested = (depth: number) => `${'<a>'.repeat(depth)}${'</a>'.repeat(depth)}`;
    expect(read(nested(128))).toHaveProperty('a');
    expect(() => read(nested(129))).toThrow('deeper than 128');
  });

  test('a hundred thousand elements, and a text of a mebibyte, are read, and no more', () => {
    expect(read(`<a>${'<b/>'.repeat(99_999)}</a>`)).toMatchObject({
      a: { b: { length: 99_999 } },
    });
    expect(() => read(`<a>${'<b/>'.repeat(100_000)}</a>`)).toThrow('more than 100000 elements');
    const text = 'x'.repeat(1_048_576);
    expect(read(`<a><b>${text}</b><c><![CDATA[${text}]]></c></a>`)).toEqual({
      a: { b: text, c: text },
    });
  });

  test('names that could reach a prototype are dropped', () => {
    const value = read(
      '<a><__proto__><x>1</x></__proto__><constructor/><b __proto__="1" c="2"/></a>',
    );
    expect(JSON.stringify(value)).toBe('{"a":{"b":{"@c":"2"}}}');
    expect(({} as { x?: unknown }).x).toBeUndefined();
  });

  test('its own word for its charset counts, if it is not UTF-8', () => {
    const head = '<?xml version="1.0" encoding="ISO-8859-1"?>';
    expect(read(Buffer.from(`${head}<a>caf\u00e9</a>`, 'latin1'))).toEqual({ a: 'caf\u00e9' });
    expect(read(`${head}<a>caf\u00e9</a>`)).toEqual({ a: 'caf\u00e9' });
    const unknown = Buffer.from('<?xml version="1.0" encoding="nix"?><a>\u00e9</a>', 'latin1');
    expect(() => read(unknown)).toThrow('unknown charset');
  });
});

describe('a feed', () => {
  const items = (text: string) => readFeed(read(text));

  test('of RSS 2.0 is a list of its items', () => {
    const text = `<?xml version="1.0"?><rss version="2.0"><channel><title>News</title>
      <item><title>One &amp; only</title><link>https://example.com/1</link>
        <pubDate>Tue, 10 Jun 2003 04:00:00 GMT</pubDate><description><![CDATA[<p>Text</p>]]></description></item>
      <item><title>Two</title><guid isPermaLink="true">https://example.com/2</guid><pubDate>soon</pubDate></item>
    </channel></rss>`;
    expect(items(text)).toEqual([
      {
        title: 'One & only',
        link: 'https://example.com/1',
        date: '2003-06-10T04:00:00.000Z',
        description: '<p>Text</p>',
      },
      { title: 'Two', link: 'https://example.com/2', date: null, description: null },
    ]);
  });

  test('of Atom has the page among its links', () => {
    const text = `<feed xmlns="http://www.w3.org/2005/Atom"><entry><title type="text">One</title>
      <link rel="edit" href="https://example.com/edit"/><link rel="alternate" href="https://example.com/1"/>
      <updated>2024-02-03T04:05:06+01:00</updated><summary>Text</summary></entry></feed>`;
    expect(items(text)).toEqual([
      {
        title: 'One',
        link: 'https://example.com/1',
        date: '2024-02-03T03:05:06.000Z',
        description: 'Text',
      },
    ]);
  });

  test('of RSS 1.0 is read too', () => {
    const text = `<rdf:RDF xmlns:rdf="r"><channel/><item rdf:about="x"><title>One</title><link>l</link><dc:date>2024-01-01</dc:date></item></rdf:RDF>`;
    expect(items(text)).toEqual([
      { title: 'One', link: 'l', date: '2024-01-01T00:00:00.000Z', description: null },
    ]);
  });

  test('without items is an empty list', () => {
    expect(items('<rss><channel/></rss>')).toEqual([]);
    expect(items('<rss/>')).toEqual([]);
    expect(items('<feed xmlns="a"/>')).toEqual([]);
  });

  test('is no other document', () => {
    expect(() => items('<html/>')).toThrow('not RSS or Atom');
  });
});
