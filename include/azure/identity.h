/* SPDX-License-Identifier: MIT */
/*
 * identity: whose token azfan-rest is to ask for, where that is not az's.
 *
 * What this needs to know stands in the environment, under the names that Azure's own libraries
 * have for it (azure-identity). Which of them count is chosen by name, and nothing is tried in
 * turn: a script would run as somebody that nobody meant. Main thread.
 */
#ifndef AZFAN_AZURE_IDENTITY_H
#define AZFAN_AZURE_IDENTITY_H

#include <jansson.h>

#include "base/error.h"
#include "base/strings.h"
#include "job/cloud.h"
#include "job/job.h"

/*
 * Where to ask, as rest/source.h has it, for json_decref(); it holds secrets. NULL: the error names
 * each variable that is missing, or says what is wrong with one. KIND is not JOB_IDENTITY_AZ.
 */
json_t *identity_source(enum job_identity kind, const struct cloud *cloud, struct error *error);

/* What azfan-rest needs of azfan's environment: proxies, and how names are found; no secret. */
void identity_keep_environment(struct strings *ret);

#endif
