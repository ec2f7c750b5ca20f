/* SPDX-License-Identifier: Apache-2.0 */
/* Shortest round-trip printing by trial: 17 digits always suffice, 15 often do. */
#include "report/number.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

const char *sled_number_format(double number, char buf[SLED_NUMBER_SIZE])
{
    assert(isfinite(number));
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(buf, SLED_NUMBER_SIZE, "%.*g", digits, number);
        if (strtod(buf, NULL) == number)
            break;
    }
    return buf;
}
