# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# bash completion for azfan, by bash-completion. test/cli/completions.bats holds it against --help.
#
# What azfan prints is data: only what can be a name is kept of it, so no word of it can be expanded or run.

# _azfan_ask ARGUMENTS...: what the azfan on the command line says to that. It is silent when it fails.
_azfan_ask() { "${words[0]/#\~\//$HOME/}" "$@" 2>/dev/null </dev/null; }

# _azfan_plain WORD: it without quotes, for a file name. Variables in it stay as they are.
_azfan_plain() {
    local word=$1
    case $word in
    \'*\' | \"*\") word=${word:1:-1} ;;
    *) word=${word//\\/} ;;
    esac
    printf '%s' "${word/#\~\//$HOME/}"
}

# The first word that is neither an option nor an option's value: the job or the run. Fails when there is none.
_azfan_argument() {
    local i
    for ((i = 2; i < ${#words[@]}; i++)); do
        ((i != cword)) || continue
        case ${words[i]} in
        -c | --concurrency | --timeout | --script-timeout | --deadline | --batches | --max-failures | --retry | --confirm | --client | --identity | \
            --limit | --exclude | --set | --az | --run-dir | --run-id | --report | --format | --output | --ignore | --progress | --color | --inject | --seed | --speed | --only | \
            --targets | -g | --resource-group | --subscription | --script | --shell | -n | --last | --older | --keep) ((i++)) ;;
        -*) ;;
        *) _azfan_plain "${words[i]}" && return ;;
        esac
    done
    return 1
}

_azfan_targets() {
    local job
    job=$(_azfan_argument) || return
    _azfan_ask targets --names -- "$job" | command sed -n '/^[A-Za-z0-9._\/-]\{1,\}$/p'
}

# Ids of past runs; a folder may have any name, but no run has another.
_azfan_runs() { _azfan_ask runs -q | command sed -n '/^[A-Za-z0-9][A-Za-z0-9._-]*$/p'; }

_azfan_options() {
    local targets='--limit --exclude --az'
    local rules="$targets -c --concurrency --timeout --script-timeout --deadline --batches --max-failures --retry --confirm --client --identity"
    local job="$rules --set"
    local shown='--output --ignore --color -q --quiet'
    local reported="$shown --report --format"
    local followed='--progress -v --verbose'
    local kept="$reported $followed --run-dir --run-id"
    local running="$kept --overlap -y --yes"
    local run="$job $running"
    local rehearsal='--inject --seed --speed --execute'
    local help='-h --help --version'
    case $1 in
    run) echo "$run --targets $help" ;;
    rehearse) echo "$run --targets $rehearsal $help" ;;
    exec) echo "$rules $running -g --resource-group --subscription --script --shell --targets $help" ;;
    rerun) echo "$run $rehearsal --only --changed --now --again --dry-run $help" ;;
    recover) echo "$kept -c --concurrency --set --az --identity --changed --dry-run $help" ;;
    plan) echo "$job --targets --guard $help" ;;
    targets) echo "$targets --targets --names --ids $help" ;;
    report) echo "$reported $help" ;;
    watch) echo "$shown $followed $help" ;;
    stop) echo "--now $shown $followed $help" ;;
    check) echo "-q --quiet --list $help" ;;
    runs) echo "-q --quiet -n --last --failed --json $help" ;;
    prune) echo "--older --keep --dry-run -y --yes $help" ;;
    schema | mk | version) echo "$help" ;;
    esac
}

