/* SPDX-License-Identifier: MIT */
/*
 * ownname: a VM's own name, which tells outputs apart that say the same.
 *
 * "hello from web-01" and "hello from web-02" become "hello from {target}". A name is replaced as a
 * whole word alone, in either case, also where it begins a longer name of DNS; one that is a
 * number, or has one letter, never is.
 *
 * It is replaced in lines alone that several targets printed alike but for their names. A line that
 * others printed word for word, such as one of a list of all VMs, or with a word that happens to be
 * a VM's name, says something about that VM and not about who printed it, and one that nobody else
 * has stays as it was printed. A text that holds "{target}" itself shows "\x7btarget}" then: what
 * is the same afterwards was the same but for names. Pure.
 */
#ifndef AZFAN_REPORT_OWNNAME_H
#define AZFAN_REPORT_OWNNAME_H

#include <stddef.h>

struct buffer;

#define OWNNAME_MARK "{target}"

/* What the target NAME (NULL: nobody knows) has printed, as drawn_append() has made it. */
struct ownname_text {
    const char *name;
    struct buffer *text;
};

/* Replaces the names in all COUNT texts, of one stream each. */
void ownname_replace(const struct ownname_text *texts, size_t count);

#endif
