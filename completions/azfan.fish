# SPDX-License-Identifier: MIT
#
# fish completion for azfan. test/cli/completions.bats holds it against --help.
#
# What azfan prints is data: fish takes each line as one word, and evaluates none.

# __azfan_is COMMAND...: is it one of these?
function __azfan_is
    set -l words (commandline -opc)
    set -q words[2]; and contains -- $words[2] $argv
end

# __azfan_ask ARGUMENTS...: what the azfan on the command line says to that. It is silent when it fails.
function __azfan_ask
    set -l words (commandline -opc)
    set -l program (string replace -r '^~/' "$HOME/" -- $words[1])
    type -q -- $program; or return
    $program $argv 2>/dev/null </dev/null
end

# The first word that is neither an option nor an option's value: the job or the run.
function __azfan_argument
    set -l words (commandline -opc)
    set -l takes -c --concurrency --timeout --script-timeout --deadline --batches --max-failures --retry --confirm --client --identity \
        --limit --exclude --set --az --run-dir --run-id --report --format --output --ignore --progress --color --inject --seed --speed --only \
        --targets -g --resource-group --subscription --script --shell -n --last --older --keep
    set -l is_value 0
    for word in $words[3..-1]
        if test $is_value = 1
            set is_value 0
        else if contains -- $word $takes
            set is_value 1
        else if not string match -q -- '-*' $word
            string replace -r '^~/' "$HOME/" -- $word
            return 0
        end
    end
    return 1
end

function __azfan_needs_argument
    __azfan_is $argv; and not __azfan_argument >/dev/null
end

function __azfan_targets
    set -l job (__azfan_argument); or return
    __azfan_ask targets --names -- $job
end

# The word that is being typed, without its option and quotes.
function __azfan_word
    commandline -ct | string replace -r '^--[a-z-]+=' '' | string trim -c '\'"'
end

# __azfan_selectors [SUFFIX]: VMs, one more behind a comma or a "!", or behind a "@" files.
function __azfan_selectors
    set -l word (__azfan_word)
    set -l before (string match -r '^(?:.*,)?' -- "$word")
    set -l last (string replace -r '^.*,' '' -- "$word")
    if string match -q -- '@*' "$last"
        set -l file (string sub -s 2 -- "$last")
        set -l files (complete -C"__fish_command_without_completions $file" | string replace -r '\t.*' '')
        set -q files[1]; and printf '%s\n' $before@$files
        return
    end
    set -l targets (__azfan_targets)
    set -l no (string match -r '^!?' -- "$last")
    set -q targets[1]; and printf '%s\n' $before$no$targets"$argv[1]"
end

function __azfan_runs
    echo latest
    __azfan_ask runs -q | string replace -r ' .*' ''
    __fish_complete_directories
end

# SELECTORS=FAULT
function __azfan_injections
    set -l faults hang stubborn slow crash exit script_timeout no_trailer reboot garbage busy throttled not_running \
        not_found forbidden login network agent extension
    set -l word (__azfan_word)
    if string match -q -- '*=*' $word
        set -l pattern (string replace -r '=.*' '' -- $word)
        printf '%s\n' $pattern=$faults
    else
        __azfan_selectors =
    end
end

# __azfan_files SUFFIX...: files that end so, and folders.
function __azfan_files
    # As fish itself completes a word: with its quotes, ~ and variables.
    set -l word (commandline -ct | string replace -r '^--[a-z-]+=' '')
    complete -C"__fish_command_without_completions $word" |
        string match -r '^.*(?:/|\.(?:'(string join '|' $argv)'))(?:\t.*)?$'
end

complete -c azfan -f

