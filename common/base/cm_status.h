/* cm_status.h: the one way in which anything here fails: a canonical code, a message for a person, and details for a
 * program. Reach for it in every function that can fail; return it by value and pass it on with CM_TRY.
 *
 * Codes are gRPC's canonical ones, so that the outermost layer sends them as they are. A message says what was wrong,
 * with the value, and what would be right: `population: -5 is negative; give a count ≥ 0 or leave it out`.
 *
 * Ownership: a status owns its error. Whoever receives one returns it, moves it on, or ends it with cm_status_clear.
 * An OK status owns nothing. Any thread, one at a time. */
#ifndef CM_STATUS_H
#define CM_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum cm_code {
    CM_OK = 0,
    CM_CANCELLED = 1,
    CM_UNKNOWN = 2,
    CM_INVALID_ARGUMENT = 3,
    CM_DEADLINE_EXCEEDED = 4,
    CM_NOT_FOUND = 5,
    CM_ALREADY_EXISTS = 6,
    CM_PERMISSION_DENIED = 7,
    CM_RESOURCE_EXHAUSTED = 8,
    CM_FAILED_PRECONDITION = 9,
    CM_ABORTED = 10,
    CM_OUT_OF_RANGE = 11,
    CM_UNIMPLEMENTED = 12,
    CM_INTERNAL = 13,
    CM_UNAVAILABLE = 14,
    CM_DATA_LOSS = 15,
    CM_UNAUTHENTICATED = 16,
} cm_code;

/* One field of a request that was wrong: its path (`participants[3].actor`) and what would be right. */
typedef struct cm_violation {
    char *field;
    char *description;
    struct cm_violation *next;
} cm_violation;

/* What a failed call says. All strings are owned by the error and may be NULL but for `message`. */
typedef struct cm_error {
    char *message;
    char *reason;        /* UPPER_SNAKE, google.rpc.ErrorInfo.reason; NULL: none */
    char *resource_type; /* google.rpc.ResourceInfo; NULL: none */
    char *resource_name;
    char *quota_subject;      /* google.rpc.QuotaFailure: whose; NULL: none */
    char *quota;              /* which */
    int64_t retry_ms;         /* google.rpc.RetryInfo; < 0: none */
    cm_violation *violations; /* google.rpc.BadRequest, in the order in which they were found */
} cm_error;

typedef struct cm_status {
    cm_code code;
    cm_error *error; /* NULL exactly where code is CM_OK */
} cm_status;

#define CM_MUST_USE __attribute__((warn_unused_result))
#define CM_PRINTF(text, first) __attribute__((format(printf, text, first)))

static inline cm_status cm_ok(void)
{
    return (cm_status){CM_OK, NULL};
}

static inline bool cm_is_ok(cm_status s)
{
    return s.code == CM_OK;
}

/* A failure of `code` (not CM_OK) with a formatted message. */
cm_status cm_fail(cm_code code, const char *format, ...) CM_PRINTF(2, 3) CM_MUST_USE;

/* INVALID_ARGUMENT about one field: the message is `field: description`, and the violation is attached. */
cm_status cm_invalid(const char *field, const char *format, ...) CM_PRINTF(2, 3) CM_MUST_USE;

/* NOT_FOUND / ALREADY_EXISTS with ResourceInfo attached: "cities/x does not exist" / "cities/x exists already". */
cm_status cm_not_found(const char *type, const char *name) CM_MUST_USE;
cm_status cm_already_exists(const char *type, const char *name) CM_MUST_USE;

/* These add a detail to a failed status, and do nothing to an OK one. They copy their strings. */
void cm_status_reason(cm_status *s, const char *reason);
void cm_status_retry(cm_status *s, int64_t milliseconds);
void cm_status_resource(cm_status *s, const char *type, const char *name);
void cm_status_quota(cm_status *s, const char *subject, const char *quota);
void cm_status_violation(cm_status *s, const char *field, const char *description);

/* Puts `context: ` before the message of a failed status. */
void cm_status_prefix(cm_status *s, const char *format, ...) CM_PRINTF(2, 3);

/* What a part of a request was refused for, told of the whole request: puts `prefix` (`question.`) before the paths of
 * the violations, and before the message, which begins with the first of them. */
void cm_status_within(cm_status *s, const char *prefix);

/* The message, "" for OK. Valid until the status is cleared. */
const char *cm_status_message(cm_status s);

/* A deep copy, for whoever keeps a status and also passes it on. */
cm_status cm_status_copy(cm_status s) CM_MUST_USE;

/* Frees what the status owns and makes it OK. */
void cm_status_clear(cm_status *s);

/* "INVALID_ARGUMENT"; "CODE_42" for what is no canonical code. Static or thread-local storage. */
const char *cm_code_name(cm_code code);

/* Returns from the calling function, which returns a cm_status, where `expression` failed. */
#define CM_TRY(expression)                                                                                             \
    do {                                                                                                               \
        cm_status cm_try_status_ = (expression);                                                                       \
        if (cm_try_status_.code != CM_OK)                                                                              \
            return cm_try_status_;                                                                                     \
    } while (0)

/* Collects violations, so that a caller learns of everything that is wrong in one answer. */
typedef struct cm_violations {
    cm_violation *first, *last;
    int count;
} cm_violations;

/* Adds one; `field` is a printf-free path, the rest is formatted. */
void cm_violations_add(cm_violations *v, const char *field, const char *format, ...) CM_PRINTF(3, 4);

/* OK where there is none; else INVALID_ARGUMENT with all of them, whose message is the first (and how many follow).
 * Takes them over: `v` is empty afterwards. */
cm_status cm_violations_status(cm_violations *v) CM_MUST_USE;

/* Moves what `from` has behind what `to` has, each path with `prefix` before it; a path that `to` has already is
 * dropped, since the first thing wrong with a field is the one to tell. `from` is empty afterwards. */
void cm_violations_move(cm_violations *to, const char *prefix, cm_violations *from);

/* The violations of a failed status, for whoever collects them with others. The status is cleared. */
cm_violations cm_violations_take(cm_status *s);

/* Frees them without making a status. */
void cm_violations_clear(cm_violations *v);

#endif
