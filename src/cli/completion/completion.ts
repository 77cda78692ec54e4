/** `portico completion`: prints a script that makes a shell complete command lines. */
import type { Command } from 'commander';
import { auditRules } from '../../config/audit/audit.ts';
import { ACTIONS } from '../../actions/index.ts';
import { BUILT_IN } from '../../assembly/modules.ts';
import { rulesOf } from '../../diff/diff.ts';
import type { Shell } from '../commands/completion.ts';
import { EXIT, type Terminal } from '../terminal.ts';
import { bashCompletion } from './bash.ts';
import { fishCompletion } from './fish.ts';
import { type CommandModel, type KnownValues, modelOf } from './model.ts';
import { zshCompletion } from './zsh.ts';
// The last, so that what is imported before is found without it.
import '../running-copy.ts';

/** Any other may be typed. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

export const SCRIPTS: Readonly<Record<Shell, (program: CommandModel) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

export interface CompletionOptions {
  readonly shell: Shell;
  readonly program: Command;
}

export function completion({ shell, program }: CompletionOptions, out: Terminal['out']): number {
  out(SCRIPTS[shell](modelOf(program, knownValues())));
  return EXIT.ok;
}

/** Rules of plugins of one's own are not among them: that would need their config. */
function knownValues(): KnownValues {
  const plugins = new Map(BUILT_IN.map((plugin) => [plugin.name, plugin]));
  return {
    file: { kind: 'file' },
    folder: { kind: 'folder' },
    old: { kind: 'file' },
    new: { kind: 'file' },
    method: { kind: 'words', words: METHODS },
    rules: { kind: 'list', words: [...auditRules({ plugins, actions: ACTIONS }).keys()] },
    'portico diff rules': { kind: 'list', words: rulesOf({ plugins, actions: ACTIONS }) },
  };
}
