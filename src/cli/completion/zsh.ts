/** Completion for zsh: `_arguments`, and a function for each command. */
import { type CommandModel, commandsOf, type NamedValue, type OptionModel } from './model.ts';

export function zshCompletion(program: CommandModel): string {
  const functions = commandsOf(program).map((command) =>
    command.commands.length === 0 ? leaf(command) : branch(command),
  );
  return `#compdef ${program.name}
# Completion of ${program.name} for zsh: a file _${program.name} in a folder of $fpath,
# or, after compinit: source <(${program.name} completion zsh)

${functions.join('\n\n')}

if [[ $funcstack[1] == _portico ]]; then
  _portico "$@"
else
  compdef _portico ${program.name}
fi`;
}

const nameOf = ({ path }: CommandModel): string => `_${path.replaceAll(/\W+/g, '_')}`;

function leaf(command: CommandModel): string {
  const values = command.values.map((value, at) =>
    quoted(`${value.isVariadic ? '*' : at + 1}${ofValue(value)}`),
  );
  const specs = [...command.options.map(ofOption), ...values];
  return `${nameOf(command)}() {
  _arguments -s -S${specs.map((spec) => ` \\\n    ${spec}`).join('')}
}`;
}

function branch(command: CommandModel): string {
  const specs = [...command.options.map(ofOption), `'1: :->command'`, `'*:: :->rest'`];
  const described = command.commands.map(({ name, description }) =>
    quoted(`${name}:${description}`),
  );
  const arms = command.commands.map((each) => `        ${each.name}) ${nameOf(each)} ;;`);
  return `${nameOf(command)}() {
  local curcontext=$curcontext state line
  local -a commands
  typeset -A opt_args
  _arguments -C${specs.map((spec) => ` \\\n    ${spec}`).join('')} && return
  case $state in
    command)
      commands=(
${described.map((each) => `        ${each}`).join('\n')}
      )
      _describe command commands
      ;;
    rest)
      case $line[1] in
${arms.join('\n')}
      esac
      ;;
  esac
}`;
}

/** An option with a value may be given again: some may be, and this cannot be seen here. */
function ofOption({ flags, description, value }: OptionModel): string {
  const said = `[${escaped(description)}]`;
  if (value === undefined) {
    const all = flags.map((flag) => quoted(`${flag}${said}`));
    return all.length === 1
      ? all.join('')
      : `${quoted(`(${flags.join(' ')})`)}{${flags.join(',')}}${quoted(said)}`;
  }
  return flags
    .map((flag) => quoted(`*${flag}${flag.startsWith('--') ? '=' : '+'}${said}${ofValue(value)}`))
    .join(' ');
}

function ofValue(value: NamedValue): string {
  switch (value.kind) {
    case 'words':
      return `:${value.name}:(${value.words.join(' ')})`;
    case 'list':
      return `:${value.name}:_sequence compadd - ${value.words.join(' ')}`;
    case 'file':
      return `:${value.name}:_files`;
    case 'folder':
      return `:${value.name}:_files -/`;
    case 'text':
      return `:${value.name}: `;
  }
}

const escaped = (text: string): string => text.replaceAll(/[[\]\\:]/g, String.raw`\$&`);

const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;
