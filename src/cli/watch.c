/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "base/buffer.h"
#include "base/error.h"
#include "cli/cli.h"
#include "cli/message.h"
#include "cli/owner.h"
#include "cli/pastrun.h"
#include "cli/watching.h"
#include "run/replay.h"
#include "run/result.h"
#include "run/status.h"

int cli_watch(const struct options *options, int *ret_signal)
{
    struct buffer notes = BUFFER_INIT;
    struct result run;
    struct error error;
    enum watching_end end;
    char *folder;
    int status = pastrun_find_going(options, &folder);

    if (status != STATUS_OK)
        return status;
    if (replay_run(folder, &run, &error) < 0) {
        status = message_fail(STATUS_TROUBLE, error.text);
    } else if (run.ending != RESULT_GOING) {
        status = watching_tell_past(options, &run);
    } else {
        owner_print(&notes, &run);
        status = watching_run(options, folder, &notes, &end, ret_signal);
    }
    result_done(&run);
    free(folder);
    return status;
}
