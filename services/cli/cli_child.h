/* cli_child.h: programs of the platform run as children of this process: they say when they are ready, write their log
 * to a file, and end when this process does, however it ends. Reach for it in `up`. One thread. */
#ifndef CLI_CHILD_H
#define CLI_CHILD_H

#include <sys/types.h>

#include "base/cm_status.h"

enum { CLI_WORDS_MAX = 64 };

typedef struct cli_child {
    const char *name;           /* "registry" */
    char *words[CLI_WORDS_MAX]; /* the program's path and its arguments, ends with NULL; owned */
    char *log;                  /* path; owned */
    pid_t pid;                  /* 0: not running */
    int port;                   /* that it serves on */
    int starts;
} cli_child;

/* A child of the program `program` in the folder of this one ("cityneg-registry"), logging to FOLDER/NAME.log. */
void cli_child_init(cli_child *child, const char *name, const char *program, const char *folder);
void cli_child_word(cli_child *child, const char *format, ...) CM_PRINTF(2, 3);
void cli_child_clear(cli_child *child);

/* Starts it and waits until it says that it serves. UNAVAILABLE with the last line of its log where it ends instead. */
cm_status cli_child_start(cli_child *child) CM_MUST_USE;

/* Asks it to end (SIGTERM) and waits; after `wait_ms` it is killed. */
void cli_child_stop(cli_child *child, int wait_ms);

/* The last line of its log that is no JSON noise, for people; free() ends it. */
char *cli_child_last_words(const cli_child *child);

#endif
