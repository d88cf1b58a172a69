/* Which actions may begin now. Harm is gated: what takes away waits for a person, goes one at a time in the whole estate, never
 * while the other region is unproven, never on a partial view, and within the hour's budget. Pure. */
#pragma once

#include "budget.h"
#include "plan.h"
#include "record/words.h"

/* Sets decision, decision_code and decision_text of every action, and the verdicts that follow from them. */
void gate_plan(const Context *c, Plan *p, const Words *words, const Budget *budget, usec_t now_realtime);

/* True when the region's API answers and its view is complete. */
bool gate_region_proven(const Context *c, unsigned region);
