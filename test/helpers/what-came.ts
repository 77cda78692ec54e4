/**
 * The answers that the running test has received, for the message of its failure: a status that is not the
 * expected one, or JSON that does not parse, says little without the head and the body that came.
 *
 * Clients of tests call `noteAnswer`; `fetch` is noted for all of them by tell-failures.ts.
 */

export interface Came {
  /** What was asked, as far as the client knows. */
  readonly asked?: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Text or bytes; or how to read them, where the test has not. */
  readonly body: string | Uint8Array | (() => Promise<string>);
}

/** The last answers that are told. */
const KEPT = 3;
/** Characters of a body that are told. */
const SHOWN = 500;
/** An upstream that hangs must not hold up the failure, too. */
const READ_MS = 500;

/** The real one, whatever clock a test puts in its place. */
const { setTimeout: wait } = globalThis;

let answers: Came[] = [];

export function noteAnswer(came: Came): void {
  answers.push(came);
  if (answers.length > KEPT) answers.shift();
}

export function forgetAnswers(): void {
  answers = [];
}

/** The last answers, the latest one at the end; empty where none came. */
export async function tellAnswers(): Promise<string> {
  const told = await Promise.all(answers.map(tellAnswer));
  return told.length === 0 ? '' : ['The last answers that came:', ...told].join('\n');
}

/** One answer: what was asked, status, head, and the start of the body. */
export async function tellAnswer({ asked, status, headers, body }: Came): Promise<string> {
  const fields = Object.entries(headers).map(([name, value]) => `  ${name}: ${String(value)}`);
  const text = typeof body === 'function' ? await unlessLate(body) : textOf(body);
  return [`${asked ?? 'a request'} → ${status}`, ...fields, '', `  ${start(text)}`].join('\n');
}

const textOf = (body: string | Uint8Array): string =>
  typeof body === 'string' ? body : Buffer.from(body).toString();

const start = (text: string): string =>
  text.length > SHOWN ? `${text.slice(0, SHOWN)}… (${text.length} characters)` : text;

async function unlessLate(read: () => Promise<string>): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = wait(resolve, READ_MS, '(the body has not come whole)');
  });
  try {
    return await Promise.race([read(), late]);
  } catch (error) {
    return `(the body could not be read: ${String(error)})`;
  } finally {
    clearTimeout(timer);
  }
}
