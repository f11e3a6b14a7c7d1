/* SPDX-License-Identifier: Apache-2.0 */
/* bulkhead completion SHELL: a script for a shell. The scripts are short: what can follow is asked
 * of the tool itself at each Tab ('bulkhead complete', cmd_complete.c), which knows its
 * own tables. */
#include <stdio.h>
#include <string.h>

#include "cli/frame.h"

/* In bash a word ends at = and :, which it hands over as words of their own. */
static const char bash[] =
    "# bash completion for bulkhead; made by 'bulkhead completion bash'\n"
    "_bulkhead()\n"
    "{\n"
    "  local cur=${COMP_WORDS[COMP_CWORD]} line files=\n"
    "  [[ $cur == '=' ]] && cur=\n"
    "  COMPREPLY=()\n"
    "  while IFS= read -r line; do\n"
    "    if [[ $line == :files ]]; then files=1; else COMPREPLY+=(\"${line%%$'\\t'*}\"); fi\n"
    "  done < <(\"$1\" complete -- \"${COMP_WORDS[@]:1:COMP_CWORD}\" 2>/dev/null)\n"
    "  if [[ -n $files ]]; then\n"
    "    while IFS= read -r line; do COMPREPLY+=(\"$line\"); done < <(compgen -f -- \"$cur\")\n"
    "    compopt -o filenames 2>/dev/null\n"
    "  fi\n"
    "  return 0\n"
    "}\n"
    "complete -F _bulkhead bulkhead\n";

/* As a file in a folder of $fpath it is the function itself; given to eval it has to register. */
static const char zsh[] =
    "#compdef bulkhead\n"
    "# zsh completion for bulkhead; made by 'bulkhead completion zsh'\n"
    "_bulkhead() {\n"
    "  local line files=\n"
    "  local -a found\n"
    "  for line in \"${(@f)$(\"${(Q)words[1]}\" complete -- \"${(@Q)words[2,CURRENT]}\" 2>/dev/null)}\"; do\n"
    "    if [[ $line == :files ]]; then files=1\n"
    "    elif [[ -n $line ]]; then found+=(\"${${line%%$'\\t'*}//:/\\\\:}:${line#*$'\\t'}\"); fi\n"
    "  done\n"
    "  (( $#found )) && _describe -V 'bulkhead' found\n"
    "  [[ -n $files ]] && _files\n"
    "}\n"
    "if [[ $funcstack[1] == _bulkhead ]]; then\n"
    "  _bulkhead \"$@\"\n"
    "else\n"
    "  (( $+functions[compdef] )) || { autoload -Uz compinit && compinit -i -D; }\n"
    "  compdef _bulkhead bulkhead\n"
    "fi\n";

static const char fish[] =
    "# fish completion for bulkhead; made by 'bulkhead completion fish'\n"
    "function __bulkhead_complete\n"
    "    set -l words (commandline -opc)\n"
    "    set -l current (commandline -ct)\n"
    "    for line in (command $words[1] complete -- $words[2..-1] \"$current\" 2>/dev/null)\n"
    "        if test \"$line\" = :files\n"
    "            __fish_complete_path \"$current\"\n"
    "        else\n"
    "            printf '%s\\n' \"$line\"\n"
    "        end\n"
    "    end\n"
    "end\n"
    "complete -c bulkhead -f -a '(__bulkhead_complete)'\n";

static int run(struct cli *cli)
{
    static const struct {
        const char *shell, *script;
    } shells[] = { { "bash", bash }, { "zsh", zsh }, { "fish", fish } };

    for (size_t i = 0; i < sizeof shells / sizeof shells[0]; i++)
        if (strcmp(cli->operands[0], shells[i].shell) == 0)
            fputs(shells[i].script, stdout);
    return HOST_OK;
}

const struct cli_command cmd_completion = {
    .noun = "completion",
    .summary = "Write a completion script for a shell",
    .description =
        "Completes nouns, verbs, options, choices, layouts, chips and files. For this shell "
        "only: eval the output; for fish, pipe it into source. For good: put the line into "
        "the shell's own start-up file.",
    .operands =
        (const struct cli_operand[]){
            { "bash|zsh|fish", "The shell", false, false },
            { 0 },
        },
    .examples =
        (const struct cli_example[]){
            { "eval \"$(bulkhead completion bash)\"", "Complete in this bash; zsh likewise" },
            { "bulkhead completion fish | source", "Complete in this fish" },
            { 0 },
        },
    .run = run,
};
