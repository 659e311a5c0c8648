/* SPDX-License-Identifier: MIT */
/*
 * What az printed when it or Azure refused, word for word, and what azfan makes
 * of it. One row for each message that is known.
 */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "azure/refusal.h"
#include "base/buffer.h"
#include "base/number.h"
#include "base/text.h"
#include "job/cause.h"
#include "unit/unit.h"

#define VM       "/subscriptions/s/resourceGroups/rg1/providers/Microsoft.Compute/virtualMachines/vm1"
#define POST_URL VM "/runCommand?api-version=2022-11-01"
#define POLL_URL                                                                                   \
    "/subscriptions/s/providers/Microsoft.Compute/locations/westeurope/operations/x?monitor=true"
#define UNEXPECTED "ERROR: The command failed with an unexpected error. Here is the traceback:\n"
#define TRACEBACK                                                                                  \
    "Traceback (most recent call last):\n  File \"/usr/lib/python3/dist-packages/knack/cli.py\", " \
    "line 233, in invoke\n    cmd_result = self.invocation.execute(args)\n"                        \
    "To check existing issues, please visit: https://github.com/Azure/azure-cli/issues\n"
#define SERVICE(code, text) "ERROR: (" code ") " text "\nCode: " code "\nMessage: " text "\n"

/* Of the script: it has not started; it may have, and is over; it may have, and may still run. */
enum { NO, OVER, RUNS, SCRIPT = 3, FATAL = 4, MARK = 8 };

