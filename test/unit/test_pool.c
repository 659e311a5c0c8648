/* SPDX-License-Identifier: MIT */
#include "engine/pool.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/number.h"
#include "stub/stub.h"
#include "sys/fault.h"
#include "unit/unit.h"

struct job {
    struct pool_task task; /* first */
    struct stub stub;
    int place; /* in the order of finishing, from 0; -1: not finished */
};

enum { MOST_JOBS = 100 };

static struct job jobs[MOST_JOBS];

static void put(struct pool *pool, int number, const char *line, int timeout, int kill_grace)
{
    struct job *job = &jobs[number];

    stub_command(&job->stub, line);
    job->place = -1;
    job->task.command = job->stub.command;
    job->task.limits = (struct supervise_limits){.timeout = timeout * NUMBER_MILLISECOND,
                                                 .kill_grace = kill_grace * NUMBER_MILLISECOND,
                                                 .output_limit = 65536};
    pool_put(pool, &job->task);
}

static void start_pool(struct pool *pool, int threads)
{
    struct error error = {""};

    child_adopt_orphans();
    ck_assert_msg(pool_start(pool, threads, &error) == 0, "%s", error.text);
}

/* Takes COUNT finished tasks, waiting on the event as the main thread does. */
static void take_finished(struct pool *pool, int count)
{
    int taken = 0;

    while (taken < count) {
        struct pollfd poll_fd = {.fd = pool->finished, .events = POLLIN};
        struct pool_task *task;

        ck_assert_msg(poll(&poll_fd, 1, 25000) == 1, "only %d of %d finished", taken, count);
        while ((task = pool_take_finished(pool)) != NULL)
            ((struct job *)task)->place = taken++;
    }
    ck_assert_int_eq(taken, count);
}

/* Ends POOL; nothing of it is left: no thread, no descriptor, no process. */
static void end_pool(struct pool *pool, int count, int descriptors)
{
    pool_join(pool);
    for (int i = 0; i < count; i++)
        finish_done(&jobs[i].task.finish);
    ck_assert_int_eq(child_sweep(), 0);
    ck_assert_int_eq(stub_count_children(), 0);
    ck_assert_int_eq(stub_count_descriptors(), descriptors);
}

static int count_threads(void)
{
    DIR *tasks = opendir("/proc/self/task");
    int count = 0;

    while (readdir(tasks) != NULL)
        count++;
    (void)closedir(tasks);
    return count - 2;
}

/* A hung target holds up its own worker and nobody else: quick ones finish long before. */
START_TEST(test_hung_task_does_not_delay_the_others)
{
    enum { HUNG = 3, QUICK = 40 };
    int descriptors = stub_count_descriptors();
    int64_t started = clock_now();
    struct pool pool;
    int took;

    start_pool(&pool, HUNG + 1);
    for (int i = 0; i < HUNG; i++)
        put(&pool, i, "hang stubborn", 1500, 300);
    for (int i = HUNG; i < HUNG + QUICK; i++)
        put(&pool, i, "exits exit 0", 20000, 300);
    take_finished(&pool, HUNG + QUICK);
    took = (int)((clock_now() - started) / NUMBER_MILLISECOND);
    for (int i = 0; i < HUNG; i++) {
        ck_assert_int_ge(jobs[i].place, QUICK);
        ck_assert_int_eq(jobs[i].task.finish.stop, FINISH_TIMED_OUT);
    }
    for (int i = HUNG; i < HUNG + QUICK; i++) {
        ck_assert_int_lt(jobs[i].place, QUICK);
        ck_assert_int_eq(jobs[i].task.finish.stop, FINISH_UNSTOPPED);
    }
    printf("3 hung of 43             %5d ms (1800)\n", took);
    ck_assert_int_le(took, 1800 + 300 + stub_slack()); /* the hung ones ran side by side */
    end_pool(&pool, HUNG + QUICK, descriptors);
}
END_TEST

/* Every task comes back once, with its own answer, and all workers took part. */
START_TEST(test_hundred_tasks_on_eight_workers)
{
    int descriptors = stub_count_descriptors();
    int of_worker[8] = {0};
    struct pool pool;
    char line[32];

    start_pool(&pool, 8);
    for (int i = 0; i < 100; i++) {
        (void)snprintf(line, sizeof line, i % 2 == 0 ? "exits exit %d" : "hang nap %d", i);
        put(&pool, i, line, 20000, 300);
    }
    take_finished(&pool, 100);
    ck_assert_ptr_null(pool_take_finished(&pool));
    for (int i = 0; i < 100; i++) {
        const struct pool_task *task = &jobs[i].task;

        ck_assert_int_ge(jobs[i].place, 0);
        ck_assert_int_eq(task->finish.end, FINISH_EXITED);
        ck_assert_int_eq(task->finish.exit.status, i % 2 == 0 ? i : 0);
        ck_assert_uint_eq(task->finish.output.length, i % 2 == 0 ? 0 : 15);
        ck_assert_int_ge(task->worker, 0);
        ck_assert_int_lt(task->worker, 8);
        of_worker[task->worker]++;
    }
    for (int i = 0; i < 8; i++)
        ck_assert_int_gt(of_worker[i], 0);
    end_pool(&pool, 100, descriptors);
}
END_TEST

