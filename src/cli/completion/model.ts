/**
 * What a shell completes: the program's own description, without the words of any shell.
 *
 * There is no second list: commands, options, choices and files all come from what `--help` prints.
 */
import type { Argument, Command, Option } from 'commander';

/** What can stand for an argument, or behind an option. */
export type Value =
  | { readonly kind: 'text' | 'file' | 'folder' }
  | { readonly kind: 'words'; readonly words: readonly string[] }
  /** Several words, separated by commas. */
  | { readonly kind: 'list'; readonly words: readonly string[] };

/** `name` is what `--help` calls it. */
export type NamedValue = Value & { readonly name: string };

export interface OptionModel {
  /** `-c` and `--config`. */
  readonly flags: readonly string[];
  readonly description: string;
  /** Absent: it takes none. */
  readonly value?: NamedValue;
}

export interface CommandModel {
  /** `portico validate` */
  readonly path: string;
  /** The last word of `path`. */
  readonly name: string;
  readonly description: string;
  readonly options: readonly OptionModel[];
  readonly values: readonly (NamedValue & { readonly isVariadic: boolean })[];
  readonly commands: readonly CommandModel[];
}

/**
 * Values that are known by the name that `--help` gives them, such as `rules` of `--ignore <rules>`; behind the path
 * of a command, for that command alone: `portico diff rules`.
 */
export type KnownValues = Readonly<Record<string, Value>>;

export function modelOf(command: Command, known: KnownValues, above = ''): CommandModel {
  const help = command.createHelp();
  const path = `${above} ${command.name()}`.trimStart();
  const siblings = help.visibleCommands(command);
  const names = siblings.map((each) => each.name());
  // `portico help COMMAND`
  const ofCommands = { ...known, command: { kind: 'words', words: names } } as const;
  return {
    path,
    name: command.name(),
    description: inOneLine(help.subcommandDescription(command)),
    options: help.visibleOptions(command).map((option) => optionOf(option, path, known)),
    values: command.registeredArguments.map((argument) => ({
      ...argumentOf(argument, path, known),
      isVariadic: argument.variadic,
    })),
    commands: siblings.map((each) =>
      modelOf(each, each.name() === 'help' ? ofCommands : known, path),
    ),
  };
}

/** It and all commands below it. */
export const commandsOf = (command: CommandModel): readonly CommandModel[] => [
  command,
  ...command.commands.flatMap(commandsOf),
];

function optionOf(option: Option, path: string, known: KnownValues): OptionModel {
  const flags = [option.short, option.long].filter((flag) => flag !== undefined);
  const [, name] = /[<[]([\w-]+)/.exec(option.flags) ?? [];
  return {
    flags,
    description: inOneLine(option.description),
    ...(name !== undefined && {
      value: { name, ...valueOf({ name, path, choices: option.argChoices }, known) },
    }),
  };
}

function argumentOf(argument: Argument, path: string, known: KnownValues): NamedValue {
  const name = argument.name();
  return { name, ...valueOf({ name, path, choices: argument.argChoices }, known) };
}

interface Described {
  readonly name: string;
  /** Of the command. */
  readonly path: string;
  readonly choices: readonly string[] | undefined;
}

function valueOf({ name, path, choices }: Described, known: KnownValues): Value {
  if (choices !== undefined) return { kind: 'words', words: choices.filter(isPlain) };
  return known[`${path} ${name}`] ?? known[name] ?? { kind: 'text' };
}

/** No shell reads more into it. */
const isPlain = (word: string): boolean => /^[\w.@%+-]+$/.test(word);

const inOneLine = (text: string): string => text.replaceAll(/\s+/g, ' ');
