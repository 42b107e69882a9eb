#include "cli/cli_import.h"

#include <stdio.h>
#include <string.h>

#include "base/cm_memory.h"
#include "cli/cli_kinds.h"
#include "cli/imp_facts.h"

/* Importers by kind; `sample` is the packaged file, in the order in which `up` imports them. */
static const struct importer {
    const char *kind, *sample, *help; /* `sample` NULL: none */
    cm_status (*run)(imp_session *session, const char *path);
} importers[] = {
    {"states", "states.tsv", "states with their ISO codes", imp_states_file},
    {"facts", "facts", "a folder of fact tables", imp_facts},
    {"pairs", "sister_pairs.tsv", "dated pairs of sister cities", imp_pairs},
    {"lai", "lai_2014.csv", "the Local Autonomy Index", imp_lai},
    {"gcom", "gcom_accessions.tsv", "accessions to the Covenant of Mayors", imp_gcom},
    {"geonames", "geonames_cities.tsv", "GeoNames' dump format", imp_geonames},
    {"geonames-names", NULL, "GeoNames' alternate names", imp_alternate_names},
    {"iso-codes", NULL, "the folder of iso-codes' JSON", imp_iso},
};

enum { IMPORTERS = sizeof importers / sizeof *importers };

const cm_option cli_import_options[] = {
    CLI_ADDRESSES,
    {.name = "rejects",
     .kind = CM_OPTION_TEXT,
     .value = "FILE",
     .preset = "cityneg-rejects.tsv",
     .help = "where rows that are refused go, with their line and why"},
    {.name = "map",
     .kind = CM_OPTION_LIST,
     .value = "COLUMN=FIELD",
     .help = "which column is which field, or the path of a file of such rules; for CSV and JSON Lines"},
    {.name = "dry-run", .kind = CM_OPTION_FLAG, .help = "say what would be recorded and refused, and record nothing"},
    {NULL},
};

static cm_status unknown_kind(const char *kind)
{
    char list[512] = "samples";

    for (int i = 0; i < IMPORTERS; i++)
        strcat(strcat(list, ", "), importers[i].kind);
    for (const cli_kind *k = cli_kinds; k->plural; k++)
        strcat(strcat(list, ", "), k->plural);
    return cm_fail(CM_INVALID_ARGUMENT, "import: '%s' is no kind; give one of %s", kind, list);
}

/* All samples of a folder, in the order in which one needs the other. */
static cm_status run_samples(imp_session *session, const char *folder)
{
    for (int i = 0; i < IMPORTERS && importers[i].sample; i++) {
        CM_FREE char *path = cm_format("%s/%s", folder, importers[i].sample);
        cm_status status = importers[i].run(session, path);
        cm_status_prefix(&status, "import %s", importers[i].kind);
        CM_TRY(status);
    }
    return cm_ok();
}

static cm_status run_kind(imp_session *session, const char *kind, const char *path)
{
    if (strcmp(kind, "samples") == 0)
        return run_samples(session, path);
    for (int i = 0; i < IMPORTERS; i++)
        if (strcmp(importers[i].kind, kind) == 0)
            return importers[i].run(session, path);
    return cli_kind_find(kind) ? imp_lines(session, kind, path) : unknown_kind(kind);
}

cm_status cli_import(const cli_command *command, const cm_arguments *arguments)
{
    const char *const *words;
    cm_channel *registry, *negotiations;
    imp_session session;

    cm_arguments_words(arguments, &words);
    CM_TRY(cli_channel(arguments, "registry", &registry));
    CM_TRY(cli_channel(arguments, "negotiations", &negotiations));
    imp_session_start(&session, registry, negotiations, cm_arguments_text(arguments, "rejects"));
    session.rule_count = cm_arguments_list(arguments, "map", &session.rules);
    session.dry = cm_arguments_flag(arguments, "dry-run");
    cm_status status = run_kind(&session, words[0], words[1]);
    imp_session_end(&session);
    cm_channel_free(registry);
    cm_channel_free(negotiations);
    return status;
}

cm_status cli_import_samples(cm_channel *registry, cm_channel *negotiations, const char *rejects)
{
    CM_FREE char *samples = imp_samples();
    imp_session session;

    imp_session_start(&session, registry, negotiations, rejects);
    cm_status status = run_samples(&session, samples);
    imp_session_end(&session);
    return status;
}
