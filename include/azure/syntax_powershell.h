/* SPDX-License-Identifier: MIT */
/*
 * syntax_powershell: what PowerShell's own parser says of a script.
 *
 * Private to azure/syntax*.c. It is asked where pwsh is in PATH, which executes nothing of the
 * script. That is PowerShell 7, and on a VM the script is run by Windows PowerShell 5.1: what 7
 * alone knows is an error too.
 */
#ifndef AZFAN_AZURE_SYNTAX_POWERSHELL_H
#define AZFAN_AZURE_SYNTAX_POWERSHELL_H

struct job;
struct problems;

enum { SYNTAX_POWERSHELL_SECONDS = 30 };

/* As syntax_check(). */
void syntax_powershell_check(const struct job *job, struct problems *errors,
                             struct problems *remarks);

#endif
