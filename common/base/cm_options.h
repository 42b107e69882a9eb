/* cm_options.h: command lines from tables: one table of options yields parsing, checking and help.
 * Reach for it in every main. One thread, at start. */
#ifndef CM_OPTIONS_H
#define CM_OPTIONS_H

#include "base/cm_status.h"

typedef enum cm_option_kind {
    CM_OPTION_FLAG,
    CM_OPTION_TEXT,
    CM_OPTION_INTEGER,
    CM_OPTION_NUMBER,
    CM_OPTION_LIST,
    CM_OPTION_REPEATED /* a list whose values may hold commas */
} cm_option_kind;

typedef struct cm_option {
    const char *name; /* "data": given as --data DIR or --data=DIR */
    char letter;      /* 'o': also -o VALUE; 0: none */
    cm_option_kind kind;
    const char *value;   /* what the help calls the value: "DIR"; NULL for flags */
    const char *preset;  /* the default as text; NULL: none */
    const char *help;    /* one line */
    const char *choices; /* "table|json|csv": what is allowed; NULL: anything */
    double least, most;  /* for numbers, where least < most */
} cm_option;             /* tables end with a row whose name is NULL */

typedef struct cm_arguments cm_arguments;

/* Parses argv[1…]. INVALID_ARGUMENT names the option, the value and what would be right (with the nearest name for a
 * misspelt one). Words that are no options are kept in order; `--` ends options. `--help` and -h set help and end the
 * parsing. A list takes its option several times, or values with commas between (what is repeated only the former); of
 * any other the last one counts.
 * Asking for a name that the table lacks aborts. Texts are parts of argv. */
cm_status cm_arguments_parse(const cm_option *options, int argc, char *const *argv,
                             cm_arguments **arguments) CM_MUST_USE;
void cm_arguments_free(cm_arguments *arguments);

bool cm_arguments_help(const cm_arguments *arguments);
bool cm_arguments_flag(const cm_arguments *arguments, const char *name);
bool cm_arguments_given(const cm_arguments *arguments, const char *name);
const char *cm_arguments_text(const cm_arguments *arguments, const char *name); /* NULL: not given, no default */
int64_t cm_arguments_integer(const cm_arguments *arguments, const char *name);
double cm_arguments_number(const cm_arguments *arguments, const char *name);
int cm_arguments_list(const cm_arguments *arguments, const char *name, const char *const **values);
int cm_arguments_words(const cm_arguments *arguments, const char *const **words);

/* Prints the options as a table for people. */
void cm_options_print(const cm_option *options);

#endif
