#include "base/cm_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_options_table.h"

typedef struct strings {
    const char **items;
    size_t count, capacity;
} strings;

/* What is known of one row of the table. */
typedef struct row {
    strings values;
    bool given; /* on the command line; else the values are the preset */
} row;

struct cm_arguments {
    const cm_option *options;
    row *rows;
    strings words;
    strings line;  /* argv, ended by NULL; values and words are parts of it or owned */
    strings owned; /* to be freed */
    bool help;
};

static void add(strings *s, const char *text)
{
    CM_GROW(s->items, s->capacity, s->count + 1);
    s->items[s->count++] = text;
}

static const char *own(cm_arguments *a, char *text)
{
    add(&a->owned, text);
    return text;
}

static cm_status take_value(cm_arguments *a, const cm_option *o, const char *value)
{
    strings *values = &a->rows[o - a->options].values;

    if (o->kind != CM_OPTION_LIST) {
        CM_TRY(cm_option_check(o, value));
        if (o->kind != CM_OPTION_REPEATED)
            values->count = 0; /* the last one counts */
        add(values, value);
        return cm_ok();
    }
    while (*value) {
        size_t length = strcspn(value, ",");
        if (length) {
            const char *item = own(a, cm_strndup(value, length));
            CM_TRY(cm_option_check(o, item));
            add(values, item);
        }
        value += length + (value[length] == ',');
    }
    return cm_ok();
}

/* Takes one option; `attached` is the value that stands in the same word, NULL where there is none. Moves *next past
 * a value of its own. */
static cm_status take_option(cm_arguments *a, const cm_option *o, const char *attached, const char *const **next)
{
    row *r = &a->rows[o - a->options];

    if (!r->given)
        r->values.count = 0; /* the preset gives way */
    r->given = true;
    if (o->kind == CM_OPTION_FLAG)
        return attached ? cm_fail(CM_INVALID_ARGUMENT, "--%s takes no value, \"%s\" was given", o->name, attached)
                        : cm_ok();
    if (!attached) {
        attached = **next;
        if (!attached || strncmp(attached, "--", 2) == 0)
            return cm_fail(CM_INVALID_ARGUMENT, "--%s needs a value: --%s %s", o->name, o->name, o->value);
        (*next)++;
    }
    return take_value(a, o, attached);
}

static cm_status unknown(const cm_option *options, const char *name)
{
    const char *near = cm_options_nearest(options, name);

    if (near)
        return cm_fail(CM_INVALID_ARGUMENT, "--%s is no option; did you mean --%s? --help lists all", name, near);
    return cm_fail(CM_INVALID_ARGUMENT, "--%s is no option; --help lists all", name);
}

/* `word` without its two hyphens. */
static cm_status take_long(cm_arguments *a, const char *word, const char *const **next)
{
    size_t length = strcspn(word, "=");

    for (const cm_option *o = a->options; o->name; o++)
        if (strlen(o->name) == length && strncmp(o->name, word, length) == 0)
            return take_option(a, o, word[length] ? word + length + 1 : NULL, next);
    if (strcmp(word, "help") == 0) {
        a->help = true;
        return cm_ok();
    }
    return unknown(a->options, own(a, cm_strndup(word, length)));
}

/* `word` without its hyphen. */
static cm_status take_letter(cm_arguments *a, const char *word, const char *const **next)
{
    for (const cm_option *o = a->options; o->name; o++)
        if (o->letter && o->letter == word[0])
            return take_option(a, o, word[1] ? word + 1 + (word[1] == '=') : NULL, next);
    if (strcmp(word, "h") == 0) {
        a->help = true;
        return cm_ok();
    }
    return cm_fail(CM_INVALID_ARGUMENT, "-%s is no option; --help lists all", word);
}

static bool is_negative_number(const char *word)
{
    return word[0] == '-' && ((word[1] >= '0' && word[1] <= '9') || word[1] == '.');
}

static cm_status parse(cm_arguments *a, const char *const *next)
{
    bool options_ended = false;

    while (*next && !a->help) {
        const char *word = *next++;
        if (options_ended || word[0] != '-' || !word[1] || is_negative_number(word))
            add(&a->words, word);
        else if (strcmp(word, "--") == 0)
            options_ended = true;
        else if (word[1] == '-')
            CM_TRY(take_long(a, word + 2, &next));
        else
            CM_TRY(take_letter(a, word + 1, &next));
    }
    return cm_ok();
}

static cm_status parse_all(cm_arguments *a, int argc, char *const *argv)
{
    for (const cm_option *o = a->options; o->name; o++)
        if (o->preset)
            CM_TRY(take_value(a, o, o->preset));
    for (int i = 1; i < argc; i++)
        add(&a->line, argv[i]);
    add(&a->line, NULL);
    return parse(a, a->line.items);
}

cm_status cm_arguments_parse(const cm_option *options, int argc, char *const *argv, cm_arguments **arguments)
{
    cm_arguments *a = cm_alloc(sizeof *a);
    size_t count = 0;

    while (options[count].name)
        count++;
    *a = (cm_arguments){.options = options, .rows = cm_alloc(count * sizeof *a->rows)};
    cm_status s = parse_all(a, argc, argv);
    if (cm_is_ok(s))
        *arguments = a;
    else
        cm_arguments_free(a);
    return s;
}

void cm_arguments_free(cm_arguments *a)
{
    if (!a)
        return;
    for (size_t i = 0; a->options[i].name; i++)
        free(a->rows[i].values.items);
    for (size_t i = 0; i < a->owned.count; i++)
        free((char *)(uintptr_t)a->owned.items[i]);
    free(a->rows);
    free(a->words.items);
    free(a->line.items);
    free(a->owned.items);
    free(a);
}

/* The row of an option; a name that the table lacks is a mistake of the program. */
static const row *find(const cm_arguments *a, const char *name)
{
    for (size_t i = 0; a->options[i].name; i++)
        if (strcmp(a->options[i].name, name) == 0)
            return &a->rows[i];
    fprintf(stderr, "no option --%s in the table\n", name);
    abort();
}

bool cm_arguments_help(const cm_arguments *a)
{
    return a->help;
}

bool cm_arguments_given(const cm_arguments *a, const char *name)
{
    return find(a, name)->given;
}

bool cm_arguments_flag(const cm_arguments *a, const char *name)
{
    return cm_arguments_given(a, name);
}

const char *cm_arguments_text(const cm_arguments *a, const char *name)
{
    const row *r = find(a, name);

    return r->values.count ? r->values.items[0] : NULL;
}

int64_t cm_arguments_integer(const cm_arguments *a, const char *name)
{
    const char *text = cm_arguments_text(a, name);

    return text ? strtoll(text, NULL, 10) : 0;
}

double cm_arguments_number(const cm_arguments *a, const char *name)
{
    const char *text = cm_arguments_text(a, name);

    return text ? strtod(text, NULL) : 0;
}

int cm_arguments_list(const cm_arguments *a, const char *name, const char *const **values)
{
    const row *r = find(a, name);

    *values = r->values.items;
    return (int)r->values.count;
}

int cm_arguments_words(const cm_arguments *a, const char *const **words)
{
    *words = a->words.items;
    return (int)a->words.count;
}