static const struct {
    int az_exit;
    const char *errors;
    enum outcome_reason reason;
    int effect;
    enum cause cause;
    int retry_after;     /* seconds */
    const char *message; /* a part */
} refusals[] = {
    {1,
     SERVICE("Conflict", "Run command extension execution is in progress. Please wait for "
                         "completion before invoking a run command."),
     REASON_BUSY, RUNS | MARK, CAUSE_NONE, 0, "another run-command is active on the VM"},
    {1,
     SERVICE("Conflict", "The request failed due to conflict with a concurrent request. To "
                         "resolve it, please refer to https://aka.ms/activitylog to get more "
                         "details on the conflicting requests."),
     REASON_BUSY, NO, CAUSE_CHANGE, 0, "another operation on the VM is under way: The request"},
    {1,
     SERVICE("OperationPreempted", "Operation execution has been preempted by a more recent "
                                   "operation."),
     REASON_OTHER, RUNS, CAUSE_PREEMPTED, 0, "preempted by a more recent"},
    {1, SERVICE("ConflictingConcurrentWriteNotAllowed", "The request failed. Please retry later."),
     REASON_BUSY, NO, CAUSE_CHANGE, 0, "Please retry later"},
    {1,
     SERVICE("SubscriptionRequestsThrottled",
             "Number of requests for subscription 's' and operation "
             "'POST/SUBSCRIPTIONS/RESOURCEGROUPS/PROVIDERS/MICROSOFT.COMPUTE/VIRTUALMACHINES/"
             "RUNCOMMAND' exceeded the backend storage limit. Please try again after '6' "
             "seconds."),
     REASON_THROTTLED, NO, CAUSE_SUBSCRIPTION_LIMIT, 6, "Azure asks to wait 6s"},
    {1,
     SERVICE("SubscriptionRequestsThrottled",
             "Number of requests for subscription 's' and operation "
             "'GET/SUBSCRIPTIONS/PROVIDERS/MICROSOFT.COMPUTE/LOCATIONS/OPERATIONS' exceeded the "
             "backend storage limit. Please try again after '5' minutes."),
     REASON_THROTTLED, RUNS, CAUSE_READ_LIMIT, 300, "refused az the result; Azure asks to wait 5m"},
    {1,
     "ERROR: (OperationNotAllowed) The server rejected the request because too many requests "
     "have been received for this subscription.\nCode: OperationNotAllowed\nMessage: The server "
     "rejected the request because too many requests have been received for this "
     "subscription.\nException Details:\t(TooManyRequests) {\"operationGroup\":\"UpdateVM3Min\","
     "\"startTime\":\"2024-01-01T00:00:00+00:00\",\"allowedRequestCount\":800,"
     "\"measuredRequestCount\":1238}\n",
     REASON_THROTTLED, NO, CAUSE_REGION_LIMIT, 0, "Azure limits requests"},
    {1,
     SERVICE("OperationNotAllowed", "The server rejected the request because too many requests "
                                    "have been received for this subscription."),
     REASON_THROTTLED, RUNS | MARK, CAUSE_NONE, 0, "Azure limits requests"},
    {1, SERVICE("TooManyRequests", "{\"operationGroup\":\"GetOperation3Min\"}"), REASON_THROTTLED,
     RUNS, CAUSE_READ_LIMIT, 0, "refused az the result"},
    {1,
     SERVICE("OperationNotAllowed", "Cannot modify extensions in the VM when the VM is not "
                                    "running."),
     REASON_NOT_RUNNING, OVER | MARK, CAUSE_NONE, 0, "the VM is not running"},
    {1,
     SERVICE("OperationNotAllowed", "The operation requires the VM to be running (or set to "
                                    "run)."),
     REASON_NOT_RUNNING, OVER | MARK, CAUSE_NONE, 0, "the VM is not running"},
    {1,
     SERVICE("OperationNotAllowed", "This operation cannot be performed when extension "
                                    "operations are disallowed. To allow, please ensure VM "
                                    "Agent is installed on the VM and the "
                                    "osProfile.allowExtensionOperations property is true."),
     REASON_EXTENSION, NO, CAUSE_NO_EXTENSIONS, 0, "does not allow extensions"},
    {1,
     SERVICE("VMAgentStatusCommunicationError", "VM 'vm1' has not reported status for VM agent "
                                                "or extensions. Verify that the VM has a "
                                                "running agent."),
     REASON_AGENT, RUNS, CAUSE_NONE, 0, "agent does not report"},
    {1,
     "ERROR: VM agent on VM 'vm1' has not reported latest status for extension "
     "'RunCommandLinux'.\n",
     REASON_AGENT, RUNS, CAUSE_NONE, 0, "agent does not report"},
    {1,
     SERVICE("VMExtensionProvisioningError",
             "VM has reported a failure when processing extension 'RunCommandWindows' (publisher "
             "'Microsoft.CPlat.Core'). Error message: \"Finished executing command\"."),
     REASON_EXTENSION, OVER, CAUSE_NONE, 0, "Finished executing command"},
    {1,
     SERVICE("VMExtensionHandlerNonTransientError", "The handler for VM extension type x has "
                                                    "reported terminal failure"),
     REASON_EXTENSION, OVER, CAUSE_NONE, 0, "terminal failure"},
    {1, SERVICE("VMExtensionHandlerTransientError", "x"), REASON_EXTENSION, OVER, CAUSE_NONE, 0,
     "extension failed"},
    {1,
     SERVICE("VMExtensionProvisioningTimeout",
             "Provisioning of VM extension 'RunCommandLinux' has timed out. Extension "
             "installation may be taking too long, or extension status could not be obtained."),
     REASON_EXTENSION, RUNS, CAUSE_LONGEST, 0, "90 minutes"},
    {3,
     SERVICE("ResourceNotFound",
             "The Resource 'Microsoft.Compute/virtualMachines/vm1' under resource group 'rg1' "
             "was not found. For more details please go to "
             "https://aka.ms/ARMResourceNotFoundFix"),
     REASON_NOT_FOUND, OVER | MARK, CAUSE_NONE, 0, "the VM does not exist"},
    {3, SERVICE("ResourceGroupNotFound", "Resource group 'rg1' could not be found."),
     REASON_NOT_FOUND, OVER | MARK, CAUSE_NONE, 0, "resource group"},
    {3, SERVICE("NotFound", "The entity was not found in this Azure location."), REASON_NOT_FOUND,
     OVER | MARK, CAUSE_NONE, 0, "shell"},
    {3, SERVICE("SubscriptionNotFound", "The subscription 's' could not be found."),
     REASON_NOT_FOUND, RUNS | MARK, CAUSE_SUBSCRIPTION, 0, "subscription does not exist"},
    {3, SERVICE("SomethingNew", "gone"), REASON_NOT_FOUND, RUNS, CAUSE_NONE, 0, "gone"},
    {1,
     SERVICE("AuthorizationFailed",
             "The client 'c' with object id 'o' does not have authorization to perform action "
             "'Microsoft.Compute/virtualMachines/runCommand/action' over scope '" VM "' or the "
             "scope is invalid. If access was recently granted, please refresh your "
             "credentials."),
     REASON_FORBIDDEN, NO, CAUSE_NONE, 0, "may not use Run Command"},
    {1,
     SERVICE("AuthorizationFailed", "The client 'c' does not have authorization to perform "
                                    "action 'Microsoft.Compute/locations/operations/read'"),
     REASON_FORBIDDEN, RUNS, CAUSE_READ_RIGHT, 0, "operations/read"},
    {1, "ERROR: Please run 'az login' to setup account.\n", REASON_LOGIN, NO | FATAL, CAUSE_NONE, 0,
     "az login"},
    {1,
     "Failed to load or parse file /root/.azure/azureProfile.json. It will be overridden by "
     "default settings.\nERROR: Please run 'az login' to setup account.\n",
     REASON_LOGIN, NO | FATAL, CAUSE_NONE, 0, "az login"},
    {1, "ERROR: User 'ops@example.org' does not exist in MSAL token cache. Run `az login`.\n",
     REASON_LOGIN, NO | FATAL, CAUSE_NONE, 0, "az login"},
    {1,
     "ERROR: AADSTS700082: The refresh token has expired due to inactivity. The token was "
     "issued on 2023-01-01.\nInteractive authentication is needed. Please run:\naz login\n",
     REASON_LOGIN, RUNS | FATAL, CAUSE_NONE, 0, "AADSTS700082"},
    {1,
     "ERROR: AADSTS50076: Due to a configuration change made by your administrator, you must "
     "use multi-factor authentication.\n",
     REASON_LOGIN, RUNS | FATAL, CAUSE_NONE, 0, "multi-factor"},
    {1, "ERROR: AADSTS7000222: The provided client secret keys for app 'a' are expired.\n",
     REASON_LOGIN, RUNS | FATAL, CAUSE_SECRET, 0, "service principal"},
    {1, "ERROR: AADSTS70043: The refresh token has expired or is invalid.\n", REASON_LOGIN,
     RUNS | FATAL, CAUSE_NONE, 0, "AADSTS70043"},
    {1,
     "ERROR: V2Error: invalid_grant AADSTS700082: The refresh token has expired. Status: "
     "Response_Status.Status_InteractionRequired, Error code: 0, Tag: 0\n",
     REASON_LOGIN, RUNS | FATAL, CAUSE_NONE, 0, "V2Error"},
    {1, SERVICE("InvalidAuthenticationToken", "The access token is invalid."), REASON_LOGIN,
     RUNS | FATAL, CAUSE_NONE, 0, "does not accept az's token"},
    {1,
     "WARNING: Subscription 'x' not recognized.\nERROR: Subscription 'x' not found. Check the "
     "spelling and casing and try again.\n",
     REASON_NOT_FOUND, NO, CAUSE_SUBSCRIPTION, 0, "Subscription 'x' not found"},
    {1,
     "ERROR: HTTPSConnectionPool(host='management.azure.com', port=443): Max retries exceeded "
     "with url: " POST_URL " (Caused by NewConnectionError('<urllib3.connection."
     "HTTPSConnection object at 0x7f>: Failed to establish a new connection: [Errno -3] "
     "Temporary failure in name resolution'))\n",
     REASON_NETWORK, NO, CAUSE_NONE, 0, "cannot reach Azure"},
    {1,
     "ERROR: HTTPSConnectionPool(host='management.azure.com', port=443): Max retries exceeded "
     "with url: " POLL_URL " (Caused by NewConnectionError('<urllib3.connection."
     "HTTPSConnection object at 0x7f>: Failed to establish a new connection: [Errno -3] "
     "Temporary failure in name resolution'))\n",
     REASON_NETWORK, RUNS, CAUSE_NONE, 0, "may have started"},
    {1,
     UNEXPECTED "ERROR: HTTPSConnectionPool(host='login.microsoftonline.com', port=443): Max "
                "retries exceeded with url: /organizations/v2.0/.well-known/openid-configuration"
                "\n" TRACEBACK,
     REASON_NETWORK, RUNS | MARK, CAUSE_NONE, 0, "login.microsoftonline.com"},
    {1,
     "ERROR: ('Connection aborted.', RemoteDisconnected('Remote end closed connection without "
     "response'))\n",
     REASON_NETWORK, RUNS, CAUSE_NONE, 0, "lost the connection"},
    {1,
     SERVICE("InternalExecutionError", "An internal execution error occurred. Please retry "
                                       "later."),
     REASON_OTHER, RUNS, CAUSE_NONE, 0, "internal error"},
    {1, "ERROR: Operation returned an invalid status 'Service Unavailable'\n", REASON_OTHER, RUNS,
     CAUSE_NONE, 0, "Service Unavailable"},
    {1,
     UNEXPECTED "ERROR: Unterminated string starting at: line 1 column 18 (char 17)\n" TRACEBACK
                "json.decoder.JSONDecodeError: Unterminated string starting at: line 1 column 18\n",
     REASON_AZ_BROKEN, RUNS | FATAL, CAUSE_TOKEN_CACHE, 0, "az account clear"},
    {1,
     UNEXPECTED "ERROR: API version 2022-11-01 does not have operation group "
                "'virtual_machine_run_commands'\n" TRACEBACK,
     REASON_AZ_BROKEN, NO | FATAL, CAUSE_INCOMPLETE_AZ, 0,
     "az cloud update --profile 2020-09-01-hybrid"},
    {2,
     "ERROR: the following arguments are required: --command-id\n\nExamples from AI knowledge "
     "base:\nhttps://aka.ms/cli_ref\nRead more about the command in reference docs\n",
     REASON_AZ_BROKEN, NO | FATAL, CAUSE_USAGE, 0,
     "the following arguments are required: --command-id"},
    {2, "ERROR: unrecognized arguments: --scripts\n", REASON_AZ_BROKEN, NO | FATAL, CAUSE_USAGE, 0,
     "unrecognized arguments"},
    {127, "/usr/bin/env: 'python3': No such file or directory\n", REASON_AZ_BROKEN, NO, CAUSE_NONE,
     0, "python3"},
    {1,
     "Traceback (most recent call last):\n  File \"/usr/bin/az\", line 3\n"
     "ModuleNotFoundError: No module named 'azure'\n",
     REASON_AZ_BROKEN, RUNS, CAUSE_NONE, 0, "No module named 'azure'"},
    {1,
     SERVICE("ScopeLocked", "The scope '" VM "' cannot perform write operation because "
                            "following scope(s) are locked"),
     REASON_FORBIDDEN, NO, CAUSE_LOCK, 0, "a lock"},
    {1,
     SERVICE("ReadOnlyDisabledSubscription", "The subscription 's' is disabled and therefore "
                                             "marked as read only."),
     REASON_FORBIDDEN, NO, CAUSE_DISABLED, 0, "disabled"},
    {1, "ERROR: Long-running operation wait cancelled.  \n", REASON_OTHER, RUNS, CAUSE_NONE, 0,
     "interrupted az"},
    {1, "ERROR: something that nobody has seen before\nmore\n", REASON_OTHER, RUNS, CAUSE_NONE, 0,
     "something that nobody has seen before"},
    {1, SERVICE("BrandNewCode", "a new thing"), REASON_OTHER, RUNS, CAUSE_NONE, 0,
     "(BrandNewCode) a new thing"},
    {137, "Killed\n", REASON_AZ_BROKEN, RUNS, CAUSE_MEMORY, 0,
     "out of memory; the script may have started: Killed"},
    {137,
     "/usr/bin/az: line 3:  4711 Killed                  AZ_INSTALLER=DEB /opt/az/bin/python3 -Im "
     "azure.cli \"$@\"\n",
     REASON_AZ_BROKEN, RUNS, CAUSE_MEMORY, 0, "out of memory"},
    {139, "Segmentation fault (core dumped)\n", REASON_AZ_BROKEN, RUNS, CAUSE_NONE, 0,
     "az crashed"},
    {143, "Terminated\n", REASON_AZ_BROKEN, RUNS, CAUSE_NONE, 0, "somebody ended az"},
    {1, "WARNING: only this\n", REASON_OTHER, RUNS, CAUSE_NONE, 0, "said nothing"},
    {77, "", REASON_OTHER, RUNS, CAUSE_NONE, 0, "az ended with status 77 and said nothing"},
    {77, "\001\xc2\x9b.\n", REASON_OTHER, RUNS, CAUSE_NONE, 0, "status 77 and said nothing"},
    {1,
     "ERROR: red \xc2\x9b"
     "31m\033[1m\x7f text\n",
     REASON_OTHER, RUNS, CAUSE_NONE, 0, "red   31m [1m  text"},

    {1,
     SERVICE("SubscriptionRequestsThrottled",
             "Number of 'read' requests for subscription 's' actor 'o' exceeded. Please try again "
             "after '1' seconds after additional tokens are available."),
     REASON_THROTTLED, RUNS, CAUSE_READ_LIMIT, 1,
     "the script may have run, and Azure refused az the result"},
    {1,
     SERVICE("SubscriptionRequestsThrottled",
             "Number of 'write' requests for subscription 's' actor 'o' exceeded. Please try again "
             "after '2' seconds after additional tokens are available."),
     REASON_THROTTLED, NO, CAUSE_SUBSCRIPTION_LIMIT, 2, "Azure limits requests"},
    {1,
     SERVICE("SubscriptionRequestsThrottled",
             "Number of 'delete' requests for subscription 's' exceeded. Please try again after "
             "'2' seconds after additional tokens are available."),
     REASON_THROTTLED, NO, CAUSE_SUBSCRIPTION_LIMIT, 2, "Azure limits requests"},
    {1,
     SERVICE("SubscriptionRequestsThrottled", "Number of requests for subscription 's' exceeded."),
     REASON_THROTTLED, RUNS | MARK, CAUSE_NONE, 0, "the script may have started"},
    {1,
     SERVICE("TenantRequestsThrottled",
             "Number of 'read' requests for tenant 't' exceeded. Please try again after '3' "
             "seconds after additional tokens are available."),
     REASON_THROTTLED, RUNS, CAUSE_READ_LIMIT, 3, "refused az the result"},
    {1,
     SERVICE(
         "ResourceRequestsThrottled",
         "Number of requests for action 'Microsoft.Compute/locations/operations/read' exceeded the "
         "limit of '150' for time interval '01:00:00'. Please try again after '324' seconds."),
     REASON_THROTTLED, RUNS, CAUSE_READ_LIMIT, 324, "refused az the result"},
    {1,
     SERVICE("ResourceRequestsThrottled",
             "Number of requests for action 'Microsoft.Compute/virtualMachines/runCommand/action' "
             "exceeded the limit of '150' for time interval '01:00:00'. Please try again after "
             "'324' seconds."),
     REASON_THROTTLED, NO, CAUSE_SUBSCRIPTION_LIMIT, 324, "Azure limits requests"},
    {1,
     SERVICE("TooManyRequests", "{\"operationGroup\":\"HighCostGet30Min\",\"startTime\":\"2026-11-"
                                "25T00:00:00+00:00\",\"endTime\":\"2026-11-25T00:30:00+00:00\","
                                "\"allowedRequestCount\":1200,\"measuredRequestCount\":1500}"),
     REASON_THROTTLED, RUNS, CAUSE_READ_LIMIT, 0, "refused az the result"},
    {1, SERVICE("TooManyRequests", "{\"operationGroup\":\"UpdateVM3Min\"}"), REASON_THROTTLED, NO,
     CAUSE_REGION_LIMIT, 0, "Azure limits requests"},
    {1, SERVICE("TooManyRequests", "Please slow down."), REASON_THROTTLED, RUNS | MARK, CAUSE_NONE,
     0, "Azure limits requests"},
    {1,
     "ERROR: (OperationNotAllowed) The server rejected the request because too many requests have "
     "been received for this subscription.\nCode: OperationNotAllowed\nMessage: The server "
     "rejected the request because too many requests have been received for this "
     "subscription.\nException Details:\t(TooManyRequests) "
     "{\"operationGroup\":\"HighCostGet30Min\",\"allowedRequestCount\":800}\n\tCode: "
     "TooManyRequests\n\tTarget: HighCostGet30Min\n",
     REASON_THROTTLED, RUNS, CAUSE_READ_LIMIT, 0, "refused az the result"},
    {1,
     "ERROR: (RetryableError) A retryable error occurred.\nCode: RetryableError\nMessage: A "
     "retryable error occurred.\nException Details:\t(RetryableErrorDueToAnotherOperation) "
     "Operation PutVM (x) is updating resource vm1. The call can be retried in 14 seconds.\n",
     REASON_BUSY, RUNS | MARK, CAUSE_CHANGE, 14, "another operation"},
    {1, SERVICE("Conflict", "Run command OS type 'Linux' does not match the target OS Windows."),
     REASON_OTHER, NO, CAUSE_SHELL, 0, "the job's shell does not match"},
    {1, SERVICE("Conflict", "Run command OS type 'Windows' does not match the target OS Linux."),
     REASON_OTHER, NO, CAUSE_SHELL, 0, "the job's shell does not match"},
    {1, SERVICE("Conflict", "Something else is in the way."), REASON_BUSY, RUNS | MARK,
     CAUSE_CHANGE, 0, "conflict with another operation"},
    {1,
     SERVICE("OperationNotAllowed", "Operation 'runCommand' is not allowed on VM 'vm1' since "
                                    "another operation is in progress."),
     REASON_BUSY, NO, CAUSE_CHANGE, 0, "under way"},
    {1,
     SERVICE("OperationNotAllowed",
             "An ongoing operation is changing power state of Virtual Machine vm1 to deallocated. "
             "Please perform operation runCommand after some time."),
     REASON_BUSY, NO, CAUSE_CHANGE, 0, "under way"},
    {1,
     SERVICE("OperationNotAllowed", "Management operations on VM 'vm1' are disallowed because VM "
                                    "disks are being converted to managed disks."),
     REASON_BUSY, NO, CAUSE_CHANGE, 0, "converted"},
    {1,
     SERVICE("OperationNotAllowed", "Operation 'runCommand' is not allowed on VM 'vm1' since the "
                                    "VM is either deallocated or marked to be deallocated."),
     REASON_NOT_RUNNING, NO, CAUSE_NONE, 0, "the VM is not running"},
    {1,
     SERVICE(
         "OperationNotAllowed",
         "Operation 'runCommand' is not allowed on VM 'vm1' since the VM is marked for deletion. "
         "You can only retry the Delete operation (or wait for an ongoing one to complete)."),
     REASON_NOT_FOUND, NO, CAUSE_DELETION, 0, "the VM is being deleted"},
    {1,
     SERVICE("OperationNotAllowed",
             "Operation 'PUT Extension' is not allowed on VM extension 'RunCommandLinux' since it "
             "is marked for deletion. You can only retry the Delete operation (or wait for an "
             "ongoing one to complete)."),
     REASON_EXTENSION, NO, CAUSE_EXTENSION_STATE, 0, "is being deleted"},
    {1,
     SERVICE("OperationNotAllowed", "Operation 'runCommand' is not allowed on VM 'vm1' since VM "
                                    "has extension 'x' in failed state."),
     REASON_EXTENSION, NO, CAUSE_EXTENSION_STATE, 0, "in the way"},
    {1,
     SERVICE("OperationNotAllowed",
             "Operation 'runCommand' is not allowed on VM 'vm1' since the VM is generalized."),
     REASON_OTHER, NO, CAUSE_STATE, 0, "is generalized"},
    {1, SERVICE("OperationNotAllowed", "Something is not as it should be."), REASON_OTHER, RUNS,
     CAUSE_STATE, 0, "not as it should be"},
    {1,
     SERVICE("ResourceUpdateBlockedOnPlatformUpdate",
             "Resource cannot be updated at this time due to ongoing platform update. Please try "
             "again later."),
     REASON_BUSY, NO, CAUSE_CHANGE, 0, "platform update"},
    {1,
     SERVICE("AttachDiskWhileBeingDetached",
             "Cannot attach data disk 'd' to VM 'vm1' because the disk is currently being "
             "detached. Please wait until the disk is completely detached and then try again."),
     REASON_BUSY, NO, CAUSE_CHANGE, 0, "being detached"},
    {1,
     SERVICE(
         "ResourceGroupBeingDeleted",
         "The resource group 'rg1' is in deprovisioning state and cannot perform this operation."),
     REASON_NOT_FOUND, NO, CAUSE_DELETION, 0, "is being deleted"},
    {1,
     SERVICE("OSProvisioningTimedOut",
             "OS Provisioning for VM 'vm1' did not finish in the allotted time. The VM may still "
             "finish provisioning successfully. Please check provisioning state later."),
     REASON_AGENT, RUNS, CAUSE_PROVISIONING, 0, "did not finish"},
    {1,
     SERVICE("OSProvisioningInternalError",
             "OS Provisioning failed for VM 'vm1' due to an internal error."),
     REASON_AGENT, RUNS, CAUSE_PROVISIONING, 0, "due to an internal error"},
    {1,
     SERVICE("VMStartTimedOut", "VM 'vm1' did not start in the allotted time. The VM may still "
                                "start successfully. Please check the power state later."),
     REASON_NOT_RUNNING, OVER | MARK, CAUSE_NONE, 0, "did not start"},
    {1,
     SERVICE("VMExtensionManagementInternalError",
             "Internal error occurred while processing VM extension 'RunCommandLinux'."),
     REASON_EXTENSION, OVER, CAUSE_NONE, 0, "Internal error occurred"},
    {1,
     SERVICE("VMExtensionHandlerNonTransientError",
             "Handler 'Microsoft.CPlat.Core.RunCommandLinux' has reported failure for VM Extension "
             "'RunCommandLinux' with terminal error code '1007' and error message: 'x'"),
     REASON_EXTENSION, OVER, CAUSE_NONE, 0, "terminal error code"},
    {1,
     "ERROR: Deployment failed. Correlation ID: c. VM has reported a failure when processing "
     "extension 'RunCommandLinux'. Error message: \"Finished executing command\".\n",
     REASON_EXTENSION, OVER, CAUSE_NONE, 0, "Deployment failed"},
    {3,
     SERVICE("ParentResourceNotFound", "Can not perform requested operation on nested resource. "
                                       "Parent resource 'vmss1' not found."),
     REASON_NOT_FOUND, OVER | MARK, CAUSE_NONE, 0, "does not exist"},
    {3, SERVICE("VMNotFound", "The VM 'vm1' cannot be found."), REASON_NOT_FOUND, OVER | MARK,
     CAUSE_NONE, 0, "does not exist"},
    {1,
     SERVICE("InvalidSubscriptionId",
             "The provided subscription identifier 'x' is malformed or invalid."),
     REASON_NOT_FOUND, NO, CAUSE_SUBSCRIPTION, 0, "malformed"},
    {1,
     SERVICE("MissingSubscriptionRegistration",
             "The subscription is not registered to use namespace 'Microsoft.Compute'. See "
             "https://aka.ms/rps-not-found for how to register subscriptions."),
     REASON_OTHER, NO, CAUSE_REGISTRATION, 0, "not registered"},
    {1, SERVICE("InvalidParameter", "The value of parameter script is invalid."), REASON_OTHER, NO,
     CAUSE_REQUEST, 0, "does not accept"},
    {1,
     SERVICE("RequestEntityTooLarge", "The request content size exceeds the maximum size of 4 MB."),
     REASON_OTHER, NO, CAUSE_REQUEST, 0, "too large"},
    {1,
     SERVICE("NoRegisteredProviderFound",
             "No registered resource provider found for location 'westus' and API version "
             "'2018-05-01' for type 'locations/operations'."),
     REASON_OTHER, RUNS, CAUSE_NONE, 0, "No registered resource provider"},
    {1,
     SERVICE("AuthorizationFailed", "The client 'c' does not have authorization to perform action "
                                    "'Microsoft.Compute/virtualMachines/read' over scope 's'."),
     REASON_FORBIDDEN, RUNS, CAUSE_NONE, 0, "lacks a permission"},
    {1,
     "ERROR: The client 'c' with object id 'o' does not have authorization to perform action "
     "'Microsoft.Compute/virtualMachines/runCommand/action' over scope 's' or the scope is "
     "invalid.\n",
     REASON_FORBIDDEN, NO, CAUSE_NONE, 0, "may not use Run Command"},
    {1,
     "ERROR: The client 'c' with object id 'o' does not have authorization to perform action "
     "'Microsoft.Compute/locations/operations/read' over scope 's'.\n",
     REASON_FORBIDDEN, RUNS, CAUSE_READ_RIGHT, 0, "may not read the result"},
    {1,
     SERVICE(
         "DenyAssignmentAuthorizationFailed",
         "The client 'c' with object id 'o' has permission to perform action "
         "'Microsoft.Compute/virtualMachines/runCommand/action' on scope 's'; however, the access "
         "is denied because of the deny assignment with name 'n' and Id 'i' at scope 's'."),
     REASON_FORBIDDEN, NO, CAUSE_DENY_ASSIGNMENT, 0, "a deny assignment forbids it"},
    {1,
     SERVICE("DenyAssignmentAuthorizationFailed",
             "The client 'c' with object id 'o' has permission to perform action "
             "'Microsoft.Compute/locations/operations/read' on scope 's'; however, the access is "
             "denied because of the deny assignment with name 'n'."),
     REASON_FORBIDDEN, RUNS, CAUSE_DENY_ASSIGNMENT, 0, "a deny assignment forbids it"},
    {1,
     SERVICE(
         "LinkedAuthorizationFailed",
         "The client has permission to perform action 'Microsoft.Compute/virtualMachines/write' on "
         "scope 's'; however, it does not have permission to perform action "
         "'Microsoft.KeyVault/vaults/deploy/action' on the linked scope 't'."),
     REASON_FORBIDDEN, NO, CAUSE_NONE, 0, "lacks a permission"},
    {1,
     SERVICE("RequestDisallowedByPolicy",
             "Resource 'vm1' was disallowed by policy. Policy identifiers: "
             "'[{\"policyAssignment\":{\"name\":\"no run command\"}}]'."),
     REASON_FORBIDDEN, NO, CAUSE_POLICY, 0, "a policy forbids it"},
    {1,
     SERVICE("ExpiredAuthenticationToken",
             "The access token expiry UTC time '8/17/2020 3:46:33 AM' is earlier than current UTC "
             "time '8/17/2020 3:46:51 AM'."),
     REASON_LOGIN, RUNS | FATAL, CAUSE_NONE, 0, "has expired"},
    {1,
     SERVICE("AuthenticationFailed",
             "Authentication failed. The 'Authorization' header is missing."),
     REASON_LOGIN, RUNS | FATAL, CAUSE_NONE, 0, "az login"},
    {1,
     SERVICE("InvalidAuthenticationTokenTenant",
             "The access token is from the wrong issuer 'https://sts.windows.net/t/'. It must "
             "match the tenant 'https://sts.windows.net/u/' associated with this subscription."),
     REASON_LOGIN, NO | FATAL, CAUSE_TENANT, 0, "another tenant"},
    {1,
     "ERROR: AADSTS50173: The provided grant has expired due to it being revoked, a fresh auth "
     "token is needed. The user might have changed or reset their password.\nInteractive "
     "authentication is needed. Please run:\naz login\n",
     REASON_LOGIN, RUNS | FATAL, CAUSE_NONE, 0, "the script may have started: AADSTS50173"},
    {1,
     "ERROR: AADSTS90033: A transient error has occurred. Please try again. Trace ID: x "
     "Correlation ID: y Timestamp: z\n",
     REASON_NETWORK, RUNS | MARK, CAUSE_LOGIN_SERVICE, 0, "AADSTS90033"},
    {1, "ERROR: AADSTS90024: A transient error has occurred. Please try again.\n", REASON_NETWORK,
     RUNS | MARK, CAUSE_LOGIN_SERVICE, 0, "AADSTS90024"},
    {1,
     "ERROR: AADSTS50196: The server terminated an operation because it encountered a client "
     "request loop. Please contact your app vendor.\nInteractive authentication is needed. Please "
     "run:\naz login\n",
     REASON_THROTTLED, RUNS | MARK, CAUSE_LOGIN_SERVICE, 0, "AADSTS50196"},
    {1,
     "ERROR: AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the "
     "request is the client secret value, not the client secret ID, for a secret added to app "
     "'a'.\n",
     REASON_LOGIN, RUNS | FATAL, CAUSE_SECRET, 0, "does not accept the secret"},
    {1,
     "ERROR: AADSTS700016: Application with identifier 'a' was not found in the directory 'Default "
     "Directory'.\n",
     REASON_LOGIN, RUNS | FATAL, CAUSE_SECRET, 0, "does not know"},
    {1, "ERROR: AADSTS700024: Client assertion is not within its valid time range.\n", REASON_LOGIN,
     RUNS | FATAL, CAUSE_SECRET, 0, "assertion"},
    {1, "ERROR: AADSTS500761: not the number of any other\n", REASON_LOGIN, RUNS | FATAL,
     CAUSE_NONE, 0, "az's login has ended"},
    {1, "ERROR: Can't find token from MSAL cache.\nTo re-authenticate, please run:\naz login\n",
     REASON_LOGIN, RUNS | FATAL, CAUSE_TOKEN_CACHE, 0, "`az login`"},
    {1,
     "ERROR: Failed to load token files. If you have a repro, please log an issue at "
     "https://github.com/Azure/azure-cli/issues. At the same time, you can clean up by running 'az "
     "account clear' and then 'az login'. (Inner Error: Expecting value)\n",
     REASON_LOGIN, RUNS | FATAL, CAUSE_TOKEN_CACHE, 0, "`az login`"},
    {1,
     "ERROR: Decryption failed: [WinError -2146893813] Key not valid for use in specified state. "
     "App developer may consider this guidance: "
     "https://github.com/AzureAD/microsoft-authentication-extensions-for-python/wiki/"
     "PersistenceDecryptionError\n",
     REASON_LOGIN, RUNS | FATAL, CAUSE_TOKEN_CACHE, 0, "`az login`"},
    {1,
     "ERROR: Could not retrieve credential from local cache for service principal c. Run `az "
     "login` for this service principal.\n",
     REASON_LOGIN, NO | FATAL, CAUSE_NONE, 0, "`az login`"},
    {1, "ERROR: No subscription found. Run 'az account set' to select a subscription.\n",
     REASON_NOT_FOUND, NO, CAUSE_SUBSCRIPTION, 0, "az account set"},
    {1,
     "ERROR: Failed to connect to MSI. Please make sure MSI is configured correctly and check the "
     "network connection.\nError detail: HTTPConnectionPool(host='127.0.0.1', port=40187): Max "
     "retries exceeded with url: /msi (Caused by "
     "NewConnectionError('<urllib3.connection.HTTPConnection object at 0x7f80d9318f90>: Failed to "
     "establish a new connection: [Errno 111] Connection refused'))\n",
     REASON_NETWORK, RUNS | MARK, CAUSE_IDENTITY, 0,
     "the machine's identity endpoint does not answer"},
    {1,
     "ERROR: Failed to connect to MSI. Please make sure MSI is configured correctly and check the "
     "network connection.\nError detail: ('Connection aborted.', ConnectionResetError(104, "
     "'Connection reset by peer'))\n",
     REASON_NETWORK, RUNS | MARK, CAUSE_IDENTITY, 0, "identity endpoint"},
    {1,
     "ERROR: Failed to connect to MSI. Please make sure MSI is configured correctly.\nGet Token "
     "request returned http error: 429, reason: Too Many Requests\n",
     REASON_THROTTLED, RUNS | MARK, CAUSE_IDENTITY, 0, "identity endpoint limits"},
    {1,
     "ERROR: Failed to connect to MSI. Please make sure MSI is configured correctly.\nGet Token "
     "request returned http error: 400, reason: Bad Request\n",
     REASON_LOGIN, RUNS | FATAL, CAUSE_IDENTITY, 0, "no identity"},
    {1,
     "ERROR: MSI endpoint is not responding. Please make sure MSI is configured correctly.\nError "
     "detail: MSI: Failed to acquire tokens after 12 times\n",
     REASON_NETWORK, RUNS | MARK, CAUSE_IDENTITY, 0, "does not answer"},
    {1,
     "ERROR: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate "
     "(_ssl.c:992)\nCertificate verification failed. This typically happens when using Azure CLI "
     "behind a proxy that intercepts traffic with a self-signed certificate.\n",
     REASON_NETWORK, RUNS, CAUSE_CERTIFICATE, 0, "REQUESTS_CA_BUNDLE; the script may have started"},
    {1,
     "ERROR: HTTPSConnectionPool(host='management.azure.com', port=443): Max retries exceeded with "
     "url: " POST_URL " (Caused by SSLError(SSLCertVerificationError(1, '[SSL: "
     "CERTIFICATE_VERIFY_FAILED] certificate verify failed')))\n",
     REASON_NETWORK, NO, CAUSE_CERTIFICATE, 0, "REQUESTS_CA_BUNDLE"},
    {1,
     "ERROR: <urllib3.connection.HTTPSConnection object at 0x7f>: Failed to resolve "
     "'management.azure.com' ([Errno -3] Temporary failure in name resolution)\n",
     REASON_NETWORK, RUNS | MARK, CAUSE_NONE, 0, "cannot reach Azure"},
    {1,
     "ERROR: HTTPSConnection(host='management.azure.com', port=443): Failed to resolve "
     "'management.azure.com' ([Errno -3] Temporary failure in name resolution)\n",
     REASON_NETWORK, RUNS | MARK, CAUSE_NONE, 0, "cannot reach Azure"},
    {1,
     "ERROR: <urllib3.connection.HTTPSConnection object at 0x7f>: Failed to resolve "
     "'login.microsoftonline.com' ([Errno -3] Temporary failure in name resolution)\n",
     REASON_NETWORK, RUNS | MARK, CAUSE_NONE, 0, "Azure's login"},
    {1,
     "ERROR: HTTPSConnectionPool(host='management.azure.com', port=443): Max retries exceeded with "
     "url: " POST_URL " (Caused by NameResolutionError(\"<urllib3.connection.HTTPSConnection "
     "object at 0x7f>: Failed to resolve 'management.azure.com' ([Errno -3] "
     "Temporary failure in name resolution)\"))\n",
     REASON_NETWORK, NO, CAUSE_NONE, 0, "cannot reach Azure"},
    {1,
     "ERROR: ('Cannot connect to proxy.', OSError('Tunnel connection failed: 407 Proxy "
     "Authentication Required'))\n",
     REASON_NETWORK, RUNS | MARK, CAUSE_PROXY, 0, "through the proxy"},
    {1,
     "ERROR: ('Cannot connect to proxy.', NewConnectionError('<urllib3.connection.HTTPSConnection "
     "object at 0x7f3b152c5d10>: Failed to establish a new connection: [Errno 111] Connection "
     "refused'))\n",
     REASON_NETWORK, RUNS | MARK, CAUSE_PROXY, 0, "through the proxy"},
    {1,
     "ERROR: ('Unable to connect to proxy', OSError('Tunnel connection failed: 403 Forbidden'))\n",
     REASON_NETWORK, RUNS | MARK, CAUSE_PROXY, 0, "through the proxy"},
    {1,
     "ERROR: HTTPSConnectionPool(host='management.azure.com', port=443): Max retries exceeded with "
     "url: " POST_URL " (Caused by ProxyError('Cannot connect to proxy.', OSError('Tunnel "
     "connection failed: 407 Proxy Authentication Required')))\n",
     REASON_NETWORK, NO, CAUSE_PROXY, 0, "through the proxy"},
    {1,
     "ERROR: HTTPSConnectionPool(host='management.azure.com', port=443): Max retries exceeded with "
     "url: " POLL_URL " (Caused by ProxyError('Cannot connect to proxy.', OSError('Tunnel "
     "connection failed: 503 Service Unavailable')))\n",
     REASON_NETWORK, RUNS, CAUSE_PROXY, 0, "may have started"},
    {1,
     "ERROR: HTTPSConnectionPool(host='management.azure.com', port=443): Read timed out. (read "
     "timeout=300)\n",
     REASON_NETWORK, RUNS, CAUSE_NONE, 0, "in time"},
    {1,
     "ERROR: <urllib3.connection.HTTPSConnection object at 0x7f>: Failed to establish a new "
     "connection: [Errno 101] Network is unreachable\n",
     REASON_NETWORK, RUNS | MARK, CAUSE_NONE, 0, "cannot reach Azure"},
    {1, "ERROR: EOF occurred in violation of protocol (_ssl.c:1129)\n", REASON_NETWORK, RUNS,
     CAUSE_NONE, 0, "lost the connection"},
    {1, "ERROR: Operation returned an invalid status 'Too Many Requests'\n", REASON_THROTTLED,
     RUNS | MARK, CAUSE_PAGE, 0, "the page of a proxy or a filter"},
    {1, "ERROR: Operation returned an invalid status 'Forbidden'\n", REASON_FORBIDDEN, RUNS,
     CAUSE_PAGE, 0, "the page of a proxy or a filter"},
    {1, "ERROR: Operation returned an invalid status 'Conflict'\n", REASON_BUSY, RUNS | MARK,
     CAUSE_NONE, 0, "conflict"},
    {1, "ERROR: Operation returned an invalid status 'Unauthorized'\n", REASON_LOGIN, RUNS | FATAL,
     CAUSE_NONE, 0, "az login"},
    {1, "ERROR: Operation returned an invalid status 'Bad Gateway'\n", REASON_OTHER, RUNS,
     CAUSE_PAGE, 0, "proxy"},
    {1, "ERROR: Operation returned an invalid status 'Internal Server Error'\n", REASON_OTHER, RUNS,
     CAUSE_NONE, 0, "internal error"},
    {1, "ERROR: Operation returned an invalid status 'Gateway Timeout'\n", REASON_OTHER, RUNS,
     CAUSE_PAGE, 0, "internal error"},
    {1, "ERROR: Operation returned an invalid status 'Proxy Authentication Required'\n",
     REASON_NETWORK, RUNS, CAUSE_PROXY, 0, "proxy"},
    {1, "ERROR: Operation returned an invalid status 'Request Entity Too Large'\n", REASON_OTHER,
     NO, CAUSE_REQUEST, 0, "too large"},
    {1, "ERROR: Operation returned an invalid status 'OK'\n", REASON_OTHER, OVER, CAUSE_NONE, 0,
     "may have run"},
    {1, "ERROR: Operation returned an invalid status 'I'm a teapot'\n", REASON_OTHER, RUNS,
     CAUSE_PAGE, 0, "teapot"},
    {3, "ERROR: Operation returned an invalid status 'Not Found'\n", REASON_NOT_FOUND, RUNS,
     CAUSE_PAGE, 0, "the page of a proxy"},
    {1,
     "ERROR: Operation returned an invalid status 'Forbidden'\nContent: <html><body>(Conflict) "
     "AADSTS700082 Please run 'az login' to setup account</body></html>\n",
     REASON_FORBIDDEN, RUNS, CAUSE_PAGE, 0, "the page of a proxy or a filter"},
    {1,
     "ERROR: Operation returned an invalid status 'Conflict'\nContent: "
     "{\"error\":{\"code\":\"OperationNotAllowed\",\"message\":\"An ongoing operation is changing "
     "power state of Virtual Machine vm1\"}}\n",
     REASON_BUSY, NO, CAUSE_CHANGE, 0, "changing power state"},
    {1,
     "ERROR: {\"error\":{\"code\":\"OperationNotAllowed\",\"message\":\"The server rejected the "
     "request because too many requests have been received for this "
     "subscription.\",\"details\":[{\"code\":\"TooManyRequests\",\"target\":\"GetOperation3Min\","
     "\"message\":\"{\\\"operationGroup\\\":\\\"GetOperation3Min\\\"}\"}]}}\n",
     REASON_THROTTLED, RUNS, CAUSE_READ_LIMIT, 0, "refused az the result"},
    {1,
     "ERROR: Azure Error: ScopeLocked\nMessage: The scope '/s' cannot perform write operation "
     "because following scope(s) are locked\n",
     REASON_FORBIDDEN, NO, CAUSE_LOCK, 0, "a lock protects the VM: The scope"},
    {1,
     "ERROR: OperationNotAllowed: Operation 'runCommand' is not allowed on VM 'vm1' since another "
     "operation is in progress.\n",
     REASON_BUSY, NO, CAUSE_CHANGE, 0, "since another operation"},
    {1, "ERROR: Conflict: Run command OS type 'Linux' does not match the target OS Windows.\n",
     REASON_OTHER, NO, CAUSE_SHELL, 0, "operating system: Run command OS"},
    {1,
     UNEXPECTED
     "ERROR: 'VirtualMachinesOperations' object has no attribute 'run_command'\n" TRACEBACK
     "AttributeError: 'VirtualMachinesOperations' object has no attribute 'run_command'\n",
     REASON_AZ_BROKEN, NO | FATAL, CAUSE_INCOMPLETE_AZ, 0, "does not fit its libraries"},
    {1, "ERROR: 'VirtualMachinesOperations' object has no attribute 'run_command'\n",
     REASON_AZ_BROKEN, NO | FATAL, CAUSE_INCOMPLETE_AZ, 0, "does not fit its libraries"},
    {1,
     UNEXPECTED
     "ERROR: [Errno 11] Resource temporarily unavailable\n" TRACEBACK
     "portalocker.exceptions.LockException: [Errno 11] Resource temporarily unavailable\n",
     REASON_AZ_BROKEN, RUNS | MARK, CAUSE_CACHE_LOCK, 0, "another az holds"},
    {1,
     UNEXPECTED "ERROR: [Errno 13] Permission denied: "
                "'/home/ops/.azure/msal_token_cache.json.lockfile'\n" TRACEBACK
                "PermissionError: [Errno 13] Permission denied: "
                "'/home/ops/.azure/msal_token_cache.json.lockfile'\n",
     REASON_AZ_BROKEN, RUNS | MARK, CAUSE_CACHE_LOCK, 0, "a file of its own"},
    {1, UNEXPECTED "ERROR: [Errno 28] No space left on device\n" TRACEBACK, REASON_AZ_BROKEN, RUNS,
     CAUSE_MEMORY, 0, "no room left"},
    {1, UNEXPECTED "ERROR: [Errno 12] Cannot allocate memory\n" TRACEBACK, REASON_AZ_BROKEN, RUNS,
     CAUSE_MEMORY, 0, "out of memory"},
    {1,
     "ERROR: The command failed with an unexpected error. Here is the traceback:\nERROR: Extra "
     "data: line 3 column 2 (char 61)\nTraceback (most recent call "
     "last):\njson.decoder.JSONDecodeError: Extra data: line 3 column 2 (char 61)\n",
     REASON_AZ_BROKEN, RUNS | FATAL, CAUSE_TOKEN_CACHE, 0, "az account clear"},
    /* As recorded of Azure. */
    {3,
     SERVICE("InvalidResourceType",
             "The resource type 'providerOperations' could not be found in the namespace "
             "'Microsoft.Authorization' for api version '0001-07-01'."),
     REASON_NOT_FOUND, RUNS, CAUSE_NONE, 0, "Azure cannot find it"},
    {1,
     SERVICE("SubscriptionRequestsThrottled",
             "Number of requests for subscription 's' and operation "
             "'PUT/SUBSCRIPTIONS/RESOURCEGROUPS/PROVIDERS/MICROSOFT.MEDIA/MEDIASERVICES/' exceeded "
             "the backend storage limit. Please try again after '6' seconds."),
     REASON_THROTTLED, NO, CAUSE_SUBSCRIPTION_LIMIT, 6, "Azure limits requests"},
    {1,
     SERVICE("ServerTimeout",
             "The request timed out. Diagnostic information: timestamp '20200908T143637Z'."),
     REASON_OTHER, RUNS, CAUSE_NONE, 0, "timed out"},
    {1,
     SERVICE("GatewayTimeout", "The gateway did not receive a response from 'microsoft.insights' "
                               "within the specified time period."),
     REASON_OTHER, RUNS, CAUSE_NONE, 0, "timed out"},
    {1,
     SERVICE("ResourceReadFailed", "Policy required full resource content to evaluate the "
                                   "request. The request to GET resource 'x' failed with status "
                                   "'GatewayTimeout'."),
     REASON_OTHER, RUNS, CAUSE_NONE, 0, "ResourceReadFailed"},
    {1,
     "ERROR: (MultipleErrorsOccurred) Multiple error occurred: . Please see details.\nCode: "
     "MultipleErrorsOccurred\nMessage: Multiple error occurred: . Please see details.\nException "
     "Details:\t(ServerTimeout) The request timed out.\n\tCode: ServerTimeout\n",
     REASON_OTHER, RUNS, CAUSE_NONE, 0, "internal error"},
    {1,
     SERVICE("OperationNotAllowed", "Operation 'performMaintenance' is not allowed on VM 'vm1' "
                                    "since the Subscription of this VM is not eligible."),
     REASON_OTHER, NO, CAUSE_STATE, 0, "not eligible"},
    /* Old versions of az drop Azure's code; its sentence tells it. */
    {1,
     "ERROR: The client 'x' with object id 'y' has permission to perform action "
     "'Microsoft.Compute/virtualMachines/runCommand/action' on scope '/s'; however, the access is "
     "denied because of the deny assignment with name 'd' and Id 'e' at scope '/f'.",
     REASON_FORBIDDEN, NO, CAUSE_DENY_ASSIGNMENT, 0, "a deny assignment forbids it"},
    {1,
     "ERROR: The subscription 's' is disabled and therefore marked as read only. You cannot "
     "perform any write actions on this subscription until it is re-enabled.",
     REASON_FORBIDDEN, NO, CAUSE_DISABLED, 0, "disabled and read-only"},
    {1,
     "ERROR: The scope '/s' cannot perform write operation because following scope(s) are locked: "
     "'/s'. Please remove the lock and try again.",
     REASON_FORBIDDEN, NO, CAUSE_LOCK, 0, "a lock protects the VM"},
    {1,
     "ERROR: Resource 'vm1' was disallowed by policy. Policy identifiers: "
     "'[{\"policyAssignment\":{\"name\":\"x\"}}]'.",
     REASON_FORBIDDEN, NO, CAUSE_POLICY, 0, "a policy forbids it"},
    {1,
     "ERROR: The resource group 'rg1' is in deprovisioning state and cannot perform this "
     "operation.",
     REASON_NOT_FOUND, NO, CAUSE_DELETION, 0, "being deleted"},
    {1, "ERROR: Resource group 'rg1' could not be found.", REASON_NOT_FOUND, OVER | MARK,
     CAUSE_NONE, 0, "the resource group does not exist"},
    {1,
     "ERROR: The Resource 'Microsoft.Compute/virtualMachines/vm1' under resource group 'rg1' was "
     "not found.",
     REASON_NOT_FOUND, OVER | MARK, CAUSE_NONE, 0, "the VM does not exist"},
    {1, "ERROR: The subscription 's' could not be found.", REASON_NOT_FOUND, RUNS | MARK,
     CAUSE_SUBSCRIPTION, 0, "the login cannot see it"},
    {1, "ERROR: The subscription is not registered to use namespace 'Microsoft.Compute'.",
     REASON_OTHER, NO, CAUSE_REGISTRATION, 0, "not set up for VMs"},
    {1,
     "ERROR: Number of 'read' requests for subscription 's' actor 'a' exceeded. Please try again "
     "after '1' seconds after additional tokens are available.",
     REASON_THROTTLED, RUNS, CAUSE_READ_LIMIT, 1, "refused az the result"},
    {1,
     "ERROR: Number of 'write' requests for subscription 's' actor 'a' exceeded. Please try again "
     "after '17' seconds after additional tokens are available.",
     REASON_THROTTLED, NO, CAUSE_SUBSCRIPTION_LIMIT, 17, "Azure limits requests"},
    {1,
     "ERROR: Number of 'read' requests for tenant 't' exceeded. Please try again after '2' "
     "seconds.",
     REASON_THROTTLED, RUNS, CAUSE_READ_LIMIT, 2, "refused az the result"},
    {1,
     "ERROR: The server rejected the request because too many requests have been received for this "
     "subscription.",
     REASON_THROTTLED, RUNS | MARK, CAUSE_NONE, 0, "Azure limits requests"},
    {1,
     "ERROR: Operation 'runCommand' is not allowed on VM 'vm1' since the VM is either deallocated "
     "or marked to be deallocated.",
     REASON_NOT_RUNNING, NO, CAUSE_NONE, 0, "the VM is not running"},
    {1,
     "ERROR: Operation 'runCommand' is not allowed on VM 'vm1' since the VM is marked for "
     "deletion.",
     REASON_NOT_FOUND, NO, CAUSE_DELETION, 0, "the VM is being deleted"},
    {1,
     "ERROR: Operation 'PUT Extension' is not allowed on VM extension 'RunCommandLinux' since it "
     "is marked for deletion.",
     REASON_EXTENSION, NO, CAUSE_EXTENSION_STATE, 0, "is being deleted"},
    {1, "ERROR: Cannot modify extensions in the VM when the VM is not running.", REASON_NOT_RUNNING,
     OVER | MARK, CAUSE_NONE, 0, "the VM is not running"},
    {1, "ERROR: The operation requires the VM to be running (or set to run).", REASON_NOT_RUNNING,
     OVER | MARK, CAUSE_NONE, 0, "the VM is not running"},
    {1, "ERROR: This operation cannot be performed when extension operations are disallowed.",
     REASON_EXTENSION, NO, CAUSE_NO_EXTENSIONS, 0, "does not allow extensions"},
    {1, "ERROR: The server is currently changing power state of virtual machine 'vm1'.",
     REASON_BUSY, NO, CAUSE_CHANGE, 0, "another operation on the VM"},
    {1, "ERROR: Run command OS type 'Linux' does not match the target OS Windows.", REASON_OTHER,
     NO, CAUSE_SHELL, 0, "the job's shell does not match"},
    {1, "ERROR: The request failed due to conflict with a concurrent request.", REASON_BUSY, NO,
     CAUSE_CHANGE, 0, "another operation on the VM"},
    {1, "ERROR: Operation execution has been preempted by a more recent operation.", REASON_OTHER,
     RUNS, CAUSE_PREEMPTED, 0, "replaced this one"},
    {1,
     "ERROR: Cannot attach data disk 'd' to virtual machine 'vm1' because the disk is currently "
     "being detached.",
     REASON_BUSY, NO, CAUSE_CHANGE, 0, "being detached"},
    {1, "ERROR: OS Provisioning for VM 'vm1' did not finish in the allotted time.", REASON_AGENT,
     RUNS, CAUSE_PROVISIONING, 0, "not ready in time"},
    {1, "ERROR: Provisioning of VM extension 'RunCommandLinux' has timed out.", REASON_EXTENSION,
     RUNS, CAUSE_LONGEST, 0, "90 minutes"},
    {1,
     "ERROR: The access token expiry UTC time '5/1/2024 1:02:03 AM' is earlier than current UTC "
     "time '5/1/2024 1:03:03 AM'.",
     REASON_LOGIN, RUNS | FATAL, CAUSE_NONE, 0, "az's token has expired"},
    {1,
     "ERROR: The access token is from the wrong issuer 'a'. It must match the tenant 'b' "
     "associated with this subscription.",
     REASON_LOGIN, NO | FATAL, CAUSE_TENANT, 0, "another tenant"},
    {1, "ERROR: The access token is invalid.", REASON_LOGIN, RUNS | FATAL, CAUSE_NONE, 0,
     "does not accept az's token"},
    /* A quoted sentence is not Azure's. */
    {1, "ERROR: bad value \"The access token is invalid\"", REASON_OTHER, RUNS, CAUSE_NONE, 0,
     "bad value"},
    /* msrest's form of a status alone */
    {1, "ERROR: Operation returned an invalid status code 'Too Many Requests'", REASON_THROTTLED,
     RUNS | MARK, CAUSE_PAGE, 0, "Too Many Requests"},
    {1, "ERROR: Operation returned an invalid status code 'Forbidden'", REASON_FORBIDDEN, RUNS,
     CAUSE_PAGE, 0, "a proxy or a filter"},
    {1, "ERROR: Operation returned an invalid status code 'Unauthorized'", REASON_LOGIN,
     RUNS | FATAL, CAUSE_NONE, 0, "does not accept az's token"},
    {1, "ERROR: Operation returned an invalid status code 'Internal Server Error'", REASON_OTHER,
     RUNS, CAUSE_NONE, 0, "internal error"},
    {1, "ERROR: (429) Too Many Requests", REASON_THROTTLED, RUNS | MARK, CAUSE_NONE, 0,
     "Azure limits requests"},
    {1,
     "ERROR: (OperationNotAllowed) The request is being throttled as the limit has been reached "
     "for operation type - GetOperation30Min.",
     REASON_THROTTLED, RUNS, CAUSE_READ_LIMIT, 0, "refused az the result"},
    {1,
     "ERROR: HTTPSConnectionPool(host='m', port=443): Max retries exceeded with url: " POST_URL
     " (Caused by ResponseError('too many 429 error responses'))",
     REASON_THROTTLED, RUNS | MARK, CAUSE_NONE, 0, "Azure limits requests"},
    /* Only what names the action as the action is the POST's. */
    {1,
     "ERROR: (AuthorizationFailed) The client 'runCommand/action' does not have authorization to "
     "perform action 'Microsoft.Compute/locations/operations/read' over scope '/s'.",
     REASON_FORBIDDEN, RUNS, CAUSE_READ_RIGHT, 0, "may not read the result"},
    /* urllib3 1.26 calls it the proxy's also when the request had been sent; 2 does not. */
    {1,
     "ERROR: HTTPSConnectionPool(host='m', port=443): Max retries exceeded with url: " POST_URL
     " (Caused by ProxyError('Cannot connect to proxy.', ConnectionResetError(104, 'Connection "
     "reset by peer')))",
     REASON_NETWORK, RUNS | MARK, CAUSE_PROXY, 0, "through the proxy"},
    {1,
     "ERROR: HTTPSConnectionPool(host='m', port=443): Max retries exceeded with url: " POST_URL
     " (Caused by ProxyError('Cannot connect to proxy.', RemoteDisconnected('Remote end closed "
     "connection without response')))",
     REASON_NETWORK, RUNS | MARK, CAUSE_PROXY, 0, "through the proxy"},
    {1,
     "ERROR: HTTPSConnectionPool(host='m', port=443): Max retries exceeded with url: " POST_URL
     " (Caused by ProxyError('Cannot connect to proxy.', TimeoutError('timed out')))",
     REASON_NETWORK, RUNS | MARK, CAUSE_PROXY, 0, "through the proxy"},
    {1,
     "ERROR: HTTPSConnectionPool(host='m', port=443): Max retries exceeded with url: " POST_URL
     " (Caused by ProxyError('Cannot connect to proxy.', OSError('Tunnel connection failed: 503 "
     "Service Unavailable')))",
     REASON_NETWORK, NO, CAUSE_PROXY, 0, "through the proxy"},
    {1,
     "ERROR: HTTPSConnectionPool(host='m', port=443): Max retries exceeded with url: " POST_URL
     " (Caused by ProxyError('Unable to connect to proxy', RemoteDisconnected('Remote end closed "
     "connection without response')))",
     REASON_NETWORK, NO, CAUSE_PROXY, 0, "through the proxy"},
    /* connections, in the words of other systems and of older libraries */
    {1, "ERROR: The read operation timed out", REASON_NETWORK, RUNS, CAUSE_NONE, 0,
     "did not answer az in time"},
    {1, "ERROR: Response ended prematurely", REASON_NETWORK, RUNS, CAUSE_NONE, 0,
     "lost the connection"},
    {1, "ERROR: [WinError 10054] An existing connection was forcibly closed by the remote host",
     REASON_NETWORK, RUNS, CAUSE_NONE, 0, "lost the connection"},
    {1, "ERROR: [Errno -5] No address associated with hostname", REASON_NETWORK, RUNS | MARK,
     CAUSE_NONE, 0, "cannot reach Azure"},
    {1, "ERROR: [Errno 11001] getaddrinfo failed", REASON_NETWORK, RUNS | MARK, CAUSE_NONE, 0,
     "cannot reach Azure"},
    {1, "ERROR: Could not find a suitable TLS CA certificate bundle, invalid path: /etc/x.pem",
     REASON_NETWORK, RUNS, CAUSE_CERTIFICATE, 0, "REQUESTS_CA_BUNDLE"},
    /* the login and its files */
    {1,
     "ERROR: (pii). Status: Response_Status.Status_InteractionRequired, Error code: 3399614476, "
     "Tag: 557973645",
     REASON_LOGIN, RUNS | FATAL, CAUSE_NONE, 0, "`az login`"},
    {1,
     "ERROR: x.\nRun the command below to authenticate interactively; additional arguments may be "
     "added as needed:\naz logout\naz login",
     REASON_LOGIN, RUNS | FATAL, CAUSE_NONE, 0, "`az login`"},
    {1,
     "ERROR: [WinError 32] The process cannot access the file because it is being used by another "
     "process: 'C:\\Users\\x\\.azure\\msal_token_cache.bin.lockfile'",
     REASON_AZ_BROKEN, RUNS | MARK, CAUSE_CACHE_LOCK, 0, "another az holds the files"},
    {1,
     "ERROR: MSI: Failed to retrieve a token from "
     "'http://169.254.169.254/metadata/identity/oauth2/token' with an error of '429 Client Error: "
     "Too Many Requests for url: x'",
     REASON_THROTTLED, RUNS | MARK, CAUSE_IDENTITY, 0, "limits requests"},
    {1, "ERROR: No module named 'azure.cli.command_modules.vm'", REASON_AZ_BROKEN, RUNS, CAUSE_NONE,
     0, "installation is damaged"},
};

