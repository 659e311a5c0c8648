/* SPDX-License-Identifier: MIT */
/*
 * exits exit N: exits with N
 * exits signal N: dies of signal N
 * exits spin MS: uses MS of processor time and 8 MiB, exits with 0
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { MEMORY = 8 * 1024 * 1024 };

static void die_of(int number)
{
    struct rlimit none = {0, 0};

    (void)setrlimit(RLIMIT_CORE, &none);
    (void)signal(number, SIG_DFL);
    (void)raise(number);
}

static void spin(int milliseconds)
{
    volatile char *memory = malloc(MEMORY);

    for (size_t i = 0; memory != NULL && i < MEMORY; i += 4096)
        memory[i] = 1;
    while (clock() < milliseconds * (CLOCKS_PER_SEC / 1000))
        ;
}

int main(int count, char **arguments)
{
    int number = count > 2 ? atoi(arguments[2]) : 0;

    (void)alarm(30);
    if (count < 3)
        return 2;
    if (strcmp(arguments[1], "exit") == 0)
        return number;
    if (strcmp(arguments[1], "signal") == 0)
        die_of(number);
    if (strcmp(arguments[1], "spin") == 0)
        spin(number);
    return 0;
}
