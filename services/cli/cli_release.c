#include "cli/cli_release.h"

#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cm_clock.h"
#include "base/cm_digest.h"
#include "base/cm_memory.h"
#include "cityneg/journal/v1/journal.grpc-c.h"
#include "cli/cli_export.h"
#include "cli/cli_line_file.h"
#include "cli/cli_rows.h"

#define MANIFEST "manifest.json"

const cm_option cli_release_options[] = {
    CLI_ADDRESSES,
    {.name = "as-of",
     .kind = CM_OPTION_TEXT,
     .value = "TIME",
     .help = "as it was recorded by then: 2026-03-01T00:00:00Z; left out: now"},
    {NULL},
};

const cm_option cli_release_check_options[] = {{NULL}};

typedef struct release {
    const char *folder;
    int64_t as_of;
    cm_channel *registry, *negotiations;
    json_t *files; /* of the manifest */
} release;

/* What a manifest says of a file. The caller's. */
static cm_status describe(const char *folder, const char *path, json_t **described)
{
    CM_FREE char *whole = cm_format("%s/%s", folder, path);
    uint8_t digest[CM_SHA256];
    char hex[2 * CM_SHA256 + 1];
    cli_line_file file;

    CM_TRY(cli_line_file_open(whole, &file));
    cm_sha256(&(cm_bytes){(const uint8_t *)file.data, file.size}, 1, digest);
    *described = json_pack("{s:s, s:I, s:I, s:s}", "path", path, "rows", (json_int_t)file.count, "bytes",
                           (json_int_t)file.size, "sha256", cm_hex(digest, CM_SHA256, hex));
    cli_line_file_close(&file);
    return cm_ok();
}

/* ---- making one ---- */

static cm_status create(const char *path, FILE **file)
{
    *file = fopen(path, "wx");
    if (*file)
        return cm_ok();
    return cm_fail(CM_PERMISSION_DENIED, "%s cannot be made: %s", path, strerror(errno));
}

static cm_status close_file(FILE *file, const char *path, cm_status s)
{
    if (cm_is_ok(s))
        s = cli_rows_end(file, path);
    fclose(file);
    return s;
}

static cm_status write_kind(const release *r, const cli_kind *kind)
{
    CM_FREE char *name = cm_format("%s.jsonl", kind->plural);
    CM_FREE char *path = cm_format("%s/%s", r->folder, name);
    cli_export_query query = {kind->registry ? r->registry : r->negotiations, "", r->as_of};
    json_t *described;
    FILE *file;

    CM_TRY(create(path, &file));
    CM_TRY(close_file(file, path, cli_export_kind(&query, kind, file, CLI_JSON)));
    CM_TRY(describe(r->folder, name, &described));
    json_array_append_new(r->files, described);
    return cm_ok();
}

static cm_status epoch_of(cm_channel *channel, char **epoch)
{
    JrnGetJournalRequest request;
    JrnJournal *journal;
    CM_ARENA(arena);

    JrnGetJournalRequest_init(&request);
    CM_TRY(jrn_journal_service_get_journal(channel, NULL, &request, arena, &journal));
    *epoch = cm_strdup(journal->epoch);
    return cm_ok();
}

static cm_status write_manifest(const release *r, const char *registry, const char *negotiations)
{
    CM_FREE char *path = cm_format("%s/" MANIFEST, r->folder);
    char time[CM_TIME_TEXT];
    FILE *file;

    CM_TRY(create(path, &file));
    json_t *manifest = json_pack("{s:s, s:{s:s, s:s}, s:O}", "as_of", cm_time_format(r->as_of, time), "epochs",
                                 "registry", registry, "negotiations", negotiations, "files", r->files);
    json_dumpf(manifest, file, JSON_INDENT(2));
    putc('\n', file);
    json_decref(manifest);
    return close_file(file, path, cm_ok());
}

static cm_status write_all(const release *r)
{
    CM_FREE char *registry = NULL, *negotiations = NULL;

    CM_TRY(epoch_of(r->registry, &registry));
    CM_TRY(epoch_of(r->negotiations, &negotiations));
    for (const cli_kind *kind = cli_kinds; kind->plural; kind++)
        CM_TRY(write_kind(r, kind));
    return write_manifest(r, registry, negotiations);
}

static cm_status tell(const release *r)
{
    json_t *manifest;
    char time[CM_TIME_TEXT];

    CM_TRY(describe(r->folder, MANIFEST, &manifest));
    printf("%zu files as of %s in %s; sha256 of " MANIFEST ": %s\n", json_array_size(r->files),
           cm_time_format(r->as_of, time), r->folder, json_string_value(json_object_get(manifest, "sha256")));
    json_decref(manifest);
    return cm_ok();
}

