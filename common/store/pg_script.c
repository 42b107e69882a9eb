#include <ctype.h>
#include <string.h>

#include "base/cm_memory.h"
#include "store/pg.h"

static const struct {
    const char *ours, *theirs;
} words[] = {
    {"BLOB", "BYTEA"},
    {"INTEGER", "BIGINT"},
    {"REAL", "DOUBLE PRECISION"},
    {"TEXT", "TEXT COLLATE \"C\""},
};

static const char *theirs(const char *word, size_t length)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i].ours) == length && strncmp(words[i].ours, word, length) == 0)
            return words[i].theirs;
    return NULL;
}

static bool in_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* How much of `sql` stands as one piece: a quoted text or name, a comment, a word, or a character. */
static size_t piece(const char *sql)
{
    size_t length = 1;

    if (*sql == '\'' || *sql == '"') {
        const char *end = strchr(sql + 1, *sql);
        return end ? (size_t)(end - sql) + 1 : strlen(sql);
    }
    if (strncmp(sql, "--", 2) == 0)
        return strcspn(sql, "\n");
    while (in_word(*sql) && in_word(sql[length]))
        length++;
    return length;
}

void pg_translate(const char *sql, cm_text *text)
{
    while (*sql) {
        size_t length = piece(sql);
        const char *other = theirs(sql, length);
        if (other)
            cm_text_add(text, other);
        else
            cm_text_bytes(text, sql, length);
        sql += length;
    }
}

cm_status pg_script(cm_db *base, const char *sql)
{
    pg_db *db = (pg_db *)base;
    CM_AUTO(cm_text) translated = {0};

    if (!pg_in_transaction(base))
        CM_TRY(pg_ready(db));
    CM_TRY(pg_settle(db));
    pg_translate(sql, &translated);
    PGresult *answer = PQexec(db->connection, cm_text_get(&translated));
    cm_status s = pg_outcome(db, answer, cm_text_get(&translated));
    PQclear(answer);
    return s;
}
