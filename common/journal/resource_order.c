/* The order of a list: `date desc, kind`, and the name at last, so that no two are equal. */
#include <string.h>

#include "base/cm_memory.h"
#include "journal/resource.h"

static cm_status no_such_key(const cm_resource_kind *kind, const char *word)
{
    CM_AUTO(cm_text) columns = {0};

    for (const char *const *column = kind->columns; *column; column++)
        cm_text_format(&columns, "%s, ", *column);
    return cm_invalid("order_by",
                      "\"%.80s\" is nothing to order by; give up to %d of %sname and update_time, separated by commas, "
                      "each with ` desc` behind it where the highest comes first",
                      word, RESOURCE_KEYS, cm_text_get(&columns));
}

static cm_status read_key(const cm_resource_kind *kind, const char *word, char *text, cm_arena *arena,
                          resource_order *order)
{
    char *rest, *field = strtok_r(text, " \t", &rest), *direction = strtok_r(NULL, " \t", &rest);
    bool descending = direction && strcmp(direction, "desc") == 0;

    if (!field || order->count == RESOURCE_KEYS || strtok_r(NULL, " \t", &rest) ||
        (direction && !descending && strcmp(direction, "asc") != 0))
        return no_such_key(kind, word);
    const char *expression = resource_expression(kind, field, arena);
    if (!expression)
        return no_such_key(kind, word);
    resource_key *key = &order->keys[order->count++];
    *key = (resource_key){cm_message_field(kind->message, field), expression, descending};
    if (strcmp(field, "name") != 0 && strcmp(field, "update_time") != 0 && !resource_is_text(key->field))
        key->expression = cm_arena_format(arena, "coalesce(%s, -1e308)", expression);
    return cm_ok();
}

cm_status resource_order_parse(const cm_resource_kind *kind, const char *text, cm_arena *arena, resource_order *order)
{
    *order = (resource_order){.count = 0};
    for (const char *word = text; *text; word = text) {
        text += strcspn(text, ",");
        CM_TRY(read_key(kind, word, cm_arena_strndup(arena, word, (size_t)(text - word)), arena, order));
        if (*text && !*++text)
            return no_such_key(kind, "");
    }
    if (order->count == 1 && strcmp(order->keys[0].field->name, "name") == 0 && !order->keys[0].descending)
        order->count = 0; /* as every list is */
    return cm_ok();
}

void resource_order_add(const resource_order *order, cm_text *sql)
{
    for (int i = 0; i < order->count; i++)
        cm_text_format(sql, "%s%s, ", order->keys[i].expression, order->keys[i].descending ? " DESC" : "");
    cm_text_add(sql, "t.name");
}

static cm_value key_value(const resource_key *key, const ProtobufCMessage *body, int64_t recorded_at, cm_arena *arena)
{
    if (strcmp(key->field->name, "update_time") == 0)
        return cm_v_int(recorded_at);
    cm_value value = resource_column(body, key->field, arena);
    return value.kind == CM_NULL ? cm_v_real(-1e308) : value;
}

/* (a, b, name) lies behind (x, y, z): a > x OR (a = x AND (b > y OR (b = y AND name > z))) */
void resource_order_after(const resource_order *order, const resource_revision *last, cm_arena *arena, cm_text *sql,
                          cm_value *values, int *count)
{
    for (int i = 0; i < order->count; i++) {
        const resource_key *key = &order->keys[i];
        values[(*count)++] = key_value(key, last->body, last->recorded_at, arena);
        cm_text_format(sql, "%s %s $%d OR (%s = $%d AND (", key->expression, key->descending ? "<" : ">", *count,
                       key->expression, *count);
    }
    values[(*count)++] = cm_v_text(cm_message_string(last->body, "name"));
    cm_text_format(sql, "t.name > $%d", *count);
    for (int i = 0; i < order->count; i++)
        cm_text_add(sql, "))");
}

static int compare(cm_value a, cm_value b)
{
    if (a.kind == CM_STRING)
        return strcmp(a.data, b.data);
    double x = a.kind == CM_REAL ? a.real : (double)a.integer, y = b.kind == CM_REAL ? b.real : (double)b.integer;
    return (x > y) - (x < y);
}

int resource_order_compare(const resource_order *order, const resource_revision *a, const resource_revision *b,
                           cm_arena *arena)
{
    for (int i = 0; i < order->count; i++) {
        const resource_key *key = &order->keys[i];
        int c = compare(key_value(key, a->body, a->recorded_at, arena), key_value(key, b->body, b->recorded_at, arena));
        if (c)
            return key->descending ? -c : c;
    }
    return strcmp(cm_message_string(a->body, "name"), cm_message_string(b->body, "name"));
}