complete -c azfan -n __fish_use_subcommand -a run -d 'Run the job on its targets'
complete -c azfan -n __fish_use_subcommand -a rehearse -d 'The same run against a simulated Azure'
complete -c azfan -n __fish_use_subcommand -a exec -d 'Run a command or a script without a job file'
complete -c azfan -n __fish_use_subcommand -a plan -d 'Show what run would do, and start nothing'
complete -c azfan -n __fish_use_subcommand -a check -d 'Validate job files, or all those in a folder'
complete -c azfan -n __fish_use_subcommand -a targets -d 'Show the selected targets'
complete -c azfan -n __fish_use_subcommand -a report -d 'Show a past run again'
complete -c azfan -n __fish_use_subcommand -a rerun -d 'Rerun the targets of a past run that are not ok'
complete -c azfan -n __fish_use_subcommand -a recover -d 'Ask Azure what became of a past run'
complete -c azfan -n __fish_use_subcommand -a runs -d 'List past runs, newest first'
complete -c azfan -n __fish_use_subcommand -a watch -d 'Show a run that goes on elsewhere'
complete -c azfan -n __fish_use_subcommand -a stop -d 'End a run that goes on elsewhere'
complete -c azfan -n __fish_use_subcommand -a prune -d 'Delete old runs'
complete -c azfan -n __fish_use_subcommand -a schema -d 'Print the JSON Schema of job files'
complete -c azfan -n __fish_use_subcommand -a mk -d 'Print where azfan.mk is, for make'
complete -c azfan -n __fish_use_subcommand -a help -d 'Show the help'
complete -c azfan -n __fish_use_subcommand -a version -d 'Show the version'

complete -c azfan -n '__azfan_needs_argument run rehearse plan targets runs' -a '(__azfan_files yaml yml)'
complete -c azfan -n '__azfan_is check' -a '(__azfan_files yaml yml)'
complete -c azfan -n '__azfan_needs_argument report rerun recover watch stop' -a '(__azfan_runs)'
complete -c azfan -n '__azfan_needs_argument help' \
    -a 'run rehearse exec plan check targets report rerun recover runs watch stop prune schema mk help version'

set -l is '__azfan_is run rehearse exec rerun plan targets'
complete -c azfan -n $is -l limit -x -a '(__azfan_selectors)' -d 'Only these targets'
complete -c azfan -n $is -l exclude -x -a '(__azfan_selectors)' -d 'Not these targets'

set -l is '__azfan_is run rehearse exec rerun recover plan targets'
complete -c azfan -n $is -l az -r -F -d 'The az to use'

set -l is '__azfan_is run rehearse exec plan targets'
complete -c azfan -n $is -l targets -r -F -d 'The VMs that a file lists, instead of the job\'s'

complete -c azfan -n '__azfan_is check' -l list -d 'Only list them, with their descriptions'
complete -c azfan -n '__azfan_is plan' -l guard -d 'Print the script as it is sent'

set -l is '__azfan_is targets'
complete -c azfan -n $is -l names -d 'One name per line'
complete -c azfan -n $is -l ids -d 'One full id per line'

set -l is '__azfan_is run rehearse exec rerun recover plan'
complete -c azfan -n $is -l identity -x -a 'az managed workload environment' -d 'Whose token rest has'
complete -c azfan -n $is -s c -l concurrency -x -d 'Run so many attempts at once'

set -l is '__azfan_is run rehearse exec rerun plan'
complete -c azfan -n $is -l timeout -x -d 'Give each attempt this long (220s, 3m40s)'
complete -c azfan -n $is -l deadline -x -d 'Stop the whole run after this long'
complete -c azfan -n $is -l script-timeout -x -d 'Stop the script on the VM after this long'
complete -c azfan -n $is -l batches -x -d 'In batches of these sizes: 1, 10%, or 1,10%'
complete -c azfan -n $is -l max-failures -x -d 'Start nothing more once more have failed'
complete -c azfan -n $is -l retry -x -d 'Try a target so many times more'
complete -c azfan -n $is -l confirm -x -d 'Ask only when there are more targets'
complete -c azfan -n $is -l client -x -a 'az rest' -d 'What asks Azure'