/* The proxy is named, and its password is not: neither the environment's nor the one that az wrote.
 */
START_TEST(a_proxy_is_named_without_its_password)
{
    static const struct {
        const char *url, *name;
    } proxies[] = {
        {"http://proxy.example:3128", "(proxy.example:3128)"},
        {"http://ops:s3cr3t@proxy.example:3128/", "(proxy.example:3128)"},
        {"http://ops:s3cr3t@@p/ss@proxy.example:3128", "(proxy.example:3128)"},
        {"ops:s3cr3t@proxy.example:3128", "(proxy.example:3128)"},
        {"", "through the proxy;"},
    };
    static const char *const errors[] = {
        "ERROR: ('Cannot connect to proxy.', OSError('Tunnel connection failed: 407 x'))",
        "ERROR: ProxyError: cannot use http://ops:s3cr3t@proxy.example:3128/ and "
        "https://ops:s3cr3t@other.example"};

    ck_assert_int_eq(unsetenv("https_proxy"), 0);
    ck_assert_int_eq(unsetenv("all_proxy"), 0);
    ck_assert_int_eq(unsetenv("ALL_PROXY"), 0);
    for (int i = 0; i < UNIT_COUNT(proxies) * 2; i++) {
        const char *text = errors[i % 2];
        struct outcome outcome;

        ck_assert_int_eq(setenv("HTTPS_PROXY", proxies[i / 2].url, 1), 0);
        refusal_read(text, strlen(text), 1, &outcome);
        ck_assert_msg(strstr(outcome.message, proxies[i / 2].name) != NULL, "%s", outcome.message);
        ck_assert_msg(strstr(outcome.message, "s3cr3t") == NULL, "%s", outcome.message);
        outcome_done(&outcome);
    }
}
END_TEST

