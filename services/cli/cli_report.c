#include "cli/cli_report.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/cm_clock.h"
#include "base/cm_date.h"
#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "cityneg/journal/v1/journal.grpc-c.h"
#include "cityneg/trends/v1/trends.grpc-c.h"
#include "cli/cli_progress.h"
#include "cli/rep_changes.h"
#include "cli/rep_html.h"
#include "cli/rep_json.h"

enum { REPORT_TIMEOUT_MS = 300000, LOOK_AGAIN_MS = 50 };

/* Which units are counted: the same for a report and for the rows behind its numbers. */
#define FILTER                                                                                                         \
    {.name = "certainty",                                                                                              \
     .kind = CM_OPTION_TEXT,                                                                                           \
     .value = "LEVEL",                                                                                                 \
     .choices = "recalled|reported|checked",                                                                           \
     .help = "only what is at least so sure"},                                                                         \
        {.name = "collection", .kind = CM_OPTION_TEXT, .value = "NAME", .help = "only findings of this collection"},   \
        {.name = "institution",                                                                                        \
         .kind = CM_OPTION_TEXT,                                                                                       \
         .value = "NAME",                                                                                              \
         .help = "only what names this institution: institutions/c40"},                                                \
        {.name = "state",                                                                                              \
         .kind = CM_OPTION_TEXT,                                                                                       \
         .value = "NAME",                                                                                              \
         .help = "only what is of this state or of its cities: states/fr"},                                            \
        {.name = "from", .kind = CM_OPTION_TEXT, .value = "DATE", .help = "only from this year, month or day on"},     \
        {.name = "to", .kind = CM_OPTION_TEXT, .value = "DATE", .help = "only to the end of this year, month or day"}, \
    {                                                                                                                  \
        .name = "focal", .kind = CM_OPTION_TEXT, .value = "NAME",                                                      \
        .help = "of reorientation: of the cities of this state, in place of states/ru: states/de"                      \
    }

const cm_option cli_report_options[] = {
    CLI_ADDRESSES,
    CLI_OUTPUT,
    FILTER,
    {.name = "question",
     .letter = 'q',
     .kind = CM_OPTION_LIST,
     .value = "QUESTION",
     .help = "only this question; may be given again"},
    {.name = "bin",
     .kind = CM_OPTION_TEXT,
     .value = "BIN",
     .choices = "year|quarter|month",
     .help = "count and test by year (as it is without this), quarter or month"},
    {.name = "all", .kind = CM_OPTION_FLAG, .help = "every finding: by collection, every category, sensitivity"},
    {.name = "since",
     .kind = CM_OPTION_TEXT,
     .value = "DATE",
     .help = "instead: the numbers that moved since the report of then, and the rows that were recorded since"},
    {.name = "cite", .kind = CM_OPTION_FLAG, .help = "a line to cite under each number"},
    {.name = "html", .kind = CM_OPTION_TEXT, .value = "FILE", .help = "write the report as one HTML file with plots"},
    {.name = "wait",
     .kind = CM_OPTION_INTEGER,
     .value = "MS",
     .preset = "60000",
     .least = 0,
     .most = 3600000,
     .help = "how long to wait for trends to have counted everything that is recorded now"},
    {NULL},
};

static cm_status print_csv(const TrdReport *report, FILE *out)
{
    static const char *const columns[] = {
        "question", "category", "collection",  "from",         "to",   "n", "total", "estimate",
        "low",      "high",     "cluster_low", "cluster_high", "test", "p", "q",     "sentence"};
    cli_grid *grid = cli_grid_new(16, columns);

    for (size_t i = 0; i < report->n_questions; i++)
        for (size_t k = 0; k < report->questions[i]->n_findings; k++) {
            const TrdFinding *f = report->questions[i]->findings[k];
            const GoogleDoubleValue *numbers[] = {f->estimate, f->low, f->high, f->cluster_low, f->cluster_high};
            char text[9][32] = {""};
            snprintf(text[0], sizeof text[0], "%.10g", f->n);
            snprintf(text[1], sizeof text[1], "%.10g", f->total);
            for (int n = 0; n < 5; n++)
                if (numbers[n])
                    snprintf(text[2 + n], sizeof text[0], "%.10g", numbers[n]->value);
            if (f->p)
                snprintf(text[7], sizeof text[0], "%.6g", f->p->value);
            if (f->q)
                snprintf(text[8], sizeof text[0], "%.6g", f->q->value);
            const char *row[] = {report->questions[i]->question,
                                 f->category,
                                 f->collection,
                                 f->from,
                                 f->to,
                                 text[0],
                                 text[1],
                                 text[2],
                                 text[3],
                                 text[4],
                                 text[5],
                                 text[6],
                                 f->test,
                                 text[7],
                                 text[8],
                                 f->sentence};
            cli_grid_row(grid, row);
        }
    cli_grid_print(grid, out, CLI_CSV);
    cli_grid_free(grid);
    return cm_ok();
}

