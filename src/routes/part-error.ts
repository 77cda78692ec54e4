/**
 * An upstream's answer with a status that is not 2xx, as a client may see it where the config asks for that: the
 * status, the beginning of the body, and a few fields that tell nothing of the upstream's network or credentials.
 */
import { codingsOf, decode, toUtf8 } from '../core/decode.ts';
import type { UpstreamResponse } from '../core/call.ts';
import { GatewayError } from '../core/errors.ts';
import { firstValue, type Headers } from '../core/headers.ts';
import { readJson } from '../core/json.ts';
import type { Sink } from '../core/sink.ts';

export interface ErrorDetail {
  readonly headers: Readonly<Record<string, string>>;
  /** JSON with the digits of its numbers, or text; `null` if it is empty or cannot be read. */
  readonly body: unknown;
  /** The body was longer than what is kept. */
  readonly truncated?: true;
}

/** Any other may name hosts, software or credentials. */
const SHOWN = ['content-type', 'content-language', 'retry-after'];

/** Reads the body up to `capBytes`, and ends it there. Never throws: what cannot be read is `null`. */
export async function errorDetail(
  { headers, body }: UpstreamResponse,
  capBytes: number,
): Promise<ErrorDetail> {
  const { bytes, isWhole } = await firstBytes(body, capBytes);
  return {
    headers: Object.fromEntries(
      SHOWN.flatMap((name) => {
        const value = firstValue(headers[name]);
        return value === undefined ? [] : [[name, value]];
      }),
    ),
    body: await readable(bytes, isWhole, headers, capBytes),
    ...(isWhole ? {} : { truncated: true }),
  };
}

function firstBytes(
  body: UpstreamResponse['body'],
  capBytes: number,
): Promise<{ readonly bytes: Buffer; readonly isWhole: boolean }> {
  return new Promise((resolve) => {
    const chunks: Uint8Array[] = [];
    let total = 0;
    const done = (isWhole: boolean): void =>
      resolve({ bytes: Buffer.concat(chunks).subarray(0, capBytes), isWhole });
    const sink: Sink = {
      chunk(bytes) {
        chunks.push(bytes);
        total += bytes.length;
        if (total <= capBytes) return true;
        done(false);
        body.destroy(new GatewayError('GW_CLIENT_CLOSED', 'the rest of the body is not wanted'));
        return true;
      },
      end: () => done(true),
      fail: () => done(false),
    };
    body.readInto(sink);
  });
}

async function readable(
  bytes: Buffer,
  isWhole: boolean,
  headers: Headers,
  capBytes: number,
): Promise<unknown> {
  const codings = codingsOf(headers['content-encoding']);
  if (bytes.length === 0 || (codings.length > 0 && !isWhole)) return null;
  try {
    const text = toUtf8(await decode(bytes, codings, capBytes), headers['content-type']);
    return isWhole ? jsonOrText(text) : text.toString('utf8');
  } catch {
    return null;
  }
}

function jsonOrText(bytes: Buffer): unknown {
  try {
    return readJson(bytes).exact;
  } catch {
    return bytes.toString('utf8');
  }
}
