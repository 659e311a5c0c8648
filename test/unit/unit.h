/* SPDX-License-Identifier: MIT */
/*
 * unit: the main() of every unit test program.
 *
 * A test file has one suite and ends with UNIT_MAIN(function that makes it).
 * Prints one line a failed check and last "NAME: N passed, N failed".
 */
#ifndef AZFAN_TEST_UNIT_H
#define AZFAN_TEST_UNIT_H

#include <check.h>
#include <stdio.h>

#define UNIT_COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

static inline int unit_run(Suite *suite, const char *name)
{
    SRunner *runner = srunner_create(suite);
    int failed;
    int run;

    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    run = srunner_ntests_run(runner);
    srunner_free(runner);
    printf("%s: %d passed, %d failed\n", name, run - failed, failed);
    return failed == 0 && run > 0 ? 0 : 1;
}

#define UNIT_MAIN(make_suite)                                                                      \
    int main(void)                                                                                 \
    {                                                                                              \
        return unit_run(make_suite(), __FILE__);                                                   \
    }

#endif
