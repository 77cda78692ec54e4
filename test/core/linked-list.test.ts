import { describe, expect, test } from 'vitest';
import { Linked, LinkedList } from '../../src/core/linked-list.ts';

class Member extends Linked<Member> {
  readonly name: string;

  constructor(name: string) {
    super();
    this.name = name;
  }
}

function listOf(...names: string[]): { list: LinkedList<Member>; members: Member[] } {
  const list = new LinkedList<Member>();
  const members = names.map((name) => new Member(name));
  for (const member of members) list.add(member);
  return { list, members };
}

const namesIn = (list: LinkedList<Member>): string[] => [...list].map(({ name }) => name);

describe('a list', () => {
  test.each([
    ['first', 0, ['b', 'c']],
    ['last', 2, ['a', 'b']],
    ['one between', 1, ['a', 'c']],
  ])('keeps the order of the others when the %s leaves', (_which, at, left) => {
    const { list, members } = listOf('a', 'b', 'c');
    expect(list.remove(members[at]!)).toBe(true);
    expect(namesIn(list)).toEqual(left);
    expect(list.size).toBe(2);
    list.add(new Member('d'));
    expect(namesIn(list)).toEqual([...left, 'd']);
  });

  test('is left once only', () => {
    const { list, members } = listOf('a', 'b');
    list.remove(members[0]!);
    expect(list.remove(members[0]!)).toBe(false);
    expect(list.size).toBe(1);
    expect(namesIn(list)).toEqual(['b']);
  });

  test('is not left by who is in another', () => {
    const { list } = listOf('a');
    const { list: other, members } = listOf('b');
    expect(list.remove(members[0]!)).toBe(false);
    expect(namesIn(other)).toEqual(['b']);
    expect(list.size).toBe(1);
  });

  test('is emptied, and begins anew', () => {
    const { list, members } = listOf('a');
    list.remove(members[0]!);
    expect([list.first, list.size]).toEqual([undefined, 0]);
    list.add(members[0]!);
    expect(namesIn(list)).toEqual(['a']);
  });

  test('may be left by whom the iteration has reached', () => {
    const { list } = listOf('a', 'b', 'c');
    const seen: string[] = [];
    for (const member of list) {
      seen.push(member.name);
      list.remove(member);
    }
    expect(seen).toEqual(['a', 'b', 'c']);
    expect(list.size).toBe(0);
  });

  test('keeps nobody alive through who has left', () => {
    const { list, members } = listOf('a', 'b', 'c');
    list.remove(members[1]!);
    expect([members[1]!.previous, members[1]!.next]).toEqual([undefined, undefined]);
  });
});
