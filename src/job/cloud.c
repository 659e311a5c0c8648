/* SPDX-License-Identifier: MIT */
#include "job/cloud.h"

#include <stdlib.h>
#include <string.h>

#include "base/loopback.h"
#include "base/memory.h"

/* azure-cli core/cloud.py */
static const struct {
    const char *name, *endpoint, *authority;
} known[] = {
    {CLOUD_USUAL, "https://management.azure.com", "https://login.microsoftonline.com"},
    {"AzureUSGovernment", "https://management.usgovcloudapi.net",
     "https://login.microsoftonline.us"},
    {"AzureChinaCloud", "https://management.chinacloudapi.cn", "https://login.chinacloudapi.cn"},
};

enum { KNOWN = sizeof known / sizeof known[0] };

/* Without a slash at its end. */
static size_t length_of(const char *url)
{
    size_t length = strlen(url);

    return length > 0 && url[length - 1] == '/' ? length - 1 : length;
}

static bool is_same_url(const char *one, const char *other)
{
    size_t length = length_of(one);

    return length == length_of(other) && strncmp(one, other, length) == 0;
}

/* A scheme and a server, no more: ids are put after it. */
static bool is_server(const char *url)
{
    static const char https[] = "https://";
    const char *name = url + sizeof https - 1;

    if (loopback_is(url))
        return true;
    return strncmp(url, https, sizeof https - 1) == 0 && name[0] != '\0' &&
           name[strcspn(name, "/?#@\\ \t\r\n")] == '\0';
}

int cloud_read(const char *word, struct cloud *ret, struct error *error)
{
    *ret = (struct cloud){.endpoint = NULL};
    for (size_t i = 0; i < KNOWN; i++) {
        if (strcmp(word, known[i].name) == 0 || is_same_url(word, known[i].endpoint)) {
            ret->endpoint = memory_string(known[i].endpoint);
            ret->authority = known[i].authority;
            return 0;
        }
    }
    ret->endpoint = memory_copy(word, length_of(word));
    if (is_server(ret->endpoint))
        return 0;
    cloud_done(ret);
    return error_set(error, "cloud must be AzureCloud, AzureUSGovernment, AzureChinaCloud, or the "
                            "https:// URL of a resource manager");
}

const char *cloud_name_of(const char *authority)
{
    for (size_t i = 0; i < KNOWN; i++) {
        if (is_same_url(authority, known[i].authority))
            return known[i].name;
    }
    return NULL;
}

void cloud_done(struct cloud *cloud)
{
    free(cloud->endpoint);
    *cloud = (struct cloud){.endpoint = NULL};
}
