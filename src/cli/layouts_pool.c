/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Workers are forked, take the next choice until none is left, and write rows into memory that they
 * share with the parent: which of them does what changes nothing in any row.
 */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include "cli/layouts_pool.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/vec.h"
#include "cli/forward.h"
#include "config/kernel_costs.h"

/* What the processes share; rows follow. */
struct board {
    _Atomic size_t next; /* choice that nobody has taken */
    _Atomic size_t done;
    _Atomic bool failed;
    struct sled_err err; /* of the first worker that failed */
    struct sled_layout_row row[];
};

static void fill_layout(const struct sled_layout_choice *choice, bool moe,
                        const struct sled_selection *selection, struct sled_layout_row *row)
{
    const struct sled_layout *layout = &choice->forward.layout;
    const uint64_t ranks = sled_forward_ranks(&choice->forward);

    *row = (struct sled_layout_row){
        .chips = ranks * layout->pp,
        .tp = layout->tp,
        .cp = layout->cp,
        .dp = layout->dp,
        .pp = layout->pp,
        .replicas = layout->replicas,
        .ep = moe ? ranks / layout->expert_tp : 1,
        .expert_tp = layout->expert_tp,
        .redundant_experts = layout->redundant_experts,
        .batch = choice->forward.batch,
    };
    snprintf(row->exchange, sizeof row->exchange, "%s",
             moe && ranks > 1 ? sled_expert_exchange_names[layout->exchange] : "-");
    snprintf(row->overlap, sizeof row->overlap, "%s", sled_overlap_names[choice->forward.overlap]);
    snprintf(row->order, sizeof row->order, "%s", sled_chip_order_names[layout->order]);
    snprintf(row->collectives, sizeof row->collectives, "%s",
             selection != NULL ? selection->name : choice->forward.algorithms.all_reduce);
}

static void fill_figures(const struct sled_forward_summary *summary, struct sled_layout_row *row)
{
    const struct sled_forward_phase_sum *most = &summary->phase[0];

    for (uint32_t p = 1; p < summary->nphases; p++)
        if (summary->phase[p].exposed_s > most->exposed_s)
            most = &summary->phase[p];
    row->outcome = SLED_LAYOUT_RAN;
    row->latency_s = summary->latency_s;
    row->tokens_per_s_user = summary->tokens_per_s_user;
    row->tokens_per_s_chip = summary->tokens_per_s_chip;
    row->tokens_per_s_mw = summary->tokens_per_s_mw;
    row->tokens_per_s_mw_provided = summary->tokens_per_s_mw_provided;
    row->exposed = summary->exposed_communication_s / summary->time_s;
    row->most_share = most->exposed_s / summary->time_s;
    row->utilisation = summary->utilisation;
    snprintf(row->most, sizeof row->most, "%s", most->name);
    snprintf(row->busiest, sizeof row->busiest, "%s", summary->busiest);
}

static void refuse(struct sled_layout_row *row, const char *reason)
{
    row->outcome = SLED_LAYOUT_REFUSED;
    snprintf(row->reason, sizeof row->reason, "%.255s", reason);
}

static enum sled_status run_choice(const struct sled_layouts_job *job,
                                   const struct sled_layout_choice *choice,
                                   struct sled_kernel_costs *costs, struct sled_layout_row *row,
                                   struct sled_err *err)
{
    struct sled_workload workload = *job->workload;
    struct sled_forward_facts facts;
    struct sled_forward_summary summary = {0};

