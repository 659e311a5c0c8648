/* SPDX-License-Identifier: MIT */
/*
 * view: how a report for people is to look.
 */
#ifndef AZFAN_REPORT_VIEW_H
#define AZFAN_REPORT_VIEW_H

#include <stdbool.h>

struct ignore;

enum view_outputs {
    VIEW_NONE,    /* the summary shows the last lines of what is not ok */
    VIEW_GROUPED, /* what is the same once */
    VIEW_LINES,   /* each line after the name of its target, in the job's order */
    VIEW_EACH     /* target by target, in the job's order */
};

struct view {
    enum view_outputs outputs;   /* how what the VMs printed is shown */
    const struct ignore *ignore; /* with VIEW_GROUPED; NULL: nothing */
    bool brief; /* at the end of a run: with VIEW_GROUPED no more than fits there */
    bool colour;
    int width; /* columns after which azfan's own sentences are broken; 0: they are not */
};

#endif
