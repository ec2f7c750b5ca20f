/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The data files a user can name: those in the current folder, if it has topologies/, and
 * those in the data folder, which is $SLEDSIM_DATADIR or else the installed one.
 */
#ifndef SLED_CLI_DATAFILES_H
#define SLED_CLI_DATAFILES_H

#include <stddef.h>

#include "base/err.h"

struct sled_datafiles {
    char **path; /* [count], sorted within each folder, as usable on the command line */
    size_t count;
    size_t capacity;
};

/*
 * Find the *.json and *.xml files right in `folder` ("topologies/chips") of both places; a folder
 * that is not there has none. *out is initialised here and finished by the caller, also
 * on failure. Fails with SLED_E_IO when there is no data folder at all, or one cannot be
 * read, and with SLED_E_NOMEM.
 */
enum sled_status sled_datafiles_init(struct sled_datafiles *out, const char *folder,
                                     struct sled_err *err);

void sled_datafiles_finish(struct sled_datafiles *files);

/*
 * Where the shipped file `name` ("collectives/neuron.json") is: in the current folder if that has
 * topologies/ and the file, else in the data folder. *out is heap memory of the caller. SLED_E_IO
 * when there is no data folder at all, SLED_E_NOMEM; whether the file is there is seen when it is
 * opened.
 */
enum sled_status sled_datafiles_find(const char *name, char **out, struct sled_err *err);

#endif
