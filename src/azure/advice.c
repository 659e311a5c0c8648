/* SPDX-License-Identifier: MIT */
#include "azure/advice.h"

#include <stddef.h>

#include "job/job.h"
#include "job/limits.h"

/* Where the script has not started, and where it may have; NULL: likewise. */
struct advice {
    const char *untouched;
    const char *touched;
};

#define CLEARS                                                                                     \
    "if it never ends, `az vm run-command invoke --command-id RemoveRunCommandLinuxExtension` "    \
    "(or …WindowsExtension) clears it."
#define LOOK "First check on the VM whether the script ran"

static const struct advice reasons[REASONS] = {
    [REASON_NONE] = {"", NULL},
    [REASON_EXIT] =
        {"The script failed: read its output. Rerun it only if it may safely run twice.", NULL},
    [REASON_SIGNAL] = {"A signal ended the script on the VM; after SIGKILL, look for the "
                       "out-of-memory killer with `journalctl -k`.",
                       NULL},
    [REASON_SCRIPT] =
        {"The VM is free, and the script perhaps half-way through: check its state first, raise "
         "script_timeout if the work needs longer, and rerun.",
         NULL},
    [REASON_AZ] =
        {"Until the script there ends, the VM refuses other run-commands: check it before "
         "a rerun. If this happens often, raise timeout or lower script_timeout.",
         NULL},
    [REASON_BUSY] = {"Another run-command is active on the VM. Wait for it and rerun; " CLEARS,
                     "Another run-command is active on the VM, perhaps this very script. Check the "
                     "VM first, wait for it and rerun; " CLEARS},
    [REASON_THROTTLED] = {"Azure limits requests per subscription and region. Lower concurrency, "
                          "wait a few minutes and rerun.",
                          "Azure limits requests per subscription and region, and the script may "
                          "have run. Check the VM first, lower concurrency, wait a few minutes "
                          "and rerun."},
    [REASON_NOT_RUNNING] = {"Start the VM (`az vm start`) and rerun, or exclude it from the job.",
                            "Start the VM (`az vm start`) or exclude it from the job. If it was "
                            "stopped in the middle of the run, the script may have run: check the "
                            "VM first, then rerun."},
    [REASON_NOT_FOUND] = {"Compare name, resource group and subscription in the job with `az vm "
                          "list`; the VM may have been deleted.",
                          "Compare name, resource group and subscription in the job with `az vm "
                          "list`; the VM may have been deleted, perhaps while the script ran. "
                          "If it exists, check the VM first, before a rerun."},
    [REASON_FORBIDDEN] =
        {"The account needs Microsoft.Compute/virtualMachines/runCommand/action on the VM (Virtual "
         "Machine Contributor has it); a new role takes a few minutes to take effect.",
         "The account lacks the permission that the message names, perhaps only the one to read "
         "the result: the "
         "script may have run. " LOOK ", have the permission assigned, and rerun."},
    [REASON_LOGIN] = {"Run `az login`, check with `az account show`, and rerun.",
                      "Run `az login` and check with `az account show`. The login may have ended "
                      "while the script ran, and it may still run: check the VM first, then "
                      "rerun."},
    [REASON_NETWORK] = {"This machine could not reach Azure. Check DNS, proxy and firewall, then "
                        "rerun.",
                        "This machine lost its connection to Azure, perhaps while the script ran. "
                        "Check DNS, proxy and firewall, check the VM first, then rerun."},
    [REASON_AGENT] = {"The VM's agent does not answer. See its status with `az vm "
                      "get-instance-view`, restart the agent or the VM, and check whether the "
                      "script ran before a rerun.",
                      NULL},
    [REASON_EXTENSION] =
        {"The run-command extension on the VM failed. Its log is in "
         "/var/log/azure/run-command (Linux) or C:\\WindowsAzure\\Logs\\Plugins "
         "(Windows).",
         "The run-command extension on the VM failed, perhaps after the script had run. Its log is "
         "in /var/log/azure/run-command (Linux) or C:\\WindowsAzure\\Logs\\Plugins (Windows): "
         "check there first, before a rerun."},
    [REASON_AZ_BROKEN] = {"What asks Azure on this machine (az, or azfan-rest) does not work. Try "
                          "`az version`, or install azfan anew, and then rerun.",
                          "What asks Azure on this machine (az, or azfan-rest) does not work, and "
                          "the script may have run anyway. Try `az version`, or install azfan "
                          "anew; check the VM first before a rerun, or where azfan-rest asked, "
                          "`azfan recover`."},
    [REASON_START] =
        {"What asks Azure could not be started here: the message says why. Nothing ran on the VM; "
         "rerun once it is fixed.",
         "What asks Azure could not be started here: the message says why. An earlier attempt may "
         "have run the script: once it is fixed, check the VM first, then rerun."},
    [REASON_OTHER] =
        {"Read the message, and the errors in its output. Nothing ran on the VM.",
         "Read the message, and the errors in its output. Check on the VM whether the script ran "
         "before a rerun."},
    [REASON_NO_TRAILER] = {"Nobody can say how far the script got. Check the VM; on Linux its "
                           "output is below /var/lib/waagent/run-command/download.",
                           NULL},
    [REASON_INTERRUPTED] = {"The VM, its agent or azfan itself was ended while the script ran. "
                            "Check how far it got before a rerun; where azfan-rest asked, "
                            "`azfan recover` asks Azure first.",
                            NULL},
    [REASON_ANSWER] =
        {"There is no answer that tells how the script ended; the message says why. Check on the "
         "VM whether it ran before a rerun; where azfan-rest asked, `azfan recover` asks again, "
         "unless Azure has forgotten it.",
         NULL},
    [REASON_HALTED] =
        {"The run stopped before it came to this target. Fix what stopped it, then rerun.", NULL},
    [REASON_DEADLINE] =
        {"The run's deadline passed first. Raise deadline or concurrency, then rerun.", NULL},
};