set -l is '__azfan_is run rehearse rerun recover plan'
complete -c azfan -n $is -l set -x -d 'Set a parameter of the script'

set -l is '__azfan_is exec'
complete -c azfan -n $is -s g -l resource-group -x -d 'The resource group of targets that name none'
complete -c azfan -n $is -l subscription -x -d 'Their subscription'
complete -c azfan -n $is -l script -r -F -d 'Run this script'
complete -c azfan -n $is -l shell -x -a 'sh powershell' -d 'What runs it'

set -l is '__azfan_is run rehearse exec rerun recover'
complete -c azfan -n $is -l run-dir -x -a '(__fish_complete_directories)' -d 'Keep the run in a folder'
complete -c azfan -n $is -l run-id -x -d 'Call the run so'

set -l is '__azfan_is run rehearse exec rerun'
complete -c azfan -n $is -l overlap -d 'Run even if another run has some of these VMs'
complete -c azfan -n $is -s y -l yes -d 'Do not ask whether to go on'

set -l is '__azfan_is run rehearse exec rerun recover watch stop'
complete -c azfan -n $is -l progress -x -a 'auto live plain json none' -d 'How the run is shown'
complete -c azfan -n $is -s v -l verbose -d 'Show what each VM printed'

set -l is '__azfan_is run rehearse exec rerun recover report'
complete -c azfan -n $is -l report -x -a '(__azfan_files json txt xml csv md html)' -d 'Write a report'
complete -c azfan -n $is -l format -x -a 'json txt xml csv md html' -d 'Of reports without a suffix'

set -l is '__azfan_is run rehearse exec rerun recover report watch stop'
complete -c azfan -n $is -l output -x -a 'grouped lines each none' -d 'How what VMs printed is shown'
complete -c azfan -n $is -l ignore -x -d 'Leave out what always differs'
complete -c azfan -n $is -l color -x -a 'auto always never' -d 'When to use colours'

set -l is '__azfan_is run rehearse exec rerun recover check report runs watch stop'
complete -c azfan -n $is -s q -l quiet -d 'Say less'

set -l is '__azfan_is runs'
complete -c azfan -n $is -s n -l last -x -d 'Only so many, the newest'
complete -c azfan -n $is -l failed -d 'Only those in which not all went well'
complete -c azfan -n $is -l json -d 'One JSON object per line'

complete -c azfan -n '__azfan_is stop' -l now -d 'Stop what runs as well'

set -l is '__azfan_is prune'
complete -c azfan -n $is -l older -x -d 'Runs that ended longer ago than this (90d, 12h)'
complete -c azfan -n $is -l keep -x -d 'But none of so many, the newest'
complete -c azfan -n $is -s y -l yes -d 'Do not ask before they are deleted'

set -l is '__azfan_is rerun recover prune'
complete -c azfan -n $is -l dry-run -d 'Say what would be done, and do nothing'

set -l is '__azfan_is rehearse rerun'
complete -c azfan -n $is -l inject -x -a '(__azfan_injections)' -d 'Let targets fail: SELECTORS=FAULT'
complete -c azfan -n $is -l seed -x -d 'Another rehearsal'
complete -c azfan -n $is -l speed -x -d 'So many times as fast'
complete -c azfan -n $is -l execute -d 'Really run the script, on this machine'

set -l is '__azfan_is rerun'
complete -c azfan -n $is -l only -x -a '(__fish_append , failed timeout error unknown cancelled skipped)' \
    -d 'Only these outcomes'
complete -c azfan -n '__azfan_is rerun recover' -l changed -d 'Go on though something has changed'
complete -c azfan -n $is -l now -d 'Do not wait for scripts that may still be running'
complete -c azfan -n $is -l again -d 'Also run scripts that may have run before'

complete -c azfan -n 'not __azfan_is help' -s h -l help -d 'Show the help'
complete -c azfan -n 'not __azfan_is help' -l version -d 'Show the version'