static void check_effect(const struct outcome *outcome, int effect, const char *what)
{
    bool no = (effect & SCRIPT) == NO;

    ck_assert_msg((outcome->script == SCRIPT_NOT_STARTED) == no &&
                      outcome->may_still_run == ((effect & SCRIPT) == RUNS) &&
                      outcome->fatal == ((effect & FATAL) != 0) &&
                      outcome->mark_decides == ((effect & MARK) != 0),
                  "script %d, may still run %d, fatal %d, the mark decides %d: %s",
                  (int)outcome->script, outcome->may_still_run, outcome->fatal,
                  outcome->mark_decides, what);
}

START_TEST(a_refusal_is_understood)
{
    const char *errors = refusals[_i].errors;
    struct outcome outcome;

    refusal_read(errors, strlen(errors), refusals[_i].az_exit, &outcome);
    ck_assert_msg(outcome.kind == OUTCOME_ERROR && outcome.reason == refusals[_i].reason, "%s: %s",
                  outcome_reason_name(outcome.reason), errors);
    check_effect(&outcome, refusals[_i].effect, errors);
    ck_assert_msg(outcome.cause == refusals[_i].cause, "%s: %s", cause_name(outcome.cause), errors);
    ck_assert_int_eq(outcome.retry_after, refusals[_i].retry_after * NUMBER_SECOND);
    ck_assert_int_eq(outcome.exit_code, -1);
    ck_assert_msg(strstr(outcome.message, refusals[_i].message) != NULL, "\"%s\" lacks \"%s\"",
                  outcome.message, refusals[_i].message);
    outcome_done(&outcome);
}
END_TEST

