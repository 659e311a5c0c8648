/* SPDX-License-Identifier: MIT */
/* sys/place: where somebody else could put his own in the place of ours, nothing of ours goes. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/memory.h"
#include "sys/fd.h"
#include "sys/file.h"
#include "sys/place.h"
#include "unit.h"

#define OTHER "chown 12345:12345 " /* only root can give away; CI is root */

static char *top;

static void set_up(void)
{
    struct error error;

    ck_assert_msg(file_make_temporary_folder(&top, &error) == 0, "%s", error.text);
    ck_assert_int_eq(setenv("P", top, 1), 0);
    ck_assert_int_eq(chdir(top), 0);
    (void)umask(0022);
}

static void tear_down(void)
{
    struct error error;

    ck_assert_int_eq(chdir("/"), 0);
    ck_assert_msg(file_remove_tree(top, &error) == 0, "%s", error.text);
    free(top);
}

static void prepare(const char *command)
{
    char *strict = memory_print("set -e; cd $P; %s", command);

    ck_assert_int_eq(system(strict), 0);
    free(strict);
}

/* ---- for what is soon gone ---- */

static const struct row {
    const char *name;
    const char *command; /* in the folder where the place is */
    const char *path;
    const char *text;  /* of the error; NULL: it is taken */
    bool only_by_root; /* the command wants it */
} temporary[] = {
    {"my own", "mkdir -m 700 t", "t", NULL, false},
    {"that others may read", "mkdir -m 755 t", "t", NULL, false},
    {"by a link", "mkdir -m 700 t; ln -s t link", "link", NULL, false},
    {"by a way that goes up", "mkdir -m 700 t", "t/../t/.", NULL, false},
    {"by a whole link", "mkdir -m 700 t; ln -s $P/t link", "link", NULL, false},
    {"root's for all", "mkdir t; chmod 1777 t", "t", NULL, true},
    {"below root's for all", "mkdir a; chmod 1777 a; mkdir -m 700 a/t", "a/t", NULL, true},
    {"missing", ":", "t", "No such file", false},
    {"a file", ": >t", "t", "not a folder", false},
    {"below a file", ": >t", "t/x", "not a folder", false},
    {"a FIFO", "mkfifo t", "t", "not a folder", false},
    {"a link to itself", "ln -s t t", "t", "symbolic links", false},
    {"writable by all", "mkdir t; chmod 777 t", "t", "others can write to", false},
    {"writable by its group", "mkdir t; chmod 770 t", "t", "others can write to", false},
    {"somebody else's", "mkdir -m 700 t; " OTHER "t", "t", "belongs to somebody else", true},
    {"somebody else's for all", "mkdir t; chmod 1777 t; " OTHER "t", "t",
     "belongs to somebody else", true},
    {"below somebody else's", "mkdir -p a/t; " OTHER "a", "a/t", "belongs to somebody else", true},
    {"below one for all", "mkdir -p a/t; chmod 777 a", "a/t", "others can write to", false},
    {"far below one for all", "mkdir -p a/b/c/t; chmod 777 a", "a/b/c/t", "others can write to",
     false},
    {"below one for a group", "mkdir -p a/t; chmod 775 a; chgrp 12345 a", "a/t",
     "others can write to", true},
    {"somebody else's link", "mkdir -m 700 t; ln -s t link; chown -h 12345 link", "link",
     "symbolic link", true},
    {"somebody else's link above", "mkdir -p a/t; ln -s a link; chown -h 12345 link", "link/t",
     "symbolic link", true},
    {"a link that leads below one for all", "mkdir -p a/t; chmod 777 a; ln -s a/t link", "link",
     "others can write to", false},
    {"a link in one for all", "mkdir a t; ln -s ../t a/link; chmod 777 a", "a/link",
     "others can write to", false},
};

START_TEST(what_is_soon_gone)
{
    const struct row *row = &temporary[_i];
    struct error error = {""};
    int fd = -1;
    int result;

    if (row->only_by_root && geteuid() != 0)
        return;
    prepare(row->command);
    result = place_open_temporary(row->path, &fd, &error);
    ck_assert_msg(result == (row->text == NULL ? 0 : -1), "%s: %d: %s", row->name, result,
                  error.text);
    ck_assert_msg(row->text == NULL || strstr(error.text, row->text) != NULL, "%s: %s", row->name,
                  error.text);
    fd_close(&fd);
}
END_TEST

/* ---- for what is kept ---- */

