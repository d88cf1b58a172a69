/* The control socket: what tests see and steer.
 *
 *   GET /estate, POST /snapshot   all that is there, by region and kind; a pool has its nodes, and 'inner' is what no API shows
 *   GET /calls?since=N            what was asked of the cloud
 *   GET, PUT /faults              faults.h
 *   GET, PUT /options             options.c
 *   POST /advance {seconds}       lifecycles go on as if that time had passed
 *   POST /set {region, kind, id, fields}   overwrites members of an object
 *   POST /hand {region, method, path, body, host, headers}   a call of somebody at the console
 *   POST /node {id, act}          what befalls a node by itself: kill (its instance is terminated; option lostNode), not-ready,
 *                                 ready, hang-drain (evictions do not come to an end), free-drain */
#pragma once

#include "forward.h"

void control_handle(Call *c);
