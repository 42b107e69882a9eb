#include "cli/cli_analyze.h"

#include <stdio.h>
#include <string.h>

#include "cli/ana_edges.h"
#include "cli/ana_json.h"
#include "cli/ana_series.h"
#include "cli/cli_output.h"
#include "stats/cm_analysis.h"

const cm_option cli_analyze_options[] = {
    CLI_OUTPUT,
    {.name = "season",
     .kind = CM_OPTION_INTEGER,
     .value = "N",
     .preset = "0",
     .least = 0,
     .most = CM_SEASON_MOST,
     .help = "rows in a season's period, such as 12 for months; 0: no seasons"},
    {.name = "changes",
     .kind = CM_OPTION_INTEGER,
     .value = "K",
     .least = 0,
     .most = 1000,
     .help = "the best segmentation with exactly so many changes; without it their number is found"},
    {.name = "cost",
     .kind = CM_OPTION_TEXT,
     .value = "COST",
     .preset = "l2",
     .choices = "l2|poisson|exponential",
     .help = "what a segment costs: for means, counts, or waiting times"},
    {.name = "penalty",
     .kind = CM_OPTION_TEXT,
     .value = "PENALTY",
     .preset = "mbic",
     .help = "what a change has to save: bic, mbic, or a number"},
    {.name = "s",
     .kind = CM_OPTION_NUMBER,
     .value = "S",
     .preset = "2",
     .least = 1,
     .most = 1000,
     .help = "bursts: ratio of neighbouring states, above 1"},
    {.name = "gamma",
     .kind = CM_OPTION_NUMBER,
     .value = "GAMMA",
     .preset = "1",
     .least = 0,
     .most = 1000,
     .help = "bursts: price of going up"},
    {.name = "steps",
     .kind = CM_OPTION_INTEGER,
     .value = "N",
     .preset = "12",
     .least = 0,
     .most = 1000,
     .help = "how many rows to forecast"},
    {NULL},
};

const cm_option cli_compare_options[] = {CLI_OUTPUT, {NULL}};

const cm_option cli_network_options[] = {
    CLI_OUTPUT,
    {.name = "top",
     .kind = CM_OPTION_INTEGER,
     .value = "N",
     .preset = "10",
     .least = 0,
     .most = 1000000,
     .help = "how many to list: nodes by betweenness and by PageRank, sizes of communities"},
    {NULL},
};

static cm_status read_penalty(const char *text, cm_change_options *options)
{
    char *end;

    if (strcmp(text, "bic") == 0) {
        options->penalty = CM_PENALTY_BIC;
    } else if (strcmp(text, "mbic") == 0) {
        options->penalty = CM_PENALTY_MBIC;
    } else {
        options->penalty = CM_PENALTY_GIVEN;
        options->given = strtod(text, &end);
        if (*end || end == text || !(options->given >= 0))
            return cm_fail(CM_INVALID_ARGUMENT, "--penalty: '%s' is neither bic, mbic nor a number of 0 or more", text);
    }
    return cm_ok();
}

static cm_status options_of(const cm_arguments *arguments, cm_analysis_options *options)
{
    const char *cost = cm_arguments_text(arguments, "cost");

    *options = cm_analysis_usual();
    options->season = (size_t)cm_arguments_integer(arguments, "season");
    options->exact = cm_arguments_given(arguments, "changes");
    options->changes = options->exact ? (size_t)cm_arguments_integer(arguments, "changes") : 0;
    options->change.cost = strcmp(cost, "poisson") == 0       ? CM_COST_POISSON
                           : strcmp(cost, "exponential") == 0 ? CM_COST_EXPONENTIAL
                                                              : CM_COST_L2;
    options->burst.s = cm_arguments_number(arguments, "s");
    options->burst.gamma = cm_arguments_number(arguments, "gamma");
    options->steps = (size_t)cm_arguments_integer(arguments, "steps");
    return read_penalty(cm_arguments_text(arguments, "penalty"), &options->change);
}

/* A person gets the numbers as rows "mann_kendall.p 0.01"; lists in short. */
static void print_flat(cli_grid *grid, const char *prefix, json_t *value)
{
    char name[160], text[64] = "";
    const char *key;
    json_t *member;

    if (json_is_object(value)) {
        json_object_foreach (value, key, member) {
            snprintf(name, sizeof name, "%s%s%s", prefix, *prefix ? "." : "", key);
            print_flat(grid, name, member);
        }
        return;
    }
    if (json_is_array(value)) {
        char *dumped = json_dumps(value, JSON_COMPACT | JSON_REAL_PRECISION(6));
        cli_grid_row(grid, (const char *const[]){prefix, dumped});
        free(dumped);
        return;
    }
    if (json_is_number(value))
        snprintf(text, sizeof text, "%.8g", json_number_value(value));
    const char *shown = json_is_string(value)   ? json_string_value(value)
                        : json_is_null(value)   ? "-"
                        : json_is_true(value)   ? "yes"
                        : json_is_number(value) ? text
                                                : "no";
    cli_grid_row(grid, (const char *const[]){prefix, shown});
}

static void print(json_t *json, const cm_arguments *arguments)
{
    cli_format format = cli_format_of(cm_arguments_text(arguments, "output"));

    if (format == CLI_JSON) {
        json_dumpf(json, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
        putchar('\n');
    } else {
        cli_grid *grid = cli_grid_new(2, (const char *const[]){"statistic", "value"});
        print_flat(grid, "", json);
        cli_grid_print(grid, stdout, format);
        cli_grid_free(grid);
    }
    json_decref(json);
}

cm_status cli_analyze(const cli_command *command, const cm_arguments *arguments)
{
    const char *const *words;
    CM_ARENA(arena);
    ana_series series;
    cm_analysis_options options;
    cm_analysis analysis = {0};

    cm_arguments_words(arguments, &words);
    CM_TRY(options_of(arguments, &options));
    CM_TRY(ana_series_read(words[0], arena, &series));
    const cm_series given = {series.times, series.values, series.totals, series.n};
    CM_TRY(cm_analyze(&given, &options, &analysis));
    print(ana_json(&series, &options, &analysis), arguments);
    cm_analysis_clear(&analysis);
    return cm_ok();
}

cm_status cli_compare(const cli_command *command, const cm_arguments *arguments)
{
    const char *const *words;
    CM_ARENA(arena);
    ana_mix a, b;
    json_t *json;

    cm_arguments_words(arguments, &words);
    CM_TRY(ana_mix_read(words[0], arena, &a));
    CM_TRY(ana_mix_read(words[1], arena, &b));
    CM_TRY(ana_compare_json(&a, &b, arena, &json));
    print(json, arguments);
    return cm_ok();
}

cm_status cli_network(const cli_command *command, const cm_arguments *arguments)
{
    const char *const *words;
    CM_ARENA(arena);
    ana_edges edges;
    net_measures measures;

    cm_arguments_words(arguments, &words);
    CM_TRY(ana_edges_read(words[0], arena, &edges));
    cm_status status = net_measure(&edges.graph, (net_stop){0}, &measures);
    if (cm_is_ok(status)) {
        print(ana_edges_json(&edges, &measures, (size_t)cm_arguments_integer(arguments, "top")), arguments);
        net_measures_clear(&measures);
    }
    net_graph_clear(&edges.graph);
    return status;
}
