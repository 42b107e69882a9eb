/* Tables in text, tab- and comma-separated, with and without a header line: rows have lines that grow, fields that end,
 * and either a problem or every column. */
#include <string.h>

#include "base/cm_table.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const char separators[] = {'\t', ',', '\0'};
    uint8_t choice = fuzz_choice(&bytes, &size);
    char separator = separators[choice % 3], path[FUZZ_PATH];
    int fd = fuzz_file(bytes, size, path);
    cm_table *table = NULL;
    long line = 0;

    bool opened = fuzz_accepted(
        choice & 4 ? cm_table_open_bare(path, separator ? separator : ',', separator == '\t' ? "a\tb" : "a,b", &table)
                   : cm_table_open(path, separator, &table));
    close(fd);
    if (!opened)
        return 0;
    while (cm_table_next(table)) {
        FUZZ_REQUIRE(cm_table_line(table) > line);
        line = cm_table_line(table);
        for (int i = 0; i < cm_table_columns(table); i++)
            FUZZ_REQUIRE(cm_table_problem(table) || strlen(cm_table_get(table, i)) <= size);
        FUZZ_REQUIRE(strlen(cm_table_row(table)) <= size);
    }
    FUZZ_REQUIRE(!*cm_table_get(table, -1));
    FUZZ_REQUIRE(cm_table_offset(table) <= cm_table_size(table));
    cm_table_close(table);
    return 0;
}