/* Columns of a terminal; 0 for anything else. */
static int width_of(FILE *out)
{
    struct winsize size;

    return ioctl(fileno(out), TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

/* *filter is NULL where none is asked for. Texts are parts of the arguments. */
static cm_status read_filter(const cm_arguments *arguments, cm_arena *arena, TrdUnitFilter **filter)
{
    TrdUnitFilter *f = CM_NEW(arena, TrdUnitFilter);
    const char *certainty = cm_arguments_text(arguments, "certainty");
    struct {
        const char *option;
        char **field;
    } texts[] = {{"collection", &f->collection},
                 {"institution", &f->institution},
                 {"state", &f->state},
                 {"from", &f->from},
                 {"to", &f->to}};
    bool any = certainty != NULL;

    if (certainty) {
        int value;
        CM_TRY(cm_enum_parse(&TypCertainty_descriptor, certainty, &value));
        f->certainty = (TypCertainty)value;
    }
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const char *text = cm_arguments_text(arguments, texts[i].option);
        if (text)
            *texts[i].field = (char *)text;
        any |= text && *text;
    }
    *filter = any ? f : NULL;
    return cm_ok();
}

/* "" where none is asked for. */
static char *read_focal(const cm_arguments *arguments)
{
    const char *text = cm_arguments_text(arguments, "focal");

    return (char *)(text ? text : "");
}

static cm_status read_bin(const cm_arguments *arguments, TrdBin *bin)
{
    const char *text = cm_arguments_text(arguments, "bin");
    int value = TRD_BIN_UNSPECIFIED;

    if (text)
        CM_TRY(cm_enum_parse(&TrdBin_descriptor, text, &value));
    *bin = (TrdBin)value;
    return cm_ok();
}

cm_status cli_report_print(cm_channel *trends, const TrdGetReportRequest *request, cli_format format, rep_style style,
                           FILE *out)
{
    cm_call_options options = {.timeout_ms = REPORT_TIMEOUT_MS};
    TrdReport *report;
    CM_ARENA(arena);

    CM_TRY(trd_trends_service_get_report(trends, &options, request, arena, &report));
    if (format == CLI_CSV)
        return print_csv(report, out);
    if (format == CLI_HTML) {
        rep_html(out, report);
        return cm_ok();
    }
    if (format == CLI_TABLE) {
        style.colour = isatty(fileno(out));
        style.width = width_of(out);
        rep_text(out, report, style);
        return cm_ok();
    }
    json_t *json = rep_json(report);
    json_dumpf(json, out, JSON_INDENT(1) | JSON_REAL_PRECISION(15));
    fputc('\n', out);
    json_decref(json);
    return cm_ok();
}

static cm_status write_html(cm_channel *trends, const TrdGetReportRequest *request, const char *path)
{
    FILE *out = fopen(path, "w");

    if (!out)
        return cm_fail(CM_PERMISSION_DENIED, "--html: %s cannot be written: %s", path, strerror(errno));
    cm_status status = cli_report_print(trends, request, CLI_HTML, (rep_style){0}, out);
    if (fclose(out) != 0 && cm_is_ok(status))
        return cm_fail(CM_RESOURCE_EXHAUSTED, "--html: %s cannot be written: %s", path, strerror(errno));
    return status;
}

/* ---- what moved ---- */

static cm_status print_changes(cm_channel *trends, const TrdGetReportRequest *report, const char *since,
                               cli_format format)
{
    TrdGetChangesRequest request = CITYNEG__TRENDS__V1__GET_CHANGES_REQUEST__INIT;
    cm_call_options options = {.timeout_ms = REPORT_TIMEOUT_MS};
    GoogleTimestamp time = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    TrdChanges *changes;
    cm_date date;
    CM_ARENA(arena);

    if (report->bin > TRD_BIN_YEAR)
        return cm_fail(CM_INVALID_ARGUMENT, "--since: compares published numbers, which are by year; leave --bin out");
    if (*report->focal)
        return cm_fail(CM_INVALID_ARGUMENT, "--since: compares published numbers, of states/ru; leave --focal out");
    if (report->filter)
        return cm_fail(CM_INVALID_ARGUMENT, "--since: compares published numbers, which have no filter; leave it out");
    CM_TRY(cm_date_parse(since, &date));
    time.seconds = (int64_t)cm_date_first_day(date) * 86400 + date.seconds;
    request.as_of = &time;
    request.questions = report->questions;
    request.n_questions = report->n_questions;
    CM_TRY(trd_trends_service_get_changes(trends, &options, &request, arena, &changes));
    if (format == CLI_JSON)
        return cli_print(stdout, CLI_JSON, &changes->base);
    if (format == CLI_CSV)
        rep_changes_csv(stdout, changes);
    else
        rep_changes_text(stdout, changes, since);
    return cm_ok();
}

/* ---- waiting ---- */

static cm_status heads(cm_channel *channel, cm_arena *arena, JrnJournal **journal)
{
    JrnGetJournalRequest request = CITYNEG__JOURNAL__V1__GET_JOURNAL_REQUEST__INIT;

    return jrn_journal_service_get_journal(channel, NULL, &request, arena, journal);
}

/* Rows of the journal that trends has counted, of those that it had when `journal` was read. */
static int64_t counted(const JrnJournal *journal, const TrdProgress *progress)
{
    int64_t sum = 0;

    for (size_t s = 0; s < progress->n_sources; s++) {
        const TrdSourceProgress *source = progress->sources[s];
        if (strcmp(source->topic, journal->topic) != 0 || strcmp(source->epoch, journal->epoch) != 0)
            continue;
        for (size_t i = 0; i < source->n_parts; i++)
            for (size_t k = 0; k < journal->n_heads; k++)
                if (journal->heads[k]->part == source->parts[i]->part)
                    sum +=
                        source->parts[i]->seq < journal->heads[k]->seq ? source->parts[i]->seq : journal->heads[k]->seq;
    }
    return sum;
}

static int64_t rows_of(const JrnJournal *journal)
{
    int64_t sum = 0;

    for (size_t i = 0; i < journal->n_heads; i++)
        sum += journal->heads[i]->seq;
    return sum;
}

cm_status cli_report_wait(cm_channel *registry, cm_channel *negotiations, cm_channel *trends, int wait_ms)
{
    CM_ARENA(arena);
    CM_ARENA(scratch);
    JrnJournal *a, *b;
    int64_t deadline = cm_clock_monotonic_us() + (int64_t)wait_ms * 1000;
    cli_progress progress;

    CM_TRY(heads(registry, arena, &a));
    CM_TRY(heads(negotiations, arena, &b));
    int64_t total = rows_of(a) + rows_of(b), done;
    cli_progress_start(&progress, "trends counts", total);
    for (;;) {
        TrdGetProgressRequest request = CITYNEG__TRENDS__V1__GET_PROGRESS_REQUEST__INIT;
        TrdProgress *now;
        cm_arena_reset(scratch);
        CM_TRY(trd_trends_service_get_progress(trends, NULL, &request, scratch, &now));
        done = counted(a, now) + counted(b, now);
        cli_progress_step(&progress, done, done);
        if (done == total || cm_clock_monotonic_us() >= deadline)
            break;
        poll(NULL, 0, LOOK_AGAIN_MS);
    }
    if (progress.drawn != progress.started || progress.terminal)
        cli_progress_end(&progress);
    if (done < total)
        return cm_fail(CM_DEADLINE_EXCEEDED, "trends has counted %lld of %lld rows after %d ms; give --wait more time",
                       (long long)done, (long long)total, wait_ms);
    return cm_ok();
}

cm_status cli_report(const cli_command *command, const cm_arguments *arguments)
{
    cm_channel *registry, *negotiations, *trends;
    TrdGetReportRequest request = CITYNEG__TRENDS__V1__GET_REPORT_REQUEST__INIT;
    const char *const *questions;
    CM_ARENA(arena);

    request.n_questions = (size_t)cm_arguments_list(arguments, "question", &questions);
    request.questions = (char **)questions;
    CM_TRY(read_bin(arguments, &request.bin));
    CM_TRY(read_filter(arguments, arena, &request.filter));
    request.focal = read_focal(arguments);
    CM_TRY(cli_channel(arguments, "registry", &registry));
    CM_TRY(cli_channel(arguments, "negotiations", &negotiations));
    CM_TRY(cli_channel(arguments, "trends", &trends));
    cm_status status = cli_report_wait(registry, negotiations, trends, (int)cm_arguments_integer(arguments, "wait"));
    const char *html = cm_arguments_text(arguments, "html"), *since = cm_arguments_text(arguments, "since");
    if (cm_is_ok(status) && since && html)
        status = cm_fail(CM_INVALID_ARGUMENT, "--since: what moved is told as text, JSON or CSV; leave --html out");
    else if (cm_is_ok(status) && since)
        status = print_changes(trends, &request, since, cli_format_of(cm_arguments_text(arguments, "output")));
    else if (cm_is_ok(status) && html)
        status = write_html(trends, &request, html);
    else if (cm_is_ok(status))
        status = cli_report_print(
            trends, &request, cli_format_of(cm_arguments_text(arguments, "output")),
            (rep_style){.all = cm_arguments_flag(arguments, "all"), .cite = cm_arguments_flag(arguments, "cite")},
            stdout);
    cm_channel_free(trends);
    cm_channel_free(negotiations);
    cm_channel_free(registry);
    return status;
}

/* ---- evidence ---- */

const cm_option cli_evidence_options[] = {
    CLI_ADDRESSES,
    CLI_OUTPUT,
    FILTER,
    {NULL},
};

/* All pages as one answer, so that a table or a CSV has its head once. */
static cm_status read_evidence(cm_channel *trends, TrdListEvidenceRequest *request, cm_arena *arena,
                               TrdListEvidenceResponse *all)
{
    size_t capacity = 0;

    do {
        TrdListEvidenceResponse *response;
        CM_TRY(trd_trends_service_list_evidence(trends, NULL, request, arena, &response));
        CM_GROW(all->rows, capacity, all->n_rows + response->n_rows);
        for (size_t i = 0; i < response->n_rows; i++)
            all->rows[all->n_rows++] = response->rows[i];
        request->page_token = response->next_page_token;
    } while (*request->page_token);
    return cm_ok();
}

cm_status cli_evidence(const cli_command *command, const cm_arguments *arguments)
{
    TrdListEvidenceRequest request = CITYNEG__TRENDS__V1__LIST_EVIDENCE_REQUEST__INIT;
    TrdListEvidenceResponse all = CITYNEG__TRENDS__V1__LIST_EVIDENCE_RESPONSE__INIT;
    const char *const *words;
    int count = cm_arguments_words(arguments, &words);
    CM_ARENA(arena);
    CM_FREE char *evidence = cm_format("%s%s%s%s%s", words[0], count > 1 ? "/" : "", count > 1 ? words[1] : "",
                                       count > 2 ? "@" : "", count > 2 ? words[2] : "");
    cm_channel *trends;

    request.evidence = evidence;
    request.page_size = 1000;
    CM_TRY(read_filter(arguments, arena, &request.filter));
    request.focal = read_focal(arguments);
    CM_TRY(cli_channel(arguments, "trends", &trends));
    cm_status status = read_evidence(trends, &request, arena, &all);
    if (cm_is_ok(status))
        status = cli_print(stdout, cli_format_of(cm_arguments_text(arguments, "output")), &all.base);
    free(all.rows);
    cm_channel_free(trends);
    return status;
}
