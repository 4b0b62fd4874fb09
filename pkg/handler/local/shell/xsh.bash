# Marks the prompts and commands of an interactive bash (OSC 133), and takes the
# command lines of xsh run. bash reads this file as $ENV, since xsh starts it in
# posix mode; from here on all is as if it had not been.
set +o posix
shopt -u inherit_errexit
if [ -n "${XSH_BASH_ENV+x}" ]; then export ENV="$XSH_BASH_ENV"; else unset ENV; fi
if [ -n "$XSH_BASH_HISTFILE" ]; then export -n HISTFILE; fi
__xsh_dir=$XSH_SHELL_DIR
__xsh_startup=$XSH_BASH_STARTUP
unset XSH_BASH_ENV XSH_BASH_HISTFILE XSH_BASH_STARTUP XSH_SHELL_DIR
if [ "$__xsh_startup" = login ]; then
  [ -r /etc/profile ] && . /etc/profile
  if [ -r ~/.bash_profile ]; then . ~/.bash_profile
  elif [ -r ~/.bash_login ]; then . ~/.bash_login
  elif [ -r ~/.profile ]; then . ~/.profile
  fi
elif [ "$__xsh_startup" = rc ]; then
  [ -r /etc/bash.bashrc ] && . /etc/bash.bashrc
  [ -r ~/.bashrc ] && . ~/.bashrc
fi
unset __xsh_startup
if [ -n "${XSH_TMUX_BIN-}" ]; then # /etc/profile may have set PATH anew
  case $PATH: in "$XSH_TMUX_BIN":*) ;; *) PATH=$XSH_TMUX_BIN:$PATH ;; esac
fi
__xsh_run= __xsh_began= __xsh_leader= # a shell may run with set -u

__xsh_done() {
  local status=$?
  if [ -n "$__xsh_began" ]; then
    builtin printf '\e]133;D;%s%s\a' "$status" "${__xsh_run:+;xsh=$__xsh_run}"
  fi
  __xsh_began=1
  if [ -n "$__xsh_run" ]; then
    __xsh_run=
    if [ -n "${__xsh_ignore+x}" ]; then HISTIGNORE=$__xsh_ignore; else unset HISTIGNORE; fi
    [ -n "$__xsh_expand" ] && set -H
    unset __xsh_ignore __xsh_expand
  fi
  return "$status"
}

# What whoever leads the session has of the variables that follow: a line that is
# another for each leader, then NAME=value or NAME. A shell's own agent stays.
__xsh_follow() {
  local status=$? line
  if [ -r "$__xsh_dir/${XSH_SESSION_ID-}.env" ]; then
    {
      IFS= read -r line
      if [ "$line" != "$__xsh_leader" ]; then
        __xsh_leader=$line
        while IFS= read -r line; do
          case $line in
          SSH_AUTH_SOCK=*) [ -n "${SSH_AUTH_SOCK-}" ] || export "$line" ;;
          *=*) export "$line" ;;
          *) unset "$line" ;;
          esac
        done
      fi
    } < "$__xsh_dir/$XSH_SESSION_ID.env"
  fi
  return "$status"
}

# Behind all that sets the prompt anew each time.
__xsh_prompt() {
  case $PS1 in
  *'133;B'*) ;;
  *) PS1='\[\e]133;A;xsh=1\a\]'$PS1'\[\e]133;B\a\]' ;;
  esac
}

# On the key that xsh run presses: the command line comes from a file, and goes
# into no history.
__xsh_take() {
  local nonce line
  { IFS= read -r nonce && IFS= read -rd '' line; } < "$__xsh_dir/$XSH_SESSION_ID.run"
  [ -n "$nonce" ] || return
  __xsh_run=$nonce
  [ -n "${HISTIGNORE+x}" ] && __xsh_ignore=$HISTIGNORE
  HISTIGNORE='*' # bash undoes a set +o history when this function is over
  [[ -o histexpand ]] && __xsh_expand=1 && set +H
  READLINE_LINE=$line
  READLINE_POINT=${#line}
}

PS0=$PS0'\e]133;C${__xsh_run:+;xsh=$__xsh_run}\a'
if ((BASH_VERSINFO[0] > 5 || BASH_VERSINFO[0] == 5 && BASH_VERSINFO[1] >= 1)); then
  PROMPT_COMMAND=(__xsh_done __xsh_follow "${PROMPT_COMMAND[@]}" __xsh_prompt)
else
  PROMPT_COMMAND="__xsh_done; __xsh_follow${PROMPT_COMMAND:+; $PROMPT_COMMAND}; __xsh_prompt"
fi
for __xsh_map in emacs-standard vi-insert vi-command; do
  bind -m "$__xsh_map" -x '"\e[5911~": __xsh_take' 2>/dev/null
done
unset __xsh_map