/* Of an az that was asked for its login there is no script to speak of. */
START_TEST(a_login_call_speaks_of_no_script)
{
    const char *errors = refusals[_i].errors;
    struct outcome outcome;

    refusal_read_login(errors, strlen(errors), refusals[_i].az_exit, &outcome);
    ck_assert_int_eq((int)outcome.reason, (int)refusals[_i].reason);
    ck_assert_msg(strstr(outcome.message, "the script may") == NULL &&
                      strstr(outcome.message, "this very script") == NULL,
                  "%s", outcome.message);
    outcome_done(&outcome);
}
END_TEST

/* What a VM prints, and Azure quotes: words of every kind that a rule knows. */
static const char *const hostile[] = {
    "Run command extension execution is in progress",
    "AADSTS700082: The refresh token has expired",
    "AADSTS90033: A transient error has occurred",
    "Please run 'az login' to setup account.",
    "Interactive authentication is needed. Please run:\naz login",
    "ERROR: (Conflict) The request failed due to conflict with a concurrent request.",
    "(OperationNotAllowed) Cannot modify extensions in the VM when the VM is not running.",
    "\nERROR: (SubscriptionRequestsThrottled) Number of requests for operation 'POST/X' exceeded. "
    "Please try again after '6' seconds.",
    "\nCode: ResourceNotFound\nMessage: Microsoft.Compute/virtualMachines/",
    "Max retries exceeded with url: /runCommand? NewConnectionError",
    "('Connection aborted.', RemoteDisconnected('Remote end closed connection'))",
    "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed",
    "JSONDecodeError",
    "does not have operation group",
    "does not exist in MSAL token cache",
    "ModuleNotFoundError: No module named 'azure'",
    "[Errno 13] Permission denied",
    "Failed to connect to MSI",
    "has not reported latest status for extension",
    "The entity was not found in this Azure location",
    "Operation returned an invalid status 'Forbidden'",
    "does not have authorization to perform action 'runCommand/action'",
    "too many requests TooManyRequests {\"operationGroup\":\"UpdateVM3Min\"}",
    "{\"error\":{\"code\":\"ScopeLocked\",\"message\":\"locked\"}}",
    "\". AADSTS50173: closed before it was over. \"",
    "'. AADSTS50173: closed before it was over. '",
};

