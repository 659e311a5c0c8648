#!/usr/bin/env bats
# The completions, in the shells that they are for: bash and zsh on a terminal, fish by its own `complete -C`.

load helper

setup() {
  setup_place
  share=$place/share
  install -D "$top/completions/azfan.bash" "$share/bash-completion/completions/azfan"
  install -D "$top/completions/_azfan" "$share/zsh/site-functions/_azfan"
  install -D "$top/completions/azfan.fish" "$share/fish/vendor_completions.d/azfan.fish"
  mkdir "$place/bin"
  ln -s "$(realpath "$azfan")" "$place/bin/azfan"
  export PATH=$place/bin:$PATH XDG_DATA_DIRS=$share:/usr/local/share:/usr/share
  export XDG_CONFIG_HOME=$place/config XDG_CACHE_HOME=$place/cache XDG_DATA_HOME=$place/data
  write_job
  mkdir "$place/work" "$place/work/folder"
  cd "$place/work"
}

# A shell is started when its first line comes, reads all lines of its test, and ends with it.
teardown() {
  local process
  for process in "$place"/*.process; do
    [ ! -e "$process" ] || kill "$(cat "$process")" || :
  done
}

# ask SHELL COMMAND...: each line of standard input, as it is answered by the process that COMMAND has started.
ask() {
  local shell=$1 line answer asked=$place/$1.asked answered=$place/$1.answered
  shift
  if [ ! -e "$asked" ]; then
    mkfifo "$asked" "$answered"
    # Opened both ways, a FIFO waits for nobody and has no end; and before the process is there, it loses nothing.
    {
      LINES_FIFO=$place/$shell.lines "$@" 0<&4 4>&- 3>&- &
      echo $! >"$place/$shell.process"
    } 4<>"$asked" 1<>"$answered"
  fi
  while IFS= read -r line; do
    printf '%s\n' "$line" 1<>"$asked"
    IFS= read -t 60 -r answer <>"$answered" || { echo "$shell does not answer to: $line" >&2; return 1; }
    printf '%s\n' "$answer"
  done
}

# in_SHELL: each line of standard input with all its completions in it; of fish only what it completes to.
in_bash() {
  cat >"$place/rc" <<'END'
source /usr/share/bash-completion/bash_completion
bind '"\e*": insert-completions'
put() { printf '%s\n' "$READLINE_LINE" >"$LINES_FIFO"; READLINE_LINE= READLINE_POINT=0; }
bind -x '"\C-x\C-p": put'
echo ready >"$LINES_FIFO"
END
  ask bash python3 "$BATS_TEST_DIRNAME/type.py" bash --noprofile --rcfile "$place/rc" -i
}

in_zsh() {
  mkdir -p "$place/zsh"
  cat >"$place/zsh/.zshrc" <<'END'
fpath=($XDG_DATA_DIRS[(ws.:.)1]/zsh/site-functions $fpath)
autoload -U compinit
compinit -u -C -d $BATS_FILE_TMPDIR/zcompdump # it reads 1,000 files else, at each start
every() { _main_complete "$@"; compstate[insert]=all compstate[list]= }
zle -C every complete-word every
put() { print -r -- "$BUFFER" >$LINES_FIFO; BUFFER= }
zle -N put
bindkey '\e*' every
bindkey '^X^P' put
echo ready >$LINES_FIFO
END
  ZDOTDIR=$place/zsh ask zsh python3 "$BATS_TEST_DIRNAME/type.py" zsh -d -i
}

in_fish() {
  ask fish fish -c '
    while read -lL line
      string join -- " " (complete -C $line | string replace -r "\t.*" "") ""
    end'
}

needs() {
  command -v "$1" >/dev/null || skip "$1 is not installed"
  [ "$1" != bash ] || [ -e /usr/share/bash-completion/bash_completion ] || skip "bash-completion is not installed"
}

# answers SHELL LINE: what LINE's last word can become, one a line, sorted. Without what stands before a "=", which
# bash does not repeat, and without the "/", "=" or "," with which a word goes on, which zsh does not insert here.
# zsh offers options where nothing else can stand: they are left out, unless the line ends in a "-".
answers() {
  local words all
  all=$("in_$1" <<<"$2")
  [ "$1" = fish ] || all=${all#"${2% *} "}
  read -ra words <<<"$all"
  [ ${#words[@]} = 0 ] || printf '%s\n' "${words[@]}" | sed 's|[/=,]$||; s/^.*=//' |
    { [ "${2: -1}" = - ] && cat || grep -v ^-; } | LC_ALL=C sort -u
}

# completes SHELL LINE WORD...: it can become these words and no others. SHELL all: in every shell that is there.
completes() {
  local shell=$1 line=$2
  shift 2
  diff <(printf '%s\n' "$@" | grep . | LC_ALL=C sort) <(answers "$shell" "$line") ||
    { echo "$shell: $line"; return 1; }
}

# helped [COMMAND]: the options that --help has.
helped() { "$azfan" "$@" --help | sed -nE 's/^  (-.,|   ) (--[a-z-]+).*/\1 \2/p' | tr -d , | tr -s ' ' '\n' | grep . | LC_ALL=C sort; }

commands() { "$azfan" --help | sed -n '/^Commands:/,/^$/p' | sed -nE 's/^  ([a-z]+) .*/\1/p' | LC_ALL=C sort; }

# commands and options, both ways
holds_to_help() {
  local command
  needs "$1"
  completes "$1" "azfan " $(commands)
  completes "$1" "azfan -" -h --help --version
  for command in $(commands | grep -vx help); do
    completes "$1" "azfan $command -" $(helped "$command")
  done
  completes "$1" "azfan help " $(commands)
}

@test "behind -- are the script's arguments, and no options" {
  touch job.yaml
  completes all 'azfan run job.yaml -- --se'
  completes all 'azfan rerun -- --ch'
}
@test "bash: every command and every option that --help has, and no other" { holds_to_help bash; }
@test "zsh: every command and every option that --help has, and no other" { holds_to_help zsh; }
@test "fish: every command and every option that --help has, and no other" { holds_to_help fish; }

# The words of an option that has a few, as --help tells them: "auto, live, plain, json or none".
helped_words() { # COMMAND OPTION
  "$azfan" "$1" --help | sed -nE "s/^ +--$2 [A-Z]+ +(.*: )?//p" | sed 's/; repeatable//; s/ or /,/' | tr -d ' ' | tr , '\n'
}

faults() { "$azfan" rehearse --help | sed -n '/^Faults:/,$p' | sed -nE 's/^  ([a-z_]+).*/\1/p'; }

values_hold_to_help() {
  local option
  needs "$1"
  for option in progress output color; do
    completes "$1" "azfan run job.yaml --$option " $(helped_words run $option)
  done
  completes "$1" "azfan rerun --only " $(helped_words rerun only)
  completes "$1" "azfan rehearse --inject x=" $(faults)
  # Of files those that a report can be written to, and folders.
  touch other.c plain $(helped_words report report | sed 's/^/report/')
  completes "$1" "azfan report --report " folder $(helped_words report report | sed 's/^/report/')
}

@test "bash: words of options, faults and suffixes are those of --help" { values_hold_to_help bash; }
@test "zsh: words of options, faults and suffixes are those of --help" { values_hold_to_help zsh; }
@test "fish: words of options, faults and suffixes are those of --help" { values_hold_to_help fish; }

# The targets of the job on the line, wherever the job stands, with blanks in its name, and behind a "=".
targets_are_those_of_the_job() {
  needs "$1"
  vms='web-[1-2]' write_job "# nothing more"
  mv "$job" "my job.yaml"
  completes "$1" "azfan run 'my job.yaml' --limit " web-1 web-2
  completes "$1" 'azfan plan my\ job.yaml --exclude ' web-1 web-2
  completes "$1" "azfan targets -c 3 'my job.yaml' --limit vm --limit web-1 --exclude web-" web-1 web-2
  mv "my job.yaml" job.yaml
  completes "$1" "azfan rehearse job.yaml --inject " web-1 web-2
  completes "$1" "azfan run --timeout 5s job.yaml --limit=web-" web-1 web-2
  # A job that is wrong has none, and says nothing.
  echo wrong >wrong.yaml
  completes "$1" "azfan run wrong.yaml --limit "
  completes "$1" "azfan run nowhere.yaml --limit "
}

@test "bash: targets" { targets_are_those_of_the_job bash; }
@test "zsh: targets" { targets_are_those_of_the_job zsh; }
@test "fish: targets" { targets_are_those_of_the_job fish; }

# As azfan prints them: with a group where a name stands in two; several, all but some, and from a file.
job_with_groups() {
  vms=web-1 write_job
  sed -i 's|vms: .*|vms: [web-1, db-7, {name: web-1, resource_group: rg-b}]|' "$job"
  cp "$job" .
  touch some.txt
}
selectors() {
  needs "$1"
  job_with_groups
  completes "$1" "azfan run job.yaml --limit " db-7 rg-b/web-1 rg/web-1
  completes "$1" "azfan run job.yaml --exclude rg" rg-b/web-1 rg/web-1
}
@test "bash: selectors" { selectors bash; }
@test "zsh: selectors" { selectors zsh; }
@test "fish: selectors" { selectors fish; }

behind() { # SHELL WORD BECOMES
  local before="azfan run job.yaml --limit "
  if [ "$1" = fish ]; then goes_on fish "$before$2" "$3"; else goes_on "$1" "$before$2" "$before$3"; fi
}

@test "bash: selectors behind a comma, a ! and a @" {
  needs bash
  job_with_groups
  behind bash "rg/web-1,d" "rg/web-1,db-7"
  behind bash "'rg/web-1,!d" "'rg/web-1,!db-7'"
  behind bash "@so" "@some.txt"
  behind bash "db-7,@so" "db-7,@some.txt"
  behind bash "'!d" "'!db-7'"
  goes_on bash "azfan run job.yaml --limit=@so" "azfan run job.yaml --limit=@some.txt"
  goes_on bash "azfan rehearse job.yaml --inject rg/web-1,d" "azfan rehearse job.yaml --inject rg/web-1,db-7="
}
@test "zsh: selectors behind a comma, a ! and a @" {
  needs zsh
  job_with_groups
  behind zsh "rg/web-1,d" "rg/web-1,db-7"
  behind zsh "'rg/web-1,!d" "'rg/web-1,!db-7'"
  behind zsh "@so" "@some.txt"
  behind zsh "db-7,@so" "db-7,@some.txt"
  behind zsh "'!d" "'!db-7'"
  goes_on zsh "azfan run job.yaml --limit=@so" "azfan run job.yaml --limit=@some.txt"
  goes_on zsh "azfan rehearse job.yaml --inject rg/web-1,d" "azfan rehearse job.yaml --inject rg/web-1,db-7="
}
@test "fish: selectors behind a comma, a ! and a @" {
  needs fish
  job_with_groups
  behind fish "rg/web-1,d" "rg/web-1,db-7"
  behind fish "'rg/web-1,!d" "rg/web-1,!db-7"
  behind fish "@so" "@some.txt"
  behind fish "db-7,@so" "db-7,@some.txt"
  behind fish "'!d" "!db-7"
  goes_on fish "azfan run job.yaml --limit=@so" "--limit=@some.txt"
  goes_on fish "azfan rehearse job.yaml --inject rg/web-1,d" "rg/web-1,db-7="
}

# The value of an option is not taken for the job. Of --only, which rehearse has not, for the run.
values_are_no_jobs() {
  needs "$1"
  vms=web-1 write_job "# nothing more"
  cp "$job" .
  "$azfan" rehearse --help | sed -nE 's/^  (-.,|   ) (--[a-z-]+) [A-Z].*/\1 \2/p' | tr -d , | tr -s ' ' '\n' | grep . >options
  [ "$(wc -l <options)" -ge 15 ]
  sed 's/.*/azfan rehearse & x job.yaml --limit /' options | "in_$1" >lines
  if [ "$1" = fish ]; then yes web-1; else sed 's/.*/azfan rehearse & x job.yaml --limit web-1/' options; fi |
    head -n "$(wc -l <options)" | diff - <(sed 's/ $//' lines)
  completes "$1" "azfan rerun --only failed " folder latest
}

@test "bash: the value of an option is no job" { values_are_no_jobs bash; }
@test "zsh: the value of an option is no job" { values_are_no_jobs zsh; }
@test "fish: the value of an option is no job" { values_are_no_jobs fish; }

# A line with one completion, as it is after the Tab key. zsh ends it with a comma that goes when the next word comes.
goes_on() { # SHELL LINE BECOMES
  local line
  line=$(KEYS=$'\t' "in_$1" <<<"$2")
  line=${line% }
  [ "${line%,}" = "$3" ] || { printf '%s: %s\nbecomes %s\nand not %s\n' "$1" "$2" "$line" "$3"; return 1; }
}

@test "bash: faults in quotes and without, behind a comma, behind a name" {
  needs bash
  goes_on bash "azfan rehearse job.yaml --inject 'web-*=thro" "azfan rehearse job.yaml --inject 'web-*=throttled'"
  goes_on bash "azfan rehearse job.yaml --inject web=thro" "azfan rehearse job.yaml --inject web=throttled"
  goes_on bash "azfan rehearse job.yaml --inject=web=thro" "azfan rehearse job.yaml --inject=web=throttled"
  goes_on bash "azfan rerun --only failed,timeout,ca" "azfan rerun --only failed,timeout,cancelled"
  goes_on bash "azfan rehearse --inject web=busy:" "azfan rehearse --inject web=busy:"
}
@test "zsh: faults in quotes and without, behind a comma, behind a name" {
  needs zsh
  goes_on zsh "azfan rehearse job.yaml --inject 'web-*=thro" "azfan rehearse job.yaml --inject 'web-*=throttled"
  goes_on zsh "azfan rehearse job.yaml --inject web=thro" "azfan rehearse job.yaml --inject web=throttled"
  goes_on zsh "azfan rehearse job.yaml --inject=web=thro" "azfan rehearse job.yaml --inject=web=throttled"
  goes_on zsh "azfan rerun --only failed,timeout,ca" "azfan rerun --only failed,timeout,cancelled"
}
@test "fish: faults in quotes and without, behind a comma, behind a name" {
  needs fish
  goes_on fish "azfan rehearse job.yaml --inject 'web-*=thro" "web-*=throttled"
  goes_on fish "azfan rehearse job.yaml --inject web=thro" "web=throttled"
  goes_on fish "azfan rehearse job.yaml --inject=web=thro" "--inject=web=throttled"
  goes_on fish "azfan rerun --only failed,timeout,ca" "failed,timeout,cancelled"
}

files_and_runs() {
  needs "$1"
  touch a.yaml b.yml c.txt
  "$azfan" rehearse "$job" >/dev/null
  "$azfan" rehearse "$job" --limit vm-1 >/dev/null
  ids=$("$azfan" runs -q)
  for command in run rehearse plan targets check; do
    completes "$1" "azfan $command " a.yaml b.yml folder
  done
  completes "$1" "azfan check a.yaml " a.yaml b.yml folder
  completes "$1" "azfan run -c 3 --color never " a.yaml b.yml folder
  completes "$1" "azfan run a.yaml "
  completes "$1" "azfan report " $ids folder latest
  completes "$1" "azfan rerun --now " $ids folder latest
  completes "$1" "azfan report latest "
  completes "$1" "azfan runs " a.yaml b.yml folder
  completes "$1" "azfan run --run-dir " folder
  completes "$1" "azfan run --timeout "
}

@test "bash: job files, folders, runs" { files_and_runs bash; }
@test "zsh: job files, folders, runs" { files_and_runs zsh; }
@test "fish: job files, folders, runs" { files_and_runs fish; }

# An azfan that prints what a shell would run, and job files of such names: all of it is data.
hostile() {
  needs "$1"
  rm "$place/bin/azfan"
  cat >"$place/bin/azfan" <<'END'
#!/bin/sh
for name in '$(touch pwned)' '`touch pwned`' '; touch pwned' "'; touch pwned; '" '${PWD:$(touch pwned)}' '*' '-x' 'web-1'; do
  case $1 in
  runs) echo "20261123T030000Z-$name-1a2b" ;;
  *) echo "$name" ;;
  esac
