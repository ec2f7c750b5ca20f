/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers as text that reads back as the same double. */
#ifndef SLED_REPORT_NUMBER_H
#define SLED_REPORT_NUMBER_H

enum { SLED_NUMBER_SIZE = 32 }; /* of a buffer for any number */

/* Print the finite number with the fewest digits that read back as the same double: also
 * valid as JSON. Returns buf. */
const char *sled_number_format(double number, char buf[SLED_NUMBER_SIZE]);

#endif
