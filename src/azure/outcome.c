/* SPDX-License-Identifier: MIT */
#include "azure/outcome.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define BIT(kind) (1U << (kind))

static const char *const kind_names[OUTCOME_KINDS] = {
    [OUTCOME_OK] = "ok",           [OUTCOME_FAILED] = "failed",   [OUTCOME_TIMEOUT] = "timeout",
    [OUTCOME_ERROR] = "error",     [OUTCOME_UNKNOWN] = "unknown", [OUTCOME_CANCELLED] = "cancelled",
    [OUTCOME_SKIPPED] = "skipped",
};

static const char *const script_names[] = {
    [SCRIPT_NOT_STARTED] = "no", [SCRIPT_MAY_HAVE_STARTED] = "maybe", [SCRIPT_STARTED] = "yes"};

/* Every reason: its name, the kinds it goes with, and what to do about it. */
static const struct {
    const char *name;
    unsigned kinds;
    const char *advice;
} reasons[REASONS] = {
    [REASON_NONE] = {"", BIT(OUTCOME_OK), ""},
    [REASON_EXIT] = {"exit", BIT(OUTCOME_FAILED),
                     "Read what the script wrote. It ran to its end, so repeating it is the "
                     "script's business."},
    [REASON_SIGNAL] = {"signal",
                       BIT(OUTCOME_FAILED) | BIT(OUTCOME_CANCELLED) | BIT(OUTCOME_SKIPPED),
                       "A signal ended the script on the VM; after SIGKILL look for the "
                       "out-of-memory killer with `journalctl -k`."},
    [REASON_SCRIPT] = {"script", BIT(OUTCOME_TIMEOUT),
                       "The script was stopped on the VM after script_timeout, perhaps half-way "
                       "through. The VM is free: look at its state, raise script_timeout if the "
                       "work needs longer, and rerun."},
    [REASON_AZ] = {"az", BIT(OUTCOME_TIMEOUT),
                   "The script may still be running on the VM, which refuses other run-commands "
                   "until it ends. Look there before a rerun; if this happens often, raise "
                   "timeout or lower script_timeout."},
    [REASON_BUSY] = {"busy", BIT(OUTCOME_ERROR),
                     "Another run-command or operation is active on the VM. Wait for it and rerun; "
                     "if it never ends, `az vm run-command invoke --command-id "
                     "RemoveRunCommandLinuxExtension` (or …WindowsExtension) clears it."},
    [REASON_THROTTLED] = {"throttled", BIT(OUTCOME_ERROR),
                          "Azure limits requests per subscription and region. Lower concurrency, "
                          "wait a few minutes and rerun."},
    [REASON_NOT_RUNNING] = {"not_running", BIT(OUTCOME_ERROR),
                            "Start the VM (`az vm start`) and rerun, or exclude it from the job."},
    [REASON_NOT_FOUND] = {"not_found", BIT(OUTCOME_ERROR),
                          "Compare name, resource group and subscription in the job with `az vm "
                          "list`; the VM may have been deleted."},
    [REASON_FORBIDDEN] = {"forbidden", BIT(OUTCOME_ERROR),
                          "The account needs Microsoft.Compute/virtualMachines/runCommand/action "
                          "on the VM (Virtual Machine Contributor has it), and no read-only lock "
                          "may be in the way."},
    [REASON_LOGIN] = {"login", BIT(OUTCOME_ERROR) | BIT(OUTCOME_SKIPPED),
                      "Run `az login`, check with `az account show`, and rerun."},
    [REASON_NETWORK] = {"network", BIT(OUTCOME_ERROR),
                        "This machine could not reach Azure. Check DNS, proxy and firewall, then "
                        "rerun."},
    [REASON_AGENT] = {"agent", BIT(OUTCOME_ERROR),
                      "The VM's agent does not answer. See its status with `az vm "
                      "get-instance-view`, restart the agent or the VM, and look whether the "
                      "script ran before a rerun."},
    [REASON_EXTENSION] = {"extension", BIT(OUTCOME_ERROR),
                          "The run-command extension on the VM failed. Its log is in "
                          "/var/log/azure/run-command (Linux) or C:\\WindowsAzure\\Logs\\Plugins "
                          "(Windows)."},
    [REASON_AZ_BROKEN] = {"az_broken", BIT(OUTCOME_ERROR),
                          "The Azure CLI on this machine does not work. Try `az version` and the "
                          "command of `azfan plan` by hand."},
    [REASON_START] = {"start", BIT(OUTCOME_ERROR),
                      "az could not be started here: the message says why. Nothing ran on the VM; "
                      "rerun when it is mended."},
    [REASON_OTHER] = {"other", BIT(OUTCOME_ERROR),
                      "Read the message and what az wrote. Look on the VM whether the script ran "
                      "before a rerun."},
    [REASON_NO_TRAILER] = {"no_trailer", BIT(OUTCOME_UNKNOWN),
                           "Nobody can say how far the script came. Look on the VM; on Linux what "
                           "it wrote is below /var/lib/waagent/run-command/download."},
    [REASON_INTERRUPTED] = {"interrupted", BIT(OUTCOME_UNKNOWN),
                            "The VM, its agent or azfan itself was ended while the script ran. "
                            "Look how far it came before a rerun."},
    [REASON_ANSWER] = {"answer", BIT(OUTCOME_UNKNOWN),
                       "az ended well, but its answer cannot be read. Look on the VM whether the "
                       "script ran, and try the command of `azfan plan` by hand."},
    [REASON_HALTED] = {"halted", BIT(OUTCOME_CANCELLED) | BIT(OUTCOME_SKIPPED),
                       "The run stopped before it came to this target. Mend what stopped it, then "
                       "`azfan rerun`."},
    [REASON_DEADLINE] = {"deadline", BIT(OUTCOME_CANCELLED) | BIT(OUTCOME_SKIPPED),
                         "The run's deadline passed first. Raise deadline or concurrency, then "
                         "`azfan rerun`."},
};

