import { describe, expect, test, vi } from 'vitest';
import { Cancellation } from '../../src/core/cancellation.ts';

const listener = () => ({ onCancel: vi.fn<(reason: Error) => void>() });
const left = new Error('the client left');

describe('a cancellation', () => {
  test('tells each listener once, and keeps its first reason', () => {
    const signal = new Cancellation();
    const one = listener();
    const other = listener();
    signal.listen(one);
    signal.listen(other);

    signal.cancel(left);
    signal.cancel(new Error('too late'));

    expect(one.onCancel.mock.calls).toEqual([[left]]);
    expect(other.onCancel.mock.calls).toEqual([[left]]);
    expect(signal.reason).toBe(left);
  });

  test('tells who comes late at once', () => {
    const signal = new Cancellation();
    signal.cancel(left);

    const late = listener();
    signal.listen(late);

    expect(late.onCancel).toHaveBeenCalledExactlyOnceWith(left);
  });

  test('does not tell who has stopped listening', () => {
    const signal = new Cancellation();
    const gone = listener();
    signal.listen(gone);
    signal.unlisten(gone);

    signal.cancel(left);

    expect(gone.onCancel).not.toHaveBeenCalled();
  });

  test('throws its reason, and nothing before it has one', () => {
    const signal = new Cancellation();
    expect(() => signal.throwIfCancelled()).not.toThrow();
    signal.cancel(left);
    expect(() => signal.throwIfCancelled()).toThrow(left);
  });

  test('is a standard AbortSignal to who wants one', () => {
    const signal = new Cancellation();
    const standard = signal.toAbortSignal();
    expect(standard.aborted).toBe(false);
    signal.cancel(left);
    expect(standard.reason).toBe(left);
    expect(signal.toAbortSignal().reason).toBe(left);
  });
});

describe('a child', () => {
  test('ends with its parent, with the same reason', () => {
    const parent = new Cancellation();
    const child = parent.child();
    const told = listener();
    child.listen(told);

    parent.cancel(left);

    expect(told.onCancel).toHaveBeenCalledExactlyOnceWith(left);
    expect(child.reason).toBe(left);
  });

  test('is cancelled with its parent even where nobody listens', () => {
    const parent = new Cancellation();
    const child = parent.child().child();
    parent.cancel(left);
    expect(child.reason).toBe(left);
    expect(() => child.throwIfCancelled()).toThrow(left);
  });

  test('of a parent that is cancelled is cancelled from the start', () => {
    const parent = new Cancellation();
    parent.cancel(left);
    const told = listener();
    parent.child().listen(told);
    expect(told.onCancel).toHaveBeenCalledExactlyOnceWith(left);
  });

  test('ends alone: its parent and siblings go on', () => {
    const parent = new Cancellation();
    const child = parent.child();
    const sibling = parent.child();

    child.cancel(left);

    expect(parent.reason).toBeUndefined();
    expect(sibling.reason).toBeUndefined();
  });

  test('keeps the reason it ended with when its parent ends later', () => {
    const parent = new Cancellation();
    const child = parent.child();
    const told = listener();
    child.listen(told);

    child.cancel(left);
    parent.cancel(new Error('later'));

    expect(child.reason).toBe(left);
    expect(told.onCancel).toHaveBeenCalledTimes(1);
  });

  test('cannot end otherwise than its parent did', () => {
    const parent = new Cancellation();
    const child = parent.child();
    parent.cancel(left);
    child.cancel(new Error('later'));
    expect(child.reason).toBe(left);
  });

  test('leaves nothing with a parent that outlives it', () => {
    const parent = new Cancellation();
    const listening = new Set<unknown>();
    const listen = vi.spyOn(parent, 'listen').mockImplementation((each) => listening.add(each));
    vi.spyOn(parent, 'unlisten').mockImplementation((each) => listening.delete(each));
    const ends: ((child: Cancellation, told: ReturnType<typeof listener>) => void)[] = [
      (child, told) => child.unlisten(told),
      (child) => child.cancel(left),
    ];
    for (const end of ends) {
      const child = parent.child();
      const told = listener();
      child.listen(told);
      end(child, told);
      expect(listening.size).toBe(0);
    }
    expect(listen).toHaveBeenCalledTimes(2);
  });

  test('listens to its parent once, for all who listen to it', () => {
    const parent = new Cancellation();
    const listen = vi.spyOn(parent, 'listen');
    const child = parent.child();
    const told = [listener(), listener()];
    for (const each of told) child.listen(each);
    parent.cancel(left);
    expect(listen).toHaveBeenCalledTimes(1);
    for (const { onCancel } of told) expect(onCancel).toHaveBeenCalledExactlyOnceWith(left);
  });
});
