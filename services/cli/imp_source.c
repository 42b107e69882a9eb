#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "cli/imp_names.h"
#include "cli/imp_session.h"

void imp_certainty(imp_session *session, const char *source, const char *code)
{
    if (!session->certainties)
        session->certainties = imp_names_new();
    imp_names_put(session->certainties, source, code);
}

void imp_citations(imp_session *session, cm_arena *arena, const char *list, size_t *count, TypCitation ***citations)
{
    char **sources;

    *count = imp_split(arena, list, &sources);
    *citations = cm_arena_take(arena, (*count + 1) * sizeof **citations);
    for (size_t i = 0; i < *count; i++) {
        TypCitation *citation = CM_NEW(arena, TypCitation);
        const char *code = imp_names_get(session->certainties, sources[i]);
        int certainty = TYP_CERTAINTY_UNSPECIFIED;
        cm_status known = code ? cm_enum_parse(&TypCertainty_descriptor, code, &certainty) : cm_ok();
        cm_status_clear(&known); /* a source with a wrong code was rejected in its own table */
        citation->source = cm_arena_format(arena, "sources/%s", sources[i]);
        citation->certainty = (TypCertainty)certainty;
        (*citations)[i] = citation;
    }
}

static const struct {
    const char *prefix, *collection;
} collections[] = {
    {"cl-", "collections/climate"},   {"gv-", "collections/governance"},   {"ru-", "collections/russia"},
    {"bi-", "collections/bilateral"}, {"in-", "collections/institutions"},
};

const char *imp_collection(const char *sources, const char *otherwise)
{
    while (*sources) {
        if (strncmp(sources, "fc-", 3) != 0)
            for (size_t i = 0; i < sizeof collections / sizeof *collections; i++)
                if (strncmp(sources, collections[i].prefix, 3) == 0)
                    return collections[i].collection;
        size_t length = strcspn(sources, ";");
        if (strncmp(sources, "fc-", 3) != 0)
            break;
        sources += length + (sources[length] == ';');
    }
    return otherwise;
}

char *imp_slug(cm_arena *arena, const char *code)
{
    char *slug = cm_arena_strdup(arena, code);

    for (char *c = slug; *c; c++)
        *c = *c == '_' ? '-' : *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
    return slug;
}

char *imp_samples(void)
{
    const char *told = getenv("CITYNEG_SAMPLES");
    char self[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);

    if (told && *told)
        return cm_strdup(told);
    self[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(self, '/');
    if (slash) {
        *slash = '\0';
        char *installed = cm_format("%s/../share/cityneg/samples", self);
        if (access(installed, R_OK) == 0)
            return installed;
        free(installed);
    }
    return cm_strdup(CITYNEG_SAMPLES_DIR);
}
