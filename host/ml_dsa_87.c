/* SPDX-License-Identifier: Apache-2.0 */
/* ML-DSA-87: keys and signatures. */
#define MLD_CONFIG_PARAMETER_SET 87
#include "host/ml_dsa_level.h"

HOST_ML_DSA_LEVEL(87);
