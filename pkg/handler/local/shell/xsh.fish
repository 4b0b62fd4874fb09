# Marks the prompts and commands of an interactive fish (OSC 133), and takes the
# command lines of xsh run. fish reads this file behind the user's own, as -C says.
set -g __xsh_dir $XSH_SHELL_DIR
set -e XSH_SHELL_DIR
set -g __xsh_run
if set -q XSH_TMUX_BIN; and test "$PATH[1]" != "$XSH_TMUX_BIN" # a login shell's files may have set it anew
    set -gx PATH $XSH_TMUX_BIN $PATH
end

function __xsh_mark
    test -n "$__xsh_run" && echo ";xsh=$__xsh_run"
end

# What whoever leads the session has of the variables that follow: a line that is
# another for each leader, then NAME=value or NAME. A shell's own agent stays.
function __xsh_follow --on-event fish_prompt
    set -l file "$__xsh_dir/$XSH_SESSION_ID.env"
    test -r "$file"; or return
    set -l lines
    while read -l line
        set -a lines $line
    end < $file
    test "$lines[1]" != "$__xsh_leader"; or return
    set -g __xsh_leader $lines[1]
    for line in $lines[2..]
        set -l pair (string split -m 1 = -- $line)
        if test (count $pair) -eq 1
            set -e $pair[1]
        else if test $pair[1] != SSH_AUTH_SOCK -o -z "$SSH_AUTH_SOCK"
            set -gx $pair[1] $pair[2]
        end
    end
end

function __xsh_preexec --on-event fish_preexec
    __xsh_follow
    printf '\e]133;C%s\a' (__xsh_mark | string collect)
end

function __xsh_postexec --on-event fish_postexec
    set -l st $status
    printf '\e]133;D;%s%s\a' $st (__xsh_mark | string collect)
    set -g __xsh_run
end

function __xsh_cancelled --on-event fish_cancel
    set -g __xsh_run
end

function __xsh_return
    return $argv[1]
end

# On the key that xsh run presses: the command line comes from a file. The blank
# before it keeps it out of the history.
function __xsh_take
    set -l lines (cat "$__xsh_dir/$XSH_SESSION_ID.run" | string split0 | string split -m 1 \n)
    test -n "$lines[1]"; or return
    set -g __xsh_run $lines[1]
    commandline -r -- " "(string join \n -- $lines[2..])
end

function __xsh_setup --on-event fish_prompt
    functions -e __xsh_setup
    functions -q fish_prompt; and functions -c fish_prompt __xsh_users_prompt
    function fish_prompt
        set -l st $status
        printf '\e]133;A;xsh=1\a'
        __xsh_return $st
        functions -q __xsh_users_prompt; and __xsh_users_prompt
        printf '\e]133;B\a'
    end
    for mode in default insert
        bind -M $mode \e\[5911~ __xsh_take
    end
end
