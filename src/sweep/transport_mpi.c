/* SPDX-License-Identifier: Apache-2.0 */
/* The transport on MPI. A module: see transport.h. */
#include "sweep/transport.h"

#include <limits.h>
#include <stdlib.h>
#include <time.h>

#include <mpi.h>

enum { TAG = 1 };

static int start(void)
{
    if (MPI_Init(NULL, NULL) != MPI_SUCCESS)
        return -1;
    return MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN) == MPI_SUCCESS ? 0 : -1;
}

static int rank(void)
{
    int value = 0;

    MPI_Comm_rank(MPI_COMM_WORLD, &value);
    return value;
}

static int size(void)
{
    int value = 1;

    MPI_Comm_size(MPI_COMM_WORLD, &value);
    return value;
}

/* Not MPI_Send, which waits without end for a process that is lost. */
static int send_bytes(int to, const void *data, size_t len, double patience_s)
{
    const struct timespec nap = {.tv_nsec = 100000};
    const double start = MPI_Wtime();
    MPI_Request request;
    int sent = 0;

    if (len > INT_MAX)
        return -1;
    if (MPI_Isend(data, (int)len, MPI_BYTE, to, TAG, MPI_COMM_WORLD, &request) != MPI_SUCCESS)
        return -1;
    for (;;) {
        if (MPI_Test(&request, &sent, MPI_STATUS_IGNORE) != MPI_SUCCESS)
            return -1;
        if (sent)
            return 0;
        if (MPI_Wtime() - start > patience_s)
            return -1;
        nanosleep(&nap, NULL);
    }
}

static int receive(int *from, void **data, size_t *len)
{
    MPI_Status status;
    int there = 0, count = 0;

    if (MPI_Iprobe(MPI_ANY_SOURCE, TAG, MPI_COMM_WORLD, &there, &status) != MPI_SUCCESS)
        return -1;
    if (!there)
        return 0;
    if (MPI_Get_count(&status, MPI_BYTE, &count) != MPI_SUCCESS || count < 0)
        return -1;
    *data = malloc((size_t)count + 1);
    if (*data == NULL || MPI_Recv(*data, count, MPI_BYTE, status.MPI_SOURCE, TAG, MPI_COMM_WORLD,
                                  &status) != MPI_SUCCESS) {
        free(*data);
        return -1;
    }
    *from = status.MPI_SOURCE;
    *len = (size_t)count;
    return 1;
}

static void finish(void)
{
    MPI_Finalize();
}

static void abandon(int exit_code)
{
    MPI_Abort(MPI_COMM_WORLD, exit_code);
}

extern const struct sled_transport sled_transport_mpi;
const struct sled_transport sled_transport_mpi = {
    .start = start,
    .rank = rank,
    .size = size,
    .send = send_bytes,
    .receive = receive,
    .finish = finish,
    .abandon = abandon,
};
