/** A command that, for a mistyped word, says the right one. What may be secret is not repeated. */
import { Command, type ErrorOptions } from 'commander';
import { nearest } from '../config/check/suggest.ts';

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
      case 'commander.invalidArgument':
        return this.#ofArgument(message);
      case 'commander.excessArguments':
        return this.#ofExcess(message);
      default:
        return message;
    }
  }

  #withHint(message: string, known: readonly string[]): string {
    const word = /'([^']*)'/.exec(message)?.[1] ?? '';
    const near = nearest(word, known);
    const then = near === undefined ? `see ${this.#path()} --help` : `did you mean "${near}"?`;
    return `${message}; ${then}`;
  }

  #ofArgument(message: string): string {
    const [, flags, value = ''] =
      /^error: option '([^']+)' argument '(.*?)' is invalid\./s.exec(message) ?? [];
    const option = this.options.find((each) => each.flags === flags);
    if (option?.flags.endsWith('<token>') === true) return message.replace(` '${value}'`, '');
    const near = nearest(value, option?.argChoices ?? []);
    return near === undefined ? message : `${message} Did you mean "${near}"?`;
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
