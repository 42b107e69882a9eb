#include "registry/reg_external_id.h"

#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_text.h"

/* How a scheme writes its ids: A a capital letter, 9 a digit, X either, . any character that shows; one before + may
 * repeat. */
static const struct scheme {
    const char *name, *form, *example;
} schemes[] = {
    {"geonames", "9+", "551487"},         {"wikidata", "Q9+", "Q900"},      {"iso-3166-1-alpha-2", "AA", "RU"},
    {"iso-3166-1-alpha-3", "AAA", "RUS"}, {"iso-3166-2", "AA-X+", "RU-TA"}, {"un-m49", "999", "643"},
    {"un-locode", "AAXXX", "RUKZN"},      {"gcom", ".+", "20493"},
};

static bool fits_character(char form, char c)
{
    bool is_letter = c >= 'A' && c <= 'Z', is_digit = c >= '0' && c <= '9';

    switch (form) {
        case 'A':
            return is_letter;
        case '9':
            return is_digit;
        case 'X':
            return is_letter || is_digit;
        case '.':
            return c > ' ' && c <= '~';
        default:
            return c == form;
    }
}

static bool fits(const char *form, const char *value)
{
    for (; *form; form++) {
        if (!fits_character(*form, *value))
            return false;
        value++;
        while (form[1] == '+' && fits_character(*form, *value))
            value++;
        form += form[1] == '+';
    }
    return *value == '\0';
}

static const struct scheme *find_scheme(const char *name)
{
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        if (strcmp(schemes[i].name, name) == 0)
            return &schemes[i];
    return NULL;
}

static void add_unknown_scheme(cm_check check, const char *field, const char *name)
{
    CM_AUTO(cm_text) known = {0};

    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        cm_text_format(&known, "%s%s", i ? ", " : "", schemes[i].name);
    cm_violations_add(check.wrong, field, "\"%.80s\" is no scheme; give one of %s", name, cm_text_get(&known));
}

static bool same(const RegExternalId *a, const RegExternalId *b)
{
    return strcmp(a->value, b->value) == 0 && strcmp(a->scheme, b->scheme) == 0;
}

void reg_external_ids_check(cm_check check, const RegActor *actor)
{
    for (size_t i = 0; i < actor->n_external_ids; i++) {
        const RegExternalId *id = actor->external_ids[i];
        const struct scheme *scheme = find_scheme(id->scheme);
        const char *field = cm_check_path(check, "external_ids[%zu].value", i);
        if (!scheme)
            add_unknown_scheme(check, cm_check_path(check, "external_ids[%zu].scheme", i), id->scheme);
        else if (!fits(scheme->form, id->value))
            cm_violations_add(check.wrong, field, "\"%.80s\" is no id of %s; give one such as %s", id->value,
                              id->scheme, scheme->example);
        size_t j = 0;
        while (j < i && !same(id, actor->external_ids[j]))
            j++;
        if (j < i)
            cm_violations_add(check.wrong, field, "\"%.80s\" is external_ids[%zu] already; give it once", id->value, j);
    }
}

static bool same_ids(const RegActor *a, const RegActor *b)
{
    if (a->n_external_ids != b->n_external_ids)
        return false;
    for (size_t i = 0; i < a->n_external_ids; i++)
        if (!same(a->external_ids[i], b->external_ids[i]))
            return false;
    return true;
}

static cm_status is_taken(cm_db *db, const RegExternalId *id, size_t index)
{
    cm_rows rows;
    char field[64];
    cm_status s = cm_ok();

    snprintf(field, sizeof field, "external_ids[%zu]", index);
    CM_TRY(cm_db_query(db, "SELECT name FROM external_ids WHERE scheme = $1 AND value = $2",
                       CM_WITH(cm_v_text(id->scheme), cm_v_text(id->value)), &rows));
    if (cm_rows_next(&rows))
        s = cm_invalid(field, "%s %s is the id of %s; give each actor its own", id->scheme, id->value,
                       cm_rows_text(&rows, 0));
    cm_status end = cm_rows_end(&rows);
    if (cm_is_ok(s))
        return end;
    cm_status_clear(&end);
    return s;
}

cm_status reg_external_ids_claim(cm_resource_context *context, const RegActor *actor, const RegActor *before)
{
    cm_db *db;

    if (before ? same_ids(actor, before) : !actor->n_external_ids)
        return cm_ok();
    CM_TRY(cm_tx_write(context->tx, &db));
    for (size_t i = 0; before && i < before->n_external_ids; i++)
        CM_TRY(
            cm_db_run(db, "DELETE FROM external_ids WHERE scheme = $1 AND value = $2",
                      CM_WITH(cm_v_text(before->external_ids[i]->scheme), cm_v_text(before->external_ids[i]->value))));
    for (size_t i = 0; i < actor->n_external_ids; i++) {
        const RegExternalId *id = actor->external_ids[i];
        int64_t taken;
        CM_TRY(cm_db_run_changed(db,
                                 "INSERT INTO external_ids (scheme, value, name) VALUES ($1, $2, $3) "
                                 "ON CONFLICT (scheme, value) DO NOTHING",
                                 CM_WITH(cm_v_text(id->scheme), cm_v_text(id->value), cm_v_text(actor->name)), &taken));
        if (!taken)
            return is_taken(db, id, i);
    }
    return cm_ok();
}

cm_status reg_external_ids_forget(cm_db *db, const char *actor)
{
    return cm_db_run(db, "DELETE FROM external_ids WHERE name = $1", CM_WITH(cm_v_text(actor)));
}
