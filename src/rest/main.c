/* SPDX-License-Identifier: MIT */
/*
 * azfan-rest: one request to Azure's REST API, for azfan, which starts it as it starts az.
 *
 * Standard input is the request (rest/request), descriptor 3 the token's page (sys/tokenpage)
 * unless a token is what is asked for. Standard output gets az's JSON, with exit status 0. Standard
 * error says on the way "sent", "accepted {…}" and "limits {…}", and in the end, with exit status
 * 1, the line of a failure (rest/failure). It has no options: nothing secret can stand on its
 * command line, for nothing does.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/number.h"
#include "rest/failure.h"
#include "rest/grant.h"
#include "rest/operation.h"
#include "rest/request.h"
#include "rest/transport.h"
#include "sys/fd.h"
#include "sys/file.h"
#include "sys/tokenpage.h"

/* A script has 190 KiB at most, of which JSON may write each byte as six. */
enum { TOKEN_FD = 3, REQUEST_MOST = 2 * 1024 * 1024 };

/*
 * Whoever started this is no more: for nobody nothing is sent, and nobody hears of a result. So a
 * script of which "sent" was not heard any more is not started, and what asks Azure next (azfan,
 * what became of its operations) asks alone.
 */
static _Noreturn void leave(void)
{
    _exit(1);
}

/* In one write, so that no line comes in two pieces. */
static void say(const char *line, void *context)
{
    struct buffer text = BUFFER_INIT;

    (void)context;
    buffer_print(&text, "%s\n", line);
    if (fd_write_all(STDERR_FILENO, text.data, text.length) < 0)
        leave();
    buffer_done(&text);
}

/* A script, or a secret, may stand in it. */
static void wipe(struct buffer *buffer)
{
    if (buffer->data != NULL)
        explicit_bzero(buffer->data, buffer->length);
    buffer_done(buffer);
}

static int64_t now(void *context)
{
    (void)context;
    return clock_now();
}

/* A pipe that nobody reads from any more has POLLERR, whatever is asked for. */
static void wait(int64_t duration, void *context)
{
    struct pollfd listener = {.fd = STDERR_FILENO};
    int64_t until = clock_now() + duration;
    struct timespec left;

    (void)context;
    do {
        if (ppoll(&listener, 1, clock_left(until, clock_now(), &left), NULL) > 0)
            leave();
    } while (clock_now() < until);
}

static enum operation_end run_with(const struct request *request, const struct tokenpage *page,
                                   struct buffer *ret, struct error *error)
{
    struct operation_world world = {.page = page, .say = say, .now = now, .wait = wait};

    world.transport = transport_make(request, error);
    return world.transport != NULL ? operation_run(request, &world, ret) : OPERATION_FAILED;
}

static int64_t wall(void *context)
{
    (void)context;
    return clock_wall();
}

static int ask_for_token(const struct request *request, struct buffer *ret, struct error *error)
{
    struct grant_world world = {.now = now, .wall = wall, .wait = wait};

    world.transport = transport_make(request, error);
    return world.transport != NULL ? grant_run(request, &world, ret) : -1;
}

/* What the request asks for; 0: RET is it. */
static int answer(const struct request *request, struct buffer *ret, struct error *error)
{
    struct tokenpage page = {.fd = -1};
    int result = -1;

    if (request->source.url != NULL)
        return ask_for_token(request, ret, error);
    if (tokenpage_open(&page, TOKEN_FD, error) == 0 &&
        run_with(request, &page, ret, error) == OPERATION_OVER)
        result = 0;
    tokenpage_close(&page);
    return result;
}

static int run(struct buffer *ret, struct error *error)
{
    struct buffer text = BUFFER_INIT;
    struct request request = {.deadline = 0};
    int result = -1;

    if (file_read_standard_input(REQUEST_MOST, &text, error) == 0 &&
        request_read(buffer_text(&text), text.length, &request, error) == 0)
        result = answer(&request, ret, error);
    request_done(&request);
    wipe(&text);
    return result;
}

int main(void)
{
    struct buffer result = BUFFER_INIT;
    struct error error = {.text = ""};
    int status;

    /* No core, and no other process of this user reads the token here. */
    (void)prctl(PR_SET_DUMPABLE, 0);
    (void)signal(SIGPIPE, SIG_IGN);
    status = run(&result, &error);
    if (result.length == 0)
        failure_print(&result, &(struct failure){FAILURE_REQUEST, FAILURE_NOT_STARTED}, error.text);
    (void)fd_write_all(status == 0 ? STDOUT_FILENO : STDERR_FILENO, result.data, result.length);
    /* OpenSSL would take a twentieth of a client's time to free what the kernel frees anyway. */
    _exit(status == 0 ? 0 : 1);
}
