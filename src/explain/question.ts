/**
 * What explaining is asked: a request, as a client would write it.
 *
 * It is checked here only so far that it is one request and nothing else; everything that a client could send is
 * left to the gateway to judge.
 */
import { isIP } from 'node:net';
import { UNIX_PEER } from '../config/schema/address-range.ts';
import { TOKEN } from '../config/schema/types.ts';

export interface Question {
  readonly method: string;
  /** A path, or an http or https URL: not made canonical. */
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Where the client connects from; `unix` for a unix socket. */
  readonly address: string;
}

/** It cannot be asked; the message says what would be right, and holds no value of a field. */
export class QuestionError extends Error {
  override readonly name = 'QuestionError';
}

const MOST_HEADERS = 100;
const MOST_BYTES = 64 * 1_024;

/** What a client would send, and how it would connect. */
export interface AskedRequest {
  /** The whole head, as bytes in latin1. */
  readonly head: string;
  /** `undefined`: as the gateway listens. */
  readonly isSecure: boolean | undefined;
  readonly address: string;
}

/** @throws {QuestionError} */
export function requestOf({ method, url, headers, address }: Question): AskedRequest {
  if (isIP(address) === 0 && address !== UNIX_PEER) {
    throw new QuestionError('the address is one such as 203.0.113.7');
  }
  if (!TOKEN.test(method)) throw new QuestionError('the method is a word such as GET');
  const { target, host, isSecure } = targetOf(url);
  const named = headers.some(([name]) => name.toLowerCase() === 'host');
  const lines = named ? headers : [['host', host] as const, ...headers];
  if (lines.length > MOST_HEADERS) {
    throw new QuestionError(`there are more than ${MOST_HEADERS} headers`);
  }
  const text = lines.map(lineOf).join('');
  const head = `${method} ${target} HTTP/1.1\r\n${text}\r\n`;
  if (head.length > MOST_BYTES) throw new QuestionError(`it has more than ${MOST_BYTES} bytes`);
  return { head, isSecure, address };
}

const ABSOLUTE = /^(https?):\/\/([^/?#]*)(.*)$/is;

function targetOf(url: string): {
  readonly target: string;
  readonly host: string;
  readonly isSecure: boolean | undefined;
} {
  if (!/^[\x21-\x7e]+$/.test(url)) {
    throw new QuestionError(
      'the URL holds a blank, or a sign that is not ASCII: write it as %C3%A9',
    );
  }
  const absolute = ABSOLUTE.exec(url);
  if (absolute !== null) {
    const [, scheme = '', host = '', rest = ''] = absolute;
    const target = rest.startsWith('/') ? rest : `/${rest}`;
    return { target, host, isSecure: scheme.toLowerCase() === 'https' };
  }
  if (!url.startsWith('/') && url !== '*') {
    throw new QuestionError(
      'the URL is a path such as /orders/1, or begins with http:// or https://',
    );
  }
  return { target: url, host: 'localhost', isSecure: undefined };
}

function lineOf([name, value]: readonly [string, string]): string {
  if (!TOKEN.test(name)) {
    throw new QuestionError('a header is written as "name: value", and its name is a word');
  }
  if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
    throw new QuestionError(`the header ${name} holds a sign that no header can hold`);
  }
  return `${name}: ${value}\r\n`;
}

/** `name: value`, as curl takes it. @throws {QuestionError} */
export function readHeader(text: string): readonly [name: string, value: string] {
  const at = text.indexOf(':');
  const name = text.slice(0, Math.max(at, 0)).trim();
  if (at < 0 || !TOKEN.test(name)) {
    throw new QuestionError('a header is written as "name: value", such as "accept: text/html"');
  }
  return [name, text.slice(at + 1).trim()];
}
