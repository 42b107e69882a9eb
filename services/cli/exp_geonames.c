#include "cli/exp_geonames.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_text.h"

/* A place whose id holds its GeoNames id, since another has the plain one: that other has to come first. */
typedef struct waiting {
    char *plain;         /* the id that the other has */
    char *line, *forced; /* with the name as it is; with one that leads to the id, should there be no other */
} waiting;

struct exp_geonames {
    FILE *out;
    bool alternates;
    waiting *waiting;
    size_t count, capacity;
    char **written; /* ids, in their order */
    size_t written_count, written_capacity;
    int64_t rows, no_id, unwritable, names, renamed;
};

exp_geonames *exp_geonames_new(FILE *out, bool alternates)
{
    exp_geonames *to = cm_alloc(sizeof *to);

    *to = (exp_geonames){.out = out, .alternates = alternates};
    return to;
}

static const char *id_of(const RegActor *actor)
{
    for (size_t i = 0; i < actor->n_external_ids; i++)
        if (strcmp(actor->external_ids[i]->scheme, "geonames") == 0)
            return actor->external_ids[i]->value;
    return NULL;
}

/* Lines and fields have no escapes in GeoNames' files. */
static bool fits(const char *text)
{
    return !strpbrk(text, "\t\r\n");
}

/* ---- alternate names ---- */

/* As the import tells languages from postal codes and addresses. */
static bool is_language(const char *text)
{
    size_t letters = 0;

    while (islower((unsigned char)text[letters]))
        letters++;
    return !*text || ((letters == 2 || letters == 3) && (!text[letters] || text[letters] == '-'));
}

static void put_names(exp_geonames *to, const RegActor *actor, const char *id)
{
    for (size_t i = 0; i < actor->n_names; i++) {
        const RegActorName *name = actor->names[i];
        if (!fits(name->text) || !is_language(name->language) || name->kind == REG_NAME_KIND_EXONYM) {
            to->names++;
            continue;
        }
        fprintf(to->out, "\t%s\t%s\t%s\t%s\t\t\t%s\t%s\t%s\n", id, name->language, name->text,
                name->kind == REG_NAME_KIND_OFFICIAL ? "1" : "", name->kind == REG_NAME_KIND_FORMER ? "1" : "",
                name->from, name->to);
        to->rows++;
    }
}

/* ---- places ---- */

/* The further names between commas, each once; "" where there is none. */
static const char *further_names(exp_geonames *to, const RegActor *actor, cm_arena *arena)
{
    CM_AUTO(cm_text) names = {0};

    for (size_t i = 0; i < actor->n_names; i++) {
        const char *text = actor->names[i]->text;
        bool known = strcmp(text, actor->display_name) == 0;
        for (size_t k = 0; k < i && !known; k++)
            known = strcmp(actor->names[k]->text, text) == 0;
        if (known)
            continue;
        if (!fits(text) || strchr(text, ',')) {
            to->names++;
            continue;
        }
        cm_text_format(&names, "%s%s", names.size ? "," : "", text);
    }
    return cm_arena_strdup(arena, cm_text_get(&names));
}

/* The shortest number that is read as the same. */
static void add_number(cm_text *line, double value)
{
    char text[32];

    snprintf(text, sizeof text, "%.15g", value);
    if (strtod(text, NULL) != value)
        snprintf(text, sizeof text, "%.17g", value);
    cm_text_format(line, "%s\t", text);
}

/* GeoNames' own number, which has no year, else the newest. */
static int64_t population(const RegActor *actor)
{
    const RegPopulation *best = NULL;

    for (size_t i = 0; i < actor->n_populations; i++) {
        const RegPopulation *p = actor->populations[i];
        if (!best || p->year == 0 || (best->year != 0 && p->year > best->year))
            best = p;
    }
    return best ? best->count : 0;
}

static char *line_of(const RegActor *actor, const char *id, const char *ascii, const char *further)
{
    cm_text line = {0};

    cm_text_format(&line, "%s\t%s\t%s\t%s\t", id, actor->display_name, ascii, further);
    if (actor->location) {
        add_number(&line, actor->location->latitude);
        add_number(&line, actor->location->longitude);
    } else {
        cm_text_add(&line, "\t\t");
    }
    cm_text_add(&line, "P\t\t");
    for (const char *c = strchr(actor->state, '/') + 1; *c; c++)
        cm_text_char(&line, (char)toupper((unsigned char)*c));
    cm_text_format(&line, "\t\t\t\t\t\t%lld\t\t\t\t\n", (long long)population(actor));
    return line.data;
}

