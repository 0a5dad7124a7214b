# Behind the two dashes of `jit exec` stands another command line, which begins at the word with the index $1.
_jit_command() {
    COMPREPLY=()
    compopt +o nospace 2> /dev/null
    if declare -F _comp_command_offset > /dev/null; then
        _comp_command_offset "$1"
    elif declare -F _command_offset > /dev/null; then
        _command_offset "$1"
    elif ((COMP_CWORD == $1)) && [[ $2 != */* ]]; then
        local candidate
        while IFS= read -r candidate; do
            # What is offered here is put on the line as it is.
            if [[ -n $candidate && $candidate != *[!A-Za-z0-9_.+-]* ]]; then
                COMPREPLY+=("$candidate")
            fi
        done <<< "$(compgen -A command -- "$2" | sort -u)"
    else
        # readline completes files by itself, and quotes them. Older versions cannot be told so.
        compopt -o default -o bashdefault 2> /dev/null
    fi
}

# readline ends a word at `=`, `:` and `@` as well, which names may have: what belongs together is joined before jit is asked,
# and of each answer only what goes behind the last of them is given back.
_jit() {
    local dashes=0 with_exec=
    for ((dashes = 1; dashes < COMP_CWORD; dashes++)); do
        if [[ ${COMP_WORDS[dashes]} == exec ]]; then
            with_exec=1
        elif [[ ${COMP_WORDS[dashes]} == -- && -n $with_exec ]]; then
            _jit_command "$((dashes + 1))" "$2"
            return
        fi
    done
    local rest=${COMP_LINE:0:COMP_POINT} last=-1 index part words=()
    for ((index = 0; index <= COMP_CWORD; index++)); do
        if ((last < 0)) || [[ $rest == [[:space:]]* ]]; then
            last=$((last + 1))
        fi
        rest=${rest#"${rest%%[![:space:]]*}"}
        if ((index == COMP_CWORD)); then
            part=$rest
        else
            part=${COMP_WORDS[index]}
        fi
        words[last]="${words[last]-}$part"
        rest=${rest#"$part"}
    done
    local before=${words[last]%"$2"} candidate
    words[last]=${words[last]#[\"\']}
    COMPREPLY=()
    while IFS= read -r candidate; do
        if [[ -n $candidate ]]; then
            COMPREPLY+=("${candidate#"$before"}")
        fi
    done <<< "$(COMPLETE=bash _CLAP_IFS=$'\n' _CLAP_COMPLETE_INDEX=$last jit -- "${words[@]}" 2> /dev/null)"
    # Behind a name that goes on comes no space.
    if ! compopt +o nospace 2> /dev/null || [[ ${COMPREPLY-} =~ [=/:]$ ]]; then
        compopt -o nospace 2> /dev/null
    fi
}
if [[ ${BASH_VERSINFO[0]} -gt 4 || ${BASH_VERSINFO[0]} -eq 4 && ${BASH_VERSINFO[1]} -ge 4 ]]; then
    complete -o nospace -o nosort -F _jit jit
else
    complete -o nospace -F _jit jit
fi
