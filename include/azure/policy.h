/* SPDX-License-Identifier: MIT */
/*
 * policy: what the policies of a Windows VM say about PowerShell scripts.
 *
 * An execution policy that comes from a group policy is stronger than the one that Run Command asks
 * for, and AppLocker or App Control may leave PowerShell its constrained language alone, in which
 * no guard works. Nobody has tried this on such a VM: the texts are those of Windows
 * PowerShell 5.1's own resources. Pure.
 */
#ifndef AZFAN_AZURE_POLICY_H
#define AZFAN_AZURE_POLICY_H

/*
 * When ERRORS, in whatever language, ends with what PowerShell prints when it may not even load the
 * file that it was started with: what is to be done, as the end of a sentence. NULL for a script
 * that was loaded, and met such a refusal itself.
 */
const char *policy_that_refused(const char *errors);

/* What is to be done where PowerShell has its constrained language alone, likewise. */
extern const char policy_of_language[];

#endif
