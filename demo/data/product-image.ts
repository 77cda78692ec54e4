/** Pictures of products: drawn, not photographed, so that they weigh what pictures weigh at each width. */
import { crc32, deflateSync } from 'node:zlib';

/** Pixels; the height is three quarters of it. */
export const WIDTHS: readonly number[] = [160, 320, 640, 1280];

const SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
const COLOURS = 256;

/** A PNG; `seed` decides on its colour and grain. */
export function productImage(seed: number, width: number): Buffer {
  const height = (width * 3) / 4;
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  // Eight bits of a palette, without interlacing.
  head.set([8, 3, 0, 0, 0], 8);
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', head),
    chunk('PLTE', palette(seed)),
    chunk('IDAT', deflateSync(pixels(seed, width, height), { level: 1 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** From dark to light, in one colour. */
function palette(seed: number): Buffer {
  const bytes = Buffer.alloc(COLOURS * 3);
  for (let i = 0; i < COLOURS; i++) {
    for (let channel = 0; channel < 3; channel++) {
      const tint = 0.6 + 0.4 * Math.sin(seed + channel * 2);
      bytes[i * 3 + channel] = Math.round(i * tint);
    }
  }
  return bytes;
}

/** A lit ball with grain; each row begins with its filter, which is none. */
function pixels(seed: number, width: number, height: number): Buffer {
  const rows = Buffer.alloc((width + 1) * height);
  let grain = seed + 1;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      grain = (Math.imul(grain, 1_103_515_245) + 12_345) & 0x7f_ff_ff_ff;
      const distance = Math.hypot(x / width - 0.45, (y / height - 0.4) * 0.75);
      rows[y * (width + 1) + 1 + x] = Math.max(0, 230 - distance * 330) + ((grain >> 16) & 7);
    }
  }
  return rows;
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}