static const struct row kept[] = {
    {"new", ":", "t", NULL, false},
    {"new, with what is above it", ":", "a/b/t", NULL, false},
    {"mine", "mkdir -m 755 t", "t", NULL, false},
    {"mine, and others could write", "mkdir t; chmod 777 t", "t", NULL, false},
    {"here", "cd .", ".", NULL, false},
    {"below a link of mine", "mkdir a; ln -s a link", "link/t", NULL, false},
    {"in root's for all", "mkdir a; chmod 1777 a", "a/t", NULL, true},
    {"in one for all", "mkdir a; chmod 777 a", "a/t", "chmod go-w", false},
    {"far in one for all", "mkdir a; chmod 777 a", "a/b/c/t", "chmod go-w", false},
    {"in one for a group", "mkdir a; chmod 2770 a; chgrp 12345 a", "a/t", "chmod go-w", true},
    {"in somebody else's", "mkdir a; " OTHER "a", "a/t", "belongs to somebody else (user 12345)",
     true},
    {"in somebody else's for all", "mkdir a; chmod 1777 a; " OTHER "a", "a/t",
     "belongs to somebody else", true},
    {"somebody else's", "mkdir t; " OTHER "t", "t", "belongs to somebody else", true},
    {"somebody else's in root's for all", "mkdir -p a/t; chmod 1777 a; " OTHER "a/t", "a/t",
     "belongs to somebody else", true},
    {"below somebody else's in root's for all", "mkdir -p a/b; chmod 1777 a; " OTHER "a/b", "a/b/t",
     "belongs to somebody else", true},
    {"below somebody else's link", "mkdir a; ln -s a link; chown -h 12345 link", "link/t",
     "symbolic link", true},
    {"a link", "mkdir a; ln -s a t", "t", "symbolic link", false},
    {"a file", ": >t", "t", "not a folder", false},
    {"nothing", ":", "", "without a name", false},
};

START_TEST(what_is_kept)
{
    const struct row *row = &kept[_i];
    struct error error = {""};
    struct stat status;
    int fd = -1;
    int result;

    if (row->only_by_root && geteuid() != 0)
        return;
    prepare(row->command);
    result = place_make(row->path, &fd, &error);
    ck_assert_msg(result == (row->text == NULL ? 0 : -1), "%s: %d: %s", row->name, result,
                  error.text);
    if (row->text != NULL) {
        ck_assert_msg(strstr(error.text, row->text) != NULL, "%s: %s", row->name, error.text);
        return;
    }
    ck_assert_int_eq(fstat(fd, &status), 0);
    ck_assert_msg((status.st_mode & 07777) == 0700, "%s", row->name);
    fd_close(&fd);
}
END_TEST

/* Nothing is made on the way to a place that is refused. */
START_TEST(a_refusal_leaves_nothing)
{
    struct error error;
    int fd;

    prepare("mkdir a; chmod 777 a");
    ck_assert_int_eq(place_make("a/b/t", &fd, &error), -1);
    ck_assert_int_eq(access("a/b", F_OK), -1);
}
END_TEST

/* ---- a private group ---- */

/* The user and the group of one name that every Unix has; neither is anybody's. */
#define USER "daemon"

/* user::rwx, user:12345:rwx, group::rwx, mask::rwx, other::r-x, as the kernel has them
 * (linux/posix_acl_xattr.h). */
static const unsigned char list_with_another[] = {
    2, 0,   0,   0,   1,   0,  7, 0, 255, 255, 255, 255, 2,   0,  7, 0, 57, 48,  0,   0,   4,  0, 7,
    0, 255, 255, 255, 255, 16, 0, 7, 0,   255, 255, 255, 255, 32, 0, 5, 0,  255, 255, 255, 255};

static const struct group_row {
    const char *name;
    const char *command;
    bool with_list;
    bool taken;
} groups[] = {
    {"his own", "chown " USER ":" USER " a", false, true},
    {"root's group", "chown " USER ":0 a", false, false},
    {"a group without a name", "chown " USER ":12345 a", false, false},
    {"his own, and all may write", "chown " USER ":" USER " a; chmod 777 a", false, false},
    {"his own, and somebody else is on the list", "chown " USER ":" USER " a", true, false},
};