#define QUOTED_ERROR(quote)                                                                        \
    "VM has reported a failure when processing extension 'RunCommandLinux' (publisher "            \
    "'Microsoft.CPlat.Core'). Error message: " quote "%s" quote ". More information is there."

/* Azure's words, with a place for a VM's. */
static const struct {
    const char *errors;
    enum outcome_reason reason;
    int effect;
} frames[] = {
    {"ERROR: (VMExtensionProvisioningError) " QUOTED_ERROR("\""), REASON_EXTENSION, OVER},
    {"ERROR: (VMExtensionProvisioningError) " QUOTED_ERROR("'") "\nCode: x\n", REASON_EXTENSION,
     OVER},
    {"ERROR: Deployment failed. Correlation ID: c. " QUOTED_ERROR("\""), REASON_EXTENSION, OVER},
    {"ERROR: Azure Error: VMExtensionProvisioningError\nMessage: " QUOTED_ERROR("\""),
     REASON_EXTENSION, OVER},
    {"ERROR: VMExtensionProvisioningError: " QUOTED_ERROR("\""), REASON_EXTENSION, OVER},
    {"ERROR: (VMExtensionHandlerNonTransientError) The handler for VM extension type 'x' has "
     "reported terminal failure for VM extension 'x' with error message: '%s'.",
     REASON_EXTENSION, OVER},
    {"ERROR: (VMExtensionHandlerNonTransientError) Handler 'x' has reported failure for VM "
     "Extension 'y' with terminal error code '1' and error message: '%s'",
     REASON_EXTENSION, OVER},
    {"ERROR: (SomethingNew) The script said \"%s\" and no more", REASON_OTHER, RUNS},
    {"ERROR: (SomethingNew) Enable failed: exit status=1\n[stdout]\n%s\n[stderr]\n", REASON_OTHER,
     RUNS},
    {"ERROR: (InvalidParameter) Error converting value \"%s\" to type 'x'.", REASON_OTHER, NO},
    {"ERROR: (OperationNotAllowed) The operation requires the VM to be running (or set to run). "
     "[stderr] %s",
     REASON_NOT_RUNNING, OVER | MARK},
    {UNEXPECTED
     "ERROR: it failed\nTraceback (most recent call last):\n  File \"x.py\", line 1\n    "
     "raise CLIError(\"AADSTS700082 Please run 'az login' to setup account\")\n"
     "knack.util.CLIError: it failed, [stdout]%s\n",
     REASON_OTHER, RUNS},
    {"ERROR: Operation returned an invalid status 'Service Unavailable'\nContent: <p>%s</p>",
     REASON_OTHER, RUNS},
    {"ERROR: Conflict({\"error\":{\"code\":\"ScopeLocked\",\"message\":\"It is locked, error "
     "message: %s",
     REASON_OTHER, RUNS},
    {"ERROR: (InternalExecutionError) An error.\nCode: InternalExecutionError\nMessage: An "
     "error.\nInner error: {\n    \"message\": \"%s\"\n}",
     REASON_OTHER, RUNS},
};

