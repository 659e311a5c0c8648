/* SPDX-License-Identifier: MIT */
#include "base/buffer.h"
#include "cli/cli.h"
#include "cli/owner.h"
#include "cli/pastrun.h"
#include "cli/watching.h"
#include "run/result.h"
#include "run/status.h"

int cli_watch(const struct options *options, int *ret_signal)
{
    struct buffer notes = BUFFER_INIT;
    struct result run;
    enum watching_end end;
    int status = pastrun_read_going(options, &run);

    if (status == STATUS_OK && run.ending == RESULT_GOING) {
        owner_print(&notes, &run);
        status = watching_run(options, run.folder, &notes, &end, ret_signal);
    } else if (status == STATUS_OK) {
        status = watching_tell_past(options, &run);
    }
    result_done(&run);
    return status;
}
