/* SPDX-License-Identifier: MIT */
#include "azure/policy.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define ERROR_ID "FullyQualifiedErrorId : "

static const char of_execution[] =
    "a policy on the VM does not let the script be loaded (`Get-ExecutionPolicy -List` there shows "
    "an execution policy, the event log of AppLocker its own); it must allow what Run Command and "
    "azfan start, below C:\\Packages\\Plugins and C:\\Windows\\Temp, which nobody has signed";

const char policy_of_language[] =
    "PowerShell runs in constrained language mode there, because of AppLocker or App Control; the "
    "policy must leave SYSTEM the full language, and allow what Run Command and azfan start, below "
    "C:\\Packages\\Plugins and C:\\Windows\\Temp";

/* The last error of those that are told: what follows the last line of the one before. A profile
 * that was not loaded either is told of first. */
static const char *find_last(const char *errors)
{
    const char *last = errors;

    for (const char *at = errors; (at = strstr(at, ERROR_ID)) != NULL;) {
        at += strcspn(at, "\r\n");
        if (strstr(at, ERROR_ID) != NULL)
            last = at;
    }
    return last;
}

/* Is the last line of what is told in ERROR one of an error with that ID? */
static bool has_id(const char *error, const char *id, const char *ends)
{
    const char *at = strstr(error, ERROR_ID);

    if (at == NULL)
        return false;
    at += strlen(ERROR_ID);
    return strncmp(at, id, strlen(id)) == 0 &&
           (at[strlen(id)] == '\0' || strchr(ends, at[strlen(id)]) != NULL);
}

/* "+    ~~~~": what stands above it is a line of a script. */
static bool shows_line(const char *error)
{
    for (const char *at = error; (at = strchr(at, '+')) != NULL;) {
        at++;
        if (at[strspn(at, " ")] == '~')
            return true;
    }
    return false;
}

/*
 * 5.1 prints, and translates the sentence and the category ("Sicherheitsfehler"):
 *
 *   File C:\…\script0.ps1 cannot be loaded because running scripts is disabled on this system. …
 *       + CategoryInfo          : SecurityError: (:) [], ParentContainsErrorRecordException
 *       + FullyQualifiedErrorId : UnauthorizedAccess
 *
 * likewise of a script that is not signed, and of one that AppLocker blocks. An error within a
 * script shows its line as well. Where a policy trusts the script, and not PowerShell itself, the
 * two have different languages, and powershell.exe -File refuses:
 *
 *   C:\…\script0.ps1 : Cannot dot-source this command because it was defined in a different …
 *       + CategoryInfo          : InvalidOperation: (:) [script0.ps1], NotSupportedException
 *       + FullyQualifiedErrorId : DotSourceNotSupported,script0.ps1
 */
const char *policy_that_refused(const char *errors)
{
    const char *error = find_last(errors);

    if (shows_line(error) || strstr(error, ": (:) [") == NULL)
        return NULL;
    if (has_id(error, "UnauthorizedAccess", "\r\n"))
        return of_execution;
    return has_id(error, "DotSourceNotSupported", ",\r\n") ? policy_of_language : NULL;
}