static cm_status make(release *r, const cm_arguments *arguments)
{
    CM_TRY(cli_channel(arguments, "registry", &r->registry));
    CM_TRY(cli_channel(arguments, "negotiations", &r->negotiations));
    if (mkdir(r->folder, 0777) != 0)
        return cm_fail(errno == EEXIST ? CM_ALREADY_EXISTS : CM_PERMISSION_DENIED,
                       "%s cannot be made: %s; give a folder that is not there yet", r->folder, strerror(errno));
    CM_TRY(write_all(r));
    return tell(r);
}

cm_status cli_release(const cli_command *command, const cm_arguments *arguments)
{
    const char *const *words, *as_of = cm_arguments_text(arguments, "as-of");
    release r = {.as_of = cm_clock_wall_us(), .files = json_array()};
    cm_status s = as_of ? cm_time_parse(as_of, &r.as_of) : cm_ok();

    cm_arguments_words(arguments, &words);
    r.folder = words[0];
    cm_status_prefix(&s, "--as-of");
    if (cm_is_ok(s))
        s = make(&r, arguments);
    json_decref(r.files);
    cm_channel_free(r.registry);
    cm_channel_free(r.negotiations);
    return s;
}

/* ---- checking one ---- */

static cm_status load_manifest(const char *folder, json_t **manifest)
{
    CM_FREE char *path = cm_format("%s/" MANIFEST, folder);
    json_error_t error;

    *manifest = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (!*manifest)
        return cm_fail(CM_NOT_FOUND, "%s: is no manifest: %s", path, error.text);
    return cm_ok();
}

/* Names that leave the folder are none of a release. */
static bool is_name(const char *path)
{
    return path && *path && *path != '.' && !strchr(path, '/');
}

static cm_status compare(const char *folder, const json_t *expected, int *wrong)
{
    static const char *const keys[] = {"rows", "bytes", "sha256"};
    const char *path = json_string_value(json_object_get(expected, "path"));
    json_t *found;

    if (!is_name(path))
        return cm_fail(CM_DATA_LOSS, MANIFEST ": names \"%.80s\", which is no file of the folder", path ? path : "");
    CM_TRY(describe(folder, path, &found));
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const json_t *is = json_object_get(found, keys[i]), *was = json_object_get(expected, keys[i]);
        if (was && json_equal(is, was))
            continue;
        CM_FREE char *is_text = json_dumps(is, JSON_ENCODE_ANY);
        CM_FREE char *was_text = was ? json_dumps(was, JSON_ENCODE_ANY) : cm_strdup("nothing");
        printf("%s: %s is %s, the manifest says %s\n", path, keys[i], is_text, was_text);
        ++*wrong;
    }
    json_decref(found);
    return cm_ok();
}

static cm_status compare_all(const char *folder, const json_t *files, int *wrong)
{
    for (size_t i = 0; i < json_array_size(files); i++) {
        cm_status s = compare(folder, json_array_get(files, i), wrong);
        if (cm_is_ok(s))
            continue;
        if (s.code != CM_NOT_FOUND)
            return s;
        printf("%s\n", cm_status_message(s));
        cm_status_clear(&s);
        ++*wrong;
    }
    return cm_ok();
}

static bool is_listed(const json_t *files, const char *name)
{
    for (size_t i = 0; i < json_array_size(files); i++) {
        const char *path = json_string_value(json_object_get(json_array_get(files, i), "path"));
        if (path && strcmp(path, name) == 0)
            return true;
    }
    return strcmp(name, MANIFEST) == 0 || strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static void find_others(const char *folder, const json_t *files, int *wrong)
{
    DIR *entries = opendir(folder);
    struct dirent *entry;

    while (entries && (entry = readdir(entries))) {
        if (is_listed(files, entry->d_name))
            continue;
        printf("%s: is not in the manifest\n", entry->d_name);
        ++*wrong;
    }
    if (entries)
        closedir(entries);
}

cm_status cli_release_check(const cli_command *command, const cm_arguments *arguments)
{
    const char *const *words;
    json_t *manifest;
    int wrong = 0;

    cm_arguments_words(arguments, &words);
    CM_TRY(load_manifest(words[0], &manifest));
    const json_t *files = json_object_get(manifest, "files");
    const char *as_of = json_string_value(json_object_get(manifest, "as_of"));
    size_t count = json_array_size(files);
    cm_status s = count ? compare_all(words[0], files, &wrong)
                        : cm_fail(CM_DATA_LOSS, "%s/" MANIFEST ": lists no files", words[0]);
    find_others(words[0], files, &wrong);
    if (cm_is_ok(s) && wrong)
        s = cm_fail(CM_DATA_LOSS, "%s: is not what its manifest says, in %d places", words[0], wrong);
    if (cm_is_ok(s))
        printf("%zu files as of %s: each is what the manifest says\n", count,
               as_of ? as_of : "an unknown time");
    json_decref(manifest);
    return s;
}