/* With a umask of 002, as RHEL and Ubuntu have it for users, ~/.local/state is 0775. */
START_TEST(the_group_of_a_user_alone)
{
    const struct group_row *row = &groups[_i];
    const struct passwd *user = getpwnam(USER);
    struct error error = {""};
    int status;
    pid_t child;
    int fd;

    if (geteuid() != 0 || user == NULL || user->pw_gid == 0)
        return;
    prepare("chmod 711 .; mkdir -m 775 a; chmod 775 a");
    prepare(row->command);
    if (row->with_list && setxattr("a", "system.posix_acl_access", list_with_another,
                                   sizeof list_with_another, 0) < 0)
        return; /* there are no lists on this file system */
    child = fork();
    if (child == 0) {
        if (setgroups(0, NULL) < 0 || setgid(user->pw_gid) < 0 || setuid(user->pw_uid) < 0)
            _exit(2);
        _exit(place_make("a/t", &fd, &error) == 0 ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == (row->taken ? 0 : 1), "%s: %d",
                  row->name, status);
}
END_TEST

/* ---- files ---- */

static const struct file_row {
    const char *name;
    const char *command;
    int code; /* 0: it can be written */
    bool only_by_root;
} files[] = {
    {"new", ":", 0, false},
    {"mine from before", "umask 077; echo x >f", 0, false},
    {"a link", "echo x >a; ln -s a f", -EEXIST, false},
    {"a link to nowhere", "ln -s a f", -EEXIST, false},
    {"a second name", "umask 077; echo x >a; ln a f", -EEXIST, false},
    {"a FIFO", "mkfifo -m 600 f", -EEXIST, false},
    {"a device", "mknod -m 600 f c 1 3", -EEXIST, true},
    {"that others can read", "echo x >f; chmod 644 f", -EEXIST, false},
    {"somebody else's", "umask 077; echo x >f; chown 12345 f", -EEXIST, true},
    {"a folder", "mkdir f", -EISDIR, false},
};

START_TEST(files_are_new_or_as_new)
{
    const struct file_row *row = &files[_i];
    int folder = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int fd;

    if (row->only_by_root && geteuid() != 0)
        return;
    prepare(row->command);
    fd = place_open_file(folder, "f");
    ck_assert_msg(row->code == 0 ? fd >= 0 : fd == row->code, "%s: %d", row->name, fd);
    fd_close(&fd);
    ck_assert_int_eq(place_new_file(folder, "f"), -EEXIST);
    fd_close(&folder);
}
END_TEST

enum { RACERS = 4, ROUNDS = 300 };

struct racer {
    pthread_t thread;
    pthread_barrier_t *barrier;
    int folder;
    int fd;
};

static void *race(void *context)
{
    struct racer *self = context;

    (void)pthread_barrier_wait(self->barrier);
    self->fd = place_open_file(self->folder, "f");
    return NULL;
}

/* All of them get the one file, whoever makes it. */
START_TEST(a_file_is_opened_by_many_in_the_instant_in_which_it_is_made)
{
    int folder = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct racer racers[RACERS];
    pthread_barrier_t barrier;

    ck_assert_int_eq(pthread_barrier_init(&barrier, NULL, RACERS), 0);
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < RACERS; i++) {
            racers[i] = (struct racer){.barrier = &barrier, .folder = folder};
            ck_assert_int_eq(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
        }
        for (int i = 0; i < RACERS; i++)
            ck_assert_int_eq(pthread_join(racers[i].thread, NULL), 0);
        for (int i = 0; i < RACERS; i++) {
            ck_assert_msg(racers[i].fd >= 0, "round %d: %s", round, strerror(-racers[i].fd));
            fd_close(&racers[i].fd);
        }
        ck_assert_int_eq(unlinkat(folder, "f", 0), 0);
    }
    (void)pthread_barrier_destroy(&barrier);
    fd_close(&folder);
}
END_TEST

START_TEST(the_places_in_their_order)
{
    ck_assert_int_eq(setenv("XDG_RUNTIME_DIR", "/run/a", 1), 0);
    ck_assert_int_eq(setenv("TMPDIR", "/b", 1), 0);
    ck_assert_str_eq(place_temporary(0), "/run/a");
    ck_assert_str_eq(place_temporary(1), "/b");
    ck_assert_str_eq(place_temporary(2), "/tmp");
    ck_assert_ptr_null(place_temporary(3));
    ck_assert_int_eq(setenv("XDG_RUNTIME_DIR", "relative", 1), 0);
    ck_assert_int_eq(setenv("TMPDIR", "", 1), 0);
    ck_assert_str_eq(place_temporary(0), "/tmp");
    ck_assert_ptr_null(place_temporary(1));
}
END_TEST

static Suite *place_suite(void)
{
    Suite *suite = suite_create("place");
    TCase *tests = tcase_create("place");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, what_is_soon_gone, 0, UNIT_COUNT(temporary));
    tcase_add_loop_test(tests, what_is_kept, 0, UNIT_COUNT(kept));
    tcase_add_test(tests, a_refusal_leaves_nothing);
    tcase_add_loop_test(tests, the_group_of_a_user_alone, 0, UNIT_COUNT(groups));
    tcase_add_loop_test(tests, files_are_new_or_as_new, 0, UNIT_COUNT(files));
    tcase_add_test(tests, a_file_is_opened_by_many_in_the_instant_in_which_it_is_made);
    tcase_add_test(tests, the_places_in_their_order);
    suite_add_tcase(suite, tests);
    return suite;
}

UNIT_MAIN(place_suite)