/* Replaces "%s" in FRAME; the frames are no formats of printf's, for they are data. */
static void fill(struct buffer *errors, const char *frame, const char *words)
{
    const char *place = strstr(frame, "%s");

    buffer_append(errors, frame, (size_t)(place - frame));
    buffer_add(errors, words);
    buffer_add(errors, place + 2);
}

/* Nothing that a VM prints chooses the rule: with any words it is as with none. */
START_TEST(what_is_quoted_does_not_count)
{
    for (int i = 0; i < UNIT_COUNT(hostile); i++) {
        struct buffer errors = BUFFER_INIT;
        struct outcome outcome;

        fill(&errors, frames[_i].errors, hostile[i]);
        refusal_read(errors.data, errors.length, 1, &outcome);
        ck_assert_msg(outcome.reason == frames[_i].reason, "%s: %s",
                      outcome_reason_name(outcome.reason), errors.data);
        check_effect(&outcome, frames[_i].effect, errors.data);
        ck_assert_int_eq(outcome.retry_after, 0);
        outcome_done(&outcome);
        buffer_done(&errors);
    }
}
END_TEST

/* The same in Azure's JSON, where quotes are escaped. */
START_TEST(what_json_quotes_does_not_count)
{
    for (int i = 0; i < UNIT_COUNT(hostile); i++) {
        struct buffer message = BUFFER_INIT;
        struct outcome outcome;
        json_t *root;
        char *text;
        struct buffer errors = BUFFER_INIT;

        fill(&message, QUOTED_ERROR("\""), hostile[i]);
        root = json_pack("{s:{s:s, s:s}}", "error", "code", "VMExtensionProvisioningError",
                         "message", buffer_text(&message));
        text = json_dumps(root, 0);
        buffer_print(&errors, "ERROR: Operation returned an invalid status 'Conflict'\nContent: %s",
                     text);
        refusal_read(errors.data, errors.length, 1, &outcome);
        ck_assert_msg(outcome.reason == REASON_EXTENSION, "%s: %s",
                      outcome_reason_name(outcome.reason), errors.data);
        check_effect(&outcome, OVER, errors.data);
        outcome_done(&outcome);
        json_decref(root);
        free(text);
        buffer_done(&errors);
        buffer_done(&message);
    }
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("refusal");
    TCase *all = tcase_create("all");

    tcase_add_loop_test(all, a_refusal_is_understood, 0, UNIT_COUNT(refusals));
    tcase_add_loop_test(all, a_login_call_speaks_of_no_script, 0, UNIT_COUNT(refusals));
    tcase_add_loop_test(all, what_is_quoted_does_not_count, 0, UNIT_COUNT(frames));
    tcase_add_test(all, what_json_quotes_does_not_count);
    tcase_add_test(all, a_proxy_is_named_without_its_password);
    suite_add_tcase(suite, all);
    return suite;
}

UNIT_MAIN(make_suite)
