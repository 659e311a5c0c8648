/* SPDX-License-Identifier: MIT */
#include "rest/remaining.h"

#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/ascii.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/number.h"
#include "rest/transport.h"

enum { FEW_READS = 50, REGION_MOST = 64 };

#define UNKNOWN (-1)

/* A header that is a number; UNKNOWN: there is none. */
static int64_t read_count(const char *text)
{
    struct error ignored;
    int64_t count;

    if (text == NULL || number_parse(text, 0, INT32_MAX, &count, &ignored) < 0)
        return UNKNOWN;
    return count;
}

static bool ends_with(const char *text, size_t length, const char *end)
{
    size_t end_length = strlen(end);

    return length >= end_length && strncasecmp(text + length - end_length, end, end_length) == 0;
}

/* One of a list, "Microsoft.Compute/UpdateVMSubscriptionMaximum;1499". */
static int64_t read_bucket(const char *text, size_t length)
{
    const char *end = memchr(text, ';', length);
    char *count;
    int64_t ret;

    if (end == NULL || ends_with(text, (size_t)(end - text), "Resource") ||
        ends_with(text, (size_t)(end - text), "/VmssQueuedVMOperations"))
        return UNKNOWN;
    count = memory_copy(end + 1, length - (size_t)(end - text) - 1);
    ret = read_count(count);
    free(count);
    return ret;
}

static int64_t read_least(const char *list)
{
    int64_t least = UNKNOWN;

    while (list != NULL && *list != '\0') {
        size_t length = strcspn(list, ",");
        int64_t count = read_bucket(list, length);

        if (count != UNKNOWN && (least == UNKNOWN || count < least))
            least = count;
        list += length;
        list += strspn(list, ", ");
    }
    return least;
}

/* Of an operation's URL, "…/locations/REGION/operations/…". */
static void set_region(json_t *object, const char *url)
{
    static const char before[] = "/locations/";
    const char *region = url != NULL ? strcasestr(url, before) : NULL;
    size_t length = 0;

    if (region == NULL)
        return;
    region += sizeof before - 1;
    while (ascii_is_alphanumeric(region[length]))
        length++;
    if (length > 0 && length <= REGION_MOST && region[length] == '/')
        (void)json_object_set_new(object, "region", json_stringn(region, length));
}

static void set_count(json_t *object, const char *key, int64_t count)
{
    if (count != UNKNOWN)
        (void)json_object_set_new(object, key, json_integer(count));
}

void remaining_print(struct buffer *line, const struct transport_headers *headers)
{
    json_t *object = json_object();
    char *text;

    set_count(object, "writes", read_count(headers->writes));
    set_count(object, "compute", read_least(headers->resource));
    set_region(object, headers->operation != NULL ? headers->operation : headers->location);
    if (json_object_size(object) > 0) {
        text = json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS);
        buffer_print(line, "limits %s", text);
        free(text);
    }
    json_decref(object);
}

bool remaining_has_few_reads(const struct transport_headers *headers)
{
    int64_t reads = read_count(headers->reads);

    return reads != UNKNOWN && reads < FEW_READS;
}
