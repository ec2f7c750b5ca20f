/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages between the processes of one run on many machines. The only transport is MPI's; it is in
 * a module of its own that is loaded where mpirun started the program, so that nobody else pays for
 * its libraries.
 */
#ifndef SLED_SWEEP_TRANSPORT_H
#define SLED_SWEEP_TRANSPORT_H

#include <stddef.h>

/* Processes have numbers from 0; messages are bytes. Functions that can fail return 0 when done. */
struct sled_transport {
    int (*start)(void);
    int (*rank)(void); /* of this process */
    int (*size)(void); /* how many there are */
    /* A failure when the other side has not taken it after patience_s; data may be read for ever
     * then. */
    int (*send)(int to, const void *data, size_t len, double patience_s);
    /* The next message, if one has come: 1, and *data is heap memory of the caller; 0: none. */
    int (*receive)(int *from, void **data, size_t *len);
    void (*finish)(void);           /* together with all others; waits for them without end */
    void (*abandon)(int exit_code); /* without those that are lost; ends all processes */
};

/* The name of the module, beside the program or in the library folder, and of what it defines: a
 * const struct sled_transport. */
#define SLED_TRANSPORT_MODULE "libsledsim_mpi.so"
#define SLED_TRANSPORT_SYMBOL "sled_transport_mpi"

#endif
