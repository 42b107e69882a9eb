#include "cli/imp_session.h"

#include <errno.h>
#include <string.h>

#include "base/cm_memory.h"
#include "cli/imp_names.h"

void imp_session_start(imp_session *session, cm_channel *registry, cm_channel *negotiations, const char *rejects_path)
{
    *session = (imp_session){.registry = registry, .negotiations = negotiations, .rejects_path = rejects_path};
}

void imp_session_end(imp_session *session)
{
    fprintf(stderr, "  %lld rows read, %lld resources %srecorded, %lld unchanged, %lld rejected\n",
            (long long)session->rows, (long long)session->changed, session->dry ? "would be " : "",
            (long long)session->unchanged, (long long)session->rejected);
    if (session->rejects) {
        fclose(session->rejects);
        fprintf(stderr, "  rejected rows, with line and reason: %s\n", session->rejects_path);
    }
    imp_names_free(session->states);
    imp_names_free(session->ids);
    imp_names_free(session->certainties);
    imp_names_free(session->planned);
    imp_names_free(session->refused);
}

static void print_field(FILE *out, const char *text, char end)
{
    for (; *text; text++)
        putc(*text == '\t' || *text == '\n' || *text == '\r' ? ' ' : *text, out);
    putc(end, out);
}

/* Whether the row was refused before: of an actor and its membership on one line both may be. Remembers it. */
static bool refused_before(imp_session *session, imp_origin origin)
{
    CM_FREE char *key = cm_format("%s:%ld", origin.file, origin.line);
    bool before = imp_names_get(session->refused, key) != NULL;

    if (!session->refused)
        session->refused = imp_names_new();
    imp_names_put(session->refused, key, "");
    return before;
}

cm_status imp_reject(imp_session *session, imp_origin origin, const char *reason)
{
    if (refused_before(session, origin))
        return cm_ok();
    session->rejected++;
    if (!session->rejects) {
        session->rejects = fopen(session->rejects_path, "w");
        if (!session->rejects)
            return cm_fail(CM_PERMISSION_DENIED, "--rejects: %s cannot be written: %s", session->rejects_path,
                           strerror(errno));
        fputs("file\tline\treason\trow\n", session->rejects);
    }
    print_field(session->rejects, origin.file, '\t');
    fprintf(session->rejects, "%ld\t", origin.line);
    print_field(session->rejects, reason, '\t');
    fprintf(session->rejects, "%s\n", origin.row); /* last, and as it stands in its file */
    return cm_ok();
}

static const char *short_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    while (slash && slash > path && slash[-1] != '/')
        slash--;
    return slash ? slash : path;
}

static cm_status open_table(const char *path, char separator, const char *const *required, cm_table **table)
{
    CM_TRY(cm_table_open(path, separator, table));
    for (int i = 0; required[i]; i++)
        if (cm_table_column(*table, required[i]) < 0) {
            cm_table_close(*table);
            return cm_fail(CM_INVALID_ARGUMENT, "%s has no column '%s'", path, required[i]);
        }
    return cm_ok();
}

static cm_status read_rows(imp_session *session, const char *path, cm_table *table, imp_row row, void *context)
{
    while (cm_table_next(table)) {
        imp_origin origin = {session->progress.what, cm_table_line(table), cm_table_row(table)};
        session->rows++;
        cli_progress_step(&session->progress, session->progress.done + 1, (int64_t)cm_table_offset(table));
        if (cm_table_problem(table))
            CM_TRY(imp_reject(session, origin, cm_table_problem(table)));
        else
            CM_TRY(row(session, table, origin, context));
    }
    if (cm_table_problem(table))
        return cm_fail(CM_DATA_LOSS, "%s cannot be read to its end: %s", path, cm_table_problem(table));
    return cm_ok();
}

/* What waits is sent before the progress ends, so that the rate is of what is durable. */
static cm_status finish(imp_session *session, imp_sink *sink, cm_status status)
{
    if (sink && cm_is_ok(status))
        status = imp_sink_end(sink);
    else if (sink)
        imp_sink_free(sink);
    cli_progress_end(&session->progress);
    return status;
}

cm_status imp_rows(imp_session *session, const char *path, char separator, const char *const *required, imp_row row,
                   void *context, imp_sink *sink)
{
    cm_table *table;

    CM_TRY(open_table(path, separator, required, &table));
    cli_progress_start(&session->progress, short_name(path), (int64_t)cm_table_size(table));
    cm_status status = finish(session, sink, read_rows(session, path, table, row, context));
    cm_table_close(table);
    return status;
}

cm_status imp_fact_rows(imp_session *session, const char *folder, const char *file, const char *const *required,
                        imp_row row, void *context, imp_sink *sink)
{
    CM_FREE char *path = cm_format("%s/%s", folder, file);

    return imp_rows(session, path, '\t', required, row, context, sink);
}

static bool blank(const char *line)
{
    return line[strspn(line, " \t\r\n")] == '\0';
}

static cm_status read_lines(imp_session *session, FILE *file, imp_line visit, void *context)
{
    char *line = NULL;
    size_t capacity = 0;
    long number = 0;
    ssize_t length;
    cm_status status = cm_ok();

    while (cm_is_ok(status) && (length = getline(&line, &capacity, file)) >= 0) {
        number++;
        while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == '\r'))
            line[--length] = '\0';
        if (blank(line))
            continue;
        session->rows++;
        cli_progress_step(&session->progress, session->progress.done + 1, ftell(file));
        status = visit(session, (imp_origin){session->progress.what, number, line}, context);
    }
    free(line);
    return status;
}

cm_status imp_lines_of(imp_session *session, const char *path, imp_line line, void *context, imp_sink *sink)
{
    FILE *file = fopen(path, "r");

    if (!file)
        return cm_fail(CM_NOT_FOUND, "%s cannot be read: %s", path, strerror(errno));
    fseek(file, 0, SEEK_END);
    cli_progress_start(&session->progress, short_name(path), ftell(file));
    rewind(file);
    cm_status status = read_lines(session, file, line, context);
    if (cm_is_ok(status) && ferror(file))
        status = cm_fail(CM_DATA_LOSS, "%s cannot be read to its end", path);
    status = finish(session, sink, status);
    fclose(file);
    return status;
}

size_t imp_split(cm_arena *arena, const char *list, char ***parts)
{
    size_t count = 0, most = 1;

    for (const char *c = list; *c; c++)
        most += *c == ';';
    *parts = cm_arena_take(arena, most * sizeof **parts);
    while (*list) {
        size_t length = strcspn(list, ";");
        while (length > 0 && *list == ' ') {
            list++;
            length--;
        }
        if (length > 0)
            (*parts)[count++] = cm_arena_strndup(arena, list, length);
        list += length + (list[length] == ';');
    }
    return count;
}
