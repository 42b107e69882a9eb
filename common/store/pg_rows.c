#include <stdlib.h>
#include <string.h>

#include "base/cm_memory.h"
#include "store/pg.h"

void pg_rows_begin(PGresult *answer, cm_rows *rows)
{
    pg_rows *r = cm_alloc(sizeof *r);

    *r = (pg_rows){.answer = answer, .at = -1};
    rows->statement = r;
}

bool pg_next(cm_rows *rows)
{
    pg_rows *r = rows->statement;

    if (r->blobs)
        cm_arena_reset(r->blobs);
    if (++r->at < PQntuples(r->answer))
        return true;
    pg_end(rows);
    rows->statement = NULL;
    return false;
}

void pg_end(cm_rows *rows)
{
    pg_rows *r = rows->statement;

    PQclear(r->answer);
    cm_arena_free(r->blobs);
    free(r);
}

bool pg_is_null(const cm_rows *rows, int column)
{
    const pg_rows *r = rows->statement;

    return PQgetisnull(r->answer, r->at, column);
}

/* As the server writes it; "" for NULL. */
const char *pg_text(const cm_rows *rows, int column)
{
    const pg_rows *r = rows->statement;

    return PQgetvalue(r->answer, r->at, column);
}

int64_t pg_integer(const cm_rows *rows, int column)
{
    const char *text = pg_text(rows, column);

    return *text == 't' ? 1 : strtoll(text, NULL, 10); /* a truth is "t" or "f" */
}

double pg_real(const cm_rows *rows, int column)
{
    return strtod(pg_text(rows, column), NULL);
}

static uint8_t nibble(char digit)
{
    return (uint8_t)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

/* The server writes "\x" and two digits a byte. What is no blob is its text. */
cm_bytes pg_blob(const cm_rows *rows, int column)
{
    pg_rows *r = rows->statement;
    const char *text = pg_text(rows, column);

    if (strncmp(text, "\\x", 2) != 0)
        return (cm_bytes){(const uint8_t *)text, (size_t)PQgetlength(r->answer, r->at, column)};
    size_t size = ((size_t)PQgetlength(r->answer, r->at, column) - 2) / 2;
    if (!r->blobs)
        r->blobs = cm_arena_new();
    uint8_t *bytes = cm_arena_take(r->blobs, size);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(nibble(text[2 + 2 * i]) << 4 | nibble(text[3 + 2 * i]));
    return (cm_bytes){bytes, size};
}
