/* SPDX-License-Identifier: MIT */
/*
 * status: what azfan exits with, as azfan(1) has it under EXIT STATUS. Numbers never change:
 * scripts and CI ask for them. That of a run is result_exit_status().
 */
#ifndef AZFAN_RUN_STATUS_H
#define AZFAN_RUN_STATUS_H

enum status {
    STATUS_OK = 0,
    STATUS_TROUBLE = 1, /* azfan itself failed */
    STATUS_USAGE = 2,   /* the command line, the job file, or the answer to a question */
    STATUS_FAILED = 3,  /* a script exited with another status than 0 */
    STATUS_OPEN = 4,    /* one timed out, or nobody knows how it ended */
    STATUS_ERROR = 5,   /* az or Azure */
    STATUS_HALTED = 6,
    STATUS_NOTHING = 7, /* there is no target */
    STATUS_DEADLINE = 124,
    STATUS_SIGNAL = 128 /* and the signal's number */
};

#endif