/* With one worker the order of finishing is the order of putting. */
START_TEST(test_order_with_one_worker)
{
    int descriptors = stub_count_descriptors();
    struct pool pool;

    start_pool(&pool, 1);
    for (int i = 0; i < 20; i++)
        put(&pool, i, "exits exit 0", 20000, 300);
    take_finished(&pool, 20);
    for (int i = 0; i < 20; i++)
        ck_assert_int_eq(jobs[i].place, i);
    end_pool(&pool, 20, descriptors);
}
END_TEST

/* What finishes first comes back first, whatever was put first. */
START_TEST(test_order_of_finishing)
{
    static const char *const lines[] = {"hang nap 1500", "hang nap 750", "hang nap 0"};
    int descriptors = stub_count_descriptors();
    struct pool pool;

    start_pool(&pool, 3);
    for (int i = 0; i < 3; i++)
        put(&pool, i, lines[i], 20000, 300);
    take_finished(&pool, 3);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(jobs[i].place, 2 - i);
    end_pool(&pool, 3, descriptors);
}
END_TEST

/* Whoever waits for the event misses no task. */
START_TEST(test_event_tells_of_finished_tasks)
{
    int descriptors = stub_count_descriptors();
    struct pollfd poll_fd = {.events = POLLIN};
    struct pool pool;

    start_pool(&pool, 2);
    poll_fd.fd = pool.finished;
    ck_assert_ptr_null(pool_take_finished(&pool));
    ck_assert_int_eq(poll(&poll_fd, 1, 0), 0);
    put(&pool, 0, "exits exit 0", 20000, 300);
    put(&pool, 1, "exits exit 0", 20000, 300);
    ck_assert_int_eq(poll(&poll_fd, 1, 20000), 1);
    ck_assert_ptr_nonnull(pool_take_finished(&pool));
    jobs[0].place = 0;
    while (pool_take_finished(&pool) == NULL) /* the other one raises it again, or has already */
        ck_assert_int_eq(poll(&poll_fd, 1, 20000), 1);
    ck_assert_ptr_null(pool_take_finished(&pool));
    end_pool(&pool, 2, descriptors);
}
END_TEST

static bool ignores_interrupt(int pid)
{
    unsigned long long ignored = 0;
    char name[64];
    char line[256];
    FILE *status;

    (void)snprintf(name, sizeof name, "/proc/%d/status", pid);
    status = fopen(name, "re");
    while (status != NULL && fgets(line, sizeof line, status) != NULL) {
        if (strncmp(line, "SigIgn:", 7) == 0)
            ignored = strtoull(line + 7, NULL, 16);
    }
    if (status != NULL)
        (void)fclose(status);
    return (ignored & 1ULL << (SIGINT - 1)) != 0;
}

/* Waits until COUNT stubs of the workers have made themselves deaf. */
static void wait_for_stubborn(int count)
{
    int pids[16];
    int deaf = 0;

    while (deaf < count) {
        int found = stub_list_children(pids, 16);

        deaf = 0;
        for (int i = 0; i < found; i++)
            deaf += ignores_interrupt(pids[i]) ? 1 : 0;
        (void)poll(NULL, 0, 1); /* there is no event to wait for: the pipes are the workers' */
    }
}

static const struct {
    const char *name;
    bool hard;
    int least; /* milliseconds */
    int most;
    int signal;
} stops[] = {
    {"soft stop of a pool", false, 500, 500, SIGKILL},
    {"hard stop of a pool", true, 0, 0, SIGKILL},
};

