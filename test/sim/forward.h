/* The simulator's types by name, so that its headers need not include each other. */
#pragma once

#include <cjson/cJSON.h>
#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/time-util.h"

typedef struct Call Call;
typedef struct CallLog CallLog;
typedef struct Fault Fault;
typedef struct Faults Faults;
typedef struct Kind Kind;
typedef struct Kube Kube;
typedef struct KubeCluster KubeCluster;
typedef struct KubeObject KubeObject;
typedef struct KubeResource KubeResource;
typedef struct KubeWatch KubeWatch;
typedef struct Object Object;
typedef struct Region Region;
typedef struct RetryToken RetryToken;
typedef struct Server Server;
typedef struct Sim Sim;
typedef struct TimerHeap TimerHeap;
