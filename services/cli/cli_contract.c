#include "cli/cli_contract.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cm_memory.h"
#include "contract/cm_contract.h"

const cm_option cli_contract_options[] = {{NULL}};

static cm_status write_file(const char *folder, const char *name, const void *bytes, size_t size)
{
    CM_FREE char *path = cm_format("%s/%s", folder, name);
    FILE *file = fopen(path, "wb");

    if (!file)
        return cm_fail(CM_PERMISSION_DENIED, "%s cannot be written: %s", path, strerror(errno));
    bool written = fwrite(bytes, 1, size, file) == size;
    if (fclose(file) != 0 || !written)
        return cm_fail(CM_RESOURCE_EXHAUSTED, "%s cannot be written: %s", path, strerror(errno));
    printf("%s\n", path);
    return cm_ok();
}

cm_status cli_contract(const cli_command *command, const cm_arguments *arguments)
{
    const char *const *words;

    cm_arguments_words(arguments, &words);
    if (mkdir(words[0], 0755) != 0 && errno != EEXIST)
        return cm_fail(CM_PERMISSION_DENIED, "the folder %s cannot be made: %s", words[0], strerror(errno));
    CM_TRY(write_file(words[0], "contract.binpb", cm_contract_descriptors, cm_contract_descriptors_size));
    return write_file(words[0], "asyncapi.json", cm_contract_asyncapi, strlen(cm_contract_asyncapi));
}