/* A stop ends what runs; what waits was taken back before and never starts. */
START_TEST(test_stop_while_tasks_wait)
{
    enum { RUNNING = 4, ALL = 60 };
    int descriptors = stub_count_descriptors();
    struct pool pool;
    int64_t started;
    int took_back = 0;
    int took;

    start_pool(&pool, RUNNING);
    for (int i = 0; i < ALL; i++)
        put(&pool, i, "hang stubborn", 25000, 500);
    wait_for_stubborn(RUNNING);
    started = clock_now();
    for (struct pool_task *task; (task = pool_take_back(&pool)) != NULL; took_back++)
        ((struct job *)task)->place = 1000;
    if (stops[_i].hard)
        pool_stop_hard(&pool);
    else
        pool_stop_softly(&pool);
    take_finished(&pool, RUNNING);
    took = (int)((clock_now() - started) / NUMBER_MILLISECOND);
    printf("%-24s %5d ms (%d)\n", stops[_i].name, took, stops[_i].most);
    ck_assert_int_ge(took, stops[_i].least);
    ck_assert_int_le(took, stops[_i].most + 300 + stub_slack());
    ck_assert_int_eq(took_back, ALL - RUNNING);
    for (int i = 0; i < ALL; i++) {
        if (jobs[i].place == 1000)
            continue;
        ck_assert_int_eq(jobs[i].task.finish.stop, FINISH_CANCELLED);
        ck_assert_int_eq(jobs[i].task.finish.exit.status, stops[_i].signal);
    }
    end_pool(&pool, ALL, descriptors);
}
END_TEST

/* What was not taken back is started and stopped at once: a join after a stop never takes long. */
START_TEST(test_join_after_a_stop)
{
    int descriptors = stub_count_descriptors();
    struct pool pool;
    int64_t started;
    int took;

    start_pool(&pool, 4);
    for (int i = 0; i < 40; i++)
        put(&pool, i, "hang nap 20000", 25000, 5000);
    started = clock_now();
    pool_stop_softly(&pool);
    pool_join(&pool);
    took = (int)((clock_now() - started) / NUMBER_MILLISECOND);
    printf("%-24s %5d ms\n", "join of 40 after a stop", took);
    ck_assert_int_le(took, 1000 + stub_slack());
    for (int i = 0; i < 40; i++) {
        ck_assert_int_eq(jobs[i].task.finish.stop, FINISH_CANCELLED);
        finish_done(&jobs[i].task.finish);
    }
    ck_assert_int_eq(child_sweep(), 0);
    ck_assert_int_eq(stub_count_children(), 0);
    ck_assert_int_eq(stub_count_descriptors(), descriptors);
}
END_TEST

/* First softly, then hard: the second Ctrl-C. */
START_TEST(test_second_stop_cuts_the_grace)
{
    int descriptors = stub_count_descriptors();
    struct pool pool;
    int64_t started;

    start_pool(&pool, 4);
    for (int i = 0; i < 4; i++)
        put(&pool, i, "hang stubborn", 25000, 20000);
    wait_for_stubborn(4);
    started = clock_now();
    pool_stop_softly(&pool);
    pool_stop_hard(&pool);
    take_finished(&pool, 4);
    ck_assert_int_le((clock_now() - started) / NUMBER_MILLISECOND, 300 + stub_slack());
    end_pool(&pool, 4, descriptors);
}
END_TEST

/* Children of different workers: each keeps its status, its rest and its count. */
START_TEST(test_leftovers_side_by_side)
{
    int descriptors = stub_count_descriptors();
    struct pool pool;

    start_pool(&pool, 8);
    for (int i = 0; i < 40; i++)
        put(&pool, i, i % 2 == 0 ? "hang background 3" : "hang nap 20", 20000, 300);
    take_finished(&pool, 40);
    for (int i = 0; i < 40; i++) {
        const struct finish *finish = &jobs[i].task.finish;

        ck_assert(finish->exit.known);
        ck_assert_int_eq(finish->exit.status, 0);
        ck_assert_msg(finish->leftovers_killed == (i % 2 == 0 ? 3 : 0), "task %d: %d leftovers", i,
                      finish->leftovers_killed);
        ck_assert(finish->output.complete);
    }
    end_pool(&pool, 40, descriptors);
}
END_TEST

START_TEST(test_no_tasks)
{
    int descriptors = stub_count_descriptors();
    struct pool pool;

    start_pool(&pool, 30);
    end_pool(&pool, 0, descriptors);
}
END_TEST

#ifdef AZFAN_FAULTS
/*
 * A task that comes back just while the main thread finds none must raise the event: tasks as short
 * as can be, looked for at all moments around their end.
 */
START_TEST(test_no_finished_task_is_missed)
{
    enum { ROUNDS = 20000, SPREAD = 40000 /* nanoseconds */ };
    int descriptors = stub_count_descriptors();
    struct pool pool;
    int missed = 0;

    fault_arm("child.pipe2", ROUNDS, EMFILE);
    start_pool(&pool, 1);
    for (int i = 0; i < ROUNDS && missed == 0; i++) {
        struct pollfd poll_fd = {.fd = pool.finished, .events = POLLIN};
        int64_t moment;

        put(&pool, 0, "exits exit 0", 20000, 300);
        moment = clock_now() + (int64_t)i * 7919 % SPREAD;
        while (clock_now() < moment)
            ;
        while (pool_take_finished(&pool) == NULL && missed == 0)
            missed = poll(&poll_fd, 1, 5000) == 1 ? 0 : 1;
    }
    ck_assert_int_eq(missed, 0);
    ck_assert_int_eq(fault_hits(), ROUNDS);
    end_pool(&pool, 1, descriptors);
}
END_TEST
#endif

