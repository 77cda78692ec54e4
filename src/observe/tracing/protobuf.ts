/**
 * Writes protobuf: fields into one growing run of bytes, and messages around what is already written.
 *
 * Only what a span needs is here. It exists for its speed: see otlp-spans.ts.
 */

/** Where a message begins in what is not taken yet, for {@link ProtobufWriter.end}. */
type Start = number;

const FIRST_BYTES = 65_536;
/** Of one varint: 64 bits, 7 a byte. */
const MOST_VARINT = 10;
const ONE_BYTE = 0x80;
const LOW = 2 ** 20;
const HIGH_PARTS = 2 ** 12;
const WORD = 2 ** 32;

export class ProtobufWriter {
  #bytes = Buffer.allocUnsafe(FIRST_BYTES);
  #view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.length);
  /** What was taken ends here. */
  #from = 0;
  #at = 0;

  /** What is written; the next field begins anew, elsewhere. */
  take(): Uint8Array {
    const taken = this.#bytes.subarray(this.#from, this.#at);
    this.#from = this.#at;
    return taken;
  }

  /** Fields that are written already. */
  bytes(written: Uint8Array): void {
    this.#room(written.length);
    this.#bytes.set(written, this.#at);
    this.#at += written.length;
  }

  /** A field that is a message; what is written until `end` is in it. */
  begin(field: number): Start {
    this.#room(MOST_VARINT);
    this.#bytes[this.#at++] = (field << 3) | 2;
    // Nearly every length fits into one byte; `end` makes room for others.
    this.#at += 1;
    return this.#at - this.#from;
  }

  end(begun: Start): void {
    const start = this.#from + begun;
    const length = this.#at - start;
    if (length < ONE_BYTE) {
      this.#bytes[start - 1] = length;
      return;
    }
    const more = Math.floor(Math.log2(length) / 7);
    this.#room(more);
    const from = this.#from + begun;
    this.#bytes.copyWithin(from + more, from, this.#at);
    this.#at = from - 1;
    this.#varint(length);
    this.#at += length;
  }

  /** @param value a whole number from 0 to 2 ** 53 */
  uint(field: number, value: number): void {
    this.#room(2 * MOST_VARINT);
    this.#bytes[this.#at++] = field << 3;
    this.#varint(value);
  }

  double(field: number, value: number): void {
    this.#room(MOST_VARINT);
    this.#bytes[this.#at++] = (field << 3) | 1;
    this.#view.setFloat64(this.#at, value, true);
    this.#at += 8;
  }

  /** @param field up to 31 */
  fixed32(field: number, value: number): void {
    this.#room(MOST_VARINT);
    this.#varint((field << 3) | 5);
    this.#view.setUint32(this.#at, value, true);
    this.#at += 4;
  }

  /** Nanoseconds as `fixed64`. A number cannot hold them, and a `BigInt` for each would cost more than all of this. */
  nanoseconds(field: number, wallMs: number): void {
    this.#room(MOST_VARINT);
    const microseconds = Math.round(wallMs * 1_000);
    const high = Math.floor(microseconds / LOW) * 1_000;
    const low = (high % HIGH_PARTS) * LOW + (microseconds % LOW) * 1_000;
    this.#bytes[this.#at++] = (field << 3) | 1;
    this.#view.setUint32(this.#at, low % WORD, true);
    const carried = Math.floor(high / HIGH_PARTS) + Math.floor(low / WORD);
    this.#view.setUint32(this.#at + 4, carried, true);
    this.#at += 8;
  }

  string(field: number, text: string): void {
    const { length } = text;
    // A character has at most three bytes in UTF-8.
    this.#room(length * 3 + MOST_VARINT);
    this.#bytes[this.#at++] = (field << 3) | 2;
    if (length >= ONE_BYTE || !this.#ascii(text)) this.#utf8(text);
  }

  /** Bytes, from an even number of hexadecimal digits, below 256. */
  hex(field: number, digits: string): void {
    const { length } = digits;
    this.#room(length + MOST_VARINT);
    this.#bytes[this.#at++] = (field << 3) | 2;
    this.#bytes[this.#at++] = length / 2;
    this.#at += this.#bytes.write(digits, this.#at, 'hex');
  }

  /** Writes the length in one byte, and the text. @returns false if it is not ASCII, and nothing is written */
  #ascii(text: string): boolean {
    const bytes = this.#bytes;
    const { length } = text;
    let at = this.#at;
    bytes[at++] = length;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code >= ONE_BYTE) return false;
      bytes[at++] = code;
    }
    this.#at = at;
    return true;
  }

  #utf8(text: string): void {
    this.#varint(Buffer.byteLength(text));
    this.#at += this.#bytes.write(text, this.#at);
  }

  #varint(value: number): void {
    let left = value;
    while (left >= ONE_BYTE) {
      this.#bytes[this.#at++] = (left % ONE_BYTE) | ONE_BYTE;
      left = Math.floor(left / ONE_BYTE);
    }
    this.#bytes[this.#at++] = left;
  }

  /** Goes on in other bytes if these are used up; those that were taken stay. */
  #room(bytes: number): void {
    const needed = this.#at + bytes;
    if (needed <= this.#bytes.length) return;
    const kept = this.#bytes.subarray(this.#from, this.#at);
    const larger = Buffer.allocUnsafe(Math.max(FIRST_BYTES, (kept.length + bytes) * 2));
    larger.set(kept);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer, larger.byteOffset, larger.length);
    this.#at = kept.length;
    this.#from = 0;
  }
}
