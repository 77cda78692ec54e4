import { expect, test } from 'vitest';
import { runSpan } from '../../src/observe/tracing/run-span.ts';
import { followingTrace } from '../../src/operations/run-trace.ts';

const REQUEST = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const RUN = { id: 'o', kind: 'saga', name: 's', status: 'completed', runMs: 5 } as const;

test('each run is a new trace, linked to the one before, and sampled as that is', () => {
  const first = followingTrace(REQUEST);
  const second = followingTrace(first.parent);
  expect(first.parent).toMatch(/^00-[\da-f]{32}-[\da-f]{16}-01$/);
  expect(second.link).toBe(first.parent);
  expect(
    new Set([REQUEST, first.parent, second.parent].map((each) => each.slice(3, 35))).size,
  ).toBe(3);
  const told = runSpan({ ...RUN, run: 2, trace: second }, 10)!;
  expect(told.traceId).toBe(second.parent.slice(3, 35));
  expect(told.span).toMatchObject({
    startMs: 5,
    endMs: 10,
    isError: false,
    links: [{ traceId: first.parent.slice(3, 35), spanId: first.parent.slice(36, 52) }],
  });
  const unsampled = followingTrace(REQUEST.replace(/01$/, '00'));
  expect(unsampled.parent).toMatch(/-00$/);
  expect(runSpan({ ...RUN, run: 1, trace: unsampled }, 10)).toBeUndefined();
});
