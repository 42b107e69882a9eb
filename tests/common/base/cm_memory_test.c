#include "check.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cm_memory.h"

static void memory_is_zeroed_and_there_also_for_nothing(void **state)
{
    CM_FREE char *some = cm_alloc(64);
    CM_FREE void *none = cm_alloc(0);

    for (int i = 0; i < 64; i++)
        assert_int_equal(some[i], 0);
    assert_non_null(none);
}

static void growing_keeps_what_was_there(void **state)
{
    int *items = NULL;
    size_t capacity = 0;

    for (int i = 0; i < 1000; i++) {
        CM_GROW(items, capacity, (size_t)i + 1);
        items[i] = i;
    }
    for (int i = 0; i < 1000; i++)
        assert_int_equal(items[i], i);
    assert_true(capacity >= 1000 && capacity <= 2000);
    free(items);
}

static void text_is_made_of_formats(void **state)
{
    CM_FREE char *made = cm_format("%s-%03d", "x", 7);
    CM_FREE char *cut = cm_strndup("Moscow", 3);

    assert_string_equal(made, "x-007");
    assert_string_equal(cut, "Mos");
}

static void a_size_that_overflows_ends_the_process(void **state)
{
    pid_t child = fork();

    if (child == 0) {
        close(STDERR_FILENO);
        free(cm_realloc(NULL, SIZE_MAX / 2, 3));
        _exit(0);
    }
    int how;
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFSIGNALED(how) && WTERMSIG(how) == SIGABRT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_and_there_also_for_nothing),
        cmocka_unit_test(growing_keeps_what_was_there),
        cmocka_unit_test(text_is_made_of_formats),
        cmocka_unit_test(a_size_that_overflows_ends_the_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
