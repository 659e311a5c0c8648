/* SPDX-License-Identifier: MIT */
/*
 * cloud: where an Azure is: its resource manager, and its login.
 *
 * Azure has more than one (az cloud list): AzureCloud, AzureUSGovernment and AzureChinaCloud by
 * their names, any other by the URL of its resource manager. Pure.
 */
#ifndef AZFAN_JOB_CLOUD_H
#define AZFAN_JOB_CLOUD_H

#include <stdbool.h>

#include "base/error.h"

#define CLOUD_USUAL "AzureCloud"

/* Starts zeroed: none. */
struct cloud {
    char *endpoint;        /* "https://management.azure.com": no slash at its end; NULL: no cloud */
    const char *authority; /* "https://login.microsoftonline.com", likewise; NULL: not known */
};

/* WORD: a name, or the URL of a resource manager: https, or http where that is loopback. RET is for
 * cloud_done(). */
int cloud_read(const char *word, struct cloud *ret, struct error *error);

/* The name of the cloud whose login AUTHORITY is, with a slash at its end or without; NULL: of none
 * that has a name. */
const char *cloud_name_of(const char *authority);

void cloud_done(struct cloud *cloud);

#endif
