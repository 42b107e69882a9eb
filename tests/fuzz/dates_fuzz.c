/* Dates: what is read is written in a form that is read as the same, and its days are in order. */
#include "base/cm_date.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    CM_FREE char *text = fuzz_text(bytes, size);
    char written[CM_DATE_TEXT];
    cm_date date, again;

    if (!fuzz_accepted(cm_date_parse(text, &date)) || date.precision == CM_PRECISION_NONE)
        return 0;
    FUZZ_REQUIRE(fuzz_accepted(cm_date_parse(cm_date_format(date, written), &again)));
    FUZZ_REQUIRE(cm_date_compare(date, again) == 0 && date.precision == again.precision);
    FUZZ_REQUIRE(cm_date_first_day(date) <= cm_date_middle_day(date));
    FUZZ_REQUIRE(cm_date_middle_day(date) <= cm_date_last_day(date));
    return 0;
}
