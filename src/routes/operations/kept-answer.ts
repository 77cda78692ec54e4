/** What is kept of the answer to a step, as JSON. */
import { codingsOf, decode, toUtf8 } from '../../core/decode.ts';
import type { UpstreamResponse } from '../../core/call.ts';
import { readJson } from '../../core/json.ts';
import { compilePick } from '../shape/pick.ts';

/** Longer answers are not read to their end. */
export const MAX_READ_BYTES = 1_048_576;
const MAX_KEPT_BYTES = 16_384;
/** Of a command, whose answer is what its client wants. */
const MAX_RESULT_BYTES = 65_536;

type Answer = Pick<UpstreamResponse, 'status' | 'headers'>;

/** JSON of the members that `pick` names, or of all; `undefined` for what is not JSON, or longer than 16 KiB. */
export async function keptOf(
  bytes: Buffer,
  { headers }: Answer,
  pick: readonly string[] | undefined,
): Promise<string | undefined> {
  if (bytes.length === 0) return undefined;
  try {
    const { exact } = readJson(await textOf(bytes, headers));
    const kept = pick === undefined ? exact : (compilePick(pick)(exact) ?? {});
    const json = JSON.stringify(kept);
    return Buffer.byteLength(json) > MAX_KEPT_BYTES ? undefined : json;
  } catch {
    // A later step that needs it fails, and says what is missing.
    return undefined;
  }
}

/** JSON of status and body; a body that is neither JSON nor text, or is longer than 64 KiB, is left out. */
export async function resultOf(bytes: Buffer, { status, headers }: Answer): Promise<string> {
  const type = String(headers['content-type'] ?? '');
  if (bytes.length === 0 || bytes.length > MAX_RESULT_BYTES) return JSON.stringify({ status });
  try {
    const text = await textOf(bytes, headers);
    if (/[/+]json\b/i.test(type)) return JSON.stringify({ status, body: readJson(text).exact });
    if (/^text\//i.test(type)) return JSON.stringify({ status, body: text.toString('utf8') });
  } catch {
    // Neither.
  }
  return JSON.stringify({ status });
}

const textOf = async (bytes: Buffer, headers: Answer['headers']): Promise<Buffer> =>
  toUtf8(
    await decode(bytes, codingsOf(headers['content-encoding']), MAX_READ_BYTES),
    headers['content-type'],
  );
