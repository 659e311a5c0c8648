/* SPDX-License-Identifier: MIT */
/*
 * syntax: what a script's own shell says of it, before a VM does.
 *
 * The shell that will run the script is run here with -n, which reads it and
 * executes nothing: sh, dash, bash, ksh and zsh, where they are in /bin or
 * /usr/bin. The script is its standard input; it gets no variable of ours and
 * reads no start file, has SYNTAX_SECONDS, and is looked for by its name alone,
 * never where the "#!" line points. One process a job, a second one only after
 * an error. Main thread; azfan must have no other child.
 *
 * A PowerShell script is read by pwsh, where that is in PATH (azure/syntax_powershell).
 */
#ifndef AZFAN_AZURE_SYNTAX_H
#define AZFAN_AZURE_SYNTAX_H

struct job;
struct problems;

enum { SYNTAX_SECONDS = 5 };

/*
 * Adds to ERRORS what the shell refuses, to REMARKS what it warns of, or refuses though the VM's
 * may take it; each with the line of the script. Nothing where there is no such shell, or no
 * answer.
 */
void syntax_check(const struct job *job, struct problems *errors, struct problems *remarks);

#endif
