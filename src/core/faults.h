/* SPDX-License-Identifier: Apache-2.0 */
/*
 * faults.h - a guest did what it must not: record it, and take the action its cell's table names.
 */
#ifndef BULKHEAD_FAULTS_H
#define BULKHEAD_FAULTS_H

#include "../blueprint/blueprint.h"
#include "arch.h"
#include "outcome.h"

enum outcome fault_raise(struct exit *exit, enum bp_error error, const struct fault *fault);

#endif
