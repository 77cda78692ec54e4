/** A body whose upstream is the test. */
import { Body, type BodySource } from '../../src/core/body.ts';

export interface Feed {
  readonly body: Body;
  /** What the body has told its upstream, in order. */
  readonly told: string[];
  readonly isPaused: boolean;
  /** Why the exchange was ended, if it was. */
  readonly aborted: Error | undefined;
}

/** An open body; `onResume` plays an upstream that has more at once. */
export function feed(onResume: (body: Body) => void = () => undefined): Feed {
  const told: string[] = [];
  let isPaused = false;
  let aborted: Error | undefined;
  const source: BodySource = {
    pause() {
      isPaused = true;
      told.push('pause');
    },
    resume() {
      isPaused = false;
      told.push('resume');
      onResume(body);
    },
    awaited: () => told.push('awaited'),
    abort(reason) {
      aborted = reason;
      told.push('abort');
    },
    now: () => performance.now(),
  };
  const body = new Body(source);
  return {
    body,
    told,
    get isPaused() {
      return isPaused;
    },
    get aborted() {
      return aborted;
    },
  };
}

export const bytesOf = (length: number, value = 97): Buffer => Buffer.alloc(length, value);
