#include "quota_rules.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cm_memory.h"

#define MOST 1e9

static const char nobody[] = "anonymous", anybody[] = "*";
static const char *const names[] = {[CM_MAY_READ] = "read", [CM_MAY_WRITE] = "write", [CM_MAY_ADMIN] = "admin"};

const char *quota_role_name(cm_role role)
{
    return names[role];
}

static bool parse_role(const char *text, cm_role *role)
{
    for (*role = CM_MAY_READ; *role <= CM_MAY_ADMIN; ++*role)
        if (strcmp(text, names[*role]) == 0)
            return true;
    return false;
}

static bool parse_number(const char *text, double least, double *number)
{
    char *end;

    *number = strtod(text, &end);
    return *text && !*end && isfinite(*number) && *number >= least && *number <= MOST;
}

static const quota_rule *find(const quota_rules *rules, const char *identity, cm_role role)
{
    for (size_t i = 0; i < rules->count; i++)
        if (rules->items[i].role == role && strcmp(rules->items[i].identity, identity) == 0)
            return &rules->items[i];
    return NULL;
}

static cm_status parse_line(const char *path, int number, char *line, quota_rules *rules)
{
    enum { WORDS = 4 };
    const char *words[WORDS + 1] = {NULL};
    char *rest = line;
    quota_rule rule;

    for (int i = 0; i <= WORDS; i++)
        words[i] = strtok_r(i ? NULL : line, " \t\r", &rest);
    if (!words[0] || *words[0] == '#')
        return cm_ok();
    if (!words[WORDS - 1] || words[WORDS])
        return cm_fail(CM_INVALID_ARGUMENT, "%s:%d: give IDENTITY, read, write or admin, calls a second, and a burst",
                       path, number);
    rule.identity = words[0];
    if (!parse_role(words[1], &rule.role))
        return cm_fail(CM_INVALID_ARGUMENT, "%s:%d: '%s' is no role; give read, write or admin", path, number,
                       words[1]);
    if (!parse_number(words[2], 1e-6, &rule.rate))
        return cm_fail(CM_INVALID_ARGUMENT, "%s:%d: '%s' is no number of calls a second; give one above 0", path,
                       number, words[2]);
    if (!parse_number(words[3], 1, &rule.burst))
        return cm_fail(CM_INVALID_ARGUMENT, "%s:%d: '%s' is no burst; give a number of calls, 1 or more", path, number,
                       words[3]);
    if (find(rules, rule.identity, rule.role))
        return cm_fail(CM_INVALID_ARGUMENT, "%s:%d: '%s %s' stands there twice; give it one line", path, number,
                       rule.identity, words[1]);
    CM_GROW(rules->items, rules->capacity, rules->count + 1);
    rules->items[rules->count++] = rule;
    return cm_ok();
}

cm_status quota_rules_parse(const char *path, char *text, quota_rules *rules)
{
    int number = 0;

    *rules = (quota_rules){.text = text};
    for (char *line = text, *end; line; line = end) {
        end = strchr(line, '\n');
        if (end)
            *end++ = '\0';
        cm_status s = parse_line(path, ++number, line, rules);
        if (!cm_is_ok(s)) {
            quota_rules_clear(rules);
            return s;
        }
    }
    return cm_ok();
}

void quota_rules_clear(quota_rules *rules)
{
    free(rules->text);
    free(rules->items);
    *rules = (quota_rules){0};
}

const quota_rule *quota_rules_find(const quota_rules *rules, const char *identity, cm_role role)
{
    const quota_rule *own = find(rules, identity, role);

    return own || strcmp(identity, nobody) == 0 ? own : find(rules, anybody, role);
}
