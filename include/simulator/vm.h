/* SPDX-License-Identifier: MIT */
/*
 * vm: one simulated VM and what is left of it between processes.
 *
 * FOLDER/vm/NAME+GROUP+SUBSCRIPTION/ holds a folder for every script that ran
 * there; beside it stand NAME….lock and NAME….attempts.
 *
 * Azure runs one script at a time on a VM, and goes on running it when az is
 * gone. So the lock is a flock() on an open file that becomes the guard's
 * standard input: the kernel holds it until the guard has ended, whatever
 * happens to the process that started it. (The guard gives its script
 * /dev/null: what a script leaves behind does not hold the VM.)
 */
#ifndef AZFAN_SIMULATOR_VM_H
#define AZFAN_SIMULATOR_VM_H

#include <stdint.h>

#include "base/error.h"

struct buffer;
struct child;
struct targets_id;

struct simulator_vm {
    char *path;   /* absolute: what all names of this VM begin with */
    int lock;     /* -1: not held by this process */
    char *folder; /* of the script that was started; NULL: none */
};

void simulator_vm_init(struct simulator_vm *vm, const char *folder, const struct targets_id *id);

/* Closes and frees; removes nothing. */
void simulator_vm_done(struct simulator_vm *vm);

/* Counts one more attempt on this VM in *RET. */
int simulator_vm_count(struct simulator_vm *vm, int64_t *ret, struct error *error);

/* 1: it is ours now; 0: a script is running there; -1: error. */
int simulator_vm_lock(struct simulator_vm *vm, struct error *error);

/* Runs SCRIPT as the VM's agent does, and gives the lock to it. POWERSHELL: the program that runs
 * it as on a Windows VM; NULL: sh does, as on a Linux VM. */
int simulator_vm_start(struct simulator_vm *vm, const struct buffer *script, const char *powershell,
                       struct child *child, struct error *error);

/* Appends the end of what the script wrote to "stdout" or "stderr": all that Azure returns. */
int simulator_vm_read(const struct simulator_vm *vm, const char *stream, struct buffer *buffer,
                      struct error *error);

#endif
