#include "cli/cli_command.h"

#include <stdio.h>
#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_text.h"

/* How many of argv's words the command's words match, 0 where they do not all. */
static int match(const char *words, int argc, char **argv)
{
    int used = 0;

    while (*words) {
        size_t length = strcspn(words, " ");
        if (used >= argc || strlen(argv[used]) != length || strncmp(argv[used], words, length) != 0)
            return 0;
        used++;
        words += length + (words[length] == ' ');
    }
    return used;
}

static const cli_command *find(const cli_command *commands, int argc, char **argv, int *used)
{
    const cli_command *best = NULL;

    *used = 0;
    for (const cli_command *c = commands; c->words; c++) {
        int length = match(c->words, argc, argv);
        if (length > *used) {
            *used = length;
            best = c;
        }
    }
    return best;
}

/* The overview: all commands, or those that begin with the words given. */
static int overview(const cli_command *commands, int argc, char **argv, FILE *out)
{
    int width = 0, shown = 0;

    for (int pass = 0; pass < 2; pass++)
        for (const cli_command *c = commands; c->words; c++) {
            bool below = argc == 0 ||
                         (strncmp(c->words, argv[0], strlen(argv[0])) == 0 && strchr(" ", c->words[strlen(argv[0])]));
            if (c->hidden || !below)
                continue;
            int length = (int)(strlen(c->words) + 1 + strlen(c->operands));
            if (pass == 0) {
                width = length > width ? length : width;
                if (shown++ == 0)
                    fprintf(out, "cityneg: the international negotiations of cities\n\nusage: cityneg COMMAND …\n\n");
            } else {
                fprintf(out, "  %s %-*s  %s\n", c->words, width - (int)strlen(c->words) - 1, c->operands, c->help);
            }
        }
    if (shown)
        fprintf(out, "\ncityneg COMMAND --help tells more. Exit codes: 0 done, 1 failed, 2 wrong usage.\n");
    return shown;
}

static void help(const cli_command *command)
{
    printf("usage: cityneg %s%s%s [OPTION …]\n\n%s\n\n", command->words, *command->operands ? " " : "",
           command->operands, command->help);
    if (command->options)
        cm_options_print(command->options);
}

static int complain(cm_status *failure, int code)
{
    fprintf(stderr, "cityneg: %s\n", cm_status_message(*failure));
    const cm_violation *v = failure->error ? failure->error->violations : NULL;
    for (v = v ? v->next : NULL; v; v = v->next)
        fprintf(stderr, "         %s: %s\n", v->field, v->description);
    cm_status_clear(failure);
    return code;
}

static cm_status check_operands(const cli_command *command, const cm_arguments *arguments)
{
    const char *const *words;
    int count = cm_arguments_words(arguments, &words);

    if (count < command->least)
        return cm_fail(CM_INVALID_ARGUMENT, "%s: %s is missing; see cityneg %s --help", command->words,
                       command->operands, command->words);
    if (command->most >= 0 && count > command->most)
        return cm_fail(CM_INVALID_ARGUMENT, "%s: '%s' is one word too many; see cityneg %s --help", command->words,
                       words[command->most], command->words);
    return cm_ok();
}

static const cm_option no_options[] = {{NULL}};

int cli_main(const cli_command *commands, int argc, char **argv)
{
    int used;

    if (argc < 2 || strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        overview(commands, 0, NULL, stdout);
        return argc < 2 ? 2 : 0;
    }
    const cli_command *command = find(commands, argc - 1, argv + 1, &used);
    if (!command) {
        bool asked = strcmp(argv[argc - 1], "--help") == 0;
        if (overview(commands, 1, argv + 1, asked ? stdout : stderr))
            return asked ? 0 : 2;
        fprintf(stderr, "cityneg: there is no command '%s'; cityneg --help lists them\n", argv[1]);
        return 2;
    }
    cm_arguments *arguments = NULL;
    const cm_option *options = command->options ? command->options : no_options;
    cm_status status = cm_arguments_parse(options, argc - used, argv + used, &arguments);
    if (!cm_is_ok(status))
        return complain(&status, 2);
    if (cm_arguments_help(arguments)) {
        help(command);
        cm_arguments_free(arguments);
        return 0;
    }
    status = check_operands(command, arguments);
    int code = 2;
    if (cm_is_ok(status)) {
        status = command->run(command, arguments);
        code = 1;
    }
    cm_arguments_free(arguments);
    return cm_is_ok(status) ? 0 : complain(&status, code);
}
