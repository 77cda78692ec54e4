import { expect, test } from 'vitest';
import { SpentBuffers, spentBuffers } from '../../src/core/spent-buffers.ts';

const MIB = 1_048_576;

test('buffers are collected each time 16 MiB have gone through, in chunks of any size', () => {
  let collections = 0;
  const spent = new SpentBuffers(() => {
    collections += 1;
  });
  for (let i = 0; i < 40; i++) spent.count(Buffer.alloc(MIB / 2));
  expect(collections).toBe(1);
  for (let i = 0; i < 12_288; i++) spent.count(Buffer.alloc(1_024));
  expect(collections).toBe(2);
});

test('what this process has streamed is given back, and code sees no collector', () => {
  const before = process.memoryUsage().arrayBuffers;
  for (let i = 0; i < 64; i++) spentBuffers.count(Buffer.alloc(MIB));
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(40 * MIB);
  expect(globalThis.gc).toBeUndefined();
});
