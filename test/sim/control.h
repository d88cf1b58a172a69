/* The control socket: what tests see and steer. */
#pragma once

#include "forward.h"

void control_handle(Call *c);
