/* SPDX-License-Identifier: MIT */
/*
 * advice: what the person on call can do about an outcome.
 *
 * It fits the cause, and whether the script may have started: then nobody is
 * told to run it again without looking first. Pure. Thread-safe.
 */
#ifndef AZFAN_AZURE_ADVICE_H
#define AZFAN_AZURE_ADVICE_H

#include "job/outcome.h"

/* One to three sentences, static; "" for ok. Commands stand between backquotes. */
const char *advice_for(const struct outcome *outcome);

#endif
