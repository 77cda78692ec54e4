/** Completion for fish: one `complete` for each command, option and argument. */
import { type CommandModel, commandsOf, type OptionModel, type Value } from './model.ts';

export function fishCompletion(program: CommandModel): string {
  const commands = commandsOf(program);
  const paths = commands.slice(1).map(({ path }) => quoted(path));
  const withValue = commands.flatMap(({ path, options }) =>
    options.flatMap(({ flags, value }) =>
      value === undefined ? [] : flags.map((flag) => quoted(`${path} ${flag}`)),
    ),
  );
  return `# Completion of ${program.name} for fish:
# ${program.name} completion fish > ~/.config/fish/completions/${program.name}.fish

# Is the command line at this command, and at this one of its arguments?
function __portico_at
    set -l at ${program.name}
    set -l place 0
    set -l takes_value 0
    set -l words (commandline -opc)
    set -e words[1]
    for word in $words
        if test $takes_value = 1
            set takes_value 0
            continue
        end
        switch "$at $word"
            case ${paths.join(' ')}
                set at "$at $word"
                set place 0
            case ${withValue.join(' ')}
                set takes_value 1
            case '*'
                string match -q -- '-*' $word; or set place (math $place + 1)
        end
    end
    test "$at" = $argv[1]; or return 1
    test (count $argv) = 1; or contains -- $place $argv[2..-1]; or test $argv[2] = any
end

function __portico_list
    set -l before (commandline -ct | string replace -r '^--[^=]*=' '' | string replace -r '[^,]*$' '')
    for word in $argv
        echo "$before$word"
    end
end

complete -c ${program.name} -f
${commands.flatMap(linesOf).join('\n')}`.replaceAll(
    'complete -c portico',
    `complete -c ${program.name}`,
  );
}

function linesOf({ path, options, values, commands }: CommandModel): string[] {
  return [
    ...commands.map(
      ({ name, description }) =>
        `complete -c portico -n ${at(path, 0)} -a ${quoted(name)} -d ${quoted(description)}`,
    ),
    ...options.map((option) => `complete -c portico -n ${at(path)}${ofOption(option)}`),
    ...values.map(
      (value, place) =>
        `complete -c portico -n ${at(path, value.isVariadic ? 'any' : place)}${ofArgument(value)}`,
    ),
  ];
}

const at = (path: string, place?: number | 'any'): string =>
  quoted(`__portico_at "${path}"${place === undefined ? '' : ` ${place}`}`);

function ofOption({ flags, description, value }: OptionModel): string {
  const names = flags.map((flag) =>
    flag.startsWith('--') ? ` -l ${flag.slice(2)}` : ` -s ${flag.slice(1)}`,
  );
  const takes = value === undefined ? '' : ` -r${ofArgument(value)}`;
  return `${names.join('')} -d ${quoted(description)}${takes}`;
}

function ofArgument(value: Value): string {
  switch (value.kind) {
    case 'words':
      return ` -f -a ${quoted(value.words.join(' '))}`;
    case 'list':
      return ` -f -a ${quoted(`(__portico_list ${value.words.join(' ')})`)}`;
    case 'file':
      return ' -F';
    case 'folder':
      return ` -f -a '(__fish_complete_directories)'`;
    case 'text':
      return ' -f';
  }
}

const quoted = (text: string): string => `'${text.replaceAll(/[\\']/g, String.raw`\$&`)}'`;
