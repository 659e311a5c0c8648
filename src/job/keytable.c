/* SPDX-License-Identifier: MIT */
#include "job/keytable.h"

#include <inttypes.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/number.h"
#include "job/job.h"
#include "job/limits.h"

enum { KIB = 1024, MIB = 1024 * KIB };

static const char *const shells[] = {[JOB_SH] = "sh", [JOB_POWERSHELL] = "powershell", NULL};
static const char *const clients[] = {[JOB_AZ] = "az", [JOB_REST] = "rest", NULL};
static const char *const identities[] = {[JOB_IDENTITY_AZ] = "az",
                                         [JOB_IDENTITY_MANAGED] = "managed",
                                         [JOB_IDENTITY_WORKLOAD] = "workload",
                                         [JOB_IDENTITY_ENVIRONMENT] = "environment",
                                         NULL};
static const char *const halts[] = {[JOB_DRAIN] = "drain", [JOB_STOP] = "stop", NULL};

/* What readers check by their own means; a test holds these against them. */
#define IDENTIFIER   "[A-Za-z_][A-Za-z0-9_]*"
#define JOB_NAME     "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$"
#define GROUP        "^([A-Za-z0-9_.()-]|[^\\u0000-\\u007f]){0,89}([A-Za-z0-9_()-]|[^\\u0000-\\u007f])$"
#define SUBSCRIPTION "^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$"
#define SPAN         "[0-9]{1,9}(-[0-9]{1,9})?"
#define BRACKETS     "\\[" SPAN "(," SPAN ")*\\]"
#define VM           "^(/.+|([A-Za-z0-9_.-]|" BRACKETS ")+)$"
#define GLOB         "([A-Za-z0-9_.*?-]|" BRACKETS ")+"
#define GROUPS       "([^/,! \\[\\]]|" BRACKETS ")+/"
#define SELECTOR     " *(/[^,]+|([0-9A-Fa-f-]{36}/)?(" GROUPS ")?" GLOB ") *"
#define SELECTORS    "^" SELECTOR "(," SELECTOR ")*$"
#define PORT         "(:[0-9]*)?/?$"
#define CLOUD                                                                                      \
    "^(Azure(Cloud|USGovernment|ChinaCloud)$|https://[^/?#@\\\\ \\t\\r\\n]+/?$|"                   \
    "http://(localhost|127\\.0\\.0\\.1|\\[::1\\])" PORT ")"

/* One of a path's names, but "." and "..", and the whole path. */
#define FILE_NAME "(?!\\.{1,2}(/|$))[^/\\\\:;\\u0000-\\u001f\\u007f]+"
#define FILE_PATH "^" FILE_NAME "(/" FILE_NAME ")*$"

const char keytable_vm_pattern[] = VM;
const char keytable_parameter_pattern[] = "^" IDENTIFIER "$";

