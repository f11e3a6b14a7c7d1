/* SPDX-License-Identifier: Apache-2.0 */
/* ML-DSA-44: keys and signatures. */
#define MLD_CONFIG_PARAMETER_SET 44
#include "host/ml_dsa_level.h"

HOST_ML_DSA_LEVEL(44);
