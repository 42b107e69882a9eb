#include "bench/bench_main.h"

#include <stdio.h>

#include "base/cm_log.h"

int bench_main(const cm_option *options, cm_status (*bench)(const cm_arguments *arguments), int argc, char **argv)
{
    cm_arguments *arguments;
    cm_status s = cm_arguments_parse(options, argc, argv, &arguments);

    cm_log_start("bench", CM_ERROR);
    if (cm_is_ok(s)) {
        if (cm_arguments_help(arguments))
            cm_options_print(options);
        else
            s = bench(arguments);
        cm_arguments_free(arguments);
    }
    if (!cm_is_ok(s))
        fprintf(stderr, "%s\n", cm_status_message(s));
    int code = cm_is_ok(s) ? 0 : 1;
    cm_status_clear(&s);
    return code;
}
