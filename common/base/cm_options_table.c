#include "base/cm_options_table.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_text.h"

static cm_status check_choice(const cm_option *o, const char *value)
{
    size_t length = strlen(value);

    for (const char *at = o->choices; at;) {
        size_t choice = strcspn(at, "|");
        if (choice == length && strncmp(at, value, length) == 0)
            return cm_ok();
        at = at[choice] ? at + choice + 1 : NULL;
    }
    return cm_fail(CM_INVALID_ARGUMENT, "--%s: \"%s\" is not one of %s", o->name, value, o->choices);
}

static cm_status check_number(const cm_option *o, const char *value)
{
    bool whole = o->kind == CM_OPTION_INTEGER;
    char *end;

    errno = 0;
    double number = whole ? (double)strtoll(value, &end, 10) : strtod(value, &end);
    if (end == value || *end || errno || !isfinite(number))
        return cm_fail(CM_INVALID_ARGUMENT, "--%s: \"%s\" is no %s", o->name, value, whole ? "whole number" : "number");
    if (o->least < o->most && (number < o->least || number > o->most))
        return cm_fail(CM_INVALID_ARGUMENT, "--%s: %s is out of range; give %.15g to %.15g", o->name, value, o->least,
                       o->most);
    return cm_ok();
}

cm_status cm_option_check(const cm_option *o, const char *value)
{
    if (o->kind == CM_OPTION_INTEGER || o->kind == CM_OPTION_NUMBER)
        return check_number(o, value);
    return o->choices ? check_choice(o, value) : cm_ok();
}

static int least_of(int a, int b)
{
    return a < b ? a : b;
}

/* Letters to insert, drop or replace to make one of the other (Levenshtein). Names are short. */
static int distance(const char *a, const char *b)
{
    enum { LONGEST = 64 };
    int row[LONGEST + 1];
    size_t width = strlen(b);

    if (width > LONGEST)
        return LONGEST;
    for (size_t i = 0; i <= width; i++)
        row[i] = (int)i;
    for (int line = 1; *a; a++, line++) {
        int diagonal = row[0];
        row[0] = line;
        for (size_t i = 1; i <= width; i++) {
            int replaced = diagonal + (*a != b[i - 1]);
            diagonal = row[i];
            row[i] = least_of(replaced, least_of(row[i - 1], diagonal) + 1);
        }
    }
    return row[width];
}

const char *cm_options_nearest(const cm_option *options, const char *name)
{
    int best = (int)strlen(name) / 3 + 1;
    const char *nearest = NULL;

    for (const cm_option *o = options; o->name; o++) {
        int d = distance(name, o->name);
        if (d <= best) {
            best = d - 1;
            nearest = o->name;
        }
    }
    return nearest;
}

/* `-o, --output FORMAT` */
static void add_usage(cm_text *text, const cm_option *o)
{
    if (o->letter)
        cm_text_format(text, "-%c, ", o->letter);
    else
        cm_text_add(text, "    ");
    cm_text_format(text, "--%s%s%s", o->name, o->value ? " " : "", o->value ? o->value : "");
}

/* What the help line does not say itself: choices, range, preset, repetition. */
static void add_notes(cm_text *text, const cm_option *o)
{
    const char *before = " (";

    if (o->choices) {
        cm_text_format(text, "%s%s", before, o->choices);
        before = "; ";
    }
    if (o->least < o->most && o->kind != CM_OPTION_TEXT) {
        cm_text_format(text, "%s%.15g to %.15g", before, o->least, o->most);
        before = "; ";
    }
    if (o->kind == CM_OPTION_LIST || o->kind == CM_OPTION_REPEATED) {
        cm_text_format(text, "%smay be repeated", before);
        before = "; ";
    }
    if (o->preset && *o->preset) {
        cm_text_format(text, "%sdefault %s", before, o->preset);
        before = "; ";
    }
    if (*before == ';')
        cm_text_char(text, ')');
}

static void print_option(const cm_option *o, int widest)
{
    CM_AUTO(cm_text) line = {0};

    add_usage(&line, o);
    for (int width = cm_utf8_width(line.data); width < widest + 2; width++)
        cm_text_char(&line, ' ');
    cm_text_add(&line, o->help);
    add_notes(&line, o);
    printf("  %s\n", line.data);
}

static int usage_width(const cm_option *o)
{
    CM_AUTO(cm_text) usage = {0};

    add_usage(&usage, o);
    return cm_utf8_width(usage.data);
}

void cm_options_print(const cm_option *options)
{
    static const cm_option help = {"help", 'h', CM_OPTION_FLAG, NULL, NULL, "Print this help", NULL, 0, 0};
    int widest = usage_width(&help);

    for (const cm_option *o = options; o->name; o++)
        widest = usage_width(o) > widest ? usage_width(o) : widest;
    for (const cm_option *o = options; o->name; o++)
        print_option(o, widest);
    print_option(&help, widest);
}
