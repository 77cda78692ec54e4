/**
 * Base64 that comes in pieces. Each piece may end with padding, because a sender pads whatever it flushes
 * (grpc/grpc, doc/PROTOCOL-WEB.md), and chunks may end anywhere.
 *
 * Character by character, so that a body of nothing but tiny pieces costs no more than any other.
 */

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const PADDING = '='.charCodeAt(0);
const NONE = 255;
/** By character; RFC 4648 §4. */
const VALUES = new Uint8Array(256).fill(NONE);
Buffer.from(ALPHABET).forEach((character, value) => (VALUES[character] = value));

const malformed = (): RangeError => new RangeError('the body is not base64');

export class Base64Decoder {
  /** Of a group of four characters: how many have come, how many of them are padding, and their bits. */
  #characters = 0;
  #padding = 0;
  #bits = 0;

  /** @throws {RangeError} for what is not base64 */
  decode(chunk: Uint8Array): Uint8Array {
    const bytes = new Uint8Array(Math.ceil(((this.#characters + chunk.length) * 3) / 4));
    let length = 0;
    for (const character of chunk) {
      this.#take(character);
      if (this.#characters < 4) continue;
      bytes[length] = this.#bits >> 16;
      bytes[length + 1] = this.#bits >> 8;
      bytes[length + 2] = this.#bits;
      length += 3 - this.#padding;
      this.#characters = this.#padding = this.#bits = 0;
    }
    return bytes.subarray(0, length);
  }

  /** @throws {RangeError} if a group is incomplete */
  end(): void {
    if (this.#characters > 0) throw malformed();
  }

  #take(character: number): void {
    if (character === PADDING) {
      if (this.#characters < 2) throw malformed();
      this.#padding += 1;
      this.#bits <<= 6;
    } else {
      const value = VALUES[character]!;
      if (value === NONE || this.#padding > 0) throw malformed();
      this.#bits = (this.#bits << 6) | value;
    }
    this.#characters += 1;
  }
}