/* Where a reason goes with several kinds and needs another word for one of them. */
static const struct {
    enum outcome_kind kind;
    enum outcome_reason reason;
    const char *advice;
} special[] = {
    {OUTCOME_CANCELLED, REASON_SIGNAL,
     "The run was stopped while az waited for this target. The script may still be running on the "
     "VM, which refuses other run-commands until it ends."},
    {OUTCOME_CANCELLED, REASON_DEADLINE,
     "The run's deadline passed while az waited for this target. The script may still be running "
     "on the VM, which refuses other run-commands until it ends."},
    {OUTCOME_CANCELLED, REASON_HALTED,
     "The run was halted while az waited for this target. The script may still be running on the "
     "VM, which refuses other run-commands until it ends."},
    {OUTCOME_SKIPPED, REASON_SIGNAL,
     "The run was stopped before it came to this target. Go on with `azfan rerun`."},
    {OUTCOME_SKIPPED, REASON_LOGIN,
     "The login broke before the run came to this target. Run `az login`, then `azfan rerun`."},
};

const enum outcome_kind outcome_urgency[OUTCOME_KINDS] = {
    OUTCOME_UNKNOWN,   OUTCOME_ERROR,   OUTCOME_TIMEOUT, OUTCOME_FAILED,
    OUTCOME_CANCELLED, OUTCOME_SKIPPED, OUTCOME_OK};

const char *outcome_name(enum outcome_kind kind)
{
    return kind_names[kind];
}

const char *outcome_reason_name(enum outcome_reason reason)
{
    return reasons[reason].name;
}

enum outcome_kind outcome_find_kind(const char *name)
{
    int kind = 0;

    while (kind < OUTCOME_KINDS && strcmp(kind_names[kind], name) != 0)
        kind++;
    return (enum outcome_kind)kind;
}

enum outcome_reason outcome_find_reason(const char *name)
{
    int reason = 0;

    while (reason < REASONS && strcmp(reasons[reason].name, name) != 0)
        reason++;
    return (enum outcome_reason)reason;
}

const char *outcome_script_name(enum outcome_script script)
{
    return script_names[script];
}

int outcome_find_script(const char *name)
{
    for (int i = SCRIPT_NOT_STARTED; i <= SCRIPT_STARTED; i++) {
        if (strcmp(script_names[i], name) == 0)
            return i;
    }
    return -1;
}

bool outcome_is_valid(enum outcome_kind kind, enum outcome_reason reason)
{
    return (reasons[reason].kinds & BIT(kind)) != 0;
}

bool outcome_has_streams(enum outcome_kind kind, enum outcome_reason reason)
{
    if (kind != OUTCOME_ERROR)
        return true;
    return reason == REASON_OTHER || reason == REASON_AZ_BROKEN || reason == REASON_EXTENSION ||
           reason == REASON_AGENT;
}

const char *outcome_advice(enum outcome_kind kind, enum outcome_reason reason)
{
    for (size_t i = 0; i < sizeof special / sizeof special[0]; i++) {
        if (special[i].kind == kind && special[i].reason == reason)
            return special[i].advice;
    }
    return reasons[reason].advice;
}

void outcome_done(struct outcome *outcome)
{
    free(outcome->message);
    outcome->message = NULL;
}
