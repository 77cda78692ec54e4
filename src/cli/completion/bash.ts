/** Completion for bash 3.2 and newer. */
import { type CommandModel, commandsOf, type Value } from './model.ts';

export function bashCompletion(program: CommandModel): string {
  const commands = commandsOf(program);
  const { name } = program;
  return `# Completion of ${name} for bash: source <(${name} completion bash)

_portico_words() {
  COMPREPLY=($(compgen -W "$1" -- "$cur"))
}

_portico_list() {
  local before=''
  [[ $cur == *,* ]] && before=\${cur%,*},
  compopt -o nospace 2>/dev/null
  COMPREPLY=($(compgen -P "$before" -W "$1" -- "\${cur##*,}"))
}

_portico_paths() {
  local path
  compopt -o filenames 2>/dev/null
  while IFS= read -r path; do COMPREPLY+=("$path"); done < <(compgen "$1" -- "$cur")
}

_portico() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]}
  local at=${name} place=0 i word
  COMPREPLY=()
  # --name=value comes as three words.
  if [[ $cur == = ]]; then
    cur=''
  elif [[ $prev == = ]]; then
    prev=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    case "$at $word" in
${armsOf(pathsBelow(commands), 6)}
${armsOf(skips(commands), 6)}
      *) [[ $word == -* ]] || place=$((place + 1)) ;;
    esac
  done
  case "$at $prev" in
${armsOf(valuesOfOptions(commands), 4)}
  esac
  if [[ $cur == -* ]]; then
    case $at in
${armsOf(flagsOf(commands), 6)}
    esac
    return
  fi
  case "$at $place" in
${armsOf(commands.flatMap(placesOf), 4)}
  esac
}

complete -F _portico ${name}`;
}

/** What is done where a pattern matches. */
type Arm = readonly [pattern: string, then: string];

/** The arms of a `case`; those that do the same are one. */
function armsOf(arms: readonly Arm[], indent: number): string {
  const byAction = Map.groupBy(arms, ([, then]) => then);
  return [...byAction]
    .map(([then, all]) => {
      const patterns = all.map(([pattern]) => pattern).join(' | ');
      return `${' '.repeat(indent)}${patterns}) ${then} ;;`;
    })
    .join('\n');
}

const pathsBelow = ([, ...below]: readonly CommandModel[]): Arm[] =>
  below.map(({ path }) => [quoted(path), 'at="$at $word" place=0']);

const SKIP = '[[ ${COMP_WORDS[i + 1]} == = ]] && i=$((i + 1)); i=$((i + 1))';
const skips = (commands: readonly CommandModel[]): Arm[] =>
  valuesOfOptions(commands).map(([pattern]) => [pattern, SKIP]);

const valuesOfOptions = (commands: readonly CommandModel[]): Arm[] =>
  commands.flatMap(({ path, options }) =>
    options.flatMap(({ flags, value }) =>
      value === undefined
        ? []
        : flags.map((flag): Arm => [quoted(`${path} ${flag}`), `${offer(value)}; return`]),
    ),
  );

const flagsOf = (commands: readonly CommandModel[]): Arm[] =>
  commands.map(({ path, options }) => [
    quoted(path),
    offerWords(options.flatMap(({ flags }) => flags)),
  ]);

function placesOf({ path, commands, values }: CommandModel): Arm[] {
  const names = commands.map(({ name }) => name);
  const ofCommands: Arm[] = names.length === 0 ? [] : [[quoted(`${path} 0`), offerWords(names)]];
  const ofValues = values.map((value, place): Arm => {
    const pattern = value.isVariadic ? `${quoted(`${path} `)}*` : quoted(`${path} ${place}`);
    return [pattern, offer(value)];
  });
  return [...ofCommands, ...ofValues];
}

function offer(value: Value): string {
  switch (value.kind) {
    case 'words':
      return offerWords(value.words);
    case 'list':
      return `_portico_list ${quoted(value.words.join(' '))}`;
    case 'file':
      return '_portico_paths -f';
    case 'folder':
      return '_portico_paths -d';
    case 'text':
      return ':';
  }
}

const offerWords = (words: readonly string[]): string =>
  `_portico_words ${quoted(words.join(' '))}`;

const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;
