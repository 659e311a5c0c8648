/* SPDX-License-Identifier: MIT */
#include "sys/terminal.h"

#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "sys/fd.h"

bool terminal_is(int fd)
{
    return isatty(fd) == 1;
}

bool terminal_has_escapes(int fd)
{
    const char *term = getenv("TERM");

    return terminal_is(fd) && term != NULL && term[0] != '\0' && strcmp(term, "dumb") != 0;
}

struct terminal_size terminal_size(int fd)
{
    struct winsize size = {.ws_col = 0};

    if (ioctl(fd, TIOCGWINSZ, &size) < 0)
        return (struct terminal_size){0, 0};
    return (struct terminal_size){.columns = size.ws_col, .rows = size.ws_row};
}

bool terminal_is_ours(int fd)
{
    pid_t group = tcgetpgrp(fd);

    return group < 0 || group == getpgrp();
}

bool terminal_is_same(int one, int other)
{
    unsigned first = 0;
    unsigned second = 0;

    return ioctl(one, TIOCGDEV, &first) == 0 && ioctl(other, TIOCGDEV, &second) == 0 &&
           first == second;
}

bool terminal_echoes(int fd)
{
    struct termios modes;

    return tcgetattr(fd, &modes) == 0 && (modes.c_lflag & ICANON) != 0 &&
           (modes.c_lflag & (ECHO | ECHONL)) != 0;
}

int terminal_waiting(int fd)
{
    int bytes = 0;

    return ioctl(fd, FIONREAD, &bytes) == 0 ? bytes : 0;
}

/* Edge-triggered: a terminal wakes who waits with each line. */
int terminal_watch_lines(int fd)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLET};
    int watch = terminal_is(fd) ? epoll_create1(EPOLL_CLOEXEC) : -1;

    if (watch >= 0 && epoll_ctl(watch, EPOLL_CTL_ADD, fd, &event) < 0)
        fd_close(&watch);
    return watch;
}

void terminal_clear_watch(int watch)
{
    struct epoll_event event;

    (void)epoll_wait(watch, &event, 1, 0);
}

bool terminal_is_lent(void)
{
    return getpgid(getppid()) != getpgrp();
}

int terminal_open_again(int fd)
{
    char path[32];

    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
}

bool terminal_is_unicode(void)
{
    locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
    bool is;

    if (locale == (locale_t)0)
        return false;
    is = strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;
    freelocale(locale);
    return is;
}
