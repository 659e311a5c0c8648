/* SPDX-License-Identifier: MIT */
/*
 * schema: the form of a job file as a JSON Schema (draft-07), for editors.
 *
 * Made from the loader's own table (job/keytable). It takes whatever the loader
 * takes, as an editor's YAML parser reads it: where the loader wants a text, a
 * plain 5 or true is one. It cannot see all that the loader sees: ranges of
 * durations, what files hold, and what keys mean to one another.
 */
#ifndef AZFAN_JOB_SCHEMA_H
#define AZFAN_JOB_SCHEMA_H

struct buffer;

/* Appends the schema as indented JSON with a newline at its end. */
void schema_print(struct buffer *buffer);

#endif
