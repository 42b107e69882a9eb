#include "cli/cli_rebuild.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cm_memory.h"
#include "cli/cli_channel.h"
#include "cli/cli_progress.h"
#include "journal/cm_restore.h"
#include "trends/trd_rebuild.h"

const cm_option cli_rebuild_options[] = {
    CLI_ADDRESSES,
    {.name = "data",
     .kind = CM_OPTION_TEXT,
     .value = "FOLDER",
     .preset = "cityneg-data",
     .help = "where trends has its store: the new one is made and compared there"},
    {.name = "replace",
     .kind = CM_OPTION_FLAG,
     .help = "put the new store in place; trends must not run. The one that is there is kept as trends.db.replaced"},
    {NULL},
};

/* The files of one rebuild, in a folder of their own that goes with them. */
typedef struct place {
    char *folder, *store, *before, *rebuilt;
    bool compared; /* there is a store to compare with */
} place;

static void remove_place(place *p)
{
    DIR *files = opendir(p->folder);
    struct dirent *file;

    while (files && (file = readdir(files)))
        unlinkat(dirfd(files), file->d_name, 0);
    if (files)
        closedir(files);
    rmdir(p->folder);
    free(p->folder);
    free(p->store);
    free(p->before);
    free(p->rebuilt);
}

static cm_status make_place(place *p, const char *data)
{
    mkdir(data, 0700);
    *p = (place){.folder = cm_format("%s/rebuild-XXXXXX", data), .store = cm_format("%s/trends.db", data)};
    if (!mkdtemp(p->folder))
        return cm_fail(CM_PERMISSION_DENIED, "--data: %s cannot be written: %s", data, strerror(errno));
    p->before = cm_format("%s/before.db", p->folder);
    p->rebuilt = cm_format("%s/rebuilt.db", p->folder);
    p->compared = access(p->store, F_OK) == 0;
    return cm_ok();
}

static void step(void *progress, int64_t rows, int64_t total)
{
    cli_progress *p = progress;

    p->total = total;
    cli_progress_step(p, rows, rows);
}

static void print(const char *what, const trd_digest *digest)
{
    char facts[2 * CM_SHA256 + 1], cells[2 * CM_SHA256 + 1], report[2 * CM_SHA256 + 1];

    printf("%-8s facts  %8lld  %s\n", what, (long long)digest->facts, cm_hex(digest->facts_digest, CM_SHA256, facts));
    printf("%-8s cells  %8lld  %s\n", what, (long long)digest->cells, cm_hex(digest->cells_digest, CM_SHA256, cells));
    printf("%-8s report           %s\n", what, cm_hex(digest->report_digest, CM_SHA256, report));
}

static cm_status replay(trd_rebuilding *r, const cm_arguments *arguments)
{
    cli_progress progress;

    CM_TRY(cli_channel(arguments, "registry", &r->registry));
    CM_TRY(cli_channel(arguments, "negotiations", &r->negotiations));
    cli_progress_start(&progress, "journals", 0);
    progress.unit = "rows";
    r->progress = step;
    r->context = &progress;
    CM_TRY(trd_rebuild(r));
    cli_progress_end(&progress);
    return cm_ok();
}

static cm_status compare(const trd_rebuilding *r)
{
    print("counted", &r->counted);
    print("rebuilt", &r->rebuilt);
    if (!trd_digest_equal(&r->counted, &r->rebuilt))
        return cm_fail(CM_DATA_LOSS, "what trends had counted is not what the journals give; --replace puts right");
    printf("equal: %lld rows of the journals give what trends had counted, byte for byte\n", (long long)r->rows);
    return cm_ok();
}

static cm_status put_in_place(const place *p)
{
    CM_TRY(cm_journal_restore(p->rebuilt, p->store, &(cm_journal_restoring){.service = "trends", .replace = true}));
    printf("%s\n", p->store);
    return cm_ok();
}

/* A difference does not keep the right store from being put in place. */
static cm_status rebuild(const place *p, const cm_arguments *arguments)
{
    trd_rebuilding r = {.into = p->rebuilt, .reference = p->compared ? p->before : NULL};
    bool replace = cm_arguments_flag(arguments, "replace");

    if (p->compared)
        CM_TRY(cm_store_backup(p->store, p->before, NULL, NULL));
    cm_status s = replay(&r, arguments);
    cm_channel_free(r.registry);
    cm_channel_free(r.negotiations);
    CM_TRY(s);
    if (p->compared)
        s = compare(&r);
    else
        print("rebuilt", &r.rebuilt);
    if (!replace)
        return s;
    cm_status_clear(&s);
    return put_in_place(p);
}

cm_status cli_rebuild(const cli_command *command, const cm_arguments *arguments)
{
    place p;

    CM_TRY(make_place(&p, cm_arguments_text(arguments, "data")));
    cm_status s = rebuild(&p, arguments);
    remove_place(&p);
    return s;
}
