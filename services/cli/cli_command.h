/* cli_command.h: the command line as one table: words, options, help and what runs. Reach for it to add a command:
 * write a function and a row in cli_commands.c; parsing, checking and --help come from the table. One thread. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "base/cm_options.h"
#include "cli/cli_channel.h"

typedef struct cli_command {
    const char *words;    /* "trends report"; the longest match wins */
    const char *operands; /* what follows, for the help: "KIND FILE"; "" where nothing does */
    int least, most;      /* how many operands; most < 0: any number */
    const char *help;     /* one line */
    const cm_option *options;
    cm_status (*run)(const struct cli_command *command, const cm_arguments *arguments);
    const void *data; /* for commands that share a function */
    bool hidden;      /* not in the overview: for other parts of the program */
} cli_command;        /* tables end with a row whose words are NULL */

/* Finds, parses, runs, and complains on stderr. Exit codes: 0 done, 1 failed, 2 the words or options make no sense. */
int cli_main(const cli_command *commands, int argc, char **argv);

/* Where the services are and how to get in; the options that every command which calls them has. */
#define CLI_ADDRESSES                                                                                                  \
    {.name = "registry",                                                                                               \
     .kind = CM_OPTION_TEXT,                                                                                           \
     .value = "ADDRESS",                                                                                               \
     .preset = "127.0.0.1:7001",                                                                                       \
     .help = "where the registry serves"},                                                                             \
        {.name = "negotiations",                                                                                       \
         .kind = CM_OPTION_TEXT,                                                                                       \
         .value = "ADDRESS",                                                                                           \
         .preset = "127.0.0.1:7002",                                                                                   \
         .help = "where negotiations serves"},                                                                         \
        {.name = "trends",                                                                                             \
         .kind = CM_OPTION_TEXT,                                                                                       \
         .value = "ADDRESS",                                                                                           \
         .preset = "127.0.0.1:7003",                                                                                   \
         .help = "where trends serves"},                                                                               \
        CLI_SECURITY

#define CLI_OUTPUT                                                                                                     \
    {                                                                                                                  \
        .name = "output", .letter = 'o', .kind = CM_OPTION_TEXT, .value = "FORMAT", .preset = "table",                 \
        .choices = "table|json|csv", .help = "how to print the answer"                                                 \
    }

#endif
