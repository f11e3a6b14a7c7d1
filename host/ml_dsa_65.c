/* SPDX-License-Identifier: Apache-2.0 */
/* ML-DSA-65: keys and signatures. */
#define MLD_CONFIG_PARAMETER_SET 65
#include "host/ml_dsa_level.h"

HOST_ML_DSA_LEVEL(65);
