/* SPDX-License-Identifier: MIT */
/* What Azure says that is left of its limits. The headers are those of recorded answers. */
#include <stdlib.h>

#include "base/memory.h"
#include "rest/remaining.h"
#include "rest/transport.h"
#include "unit/unit.h"

#define URL                                                                                        \
    "https://management.azure.com/subscriptions/s/providers/Microsoft.Compute/locations/"          \
    "westeurope/operations/o?p=o&api-version=2024-07-01"
#define MADE "Microsoft.Compute/"

static const struct {
    const char *name;
    const char *operation, *location, *writes, *resource;
    const char *line;
} rows[] = {
    {"nothing", .line = ""},
    {"a start, as of 2024", URL, NULL, "199",
     MADE "UpdateVMSubscriptionMaximum;1499," MADE "UpdateVMResource;11",
     "limits {\"compute\":1499,\"region\":\"westeurope\",\"writes\":199}"},
    {"of 2019, in two windows", URL, NULL, "1198",
     MADE "UpdateVM3Min;239," MADE "UpdateVM30Min;1199",
     "limits {\"compute\":239,\"region\":\"westeurope\",\"writes\":1198}"},
    {"an instance of a scale set", URL, NULL, NULL,
     MADE "VMScaleSetVMActionsSubscriptionMaximum;1999, " MADE
          "VMScaleSetVMActionsResource;10, " MADE
          "VMScaleSetBatchedVMRequestsSubscriptionMaximum;5995, " MADE "VmssQueuedVMOperations;0",
     "limits {\"compute\":1999,\"region\":\"westeurope\"}"},
    {"what is counted of the VM alone is nothing", .resource = MADE "UpdateVMResource;0",
     .line = ""},
    {"a refusal by the gateway", .writes = "0", .line = "limits {\"writes\":0}"},
    {"only a Location", .location = URL "&monitor=true",
     .line = "limits {\"region\":\"westeurope\"}"},
    {"numbers that are none", .writes = "many", .resource = MADE "UpdateVM3Min;x,nonsense,;5,,",
     .line = "limits {\"compute\":5}"},
    {"a region that is none", .operation = "https://x/locations/../operations/o", .line = ""},
    {"one without an end", .operation = "https://x/locations/westeurope", .line = ""},
};

START_TEST(a_line_says_what_the_headers_say)
{
    struct transport_headers headers = {.operation = memory_string(rows[_i].operation),
                                        .location = memory_string(rows[_i].location),
                                        .writes = memory_string(rows[_i].writes),
                                        .resource = memory_string(rows[_i].resource)};
    struct buffer line = BUFFER_INIT;

    remaining_print(&line, &headers);
    ck_assert_msg(strcmp(buffer_text(&line), rows[_i].line) == 0, "%s: %s", rows[_i].name,
                  buffer_text(&line));
    buffer_done(&line);
    free(headers.operation);
    free(headers.location);
    free(headers.writes);
    free(headers.resource);
}
END_TEST

static bool are_few(char *reads)
{
    const struct transport_headers headers = {.reads = reads};

    return remaining_has_few_reads(&headers);
}

START_TEST(few_reads_are_fewer_than_fifty)
{
    char few[] = "49";
    char enough[] = "50";
    char nonsense[] = "-1";

    ck_assert(are_few(few));
    ck_assert(!are_few(enough) && !are_few(nonsense) && !are_few(NULL));
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("remaining");
    TCase *all = tcase_create("all");

    tcase_add_loop_test(all, a_line_says_what_the_headers_say, 0, UNIT_COUNT(rows));
    tcase_add_test(all, few_reads_are_fewer_than_fifty);
    suite_add_tcase(suite, all);
    return suite;
}

UNIT_MAIN(make_suite)
