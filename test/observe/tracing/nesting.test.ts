/** The tree of spans that a collector gets, by each protocol, and what the upstreams were told of it. */
import { describe, expect, test } from 'vitest';
import type { Got } from './collector.ts';
import { PROTOCOLS, traced } from './traced-gateway.ts';

interface Tree {
  readonly name: string;
  readonly isError: boolean;
  readonly below: readonly Tree[];
}

describe.each(PROTOCOLS)('by %s', (protocol) => {
  /** The tree of the only request, each span within the time of the one above. */
  async function treeOf(path: string) {
    const { fetch, ended, told } = await traced({ protocol });
    expect((await fetch(path)).status).toBe(200);
    const collector = await ended();
    const [root, ...others] = collector.roots() as [Got, ...Got[]];
    expect(others).toEqual([]);
    const walk = (span: Got): Tree => {
      const inner = collector.below(span);
      for (const { start, end } of inner) {
        expect(start).toBeGreaterThanOrEqual(span.start);
        expect(end).toBeLessThanOrEqual(span.end);
      }
      return { name: span.name, isError: span.isError, below: inner.map(walk) };
    };
    const attempts = collector.spans.filter(({ kind }) => kind === 'client');
    const ids = attempts.map(({ traceId, id }) => `00-${traceId}-${id}-01`);
    expect(new Set(told.map(({ parent }) => parent))).toEqual(new Set(ids));
    expect(told.length).toBe(ids.length);
    expect(new Set(ids).size).toBe(ids.length);
    expect(new Set(collector.spans.map(({ traceId }) => traceId)).size).toBe(1);
    return { spans: collector.spans, root, tree: walk(root), told };
  }

  const leaf = (name: string, isError = false): Tree => ({ name, isError, below: [] });
  const above = (name: string, below: readonly Tree[], isError = false): Tree => ({
    name,
    isError,
    below,
  });

  test('parts of an aggregate are side by side, and the retry of one is beside its first attempt', async () => {
    const { tree, spans, told } = await treeOf('/page/7');
    const byName = tree.below.toSorted((a, b) => a.name.localeCompare(b.name));
    expect({ ...tree, below: byName }).toEqual(
      above('GET /page/{id}', [
        above('part order', [leaf('GET')]),
        above('part payment', [leaf('GET', true), leaf('GET')]),
      ]),
    );
    const payment = spans.find(({ name }) => name === 'part payment')!;
    expect(payment.attributes).toMatchObject({ 'portico.attempts': 2, 'portico.part': 'payment' });
    const attempts = spans
      .filter(({ parentId }) => parentId === payment.id)
      .toSorted((a, b) => a.start - b.start);
    expect(attempts.map(({ attributes }) => attributes['http.request.resend_count'])).toEqual([
      undefined,
      1,
    ]);
    expect(attempts[0]!.attributes).toMatchObject({ 'error.type': '503' });
    // Each upstream was told the attempt that asked it.
    const toldOf = (path: string) =>
      told.filter((each) => each['path'] === path).map(({ parent }) => parent!.split('-')[2]);
    expect(toldOf('/once')).toEqual(attempts.map(({ id }) => id));
  });

  test('a BFF is named by its endpoint, and its calls are parts', async () => {
    const { tree } = await treeOf('/m/items/3');
    expect(tree).toEqual(above('GET /items/:id', [above('part item', [leaf('GET')])]));
  });

  test('a fallback hides a failure from the client, but not from the trace', async () => {
    const { tree, root } = await treeOf('/back');
    expect(tree).toEqual(
      above('GET /back', [above('forward real', [leaf('GET', true), leaf('GET', true)], true)]),
    );
    expect(root.attributes).toMatchObject({ 'http.response.status_code': 200 });
  });
});