const struct keytable_row keytable[KEYTABLE_COUNT] = {
    [KEY_VERSION] = {KEYTABLE_TOP, "version", KIND_NUMBER, .required = true, .least = 1,
                     .most = INT32_MAX, .help = "The version of the job file's form: 1."},
    [KEY_NAME] = {KEYTABLE_TOP, "name", KIND_TEXT, .required = true, .pattern = JOB_NAME,
                  .help = "What runs of this job are called: 1 to 64 letters, digits and - _ . "
                          "(and no - or . in front)."},
    [KEY_DESCRIPTION] = {KEYTABLE_TOP, "description", KIND_TEXT, .help = "One line for people."},
    [KEY_RUNBOOK] = {KEYTABLE_TOP, "runbook", KIND_TEXT,
                     .help =
                         "Text or a link, shown to the person on call when something has failed."},
    [KEY_SCRIPT] = {KEYTABLE_TOP, "script", KIND_MAPPING, .required = true,
                    .holds = KEYTABLE_SCRIPT,
                    .help = "What is run on the VMs: either file or inline."},
    [KEY_TARGETS] = {KEYTABLE_TOP, "targets", KIND_MAPPING, .required = true,
                     .holds = KEYTABLE_TARGETS,
                     .help = "The VMs: at least one of vms and file. A VM that is named twice runs "
                             "once."},
    [KEY_CONCURRENCY] =
        {KEYTABLE_TOP, "concurrency", KIND_NUMBER, .least = 1, .most = 1000,
         .normal = LIMITS_AZ_CONCURRENCY,
         .help = "How many attempts run at once. One az takes about " LIMITS_AZ_MEMORY_TEXT
                 " of memory. With client: rest the default is 100, of " LIMITS_REST_MEMORY_TEXT
                 " each."},
    [KEY_TIMEOUT] = {KEYTABLE_TOP, "timeout", KIND_DURATION, .least = 100 * NUMBER_MILLISECOND,
                     .most = 24 * NUMBER_HOUR, .normal = 220 * NUMBER_SECOND,
                     .help = "How long one attempt may take. Then az is stopped here; the script "
                             "may still run on the VM."},
    [KEY_SCRIPT_TIMEOUT] =
        {KEYTABLE_TOP, "script_timeout", KIND_DURATION, .least = 100 * NUMBER_MILLISECOND,
         .most = NUMBER_LONGEST,
         .help = "How long the script may run on the VM. Then it is stopped "
                 "there. Not longer than timeout and " LIMITS_REQUEST_TEXT
                 "; without it timeout less " LIMITS_OVERHEAD_TEXT
                 ", but at least half of timeout and at most " LIMITS_SCRIPT_TIME_TEXT "."},
    [KEY_SCRIPT_GRACE] = {KEYTABLE_TOP, "script_grace", KIND_DURATION, .most = 10 * NUMBER_MINUTE,
                          .normal = JOB_SCRIPT_GRACE,
                          .help = "How long a script that is stopped on the VM has to end in good "
                                  "order: from TERM to KILL. What is above 5 seconds is taken "
                                  "off script_timeout's default; together they must not be "
                                  "longer than timeout."},
    [KEY_DEADLINE] = {KEYTABLE_TOP, "deadline", KIND_DURATION, .least = NUMBER_SECOND,
                      .most = NUMBER_LONGEST,
                      .help = "How long the whole run may take. Then nothing more is started, and "
                              "what runs is stopped. Without it there is no limit."},
    [KEY_KILL_GRACE] = {KEYTABLE_TOP, "kill_grace", KIND_DURATION, .most = 60 * NUMBER_SECOND,
                        .normal = 2 * NUMBER_SECOND,
                        .help = "From SIGINT to SIGKILL when az is stopped; 0s goes straight to "
                                "SIGKILL."},
    [KEY_RETRY] = {KEYTABLE_TOP, "retry", KIND_MAPPING, .holds = KEYTABLE_RETRY,
                   .help = "When and how often a target is tried again; {} for all defaults. "
                           "Without it nothing is. Only an attempt after which the script has "
                           "certainly not started is repeated, unless idempotent is true."},
    [KEY_IDEMPOTENT] = {KEYTABLE_TOP, "idempotent", KIND_BOOLEAN, .most = 1,
                        .help = "The script may run twice on a VM and do no harm. Then attempts "
                                "are repeated as well after which it has started, or may have."},
    [KEY_BATCHES] = {KEYTABLE_TOP, "batches", KIND_SHARES, .least = 1, .most = JOB_TARGETS_MOST,
                     .help = "The sizes of successive batches of targets: a count, a percentage of "
                             "all, or a list of these, of which the last repeats. Without it all "
                             "are one batch."},
    [KEY_PAUSE_BETWEEN] = {KEYTABLE_TOP, "pause_between", KIND_DURATION, .most = 24 * NUMBER_HOUR,
                           .help = "How long to wait between two batches. Needs batches."},
    [KEY_MAX_FAILURES] = {KEYTABLE_TOP, "max_failures", KIND_SHARE, .most = JOB_TARGETS_MOST,
                          .help =
                              "How many targets may fail: with more, nothing more is started. A "
                              "count is of the run; a percentage of the run and of each batch, "
                              "rounded down. Without it a batch of which nothing is ok halts "
                              "the run; 100% goes on whatever happens."},
    [KEY_ON_HALT] = {KEYTABLE_TOP, "on_halt", KIND_WORD, .normal = JOB_DRAIN, .words = halts,
                     .help = "What becomes of the attempts still running when max_failures halts "
                             "the run: drain lets them end, stop stops them."},
    [KEY_CONFIRM] = {KEYTABLE_TOP, "confirm", KIND_NUMBER, .most = JOB_TARGETS_MOST,
                     .help =
                         "More targets than this are not run without a yes: on a terminal azfan "
                         "asks, elsewhere it needs --yes. Up to this many run without one. Without "
                         "this key azfan asks on every terminal, and never elsewhere."},
    [KEY_OUTPUT_LIMIT] = {KEYTABLE_TOP, "output_limit", KIND_SIZE, .least = KIB,
                          .most = INT64_C(64) * MIB, .normal = MIB,
                          .help = "What is kept of each stream of an attempt: the first and the "
                                  "last half."},
    [KEY_AZ] = {KEYTABLE_TOP, "az", KIND_TEXT, .normal_text = "az",
                .help = "The Azure CLI's program. --az and AZFAN_AZ go before it."},
    [KEY_CLIENT] = {KEYTABLE_TOP, "client", KIND_WORD, .normal = JOB_AZ, .words = clients,
                    .help = "What asks Azure to run the script: az, or rest, a program of azfan's "
                            "own that is a hundred times lighter. --client and AZFAN_CLIENT go "
                            "before it."},
    [KEY_IDENTITY] = {KEYTABLE_TOP, "identity", KIND_WORD, .normal = JOB_IDENTITY_AZ,
                      .words = identities,
                      .help = "With client: rest, whose token it has: that of az's login, the "
                              "machine's managed identity, an application's by workload identity "
                              "federation, or by AZURE_CLIENT_SECRET in the environment. With all "
                              "but az no az is needed. --identity and AZFAN_IDENTITY go before "
                              "it."},
    [KEY_CLOUD] = {KEYTABLE_TOP, "cloud", KIND_TEXT, .pattern = CLOUD,
                   .help = "With client: rest, which Azure is meant: AzureCloud, "
                           "AzureUSGovernment, AzureChinaCloud, or the https:// URL of a resource "
                           "manager. Without it the one that az is set to, or without az "
                           "AzureCloud."},
    [KEY_SCRIPT_FILE] = {KEYTABLE_SCRIPT, "file", KIND_TEXT,
                         .help = "The script's file, relative to the job file."},
    [KEY_SCRIPT_INLINE] = {KEYTABLE_SCRIPT, "inline", KIND_TEXT, .help = "The script's text."},
    [KEY_SCRIPT_SHELL] = {KEYTABLE_SCRIPT, "shell", KIND_WORD, .normal = JOB_SH, .words = shells,
                          .help = "sh for Linux VMs, where the script runs under its own #! line "
                                  "if it has one; powershell for Windows VMs."},
    [KEY_SCRIPT_PARAMETERS] = {KEYTABLE_SCRIPT, "parameters", KIND_PARAMETERS,
                               .help =
                                   "Names and values: environment variables of the script (sh), "
                                   "or for its param(), else variables (powershell). {env: "
                                   "NAME} is a secret from azfan's own environment."},
    [KEY_SCRIPT_ARGS] = {KEYTABLE_SCRIPT, "args", KIND_ARGUMENTS,
                         .help = "Positional arguments of the script, in their order: \"$@\" (sh), "
                                 "or its param() by position, what is left in $args "
                                 "(powershell). {env: NAME} is a secret. On the command line "
                                 "others may be given after --."},
    [KEY_SCRIPT_OK_STATUS] = {KEYTABLE_SCRIPT, "ok_status", KIND_STATUSES, .least = INT32_MIN,
                              .most = INT32_MAX,
                              .help = "The statuses of the script that count as ok, 1 to 16, and "
                                      "no others: 0 counts only if it is listed. From 0 to 255 "
                                      "for sh. Without it 0 alone."},
    [KEY_SCRIPT_FILES] = {KEYTABLE_SCRIPT, "files", KIND_FILES, .pattern = FILE_PATH,
                          .help =
                              "More files, 1 to 100, relative to the job file, in no folder above "
                              "it: they are beside the script on the VM, with their relative paths "
                              "and executable bits. AZFAN_FILES has the folder, then each path."},
    [KEY_TARGETS_SUBSCRIPTION] = {KEYTABLE_TARGETS, "subscription", KIND_TEXT,
                                  .pattern = SUBSCRIPTION,
                                  .help = "The id of the subscription of targets that name none. "
                                          "Without it az's own."},
    [KEY_TARGETS_RESOURCE_GROUP] = {KEYTABLE_TARGETS, "resource_group", KIND_TEXT, .pattern = GROUP,
                                    .help = "The resource group of targets that name none; every "
                                            "target needs one."},
    [KEY_TARGETS_VMS] = {KEYTABLE_TARGETS, "vms", KIND_VMS,
                         .help = "Names, ranges such as web-[01-30] or db-[1,3,7-9], full ARM ids, "
                                 "or mappings of name, resource_group, subscription, "
                                 "parameters and args."},
    [KEY_TARGETS_FILE] = {KEYTABLE_TARGETS, "file", KIND_TEXT,
                          .help = "A file with one name, range or id a line, relative to the job "
                                  "file; # starts a comment; - is standard input."},
    [KEY_TARGETS_LIST] = {KEYTABLE_TARGETS, "list", .kind = KIND_LATER},
    [KEY_TARGETS_QUERY] = {KEYTABLE_TARGETS, "query", .kind = KIND_LATER},
    [KEY_TARGETS_EXCLUDE] = {KEYTABLE_TARGETS, "exclude", KIND_PATTERNS, .pattern = SELECTORS,
                             .help =
                                 "VMs that are left out: names, ranges, globs, GROUP/NAME or full "
                                 "ids. Each must mean one; a glob need not."},
    [KEY_TARGETS_EXPECT] = {KEYTABLE_TARGETS, "expect", .kind = KIND_LATER},
    [KEY_RETRY_ATTEMPTS] = {KEYTABLE_RETRY, "attempts", KIND_NUMBER, .least = 1, .most = 100,
                            .normal = 3,
                            .help = "How many attempts a target gets in all, with the first one."},
    [KEY_RETRY_DELAY] = {KEYTABLE_RETRY, "delay", KIND_DURATION, .most = 24 * NUMBER_HOUR,
                         .normal = 30 * NUMBER_SECOND,
                         .help = "How long to wait before the second attempt."},
    [KEY_RETRY_FACTOR] = {KEYTABLE_RETRY, "factor", KIND_NUMBER, .least = 1, .most = 10,
                          .normal = 2,
                          .help = "By how much the delay grows from one attempt to the next."},
    [KEY_RETRY_MAX_DELAY] = {KEYTABLE_RETRY, "max_delay", KIND_DURATION, .most = 24 * NUMBER_HOUR,
                             .normal = 5 * NUMBER_MINUTE,
                             .help =
                                 "The longest that the delay grows to; not shorter than delay."},
    [KEY_RETRY_ON] = {KEYTABLE_RETRY, "on", KIND_REASONS,
                      .help =
                          "A reason or a list of reasons, each once: which outcomes are repeated. "
                          "azfan(1), OUTCOMES, says what they mean; azfan-job(5), which of "
                          "them need idempotent."},
    [KEY_VM_NAME] = {KEYTABLE_VM, "name", KIND_TEXT, .required = true, .pattern = VM,
                     .help = "A name, a range such as web-[01-30], or a full ARM id."},
    [KEY_VM_RESOURCE_GROUP] = {KEYTABLE_VM, "resource_group", KIND_TEXT, .pattern = GROUP,
                               .help = "Its resource group; not beside a full id."},
    [KEY_VM_SUBSCRIPTION] = {KEYTABLE_VM, "subscription", KIND_TEXT, .pattern = SUBSCRIPTION,
                             .help = "The id of its subscription; not beside a full id."},
    [KEY_VM_PARAMETERS] = {KEYTABLE_VM, "parameters", KIND_PARAMETERS,
                           .help = "Its own parameters, over the script's."},
    [KEY_VM_ARGS] = {KEYTABLE_VM, "args", KIND_ARGUMENTS,
                     .help = "Its own arguments, instead of the script's."},
    [KEY_SECRET_ENV] = {KEYTABLE_SECRET, "env", KIND_TEXT, .required = true,
                        .pattern = "^" IDENTIFIER "$",
                        .help = "The variable of azfan's environment that holds the secret."},
};

void keytable_print_amount(struct buffer *buffer, enum keytable_kind kind, int64_t amount)
{
    if (kind == KIND_DURATION)
        number_print_exact_duration(buffer, amount);
    else if (kind == KIND_NUMBER)
        buffer_print(buffer, "%" PRId64, amount);
    else if (amount % MIB == 0)
        buffer_print(buffer, "%" PRId64 "MiB", amount / MIB);
    else
        buffer_print(buffer, "%" PRId64 "KiB", amount / KIB);
}
