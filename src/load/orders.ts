/**
 * How `portico load` talks with the processes it starts: one order to each, one answer from it.
 *
 * A process does nothing before its order, and ends when whoever started it is gone.
 */
import type { ChildProcess } from 'node:child_process';

/** What passes between the two. */
export interface Talk {
  readonly order: object;
  /** `never` where there is none before the answer. */
  readonly news: unknown;
  readonly answer: unknown;
}

type Reply<T extends Talk> =
  | { readonly kind: 'news'; readonly news: T['news'] }
  | { readonly kind: 'answer'; readonly answer: T['answer'] }
  | { readonly kind: 'failure'; readonly message: string };

/** Sends `order` to a process and waits for its answer. @throws {Error} when it fails, or ends before */
export function ask<T extends Talk>(
  { name, child }: { readonly name: string; readonly child: ChildProcess },
  order: T['order'],
  onNews?: (news: T['news']) => void,
): Promise<T['answer']> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void =>
      reject(new Error(`${name}: ${error.message}`, { cause: error }));
    child.on('message', (reply: Reply<T>) => {
      if (reply.kind === 'news') onNews?.(reply.news);
      else if (reply.kind === 'answer') resolve(reply.answer);
      else fail(new Error(reply.message));
    });
    child.once('error', fail);
    child.once('exit', (code, signal) => fail(new Error(endOf(code, signal))));
    // Where it is gone already, its end tells more.
    child.send(order, () => undefined);
  });
}

/** Rejects when `child` ends. */
export function untilEnded(name: string, child: ChildProcess): Promise<never> {
  return new Promise((_resolve, reject) => {
    child.once('exit', (code, signal) => {
      reject(new Error(`${name}: ${endOf(code, signal)}`));
    });
  });
}

const endOf = (code: number | null, signal: NodeJS.Signals | null): string =>
  `ended by itself, with ${signal ?? `exit code ${code}`}`;

/** In the process: answers the one order with what `answer` returns, or with why it failed. */
export function answerOrder<T extends Talk>(
  answer: (order: T['order'], tell: (news: T['news']) => void) => Promise<T['answer']>,
): void {
  const send = (reply: Reply<T>): void => void process.send?.(reply);
  process.once('disconnect', () => process.exit());
  process.once('message', (order: T['order']) => {
    answer(order, (news) => send({ kind: 'news', news })).then(
      (result) => send({ kind: 'answer', answer: result }),
      (error: unknown) => {
        send({
          kind: 'failure',
          message: error instanceof Error ? error.message : String(error),
        });
      },
    );
  });
}
