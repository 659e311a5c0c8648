/* SPDX-License-Identifier: MIT */
/*
 * azfan-simulator: the simulated az alone, which azfan starts for each VM of a rehearsal where it
 * stands beside azfan. It is `azfan simulated-az` without the libraries that only reports need:
 * they take longer to load than all that it does.
 */
#include <stdlib.h>

#include "simulator/simulator.h"
#include "sys/fd.h"

int main(int argc, char **argv)
{
    if (fd_sanitize_standard() < 0 || argc < 2 || !simulator_is_meant(argv[1]))
        return EXIT_FAILURE;
    return simulator_main(argv + 1);
}
