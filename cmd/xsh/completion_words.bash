__xsh_init_completion()
{
    # Bash breaks words at = and : as well; here they are joined again. What
    # stands side by side in the line, with no space between, is one word.
    COMPREPLY=()
    local line=${COMP_LINE:0:$COMP_POINT} i part joined
    words=() cword=-1
    for ((i = 0; i <= COMP_CWORD; i++)); do
        part=${COMP_WORDS[i]}
        joined=no
        if [[ $i -gt 0 && $line != [[:space:]]* && -n $line ]]; then
            joined=yes
        fi
        line=${line#"${line%%[![:space:]]*}"}
        if ((i == COMP_CWORD)); then
            part=$line # up to the cursor
        fi
        line=${line#"${part}"}
        if [[ $joined == yes ]]; then
            words[cword]+=$part
        else
            words[++cword]=$part
        fi
    done
    cur=${words[cword]} prev=
    if ((cword > 0)); then
        prev=${words[cword-1]}
    fi
}

__xsh_filedir()
{
    # The package's way where it is there, else bash's own.
    if declare -F _filedir >/dev/null 2>&1; then
        _filedir "$@"
        return
    fi
    local IFS=$'\n' kind=-f
    if [[ ${1-} == -d ]]; then
        kind=-d
    fi
    COMPREPLY=($(compgen $kind -- "$cur"))
    if [[ $(type -t compopt) == builtin ]]; then
        compopt -o filenames
    fi
}
