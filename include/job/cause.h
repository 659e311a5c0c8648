/* SPDX-License-Identifier: MIT */
/*
 * cause: why exactly an outcome has its reason, where that asks for other
 * advice than the reason does.
 *
 * Pure values and their names, which the journal has. Thread-safe.
 */
#ifndef AZFAN_JOB_CAUSE_H
#define AZFAN_JOB_CAUSE_H

enum cause {
    CAUSE_NONE,               /* what is to be said of the reason is all */
    CAUSE_READ_LIMIT,         /* throttled: az was refused the result */
    CAUSE_SUBSCRIPTION_LIMIT, /* throttled: a start, by the limit of its subscription; likewise … */
    CAUSE_REGION_LIMIT,       /* … by that of Compute for the subscription in its region */
    CAUSE_VM_LIMIT,           /* … by that of the VM alone */
    CAUSE_CHANGE,             /* busy: another operation than a run-command is active */
    CAUSE_READ_RIGHT,         /* forbidden: the account may start scripts and not read the result */
    CAUSE_DISABLED,           /* the subscription is */
    CAUSE_POLICY,
    CAUSE_LOCK,
    CAUSE_DENY_ASSIGNMENT,
    CAUSE_PAGE,          /* no answer of Azure's, but a proxy's or filter's page */
    CAUSE_SECRET,        /* login: a service principal's secret, certificate or assertion */
    CAUSE_TENANT,        /* the login is for another one */
    CAUSE_TOKEN_CACHE,   /* az's own files in ~/.azure cannot be read */
    CAUSE_LOGIN_SERVICE, /* network: Azure's login asks to try again */
    CAUSE_PROXY,
    CAUSE_CERTIFICATE,
    CAUSE_IDENTITY,        /* the machine's own identity endpoint */
    CAUSE_DELETION,        /* not_found: what is asked for is being deleted */
    CAUSE_SUBSCRIPTION,    /* not_found: az's login does not know it */
    CAUSE_NO_EXTENSIONS,   /* extension: the VM does not allow any */
    CAUSE_EXTENSION_STATE, /* one that failed or is being deleted is in the way */
    CAUSE_LONGEST,         /* Run Command's own limit passed */
    CAUSE_PROVISIONING,    /* agent: the VM was never ready */
    CAUSE_SHELL,           /* other: it does not fit the VM's operating system */
    CAUSE_PREEMPTED,
    CAUSE_STATE,         /* the VM does not allow the operation as it is */
    CAUSE_REGISTRATION,  /* Microsoft.Compute is not registered in the subscription */
    CAUSE_REQUEST,       /* Azure does not like what was sent */
    CAUSE_INCOMPLETE_AZ, /* az_broken: it lacks what `az vm` needs */
    CAUSE_USAGE,         /* az does not know the command */
    CAUSE_CACHE_LOCK,    /* another az holds its files */
    CAUSE_OWN_IDENTITY,  /* login: of azfan's own, for which no az is asked */
    CAUSE_CLAIMS,        /* login: Azure wants whoever logged in to do so again */
    CAUSE_MEMORY,        /* this machine has none left, or no room on its disk */
    CAUSES
};

/* "read_limit", …; NULL for CAUSE_NONE. */
const char *cause_name(enum cause cause);

/* The cause of that name; CAUSE_NONE: there is none, or NAME is NULL. */
enum cause cause_find(const char *name);

#endif
