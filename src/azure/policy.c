/* SPDX-License-Identifier: MIT */
#include "azure/policy.h"

#include <string.h>

const char policy_of_execution[] =
    "a policy on the VM does not let the script be loaded (`Get-ExecutionPolicy -List` there shows "
    "an execution policy, the event log of AppLocker its own); it must allow what Run Command and "
    "azfan start, below C:\\Packages\\Plugins and C:\\Windows\\Temp, which nobody has signed";

const char policy_of_language[] =
    "PowerShell runs in constrained language mode there, because of AppLocker or App Control; the "
    "policy must allow what Run Command and azfan start, below C:\\Packages\\Plugins and "
    "C:\\Windows\\Temp";

/* Is TEXT followed by the end of a line? */
static bool has_line_end_with(const char *errors, const char *text)
{
    for (const char *at = errors; (at = strstr(at, text)) != NULL;) {
        at += strlen(text);
        if (*at == '\0' || *at == '\r' || *at == '\n')
            return true;
    }
    return false;
}

/* "+    ~~~~": what stands above it is a line of a script. */
static bool shows_line(const char *errors)
{
    for (const char *at = errors; (at = strchr(at, '+')) != NULL;) {
        at++;
        if (at[strspn(at, " ")] == '~')
            return true;
    }
    return false;
}

/*
 * 5.1 prints, and translates the first line and "File" alone:
 *
 *   File C:\…\script0.ps1 cannot be loaded because running scripts is disabled on this system. For
 * …
 *       + CategoryInfo          : SecurityError: (:) [], ParentContainsErrorRecordException
 *       + FullyQualifiedErrorId : UnauthorizedAccess
 *
 * An error within a script shows its line as well.
 */
bool policy_refused(const char *errors)
{
    return strstr(errors, "SecurityError: ") != NULL &&
           has_line_end_with(errors, "FullyQualifiedErrorId : UnauthorizedAccess") &&
           !shows_line(errors);
}