    fill_layout(choice, workload.model.has_moe, job->selection, row);
    if (choice->refused) {
        refuse(row, choice->reason);
        return SLED_OK;
    }
    workload.forward = choice->forward;
    SLED_TRY(sled_cli_forward_facts(&workload, &facts, err));
    row->missing_bytes = sled_forward_missing(&facts);
    if (row->missing_bytes > 0) {
        row->outcome = SLED_LAYOUT_NO_ROOM;
        return SLED_OK;
    }
    const struct sled_cli_engine engine = {job->network, job->accuracy, costs, job->selection};
    const enum sled_status st = sled_cli_forward_run(&workload, &engine, &facts, &summary, err);
    if (st == SLED_OK)
        fill_figures(&summary, row);
    free(summary.phase);
    if (st == SLED_E_UNSUPPORTED || st == SLED_E_INPUT) {
        refuse(row, err->msg);
        *err = (struct sled_err)SLED_ERR_INIT;
        return SLED_OK;
    }
    return st;
}

static _Noreturn void work(const struct sled_layouts_job *job, struct board *board, pid_t parent)
{
    struct sled_kernel_costs costs = {.chip = job->workload->topology.chip};
    struct sled_err err = SLED_ERR_INIT;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    while (getppid() == parent && !atomic_load(&board->failed)) {
        const size_t i = atomic_fetch_add(&board->next, 1);

        if (i >= job->n)
            break;
        if (run_choice(job, &job->choice[i], &costs, &board->row[i], &err) != SLED_OK) {
            if (!atomic_exchange(&board->failed, true))
                board->err = err;
            break;
        }
        atomic_fetch_add(&board->done, 1);
    }
    _exit(EXIT_SUCCESS);
}

static void show_progress(const struct board *board, size_t n)
{
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\rlayouts: %zu of %zu", atomic_load(&board->done), n);
}

/* Wait for all workers. */
static enum sled_status wait_all(const struct board *board, size_t n, const pid_t *worker,
                                 uint32_t nworkers, struct sled_err *err)
{
    const struct timespec pause = {.tv_nsec = 50 * 1000 * 1000};
    bool died = false;

    for (uint32_t w = 0; w < nworkers; w++) {
        int status = 0;
        pid_t found;

        while ((found = waitpid(worker[w], &status, WNOHANG)) == 0 ||
               (found < 0 && errno == EINTR)) {
            show_progress(board, n);
            nanosleep(&pause, NULL);
        }
        died = died || found < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != EXIT_SUCCESS;
    }
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[K");
    if (died && !atomic_load(&board->failed))
        return sled_err_set(err, SLED_E_SIM, "a worker died with %zu of %zu layouts done",
                            atomic_load(&board->done), n);
    return SLED_OK;
}

static enum sled_status run_board(const struct sled_layouts_job *job, struct board *board,
                                  struct sled_err *err)
{
    const pid_t parent = getpid();
    pid_t *worker;
    uint32_t started = 0;
    enum sled_status st = SLED_OK;

    SLED_TRY(sled_vec_alloc(&worker, job->workers, err));
    fflush(NULL);
    for (; started < job->workers && st == SLED_OK; started++) {
        worker[started] = fork();
        if (worker[started] == 0)
            work(job, board, parent);
        if (worker[started] < 0) {
            st = sled_err_set(err, SLED_E_SIM, "no process for a worker: %s", strerror(errno));
            atomic_store(&board->failed, true);
            break;
        }
    }
    struct sled_err lost = SLED_ERR_INIT;
    const enum sled_status waited = wait_all(board, job->n, worker, started, &lost);
    free(worker);
    if (st == SLED_OK && atomic_load(&board->failed))
        *err = board->err;
    else if (st == SLED_OK && waited != SLED_OK)
        *err = lost;
    return err->code;
}

enum sled_status sled_layouts_run(const struct sled_layouts_job *job, struct sled_layout_row *rows,
                                  struct sled_err *err)
{
    const size_t size = sizeof(struct board) + job->n * sizeof *rows;
    struct board *board =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (board == MAP_FAILED)
        return sled_err_nomem(err);
    const enum sled_status st = run_board(job, board, err);
    if (st == SLED_OK)
        memcpy(rows, board->row, job->n * sizeof *rows);
    munmap(board, size);
    return st;
}
