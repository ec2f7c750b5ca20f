/* SPDX-License-Identifier: Apache-2.0 */
/* The text of a platform. Latencies are 0: SimGrid would let them change how flows share. */
#include "sim/platform_xml.h"

#include <inttypes.h>
#include <stdio.h>

const char *sled_platform_src_host(uint32_t chip, char *buf)
{
    snprintf(buf, SLED_PLATFORM_NAME, "c%" PRIu32, chip);
    return buf;
}

const char *sled_platform_dst_host(uint32_t chip, uint32_t variant, char *buf)
{
    snprintf(buf, SLED_PLATFORM_NAME, "c%" PRIu32 ".v%" PRIu32, chip, variant);
    return buf;
}

const char *sled_platform_link(size_t link, char *buf)
{
    snprintf(buf, SLED_PLATFORM_NAME, "l%zu", link);
    return buf;
}

static void write_host(struct sled_str *text, const char *name)
{
    sled_str_addf(text, "<host id=\"%s\" speed=\"1f\"/>\n", name);
}

static void write_route(const struct sled_platform *platform,
                        const struct sled_platform_route *route, struct sled_str *text)
{
    char src[SLED_PLATFORM_NAME], dst[SLED_PLATFORM_NAME], link[SLED_PLATFORM_NAME];

    sled_str_addf(text, "<route src=\"%s\" dst=\"%s\" symmetrical=\"NO\">",
                  sled_platform_src_host(route->src_chip, src),
                  sled_platform_dst_host(route->dst_chip, route->variant, dst));
    for (size_t h = route->first_hop; h < route->first_hop + route->nhops; h++) {
        sled_platform_link(platform->hop[h].link, link);
        for (uint32_t i = 0; i < platform->hop[h].times; i++) {
            sled_str_add(text, "<link_ctn id=\"");
            sled_str_add(text, link);
            sled_str_add(text, "\"/>");
        }
    }
    sled_str_add(text, "</route>\n");
}

enum sled_status sled_platform_write(const struct sled_platform *platform, struct sled_str *text,
                                     struct sled_err *err)
{
    char name[SLED_PLATFORM_NAME];

    sled_str_add(text, "<?xml version=\"1.0\"?>\n"
                       "<!DOCTYPE platform SYSTEM \"https://simgrid.org/simgrid.dtd\">\n"
                       "<platform version=\"4.1\">\n"
                       "<zone id=\"fabric\" routing=\"Full\">\n");
    write_host(text, SLED_CONTROL_HOST);
    for (uint32_t c = 0; c < platform->nchips; c++) {
        write_host(text, sled_platform_src_host(c, name));
        for (uint32_t v = 0; v < platform->variants[c]; v++)
            write_host(text, sled_platform_dst_host(c, v, name));
    }
    for (size_t l = 0; l < platform->nlinks; l++) {
        if (platform->link_bytes_per_s[l] > 0)
            sled_str_addf(text,
                          "<link id=\"%s\" bandwidth=\"%.17gBps\" latency=\"0s\" "
                          "sharing_policy=\"SHARED\"/>\n",
                          sled_platform_link(l, name), platform->link_bytes_per_s[l]);
    }
    for (size_t r = 0; r < platform->nroutes; r++)
        write_route(platform, &platform->route[r], text);
    sled_str_add(text, "</zone>\n</platform>\n");
    return sled_str_status(text, err);
}
