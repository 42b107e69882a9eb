/* bench_main.h: the main() of programs that measure: reads options, runs, tells what failed. Reach for it in a new
 * benchmark. */
#ifndef BENCH_MAIN_H
#define BENCH_MAIN_H

#include "base/cm_options.h"

/* `options` ends with {NULL}. Answers the program's exit code. */
int bench_main(const cm_option *options, cm_status (*bench)(const cm_arguments *arguments), int argc, char **argv);

#endif
