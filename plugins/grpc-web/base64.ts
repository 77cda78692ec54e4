/**
 * Base64 that comes in pieces. Each piece may end with padding, because a sender pads whatever it flushes
 * (grpc/grpc, doc/PROTOCOL-WEB.md), and chunks may end anywhere.
 */

/** What is no character of base64 (RFC 4648 §4). */
const FOREIGN = /[^A-Za-z0-9+/=]/;

const malformed = (): RangeError => new RangeError('the body is not base64');

export class Base64Decoder {
  /** Up to three characters of a group of four. */
  #rest = '';

  /** @throws {RangeError} for what is not base64 */
  decode(chunk: Uint8Array): Buffer {
    const text = this.#rest + Buffer.from(chunk).toString('latin1');
    if (FOREIGN.test(text)) throw malformed();
    const pieces: Buffer[] = [];
    let from = 0;
    for (let at = text.indexOf('='); at >= 0; at = text.indexOf('=', from)) {
      const end = at - ((at - from) % 4) + 4;
      if (end > text.length) break;
      if (!isPadding(text.slice(at, end))) throw malformed();
      pieces.push(Buffer.from(text.slice(from, end), 'base64'));
      from = end;
    }
    const end = text.length - ((text.length - from) % 4);
    pieces.push(Buffer.from(text.slice(from, end), 'base64'));
    this.#rest = text.slice(end);
    return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
  }

  /** @throws {RangeError} if a group is incomplete */
  end(): void {
    if (this.#rest !== '') throw malformed();
  }
}

const isPadding = (text: string): boolean => text === '=' || text === '==';