done
END
  chmod +x "$place/bin/azfan"
  for line in "run job.yaml --limit " "rehearse job.yaml --inject " "report " "rerun " "run \$(touch pwned).yaml --limit " \
    "run '\`touch pwned\`' --limit "; do
    "in_$1" <<<"azfan $line" | tee "$place/last"
    [ ! -e pwned ] || { echo "$1 has run what azfan printed: $line"; return 1; }
  done
  "in_$1" <<<"azfan run job.yaml --limit " | grep -q web-1
  rm job.yaml 2>/dev/null || true
  touch '$(touch pwned).yaml' "a'b.yaml"
  line=$("in_$1" <<<"azfan run ")
  # What stands on the line then are the names, and running it would run nothing else.
  [ "$1" = fish ] || {
    eval "set -- $line"
    [ ! -e pwned ]
    [ -e "$3" ] && [ -e "$4" ]
  }
}

@test "bash: names with odd characters are data" { hostile bash; }
@test "zsh: names with odd characters are data" { hostile zsh; }
@test "fish: names with odd characters are data" { hostile fish; }

@test "with an azfan that fails the completions say nothing" {
  rm "$place/bin/azfan"
  printf '#!/bin/sh\necho trouble >&2\nexit 1\n' >"$place/bin/azfan"
  chmod +x "$place/bin/azfan"
  for shell in bash zsh fish; do
    command -v $shell >/dev/null || continue
    completes $shell "azfan run job.yaml --limit "
    completes $shell "azfan report " folder latest
    [ $shell = fish ] || ! grep trouble "$place/$shell.lines.shown" || return 1
  done
}
