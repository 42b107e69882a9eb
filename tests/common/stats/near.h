/* near.h: equality of doubles up to an absolute tolerance. cmocka's own comparison is of floats. */
#ifndef NEAR_H
#define NEAR_H

#include <math.h>

#define assert_near(value, expected, tolerance)                                                                        \
    do {                                                                                                               \
        double near_value_ = (value), near_expected_ = (expected);                                                     \
        if (!(fabs(near_value_ - near_expected_) <= (tolerance)))                                                      \
            fail_msg("%s is %.17g instead of %.17g", #value, near_value_, near_expected_);                             \
    } while (0)

#endif