static const struct advice causes[CAUSES] = {
    [CAUSE_READ_LIMIT] = {"Azure limits reading, and az was refused the result: the script may "
                          "have run, and may still run. Check the VM first, lower concurrency, "
                          "wait a few minutes and rerun.",
                          NULL},
    [CAUSE_SUBSCRIPTION_LIMIT] =
        {"All who use the subscription share Azure's limit of changes, 10 a second. Wait a few "
         "minutes and rerun; `retry` in the job waits as long as Azure asks.",
         "All who use the subscription share Azure's limit of changes, 10 a second. An earlier "
         "attempt may have run the script: check the VM first, wait a few minutes, then rerun."},
    [CAUSE_REGION_LIMIT] =
        {"All who use the subscription share Azure's limit of changes to VMs, 500 a minute in a "
         "region. Wait a few minutes and rerun; `retry` in the job waits as long as Azure asks.",
         "All who use the subscription share Azure's limit of changes to VMs, 500 a minute in a "
         "region. An earlier attempt may have run the script: check the VM first, wait a few "
         "minutes, then rerun."},
    [CAUSE_VM_LIMIT] = {"Azure takes 12 changes to one VM at once, and then 4 a minute: something "
                        "changes this one often. Wait a few minutes and rerun.",
                        "Azure takes 12 changes to one VM at once, and then 4 a minute: something "
                        "changes this one often. An earlier attempt may have run the script: check "
                        "the VM first, wait a few minutes, then rerun."},
    [CAUSE_CHANGE] = {"Another operation is under way on the VM. Wait until it is over (`az vm "
                      "show` has its provisioningState) and rerun.",
                      "Another operation is under way on the VM, perhaps this one. " LOOK
                      ", wait until it is over, and rerun."},
    [CAUSE_READ_RIGHT] = {"The account may start scripts but not read their results: the "
                          "script may have run, and may still run. It needs "
                          "Microsoft.Compute/locations/operations/read on the subscription. Check "
                          "the VM first, then rerun.",
                          NULL},
    [CAUSE_DISABLED] = {"The subscription is disabled, so nothing in it can be changed. Its owner "
                        "or whoever pays for it must enable it again in the portal, under "
                        "Subscriptions.",
                        NULL},
    [CAUSE_POLICY] =
        {"An Azure Policy of the organisation forbids this; no permission of the account helps. "
         "Ask the owner of the policy that the message names for an exemption.",
         NULL},
    [CAUSE_LOCK] =
        {"A read-only lock on the VM, its resource group or subscription is in the way. "
         "`az lock list` shows it; somebody with the permission can remove it (`az lock delete`).",
         NULL},
    [CAUSE_DENY_ASSIGNMENT] =
        {"A deny assignment forbids it whatever roles the account has, as on "
         "resources that a managed application or a deployment stack owns. "
         "Ask their owner.",
         "A deny assignment forbids it whatever roles the account has. The "
         "script may have run: check the VM first, and ask the owner of the deny assignment."},
    [CAUSE_PAGE] =
        {"The answer was not an error from Azure but a web page, as a proxy or filter between this "
         "machine and Azure sends. First check on the VM whether the script ran, and ask whoever "
         "runs the proxy for access to management.azure.com.",
         NULL},
    [CAUSE_SECRET] =
        {"Make a new secret or certificate for the service principal, `az login "
         "--service-principal` with it, and rerun.",
         "Make a new secret or certificate for the service principal and `az login "
         "--service-principal` with it. The script may have run: check the VM first, then rerun."},
    [CAUSE_TENANT] =
        {"Log in to the subscription's tenant with `az login --tenant`, check with "
         "`az account show`, and rerun.",
         "Log in to the subscription's tenant with `az login --tenant` and check with `az account "
         "show`. An earlier attempt may have run the script: check the VM first, then rerun."},
    [CAUSE_TOKEN_CACHE] = {"Run `az account clear` and `az login`, check with `az account show`, "
                           "and rerun.",
                           "Run `az account clear` and `az login`, and check with `az account "
                           "show`. The script may have run: check the VM first, then rerun."},
    [CAUSE_LOGIN_SERVICE] =
        {"Azure's login service had a problem of its own; your login is still good. Wait a "
         "few minutes and rerun.",
         "Azure's login service had a problem of its own; your login is still good. The "
         "script may have run: check the VM first, wait a few minutes and "
         "rerun."},
    [CAUSE_PROXY] =
        {"az could not get through the proxy. Check HTTPS_PROXY (with its name and password) and "
         "NO_PROXY, then rerun.",
         "az could not get through the proxy, perhaps while the script ran. Check HTTPS_PROXY "
         "(with its name and password) and NO_PROXY, check the VM first, then rerun."},
    [CAUSE_CERTIFICATE] = {"Something between this machine and Azure presents its own certificate. "
                           "Add its CA to the file that REQUESTS_CA_BUNDLE names, then rerun.",
                           "Something between this machine and Azure presents its own certificate, "
                           "perhaps not always: the script may have run. Set "
                           "REQUESTS_CA_BUNDLE, check the VM first, then rerun."},
    [CAUSE_IDENTITY] = {"az asks this machine's identity endpoint for its token. Check whether "
                        "this machine has a managed identity, lower concurrency, then rerun.",
                        "az asks this machine's identity endpoint for its token, perhaps while the "
                        "script ran. Check whether the machine has a managed identity, lower "
                        "concurrency, check the VM first, then rerun."},
    [CAUSE_DELETION] = {"What the job names is being deleted. Exclude it from the job.", NULL},
    [CAUSE_SUBSCRIPTION] =
        {"Compare the subscription with `az account list`: it may be another "
         "login's or another tenant's.",
         "Compare the subscription with `az account list`: it may be another login's or another "
         "tenant's. The script may have run: check the VM first before a rerun."},
    [CAUSE_NO_EXTENSIONS] = {"Run Command needs extensions, which this VM does not allow: "
                             "osProfile.allowExtensionOperations must be true, and the VM agent "
                             "installed.",
                             NULL},
    [CAUSE_EXTENSION_STATE] = {"An extension on the VM is in the way. See `az vm extension list`, "
                               "wait until its deletion is over or delete it (`az vm extension "
                               "delete`), and rerun.",
                               "An extension on the VM is in the way. See `az vm extension list`, "
                               "and wait until its deletion is over or delete it. The script may "
                               "have run: check the VM first, then rerun."},
    [CAUSE_LONGEST] = {"A script that outlives Run Command's " LIMITS_REQUEST_TEXT
                       " loses its result and may "
                       "still run. Check the VM first; let the script start long work in the "
                       "background, and rerun.",
                       NULL},
    [CAUSE_PROVISIONING] =
        {"The VM's operating system did not report that it is ready. See `az vm "
         "get-instance-view`, and first check whether the script ran before a rerun.",
         NULL},
    [CAUSE_SHELL] = {"The job's shell is for another operating system than the VM's. Use script "
                     "and shell for this one in a job of its own: sh on Linux, powershell on "
                     "Windows.",
                     NULL},
    [CAUSE_PREEMPTED] = {"Another operation on the VM replaced this one, perhaps while the script "
                         "ran, and it may still run. Check the VM first; the Activity Log says "
                         "who did it.",
                         NULL},
    [CAUSE_STATE] =
        {"Azure does not allow it in the VM's present state, and another attempt would fail the "
         "same way. Read the message, and see the VM with `az vm get-instance-view`.",
         "Azure does not allow it in the VM's present state. Read the message, and first check on "
         "the VM whether the script ran before a rerun."},
    [CAUSE_REGISTRATION] =
        {"Register the provider once, with `az provider register --namespace "
         "Microsoft.Compute`, and rerun.",
         "Register the provider once, with `az provider register --namespace Microsoft.Compute`. "
         "An earlier attempt may have run the script: check the VM first, then rerun."},
    [CAUSE_REQUEST] =
        {"Azure does not accept what was sent, and another attempt would fail the same way. "
         "Read the message, and try the command of `azfan plan` by hand.",
         NULL},
    [CAUSE_INCOMPLETE_AZ] = {"This az and its libraries do not fit together. Install Microsoft's "
                             "package of the Azure CLI, try `az vm list`, and rerun.",
                             "This az and its libraries do not fit together. Install Microsoft's "
                             "package of the Azure CLI and try `az vm list`. An earlier attempt "
                             "may have run the script: check the VM first, then rerun."},
    [CAUSE_USAGE] = {"This az is too old or too new for azfan. See `az version`, and try the "
                     "command of `azfan plan` by hand.",
                     NULL},
    [CAUSE_CACHE_LOCK] = {"Processes of az got in each other's way over the files in ~/.azure. "
                          "Check who owns those, lower concurrency, and rerun.",
                          "Processes of az got in each other's way over the files in ~/.azure. "
                          "First check on the VM whether the script ran, and here who owns those "
                          "files, then rerun."},
    [CAUSE_OWN_IDENTITY] =
        {"The run has an identity of its own, and it is not good: see the message, and IDENTITY in "
         "azfan(1), then rerun.",
         "The run has an identity of its own, and it was not good while the script may have run: "
         "see the message, and IDENTITY in azfan(1); check the VM first, then rerun."},
    [CAUSE_CLAIMS] =
        {"Azure wants whoever is logged in to do so again, for a policy of the tenant or a change "
         "of the account: run `az login`, then rerun.",
         "Azure wants whoever is logged in to do so again, for a policy of the tenant or a change "
         "of the account: run `az login`. The script may have run: check the VM first, then "
         "rerun."},
    [CAUSE_MEMORY] =
        {"This machine does not have enough memory, files or room for so many az at once. "
         "First check on the VM whether the script ran, lower concurrency, and rerun.",
         NULL},
};

