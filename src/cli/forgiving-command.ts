/** A command that, for a mistyped word, says the right one. What may be secret is not repeated. */
import { Command, type ErrorOptions, type Option } from 'commander';
import { nearest } from '../config/check/suggest.ts';

/** As Commander says it. */
const OF_OPTION = /^error: option '(?<name>[^']+)' argument '(?<value>.*?)' is invalid\./s;
const OF_ARGUMENT =
  /^error: command-argument value '(?<value>.*?)' is invalid for argument '(?<name>[^']+)'\./s;

const quotedIn = (message: string): string => /'([^']*)'/.exec(message)?.[1] ?? '';

const SECRETS = /<(token|key|field)>$/;

/** A URL may have a password. */
const mayBeSecret = ({ flags }: Option, value: string): boolean =>
  SECRETS.test(flags) || value.includes('@');

export class ForgivingCommand extends Command {
  override createCommand(name?: string): Command {
    return new ForgivingCommand(name);
  }

  override error(message: string, options?: ErrorOptions): never {
    return super.error(this.#better(message, options?.code), options);
  }

  #better(message: string, code: string | undefined): string {
    switch (code) {
      case 'commander.unknownCommand':
        return this.#withHint(message, this.#commandNames());
      case 'commander.unknownOption':
        // Without the value, as in --tokne=SECRET.
        return this.#withHint(message.replace(/=.*(?=')/s, ''), this.#flags());
      case 'commander.missingArgument':
        return `${message}${this.#choicesOf(message)}; see ${this.#path()} --help`;
      case 'commander.invalidArgument':
        return this.#ofArgument(message);
      case 'commander.excessArguments':
        return this.#ofExcess(message);
      default:
        return message;
    }
  }

  #withHint(message: string, known: readonly string[]): string {
    const near = nearest(quotedIn(message), known);
    const then = near === undefined ? `see ${this.#path()} --help` : `did you mean "${near}"?`;
    return `${message}; ${then}`;
  }

  #ofArgument(message: string): string {
    const { name, value = '' } =
      (OF_OPTION.exec(message) ?? OF_ARGUMENT.exec(message))?.groups ?? {};
    const option = this.options.find(({ flags }) => flags === name);
    if (option !== undefined && mayBeSecret(option, value))
      return message.replace(` '${value}'`, '');
    const argument = this.registeredArguments.find((each) => each.name() === name);
    const near = nearest(value, (option ?? argument)?.argChoices ?? []);
    return near === undefined ? message : `${message} Did you mean "${near}"?`;
  }

  #choicesOf(message: string): string {
    const name = quotedIn(message);
    const choices = this.registeredArguments.find((each) => each.name() === name)?.argChoices;
    return choices === undefined ? '' : `: ${choices.join(', ')}`;
  }

  /** A file without the option that names it is the config. */
  #ofExcess(message: string): string {
    const [file] = this.args;
    const takesConfig = this.options.some(({ long }) => long === '--config');
    return takesConfig && file !== undefined
      ? `${message}\n(Did you mean ${this.#path()} --config ${file}?)`
      : message;
  }

  /** With the help command, which is not among `commands`. */
  #commandNames(): string[] {
    return this.createHelp()
      .visibleCommands(this)
      .map((command) => command.name());
  }

  #flags(): string[] {
    return this.createHelp()
      .visibleOptions(this)
      .flatMap(({ long }) => (long === undefined ? [] : [long]));
  }

  /** `portico validate` */
  #path(): string {
    return this.parent === null ? this.name() : `${this.parent.name()} ${this.name()}`;
  }
}
