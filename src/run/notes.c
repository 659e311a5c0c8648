/* SPDX-License-Identifier: MIT */
#include "run/notes.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "base/memory.h"

enum { FIRST_CAPACITY = 64 };

void notes_add(struct notes *notes, struct note note)
{
    if (notes->count == notes->capacity) {
        notes->capacity = notes->capacity > 0 ? 2 * notes->capacity : FIRST_CAPACITY;
        notes->list = memory_resize(notes->list, notes->capacity, sizeof *notes->list);
    }
    notes->list[notes->count++] = note;
}

void notes_add_line(struct notes *notes, const struct buffer *line, bool of_start)
{
    struct note note = {.kind = NOTE_LINE, .length = line->length + 1, .of_start = of_start};

    note.line = memory_print("%s\n", buffer_text(line)); /* JSON: there is no NUL in it */
    notes_add(notes, note);
}

void notes_forget_starts(struct notes *notes)
{
    size_t kept = 0;

    for (size_t i = 0; i < notes->count; i++) {
        struct note *note = &notes->list[i];

        if (note->kind == NOTE_STARTED || (note->kind == NOTE_LINE && note->of_start))
            free(note->line);
        else
            notes->list[kept++] = *note;
    }
    notes->count = kept;
}

struct notes notes_take(struct notes *notes)
{
    struct notes taken = *notes;

    *notes = (struct notes){NULL, 0, 0};
    return taken;
}

void notes_done(struct notes *notes)
{
    for (size_t i = 0; i < notes->count; i++)
        free(notes->list[i].line);
    free(notes->list);
    *notes = (struct notes){NULL, 0, 0};
}