/* Where a reason goes with several kinds and needs another word for one of them. */
static const struct {
    enum outcome_kind kind;
    enum outcome_reason reason;
    const char *advice;
} special[] = {
    {OUTCOME_CANCELLED, REASON_SIGNAL,
     "The run was stopped while azfan waited for this target. Until the script there ends, the VM "
     "refuses other run-commands: check it before a rerun."},
    {OUTCOME_CANCELLED, REASON_DEADLINE,
     "The run's deadline passed while azfan waited for this target. Until the script there ends, "
     "the VM "
     "refuses other run-commands: check it before a rerun."},
    {OUTCOME_CANCELLED, REASON_HALTED,
     "The run was halted while azfan waited for this target. Until the script there ends, the VM "
     "refuses other run-commands: check it before a rerun."},
    {OUTCOME_SKIPPED, REASON_SIGNAL,
     "The run was stopped before it came to this target. Go on with a rerun."},
    {OUTCOME_SKIPPED, REASON_LOGIN,
     "The login broke before the run came to this target. Run `az login`, then rerun."},
};

static const char lingers[] =
    "The script was stopped on the VM after script_timeout, but something of it may still run "
    "there: look with `ps -eo pid,sid,lstart,args`, end what should not be there, and check how "
    "far the script got before a rerun.";

static const char *choose(const struct advice *advice, const struct outcome *outcome)
{
    bool touched = outcome->script != SCRIPT_NOT_STARTED && advice->touched != NULL;

    return touched ? advice->touched : advice->untouched;
}

const char *advice_for(const struct outcome *outcome)
{
    if (outcome->cause == CAUSE_OWN_IDENTITY)
        return choose(&causes[CAUSE_OWN_IDENTITY], outcome);
    for (size_t i = 0; i < sizeof special / sizeof special[0]; i++) {
        if (special[i].kind == outcome->kind && special[i].reason == outcome->reason)
            return special[i].advice;
    }
    if (outcome->reason == REASON_SCRIPT && outcome->may_still_run)
        return lingers;
    if (outcome->kind == OUTCOME_ERROR && outcome->cause != CAUSE_NONE)
        return choose(&causes[outcome->cause], outcome);
    return choose(&reasons[outcome->reason], outcome);
}
