#include "base/cm_path.h"

#include "base/cm_memory.h"
#include "base/cm_text.h"

static void add(cm_text *text, const cm_path *path)
{
    if (path->up) {
        add(text, path->up);
        cm_text_char(text, '.');
    }
    cm_text_add(text, path->name);
    if (path->key)
        cm_text_format(text, "[\"%s\"]", path->key);
    else if (path->index >= 0)
        cm_text_format(text, "[%ld]", path->index);
}

char *cm_path_text(const cm_path *path)
{
    cm_text text = {0};

    cm_text_add(&text, "");
    if (path)
        add(&text, path);
    return text.data;
}

cm_status cm_path_invalid(const cm_path *path, const char *format, ...)
{
    CM_FREE char *field = cm_path_text(path);
    va_list args;

    va_start(args, format);
    CM_FREE char *description = cm_vformat(format, args);
    va_end(args);
    return path ? cm_invalid(field, "%s", description) : cm_fail(CM_INVALID_ARGUMENT, "%s", description);
}