/* ---- starts that fail ----------------------------------------------------------------------- */

#ifdef AZFAN_FAULTS
START_TEST(test_first_thread_cannot_be_started)
{
    int descriptors = stub_count_descriptors();
    struct error error = {""};
    struct pool pool;

    fault_arm("pool.pthread_create", 1, EAGAIN);
    ck_assert_int_eq(pool_start(&pool, 4, &error), -1);
    ck_assert_int_eq(fault_hits(), 1);
    ck_assert_msg(strstr(error.text, "worker 1 of 4") != NULL, "%s", error.text);
    ck_assert_int_eq(stub_count_descriptors(), descriptors);
}
END_TEST
#endif

/*
 * Threads run out half-way, by the kernel's own limit, which root must first become somebody else
 * to meet. Whatever number there is room for: none is left, and the error says why.
 */
START_TEST(test_threads_run_out)
{
    enum { SOMEBODY = 60123, THREADS = 12 };
    int descriptors = stub_count_descriptors();
    int threads = count_threads();
    struct rlimit old;
    int half_way = 0;
    int code = -1;

    if (geteuid() == 0) {
        ck_assert_int_eq(setresuid(SOMEBODY, SOMEBODY, SOMEBODY), 0);
        (void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); /* else /proc/self is closed to us */
    }
    (void)getrlimit(RLIMIT_NPROC, &old);
    for (rlim_t limit = 1; code < 0 && limit < 30000; limit++) {
        struct rlimit few = {limit, old.rlim_max};
        struct error error = {""};
        struct pool pool;

        (void)setrlimit(RLIMIT_NPROC, &few);
        code = pool_start(&pool, THREADS, &error);
        (void)setrlimit(RLIMIT_NPROC, &old);
        if (code == 0)
            pool_join(&pool);
        else if (strstr(error.text, "worker 1 of") == NULL)
            half_way++;
        ck_assert_msg(code == 0 || strstr(error.text, strerror(EAGAIN)) != NULL, "%s", error.text);
        ck_assert_int_eq(stub_count_descriptors(), descriptors);
        for (int i = 0; i < 1000 && count_threads() > threads; i++)
            (void)poll(NULL, 0, 1); /* a joined thread may be seen a moment longer */
        ck_assert_int_eq(count_threads(), threads);
    }
    ck_assert_int_eq(code, 0);
    ck_assert_int_ge(half_way, 1);
}
END_TEST

/* Descriptors run out: an error, and none is left open. */
START_TEST(test_events_run_out)
{
    int descriptors = stub_count_descriptors();
    struct rlimit old;
    int code = -1;
    int failed = 0;

    (void)getrlimit(RLIMIT_NOFILE, &old);
    for (rlim_t limit = 3; code < 0 && limit < 100; limit++) {
        struct rlimit few = {limit, old.rlim_max};
        struct error error = {""};
        struct pool pool;

        (void)setrlimit(RLIMIT_NOFILE, &few);
        code = pool_start(&pool, 2, &error);
        (void)setrlimit(RLIMIT_NOFILE, &old);
        if (code == 0)
            pool_join(&pool);
        else
            failed++;
        ck_assert_msg(code == 0 || strstr(error.text, "too many open files") != NULL, "%s",
                      error.text);
        ck_assert_int_eq(stub_count_descriptors(), descriptors);
    }
    ck_assert_int_eq(code, 0);
    ck_assert_int_ge(failed, 3);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("pool");
    TCase *tcase = tcase_create("pool");

    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, test_hung_task_does_not_delay_the_others);
    tcase_add_test(tcase, test_hundred_tasks_on_eight_workers);
    tcase_add_test(tcase, test_order_with_one_worker);
    tcase_add_test(tcase, test_order_of_finishing);
    tcase_add_test(tcase, test_event_tells_of_finished_tasks);
    tcase_add_loop_test(tcase, test_stop_while_tasks_wait, 0, UNIT_COUNT(stops));
    tcase_add_test(tcase, test_join_after_a_stop);
    tcase_add_test(tcase, test_second_stop_cuts_the_grace);
    tcase_add_test(tcase, test_leftovers_side_by_side);
    tcase_add_test(tcase, test_no_tasks);
#ifdef AZFAN_FAULTS
    tcase_add_test(tcase, test_no_finished_task_is_missed);
    tcase_add_test(tcase, test_first_thread_cannot_be_started);
#endif
    tcase_add_test(tcase, test_threads_run_out);
    tcase_add_test(tcase, test_events_run_out);
    suite_add_tcase(suite, tcase);
    return suite;
}

UNIT_MAIN(make_suite)
