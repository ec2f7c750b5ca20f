/* SPDX-License-Identifier: Apache-2.0 */
/* A fabric as a graphviz graph. */
#ifndef SLED_REPORT_FABRIC_DOT_H
#define SLED_REPORT_FABRIC_DOT_H

#include <stdio.h>

#include "model/fabric.h"

/* Undirected graph for neato or sfdp: chips clustered by sled, one edge per pair of nodes,
 * labelled with the bandwidth of one direction. Links that differ between directions are drawn
 * as two arrows. Errors of the stream are found by its owner. */
void sled_fabric_write_dot(const struct sled_fabric *fabric, const char *name, FILE *stream);

#endif
