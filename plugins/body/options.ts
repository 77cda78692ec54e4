/** What a route says about its JSON bodies. */
import { isDeepStrictEqual } from 'node:util';
import { type Loosening, memberPath, size, z } from 'portico';

const name = () => z.string().min(1).max(256);

const editSchema = (values: string) =>
  z.strictObject({
    remove: z
      .array(memberPath())
      .default([])
      .describe('Removes what these paths lead to, such as `items[].cost`; done first.'),
    rename: z
      .record(memberPath(), name())
      .default({})
      .describe('Gives a member another name in the same object; done before `set`.'),
    set: z
      .record(memberPath(), z.json())
      .default({})
      .describe(`Sets a value; objects that are missing on the way are made.${values}`),
  });

const FILLED =
  ' In a text, `{claim.sub}`, `{consumer.id}`, `{client.address}`, `{id}` (of the path), `{query.q}` and `{header.x}` are filled from the request; without the value, the member is removed.';

export const Options = z
  .strictObject({
    request: editSchema(FILLED)
      .optional()
      .describe('Edits bodies of requests, which must then be JSON; for routes that forward.'),
    response: editSchema('').optional().describe('Edits JSON bodies of answers to the client.'),
    maxBody: size()
      .refine((bytes) => bytes > 0, 'must be more than 0B')
      .prefault('1MiB')
      .describe(
        'A longer request is 413, a longer JSON answer 502: each is held in memory while it is edited.',
      ),
  })
  .describe('Members of JSON bodies to remove, rename and set.');
export type Options = z.output<typeof Options>;
export type Edits = z.output<ReturnType<typeof editSchema>>;

/** What clients see, or may say, after the change and not before. */
export function* loosened(
  before: Options | undefined,
  after: Options | undefined,
): Generator<Loosening> {
  for (const path of gone(before?.response?.remove, after?.response?.remove)) {
    yield { path: ['response'], message: `clients get ${path} of the answers` };
  }
  for (const path of gone(before?.request?.remove, after?.request?.remove)) {
    yield { path: ['request'], message: `requests with ${path} reach the upstream with it` };
  }
  const now = after?.request?.set ?? {};
  for (const [path, value] of Object.entries(before?.request?.set ?? {})) {
    if (isDeepStrictEqual(now[path], value)) continue;
    const message = Object.hasOwn(now, path)
      ? `the upstream gets another value for ${path}`
      : `clients say themselves what ${path} is`;
    yield { path: ['request'], message };
  }
}

const gone = (before: readonly string[] = [], after: readonly string[] = []): readonly string[] =>
  before.filter((path) => !after.includes(path));
