import { describe, expect, test } from 'vitest';
import { readCoreList } from '../../src/load/cores.ts';

describe('the cores of a process', () => {
  test.each([
    ['0', [0]],
    ['0-3', [0, 1, 2, 3]],
    ['2,5', [2, 5]],
    ['0-1,4-5,7', [0, 1, 4, 5, 7]],
    ['', []],
  ])('%j are %j', (list, cores) => {
    expect(readCoreList(list)).toEqual(cores);
  });
});
