/** A command cannot do what it was told; the message is for its user. */
import { EXIT, type Terminal } from '../terminal.ts';

export class Refusal extends Error {
  override readonly name = 'Refusal';
  /** What the process ends with. */
  readonly code: number;

  constructor(message: string, code: number = EXIT.failed) {
    super(message);
    this.code = code;
  }
}

/** Does `work`; prints why it was refused. @returns the exit code */
export async function unlessRefused(
  work: () => Promise<void>,
  terminal: Terminal,
): Promise<number> {
  try {
    await work();
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    terminal.err(error.message);
    return error.code;
  }
}
