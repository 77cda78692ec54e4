/** What each file of this folder needs: how a command runs, and the words that several of them share. */
import type { Terminal } from '../terminal.ts';

/** What a command does once its arguments are read. @returns the exit code */
export type Work = (terminal: Terminal) => Promise<number>;

/** Given to each command: runs its work, and keeps the exit code. */
export type Run = (work: Work) => Promise<void>;

export const CONFIG_OPTION = ['-c, --config <file>', 'the config', 'gateway.config.yaml'] as const;

/** Of every command that reads a config. */
export const CONFIG_ENVIRONMENT = { NAME: 'any that the config names, as ${NAME}' } as const;