# _azfan_reply WORDS [PREFIX [SUFFIX]]: those that go on from PREFIX and what stands behind it, each with both.
_azfan_reply() {
    local start=${cur#[\"\']}
    mapfile -t COMPREPLY < <(compgen -P "${2-}" -S "${3-}" -W "$1" -- "${start#"${2-}"}")
}

# _azfan_selectors [SUFFIX]: a VM, one more behind a comma or a "!", or behind a "@" a file.
_azfan_selectors() {
    local before=${cur#[\"\']}
    local last=${before##*,}
    before=${before%"$last"}
    case $last in
    @*)
        local cur=${last#@} i
        _filedir
        compopt +o filenames 2>/dev/null # no file has the "@"
        for i in "${!COMPREPLY[@]}"; do
            COMPREPLY[i]=$before@${COMPREPLY[i]}
        done
        ;;
    !*) _azfan_reply "$(_azfan_targets)" "$before!" "${1-}" ;;
    *) _azfan_reply "$(_azfan_targets)" "$before" "${1-}" ;;
    esac
}

# SELECTORS=FAULT
_azfan_injection() {
    local faults='hang stubborn slow crash exit script_timeout no_trailer reboot garbage busy throttled not_running
        not_found forbidden login network agent extension'
    compopt -o nospace 2>/dev/null
    if [[ $cur != *=* ]]; then
        _azfan_selectors '='
    elif [[ $cur == [\"\']* || $COMP_WORDBREAKS != *=* ]]; then
        local pattern=${cur#[\"\']}
        _azfan_reply "$faults" "${pattern%%=*}="
    else # readline replaces only what stands behind the "="
        cur=${cur#*=}
        _azfan_reply "$faults"
    fi
}

# failed,timeout,…
_azfan_only() {
    local before=${cur#[\"\']}
    compopt -o nospace 2>/dev/null
    [[ $before == *,* ]] && before=${before%,*}, || before=
    _azfan_reply 'failed timeout error unknown cancelled skipped' "$before"
}

# The value of the option PREV. Fails when it takes none.
_azfan_value() {
    case $prev in
    --limit | --exclude) _azfan_selectors ;;
    --inject) _azfan_injection ;;
    --only) _azfan_only ;;
    --progress) _azfan_reply 'auto live plain json none' ;;
    --output) _azfan_reply 'grouped lines each none' ;;
    --format) _azfan_reply 'json txt xml csv md html' ;;
    --color) _azfan_reply 'auto always never' ;;
    --report) _filedir '@(json|txt|xml|csv|md|html)' ;;
    --run-dir) _filedir -d ;;
    --az | --script | --targets) _filedir ;;
    --shell) _azfan_reply 'sh powershell' ;;
    --client) _azfan_reply 'az rest' ;;
    --identity) _azfan_reply 'az managed workload environment' ;;
    -c | --concurrency | --timeout | --script-timeout | --deadline | --batches | --max-failures | --retry | --confirm | \
        -g | --resource-group | --subscription | --run-id | --set | --seed | --speed | --ignore | -n | --last | --older | --keep) ;;
    *) return 1 ;;
    esac
}

# Is it an argument of the script, behind "--"?
_azfan_is_argument() {
    local i
    [[ ${words[1]} == @(run|rehearse|exec|plan|rerun|recover) ]] || return
    [[ ${words[1]} == @(rerun|recover) ]] || _azfan_argument >/dev/null || return
    for ((i = 2; i < cword; i++)); do
        [[ ${words[i]} != -- ]] || return 0
    done
    return 1
}

_azfan() {
    local cur prev words cword split
    local commands='run rehearse exec plan check targets report rerun recover runs watch stop prune schema mk help version'
    _init_completion -s -n :@ || return
    if ((cword == 1)); then
        [[ $cur == -* ]] && _azfan_reply "-h --help --version" || _azfan_reply "$commands"
    elif _azfan_is_argument; then
        _filedir
    elif _azfan_value; then
        :
    elif [[ $split == true ]]; then
        :
    elif [[ $cur == -* ]]; then
        _azfan_reply "$(_azfan_options "${words[1]}")"
    else
        case ${words[1]} in
        check) _filedir '@(yaml|yml)' ;;
        run | rehearse | plan | targets | runs) _azfan_argument >/dev/null || _filedir '@(yaml|yml)' ;;
        report | rerun | recover | watch | stop)
            _azfan_argument >/dev/null && return
            _filedir -d
            local folders=("${COMPREPLY[@]}")
            _azfan_reply "latest $(_azfan_runs)"
            COMPREPLY+=("${folders[@]}")
            ;;
        help) ((cword > 2)) || _azfan_reply "$commands" ;;
        esac
    fi
    if [[ $cur == *@* && $cur != [\"\']* && $COMP_WORDBREAKS == *@* ]]; then # likewise
        COMPREPLY=("${COMPREPLY[@]#"${cur%"${cur##*@}"}"}")
    fi
    __ltrim_colon_completions "$cur"
} &&
    complete -F _azfan azfan