static bool is_ascii(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text >= 0x80)
            return false;
    return true;
}

/* A name in ASCII from which an import makes the slug; where no name of the city does, the slug. "" where its own name,
 * which is not ASCII, does. */
static const char *ascii_name(const RegActor *actor, const char *slug, cm_arena *arena)
{
    if (strcmp(cm_slug(actor->display_name, arena), slug) == 0)
        return is_ascii(actor->display_name) ? actor->display_name : "";
    for (size_t i = 0; i < actor->n_names; i++) {
        const char *text = actor->names[i]->text;
        if (is_ascii(text) && fits(text) && strcmp(cm_slug(text, arena), slug) == 0)
            return text;
    }
    return slug;
}

/* What is before "-END" in the text; NULL where it does not end so. */
static char *before(const char *text, const char *end, cm_arena *arena)
{
    size_t length = strlen(text), tail = strlen(end);

    if (length < tail + 2 || text[length - tail - 1] != '-' || strcmp(text + length - tail, end) != 0)
        return NULL;
    return cm_arena_strndup(arena, text, length - tail - 1);
}

static void put_place(exp_geonames *to, const RegActor *actor, const char *id)
{
    CM_ARENA(arena);
    const char *own = strchr(actor->name, '/') + 1, *state = strchr(actor->state, '/') + 1;
    const char *further = further_names(to, actor, arena);
    char *slug = before(own, state, arena), *plain = slug ? before(slug, id, arena) : NULL;

    to->rows++;
    CM_GROW(to->written, to->written_capacity, to->written_count + 1);
    to->written[to->written_count++] = cm_strdup(own);
    if (plain) {
        CM_GROW(to->waiting, to->capacity, to->count + 1);
        bool nameless = strcmp(plain, "geonames") == 0 && !*cm_slug(actor->display_name, arena);
        to->waiting[to->count++] = (waiting){
            .plain = cm_format("%s-%s", plain, state),
            .line = line_of(actor, id, nameless ? "" : ascii_name(actor, plain, arena), further),
            .forced = line_of(actor, id, nameless ? "" : slug, further),
        };
        return;
    }
    if (!slug || strcmp(cm_slug(slug, arena), slug) != 0)
        to->renamed++;
    CM_FREE char *line = line_of(actor, id, slug ? ascii_name(actor, slug, arena) : "", further);
    fputs(line, to->out);
}

void exp_geonames_put(exp_geonames *to, const RegActor *actor)
{
    const char *id = id_of(actor);

    if (actor->kind != TYP_ACTOR_KIND_CITY)
        return;
    if (!id)
        to->no_id++;
    else if (!fits(actor->display_name))
        to->unwritable++;
    else if (to->alternates)
        put_names(to, actor, id);
    else
        put_place(to, actor, id);
}

/* ---- the end ---- */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void put_waiting(exp_geonames *to)
{
    if (to->written_count)
        qsort(to->written, to->written_count, sizeof *to->written, by_text);
    for (size_t i = 0; i < to->count; i++) {
        waiting *w = &to->waiting[i];
        bool other = bsearch(&w->plain, to->written, to->written_count, sizeof *to->written, by_text) != NULL;
        fputs(other ? w->line : w->forced, to->out);
        free(w->plain);
        free(w->line);
        free(w->forced);
    }
}

static void tell(int64_t count, const char *what)
{
    if (count)
        fprintf(stderr, "warning: %lld %s\n", (long long)count, what);
}

void exp_geonames_end(exp_geonames *to)
{
    put_waiting(to);
    for (size_t i = 0; i < to->written_count; i++)
        free(to->written[i]);
    free(to->written);
    free(to->waiting);
    fprintf(stderr, "%lld %s written\n", (long long)to->rows, to->alternates ? "names" : "cities");
    tell(to->no_id, "cities left out: they have no GeoNames id");
    tell(to->unwritable, "cities left out: a tab or an end of line in their names");
    tell(to->names, to->alternates
                        ? "names left out: exonyms, languages or characters that GeoNames has no way to write"
                        : "further names left out: a comma, a tab or an end of line in them");
    tell(to->renamed, "cities will get another resource name when the file is imported");
    free(to);
}
