/* SPDX-License-Identifier: MIT */
/*
 * safeurl: may a secret be sent to a URL? Pure and thread-safe.
 */
#ifndef AZFAN_BASE_SAFEURL_H
#define AZFAN_BASE_SAFEURL_H

#include <stdbool.h>

/* Would nobody else read what goes to URL? So it is over https, and on this machine over http too;
 * OWN: so are the machine's own endpoints, at an address of 169.254.0.0/16. */
bool safeurl_is(const char *url, bool own);

#endif
