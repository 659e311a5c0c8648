/* SPDX-License-Identifier: MIT */
/*
 * loading: what the parts of job/jobfile share while one job file is loaded.
 *
 * Each part reads its section of the tree into `job` and adds what is wrong to
 * `problems`. Main thread.
 */
#ifndef AZFAN_JOB_LOADING_H
#define AZFAN_JOB_LOADING_H

struct job;
struct overrides;
struct strings;
struct problems;
struct yaml_node;

struct loading {
    const char *path;                  /* the job file, as given */
    const struct overrides *overrides; /* never NULL */
    struct problems *problems;
    struct job *job;
    struct strings *declared; /* of parameters, as they stand in the file; job/parameters.h */
};

/* Adds a problem at NODE's position. */
void loading_problem(const struct loading *loading, const struct yaml_node *node,
                     const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Adds to the job's remarks, at NODE's position: what is no error. The same is said once. */
void loading_remark(const struct loading *loading, const struct yaml_node *node, const char *format,
                    ...) __attribute__((format(printf, 3, 4)));

/* The same about an option of the command line. */
void loading_option_remark(const struct loading *loading, const char *option, const char *format,
                           ...) __attribute__((format(printf, 3, 4)));

/* The same at line LINE of the script. */
void loading_script_remark(const struct loading *loading, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Adds a problem with an option of the command line. */
void loading_option_problem(const struct loading *loading, const char *option, const char *format,
                            ...) __attribute__((format(printf, 3, 4)));

#endif
