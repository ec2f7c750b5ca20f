/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The options of SimGrid, in one list that is both set and printed. What they undo:
 * a bandwidth taken by acknowledgements, a TCP window, a 10 GB/s loopback, sleeps that
 * are rounded up to 1 ns, and 8 MiB of stack for each actor.
 */
#include "sim/engine.h"

#include <stddef.h>

#include <simgrid/engine.h>
#include <simgrid/version.h>
#include <xbt/config.h>

#include "sim/sim.h"

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)

#define OPTIONS(STRING, BOOLEAN, NUMBER, COUNT)       \
    STRING("network/model", CM02)                     \
    BOOLEAN("network/crosstraffic", no)               \
    NUMBER("network/TCP-gamma", 1e18)                 \
    NUMBER("network/loopback-bw", 1e18)               \
    NUMBER("surf/precision", SLED_ENGINE_PRECISION_S) \
    STRING("contexts/factory", raw)                   \
    COUNT("contexts/stack-size", 64)                  \
    BOOLEAN("tracing", no)

enum { GUARDED_ACTORS = 30000 };

void sled_engine_init(uint64_t actors)
{
    char name[] = "sledsim";
    char *argv[] = {name, NULL};
    int argc = 1;

    simgrid_init(&argc, argv);
#define SET_STRING(key, value) sg_cfg_set_string(key, #value);
#define SET_BOOLEAN(key, value) sg_cfg_set_boolean(key, #value);
#define SET_NUMBER(key, value) sg_cfg_set_double(key, value);
#define SET_COUNT(key, value) sg_cfg_set_int(key, value);
    OPTIONS(SET_STRING, SET_BOOLEAN, SET_NUMBER, SET_COUNT)
    sg_cfg_set_int("contexts/guard-size", actors > GUARDED_ACTORS ? 0 : 1);
}

const char *sled_sim_describe(void)
{
#define SHOW(key, value) " " key ":" TEXT(value)
    return "SimGrid " TEXT(SIMGRID_VERSION_MAJOR) "." TEXT(SIMGRID_VERSION_MINOR) ";" OPTIONS(
        SHOW, SHOW, SHOW, SHOW);
}
