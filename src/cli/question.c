/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. The terminal stays as it is: it hands over whole lines, and makes signals of
 * Ctrl-C and Ctrl-Z, which come by way of the warden like all others. Nothing here waits but
 * ppoll(): standard input is opened once more, non-blocking, for somebody else may read what polls
 * as readable. In the background azfan neither reads, for that would stop it, nor counts what is
 * typed as an answer: it asks again when it is back.
 */
#include "cli/question.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/number.h"
#include "run/warden.h"
#include "run/watcher.h"
#include "screen/live.h"
#include "sys/fd.h"
#include "sys/signals.h"
#include "sys/terminal.h"

/* How often one in the background looks whether it still is: not every shell says so. */
#define LOOKING_PAUSE (NUMBER_SECOND / 4)

enum { ANSWER_MOST = 16 };

enum state { OPEN, YES, NO };

struct question {
    struct live *live;
    struct warden *warden;
    const char *text;
    int input;
    char answer[ANSWER_MOST];
    size_t length; /* of all that was typed, also where that is more than ANSWER_MOST */
    bool away;     /* somebody else has had the terminal, or has it: it is to be asked again */
    bool stopped;  /* by Ctrl-Z: the SIGCONT after it says nothing new */
    bool ended;    /* the line after the question, by Enter */
    enum state state;
    int signal;
};

bool question_can_be_asked(void)
{
    return terminal_is(STDIN_FILENO) && terminal_is(STDERR_FILENO) &&
           terminal_is_ours(STDIN_FILENO);
}

static void ask(struct question *self)
{
    self->length = 0;
    self->away = false;
    live_prompt(self->live, self->text);
}

/* ---- what is typed ------------------------------------------------------------------------ */

static bool is_yes(const struct question *self)
{
    size_t start = 0;
    size_t end = self->length;

    if (end > ANSWER_MOST)
        return false;
    while (start < end && (self->answer[start] == ' ' || self->answer[start] == '\t'))
        start++;
    while (end > start && (self->answer[end - 1] == ' ' || self->answer[end - 1] == '\t'))
        end--;
    return (end - start == 1 && strncasecmp(self->answer + start, "y", 1) == 0) ||
           (end - start == 3 && strncasecmp(self->answer + start, "yes", 3) == 0);
}

static void handle_byte(struct question *self, char byte)
{
    if (byte == '\n' || byte == '\r') {
        self->ended = true;
        self->state = is_yes(self) ? YES : NO;
        return;
    }
    if (self->length < ANSWER_MOST)
        self->answer[self->length] = byte;
    self->length++;
}

/* Byte by byte: what stands after the answer is for somebody else. */
static void read_answer(struct question *self)
{
    char byte;
    ssize_t count;

    while (self->state == OPEN) {
        count = read(self->input >= 0 ? self->input : STDIN_FILENO, &byte, 1);
        if (count == 1)
            handle_byte(self, byte);
        else if (count < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        else
            self->state = NO;
        if (self->input < 0) /* it may wait: it must have been polled */
            return;
    }
}

/* ---- signals ------------------------------------------------------------------------------ */

static void handle_signal(struct question *self, int signal)
{
    if (signal == SIGTSTP) {
        signals_stop();
        self->away = self->stopped = true;
    }
    if (signal == SIGCONT) {
        self->away |= !self->stopped;
        self->stopped = false;
    }
    if (!warden_ends_azfan(signal))
        return;
    self->state = NO;
    if (signal != SIGINT && self->signal == 0)
        self->signal = signal;
}

static void handle_signals(struct question *self)
{
    int signal;

    while ((signal = warden_take(self->warden)) != 0)
        handle_signal(self, signal);
}

/* ---- waiting ------------------------------------------------------------------------------ */

static void wait_for_something(struct question *self)
{
    struct watcher watcher = live_watcher(self->live);
    struct pollfd watches[4] = {{self->away ? -1 : STDIN_FILENO, POLLIN, 0},
                                {warden_fd(self->warden), POLLIN, 0},
                                {-1, POLLOUT, 0},
                                {-1, POLLOUT, 0}};
    int64_t until = self->away ? clock_now() + LOOKING_PAUSE : CLOCK_NEVER;
    struct timespec left;
    struct watcher_waits waits;

    (void)watcher.waiting(watcher.context, &waits);
    watches[2].fd = waits.to_write[0];
    watches[3].fd = waits.to_write[1];
    (void)ppoll(watches, 4, clock_left(until, clock_now(), &left), NULL);
    handle_signals(self);
    if (watches[2].revents != 0 || watches[3].revents != 0)
        watcher.writable(watcher.context);
    if (!terminal_is_ours(STDIN_FILENO))
        self->away = true;
    else if (self->away && self->state == OPEN)
        ask(self);
    else if (watches[0].revents != 0 && self->state == OPEN)
        read_answer(self);
}

bool question_ask(struct live *live, struct warden *warden, const char *text, int *ret_signal)
{
    struct question self = {.live = live,
                            .warden = warden,
                            .text = text,
                            .input = terminal_open_again(STDIN_FILENO),
                            .away = true};

    if (terminal_is_ours(STDIN_FILENO))
        ask(&self);
    while (self.state == OPEN)
        wait_for_something(&self);
    if (!self.ended)
        live_prompt(live, "\n");
    fd_close(&self.input);
    *ret_signal = self.signal;
    return self.state == YES;
}
