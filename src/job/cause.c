/* SPDX-License-Identifier: MIT */
#include "job/cause.h"

#include <stddef.h>
#include <string.h>

static const char *const names[CAUSES] = {
    [CAUSE_READ_LIMIT] = "read_limit",
    [CAUSE_SUBSCRIPTION_LIMIT] = "subscription_limit",
    [CAUSE_REGION_LIMIT] = "region_limit",
    [CAUSE_VM_LIMIT] = "vm_limit",
    [CAUSE_CHANGE] = "change",
    [CAUSE_READ_RIGHT] = "read_right",
    [CAUSE_DISABLED] = "disabled",
    [CAUSE_POLICY] = "policy",
    [CAUSE_LOCK] = "lock",
    [CAUSE_DENY_ASSIGNMENT] = "deny_assignment",
    [CAUSE_PAGE] = "page",
    [CAUSE_SECRET] = "secret",
    [CAUSE_TENANT] = "tenant",
    [CAUSE_TOKEN_CACHE] = "token_cache",
    [CAUSE_LOGIN_SERVICE] = "login_service",
    [CAUSE_PROXY] = "proxy",
    [CAUSE_CERTIFICATE] = "certificate",
    [CAUSE_IDENTITY] = "identity",
    [CAUSE_DELETION] = "deletion",
    [CAUSE_SUBSCRIPTION] = "subscription",
    [CAUSE_NO_EXTENSIONS] = "no_extensions",
    [CAUSE_EXTENSION_STATE] = "extension_state",
    [CAUSE_LONGEST] = "longest",
    [CAUSE_PROVISIONING] = "provisioning",
    [CAUSE_SHELL] = "shell",
    [CAUSE_PREEMPTED] = "preempted",
    [CAUSE_STATE] = "state",
    [CAUSE_REGISTRATION] = "registration",
    [CAUSE_REQUEST] = "request",
    [CAUSE_INCOMPLETE_AZ] = "incomplete_az",
    [CAUSE_USAGE] = "usage",
    [CAUSE_CACHE_LOCK] = "cache_lock",
    [CAUSE_OWN_IDENTITY] = "own_identity",
    [CAUSE_CLAIMS] = "claims",
    [CAUSE_MEMORY] = "memory",
};

const char *cause_name(enum cause cause)
{
    return names[cause];
}

enum cause cause_find(const char *name)
{
    for (int i = CAUSE_NONE + 1; name != NULL && i < CAUSES; i++) {
        if (strcmp(names[i], name) == 0)
            return (enum cause)i;
    }
    return CAUSE_NONE;
}
