/* What this service's feeds have put aside, and how it is applied after all. */
#include <stdlib.h>
#include <string.h>

#include "base/cm_message.h"
#include "journal/journal_service.h"

enum { PAGE = 100, PAGE_MAX = 1000, ALL_MAX = 100000 };

JrnDeadLetter *journal_letter(const cm_rows *rows, cm_arena *arena)
{
    JrnDeadLetter *letter = CM_NEW(arena, JrnDeadLetter);
    cm_bytes id = cm_rows_blob(rows, 0), epoch = cm_rows_blob(rows, 4);
    cm_uuid uuid = {{0}};

    if (id.size == sizeof uuid.bytes)
        memcpy(uuid.bytes, id.data, id.size);
    letter->id = cm_uuid_format(uuid, cm_arena_take(arena, CM_UUID_TEXT));
    letter->topic = cm_arena_strdup(arena, cm_rows_text(rows, 1));
    letter->part = (int32_t)cm_rows_int(rows, 2);
    letter->seq = cm_rows_int(rows, 3);
    if (epoch.size == sizeof uuid.bytes)
        memcpy(uuid.bytes, epoch.data, epoch.size);
    letter->epoch = cm_uuid_format(uuid, cm_arena_take(arena, CM_UUID_TEXT));
    letter->type = cm_arena_strdup(arena, cm_rows_text(rows, 5));
    letter->resource = cm_arena_strdup(arena, cm_rows_text(rows, 6));
    letter->why = cm_arena_strdup(arena, cm_rows_text(rows, 7));
    letter->put_aside_at = cm_journal_timestamp(cm_rows_int(rows, 8), arena);
    return letter;
}

/* A token is the last letter's place: "part seq topic". */
static cm_status read_token(const char *token, const char **topic, int64_t *part, int64_t *seq)
{
    char *end;

    *topic = "";
    *part = *seq = 0;
    if (!*token)
        return cm_ok();
    *part = strtoll(token, &end, 10);
    *seq = strtoll(end, &end, 10);
    if (*end != ' ' || !end[1])
        return cm_invalid("page_token", "\"%.80s\" is no token; give the next_page_token of the page before", token);
    *topic = end + 1;
    return cm_ok();
}

static cm_status read_letters(cm_db *db, const char *topic, int64_t part, int64_t seq, int limit, cm_arena *arena,
                              JrnDeadLetter ***letters, size_t *count)
{
    cm_rows rows;

    *letters = NULL;
    *count = 0;
    CM_TRY(cm_db_query(db,
                       "SELECT " JOURNAL_LETTER_COLUMNS " FROM letters "
                       "WHERE seq > 0 AND (topic, part, seq) > ($1, $2, $3) ORDER BY topic, part, seq LIMIT $4",
                       CM_WITH(cm_v_text(topic), cm_v_int(part), cm_v_int(seq), cm_v_int(limit)), &rows));
    for (size_t room = 0; cm_rows_next(&rows); (*count)++) {
        if (*count == room) {
            JrnDeadLetter **more = cm_arena_take(arena, (room * 2 + PAGE) * sizeof *more);
            if (room)
                memcpy(more, *letters, room * sizeof *more);
            *letters = more;
            room = room * 2 + PAGE;
        }
        (*letters)[*count] = journal_letter(&rows, arena);
    }
    return cm_rows_end(&rows);
}

cm_status journal_list_letters(cm_call *call, const JrnListDeadLettersRequest *request,
                               JrnListDeadLettersResponse *response)
{
    cm_arena *arena = cm_call_arena(call);
    const char *topic;
    int64_t part, seq;

    if (request->page_size < 0)
        return cm_invalid("page_size", "%d is negative; give 1 to %d, or 0 for %d", request->page_size, PAGE_MAX, PAGE);
    int page = request->page_size == 0 ? PAGE : request->page_size > PAGE_MAX ? PAGE_MAX : request->page_size;
    CM_TRY(read_token(request->page_token, &topic, &part, &seq));
    CM_TRY(
        read_letters(cm_call_lent(call), topic, part, seq, page + 1, arena, &response->letters, &response->n_letters));
    if (response->n_letters <= (size_t)page)
        return cm_ok();
    response->n_letters = (size_t)page;
    const JrnDeadLetter *last = response->letters[page - 1];
    response->next_page_token = cm_arena_format(arena, "%d %lld %s", last->part, (long long)last->seq, last->topic);
    return cm_ok();
}

typedef struct gathering {
    const JrnReplayDeadLettersRequest *request;
    journal_replay *replay;
} gathering;

static bool is_asked_for(const JrnReplayDeadLettersRequest *request, const JrnDeadLetter *letter)
{
    for (size_t i = 0; i < request->n_ids; i++)
        if (strcmp(request->ids[i], letter->id) == 0)
            return true;
    return request->n_ids == 0;
}

static cm_status gather(void *argument, void *lent)
{
    gathering *g = argument;
    journal_replay *replay = g->replay;
    size_t all;

    CM_TRY(read_letters(lent, "", 0, 0, ALL_MAX, replay->arena, &replay->letters, &all));
    replay->count = 0;
    for (size_t i = 0; i < all; i++)
        if (is_asked_for(g->request, replay->letters[i]))
            replay->letters[replay->count++] = replay->letters[i];
    return cm_ok();
}

cm_status journal_replay_letters(cm_call *call, const JrnReplayDeadLettersRequest *request,
                                 JrnReplayDeadLettersResponse *response)
{
    cm_journal *journal = cm_call_state(call);
    journal_replay replay = {.arena = cm_call_arena(call)};
    gathering g = {request, &replay};
    cm_uuid id;

    for (size_t i = 0; i < request->n_ids; i++) {
        cm_status s = cm_uuid_parse(request->ids[i], &id);
        cm_status_prefix(&s, "ids[%zu]", i);
        CM_TRY(s);
    }
    CM_TRY(cm_run_and_wait(cm_journal_readers(journal), gather, &g));
    replay.left = cm_arena_take(replay.arena, (replay.count + 1) * sizeof *replay.left);
    CM_TRY(journal_replay_run(journal, &replay));
    response->applied = replay.applied;
    response->left = replay.left;
    response->n_left = replay.left_count;
    return cm_ok();
}
