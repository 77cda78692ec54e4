import { describe, expect, test } from 'vitest';
import type { Descriptor } from '../../src/observe/descriptor.ts';
import { LineOutput } from '../../src/observe/line-output.ts';
import { manualClock } from '../helpers/clock.ts';

const LIMIT = 1_000;
const LINE = `${'x'.repeat(99)}\n`;

/** Takes `room` bytes, then fails with `code`. */
class FakeDescriptor implements Descriptor {
  isPatient: boolean;
  room = Number.POSITIVE_INFINITY;
  code = 'EAGAIN';
  text = '';
  tries = 0;

  constructor(isPatient: boolean) {
    this.isPatient = isPatient;
  }

  writeNow(bytes: Uint8Array): number {
    this.tries += 1;
    if (this.room <= 0) throw Object.assign(new Error(this.code), { code: this.code });
    const taken = Math.min(bytes.length, this.room);
    this.room -= taken;
    this.text += Buffer.from(bytes.subarray(0, taken)).toString();
    return taken;
  }

  write(bytes: Uint8Array, done: (error: Error | null, written: number) => void): void {
    try {
      done(null, this.writeNow(bytes));
    } catch (error) {
      done(error as Error, 0);
    }
  }
}

function opened(isPatient: boolean) {
  const clock = manualClock();
  const descriptor = new FakeDescriptor(isPatient);
  const output = new LineOutput({
    descriptor,
    clock,
    notice: (lines) => `${lines} dropped\n`,
    limitBytes: LIMIT,
  });
  return { clock, descriptor, output };
}

describe.each([
  ['a descriptor that never waits', false],
  ['a descriptor that may take its time', true],
])('%s', (_name, isPatient) => {
  test('gets lines together, after a while', () => {
    const { clock, descriptor, output } = opened(isPatient);
    output.write('a\n');
    output.write('b\n');
    expect(descriptor.text).toBe('');
    clock.advance(200);
    expect([descriptor.text, descriptor.tries, clock.pending]).toEqual(['a\nb\n', 1, 0]);
  });

  test('gets many lines at once, in one write', () => {
    const { descriptor } = opened(isPatient);
    const large = new LineOutput({ descriptor, clock: manualClock(), notice: String });
    const enough = isPatient ? 656 : 164;
    for (let i = 1; i < enough; i++) large.write(LINE);
    expect(descriptor.tries).toBe(0);
    large.write(LINE);
    expect([descriptor.text, descriptor.tries]).toEqual([LINE.repeat(enough), 1]);
  });

  test.each(['EAGAIN', 'ENOSPC', 'EPIPE', 'EIO'])('keeps what meets %s up to its bound', (code) => {
    const { clock, descriptor, output } = opened(isPatient);
    Object.assign(descriptor, { room: 0, code });
    for (let i = 0; i < 30; i++) {
      output.write(LINE);
      clock.advance(300);
    }
    expect(output.dropped).toBe(20);

    descriptor.room = Number.POSITIVE_INFINITY;
    clock.advance(1_000);
    expect(descriptor.text).toBe(`${LINE.repeat(10)}20 dropped\n`);
    output.write('later\n');
    clock.advance(200);
    expect(descriptor.text).toMatch(/20 dropped\nlater\n$/);
    expect(clock.pending).toBe(0);
  });

  test('says once what a slow reader made it drop, not after each line that fits again', () => {
    const { clock, descriptor, output } = opened(isPatient);
    descriptor.room = 0;
    for (let i = 0; i < 12; i++) output.write(LINE);
    for (let i = 0; i < 4; i++) {
      descriptor.room = LINE.length;
      clock.advance(1_000);
      output.write(LINE);
    }
    expect(output.dropped).toBe(6);
    descriptor.room = Number.POSITIVE_INFINITY;
    clock.advance(1_000);
    expect(descriptor.text.match(/dropped/g)).toHaveLength(1);
    expect(descriptor.text).toMatch(/^(x{99}\n){10}6 dropped\n$/);
  });

  test('goes on in the middle of a line that was taken in part', () => {
    const { clock, descriptor, output } = opened(isPatient);
    descriptor.room = 3;
    output.write('abcdef\n');
    clock.advance(200);
    expect(descriptor.text).toBe('abc');
    descriptor.room = Number.POSITIVE_INFINITY;
    clock.advance(50);
    expect(descriptor.text).toBe('abcdef\n');
  });

  test('drops and counts a text that is over the bound by itself', () => {
    const { clock, descriptor, output } = opened(isPatient);
    output.write('x\n'.repeat(501));
    output.write('small\n');
    clock.advance(200);
    expect(output.dropped).toBe(501);
    expect(descriptor.text).toBe('501 dropped\nsmall\n');
  });

  test('ends when all is written, and at once', async () => {
    const { clock, descriptor, output } = opened(isPatient);
    output.write('last\n');
    await output.end(1_000);
    expect([descriptor.text, clock.pending]).toEqual(['last\n', 0]);
  });

  test('ends after a bounded time where nothing is taken, and tries no more', async () => {
    const { clock, descriptor, output } = opened(isPatient);
    descriptor.room = 0;
    output.write('last\n');
    const ended = output.end(1_000);
    clock.advance(1_000);
    await Promise.all([ended, output.end(1_000)]);
    const { tries } = descriptor;
    clock.advance(10_000);
    expect([descriptor.tries, clock.pending]).toEqual([tries, 0]);
  });

  test('writes what it can, here and now, for a process that ends', () => {
    const { descriptor, output } = opened(isPatient);
    output.write('first\n');
    output.flushNow();
    expect(descriptor.text).toBe('first\n');
    descriptor.room = 0;
    output.write('second\n');
    output.flushNow();
    expect(descriptor.text).toBe('first\n');
  });
});

test('what is on its way is not written twice by a process that ends', () => {
  const clock = manualClock();
  const texts: string[] = [];
  const descriptor: Descriptor = {
    isPatient: true,
    writeNow: (bytes) => texts.push(Buffer.from(bytes).toString()) && bytes.length,
    write: (bytes) => void texts.push(Buffer.from(bytes).toString()),
  };
  const output = new LineOutput({ descriptor, clock, notice: String });
  output.write('on its way\n');
  clock.advance(200);
  output.write('waiting\n');
  output.flushNow();
  expect(texts).toEqual(['on its way\n', 'waiting\n']);
});
