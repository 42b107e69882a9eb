#include "server_roles.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cm_clock.h"
#include "base/cm_log.h"
#include "base/cm_memory.h"
#include "watched_file.h"

enum { LOOK_EVERY_US = 500000 }; /* at the file */

static const char nobody[] = "anonymous", anybody[] = "*", scope[] = "scope:";
static const char *const names[] = {
    [CM_ANYONE] = "none", [CM_MAY_READ] = "read", [CM_MAY_WRITE] = "write", [CM_MAY_ADMIN] = "admin"};

typedef struct assignment {
    const char *identity;
    cm_role role;
} assignment;

/* By identity. */
typedef struct table {
    char *text; /* of the file, which the identities are parts of */
    assignment *items;
    size_t count, capacity;
} table;

struct cm_rpc_roles {
    bool open;
    _Atomic int64_t next_look_us;
    pthread_rwlock_t lock; /* guards all below */
    cm_rpc_file file;
    table table;
};

static void table_clear(table *t)
{
    free(t->text);
    free(t->items);
    *t = (table){0};
}

static int compare(const void *a, const void *b)
{
    return strcmp(((const assignment *)a)->identity, ((const assignment *)b)->identity);
}

static const assignment *find(const table *t, const char *identity)
{
    const assignment key = {.identity = identity};

    return t->count ? bsearch(&key, t->items, t->count, sizeof key, compare) : NULL;
}

static cm_status parse_line(const char *path, int number, char *line, table *t)
{
    char *rest = NULL, *identity = strtok_r(line, " \t\r", &rest);
    const char *role = strtok_r(NULL, " \t\r", &rest), *more = strtok_r(NULL, " \t\r", &rest);

    if (!identity || *identity == '#')
        return cm_ok();
    if (!role || more)
        return cm_fail(CM_INVALID_ARGUMENT, "%s:%d: '%s' is followed by %s; give one of none, read, write and admin",
                       path, number, identity, more ? "more than a role" : "no role");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(role, names[i]) == 0) {
            CM_GROW(t->items, t->capacity, t->count + 1);
            t->items[t->count++] = (assignment){identity, (cm_role)i};
            return cm_ok();
        }
    return cm_fail(CM_INVALID_ARGUMENT, "%s:%d: '%s' is no role; give none, read, write or admin", path, number, role);
}

static cm_status parse(const char *path, table *t)
{
    int number = 0;

    for (char *line = t->text, *end; line; line = end) {
        end = strchr(line, '\n');
        if (end)
            *end++ = '\0';
        CM_TRY(parse_line(path, ++number, line, t));
    }
    if (t->count)
        qsort(t->items, t->count, sizeof *t->items, compare);
    for (size_t i = 1; i < t->count; i++)
        if (strcmp(t->items[i - 1].identity, t->items[i].identity) == 0)
            return cm_fail(CM_INVALID_ARGUMENT, "%s: '%s' stands there twice; give it one role", path,
                           t->items[i].identity);
    return cm_ok();
}

/* With the lock held for writing, or before anyone else has it. What was there stays where the file is wrong. */
static cm_status read_file(cm_rpc_roles *roles)
{
    table fresh = {0};

    CM_TRY(cm_rpc_file_read(&roles->file, &fresh.text));
    cm_status outcome = parse(roles->file.path, &fresh);
    if (!cm_is_ok(outcome)) {
        table_clear(&fresh);
        return outcome;
    }
    table_clear(&roles->table);
    roles->table = fresh;
    return cm_ok();
}

cm_status cm_rpc_roles_new(const char *path, bool open, cm_rpc_roles **made)
{
    cm_rpc_roles *roles = cm_alloc(sizeof *roles);

    pthread_rwlock_init(&roles->lock, NULL);
    cm_rpc_file_init(&roles->file, path);
    roles->open = open;
    cm_status outcome = path ? read_file(roles) : cm_ok();
    if (!cm_is_ok(outcome)) {
        cm_status_prefix(&outcome, "roles");
        cm_rpc_roles_free(roles);
        return outcome;
    }
    *made = roles;
    return cm_ok();
}

void cm_rpc_roles_free(cm_rpc_roles *roles)
{
    if (!roles)
        return;
    table_clear(&roles->table);
    cm_rpc_file_clear(&roles->file);
    pthread_rwlock_destroy(&roles->lock);
    free(roles);
}

static void take_changes(cm_rpc_roles *roles)
{
    int64_t now = cm_clock_monotonic_us(), due = atomic_load(&roles->next_look_us);

    if (now < due || !atomic_compare_exchange_strong(&roles->next_look_us, &due, now + LOOK_EVERY_US))
        return;
    pthread_rwlock_wrlock(&roles->lock);
    if (cm_rpc_file_changed(&roles->file)) {
        cm_status outcome = read_file(roles);
        if (cm_is_ok(outcome))
            CM_LOG(CM_INFO, "roles changed", "file", roles->file.path);
        else
            cm_log_failure(CM_WARN, "the roles stay as they were", &outcome);
    }
    pthread_rwlock_unlock(&roles->lock);
}

bool cm_rpc_roles_is_identity(const char *name)
{
    return strcmp(name, nobody) != 0 && strcmp(name, anybody) != 0 && strncmp(name, scope, strlen(scope)) != 0;
}

/* The highest that one of the scopes gives; NULL: none is listed. */
static const assignment *find_scope(const table *t, const cm_rpc_names *scopes)
{
    char name[sizeof scope + CM_RPC_JWT_LONGEST_NAME];
    const assignment *highest = NULL;

    for (size_t i = 0; scopes && i < scopes->count; i++) {
        snprintf(name, sizeof name, "%s%s", scope, scopes->items[i]);
        const assignment *found = find(t, name);
        if (found && (!highest || found->role > highest->role))
            highest = found;
    }
    return highest;
}

/* The line of the caller itself counts before those of its scopes, and these before that of everybody. */
static cm_role role_of(cm_rpc_roles *roles, const char *identity, const cm_rpc_names *scopes)
{
    if (!roles->file.path)
        return identity || roles->open ? CM_MAY_ADMIN : CM_ANYONE;
    take_changes(roles);
    pthread_rwlock_rdlock(&roles->lock);
    const assignment *found = find(&roles->table, identity ? identity : nobody);
    if (!found)
        found = find_scope(&roles->table, scopes);
    if (!found && identity)
        found = find(&roles->table, anybody);
    cm_role role = found ? found->role : CM_ANYONE;
    pthread_rwlock_unlock(&roles->lock);
    return role;
}

cm_status cm_rpc_roles_check(cm_rpc_roles *roles, const char *identity, const cm_rpc_names *scopes,
                             const cm_method_row *row)
{
    cm_status refused;

    if (row->role == CM_ANYONE || (!roles->file.path && roles->open))
        return cm_ok();
    cm_role role = role_of(roles, identity, scopes);
    if (role >= row->role)
        return cm_ok();
    if (identity)
        refused = cm_fail(CM_PERMISSION_DENIED, "%s needs the role %s, and %s has the role %s", row->desc->path,
                          names[row->role], identity, names[role]);
    else
        refused = cm_fail(CM_UNAUTHENTICATED,
                          "%s needs the role %s; call it with a certificate or a token that this server believes",
                          row->desc->path, names[row->role]);
    cm_status_reason(&refused, "ROLE_MISSING");
    return refused;
}
